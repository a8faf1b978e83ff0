//! The Tokens as their port.

use async_trait::async_trait;
use ocpi_domain::{CiString, Page, PageRequest, Party, Revision, StoredToken, TokenKey, TokenUid};
use ocpi_ports::{StorageError, TokenQuery, TokenRepository, TokenWrite};

use crate::scans::at_one_moment;
use crate::sql::cards::{self, CardKey};
use crate::sql::{SqlError, token_contracts, token_pages, tokens};
use crate::store::SqliteStore;
use crate::transaction::Transaction;

#[async_trait]
impl TokenRepository for SqliteStore {
    async fn find_token(&self, key: &TokenKey) -> Result<Option<StoredToken>, StorageError> {
        let card = self.cards.find(CardKey::of(key.party, &key.uid)).await?;
        Ok(cards::token_of(&card, key).map(|found| found.token.clone()))
    }

    async fn find_tokens_by_uid(
        &self,
        party: Party,
        uid: &TokenUid,
    ) -> Result<Vec<StoredToken>, StorageError> {
        let card = self.cards.find(CardKey::of(party, uid)).await?;
        let found = cards::tokens_of_uid(&card, uid);
        Ok(found.map(|found| found.token.clone()).collect())
    }

    async fn find_tokens_by_contract(
        &self,
        party: Party,
        contract_id: &CiString<36>,
        limit: usize,
    ) -> Result<Vec<StoredToken>, StorageError> {
        let contract_id = contract_id.clone();
        let find =
            move |db: &_| token_contracts::find_tokens_by_contract(db, party, &contract_id, limit);
        self.lookups.run(|db| at_one_moment(db, find)).await
    }

    async fn put_token(&self, write: TokenWrite) -> Result<StoredToken, StorageError> {
        self.writer
            .write(move |transaction| put(transaction, &write))
            .await
    }

    async fn find_tokens(
        &self,
        keys: &[TokenKey],
    ) -> Result<Vec<Option<StoredToken>>, StorageError> {
        let keys = keys.to_vec();
        self.scans
            .run(move |db| at_one_moment(db, |db| tokens::find_tokens(db, &keys)))
            .await
    }

    async fn put_tokens(
        &self,
        writes: Vec<TokenWrite>,
    ) -> Result<Vec<Option<Revision>>, StorageError> {
        self.writer
            .write(move |transaction| {
                let put_one = |write| match put(transaction, write) {
                    Ok(stored) => Ok(Some(stored.revision)),
                    Err(SqlError::Conflict) => Ok(None),
                    Err(error) => Err(error),
                };
                writes.iter().map(put_one).collect()
            })
            .await
    }

    async fn list_tokens(
        &self,
        query: &TokenQuery,
        page: &PageRequest,
    ) -> Result<Page<StoredToken>, StorageError> {
        let (query, page) = (query.clone(), *page);
        self.scans
            .run(move |db| at_one_moment(db, |db| token_pages::list_tokens(db, &query, &page)))
            .await
    }
}

fn put(transaction: &mut Transaction<'_>, write: &TokenWrite) -> Result<StoredToken, SqlError> {
    let stored = tokens::put_token(transaction.db, transaction.state, write)?;
    transaction.changes_card(CardKey::of(write.token.party, &write.token.uid));
    Ok(stored)
}
