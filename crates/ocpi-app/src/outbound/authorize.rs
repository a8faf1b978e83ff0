//! Asking an eMSP whether a Token may charge.
//!
//! Spec: 2.3.0 `mod_tokens`, Sender interface, POST method.

use std::time::Duration;

use ocpi_domain::{
    InterfaceRole, LocationReferences, MessageId, ModuleId, OcpiVersion, Party, PlatformId, Role,
    TokenType, TokenUid,
};
use ocpi_ports::{RemoteAuthorization, RemoteError, RemoteRouting};

use super::OutboundError;
use super::call::{Called, Wanted};
use super::under_way::UnderWay;
use crate::app::App;
use crate::deadline::within;

/// Who of a platform is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Recipient {
    /// This eMSP.
    Party(Party),
    /// Its eMSPs, one after the other, until one knows the Token.
    EachEmsp,
    /// Whoever knows the Token behind the platform, which is a hub: it finds out.
    AnybodyBehind,
}

/// A question about a Token.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TokenQuestion<'a> {
    pub(crate) uid: &'a TokenUid,
    pub(crate) token_type: &'a TokenType,
    pub(crate) location: Option<&'a LocationReferences>,
    pub(crate) to: Recipient,
    /// Our CPO; without one, the one that deals with the platform.
    pub(crate) from: Option<Party>,
    /// For everything together.
    pub(crate) timeout: Duration,
    /// What all requests of the question have in common; `None` makes a new one.
    pub(crate) correlation_id: Option<&'a MessageId>,
}

/// An answer, and who gave it.
#[derive(Debug)]
pub(crate) struct SaidOfToken {
    pub(crate) authorization: RemoteAuthorization,
    /// The eMSP that was asked, when one was named.
    pub(crate) by: Option<Party>,
    /// The version in which it was said.
    pub(crate) version: OcpiVersion,
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
        let question = TokenQuestion {
            uid,
            token_type,
            location,
            to: Recipient::EachEmsp,
            from: None,
            timeout: Duration::from_millis(self.options.outbound_authorize_timeout_ms),
            correlation_id: None,
        };
        let said = self.ask_about_token(id, &question).await?;
        Ok(said.map(|said| said.authorization))
    }

    /// Asks the platform; `None` when nobody who is asked knows the Token.
    ///
    /// # Errors
    ///
    /// [`OutboundError`].
    pub(crate) async fn ask_about_token(
        &self,
        id: &PlatformId,
        question: &TokenQuestion<'_>,
    ) -> Result<Option<SaidOfToken>, OutboundError> {
        let wanted = Wanted {
            module: ModuleId::Tokens,
            role: InterfaceRole::Sender,
            peer_role: Role::Emsp,
            from: question.from,
            timeout: question.timeout,
            under_way: UnderWay::default(),
        };
        let answer = within(question.timeout, self.ask_recipients(id, &wanted, question)).await;
        answer.unwrap_or_else(|_elapsed| {
            let timeout_ms = u64::try_from(question.timeout.as_millis()).unwrap_or(u64::MAX);
            // A platform is not silent because our own store is slow.
            if !wanted.under_way.is_any() {
                return Err(OutboundError::NotSent { timeout_ms });
            }
            let timed_out = RemoteError::TimedOut {
                url: format!("the platform {id}"),
                timeout_ms,
            };
            Err(timed_out.into())
        })
    }

    async fn ask_recipients(
        &self,
        id: &PlatformId,
        wanted: &Wanted,
        question: &TokenQuestion<'_>,
    ) -> Result<Option<SaidOfToken>, OutboundError> {
        let mut called = self.prepare_call(id, wanted).await?;
        if let Some(correlation_id) = question.correlation_id {
            called.call.correlation_id = correlation_id.clone();
        }
        let Some(routing) = called.call.routing else {
            return self.ask(&mut called, wanted, question).await;
        };
        let to: Vec<Option<Party>> = match question.to {
            Recipient::Party(party) => vec![Some(party)],
            Recipient::AnybodyBehind => vec![None],
            Recipient::EachEmsp => {
                let emsps = called.stored.platform.parties(&Role::Emsp).map(Some);
                let emsps: Vec<_> = emsps.collect();
                // A hub that lists nobody is asked itself.
                if emsps.is_empty() {
                    vec![routing.to]
                } else {
                    emsps
                }
            }
        };
        for to in to {
            called.call.routing = Some(RemoteRouting { to, ..routing });
            if let Some(said) = self.ask(&mut called, wanted, question).await? {
                return Ok(Some(said));
            }
        }
        Ok(None)
    }

    async fn ask(
        &self,
        called: &mut Called,
        wanted: &Wanted,
        question: &TokenQuestion<'_>,
    ) -> Result<Option<SaidOfToken>, OutboundError> {
        let mut answer = self.ask_once(called, wanted, question).await;
        if let Some(mut again) = self.prepare_again(called, wanted, &answer).await? {
            again.call.routing = called.call.routing;
            *called = again;
            answer = self.ask_once(called, wanted, question).await;
        }
        let (version, routing) = (called.call.version, called.call.routing);
        Ok(answer?.map(|authorization| SaidOfToken {
            authorization,
            by: routing.and_then(|routing| routing.to),
            version,
        }))
    }

    async fn ask_once(
        &self,
        called: &Called,
        wanted: &Wanted,
        question: &TokenQuestion<'_>,
    ) -> Result<Option<RemoteAuthorization>, RemoteError> {
        let TokenQuestion {
            uid,
            token_type,
            location,
            ..
        } = *question;
        let (remote, endpoint) = (&self.ports.remote, &called.endpoint);
        let answer = remote.authorize_token(&called.call, endpoint, uid, token_type, location);
        wanted.under_way.during(answer).await
    }
}
