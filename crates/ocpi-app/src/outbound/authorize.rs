//! Asking an eMSP whether a Token may charge.
//!
//! Spec: 2.3.0 `mod_tokens`, Sender interface, POST method.

use std::time::Duration;

use ocpi_domain::{
    InterfaceRole, LocationReferences, ModuleId, PlatformId, Role, TokenType, TokenUid,
};
use ocpi_ports::{RemoteAuthorization, RemoteError, RemoteRouting};

use super::OutboundError;
use super::call::{Called, Wanted};
use crate::app::App;
use crate::deadline::within;

/// A question about a Token.
#[derive(Clone, Copy)]
struct Question<'a> {
    uid: &'a TokenUid,
    token_type: &'a TokenType,
    location: Option<&'a LocationReferences>,
}

impl App {
    /// Asks the eMSPs of a platform, one after the other, until one knows the Token; `None` when
    /// none does. All together they have the time of one answer.
    ///
    /// # Errors
    ///
    /// [`OutboundError`].
    pub async fn authorize_at(
        &self,
        id: &PlatformId,
        uid: &TokenUid,
        token_type: &TokenType,
        location: Option<&LocationReferences>,
    ) -> Result<Option<RemoteAuthorization>, OutboundError> {
        let timeout = Duration::from_millis(self.options.outbound_authorize_timeout_ms);
        let wanted = Wanted {
            module: ModuleId::Tokens,
            role: InterfaceRole::Sender,
            peer_role: Role::Emsp,
            from: None,
            timeout,
        };
        let question = Question {
            uid,
            token_type,
            location,
        };
        let answer = within(timeout, self.ask_emsps(id, wanted, question)).await;
        answer.unwrap_or_else(|_elapsed| {
            let timed_out = RemoteError::TimedOut {
                url: format!("the platform {id}"),
                timeout_ms: self.options.outbound_authorize_timeout_ms,
            };
            Err(timed_out.into())
        })
    }

    async fn ask_emsps(
        &self,
        id: &PlatformId,
        wanted: Wanted,
        question: Question<'_>,
    ) -> Result<Option<RemoteAuthorization>, OutboundError> {
        let mut called = self.prepare_call(id, &wanted).await?;
        let emsps: Vec<_> = called.stored.platform.parties(&Role::Emsp).collect();
        let Some(routing) = called.call.routing.filter(|_| emsps.len() > 1) else {
            return self.ask(&mut called, &wanted, question).await;
        };
        for to in emsps {
            called.call.routing = Some(RemoteRouting { to, ..routing });
            if let Some(answer) = self.ask(&mut called, &wanted, question).await? {
                return Ok(Some(answer));
            }
        }
        Ok(None)
    }

    async fn ask(
        &self,
        called: &mut Called,
        wanted: &Wanted,
        question: Question<'_>,
    ) -> Result<Option<RemoteAuthorization>, OutboundError> {
        let answer = self.ask_once(called, question).await;
        let Some(mut again) = self.prepare_again(called, wanted, &answer).await? else {
            return Ok(answer?);
        };
        again.call.routing = called.call.routing;
        *called = again;
        Ok(self.ask_once(called, question).await?)
    }

    async fn ask_once(
        &self,
        called: &Called,
        question: Question<'_>,
    ) -> Result<Option<RemoteAuthorization>, RemoteError> {
        let Question {
            uid,
            token_type,
            location,
        } = question;
        let (remote, endpoint) = (&self.ports.remote, &called.endpoint);
        remote
            .authorize_token(&called.call, endpoint, uid, token_type, location)
            .await
    }
}
