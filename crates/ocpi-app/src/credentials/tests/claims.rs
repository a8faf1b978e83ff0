//! The parties that a platform says it speaks for.

use ocpi_domain::{Credentials, Party};

use super::any_token;
use crate::credentials::party_claims::PartyClaims;
use crate::testing::party;
use crate::testing::peer::{presented, versions_url};

/// The roles and the hub of credentials with these.
fn claims(roles: &[(&str, &str)], hub: Option<&str>) -> Option<(Vec<String>, Option<Party>)> {
    let credentials = Credentials {
        token: any_token(),
        url: versions_url(),
        roles: roles
            .iter()
            .map(|(role, name)| presented(role, name))
            .collect(),
        hub: hub.map(party),
    };
    let claims = PartyClaims::of(&credentials).ok()?;
    let text = |held: &ocpi_domain::PartyRole| format!("{} {}", held.party, held.role);
    Some((claims.roles.iter().map(text).collect(), claims.hub))
}

/// Holds: C-18, C-19, C-21, C-22.
#[test]
fn a_claim_is_of_parties_or_of_a_hub_and_never_of_nobody() {
    let hub = Some(party("NL/HUB"));
    for (roles, hub_sent, expected) in [
        (
            &[("CPO", "NL/ALF"), ("EMSP", "NL/ALF")][..],
            None,
            Some((vec!["NL/ALF CPO", "NL/ALF EMSP"], None)),
        ),
        (
            &[("CPO", "NL/BET")],
            Some("NL/HUB"),
            Some((vec!["NL/BET CPO"], hub)),
        ),
        (&[], Some("NL/HUB"), Some((vec![], hub))),
        (&[("PTP", "NL/ALF")], None, Some((vec!["NL/ALF PTP"], None))),
        (&[], None, None),
    ] {
        let expected = expected.map(|(roles, hub): (Vec<&str>, _)| {
            (roles.into_iter().map(str::to_owned).collect(), hub)
        });
        assert_eq!(claims(roles, hub_sent), expected, "{roles:?} {hub_sent:?}");
    }
}
