//! The store's own word on its health.

use async_trait::async_trait;
use ocpi_ports::{StorageError, StoreHealth};

use crate::sql::schema;
use crate::store::SqliteStore;

#[async_trait]
impl StoreHealth for SqliteStore {
    async fn check(&self) -> Result<(), StorageError> {
        // A page of the log is written and synced, with the writes that wait.
        let write = |transaction: &mut crate::transaction::Transaction<'_>| {
            transaction.state.touch();
            Ok(())
        };
        self.writer.write(write).await?;
        self.scans.run(schema::glance).await
    }
}
