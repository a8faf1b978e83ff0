//! A copy of a durable store, taken while it works.

use std::path::Path;

use async_trait::async_trait;

use crate::StorageError;

/// Makes copies of a durable store.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait StoreBackup: Send + Sync {
    /// Writes what is durable now to a new file, complete or not at all; its size in bytes. The
    /// store goes on working meanwhile.
    ///
    /// # Errors
    ///
    /// [`StorageError::Conflict`] when there is a file of that name already;
    /// [`StorageError::Unavailable`] when it cannot be written.
    async fn back_up(&self, file: &Path) -> Result<u64, StorageError>;
}
