//! The limits of the Tokens of the eMSPs hosted here.

use std::sync::Arc;

use ocpi_domain::{InvalidField, Revision, TokenAccount, TokenKey};
use ocpi_ports::{AccountWrite, StorageError, StoredAccount};

use super::OperatorError;
use crate::app::App;
use crate::deadline::in_time;
use crate::put_token::Written;
use crate::token_update::WRITE_ATTEMPTS_MAX;

impl App {
    /// The account of that Token.
    ///
    /// # Errors
    ///
    /// [`OperatorError::NotHosted`], [`OperatorError::UnknownAccount`],
    /// [`OperatorError::Storage`].
    pub async fn find_account(&self, key: &TokenKey) -> Result<StoredAccount, OperatorError> {
        self.require_own(key.party)?;
        let found = in_time(self.ports.accounts.find_account(key)).await?;
        found.ok_or(OperatorError::UnknownAccount)
    }

    /// Stores the account of that Token, which need not exist yet; answers when it is durable,
    /// with the account's revision. It replaces the revision `follows`, or whatever there is.
    ///
    /// # Errors
    ///
    /// [`OperatorError::NotHosted`]; [`OperatorError::Changed`] when the account is not at the
    /// revision `follows`; [`OperatorError::Storage`]. Nothing was written then.
    pub async fn put_account(
        &self,
        key: TokenKey,
        account: TokenAccount,
        follows: Option<Revision>,
    ) -> Result<(Written, Revision), OperatorError> {
        self.require_own(key.party)?;
        let Some(follows) = follows else {
            let (written, stored) = self
                .update_account(key, move |_| Ok(account.clone()))
                .await?;
            return Ok((written, stored.revision));
        };
        let write = AccountWrite {
            key,
            account: Arc::new(account),
            follows: Some(follows),
        };
        match in_time(self.ports.accounts.put_account(write)).await {
            Ok(revision) => Ok((Written::Updated, revision)),
            Err(StorageError::Conflict) => Err(OperatorError::Changed),
            Err(error) => Err(error.into()),
        }
    }

    /// Stores what `change` makes of the account of that Token, an absent one beginning without
    /// limits; answers when it is durable. When another write comes between, `change` is asked
    /// again.
    ///
    /// # Errors
    ///
    /// [`OperatorError::NotHosted`]; [`OperatorError::Invalid`] is what `change` refused;
    /// [`OperatorError::Storage`]. Nothing was written then.
    pub async fn update_account(
        &self,
        key: TokenKey,
        change: impl Fn(TokenAccount) -> Result<TokenAccount, InvalidField> + Send + Sync,
    ) -> Result<(Written, StoredAccount), OperatorError> {
        self.require_own(key.party)?;
        in_time(self.update_account_of_store(key, change)).await
    }

    async fn update_account_of_store(
        &self,
        key: TokenKey,
        change: impl Fn(TokenAccount) -> Result<TokenAccount, InvalidField> + Send + Sync,
    ) -> Result<(Written, StoredAccount), OperatorError> {
        for _ in 0..WRITE_ATTEMPTS_MAX {
            let (follows, account) = match self.ports.accounts.find_account(&key).await? {
                Some(stored) => (Some(stored.revision), Arc::unwrap_or_clone(stored.account)),
                None => (None, TokenAccount::default()),
            };
            let account = Arc::new(change(account)?);
            let write = AccountWrite {
                key: key.clone(),
                account: Arc::clone(&account),
                follows,
            };
            let written = match follows {
                Some(_) => Written::Updated,
                None => Written::Created,
            };
            match self.ports.accounts.put_account(write).await {
                Ok(revision) => return Ok((written, StoredAccount { account, revision })),
                Err(StorageError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StorageError::Conflict.into())
    }

    /// Deletes the account of that Token: nothing limits the Token then but itself.
    ///
    /// # Errors
    ///
    /// [`OperatorError::NotHosted`], [`OperatorError::UnknownAccount`],
    /// [`OperatorError::Storage`].
    pub async fn delete_account(&self, key: &TokenKey) -> Result<(), OperatorError> {
        self.require_own(key.party)?;
        let deleted = in_time(self.ports.accounts.delete_account(key)).await?;
        deleted.then_some(()).ok_or(OperatorError::UnknownAccount)
    }
}

#[cfg(test)]
mod tests {
    use ocpi_domain::TokenType;
    use ocpi_ports::MockAccountRepository;

    use super::*;
    use crate::Ports;
    use crate::testing::{app, party, ports};

    fn key(owner: &str) -> TokenKey {
        TokenKey {
            party: party(owner),
            uid: "CARD".parse().unwrap(),
            token_type: TokenType::Rfid,
        }
    }

    fn app_with(accounts: MockAccountRepository) -> App {
        app(Ports {
            accounts: Arc::new(accounts),
            ..ports()
        })
    }

    fn blocked() -> TokenAccount {
        TokenAccount {
            blocked: true,
            ..TokenAccount::default()
        }
    }

    fn stored(revision: u64, account: TokenAccount) -> StoredAccount {
        StoredAccount {
            account: Arc::new(account),
            revision: Revision(revision),
        }
    }

    /// A store that another writer comes between once, and that is then at revision 5.
    fn rivalled() -> MockAccountRepository {
        let mut accounts = MockAccountRepository::new();
        let limited = TokenAccount {
            concurrent_sessions_max: Some(1),
            ..TokenAccount::default()
        };
        accounts
            .expect_find_account()
            .times(..=1)
            .returning(|_| Ok(None));
        accounts
            .expect_find_account()
            .returning(move |_| Ok(Some(stored(5, limited.clone()))));
        accounts
            .expect_put_account()
            .returning(|write| match write.follows {
                Some(Revision(5)) => Ok(Revision(6)),
                _ => Err(StorageError::Conflict),
            });
        accounts
    }

    #[tokio::test]
    async fn a_write_that_follows_a_revision_says_when_there_is_another() {
        let app = app_with(rivalled());
        let put = app.put_account(key("CH/ABC"), blocked(), Some(Revision(4)));
        assert!(matches!(put.await, Err(OperatorError::Changed)));
        let put = app.put_account(key("CH/ABC"), blocked(), Some(Revision(5)));
        assert_eq!(put.await.unwrap(), (Written::Updated, Revision(6)));
    }

    #[tokio::test]
    async fn a_write_that_follows_nothing_replaces_whatever_there_is() {
        let app = app_with(rivalled());
        let put = app.put_account(key("CH/ABC"), blocked(), None);
        assert_eq!(put.await.unwrap(), (Written::Updated, Revision(6)));
    }

    #[tokio::test]
    async fn a_change_is_made_again_of_what_another_wrote() {
        let app = app_with(rivalled());
        let changed = app.update_account(key("CH/ABC"), |account| {
            Ok(TokenAccount {
                blocked: true,
                ..account
            })
        });
        let (written, changed) = changed.await.unwrap();
        assert_eq!(written, Written::Updated);
        assert_eq!(changed.revision, Revision(6));
        assert!(changed.account.blocked);
        assert_eq!(changed.account.concurrent_sessions_max, Some(1));
    }

    #[tokio::test]
    async fn a_change_that_is_refused_writes_nothing() {
        let mut accounts = MockAccountRepository::new();
        accounts.expect_find_account().returning(|_| Ok(None));
        let app = app_with(accounts);
        let refused = app.update_account(key("CH/ABC"), |account| {
            assert_eq!(account, TokenAccount::default());
            Err(InvalidField::new("blocked", "must be true or false"))
        });
        assert!(matches!(refused.await, Err(OperatorError::Invalid(_))));
    }

    #[tokio::test]
    async fn accounts_are_of_hosted_emsps_only_and_absent_ones_are_unknown() {
        let mut accounts = MockAccountRepository::new();
        accounts.expect_find_account().returning(|_| Ok(None));
        accounts.expect_delete_account().returning(|_| Ok(false));
        let app = app_with(accounts);
        let (own, foreign) = (key("CH/ABC"), key("NL/ALF"));
        let unknown = app.find_account(&own).await;
        assert!(matches!(unknown, Err(OperatorError::UnknownAccount)));
        let unknown = app.delete_account(&own).await;
        assert!(matches!(unknown, Err(OperatorError::UnknownAccount)));

        let foreign_one = app.find_account(&foreign).await;
        assert!(matches!(foreign_one, Err(OperatorError::NotHosted(_))));
        let foreign_one = app.delete_account(&foreign).await;
        assert!(matches!(foreign_one, Err(OperatorError::NotHosted(_))));
        for follows in [None, Some(Revision(1))] {
            let foreign_one = app.put_account(foreign.clone(), blocked(), follows).await;
            assert!(matches!(foreign_one, Err(OperatorError::NotHosted(_))));
        }
        let foreign_one = app.update_account(foreign, Ok).await;
        assert!(matches!(foreign_one, Err(OperatorError::NotHosted(_))));
    }
}
