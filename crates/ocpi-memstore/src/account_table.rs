//! The accounts by the keys of their Tokens.

use std::sync::Arc;

use hashbrown::HashTable;
use ocpi_domain::{Revision, Token, TokenAccount, TokenKey};
use ocpi_ports::{AccountWrite, StorageError, StoredAccount};

use crate::index::TextHash;

/// The accounts. They are found by the hash of the uid, as the Tokens are, so that a subject is
/// hashed once.
#[derive(Default)]
pub(crate) struct AccountTable {
    entries: HashTable<Entry>,
    /// It counts on when accounts are deleted, the newest too.
    last_revision: u64,
    /// How many of them limit what their group holds.
    group_limits: usize,
}

struct Entry {
    hash: TextHash,
    key: TokenKey,
    stored: StoredAccount,
}

impl AccountTable {
    /// Whether there is no account at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether some account limits what its group holds.
    pub(crate) fn limits_groups(&self) -> bool {
        self.group_limits > 0
    }

    pub(crate) fn find(&self, key: &TokenKey, hash: TextHash) -> Option<StoredAccount> {
        let is_sought = |entry: &Entry| entry.key == *key;
        let entry = self.entries.find(hash.spread(), is_sought)?;
        Some(entry.stored.clone())
    }

    /// The account of that Token.
    pub(crate) fn find_of(&self, token: &Token, hash: TextHash) -> Option<Arc<TokenAccount>> {
        let is_sought = |entry: &Entry| token.has_key(&entry.key);
        let entry = self.entries.find(hash.spread(), is_sought)?;
        Some(Arc::clone(&entry.stored.account))
    }

    /// Stores the account when `follows` is what is there, and gives the account that it
    /// replaces, to be dropped when the lock is free again.
    pub(crate) fn put(
        &mut self,
        write: AccountWrite,
        hash: TextHash,
    ) -> Result<(Revision, Option<StoredAccount>), StorageError> {
        let revision = Revision(self.last_revision + 1);
        let limits_group = usize::from(write.account.limits_its_group());
        let stored = StoredAccount {
            account: write.account,
            revision,
        };
        let is_sought = |entry: &Entry| entry.key == write.key;
        let found = self.entries.find_mut(hash.spread(), is_sought);
        if found.as_ref().map(|entry| entry.stored.revision) != write.follows {
            return Err(StorageError::Conflict);
        }
        let replaced = if let Some(entry) = found {
            Some(std::mem::replace(&mut entry.stored, stored))
        } else {
            let entry = Entry {
                hash,
                key: write.key,
                stored,
            };
            self.entries
                .insert_unique(hash.spread(), entry, |entry| entry.hash.spread());
            None
        };
        self.last_revision = revision.0;
        let limited_group = replaced.as_ref().is_some_and(limits_group_of);
        self.group_limits = self.group_limits + limits_group - usize::from(limited_group);
        Ok((revision, replaced))
    }

    /// Takes the account out.
    pub(crate) fn delete(&mut self, key: &TokenKey, hash: TextHash) -> Option<StoredAccount> {
        let is_sought = |entry: &Entry| entry.key == *key;
        let found = self.entries.find_entry(hash.spread(), is_sought);
        let (entry, _) = found.ok()?.remove();
        self.group_limits -= usize::from(limits_group_of(&entry.stored));
        Some(entry.stored)
    }
}

fn limits_group_of(stored: &StoredAccount) -> bool {
    stored.account.limits_its_group()
}
