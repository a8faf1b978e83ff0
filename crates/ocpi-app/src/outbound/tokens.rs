//! Our Tokens, in the stores of CPOs.
//!
//! Spec: 2.3.0 `mod_tokens`, Receiver interface.

use ocpi_domain::{InterfaceRole, ModuleId, Party, PlatformId, Role, Token, TokenKey};

use super::OutboundError;
use super::call::Wanted;
use crate::app::App;

impl App {
    /// Puts a Token of ours into the store of a CPO.
    ///
    /// # Errors
    ///
    /// [`OutboundError`].
    pub async fn put_token_at(&self, id: &PlatformId, token: &Token) -> Result<(), OutboundError> {
        let wanted = self.tokens_of_cpo(token.party);
        let mut called = self.prepare_call(id, &wanted).await?;
        let remote = &self.ports.remote;
        let answer = remote
            .put_token(&called.call, &called.endpoint, token)
            .await;
        match self.prepare_again(&called, &wanted, &answer).await? {
            Some(again) => called = again,
            None => return Ok(answer?),
        }
        let answer = remote.put_token(&called.call, &called.endpoint, token);
        Ok(answer.await?)
    }

    /// The copy of a Token of ours that a CPO has.
    ///
    /// # Errors
    ///
    /// [`OutboundError`].
    pub async fn get_token_at(
        &self,
        id: &PlatformId,
        key: &TokenKey,
    ) -> Result<Option<Token>, OutboundError> {
        let wanted = self.tokens_of_cpo(key.party);
        let mut called = self.prepare_call(id, &wanted).await?;
        let remote = &self.ports.remote;
        let answer = remote.get_token(&called.call, &called.endpoint, key).await;
        match self.prepare_again(&called, &wanted, &answer).await? {
            Some(again) => called = again,
            None => return Ok(answer?),
        }
        let answer = remote.get_token(&called.call, &called.endpoint, key);
        Ok(answer.await?)
    }

    /// The Tokens module of a CPO, for the Tokens of that party.
    fn tokens_of_cpo(&self, owner: Party) -> Wanted {
        Wanted {
            module: ModuleId::Tokens,
            role: InterfaceRole::Receiver,
            peer_role: Role::Cpo,
            from: Some(owner),
            timeout: self.call_timeout(),
        }
    }
}
