//! Names for new things.

/// A source of names that nobody can guess or repeat.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait IdSource: Send + Sync {
    /// A new random UUID in its text form of 36 ASCII characters.
    fn uuid(&self) -> String;
}
