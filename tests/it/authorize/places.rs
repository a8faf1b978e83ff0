//! Where the account permits to charge, and which EVSEs are in the answer.

use serde_json::{Value, json};

use super::rules::world_that_counts;
use super::{allowed, answered, ask_at, asking, unanswered, world_with_account};
use crate::support::token::question;

fn entry(party_id: &str, location_id: &str, evse_uids: Option<&[&str]>) -> Value {
    let mut entry = json!({"country_code": "NL", "party_id": party_id, "location_id": location_id});
    if let Some(evse_uids) = evse_uids {
        entry["evse_uids"] = json!(evse_uids);
    }
    entry
}

/// `location.evse_uids` of an ALLOWED, else `allowed`.
fn evses(response: &crate::support::http::Response) -> Value {
    let data = answered(response);
    if data["allowed"] == "ALLOWED" {
        assert_eq!(data["location"]["location_id"], "LOC1");
        data["location"]["evse_uids"].clone()
    } else {
        assert_eq!(data.get("location"), None, "{data}");
        data["allowed"].clone()
    }
}

/// Holds: E-20, E-21, T-69.
#[tokio::test]
async fn of_the_evses_asked_for_those_that_are_allowed_are_returned() {
    let account = json!({
        "permitted_locations": [entry("ALF", "LOC1", Some(&["E1", "E2", "E3"]))],
        "denied_locations": [entry("ALF", "LOC1", Some(&["E3", "E4"]))],
    });
    let world = world_with_account(account).await;
    for (asked, expected) in [
        (&["E1"][..], json!(["E1"])),
        (&["E2", "E1"], json!(["E2", "E1"])),
        (&["E4", "E2", "E9", "E3"], json!(["E2"])),
        (&["e1"], json!(["e1"])),
        (&["E3"], json!("NOT_ALLOWED")),
        (&["E9"], json!("NOT_ALLOWED")),
        (&["E3", "E4", "E9"], json!("NOT_ALLOWED")),
    ] {
        assert_eq!(
            evses(&ask_at(&world, "LOC1", asked).await),
            expected,
            "{asked:?}"
        );
    }
    assert_eq!(
        allowed(&ask_at(&world, "LOC2", &["E1"]).await),
        "NOT_ALLOWED"
    );
}

/// Holds: E-22, Z-11.
#[tokio::test]
async fn without_evses_the_answer_lists_those_allowed_unless_all_are() {
    let some = Some(&["E1", "E2"][..]);
    let one = Some(&["E1"][..]);
    let whole = entry("ALF", "LOC1", None);
    for (account, known, expected) in [
        (json!({}), None, json!([])),
        (json!({"permitted_locations": [whole]}), None, json!([])),
        (
            json!({"permitted_locations": [whole]}),
            Some(&["E1", "E2"][..]),
            json!([]),
        ),
        (
            json!({"permitted_locations": [entry("ALF", "LOC1", some)]}),
            None,
            json!(["E1", "E2"]),
        ),
        (
            json!({
                "permitted_locations": [entry("ALF", "LOC1", some)],
                "denied_locations": [entry("ALF", "LOC1", one)],
            }),
            None,
            json!(["E2"]),
        ),
        (
            json!({
                "permitted_locations": [entry("ALF", "LOC1", one)],
                "denied_locations": [entry("ALF", "LOC1", some)],
            }),
            None,
            json!("NOT_ALLOWED"),
        ),
        (
            json!({"denied_locations": [entry("ALF", "LOC1", one)]}),
            Some(&["E1", "E2", "E3"]),
            json!(["E2", "E3"]),
        ),
        (
            json!({"denied_locations": [entry("ALF", "LOC1", some)]}),
            Some(&["E1", "E2"]),
            json!("NOT_ALLOWED"),
        ),
    ] {
        let world = world_that_counts(account.clone(), 0, known).await;
        assert_eq!(
            evses(&ask_at(&world, "LOC1", &[]).await),
            expected,
            "{account} {known:?}"
        );
    }
}

/// Holds: E-22, T-41.
#[tokio::test]
async fn a_denial_that_no_list_of_evses_can_express_asks_for_the_evse() {
    let account = json!({"denied_locations": [entry("ALF", "LOC1", Some(&["E1"]))]});
    for known in [None, Some(&[][..])] {
        let world = world_that_counts(account.clone(), 0, known).await;
        let response = ask_at(&world, "LOC1", &[]).await;
        unanswered(&response, (200, 2002), &format!("{known:?}"));
        assert!(
            response.message().contains("evse_uids"),
            "{}",
            response.message()
        );
        assert_eq!(evses(&ask_at(&world, "LOC1", &["E2"]).await), json!(["E2"]));
    }
}

/// Holds: E-23, E-24.
#[tokio::test]
async fn places_that_nobody_told_us_of_are_allowed() {
    for known in [None, Some(&["E1"][..])] {
        let world = world_that_counts(json!({}), 0, known).await;
        for asked in [&["E1"][..], &["E1", "PRIVATE"], &["PRIVATE"]] {
            let response = ask_at(&world, "LOC1", asked).await;
            assert_eq!(evses(&response), json!(asked), "{known:?} {asked:?}");
        }
    }
}

/// Holds: E-17, T-88, T-90.
#[tokio::test]
async fn the_cpo_of_the_place_is_the_one_that_asks_else_any_of_the_connection() {
    let account = json!({"permitted_locations": [entry("BET", "LOC1", None)]});
    let world = world_with_account(account).await;
    let place = json!({"location_id": "LOC1"});
    for (from, expected) in [
        (Some(("NL", "BET")), "ALLOWED"),
        (Some(("nl", "bet")), "ALLOWED"),
        (Some(("NL", "ALF")), "NOT_ALLOWED"),
        // No party of the connection: whoever that is, one of the connection's CPOs asks.
        (Some(("FR", "FOR")), "ALLOWED"),
        (None, "ALLOWED"),
    ] {
        let request = asking(&question("U1")).json(&place);
        let request = from.iter().fold(request, |request, (country, id)| {
            request.party("from", country, id)
        });
        assert_eq!(allowed(&world.send(&request).await), expected, "{from:?}");
    }
}

/// Holds: E-17.
#[tokio::test]
async fn a_denial_for_any_cpo_of_the_connection_counts_when_none_is_named() {
    let account = json!({"denied_locations": [{"country_code": "NL", "party_id": "BET"}]});
    let world = world_with_account(account).await;
    for (from, expected) in [
        (Some("ALF"), "ALLOWED"),
        (Some("BET"), "NOT_ALLOWED"),
        (None, "NOT_ALLOWED"),
    ] {
        let request = asking(&question("U1"));
        let request = from
            .iter()
            .fold(request, |request, id| request.party("from", "NL", id));
        assert_eq!(allowed(&world.send(&request).await), expected, "{from:?}");
    }
}
