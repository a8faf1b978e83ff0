//! The Locations as their port.

use async_trait::async_trait;
use ocpi_domain::LocationKey;
use ocpi_ports::{LocationRepository, LocationWrite, StorageError, StoredLocation};

use crate::sql::locations;
use crate::store::SqliteStore;

#[async_trait]
impl LocationRepository for SqliteStore {
    async fn find_location(
        &self,
        key: &LocationKey,
    ) -> Result<Option<StoredLocation>, StorageError> {
        let key = key.clone();
        self.lookups
            .run(move |db| locations::find_location(db, &key))
            .await
    }

    async fn put_location(&self, write: LocationWrite) -> Result<StoredLocation, StorageError> {
        self.writer
            .write(move |transaction| {
                let stored = locations::put_location(transaction.db, transaction.state, &write)?;
                transaction.changes_location(write.location.key());
                Ok(stored)
            })
            .await
    }
}
