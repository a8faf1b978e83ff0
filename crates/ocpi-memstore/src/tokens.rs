//! The Tokens as their port.

use async_trait::async_trait;
use ocpi_domain::{Page, PageRequest, Party, StoredToken, TokenKey, TokenUid};
use ocpi_ports::{StorageError, TokenQuery, TokenRepository, TokenWrite};

use crate::store::MemStore;
use crate::token_scan::TokenScan;
use crate::token_table::Entry;

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

    async fn put_token(&self, write: TokenWrite) -> Result<StoredToken, StorageError> {
        let token = &write.token;
        let hash = self.hasher.of_uid(&token.uid, &token.token_type);
        let put = self.subjects.write().tokens.put(write, hash);
        // The replaced Token is dropped here, where no lock is held.
        put.map(|(stored, _replaced)| stored)
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
