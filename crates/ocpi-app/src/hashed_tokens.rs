//! Proving who calls by the keyed hash of the credentials token.

use std::sync::Arc;

use async_trait::async_trait;
use ocpi_domain::{Caller, CredentialsToken};
use ocpi_ports::{Authenticator, PlatformRepository, StorageError};

use crate::credentials_hash::CredentialsHash;

/// The authenticator of the reference server: tokens are stored only as a keyed hash.
///
/// Looking up a hash that only we can compute tells a caller nothing by its timing.
pub struct HashedTokens {
    hash: CredentialsHash,
    platforms: Arc<dyn PlatformRepository>,
}

impl HashedTokens {
    /// Looks platforms up in `platforms`, by the hashes that `hash` makes.
    pub fn new(hash: CredentialsHash, platforms: Arc<dyn PlatformRepository>) -> HashedTokens {
        HashedTokens { hash, platforms }
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
            .find_platform_by_token_hash(&self.hash.hash(presented))
            .await?;
        Ok(platform.map(|platform| Caller { platform }))
    }
}
