//! Cards of eMSPs whose platform has left: the copies of their Tokens are records only.

use std::sync::Arc;

use ocpi_domain::{CredentialsUse, NoAnswer};
use ocpi_ports::{PresentedToken, StoredPlatform, TokenHash};
use serde_json::json;

use super::world::{World, copy, emsp, outcome, says, start, stop_of, with_profile};
use crate::testing::{now, party};
use crate::{StartedBy, Wanted};

/// The same platform, which is registered, and which we cannot call.
pub(super) fn only_calling(mut stored: StoredPlatform) -> StoredPlatform {
    stored.connection = None;
    stored.tokens = vec![PresentedToken {
        hash: TokenHash([7; 32]),
        good_for: CredentialsUse::Live,
    }];
    stored
}

/// DE/TNM, which accepted everything without an answer, and left.
fn left() -> StoredPlatform {
    let stored = with_profile(emsp("tnm", &["DE/TNM"]), |profile| {
        profile.no_answer = NoAnswer::Allow;
        profile.prefer_cache = true;
    });
    StoredPlatform {
        connection: None,
        ..stored
    }
}

/// Holds: C-14, W-01, W-04, W-08. What its whitelist says, and its profile, holds no more.
#[tokio::test(start_paused = true)]
async fn a_copy_of_a_platform_that_has_left_starts_nothing() {
    let others = || vec![emsp("oth", &["DE/OTH"])];
    for (platforms, by, word) in [
        (vec![left()], Some("tnm"), "has left"),
        (others(), None, "no platform here speaks for DE/TNM"),
        (vec![], None, "no platform here speaks for DE/TNM"),
    ] {
        for (token_type, whitelist) in [
            ("RFID", "ALWAYS"),
            ("RFID", "ALLOWED"),
            ("RFID", "ALLOWED_OFFLINE"),
            ("RFID", "NEVER"),
            ("APP_USER", "ALWAYS"),
        ] {
            let more = json!({"whitelist": whitelist, "type": token_type});
            let world = World::new(platforms.clone(), vec![copy(&more)]);
            let answer = world.answer(start()).await;
            let what = format!("{token_type} {whitelist}: {}", answer.reason);
            assert_eq!(outcome(&answer), "offline NOT_ALLOWED", "{what}");
            assert_eq!(answer.ocpp_2_0_1.as_str(), "Unknown", "{what}");
            assert!(answer.reason.contains(word), "{what}");
            assert_eq!(answer.decided_by, by.map(|id| id.parse().unwrap()));
            assert_eq!(answer.token.unwrap().party, party("DE/TNM"));
            assert!(world.peer.questions().is_empty());
        }
    }
}

/// Holds: C-14, W-01. It may register again, or one that may only call us be there.
#[tokio::test(start_paused = true)]
async fn a_copy_is_in_use_again_with_its_platform() {
    let world = World::new(vec![left()], vec![copy(&json!({"whitelist": "ALWAYS"}))]);
    assert_eq!(world.outcome().await, "offline NOT_ALLOWED");
    world.put_platform(only_calling(left())).await;
    assert_eq!(world.outcome().await, "whitelist ALLOWED");
    // Another speaks for all that nobody else speaks for.
    let mut hub = emsp("hub", &[]);
    Arc::make_mut(&mut hub.platform).hub = Some(party("NL/HUB"));
    let world = World::new(
        vec![left(), hub],
        vec![copy(&json!({"whitelist": "NEVER"}))],
    );
    world.does("hub", says("ALLOWED"));
    assert_eq!(world.outcome().await, "real_time ALLOWED");
}

/// Holds: C-14, W-27, W-28. What was begun before is neither taken back nor locked in.
#[tokio::test(start_paused = true)]
async fn a_command_and_a_stop_stand_when_the_platform_has_left() {
    let world = World::new(vec![left()], vec![copy(&json!({"whitelist": "NEVER"}))]);
    let mut commanded = start();
    commanded.wanted = Wanted::Start {
        commanded_at: Some(now().plus_ms(-1000)),
    };
    let answer = world.answer(commanded).await;
    assert_eq!(outcome(&answer), "command ALLOWED");
    let started_by = StartedBy::Token {
        party: party("DE/TNM"),
        uid: "CARD".parse().unwrap(),
        token_type: "RFID".parse().unwrap(),
        group_id: None,
    };
    let answer = world.answer(stop_of("CARD", started_by)).await;
    assert_eq!(outcome(&answer), "stop_rule ALLOWED");
}
