//! The Tokens of a group, each with its own maximum against the count of all.

use serde_json::{Value, json};

use super::site::{KINDS, Site};

fn group_max(max: u32) -> Value {
    json!({"concurrent_sessions_max": max, "concurrency_scope": "group"})
}

fn token_max(max: u32) -> Value {
    json!({"concurrent_sessions_max": max, "concurrency_scope": "token"})
}

/// Holds: E-29.
#[tokio::test]
async fn in_the_scope_of_the_group_the_others_count_and_in_that_of_the_token_they_do_not() {
    for kind in KINDS {
        let site = Site::new(kind).await;
        site.add("A", Some("FLEET"), &group_max(2)).await;
        site.add("B", Some("fleet"), &group_max(2)).await;
        site.add("C", Some("FLEET"), &token_max(1)).await;
        site.add("D", Some("OTHER"), &group_max(1)).await;
        assert!(site.ask("A", "E1").await.is_allowed(), "{kind:?}");
        assert!(site.ask("B", "E2").await.is_allowed(), "{kind:?}");
        assert!(!site.ask("A", "E3").await.is_allowed(), "{kind:?}");
        assert!(!site.ask("B", "E3").await.is_allowed(), "{kind:?}");
        assert!(
            site.ask("C", "E3").await.is_allowed(),
            "{kind:?}: alone it has none"
        );
        assert!(!site.ask("C", "E4").await.is_allowed(), "{kind:?}");
        assert!(
            site.ask("D", "E4").await.is_allowed(),
            "{kind:?}: another group"
        );
    }
}

/// Holds: E-29.
#[tokio::test]
async fn each_token_has_its_own_maximum_against_the_count_of_the_group() {
    for kind in KINDS {
        let site = Site::new(kind).await;
        site.add("ONE", Some("G"), &group_max(1)).await;
        site.add("THREE", Some("G"), &group_max(3)).await;
        site.add("FREE", Some("G"), &json!({})).await;
        // What has no limit itself counts for those that have.
        assert!(site.ask("FREE", "E1").await.is_allowed(), "{kind:?}");
        assert!(!site.ask("ONE", "E2").await.is_allowed(), "{kind:?}");
        assert!(site.ask("THREE", "E2").await.is_allowed(), "{kind:?}");
        assert!(site.ask("FREE", "E3").await.is_allowed(), "{kind:?}");
        assert!(!site.ask("THREE", "E4").await.is_allowed(), "{kind:?}");
    }
}

/// Holds: E-29, S-20.
#[tokio::test]
async fn sessions_of_the_group_count_and_free_when_they_end() {
    for kind in KINDS {
        let site = Site::new(kind).await;
        site.add("A", Some("G"), &group_max(1)).await;
        site.add("B", Some("G"), &group_max(1)).await;
        site.put(&site.session("S1", "B", "E1")).await;
        assert!(!site.ask("A", "E2").await.is_allowed(), "{kind:?}");
        // At the EVSE where the other charges it may ask: it may be there to stop it.
        assert!(site.ask("A", "E1").await.is_allowed(), "{kind:?}");
        site.patch("S1", &site.end()).await;
        assert!(site.ask("A", "E2").await.is_allowed(), "{kind:?}");
    }
}

/// Holds: E-29, T-72.
#[tokio::test]
async fn a_token_without_a_group_is_alone_in_the_scope_of_the_group() {
    for kind in KINDS {
        let site = Site::new(kind).await;
        for (uid, group_id) in [
            ("A", None),
            ("B", None),
            ("C", Some("#NA")),
            ("D", Some("#NA")),
        ] {
            site.add(uid, group_id, &group_max(1)).await;
            assert!(site.ask(uid, uid).await.is_allowed(), "{kind:?} {uid}");
            assert!(!site.ask(uid, "X").await.is_allowed(), "{kind:?} {uid}");
        }
    }
}
