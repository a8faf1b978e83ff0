//! The Tokens as their port.

use std::ops::ControlFlow;

use async_trait::async_trait;
use ocpi_domain::{CiString, Page, PageRequest, Party, Revision, StoredToken, TokenKey, TokenUid};
use ocpi_ports::{ChangedTokens, StorageError, TokenQuery, TokenRepository, TokenWrite};

use crate::index::TextHash;
use crate::store::MemStore;
use crate::token_changes::{ChangeList, ChangeScan};
use crate::token_scan::TokenScan;
use crate::token_table::Entry;

/// How many of many Tokens are found or put under one hold of the lock: some ten microseconds.
const PIECE: usize = 64;

impl MemStore {
    /// Adds the Tokens of these keys to `found`, under one hold of the lock.
    fn find_piece(&self, keys: &[TokenKey], found: &mut Vec<Option<StoredToken>>) {
        let subjects = self.subjects.read();
        found.extend(keys.iter().map(|key| {
            let hash = self.hasher.of_uid(&key.uid, &key.token_type);
            subjects.tokens.find(key, hash).map(Entry::stored)
        }));
    }

    /// Looks for the Tokens of that contract in the piece from `from` on, under one hold of the
    /// lock.
    fn find_piece_by_contract(
        &self,
        contract: (Party, &CiString<36>, TextHash),
        from: usize,
        limit: usize,
        found: &mut Vec<StoredToken>,
    ) -> Option<usize> {
        let tokens = &self.subjects.read().tokens;
        tokens.find_by_contract(contract, from, limit, found)
    }

    /// Puts these Tokens under one hold of the lock.
    fn put_piece(
        &self,
        writes: impl Iterator<Item = TokenWrite>,
    ) -> Result<Vec<Option<Revision>>, StorageError> {
        let hashes = |write: &TokenWrite| self.hasher.of_token(&write.token);
        let writes: Vec<_> = writes.map(|write| (hashes(&write), write)).collect();
        let mut put = Vec::with_capacity(writes.len());
        let mut subjects = self.subjects.write();
        for (hashes, write) in writes {
            put.push(subjects.tokens.put(write, hashes));
        }
        drop(subjects);
        // The replaced Tokens are dropped here, where no lock is held.
        put.into_iter()
            .map(|put| match put {
                Ok((stored, _replaced)) => Ok(Some(stored.revision)),
                Err(StorageError::Conflict) => Ok(None),
                Err(error) => Err(error),
            })
            .collect()
    }
}

#[async_trait]
impl TokenRepository for MemStore {
    async fn find_token(&self, key: &TokenKey) -> Result<Option<StoredToken>, StorageError> {
        let hash = self.hasher.of_uid(&key.uid, &key.token_type);
        let subjects = self.subjects.read();
        Ok(subjects.tokens.find(key, hash).map(Entry::stored))
    }

    async fn find_tokens_by_uid(
        &self,
        party: Party,
        uid: &TokenUid,
    ) -> Result<Vec<StoredToken>, StorageError> {
        let hash = self.hasher.of_text(uid.as_str());
        let emaid_hash = self.hasher.of_emaid(uid);
        let subjects = self.subjects.read();
        let found = subjects.tokens.find_by_uid(party, uid, hash, emaid_hash);
        Ok(found.into_iter().map(Entry::stored).collect())
    }

    async fn find_tokens_by_contract(
        &self,
        party: Party,
        contract_id: &CiString<36>,
        limit: usize,
    ) -> Result<Vec<StoredToken>, StorageError> {
        let hash = self.hasher.of_text(contract_id.as_str());
        let contract = (party, contract_id, hash);
        let (mut found, mut next) = (Vec::new(), Some(0));
        while let Some(from) = next {
            next = self.find_piece_by_contract(contract, from, limit, &mut found);
            tokio::task::yield_now().await;
        }
        Ok(found)
    }

    async fn find_tokens_of_any_party(
        &self,
        uid: &TokenUid,
        limit: usize,
    ) -> Result<Vec<StoredToken>, StorageError> {
        let hash = self.hasher.of_text(uid.as_str());
        let emaid_hash = self.hasher.of_emaid(uid);
        let tokens = &self.subjects.read().tokens;
        let found = tokens.find_of_any_party(uid, hash, emaid_hash, limit);
        Ok(found.map(Entry::stored).collect())
    }

    async fn list_changed_tokens(
        &self,
        parties: &[Party],
        after: Revision,
        limit: usize,
    ) -> Result<ChangedTokens, StorageError> {
        let scan = ChangeScan::new(&self.subjects.read().tokens, parties, after);
        let mut list = ChangeList::new(scan, limit);
        while list.look_on(&self.subjects.read().tokens).is_continue() {
            tokio::task::yield_now().await;
        }
        Ok(list.finish(&self.subjects.read().tokens))
    }

    async fn count_changed_tokens(
        &self,
        parties: &[Party],
        after: Revision,
    ) -> Result<u64, StorageError> {
        let mut scan = ChangeScan::new(&self.subjects.read().tokens, parties, after);
        let mut count = 0;
        let mut add_one = |_: &Entry| {
            count += 1;
            ControlFlow::Continue(())
        };
        while scan
            .look_on(&self.subjects.read().tokens, &mut add_one)
            .is_continue()
        {
            tokio::task::yield_now().await;
        }
        Ok(count)
    }

    async fn last_revision(&self) -> Result<Revision, StorageError> {
        Ok(Revision(self.subjects.read().tokens.last_revision()))
    }

    async fn put_token(&self, write: TokenWrite) -> Result<StoredToken, StorageError> {
        let hashes = self.hasher.of_token(&write.token);
        let put = self.subjects.write().tokens.put(write, hashes);
        // The replaced Token is dropped here, where no lock is held.
        put.map(|(stored, _replaced)| stored)
    }

    async fn find_tokens(
        &self,
        keys: &[TokenKey],
    ) -> Result<Vec<Option<StoredToken>>, StorageError> {
        let mut found = Vec::with_capacity(keys.len());
        for piece in keys.chunks(PIECE) {
            self.find_piece(piece, &mut found);
            tokio::task::yield_now().await;
        }
        Ok(found)
    }

    async fn put_tokens(
        &self,
        writes: Vec<TokenWrite>,
    ) -> Result<Vec<Option<Revision>>, StorageError> {
        self.subjects.read().tokens.has_room_for(writes.len())?;
        let mut revisions = Vec::with_capacity(writes.len());
        let mut writes = writes.into_iter();
        while !writes.as_slice().is_empty() {
            revisions.extend(self.put_piece(writes.by_ref().take(PIECE))?);
            tokio::task::yield_now().await;
        }
        Ok(revisions)
    }

    async fn list_tokens(
        &self,
        query: &TokenQuery,
        page: &PageRequest,
    ) -> Result<Page<StoredToken>, StorageError> {
        let mut scan = TokenScan::new(&self.subjects.read().tokens, query, page);
        while !scan.is_done() {
            scan.look_on(&self.subjects.read().tokens);
            if !scan.is_done() {
                // Others are on this thread too, and have milliseconds.
                tokio::task::yield_now().await;
            }
        }
        Ok(scan.finish())
    }
}
