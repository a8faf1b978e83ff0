//! Who asks, for whom, and what that lets them do.

use ocpi_domain::{Caller, MessageId, Party, Platform, Role};

use crate::app::App;

/// The parties that the headers `OCPI-to-*` and `OCPI-from-*` name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Routing {
    /// The party addressed.
    pub to: Option<Party>,
    /// The party that sends. Data, never proof.
    pub from: Option<Party>,
}

/// Who sent a request, and its ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestContext {
    /// The platform that proved itself.
    pub caller: Caller,
    /// The parties that the headers name.
    pub routing: Routing,
    /// `X-Request-ID`, theirs or ours.
    pub request_id: MessageId,
    /// `X-Correlation-ID`, theirs or ours.
    pub correlation_id: MessageId,
}

/// Why a request is turned away before anything is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// `OCPI-to` names a party that is not hosted here in the role that is called.
    #[error("OCPI-to names {0}, which is not hosted here in this role")]
    UnknownRecipient(Party),
    /// `OCPI-from` names no party of the platform, whose profile is strict about it.
    #[error("OCPI-from names {0}, which is no party of this connection")]
    UnknownSender(Party),
    /// The platform does not speak for the party of the URL, or has not the role that it takes.
    #[error("this connection has no such party")]
    PartyNotHeld,
}

impl App {
    /// The parties hosted in `role`.
    fn hosted(&self, role: &Role) -> &[Party] {
        match role {
            Role::Cpo => self.hosting.cpo_parties(),
            _ => self.hosting.emsp_parties(),
        }
    }

    /// The hosted party that answers a request to our `role`: the one addressed, else the only
    /// one that there is.
    pub fn answering_party(&self, role: &Role, routing: &Routing) -> Option<Party> {
        let hosted = self.hosted(role);
        match routing.to {
            Some(to) => hosted.contains(&to).then_some(to),
            None => <[Party; 1]>::try_from(hosted).ok().map(|[only]| only),
        }
    }

    /// Checks that the platform may see and write our copies of the Tokens of `party`: it speaks
    /// for that eMSP.
    ///
    /// Each use case checks this itself. An adapter that asks before it reads the rest of a
    /// request tells those who may not nothing about what they sent.
    ///
    /// # Errors
    ///
    /// [`AccessError`].
    pub fn require_owner(&self, context: &RequestContext, party: Party) -> Result<(), AccessError> {
        self.check_routing(context, &Role::Cpo)?;
        let holds = context.caller.platform.holds(party, &Role::Emsp);
        holds.then_some(()).ok_or(AccessError::PartyNotHeld)
    }

    /// Checks that the platform may see and write the sessions and Locations of `party`: it speaks
    /// for that CPO. For use cases and adapters, as [`require_owner`](App::require_owner).
    ///
    /// # Errors
    ///
    /// [`AccessError`].
    pub fn require_cpo_party(
        &self,
        context: &RequestContext,
        party: Party,
    ) -> Result<(), AccessError> {
        self.check_routing(context, &Role::Emsp)?;
        let holds = context.caller.platform.holds(party, &Role::Cpo);
        holds.then_some(()).ok_or(AccessError::PartyNotHeld)
    }

    /// Checks the routing of a request to our `role`.
    pub(crate) fn check_routing(
        &self,
        context: &RequestContext,
        role: &Role,
    ) -> Result<(), AccessError> {
        let Routing { to, from } = context.routing;
        if let Some(to) = to.filter(|to| !self.hosted(role).contains(to)) {
            return Err(AccessError::UnknownRecipient(to));
        }
        let platform = &context.caller.platform;
        let known = |from: &Party| platform.roles.iter().any(|held| held.party == *from);
        if let Some(from) = from.filter(|from| !known(from)) {
            tracing::info!(
                platform = %platform.id, %from, request_id = %context.request_id,
                "OCPI-from names no party of the connection",
            );
            if platform.profile.strict_from {
                return Err(AccessError::UnknownSender(from));
            }
        }
        Ok(())
    }
}

/// Checks that the platform speaks for a CPO: only they may ask an eMSP.
pub(crate) fn require_cpo(context: &RequestContext) -> Result<(), AccessError> {
    let holds = context.caller.platform.parties(&Role::Cpo).next().is_some();
    holds.then_some(()).ok_or(AccessError::PartyNotHeld)
}

/// The CPOs that a question, or what it is about, may belong to: the party that sends, when the
/// platform holds it, else all that the platform holds.
pub(crate) fn cpo_parties(platform: &Platform, from: Option<Party>) -> Vec<Party> {
    match from {
        Some(from) if platform.holds(from, &Role::Cpo) => vec![from],
        _ => platform.parties(&Role::Cpo).collect(),
    }
}
