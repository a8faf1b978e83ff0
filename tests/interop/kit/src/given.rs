//! What the run tells this program.

use serde::Deserialize;

/// The program's argument.
#[derive(Deserialize)]
pub struct Given {
    /// Our versions endpoint.
    pub versions_url: String,
    /// The token A that we issued.
    pub token_a: String,
    /// `2.2.1` or `2.3.0`.
    pub version: String,
    /// `CPO` or `EMSP`: what this platform is.
    pub role: String,
    /// UIDs of Tokens that we keep as an eMSP.
    pub tokens: Vec<String>,
    /// One of them that may charge.
    pub allowed: String,
    /// One of them that is blocked.
    pub blocked: String,
}
