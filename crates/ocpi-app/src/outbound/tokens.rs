//! Our Tokens, in the stores of CPOs.
//!
//! Spec: 2.3.0 `mod_tokens`, Receiver interface.

use std::sync::Arc;

use ocpi_domain::{InterfaceRole, ModuleId, OcpiVersion, Party, PlatformId, Role, Token, TokenKey};
use ocpi_ports::{RemoteCall, RemoteError, RemoteRouting, StoredPlatform};

use super::OutboundError;
use super::call::{Called, Wanted};
use super::under_way::UnderWay;
use crate::app::App;

/// How a Token gets into a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenSent {
    /// Whole.
    Put,
    /// As a change of the one that is there, with all its members.
    Patched,
}

/// The store of a CPO, ready to be called as often as one likes; each request with the correlation
/// id of its own.
pub(crate) struct TokensOfCpo(Called);

impl TokensOfCpo {
    /// The version that is spoken with the CPO.
    pub(crate) fn version(&self) -> OcpiVersion {
        self.0.call.version
    }

    /// The platform as it was found.
    pub(crate) fn stored(&self) -> &Arc<StoredPlatform> {
        &self.0.stored
    }
}

impl App {
    /// Puts a Token of ours into the store of a CPO.
    ///
    /// # Errors
    ///
    /// [`OutboundError`].
    pub async fn put_token_at(&self, id: &PlatformId, token: &Token) -> Result<(), OutboundError> {
        let cpo = self.tokens_of_cpo_at(id).await?;
        self.send_token(&cpo, TokenSent::Put, token).await
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
        let cpo = self.tokens_of_cpo_at(id).await?;
        self.copy_of_token(&cpo, key).await
    }

    /// The store of a CPO.
    ///
    /// # Errors
    ///
    /// [`OutboundError`].
    pub(crate) async fn tokens_of_cpo_at(
        &self,
        id: &PlatformId,
    ) -> Result<TokensOfCpo, OutboundError> {
        let called = self.prepare_call(id, &self.tokens_of_cpo(None)).await?;
        Ok(TokensOfCpo(called))
    }

    /// Sends a Token of ours to the store of a CPO.
    ///
    /// # Errors
    ///
    /// [`OutboundError`].
    pub(crate) async fn send_token(
        &self,
        cpo: &TokensOfCpo,
        how: TokenSent,
        token: &Token,
    ) -> Result<(), OutboundError> {
        let (called, wanted) = self.called_for(cpo, token.party);
        let answer = self.send_token_once(&called, how, token).await;
        match self.prepare_again(&called, &wanted, &answer).await? {
            Some(again) => {
                let again = to_hub(again);
                Ok(self.send_token_once(&again, how, token).await?)
            }
            None => Ok(answer?),
        }
    }

    /// The copy of a Token of ours in the store of a CPO.
    ///
    /// # Errors
    ///
    /// [`OutboundError`].
    pub(crate) async fn copy_of_token(
        &self,
        cpo: &TokensOfCpo,
        key: &TokenKey,
    ) -> Result<Option<Token>, OutboundError> {
        let (called, wanted) = self.called_for(cpo, key.party);
        let remote = &self.ports.remote;
        let answer = remote.get_token(&called.call, &called.endpoint, key).await;
        match self.prepare_again(&called, &wanted, &answer).await? {
            Some(again) => {
                let again = to_hub(again);
                let answer = remote.get_token(&again.call, &again.endpoint, key);
                Ok(answer.await?)
            }
            None => Ok(answer?),
        }
    }

    async fn send_token_once(
        &self,
        called: &Called,
        how: TokenSent,
        token: &Token,
    ) -> Result<(), RemoteError> {
        let (remote, call, endpoint) = (&self.ports.remote, &called.call, &called.endpoint);
        match how {
            TokenSent::Put => remote.put_token(call, endpoint, token).await,
            TokenSent::Patched => remote.patch_token(call, endpoint, token).await,
        }
    }

    /// A call of that store for a Token of `owner`, an operation of its own.
    fn called_for(&self, cpo: &TokensOfCpo, owner: Party) -> (Called, Wanted) {
        let TokensOfCpo(called) = cpo;
        let routing = called.call.routing;
        let called = Called {
            stored: Arc::clone(&called.stored),
            endpoint: called.endpoint.clone(),
            call: RemoteCall {
                correlation_id: self.new_message_id(),
                routing: routing.map(|routing| RemoteRouting {
                    from: owner,
                    ..routing
                }),
                ..called.call.clone()
            },
        };
        (to_hub(called), self.tokens_of_cpo(Some(owner)))
    }

    /// The Tokens module of a CPO, for the Tokens of that party.
    fn tokens_of_cpo(&self, owner: Option<Party>) -> Wanted {
        Wanted {
            module: ModuleId::Tokens,
            role: InterfaceRole::Receiver,
            peer_role: Role::Cpo,
            from: owner,
            timeout: self.call_timeout(),
            under_way: UnderWay::default(),
        }
    }
}

/// The call, addressed to the hub itself where there is one: it passes on to all of its CPOs.
fn to_hub(mut called: Called) -> Called {
    if let (Some(hub), Some(routing)) = (called.stored.platform.hub, &mut called.call.routing) {
        routing.to = Some(hub);
    }
    called
}
