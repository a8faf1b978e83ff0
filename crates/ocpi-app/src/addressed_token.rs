//! The Token that a URL addresses.

use ocpi_domain::{Party, StoredToken, TokenKey, TokenType, TokenUid};
use ocpi_ports::StorageError;

use crate::app::App;

impl App {
    /// The Token of `party` and `uid`; without a type, the RFID token, else the only one that
    /// there is.
    ///
    /// The second choice is a leniency: peers ask for app tokens without their type.
    pub(crate) async fn find_addressed(
        &self,
        party: Party,
        uid: &TokenUid,
        token_type: Option<&TokenType>,
    ) -> Result<Option<StoredToken>, StorageError> {
        if let Some(token_type) = token_type {
            let key = TokenKey {
                party,
                uid: uid.clone(),
                token_type: token_type.clone(),
            };
            return self.ports.tokens.find_token(&key).await;
        }
        let mut found = self.ports.tokens.find_tokens_by_uid(party, uid).await?;
        let rfid = found
            .iter()
            .position(|stored| stored.token.token_type == TokenType::Rfid);
        Ok(match rfid {
            Some(index) => Some(found.swap_remove(index)),
            None if found.len() == 1 => found.pop(),
            None => None,
        })
    }
}
