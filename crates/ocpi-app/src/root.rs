//! The roots below which versions are listed.

/// The half of the platform that a URL is for; the combined root offers both.
///
/// 2.1.1 cannot tell the two `tokens` interfaces apart, so each half has a root of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Root {
    /// Both halves.
    Combined,
    /// Ours as CPO.
    Cpo,
    /// Ours as eMSP.
    Emsp,
}
