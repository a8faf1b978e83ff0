//! What counts, and for how long.

use serde_json::json;

use super::site::{KINDS, Site};
use crate::support::token::with;

const MINUTE_MS: u32 = 60 * 1000;
const HOUR_MS: u32 = 60 * MINUTE_MS;

/// Holds: E-29, E-30, E-17.
#[tokio::test]
async fn as_many_as_the_limit_are_allowed_and_the_next_is_not() {
    for kind in KINDS {
        for limit in [0, 1, 2, 5] {
            let site = Site::new(kind).await;
            let account = json!({"concurrent_sessions_max": limit});
            site.add("U1", None, &account).await;
            for number in 0..limit {
                let answer = site.ask("U1", &format!("E{number}")).await;
                assert!(answer.is_allowed(), "{kind:?} {number} of {limit}");
            }
            for evse in ["X", "Y"] {
                let answer = site.ask("U1", evse).await;
                assert!(!answer.is_allowed(), "{kind:?} beyond {limit}");
            }
        }
    }
}

/// Holds: E-29.
#[tokio::test]
async fn without_a_limit_nothing_counts() {
    for kind in KINDS {
        let site = Site::new(kind).await;
        site.add("U1", None, &json!({})).await;
        site.add("U2", Some("G"), &json!({})).await;
        for uid in ["U1", "U2"] {
            for number in 0..20 {
                let answer = site.ask(uid, &format!("E{number}")).await;
                assert!(answer.is_allowed(), "{kind:?} {uid}");
            }
        }
    }
}

/// Holds: E-29, S-20, S-23.
#[tokio::test]
async fn each_status_of_a_session_counts_as_the_protocol_says() {
    for kind in KINDS {
        for (status, end, counts) in [
            ("ACTIVE", None, true),
            ("PENDING", None, true),
            ("RESERVATION", None, false),
            ("COMPLETED", None, false),
            ("INVALID", None, false),
            ("ACTIVE", Some("2026-01-01T11:30:00Z"), false),
        ] {
            let site = Site::new(kind).await;
            let account = json!({"concurrent_sessions_max": 1});
            site.add("U1", None, &account).await;
            let changes = json!({"status": status, "end_date_time": end});
            let session = with(site.session("S1", "U1", "E1"), &changes);
            site.put(&session).await;
            let is_refused = !site.ask("U1", "E2").await.is_allowed();
            assert_eq!(is_refused, counts, "{kind:?} {status} {end:?}");
        }
    }
}

/// Holds: S-20, S-21, E-29.
#[tokio::test]
async fn a_session_that_falls_silent_counts_no_longer() {
    for kind in KINDS {
        for (status, ms) in [("ACTIVE", 48 * HOUR_MS), ("PENDING", 15 * MINUTE_MS)] {
            let site = Site::new(kind).await;
            let account = json!({"concurrent_sessions_max": 1});
            site.add("U1", None, &account).await;
            let changes = json!({"status": status});
            let session = with(site.session("S1", "U1", "E1"), &changes);
            site.put(&session).await;
            site.wait_ms(ms - 1);
            assert!(
                !site.ask("U1", "E2").await.is_allowed(),
                "{kind:?} {status}"
            );
            // A word of it makes it count anew.
            let word = json!({"kwh": 1, "last_updated": site.now()});
            site.patch("S1", &word).await;
            site.wait_ms(ms - 1);
            assert!(
                !site.ask("U1", "E2").await.is_allowed(),
                "{kind:?} {status}"
            );
            site.wait_ms(1);
            assert!(site.ask("U1", "E2").await.is_allowed(), "{kind:?} {status}");
            let key = serde_json::from_value::<ocpi_domain::Session>(session).expect("a session");
            let stored = site.stores.sessions.find_session(&key.key()).await;
            let stored = stored.expect("it answers").expect("it is there");
            assert_eq!(stored.session.status().as_str(), status, "the CPO owns it");
        }
    }
}

/// A clock of theirs that is ahead must not make a session count for longer, nor one that lags
/// make a session that was heard of just now count for nothing.
///
/// Holds: S-20, S-21.
#[tokio::test]
async fn a_session_counts_from_what_is_earlier_of_its_moment_and_ours() {
    for kind in KINDS {
        for (last_updated, counts_for_ms) in [
            ("2026-01-01T12:00:00Z", 15 * MINUTE_MS),
            ("2026-01-01T11:50:00Z", 5 * MINUTE_MS),
            ("2026-01-03T12:00:00Z", 15 * MINUTE_MS),
        ] {
            let site = Site::new(kind).await;
            let account = json!({"concurrent_sessions_max": 1});
            site.add("U1", None, &account).await;
            let changes = json!({"status": "PENDING", "last_updated": last_updated});
            let session = with(site.session("S1", "U1", "E1"), &changes);
            site.put(&session).await;
            site.wait_ms(counts_for_ms - 1);
            assert!(
                !site.ask("U1", "E2").await.is_allowed(),
                "{kind:?} {last_updated}"
            );
            site.wait_ms(1);
            assert!(
                site.ask("U1", "E2").await.is_allowed(),
                "{kind:?} {last_updated}"
            );
        }
    }
}

/// Holds: E-29, S-10.
#[tokio::test]
async fn sessions_of_others_do_not_count() {
    for kind in KINDS {
        let site = Site::new(kind).await;
        let account = json!({"concurrent_sessions_max": 1});
        site.add("U1", None, &account).await;
        site.add("U2", None, &account).await;
        for (id, uid) in [("S1", "U2"), ("S2", "UNKNOWN"), ("S3", "#NA")] {
            site.put(&site.session(id, uid, id)).await;
        }
        assert!(site.ask("U1", "E1").await.is_allowed(), "{kind:?}");
        assert!(!site.ask("U1", "E2").await.is_allowed(), "{kind:?}");
    }
}

/// Holds: E-29, S-26.
#[tokio::test]
async fn more_sessions_than_the_limit_are_taken_and_count_until_enough_have_ended() {
    for kind in KINDS {
        let site = Site::new(kind).await;
        let account = json!({"concurrent_sessions_max": 2});
        site.add("U1", None, &account).await;
        for id in ["S1", "S2", "S3"] {
            site.put(&site.session(id, "U1", id)).await;
        }
        for (id, is_free) in [("S1", false), ("S2", true)] {
            assert!(!site.ask("U1", "E").await.is_allowed(), "{kind:?}");
            site.patch(id, &site.end()).await;
            assert_eq!(site.ask("U1", "E").await.is_allowed(), is_free, "{kind:?}");
        }
    }
}
