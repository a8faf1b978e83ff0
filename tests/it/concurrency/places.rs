//! What is the same place.

use serde_json::json;

use super::site::{KINDS, Site};
use crate::support::stores::Kind;
use crate::support::token::with;

async fn site_of_one(kind: Kind) -> Site {
    let site = Site::new(kind).await;
    let account = json!({"concurrent_sessions_max": 1});
    site.add("U1", None, &account).await;
    site
}

/// Holds: E-29, E-30, E-34.
#[tokio::test]
async fn at_the_same_evse_one_may_ask_again_and_again() {
    for kind in KINDS {
        let site = site_of_one(kind).await;
        let first = site.ask("U1", "E1").await;
        for evse in ["E1", "e1", "E1"] {
            let again = site.ask("U1", evse).await;
            assert!(again.is_allowed(), "{kind:?} {evse}");
            assert_ne!(again.reference(), first.reference(), "each has its own");
            assert!(!site.ask("U1", "E2").await.is_allowed(), "it is one slot");
        }
    }
}

/// A CPO asks to stop, too.
///
/// Holds: E-29.
#[tokio::test]
async fn where_the_session_runs_one_may_ask_while_elsewhere_one_may_not() {
    for kind in KINDS {
        let site = site_of_one(kind).await;
        site.put(&site.session("S1", "U1", "E1")).await;
        for _ in 0..3 {
            assert!(site.ask("U1", "E1").await.is_allowed(), "{kind:?}");
            assert!(!site.ask("U1", "E2").await.is_allowed(), "{kind:?}");
        }
        // Asking to stop holds nothing beyond the session.
        site.patch("S1", &site.end()).await;
        assert!(site.ask("U1", "E2").await.is_allowed(), "{kind:?}");
    }
}

/// Holds: E-29.
#[tokio::test]
async fn the_same_names_elsewhere_are_another_place() {
    for kind in KINDS {
        for (cpo, place) in [
            (1, Some(("LOC1", &["E1"][..]))),
            (0, Some(("LOC2", &["E1"]))),
            (0, Some(("LOC1", &["E2"]))),
            (0, Some(("LOC1", &["E1", "E2"]))),
            (0, Some(("LOC1", &[]))),
            (0, None),
        ] {
            let site = site_of_one(kind).await;
            assert!(site.ask("U1", "E1").await.is_allowed());
            let elsewhere = site.ask_as(cpo, "U1", place).await;
            assert!(!elsewhere.is_allowed(), "{kind:?} {cpo} {place:?}");
            // And as a session runs there.
            let site = site_of_one(kind).await;
            site.put(&site.session("S1", "U1", "E1")).await;
            let elsewhere = site.ask_as(cpo, "U1", place).await;
            assert!(!elsewhere.is_allowed(), "{kind:?} {cpo} {place:?}");
        }
    }
}

/// Holds: E-29.
#[tokio::test]
async fn a_question_without_one_evse_is_the_same_only_as_the_identical_one() {
    for kind in KINDS {
        let places = [
            None,
            Some(("LOC1", &[][..])),
            Some(("LOC2", &[])),
            Some(("LOC1", &["E1", "E2"])),
            Some(("LOC1", &["E2", "E1"])),
        ];
        for first in places {
            for second in places {
                let site = site_of_one(kind).await;
                assert!(site.ask_at("U1", first).await.is_allowed());
                let is_allowed = site.ask_at("U1", second).await.is_allowed();
                assert_eq!(is_allowed, first == second, "{kind:?} {first:?} {second:?}");
                let of_another = site.ask_as(1, "U1", first).await;
                assert!(!of_another.is_allowed(), "{kind:?} {first:?}");
            }
        }
    }
}

/// Holds: Q-14, E-29.
#[tokio::test]
async fn an_evse_is_the_same_by_its_uid_and_by_its_evse_id() {
    use crate::support::push::location;
    for kind in KINDS {
        let site = site_of_one(kind).await;
        let location = serde_json::from_value(location("LOC1", &["E1", "E2"])).expect("a Location");
        let write = ocpi_ports::LocationWrite {
            location: std::sync::Arc::new(location),
            follows: None,
        };
        site.stores
            .locations
            .put_location(write)
            .await
            .expect("stored");
        assert!(site.ask("U1", "BE*ALF*E1").await.is_allowed(), "{kind:?}");
        assert!(
            site.ask("U1", "E1").await.is_allowed(),
            "{kind:?}: the same"
        );
        assert!(!site.ask("U1", "E2").await.is_allowed(), "{kind:?}");
        site.put(&site.session("S1", "U1", "E1")).await;
        assert!(site.ask("U1", "BE*ALF*E1").await.is_allowed(), "{kind:?}");
        assert!(!site.ask("U1", "BE*ALF*E2").await.is_allowed(), "{kind:?}");
    }
}

/// Holds: S-08, E-29.
#[tokio::test]
async fn a_session_at_no_known_evse_is_the_same_place_as_none() {
    for kind in KINDS {
        let site = site_of_one(kind).await;
        let session = with(site.session("S1", "U1", "E1"), &json!({"evse_uid": "#NA"}));
        site.put(&session).await;
        for place in [Some(("LOC1", &["E1"][..])), Some(("LOC1", &[])), None] {
            let answer = site.ask_at("U1", place).await;
            assert!(!answer.is_allowed(), "{kind:?} {place:?}");
        }
    }
}
