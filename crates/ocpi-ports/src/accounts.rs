//! The limits of Tokens.

use std::sync::Arc;

use async_trait::async_trait;
use ocpi_domain::{Revision, TokenAccount, TokenKey};

use crate::StorageError;

/// An account as a store holds it. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAccount {
    /// The account itself.
    pub account: Arc<TokenAccount>,
    /// The version, for a write that must follow exactly this one.
    pub revision: Revision,
}

/// An account to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountWrite {
    /// Whose it is.
    pub key: TokenKey,
    /// The account.
    pub account: Arc<TokenAccount>,
    /// The revision that this write follows; `None` when there must be no account of that key yet.
    pub follows: Option<Revision>,
}

/// The accounts of Tokens. An account may exist before its Token.
///
/// # Contract
///
/// 1. What was never put is absent, not an error: `absent_account_is_none`.
/// 2. The last one put is found as it was put, whatever the case
///    of party and uid, by exactly that type; separators count, for EMAID too:
///    `account_is_replaced_and_found_without_case`.
/// 3. A write must follow the stored revision (`None`: there is nothing stored), else it is a
///    [`StorageError::Conflict`] and nothing changes; each write gets a revision greater than
///    every one before it, also after a delete:
///    `account_write_that_follows_nothing_stored_conflicts`.
/// 4. Delete reports whether there was one, and afterwards there is none:
///    `deleted_account_is_gone`.
/// 5. A Token's subject is read with the account of the key under which the Token is stored,
///    whichever was written first:
///    `subject_is_read_with_its_account`.
/// 6. What was put survives a restart of a durable store: `accounts_survive_reopen`.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait AccountRepository: Send + Sync {
    /// The account of that Token.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`], [`StorageError::Corrupt`].
    async fn find_account(&self, key: &TokenKey) -> Result<Option<StoredAccount>, StorageError>;

    /// Creates the account, or replaces the revision that the write follows.
    ///
    /// # Errors
    ///
    /// [`StorageError::Conflict`] when another revision, or none, is stored;
    /// [`StorageError::Unavailable`].
    async fn put_account(&self, write: AccountWrite) -> Result<Revision, StorageError>;

    /// Deletes the account; `true` when there was one.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`].
    async fn delete_account(&self, key: &TokenKey) -> Result<bool, StorageError>;
}
