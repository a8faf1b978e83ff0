//! The accounts by the keys of their Tokens.

use std::sync::Arc;

use hashbrown::HashTable;
use ocpi_domain::{Token, TokenAccount, TokenKey};

use crate::index::TextHash;

/// The accounts. They are found by the hash of the uid, as the Tokens are, so that a subject is
/// hashed once.
#[derive(Default)]
pub(crate) struct AccountTable(HashTable<Entry>);

struct Entry {
    hash: TextHash,
    key: TokenKey,
    account: Arc<TokenAccount>,
}

impl AccountTable {
    /// Whether there is no account at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn find(&self, key: &TokenKey, hash: TextHash) -> Option<Arc<TokenAccount>> {
        let entry = self.0.find(hash.spread(), |entry| entry.key == *key)?;
        Some(Arc::clone(&entry.account))
    }

    /// The account of that Token.
    pub(crate) fn find_of(&self, token: &Token, hash: TextHash) -> Option<Arc<TokenAccount>> {
        let entry = self
            .0
            .find(hash.spread(), |entry| token.has_key(&entry.key))?;
        Some(Arc::clone(&entry.account))
    }

    /// Creates or replaces the account, and gives the one that it replaces.
    pub(crate) fn put(
        &mut self,
        key: TokenKey,
        hash: TextHash,
        account: Arc<TokenAccount>,
    ) -> Option<Arc<TokenAccount>> {
        if let Some(entry) = self.0.find_mut(hash.spread(), |entry| entry.key == key) {
            return Some(std::mem::replace(&mut entry.account, account));
        }
        let entry = Entry { hash, key, account };
        self.0
            .insert_unique(hash.spread(), entry, |entry| entry.hash.spread());
        None
    }

    /// Takes the account out.
    pub(crate) fn delete(&mut self, key: &TokenKey, hash: TextHash) -> Option<Arc<TokenAccount>> {
        let found = self.0.find_entry(hash.spread(), |entry| entry.key == *key);
        let (entry, _) = found.ok()?.remove();
        Some(entry.account)
    }
}
