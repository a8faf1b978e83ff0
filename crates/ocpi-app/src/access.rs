//! Who asks, for whom, and what that lets them do.

use ocpi_domain::{Caller, MessageId, OcpiVersion, Party, Platform, Role};
use ocpi_ports::StorageError;

use crate::app::App;
use crate::deadline::in_time;
use crate::platform_update::is_held_by_another;

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
    /// The version of the URL.
    pub version: OcpiVersion,
    /// The parties that the headers name.
    pub routing: Routing,
    /// `X-Request-ID`, theirs or ours.
    pub request_id: MessageId,
    /// `X-Correlation-ID`, theirs or ours.
    pub correlation_id: MessageId,
}

/// Why a request is turned away before anything is read.
#[derive(Debug, thiserror::Error)]
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
    /// It cannot be found out, since the store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl App {
    /// The hosted party that answers a request to our `role`: the one addressed, else the only
    /// one that there is.
    pub fn answering_party(&self, role: &Role, routing: &Routing) -> Option<Party> {
        let hosted = self.hosting.in_role(role);
        match routing.to {
            Some(to) => hosted.contains(&to).then_some(to),
            None => <[Party; 1]>::try_from(hosted).ok().map(|[only]| only),
        }
    }

    /// Our party in `role` that deals with `platform` over 2.1.1, where one connection is one
    /// party: the one that the operator named, else the first that is hosted in that role.
    pub fn party_towards(&self, platform: &Platform, role: &Role) -> Option<Party> {
        let presented = self.hosting.single_role(role, platform.our_party)?;
        Some(Party {
            country_code: presented.country_code,
            party_id: presented.party_id,
        })
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
    pub async fn require_owner(
        &self,
        context: &RequestContext,
        party: Party,
    ) -> Result<(), AccessError> {
        self.check_routing(context, &Role::Cpo)?;
        self.require_held(context, party, &Role::Emsp).await
    }

    /// Checks that the platform may see and write the sessions and Locations of `party`: it speaks
    /// for that CPO. For use cases and adapters, as [`require_owner`](App::require_owner).
    ///
    /// # Errors
    ///
    /// [`AccessError`].
    pub async fn require_cpo_party(
        &self,
        context: &RequestContext,
        party: Party,
    ) -> Result<(), AccessError> {
        self.check_routing(context, &Role::Emsp)?;
        self.require_held(context, party, &Role::Cpo).await
    }

    async fn require_held(
        &self,
        context: &RequestContext,
        party: Party,
        role: &Role,
    ) -> Result<(), AccessError> {
        let platform = &context.caller.platform;
        if platform.holds(party, role)
            || platform.is_open_hub() && self.passes_on_for(platform, party, role).await?
        {
            return Ok(());
        }
        Err(AccessError::PartyNotHeld)
    }

    /// Whether a hub that lists nobody may speak for `party`: nobody else does, and not we either.
    pub(crate) async fn passes_on_for(
        &self,
        hub: &Platform,
        party: Party,
        role: &Role,
    ) -> Result<bool, StorageError> {
        if !hub.may_hold(party) || self.hosting.hosts(party, role) {
            return Ok(false);
        }
        let list = in_time(self.ports.platforms.list_platforms()).await?;
        Ok(!is_held_by_another(&list, &hub.id, party, role))
    }

    /// The CPOs that a question, or what it is about, may belong to: the party that sends, when the
    /// platform holds it, else all that the platform holds. Of a hub that lists nobody only the
    /// sender can say it.
    pub(crate) async fn cpo_parties(
        &self,
        platform: &Platform,
        from: Option<Party>,
    ) -> Result<Vec<Party>, StorageError> {
        match from {
            Some(from) if platform.holds(from, &Role::Cpo) => Ok(vec![from]),
            Some(from) if platform.is_open_hub() => {
                let passes_on = self.passes_on_for(platform, from, &Role::Cpo).await?;
                Ok(passes_on.then_some(from).into_iter().collect())
            }
            _ => Ok(platform.parties(&Role::Cpo).collect()),
        }
    }

    /// Checks the routing of a request to our `role`.
    pub(crate) fn check_routing(
        &self,
        context: &RequestContext,
        role: &Role,
    ) -> Result<(), AccessError> {
        let Routing { to, from } = context.routing;
        if let Some(to) = to.filter(|to| !self.hosting.in_role(role).contains(to)) {
            return Err(AccessError::UnknownRecipient(to));
        }
        let platform = &context.caller.platform;
        let known = |from: &Party| {
            let mut held = platform.roles.iter();
            platform.hub == Some(*from) || held.any(|held| held.party == *from)
        };
        // Whom a hub that lists nobody passes on for cannot be known.
        let from = from.filter(|_| !platform.is_open_hub());
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

/// Checks that the platform speaks for a CPO, or may: only they may ask an eMSP.
pub(crate) fn require_cpo(context: &RequestContext) -> Result<(), AccessError> {
    let platform = &context.caller.platform;
    let holds = platform.is_open_hub() || platform.parties(&Role::Cpo).next().is_some();
    holds.then_some(()).ok_or(AccessError::PartyNotHeld)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ocpi_domain::PartyRole;
    use ocpi_ports::{MockPlatformRepository, StoredPlatform};

    use super::*;
    use crate::Ports;
    use crate::testing::{KnownPlatforms, app, down, party, platform, ports, request_of_cpo};

    fn holding(id: &str, roles: &[(Role, &str)]) -> Platform {
        let role = |(role, name): &(Role, &str)| PartyRole {
            party: party(name),
            role: role.clone(),
        };
        Platform {
            roles: roles.iter().map(role).collect(),
            ..platform(id)
        }
    }

    fn hub(roles: &[(Role, &str)]) -> Platform {
        Platform {
            hub: Some(party("NL/HUB")),
            ..holding("peer", roles)
        }
    }

    fn request(platform: Platform, from: Option<&str>) -> RequestContext {
        let mut context = request_of_cpo();
        context.caller.platform = Arc::new(platform);
        context.routing.from = from.map(party);
        context
    }

    /// An application that hosts CH/ABC as eMSP and CPO, and NL/ALF as CPO; beside the platform that
    /// asks, one is connected as the eMSP NL/EMS and the CPO NL/CPO, and one has left as NL/OLD.
    fn app_beside_others() -> App {
        let direct = [(Role::Emsp, "NL/EMS"), (Role::Cpo, "NL/CPO")];
        let direct = StoredPlatform {
            tokens: vec![crate::credentials::live_token(ocpi_ports::TokenHash(
                [1; 32],
            ))],
            ..StoredPlatform::new(holding("direct", &direct))
        };
        let left = [(Role::Emsp, "NL/OLD"), (Role::Cpo, "NL/OLD")];
        let left = StoredPlatform::new(holding("left", &left));
        app(Ports {
            platforms: KnownPlatforms::of(vec![direct, left]),
            ..ports()
        })
    }

    /// Holds: C-20, C-21, K-05, S-02, T-37, Z-13.
    #[tokio::test]
    async fn a_hub_that_lists_nobody_passes_on_for_whom_nobody_else_speaks() {
        let app = app_beside_others();
        let limited = Platform {
            allowed_parties: Some(vec![party("DE/ONE")]),
            ..hub(&[])
        };
        for (platform, name, as_owner, as_cpo) in [
            (hub(&[]), "DE/ONE", true, true),
            (hub(&[]), "NL/OLD", true, true),
            (hub(&[]), "NL/EMS", false, true),
            (hub(&[]), "NL/CPO", true, false),
            // What is ours is not another's to write.
            (hub(&[]), "CH/ABC", false, false),
            (hub(&[]), "NL/ALF", true, false),
            (limited.clone(), "DE/ONE", true, true),
            (limited, "DE/TWO", false, false),
            // A hub that lists its parties speaks for those.
            (hub(&[(Role::Cpo, "DE/ONE")]), "DE/ONE", false, true),
            (hub(&[(Role::Cpo, "DE/ONE")]), "DE/TWO", false, false),
            (platform_without_parties(), "DE/ONE", false, false),
        ] {
            let context = request(platform.clone(), None);
            let owner = app.require_owner(&context, party(name)).await;
            assert_eq!(owner.is_ok(), as_owner, "{name} {platform:?}: {owner:?}");
            let cpo = app.require_cpo_party(&context, party(name)).await;
            assert_eq!(cpo.is_ok(), as_cpo, "{name} {platform:?}: {cpo:?}");
        }
    }

    fn platform_without_parties() -> Platform {
        platform("peer")
    }

    /// Holds: C-20, E-17, E-31. What every request does, asks no store.
    #[tokio::test]
    async fn a_direct_connection_is_known_by_what_it_is() {
        let app = app(ports());
        let cpo = holding("peer", &[(Role::Cpo, "NL/BET"), (Role::Emsp, "NL/BET")]);
        for from in [None, Some("NL/BET"), Some("DE/XYZ")] {
            let context = request(cpo.clone(), from);
            assert!(app.require_owner(&context, party("NL/BET")).await.is_ok());
            assert!(
                app.require_cpo_party(&context, party("NL/BET"))
                    .await
                    .is_ok()
            );
            let refused = app.require_owner(&context, party("NL/OTH")).await;
            assert!(matches!(refused, Err(AccessError::PartyNotHeld)));
            let found = app.cpo_parties(&cpo, context.routing.from).await;
            assert_eq!(found.unwrap(), [party("NL/BET")]);
        }
    }

    /// Holds: C-21, E-17.
    #[tokio::test]
    async fn only_the_sender_says_whose_question_a_hub_passes_on() {
        let app = app_beside_others();
        let open = hub(&[]);
        for (from, expected) in [
            (None, &[][..]),
            (Some("DE/ONE"), &["DE/ONE"]),
            (Some("NL/CPO"), &[]),
            (Some("CH/ABC"), &[]),
        ] {
            let context = request(open.clone(), from);
            assert!(require_cpo(&context).is_ok());
            let found = app.cpo_parties(&open, context.routing.from).await.unwrap();
            let expected: Vec<_> = expected.iter().map(|name| party(name)).collect();
            assert_eq!(found, expected, "{from:?}");
        }
        let emsp = request(holding("peer", &[(Role::Emsp, "DE/ONE")]), None);
        assert!(matches!(require_cpo(&emsp), Err(AccessError::PartyNotHeld)));
    }

    /// Holds: T-90.
    #[test]
    fn a_strict_platform_names_itself_or_whom_it_passes_on_for() {
        let app = app(ports());
        for (mut platform, from, is_known) in [
            (hub(&[(Role::Cpo, "DE/ONE")]), "DE/ONE", true),
            (hub(&[(Role::Cpo, "DE/ONE")]), "NL/HUB", true),
            (hub(&[(Role::Cpo, "DE/ONE")]), "DE/TWO", false),
            (hub(&[]), "DE/TWO", true),
            (holding("peer", &[(Role::Cpo, "DE/ONE")]), "NL/HUB", false),
        ] {
            platform.profile.strict_from = true;
            let context = request(platform, Some(from));
            let checked = app.check_routing(&context, &Role::Emsp);
            assert_eq!(checked.is_ok(), is_known, "{from} {context:?}");
        }
    }

    /// Holds: T-46. Whether a hub may is then not known.
    #[tokio::test]
    async fn a_store_that_fails_lets_nobody_in() {
        let mut failing = MockPlatformRepository::new();
        failing.expect_list_platforms().returning(|| Err(down()));
        let app = app(Ports {
            platforms: Arc::new(failing),
            ..ports()
        });
        let context = request(hub(&[]), None);
        let failed = app.require_owner(&context, party("DE/ONE")).await;
        assert!(matches!(failed, Err(AccessError::Storage(_))));
    }
}
