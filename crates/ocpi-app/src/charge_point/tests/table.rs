//! Every row of the table of `docs/charge-point.md`, through the use case.

use ocpi_domain::{AuthMethod, NoAnswer};
use serde_json::json;

use super::world::{
    Does, World, copy, emsp, fails_with, outcome, says, start, start_of, with_profile,
};
use crate::Wanted;
use crate::testing::now;

const TNM: &[&str] = &["DE/TNM"];

/// Holds: W-01, W-02, W-03, W-04, W-05, W-06, W-07, W-08, W-09, W-10, W-11, W-12.
#[tokio::test(start_paused = true)]
async fn a_known_card_is_answered_by_its_row() {
    let online = || Some(says("ALLOWED"));
    let refuses = || Some(says("BLOCKED"));
    for (row, whitelist, valid, does, expected, questions) in [
        ("W-01", "ALWAYS", true, online(), "whitelist ALLOWED", 0),
        ("W-01", "ALWAYS", true, refuses(), "whitelist ALLOWED", 0),
        ("W-01", "ALWAYS", true, None, "whitelist ALLOWED", 0),
        ("W-02", "ALWAYS", false, online(), "whitelist BLOCKED", 0),
        ("W-02", "ALWAYS", false, None, "whitelist BLOCKED", 0),
        ("W-03", "ALLOWED", true, online(), "real_time ALLOWED", 1),
        ("W-03", "ALLOWED", true, refuses(), "real_time BLOCKED", 1),
        ("W-04", "ALLOWED", true, None, "offline ALLOWED", 1),
        ("W-05", "ALLOWED", false, online(), "real_time ALLOWED", 1),
        ("W-06", "ALLOWED", false, None, "offline BLOCKED", 1),
        (
            "W-07",
            "ALLOWED_OFFLINE",
            true,
            online(),
            "real_time ALLOWED",
            1,
        ),
        (
            "W-07",
            "ALLOWED_OFFLINE",
            true,
            refuses(),
            "real_time BLOCKED",
            1,
        ),
        ("W-08", "ALLOWED_OFFLINE", true, None, "offline ALLOWED", 1),
        (
            "W-09",
            "ALLOWED_OFFLINE",
            false,
            online(),
            "real_time ALLOWED",
            1,
        ),
        ("W-10", "ALLOWED_OFFLINE", false, None, "offline BLOCKED", 1),
        ("W-11", "NEVER", true, online(), "real_time ALLOWED", 1),
        ("W-11", "NEVER", false, refuses(), "real_time BLOCKED", 1),
        ("W-12", "NEVER", true, None, "offline NOT_ALLOWED", 1),
        ("W-12", "NEVER", false, None, "offline BLOCKED", 1),
    ] {
        let world = World::of_copy(&json!({"whitelist": whitelist, "valid": valid}));
        let silent = fails_with(503, None);
        world.does("tnm", does.clone().unwrap_or(silent));
        let answer = world.answer(start()).await;
        let what = format!("{row} {whitelist} {valid} {does:?}: {}", answer.reason);
        assert_eq!(outcome(&answer), expected, "{what}");
        assert_eq!(world.peer.questions().len(), questions, "{what}");
        assert_eq!(world.records.lock().unwrap().len(), 1, "{what}");
        assert_eq!(answer.decided_by.unwrap().as_str(), "tnm", "{what}");
    }
}

/// Holds: W-03.
#[tokio::test(start_paused = true)]
async fn only_allowed_and_valid_leaves_the_cpo_a_choice() {
    for (whitelist, valid, expected, questions) in [
        ("ALLOWED", true, "whitelist ALLOWED", 0),
        ("ALLOWED", false, "real_time ALLOWED", 1),
        ("ALLOWED_OFFLINE", true, "real_time ALLOWED", 1),
        ("NEVER", true, "real_time ALLOWED", 1),
    ] {
        let tnm = with_profile(emsp("tnm", TNM), |profile| profile.prefer_cache = true);
        let token = copy(&json!({"whitelist": whitelist, "valid": valid}));
        let world = World::new(vec![tnm], vec![token]);
        world.does("tnm", says("ALLOWED"));
        assert_eq!(world.outcome().await, expected, "{whitelist} {valid}");
        assert_eq!(world.peer.questions().len(), questions, "{whitelist}");
    }
}

/// Holds: W-04, W-06, W-12, X-39. What the operator lays down for a platform that is silent.
#[tokio::test(start_paused = true)]
async fn a_platform_that_is_silent_is_taken_as_its_profile_says() {
    use NoAnswer::{Allow, ByWhitelist, Deny};
    for (no_answer, whitelist, valid, expected, word) in [
        (
            ByWhitelist,
            "ALLOWED",
            true,
            "ALLOWED",
            "whitelist ALLOWED accepts",
        ),
        (
            ByWhitelist,
            "NEVER",
            true,
            "NOT_ALLOWED",
            "whitelist NEVER forbids",
        ),
        (Allow, "NEVER", true, "ALLOWED", "no_answer of tnm is allow"),
        (
            Allow,
            "ALLOWED",
            true,
            "ALLOWED",
            "whitelist ALLOWED accepts",
        ),
        (Allow, "NEVER", false, "BLOCKED", "not valid"),
        (
            Deny,
            "ALLOWED",
            true,
            "NOT_ALLOWED",
            "no_answer of tnm is deny",
        ),
        (Deny, "ALLOWED", false, "BLOCKED", "not valid"),
    ] {
        let tnm = with_profile(emsp("tnm", TNM), |profile| profile.no_answer = no_answer);
        let token = copy(&json!({"whitelist": whitelist, "valid": valid}));
        let world = World::new(vec![tnm], vec![token]);
        world.does("tnm", Does::Hangs);
        let answer = world.answer(start()).await;
        let what = format!("{no_answer} {whitelist} {valid}: {}", answer.reason);
        assert_eq!(outcome(&answer), format!("offline {expected}"), "{what}");
        for word in [word, "DE/TNM is offline", "did not answer within 1500 ms"] {
            assert!(answer.reason.contains(word), "{what}");
        }
    }
}

/// Holds: W-13, W-14. Nobody to ask, and how to change that.
#[tokio::test(start_paused = true)]
async fn a_card_that_nobody_can_be_asked_about_is_refused() {
    let world = World::new(vec![emsp("tnm", TNM)], vec![]);
    world.does("tnm", says("ALLOWED"));
    let answer = world.answer(start()).await;
    assert_eq!(outcome(&answer), "offline NOT_ALLOWED");
    assert_eq!(answer.ocpp_2_0_1.as_str(), "Unknown");
    assert!(answer.reason.contains("ask_unknown"), "{}", answer.reason);
    assert!(world.peer.questions().is_empty());
}

/// Holds: W-14, P-18. What its owner lists no more is not known.
#[tokio::test(start_paused = true)]
async fn an_absent_copy_is_none() {
    let mut absent = copy(&json!({"whitelist": "ALWAYS"}));
    absent.marks.absent = true;
    let world = World::new(vec![emsp("tnm", TNM)], vec![absent]);
    assert_eq!(world.outcome().await, "offline NOT_ALLOWED");
}

/// Holds: W-27, W-31. For 15 minutes, and whatever the copy says; later the table.
#[tokio::test(start_paused = true)]
async fn a_fresh_command_is_the_authorization() {
    let minute = 60 * 1000;
    for (age_ms, whitelist, expected) in [
        (-9_000, "NEVER", "command ALLOWED"),
        (0, "NEVER", "command ALLOWED"),
        (15 * minute - 1, "ALWAYS", "command ALLOWED"),
        (15 * minute, "NEVER", "real_time BLOCKED"),
        (15 * minute, "ALWAYS", "whitelist ALLOWED"),
    ] {
        let world = World::of_copy(&json!({"whitelist": whitelist}));
        world.does("tnm", says("BLOCKED"));
        let mut request = start();
        request.wanted = Wanted::Start {
            commanded_at: Some(now().plus_ms(-age_ms)),
        };
        let answer = world.answer(request.clone()).await;
        assert_eq!(outcome(&answer), expected, "{age_ms} {whitelist}");
        if expected.starts_with("command") {
            assert_eq!(answer.auth_method, Some(AuthMethod::Command));
            assert!(world.peer.questions().is_empty());
            // Of an unknown card, and of a Token hosted here, too.
            world.forget_copies();
            assert_eq!(outcome(&world.answer(request.clone()).await), expected);
            let hosted = json!({"country_code": "CH", "party_id": "ABC", "valid": false});
            world.put_copy(copy(&hosted));
            assert_eq!(outcome(&world.answer(request).await), expected);
        }
    }
}

/// Holds: W-27, W-20. Users of apps are never asked about.
#[tokio::test(start_paused = true)]
async fn users_of_apps_are_never_asked_about() {
    for token_type in ["APP_USER", "AD_HOC_USER"] {
        for (whitelist, valid, expected) in [
            ("ALWAYS", true, "whitelist ALLOWED"),
            ("ALLOWED", true, "whitelist ALLOWED"),
            ("ALLOWED_OFFLINE", true, "whitelist ALLOWED"),
            ("NEVER", true, "whitelist NOT_ALLOWED"),
            ("ALLOWED", false, "whitelist BLOCKED"),
        ] {
            let more = json!({"type": token_type, "whitelist": whitelist, "valid": valid});
            let tnm = super::world::asked_about_unknown(emsp("tnm", TNM));
            let world = World::new(vec![tnm], vec![copy(&more)]);
            world.does("tnm", says("ALLOWED"));
            assert_eq!(world.outcome().await, expected, "{token_type} {whitelist}");
            world.forget_copies();
            let unknown = world.answer(start_of("CARD", Some(token_type))).await;
            assert_eq!(outcome(&unknown), "whitelist NOT_ALLOWED");
            assert!(unknown.reason.contains("command"), "{}", unknown.reason);
            assert!(world.peer.questions().is_empty(), "{token_type}");
        }
    }
}

/// Holds: W-31, X-30, X-31, X-38, X-39, X-40.
#[tokio::test(start_paused = true)]
async fn an_answer_speaks_to_either_kind_of_charge_point() {
    let group = "G2345678901234567890X";
    for (whitelist, valid, does, ocpp_1_6, ocpp_2_0_1, auth_method) in [
        (
            "ALWAYS",
            true,
            says("ALLOWED"),
            "Accepted",
            "Accepted",
            Some("WHITELIST"),
        ),
        ("ALWAYS", false, says("ALLOWED"), "Blocked", "Blocked", None),
        (
            "NEVER",
            true,
            says("ALLOWED"),
            "Accepted",
            "Accepted",
            Some("AUTH_REQUEST"),
        ),
        (
            "NEVER",
            true,
            says("NO_CREDIT"),
            "Blocked",
            "NoCredit",
            None,
        ),
        (
            "NEVER",
            true,
            says("NOT_ALLOWED"),
            "Blocked",
            "NotAtThisLocation",
            None,
        ),
        ("NEVER", true, Does::SaysUnknown, "Invalid", "Unknown", None),
        ("NEVER", true, Does::Hangs, "Invalid", "Unknown", None),
        ("ALLOWED", false, Does::Hangs, "Blocked", "Blocked", None),
        (
            "ALLOWED",
            true,
            Does::Hangs,
            "Accepted",
            "Accepted",
            Some("WHITELIST"),
        ),
    ] {
        let more = json!({"whitelist": whitelist, "valid": valid, "group_id": group});
        let world = World::of_copy(&more);
        world.does("tnm", does);
        let answer = world.answer(start()).await;
        let what = format!("{whitelist} {valid}: {}", answer.reason);
        assert_eq!(answer.ocpp_1_6_authorize.as_str(), ocpp_1_6, "{what}");
        assert_eq!(answer.ocpp_1_6_start.as_str(), ocpp_1_6, "{what}");
        assert_eq!(answer.ocpp_2_0_1.as_str(), ocpp_2_0_1, "{what}");
        let method = answer.auth_method.map(|method| method.as_str());
        assert_eq!(method, auth_method, "{what}");
        let token = answer.token.unwrap();
        assert_eq!(token.group_id.unwrap().as_str(), group);
        assert_eq!(token.parent_id_tag, None);
        assert_eq!(token.ocpp_2_0_1_type.unwrap().as_str(), "ISO14443");
        assert_eq!(token.contract_id.as_str(), "CH-ABC-C1");
    }
}

/// Holds: W-01. A type that the charge point says is part of what the card is; without one, RFID.
#[tokio::test(start_paused = true)]
async fn a_card_is_found_by_its_type_or_as_rfid() {
    let tokens = vec![
        copy(&json!({"type": "OTHER", "valid": false, "whitelist": "ALWAYS"})),
        copy(&json!({"whitelist": "ALWAYS"})),
        copy(&json!({"type": "OTHER", "uid": "ALONE", "whitelist": "ALWAYS"})),
        copy(&json!({"type": "EMAID", "uid": "DE-TNM-C1", "whitelist": "ALWAYS"})),
        copy(&json!({"type": "EMAID", "uid": "DETNMC1", "whitelist": "ALWAYS", "valid": false})),
    ];
    let world = World::new(vec![emsp("tnm", TNM)], tokens);
    for (uid, token_type, expected) in [
        ("CARD", None, "whitelist ALLOWED RFID"),
        ("card", Some("RFID"), "whitelist ALLOWED RFID"),
        ("CARD", Some("OTHER"), "whitelist BLOCKED OTHER"),
        ("ALONE", None, "whitelist ALLOWED OTHER"),
        ("ALONE", Some("RFID"), "offline NOT_ALLOWED RFID"),
        ("de-tnm-c1", Some("EMAID"), "whitelist ALLOWED EMAID"),
        ("DETNMC1", Some("EMAID"), "whitelist BLOCKED EMAID"),
        ("DETNMC1", None, "whitelist BLOCKED EMAID"),
    ] {
        let answer = world.answer(start_of(uid, token_type)).await;
        let records = world.records.lock().unwrap();
        let meant = records.last().unwrap().token_type.clone();
        let found = format!("{} {meant}", outcome(&answer));
        assert_eq!(found, expected, "{uid} {token_type:?}: {}", answer.reason);
    }
}
