//! How a pending slot ends: by its session, by its end, or by time; and how none is lost.

use serde_json::{Value, json};

use super::site::{KINDS, Site};
use crate::support::stores::Kind;
use crate::support::token::with;

const PENDING_MS: u32 = 180 * 1000;

async fn site_of(kind: Kind, max: u32) -> Site {
    let site = Site::new(kind).await;
    let account = json!({"concurrent_sessions_max": max});
    site.add("U1", None, &account).await;
    site
}

/// The session with this `authorization_reference`.
fn following(session: Value, answer: &super::site::Answer) -> Value {
    let reference = answer.reference().as_str();
    with(session, &json!({"authorization_reference": reference}))
}

/// Holds: E-30.
#[tokio::test]
async fn a_pending_slot_ends_with_its_three_minutes() {
    for kind in KINDS {
        let site = site_of(kind, 1).await;
        assert!(site.ask("U1", "E1").await.is_allowed());
        site.wait_ms(PENDING_MS - 1);
        assert!(!site.ask("U1", "E2").await.is_allowed(), "{kind:?}");
        site.wait_ms(1);
        assert!(site.ask("U1", "E2").await.is_allowed(), "{kind:?}");
    }
}

/// Holds: E-30.
#[tokio::test]
async fn asking_again_at_the_same_evse_begins_the_three_minutes_anew() {
    for kind in KINDS {
        let site = site_of(kind, 1).await;
        for _ in 0..3 {
            assert!(site.ask("U1", "E1").await.is_allowed());
            site.wait_ms(PENDING_MS - 1);
            assert!(!site.ask("U1", "E2").await.is_allowed(), "{kind:?}");
        }
        site.wait_ms(1);
        assert!(site.ask("U1", "E2").await.is_allowed(), "{kind:?}");
    }
}

/// Holds: E-30, S-26.
#[tokio::test]
async fn a_session_takes_the_place_of_the_slot_that_stood_for_it() {
    for kind in KINDS {
        for names_it in [true, false] {
            let site = site_of(kind, 2).await;
            let answer = site.ask("U1", "E1").await;
            let session = site.session("S1", "U1", "E1");
            let session = if names_it {
                following(session, &answer)
            } else {
                session
            };
            site.put(&session).await;
            // One is held, not two.
            assert!(
                site.ask("U1", "E2").await.is_allowed(),
                "{kind:?} {names_it}"
            );
            assert!(
                !site.ask("U1", "E3").await.is_allowed(),
                "{kind:?} {names_it}"
            );
            // It is held as long as the session runs, not for three minutes.
            site.wait_ms(PENDING_MS);
            assert!(
                site.ask("U1", "E3").await.is_allowed(),
                "{kind:?} {names_it}"
            );
            assert!(
                !site.ask("U1", "E4").await.is_allowed(),
                "{kind:?} {names_it}"
            );
        }
    }
}

/// Holds: E-30, S-11.
#[tokio::test]
async fn a_session_that_names_its_authorization_takes_that_slot_wherever_it_is() {
    for kind in KINDS {
        let site = site_of(kind, 2).await;
        let first = site.ask("U1", "E1").await;
        assert!(site.ask("U1", "E2").await.is_allowed());
        // The car went to the neighbour; the slot of E2 is not its own.
        site.put(&following(site.session("S1", "U1", "E9"), &first))
            .await;
        assert!(!site.ask("U1", "E1").await.is_allowed(), "{kind:?}");
        site.patch("S1", &site.end()).await;
        assert!(site.ask("U1", "E1").await.is_allowed(), "{kind:?}");
        assert!(!site.ask("U1", "E3").await.is_allowed(), "{kind:?}");
    }
}

/// Holds: E-30.
#[tokio::test]
async fn a_session_takes_the_slot_of_a_question_that_named_its_place_less_exactly() {
    for kind in KINDS {
        for place in [None, Some(("LOC1", &[][..])), Some(("LOC1", &["E0", "E1"]))] {
            let site = site_of(kind, 2).await;
            assert!(site.ask_at("U1", place).await.is_allowed());
            site.put(&site.session("S1", "U1", "E1")).await;
            assert!(
                site.ask("U1", "E2").await.is_allowed(),
                "{kind:?} {place:?}"
            );
            assert!(
                !site.ask("U1", "E3").await.is_allowed(),
                "{kind:?} {place:?}"
            );
        }
        // One at another place keeps its own.
        let elsewhere = [Some(("LOC2", &[][..])), Some(("LOC1", &["E2", "E3"]))];
        for place in elsewhere {
            let site = site_of(kind, 2).await;
            assert!(site.ask_at("U1", place).await.is_allowed());
            site.put(&site.session("S1", "U1", "E1")).await;
            assert!(
                !site.ask("U1", "E4").await.is_allowed(),
                "{kind:?} {place:?}"
            );
        }
    }
}

/// Holds: E-30, S-23.
#[tokio::test]
async fn a_session_that_is_over_with_its_first_word_frees_the_slot() {
    for kind in KINDS {
        for over in [
            json!({"status": "COMPLETED"}),
            json!({"status": "INVALID"}),
            json!({"end_date_time": "2026-01-01T12:00:00Z"}),
        ] {
            for names_it in [true, false] {
                let site = site_of(kind, 1).await;
                let answer = site.ask("U1", "E1").await;
                let session = with(site.session("S1", "U1", "E1"), &over);
                let session = if names_it {
                    following(session, &answer)
                } else {
                    session
                };
                site.put(&session).await;
                assert!(site.ask("U1", "E2").await.is_allowed(), "{kind:?} {over}");
            }
        }
    }
}

/// Holds: E-30, S-08.
#[tokio::test]
async fn a_reservation_takes_no_slot_until_it_becomes_a_session() {
    for kind in KINDS {
        let site = site_of(kind, 1).await;
        let reserved = json!({"status": "RESERVATION", "evse_uid": "#NA"});
        site.put(&with(site.session("S1", "U1", "E1"), &reserved))
            .await;
        assert!(site.ask("U1", "E1").await.is_allowed(), "{kind:?}");
        assert!(
            !site.ask("U1", "E2").await.is_allowed(),
            "{kind:?}: it is pending"
        );
        site.put(&site.session("S1", "U1", "E1")).await;
        site.wait_ms(PENDING_MS);
        assert!(
            !site.ask("U1", "E2").await.is_allowed(),
            "{kind:?}: it runs"
        );
        site.patch("S1", &site.end()).await;
        assert!(site.ask("U1", "E2").await.is_allowed(), "{kind:?}");
    }
}

/// Holds: S-22, S-26.
#[tokio::test]
async fn a_session_that_is_opened_again_counts_again() {
    for kind in KINDS {
        let site = site_of(kind, 1).await;
        site.put(&site.session("S1", "U1", "E1")).await;
        site.patch("S1", &site.end()).await;
        site.wait_ms(1000);
        let again = json!({"status": "ACTIVE", "last_updated": site.now()});
        site.patch("S1", &again).await;
        assert!(!site.ask("U1", "E2").await.is_allowed(), "{kind:?}");
        site.patch("S1", &site.end()).await;
        assert!(site.ask("U1", "E2").await.is_allowed(), "{kind:?}");
    }
}

/// The costs of a session often come after its end, when its driver may have asked anew.
///
/// Holds: E-30.
#[tokio::test]
async fn the_last_words_of_a_session_that_is_over_free_no_slot_of_another() {
    for kind in KINDS {
        let site = site_of(kind, 1).await;
        site.put(&site.session("S1", "U1", "E1")).await;
        site.patch("S1", &site.end()).await;
        assert!(site.ask("U1", "E1").await.is_allowed());
        let costs = json!({"total_cost": {"before_taxes": 8.50}, "last_updated": site.now()});
        site.patch("S1", &costs).await;
        assert!(!site.ask("U1", "E2").await.is_allowed(), "{kind:?}");
    }
}

/// Holds: E-30, S-26, S-02.
#[tokio::test]
async fn a_push_that_is_refused_changes_no_slot() {
    for kind in KINDS {
        let site = site_of(kind, 1).await;
        site.put(&site.session("S1", "U1", "E1")).await;
        let stale = json!({"status": "COMPLETED", "last_updated": "2026-01-01T00:00:00Z"});
        let bad = json!({"status": "DONE", "last_updated": site.now()});
        for refused in [stale, bad] {
            assert!(
                site.try_patch(0, "S1", &refused).await.is_err(),
                "{refused}"
            );
            let whole = with(site.session("S1", "U1", "E1"), &refused);
            if let Ok(session) = serde_json::from_value::<ocpi_domain::Session>(whole.clone()) {
                assert_eq!(session.id().as_str(), "S1");
                assert!(site.try_put(&whole).await.is_err(), "{refused}");
            }
            assert!(
                !site.ask("U1", "E2").await.is_allowed(),
                "{kind:?} {refused}"
            );
        }
    }
}

/// Holds: E-30, S-26.
#[tokio::test]
async fn slots_and_sessions_are_counted_after_a_restart() {
    let site = site_of(Kind::Sqlite, 2).await;
    assert!(site.ask("U1", "E1").await.is_allowed());
    site.put(&site.session("S2", "U1", "E2")).await;
    let site = site.restarted().await;
    assert!(!site.ask("U1", "E3").await.is_allowed());
    assert!(site.ask("U1", "E1").await.is_allowed(), "where it is held");
    let site = site.restarted().await;
    site.wait_ms(PENDING_MS);
    assert!(site.ask("U1", "E3").await.is_allowed(), "the first is over");
    assert!(!site.ask("U1", "E4").await.is_allowed());
    site.patch("S2", &site.end()).await;
    let site = site.restarted().await;
    assert!(site.ask("U1", "E4").await.is_allowed());
}
