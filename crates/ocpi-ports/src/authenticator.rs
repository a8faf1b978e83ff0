//! Who calls.

use async_trait::async_trait;
use ocpi_domain::{Caller, CredentialsToken};

use crate::StorageError;

/// Proves who presents a credentials token.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Authenticator: Send + Sync {
    /// The caller that `presented` belongs to; `None` when it belongs to nobody.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when it cannot be found out.
    async fn find_caller(
        &self,
        presented: &CredentialsToken,
    ) -> Result<Option<Caller>, StorageError>;
}
