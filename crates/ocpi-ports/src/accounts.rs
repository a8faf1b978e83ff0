//! The limits of Tokens.

use std::sync::Arc;

use async_trait::async_trait;
use ocpi_domain::{TokenAccount, TokenKey};

use crate::StorageError;

/// The accounts of Tokens. An account may exist before its Token.
///
/// # Contract
///
/// 1. What was never put is absent, not an error: `absent_account_is_none`.
/// 2. Put reports whether it created; the last one put is found as it was put, whatever the case
///    of party and uid, by exactly that type; separators count, for EMAID too:
///    `account_is_replaced_and_found_without_case`.
/// 3. Delete reports whether there was one, and afterwards there is none:
///    `deleted_account_is_gone`.
/// 4. A Token's subject is read with the account of the key under which the Token is stored,
///    whichever was written first:
///    `subject_is_read_with_its_account`.
/// 5. What was put survives a restart of a durable store: `accounts_survive_reopen`.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait AccountRepository: Send + Sync {
    /// The account of that Token.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`], [`StorageError::Corrupt`].
    async fn find_account(&self, key: &TokenKey)
    -> Result<Option<Arc<TokenAccount>>, StorageError>;

    /// Creates or replaces the account; `true` when it was created.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`].
    async fn put_account(
        &self,
        key: &TokenKey,
        account: TokenAccount,
    ) -> Result<bool, StorageError>;

    /// Deletes the account; `true` when there was one.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`].
    async fn delete_account(&self, key: &TokenKey) -> Result<bool, StorageError>;
}
