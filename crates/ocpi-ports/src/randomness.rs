//! What nobody can guess.

/// A source of randomness, for names that nobody can guess or repeat.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait Randomness: Send + Sync {
    /// 16 bytes that no caller got before, and that nobody can foresee.
    fn bytes(&self) -> [u8; 16];
}
