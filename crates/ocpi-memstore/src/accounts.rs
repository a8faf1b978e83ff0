//! The accounts as their port.

use async_trait::async_trait;
use ocpi_domain::{Revision, TokenKey};
use ocpi_ports::{AccountRepository, AccountWrite, StorageError, StoredAccount};

use crate::store::MemStore;

#[async_trait]
impl AccountRepository for MemStore {
    async fn find_account(&self, key: &TokenKey) -> Result<Option<StoredAccount>, StorageError> {
        let hash = self.hasher.of_uid(&key.uid, &key.token_type);
        Ok(self.subjects.read().accounts.find(key, hash))
    }

    async fn put_account(&self, write: AccountWrite) -> Result<Revision, StorageError> {
        let hash = self.hasher.of_uid(&write.key.uid, &write.key.token_type);
        let put = self.subjects.write().accounts.put(write, hash);
        // The replaced account is dropped here, where no lock is held.
        put.map(|(revision, _replaced)| revision)
    }

    async fn delete_account(&self, key: &TokenKey) -> Result<bool, StorageError> {
        let hash = self.hasher.of_uid(&key.uid, &key.token_type);
        let deleted = self.subjects.write().accounts.delete(key, hash);
        Ok(deleted.is_some())
    }
}
