//! The accounts as their port.

use std::sync::Arc;

use async_trait::async_trait;
use ocpi_domain::{TokenAccount, TokenKey};
use ocpi_ports::{AccountRepository, StorageError};

use crate::store::MemStore;

#[async_trait]
impl AccountRepository for MemStore {
    async fn find_account(
        &self,
        key: &TokenKey,
    ) -> Result<Option<Arc<TokenAccount>>, StorageError> {
        let hash = self.hasher.of_uid(&key.uid, &key.token_type);
        Ok(self.subjects.read().accounts.find(key, hash))
    }

    async fn put_account(
        &self,
        key: &TokenKey,
        account: TokenAccount,
    ) -> Result<bool, StorageError> {
        let hash = self.hasher.of_uid(&key.uid, &key.token_type);
        let (key, account) = (key.clone(), Arc::new(account));
        let replaced = self.subjects.write().accounts.put(key, hash, account);
        Ok(replaced.is_none())
    }

    async fn delete_account(&self, key: &TokenKey) -> Result<bool, StorageError> {
        let hash = self.hasher.of_uid(&key.uid, &key.token_type);
        let deleted = self.subjects.write().accounts.delete(key, hash);
        Ok(deleted.is_some())
    }
}
