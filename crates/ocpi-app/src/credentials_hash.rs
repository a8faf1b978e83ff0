//! The keyed hash of credentials tokens.

use std::fmt;

use hmac::{Hmac, Mac};
use ocpi_domain::CredentialsToken;
use ocpi_ports::TokenHash;
use sha2::Sha256;

/// Hashes credentials tokens by a key derived from the server's secret. It never prints.
#[derive(Clone)]
pub struct CredentialsHash(Hmac<Sha256>);

impl CredentialsHash {
    pub(crate) fn new(keyed: Hmac<Sha256>) -> CredentialsHash {
        CredentialsHash(keyed)
    }

    /// The hash to store for a token that a platform will present.
    pub fn hash(&self, token: &CredentialsToken) -> TokenHash {
        let mut hash = self.0.clone();
        hash.update(token.expose().as_bytes());
        TokenHash(hash.finalize().into_bytes().into())
    }
}

impl fmt::Debug for CredentialsHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CredentialsHash(..)")
    }
}
