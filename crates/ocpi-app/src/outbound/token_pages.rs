//! The Tokens of eMSPs, page by page.
//!
//! Spec: 2.3.0 `mod_tokens`, Sender interface, GET method.

use std::sync::Arc;

use ocpi_domain::{InterfaceRole, MessageId, ModuleId, OcpiVersion, Party, PlatformId, Role};
use ocpi_ports::{RemotePageRequest, RemoteTokenPage, StoredPlatform};

use super::OutboundError;
use super::call::{Called, Wanted};
use super::under_way::UnderWay;
use crate::app::App;

/// The list of an eMSP, ready to be called.
pub(crate) struct TokensOfEmsp {
    called: Called,
    wanted: Wanted,
}

impl TokensOfEmsp {
    /// The version that is spoken with the eMSP.
    pub(crate) fn version(&self) -> OcpiVersion {
        self.called.call.version
    }

    /// The platform as it was found.
    pub(crate) fn stored(&self) -> &Arc<StoredPlatform> {
        &self.called.stored
    }
}

impl App {
    /// The list of a platform's Tokens; all pages of a crawl have one correlation id.
    ///
    /// # Errors
    ///
    /// [`OutboundError`].
    pub(crate) async fn tokens_of_emsp_at(
        &self,
        id: &PlatformId,
        correlation_id: &MessageId,
    ) -> Result<TokensOfEmsp, OutboundError> {
        let wanted = Wanted {
            module: ModuleId::Tokens,
            role: InterfaceRole::Sender,
            peer_role: Role::Emsp,
            from: None,
            timeout: self.call_timeout(),
            under_way: UnderWay::default(),
        };
        let mut called = self.prepare_call(id, &wanted).await?;
        called.call.correlation_id = correlation_id.clone();
        let called = to_all(called);
        Ok(TokensOfEmsp { called, wanted })
    }

    /// A page of the list; `owner` owns the Tokens that do not say it, which are left out
    /// without one.
    ///
    /// # Errors
    ///
    /// [`OutboundError`].
    pub(crate) async fn page_of_tokens(
        &self,
        emsp: &TokensOfEmsp,
        owner: Option<Party>,
        page: &RemotePageRequest,
    ) -> Result<RemoteTokenPage, OutboundError> {
        let TokensOfEmsp { called, wanted } = emsp;
        let remote = &self.ports.remote;
        let answer = remote.list_tokens(&called.call, &called.endpoint, owner, page);
        let answer = answer.await;
        match self.prepare_again(called, wanted, &answer).await? {
            Some(again) => {
                let again = to_all(again);
                let answer = remote.list_tokens(&again.call, &again.endpoint, owner, page);
                Ok(answer.await?)
            }
            None => Ok(answer?),
        }
    }
}

/// The call, addressed to nobody where several eMSPs are behind the platform: it lists the Tokens
/// of all of them then, and those of the one that is addressed otherwise.
fn to_all(mut called: Called) -> Called {
    let platform = &called.stored.platform;
    let is_for_several = platform.hub.is_some() || platform.parties(&Role::Emsp).count() > 1;
    if let Some(routing) = called.call.routing.as_mut().filter(|_| is_for_several) {
        routing.to = None;
    }
    called
}
