//! What a pushed Location says of a place, and what an account makes of it.

use std::sync::Arc;

use ocpi_domain::{
    AllowedType, AuthorizationRecord, AuthorizationStatus, Decision, KnownEvse, LocationEvses,
    Missing, Refusal, Rule,
};
use serde_json::{Value, json};

use crate::support::{Question, evses, known_evses, place};

/// An EVSE, as `E1`, or as `E1=NL*ALF*1` with what is printed on it; `-E1` when it is removed.
fn evse(text: &str) -> KnownEvse {
    let is_removed = text.starts_with('-');
    let text = text.trim_start_matches('-');
    let (uid, evse_id) = text.split_once('=').unwrap_or((text, ""));
    KnownEvse {
        uid: uid.parse().unwrap(),
        evse_id: evse_id.parse().ok(),
        connector_ids: Vec::new(),
        is_removed,
    }
}

fn location(evses: &[&str]) -> Arc<LocationEvses> {
    Arc::new(LocationEvses(evses.iter().map(|text| evse(text)).collect()))
}

/// An account with an entry of `NL/ALF` for these EVSEs of `LOC1`.
fn account(list: &str, evse_uids: &[&str]) -> Value {
    let entry = json!({
        "country_code": "NL", "party_id": "ALF", "location_id": "LOC1", "evse_uids": evse_uids
    });
    json!({ list: [entry] })
}

fn permitted(evse_uids: &[&str]) -> Value {
    account("permitted_locations", evse_uids)
}

fn denied(evse_uids: &[&str]) -> Value {
    account("denied_locations", evse_uids)
}

fn allow(evse_uids: &[&str]) -> Decision {
    Decision::Allow(Some(place("LOC1", evse_uids)))
}

const NOT_HERE: Decision = Decision::Refuse(Refusal::Places);

/// Holds: Q-14, T-69.
#[test]
fn evse_is_meant_by_its_uid_and_else_by_what_is_printed_on_it() {
    let known = location(&["E1=NL*ALF*1", "E2=E1", "E3=NL*ALF*3", "NL*ALF*3"]);
    for (sent, meant) in [
        ("E1", "E1"),
        ("e1", "e1"),
        ("nl*alf*1", "E1"),
        ("NL*ALF*3", "NL*ALF*3"),
        ("E9", "E9"),
    ] {
        let sent = evses(&[sent]).remove(0);
        assert_eq!(known.uid_meant(&sent).as_str(), meant, "{sent}");
        // One by one or many at once, it is the same.
        let many = vec![sent.clone(); 20];
        for all in known.uids_meant(&many) {
            assert_eq!(all.as_str(), meant, "{sent}");
        }
    }
    let asked = place("LOC1", &["NL*ALF*1", "E9"]);
    assert_eq!(known.place_meant(&asked), place("LOC1", &["E1", "E9"]));
}

/// Holds: Q-14, L-07.
#[test]
fn evse_that_replaced_a_removed_one_is_meant_by_the_id_on_both() {
    let known = location(&["-OLD=NL*ALF*1", "NEW=NL*ALF*1", "-GONE=NL*ALF*2"]);
    for count in [1, 20] {
        for (sent, meant) in [("NL*ALF*1", "NEW"), ("NL*ALF*2", "GONE"), ("OLD", "OLD")] {
            let sent = vec![evses(&[sent]).remove(0); count];
            for one in known.uids_meant(&sent) {
                assert_eq!(one.as_str(), meant);
            }
        }
    }
}

/// Holds: Q-14, E-20, E-21.
#[test]
fn evse_asked_for_by_its_id_is_decided_by_its_uid_and_answered_as_it_was_sent() {
    let known = location(&["E1=NL*ALF*1", "E2=NL*ALF*2"]);
    for (account, asked, answer) in [
        (permitted(&["E1"]), vec!["nl*alf*1"], allow(&["nl*alf*1"])),
        (permitted(&["E1"]), vec!["NL*ALF*2"], NOT_HERE),
        (
            permitted(&["E1"]),
            vec!["NL*ALF*2", "NL*ALF*1"],
            allow(&["NL*ALF*1"]),
        ),
        (denied(&["E1"]), vec!["NL*ALF*1"], NOT_HERE),
        (
            denied(&["E1"]),
            vec!["NL*ALF*1", "NL*ALF*2", "E9"],
            allow(&["NL*ALF*2", "E9"]),
        ),
    ] {
        let question = Question::about(account.clone()).at("LOC1", &asked);
        let question = question.knowing_all(Arc::clone(&known));
        assert_eq!(question.answer(), answer, "{account} {asked:?}");
    }
}

/// Holds: Q-14, L-09. A push must not take away what an operator permitted, whatever name the
/// account has for the EVSE.
#[test]
fn account_may_name_an_evse_by_its_id_too() {
    let known = location(&["E1=NL*ALF*1", "E2=NL*ALF*2"]);
    let permitted = permitted(&["NL*ALF*1"]);
    let denied = denied(&["NL*ALF*1"]);
    for (account, asked, before, after) in [
        (
            &permitted,
            "NL*ALF*1",
            allow(&["NL*ALF*1"]),
            allow(&["NL*ALF*1"]),
        ),
        (&permitted, "E1", NOT_HERE, allow(&["E1"])),
        (&permitted, "E2", NOT_HERE, NOT_HERE),
        (&denied, "NL*ALF*1", NOT_HERE, NOT_HERE),
        (&denied, "E1", allow(&["E1"]), NOT_HERE),
        (
            &denied,
            "NL*ALF*2",
            allow(&["NL*ALF*2"]),
            allow(&["NL*ALF*2"]),
        ),
    ] {
        let question = || Question::about(account.clone()).at("LOC1", &[asked]);
        assert_eq!(question().answer(), before, "{account} {asked}");
        let question = question().knowing_all(Arc::clone(&known));
        assert_eq!(question.answer(), after, "{account} {asked}");
    }
    let whole = Question::about(permitted).at("LOC1", &[]);
    assert_eq!(whole.knowing_all(known).answer(), allow(&["E1"]));
}

/// Holds: E-22, L-07.
#[test]
fn answer_for_a_whole_location_names_no_removed_evse() {
    for (account, known, answer) in [
        (denied(&["E1"]), vec!["E1", "E2", "-E3"], allow(&["E2"])),
        (denied(&["E9"]), vec!["-E1", "E2"], allow(&["E2"])),
        (permitted(&["E1", "E2"]), vec!["-E1", "E2"], allow(&["E2"])),
        (permitted(&["E1", "E9"]), vec!["-E1"], allow(&["E9"])),
        (denied(&["E1"]), vec!["E1", "-E2"], NOT_HERE),
        // All that is known is gone: nobody can say which EVSEs there are.
        (
            denied(&["E1"]),
            vec!["-E2"],
            Decision::NeedsLocation(Missing::Evses),
        ),
    ] {
        let question = Question::about(account.clone()).at("LOC1", &[]);
        let question = question.knowing_all(location(&known));
        assert_eq!(question.answer(), answer, "{account} {known:?}");
    }
}

/// Holds: E-23, L-07, L-09.
#[test]
fn removed_evse_is_no_ground_to_refuse() {
    let gone = known_evses(&["E2"], &["E1"]);
    for account in [json!({}), permitted(&["E1"]), denied(&["E2"])] {
        let question = Question::about(account.clone()).at("LOC1", &["E1"]);
        let question = question.knowing_all(Arc::clone(&gone));
        assert_eq!(question.answer(), allow(&["E1"]), "{account}");
    }
    let only = Question::about(permitted(&["E1"])).at("LOC1", &[]);
    assert_eq!(only.knowing_all(gone).answer(), allow(&["E1"]));
}

/// Holds: E-29, E-33, X-22.
#[test]
fn record_of_a_slot_that_turned_out_taken_says_not_allowed_and_keeps_the_question() {
    let text = json!({
        "reference": "R-1", "at": "2026-06-15T12:00:00Z", "platform": "peer",
        "request_id": "Q-1", "correlation_id": "C-1",
        "token_party": {"country_code": "CH", "party_id": "ABC"}, "token_uid": "CARD",
        "token_type": "RFID", "asked": {"location_id": "LOC1", "evse_uids": ["E1"]},
        "allowed_location": {"location_id": "LOC1", "evse_uids": ["E1"]},
        "allowed": "ALLOWED", "status": "ACCEPTED", "rule": "all_passed", "latency_us": 7
    });
    let record: AuthorizationRecord = serde_json::from_value(text.clone()).unwrap();
    let refused = record.refused_for_concurrency();
    assert_eq!(refused.allowed, Some(AllowedType::NotAllowed));
    assert_eq!(refused.status, Some(AuthorizationStatus::ConcurrentTx));
    assert_eq!(refused.rule, Rule::ConcurrentSessions);
    let mut expected = text;
    expected["allowed"] = json!("NOT_ALLOWED");
    expected["status"] = json!("CONCURRENT_TX");
    expected["rule"] = json!("concurrent_sessions");
    expected["allowed_location"] = Value::Null;
    assert_eq!(serde_json::to_value(&refused).unwrap(), expected);
}
