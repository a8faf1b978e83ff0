//! How platforms get to know each other: registration, rotation and its end, in both directions.
//!
//! Spec: 2.3.0 credentials.

mod attempts;
mod callback;
mod discovery;
mod end;
mod endpoints;
mod error;
mod handshakes;
mod issue;
mod look_backs;
mod lookup;
mod ours;
mod own_url;
mod party_claims;
mod presented;
mod receive;
mod send;
mod send_commit;
#[cfg(test)]
mod tests;

pub use error::CredentialsError;
pub use receive::CredentialsRequest;

pub(crate) use attempts::{expected_encoding, learned_encoding, standard_encoding};
pub(crate) use endpoints::find_endpoint;
pub(crate) use handshakes::Handshakes;
pub(crate) use look_backs::LookBacks;
pub(crate) use lookup::LookupError;
pub(crate) use presented::live_token;
pub(crate) use send::Sending;
