//! Whether a store can do its work.

use async_trait::async_trait;

use crate::StorageError;

/// The store's own word on its health.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait StoreHealth: Send + Sync {
    /// Asks the store to prove that it can read and write now.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`] or [`StorageError::Corrupt`] when it cannot.
    async fn check(&self) -> Result<(), StorageError>;
}
