//! Whether a store can do its work.

use async_trait::async_trait;

use crate::StorageError;

/// The store's own word on its health.
///
/// # Contract
///
/// 1. A store that works says so, and asking changes nothing: `working_store_is_healthy`.
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
