//! Proving who calls by the keyed hash of the credentials token.

use std::sync::Arc;

use async_trait::async_trait;
use hmac::{Hmac, Mac};
use ocpi_domain::{Caller, CredentialsToken};
use ocpi_ports::{Authenticator, PlatformRepository, StorageError, TokenHash};
use sha2::Sha256;

use crate::secret_key::SecretKey;

/// The authenticator of the reference server: tokens are stored only as a keyed hash.
///
/// Looking up a hash that only we can compute tells a caller nothing by its timing.
pub struct HashedTokens {
    hash: Hmac<Sha256>,
    platforms: Arc<dyn PlatformRepository>,
}

impl HashedTokens {
    /// Looks platforms up in `platforms`, by hashes keyed with `key`.
    pub fn new(key: &SecretKey, platforms: Arc<dyn PlatformRepository>) -> HashedTokens {
        HashedTokens {
            hash: key.keyed_hash("ocpi credentials token"),
            platforms,
        }
    }

    /// The hash to store for a token that a platform will present.
    pub fn hash(&self, token: &CredentialsToken) -> TokenHash {
        let mut hash = self.hash.clone();
        hash.update(token.expose().as_bytes());
        TokenHash(hash.finalize().into_bytes().into())
    }
}

#[async_trait]
impl Authenticator for HashedTokens {
    async fn find_caller(
        &self,
        presented: &CredentialsToken,
    ) -> Result<Option<Caller>, StorageError> {
        let platform = self
            .platforms
            .find_platform_by_token_hash(&self.hash(presented))
            .await?;
        Ok(platform.map(|platform| Caller { platform }))
    }
}
