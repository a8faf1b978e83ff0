//! The limits of Tokens as their port.

use async_trait::async_trait;
use ocpi_domain::{Revision, TokenKey};
use ocpi_ports::{AccountRepository, AccountWrite, StorageError, StoredAccount};

use crate::sql::accounts;
use crate::sql::cards::CardKey;
use crate::store::SqliteStore;

#[async_trait]
impl AccountRepository for SqliteStore {
    async fn find_account(&self, key: &TokenKey) -> Result<Option<StoredAccount>, StorageError> {
        let key = key.clone();
        self.scans
            .run(move |db| accounts::find_account(db, &key))
            .await
    }

    async fn put_account(&self, write: AccountWrite) -> Result<Revision, StorageError> {
        self.writer
            .write(move |transaction| {
                let revision = accounts::put_account(transaction.db, transaction.state, &write)?;
                transaction.changes_card(CardKey::of(&write.key.uid));
                if write.account.limits_its_group() {
                    transaction.limits_group();
                }
                Ok(revision)
            })
            .await
    }

    async fn delete_account(&self, key: &TokenKey) -> Result<bool, StorageError> {
        let key = key.clone();
        self.writer
            .write(move |transaction| {
                let was_there = accounts::delete_account(transaction.db, &key)?;
                transaction.changes_card(CardKey::of(&key.uid));
                Ok(was_there)
            })
            .await
    }
}
