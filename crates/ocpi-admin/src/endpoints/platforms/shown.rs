//! A platform as the operator sees it: everything but its secrets.

use ocpi_app::BreakerView;
use ocpi_domain::{
    CredentialsRole, CredentialsUse, DateTime, Endpoint, OcpiUrl, Party, PlatformId,
};
use ocpi_ports::{Connection, PresentedToken, StoredPlatform};
use serde::Serialize;

use super::fields::{PartyFields, ProfileFields, RoleFields};

/// A platform.
#[derive(Serialize)]
pub(crate) struct Shown<'a> {
    id: &'a PlatformId,
    roles: Vec<RoleFields>,
    hub_party_id: Option<String>,
    allowed_parties: Option<Vec<PartyFields>>,
    our_party: Option<PartyFields>,
    profile: ProfileFields,
    registered: bool,
    tokens: Vec<ShownToken>,
    connection: Option<ShownConnection<'a>>,
    breaker: ShownBreaker,
}

impl<'a> Shown<'a> {
    /// The platform, and whether charge points ask it now.
    pub(crate) fn of(stored: &'a StoredPlatform, breaker: BreakerView) -> Shown<'a> {
        let platform = &*stored.platform;
        let parties = |parties: &Vec<Party>| parties.iter().copied().map(Into::into).collect();
        Shown {
            id: &platform.id,
            roles: platform.roles.iter().map(Into::into).collect(),
            hub_party_id: platform.hub.map(joined),
            allowed_parties: platform.allowed_parties.as_ref().map(parties),
            our_party: platform.our_party.map(Into::into),
            profile: platform.profile.into(),
            registered: stored.is_registered(),
            tokens: stored.tokens.iter().map(Into::into).collect(),
            connection: stored.connection.as_ref().map(Into::into),
            breaker: breaker.into(),
        }
    }
}

/// Whether the platform is asked about those who want to charge.
#[derive(Serialize)]
struct ShownBreaker {
    state: &'static str,
    failures: u32,
    open_since: Option<DateTime>,
    reason: Option<String>,
}

/// The names of what a breaker can be.
pub(crate) const BREAKER_STATES: [&str; 3] = ["closed", "half_open", "open"];

impl From<BreakerView> for ShownBreaker {
    fn from(breaker: BreakerView) -> ShownBreaker {
        ShownBreaker {
            state: breaker.state,
            failures: breaker.failures,
            open_since: breaker.open_since,
            reason: breaker.reason,
        }
    }
}

/// A hub's party as OCPI writes it: `NLHUB`.
fn joined(party: Party) -> String {
    format!("{}{}", party.country_code, party.party_id)
}

/// A token that the platform may present: enough to know it again in the log.
#[derive(Serialize)]
struct ShownToken {
    #[serde(rename = "use")]
    good_for: &'static str,
    hash: String,
    until: Option<DateTime>,
}

/// The names of what a token is good for.
pub(crate) const USES: [&str; 4] = ["registration", "offered", "live", "former"];

impl From<&PresentedToken> for ShownToken {
    fn from(token: &PresentedToken) -> ShownToken {
        let [registration, offered, live, former] = USES;
        let (good_for, until) = match token.good_for {
            CredentialsUse::Registration { until } => (registration, Some(until)),
            CredentialsUse::Offered { until, replaces: _ } => (offered, Some(until)),
            CredentialsUse::Live => (live, None),
            CredentialsUse::Former { until } => (former, Some(until)),
        };
        ShownToken {
            good_for,
            // It prints its first bytes only.
            hash: format!("{:?}", token.hash),
            until,
        }
    }
}

/// How we call the platform.
#[derive(Serialize)]
struct ShownConnection<'a> {
    versions_url: &'a OcpiUrl,
    version: Option<&'static str>,
    endpoints: &'a [Endpoint],
    presented: &'a [CredentialsRole],
}

impl<'a> From<&'a Connection> for ShownConnection<'a> {
    fn from(connection: &'a Connection) -> ShownConnection<'a> {
        let served = connection.served.as_ref();
        ShownConnection {
            versions_url: &connection.versions_url,
            version: served.map(|served| served.version.as_str()),
            endpoints: served.map_or(&[], |served| &served.endpoints),
            presented: &connection.presented,
        }
    }
}
