//! What the operator may do: with Tokens, accounts and platforms, and with the evidence.
//!
//! Who calls is the operator, proven by the adapter; nothing here asks again.

mod accounts;
mod audit;
mod authorizations;
mod backup;
mod error;
mod explain;
mod forgetting;
mod handshakes;
mod import;
mod platforms;
mod sessions;
mod tokens;

pub use authorizations::FoundAuthorization;
pub use error::OperatorError;
pub use explain::{ExplainRequest, Explanation};
pub use handshakes::{BootstrapToken, RegisterRequest};
pub use import::Imported;
pub use platforms::PutPlatform;
pub use tokens::{ListOwnTokens, PutOwnToken};
