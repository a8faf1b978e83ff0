//! The Tokens as their port.

use std::sync::Arc;

use async_trait::async_trait;
use ocpi_domain::{CiString, Page, PageRequest, Party, Revision, StoredToken, TokenKey, TokenUid};
use ocpi_ports::{ChangedTokens, StorageError, TokenQuery, TokenRepository, TokenWrite};

use crate::card_readers::Card;
use crate::scans::at_one_moment;
use crate::sql::cards::{self, CardKey, CardToken};
use crate::sql::crowded_cards::{self, CardQuestion};
use crate::sql::{SqlError, token_changes, token_contracts, token_pages, tokens};
use crate::store::SqliteStore;
use crate::transaction::Transaction;

impl SqliteStore {
    /// Of the Tokens on the card of that uid all, or at least those that the question is about; in
    /// creation order.
    pub(crate) async fn card(
        &self,
        uid: &TokenUid,
        question: impl FnOnce() -> CardQuestion,
    ) -> Result<Arc<[CardToken]>, StorageError> {
        if let Card::Whole(tokens) = self.cards.find(CardKey::of(uid)).await? {
            return Ok(tokens);
        }
        let question = question();
        let find = move |db: &_| crowded_cards::find_some(db, &question);
        let found = self.lookups.run(|db| at_one_moment(db, find)).await?;
        Ok(found.into())
    }
}

#[async_trait]
impl TokenRepository for SqliteStore {
    async fn find_token(&self, key: &TokenKey) -> Result<Option<StoredToken>, StorageError> {
        let question = || CardQuestion::Token(key.clone());
        let card = self.card(&key.uid, question).await?;
        Ok(cards::token_of(&card, key).map(|found| found.token.clone()))
    }

    async fn find_tokens_by_uid(
        &self,
        party: Party,
        uid: &TokenUid,
    ) -> Result<Vec<StoredToken>, StorageError> {
        let question = || CardQuestion::OfParty(party, uid.clone());
        let card = self.card(uid, question).await?;
        let found = cards::tokens_of_uid(&card, party, uid);
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

    async fn find_tokens_of_any_party(
        &self,
        uid: &TokenUid,
        limit: usize,
    ) -> Result<Vec<StoredToken>, StorageError> {
        let question = || CardQuestion::OfAnyParty(uid.clone(), limit);
        let card = self.card(uid, question).await?;
        let found = cards::tokens_of_any_party(&card, uid).take(limit);
        Ok(found.map(|found| found.token.clone()).collect())
    }

    async fn list_changed_tokens(
        &self,
        parties: &[Party],
        after: Revision,
        limit: usize,
    ) -> Result<ChangedTokens, StorageError> {
        let parties = parties.to_vec();
        let list = move |db: &_| token_changes::list(db, &parties, after, limit);
        self.scans.run(|db| at_one_moment(db, list)).await
    }

    async fn count_changed_tokens(
        &self,
        parties: &[Party],
        after: Revision,
    ) -> Result<u64, StorageError> {
        let parties = parties.to_vec();
        let count = move |db: &_| token_changes::count(db, &parties, after);
        self.scans.run(|db| at_one_moment(db, count)).await
    }

    async fn last_revision(&self) -> Result<Revision, StorageError> {
        self.lookups.run(token_changes::last_revision).await
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
    transaction.changes_card(CardKey::of(&write.token.uid));
    Ok(stored)
}
