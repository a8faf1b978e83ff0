//! What a credentials token that is presented to us is good for, and until when.

use ocpi_domain::{CredentialsUse, Party, PartyRole, Platform, PlatformId, Role};

use crate::support::{NOW, moment, party};

/// Every use that ends at `until`.
fn ending(until: &str) -> [CredentialsUse; 4] {
    let until = moment(until);
    [
        CredentialsUse::Registration { until },
        CredentialsUse::Offered {
            until,
            replaces: false,
        },
        CredentialsUse::Offered {
            until,
            replaces: true,
        },
        CredentialsUse::Former { until },
    ]
}

/// Holds: C-09, C-10.
#[test]
fn token_with_an_end_is_good_before_it_and_not_at_it() {
    for (until, is_good) in [
        ("2026-06-15T12:00:00.001Z", true),
        ("2027-06-15T12:00:00Z", true),
        (NOW, false),
        ("2026-06-15T11:59:59.999Z", false),
    ] {
        for good_for in ending(until) {
            assert_eq!(
                good_for.is_good_at(moment(NOW)),
                is_good,
                "{good_for:?} at {NOW}"
            );
        }
    }
    for at in ["1970-01-01T00:00:00Z", NOW, "9999-12-31T23:59:59Z"] {
        assert!(CredentialsUse::Live.is_good_at(moment(at)), "{at}");
    }
}

/// Holds: T-11, C-09, C-10.
#[test]
fn modules_are_opened_by_what_is_or_was_or_replaces_a_live_token() {
    let [registration, first, replacing, former] = ending("2027-01-01T00:00:00Z");
    for (good_for, opens) in [
        (CredentialsUse::Live, true),
        (former, true),
        (replacing, true),
        (first, false),
        (registration, false),
    ] {
        assert_eq!(good_for.opens_modules(), opens, "{good_for:?}");
    }
}

fn platform() -> Platform {
    Platform::new(PlatformId::new("peer").unwrap())
}

/// Holds: C-20.
#[test]
fn platform_may_hold_any_party_unless_the_operator_lists_some() {
    let (listed, other): (Party, Party) = (party("NL/ALF"), party("NL/BET"));
    let mut peer = platform();
    assert!(peer.may_hold(listed) && peer.may_hold(other));
    peer.allowed_parties = Some(vec![party("nl/alf")]);
    assert!(peer.may_hold(listed), "parties compare without case");
    assert!(!peer.may_hold(other));
    peer.allowed_parties = Some(Vec::new());
    assert!(!peer.may_hold(listed), "none is none");
}

/// Holds: C-18, C-19, C-21.
#[test]
fn hub_that_lists_nobody_passes_on_for_any_party() {
    let mut peer = platform();
    assert!(
        !peer.is_open_hub(),
        "no parties and no hub: it speaks for none"
    );
    peer.hub = Some(party("DE/HUB"));
    assert!(peer.is_open_hub(), "a hub of 2.2.1");
    peer.roles = vec![PartyRole {
        party: party("NL/ALF"),
        role: Role::Cpo,
    }];
    assert!(!peer.is_open_hub(), "a hub of 2.3.0 lists whom it serves");
}
