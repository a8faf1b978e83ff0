//! A session: what is read of it, what is kept, and what a PATCH does.

use ocpi_domain::json::RawObject;
use ocpi_domain::{AuthorizationReference, EvseUid, Session, SessionStatus, TokenType};
use serde_json::{Value, json};

use crate::support::{object, party, refusal};

const REQUIRED: [&str; 8] = [
    "country_code",
    "party_id",
    "id",
    "start_date_time",
    "location_id",
    "evse_uid",
    "status",
    "last_updated",
];

/// A session as a CPO of OCPI 2.3.0 pushes it, with every object that the specification nests in
/// one.
const FULL: &str = concat!(
    r#"{"country_code":"NL","party_id":"ALF","id":"S-2026-001","#,
    r#""start_date_time":"2026-06-15T10:00:00Z","end_date_time":"2026-06-15T11:30:00Z","#,
    r#""kwh":15.342,"cdr_token":{"country_code":"CH","party_id":"ABC","uid":"TOKEN123","#,
    r#""type":"RFID","contract_id":"CH-ABC-C00001"},"auth_method":"AUTH_REQUEST","#,
    r#""authorization_reference":"REF-1","location_id":"LOC1","evse_uid":"E1","#,
    r#""connector_id":"1","meter_id":"M-77","currency":"EUR","charging_periods":[{"#,
    r#""start_date_time":"2026-06-15T10:00:00Z","dimensions":[{"type":"ENERGY","volume":1.50},"#,
    r#"{"type":"MAX_CURRENT","volume":30}],"tariff_id":"T-1"}],"#,
    r#""total_cost":{"before_taxes":4.00,"taxes":[{"name":"VAT","amount":0.80}]},"#,
    r#""status":"COMPLETED","last_updated":"2026-06-15T11:30:05Z"}"#
);

fn full() -> Session {
    serde_json::from_str(FULL).unwrap()
}

/// The members without which there is no session.
fn session_json() -> Value {
    json!({
        "country_code": "NL",
        "party_id": "ALF",
        "id": "S1",
        "start_date_time": "2026-06-15T10:00:00Z",
        "location_id": "LOC1",
        "evse_uid": "E1",
        "status": "ACTIVE",
        "last_updated": "2026-06-15T10:00:00Z"
    })
}

fn changed(changes: Value) -> Value {
    let mut session = session_json();
    for (name, value) in object(changes) {
        session[name] = value;
    }
    session
}

fn session_with(changes: Value) -> Session {
    serde_json::from_str(&changed(changes).to_string()).unwrap()
}

fn refusal_with(changes: Value) -> String {
    refusal::<Session>(&changed(changes).to_string())
}

fn written(session: &Session) -> Value {
    serde_json::to_value(session).unwrap()
}

fn patch(members: &str) -> RawObject {
    serde_json::from_str(members).unwrap()
}

/// Holds: D-13, D-14, S-07, T-63, T-73.
#[test]
fn session_is_read_and_written_letter_for_letter() {
    let session = full();
    assert_eq!(serde_json::to_string(&session).unwrap(), FULL);
    assert_eq!(session.party(), party("NL/ALF"));
    assert_eq!(session.id().as_str(), "S-2026-001");
    assert_eq!(session.key().to_string(), "NL/ALF/S-2026-001");
    assert_eq!(session.start().to_string(), "2026-06-15T10:00:00Z");
    let end = session.end().map(|end| end.to_string());
    assert_eq!(end.as_deref(), Some("2026-06-15T11:30:00Z"));
    let token = session.cdr_token().unwrap();
    assert_eq!(token.party, Some(party("CH/ABC")));
    assert_eq!(token.uid.as_str(), "TOKEN123");
    assert_eq!(token.token_type, TokenType::Rfid);
    let reference = session.authorization_reference();
    assert_eq!(reference.map(AuthorizationReference::as_str), Some("REF-1"));
    assert_eq!(session.location_id().as_str(), "LOC1");
    assert_eq!(session.evse_uid().map(EvseUid::as_str), Some("E1"));
    assert_eq!(session.status(), SessionStatus::Completed);
    assert_eq!(session.last_updated().to_string(), "2026-06-15T11:30:05Z");
}

/// Holds: S-27. The tutorial's session has no `cdr_token`.
#[test]
fn session_with_the_required_members_alone_is_written_as_it_came() {
    let session = session_with(json!({}));
    assert_eq!(written(&session), session_json());
    assert_eq!(session.end(), None);
    assert_eq!(session.cdr_token(), None);
    assert_eq!(session.authorization_reference(), None);
}

/// Holds: S-07, T-34, T-64.
#[test]
fn required_member_that_is_missing_or_null_is_named() {
    for name in REQUIRED {
        let mut members = object(session_json());
        members.remove(name);
        let absent = refusal::<Session>(&Value::Object(members).to_string());
        assert!(absent.starts_with(&format!("`{name}`: ")), "{absent}");
        let null = refusal_with(json!({ name: null }));
        assert!(null.starts_with(&format!("`{name}`: ")), "{null}");
    }
    let all = refusal::<Session>("{}");
    assert_eq!(
        all,
        format!("`{}`: required, but missing", REQUIRED.join(", "))
    );
}

/// Holds: S-07, T-34, T-68, T-71, D-16, M-09.
#[test]
fn member_that_is_read_and_breaks_its_rule_is_named() {
    let strings = REQUIRED.into_iter().chain(["end_date_time"]);
    for name in strings {
        for value in [json!(1), json!(true), json!([]), json!({}), json!("a\nb")] {
            let text = refusal_with(json!({ name: value }));
            assert!(text.starts_with(&format!("`{name}`: ")), "{text}");
            assert!(!text.contains(" at line "), "{text}");
        }
    }
    for (name, max) in [("id", 36), ("location_id", 39), ("evse_uid", 39)] {
        session_with(json!({ name: "x".repeat(max) }));
        let text = refusal_with(json!({ name: "x".repeat(max + 1) }));
        assert!(text.starts_with(&format!("`{name}`: ")), "{text}");
        let says_max = text.contains(&max.to_string());
        assert!(says_max, "says how long it may be: {text}");
    }
    for name in ["start_date_time", "end_date_time", "last_updated"] {
        for value in ["", "2026-06-15", "#NA"] {
            let text = refusal_with(json!({ name: value }));
            assert!(text.starts_with(&format!("`{name}`: ")), "{text}");
        }
    }
}

/// Holds: S-07, T-34, D-14.
#[test]
fn member_of_the_token_that_breaks_its_rule_is_named_with_its_path() {
    let token = json!({"country_code": "CH", "party_id": "ABC", "uid": "CARD", "type": "RFID"});
    for (name, value) in [
        ("country_code", json!("CHE")),
        ("party_id", json!(1)),
        ("uid", json!("x".repeat(37))),
        ("uid", json!("a\tb")),
        ("uid", json!(null)),
        ("type", json!("")),
        ("type", json!(["RFID"])),
        ("type", json!(null)),
    ] {
        let mut token = token.clone();
        token[name] = value;
        let text = refusal_with(json!({ "cdr_token": token }));
        assert!(text.starts_with(&format!("`cdr_token.{name}`: ")), "{text}");
    }
    let empty = refusal_with(json!({"cdr_token": {}}));
    assert!(
        empty.starts_with("`cdr_token.uid, cdr_token.type`: "),
        "{empty}"
    );
    for value in [json!("CARD"), json!([token]), json!(1)] {
        let text = refusal_with(json!({ "cdr_token": value }));
        assert!(text.starts_with("`cdr_token`: "), "{text}");
    }
}

/// Holds: S-07, T-62.
#[test]
fn what_is_not_used_is_kept_whatever_it_is_and_is_never_a_reason_to_refuse() {
    let changes = json!({
        "kwh": "much", "currency": 5, "connector_id": {"a": [1]}, "auth_method": "BY_SMELL",
        "total_cost": "free", "charging_periods": {"not": "a list"}, "meter_id": false,
        "of_tomorrow": {"x": [null]},
        "cdr_token": {"uid": "CARD", "type": "RFID", "contract_id": 7, "of_tomorrow": true}
    });
    let session = session_with(changes.clone());
    assert_eq!(written(&session), changed(changes));
}

/// Holds: S-11, T-72.
#[test]
fn token_may_lack_its_owner_and_a_uid_that_is_not_known_is_no_identity() {
    for (token, owner) in [
        (json!({"uid": "CARD", "type": "RFID"}), None),
        (
            json!({"uid": "CARD", "type": "RFID", "country_code": "CH"}),
            None,
        ),
        (
            json!({"uid": "CARD", "type": "RFID", "country_code": null, "party_id": "ABC"}),
            None,
        ),
        (
            json!({"uid": "CARD", "type": "RFID", "country_code": "ch", "party_id": "abc"}),
            Some(party("CH/ABC")),
        ),
    ] {
        let session = session_with(json!({ "cdr_token": token }));
        assert_eq!(session.cdr_token().unwrap().party, owner, "{token}");
    }
    let token_of = |uid: &str, kind: &str| {
        let session = session_with(json!({"cdr_token": {"uid": uid, "type": kind}}));
        session.cdr_token().unwrap().clone()
    };
    assert!(!token_of("#NA", "RFID").uid.is_identity());
    assert!(!token_of("", "RFID").uid.is_identity());
    // The types of Tokens are an open list.
    assert_eq!(token_of("CARD", "IRIS").token_type.as_str(), "IRIS");
}

/// Holds: S-08, T-72.
#[test]
fn session_at_no_evse_yet_is_at_none() {
    let reserved = json!({"evse_uid": "#NA", "connector_id": "#NA", "status": "RESERVATION"});
    let session = session_with(reserved.clone());
    assert_eq!(session.evse_uid(), None);
    assert_eq!(written(&session), changed(reserved));
}

/// Holds: S-07, T-63, T-72.
#[test]
fn what_is_no_reference_is_kept_and_never_refused() {
    for reference in [
        json!("#NA"),
        json!(""),
        json!("x".repeat(37)),
        json!(7),
        json!({}),
    ] {
        let sent = json!({ "authorization_reference": reference });
        let session = session_with(sent.clone());
        assert_eq!(session.authorization_reference(), None, "{reference}");
        assert_eq!(written(&session), changed(sent));
    }
}

/// Holds: S-09, T-70, D-07.
#[test]
fn both_spellings_of_a_reservation_are_read_and_one_is_written() {
    for status in SessionStatus::ALL {
        let session = session_with(json!({ "status": status }));
        assert_eq!(session.status(), *status);
        assert_eq!(written(&session)["status"], status.as_str());
    }
    let session = session_with(json!({"status": "RESERVED"}));
    assert_eq!(session.status(), SessionStatus::Reservation);
    assert_eq!(written(&session)["status"], "RESERVATION");
    for value in ["active", "CHARGING", ""] {
        let text = refusal_with(json!({ "status": value }));
        assert_eq!(
            text,
            "`status`: must be one of ACTIVE, COMPLETED, INVALID, PENDING, RESERVATION"
        );
    }
}

/// Holds: T-64.
#[test]
fn null_of_an_optional_member_is_absent() {
    for name in [
        "end_date_time",
        "cdr_token",
        "authorization_reference",
        "kwh",
        "x",
    ] {
        let session = session_with(json!({ name: null }));
        assert_eq!(written(&session), session_json(), "{name}");
    }
}

/// Holds: T-66, T-67, T-68.
#[test]
fn moments_that_are_read_are_written_in_utc_however_they_came() {
    for name in ["start_date_time", "end_date_time", "last_updated"] {
        for came in [
            "2025-12-31T23:00:00.120Z",
            "2025-12-31T23:00:00.120999",
            "2025-12-31t23:00:00.12z",
            "2026-01-01T00:00:00.12+01:00",
        ] {
            let session = session_with(json!({ name: came }));
            let text = &written(&session)[name];
            assert_eq!(text, "2025-12-31T23:00:00.120Z", "{name} {came}");
        }
    }
}

/// Holds: S-02, T-69.
#[test]
fn session_is_identified_by_party_and_id_without_case() {
    let key = session_with(json!({})).key();
    let same = json!({"country_code": "nl", "party_id": "alf", "id": "s1"});
    assert_eq!(session_with(same.clone()).key(), key);
    for other in [
        json!({"country_code": "DE"}),
        json!({"party_id": "BET"}),
        json!({"id": "S2"}),
    ] {
        assert_ne!(session_with(other).key(), key);
    }
    let (one, other) = (session_with(json!({})), session_with(same));
    assert!(
        !one.is_identical(&other),
        "the case of an id is news to keep"
    );
    assert!(one.is_identical(&session_with(json!({"kwh": null}))));
    assert!(!one.is_identical(&session_with(json!({"kwh": 0}))));
}

/// Holds: T-65, T-35.
#[test]
fn member_sent_twice_and_what_is_no_object_are_refused() {
    let text = session_json().to_string();
    let text = text.strip_suffix('}').unwrap();
    let twice = refusal::<Session>(&format!(r#"{text},"status":"ACTIVE"}}"#));
    assert!(twice.starts_with("`status`: "), "{twice}");
    let twice = r#""cdr_token":{"uid":"A","uid":"B","type":"RFID"}"#;
    let twice = refusal::<Session>(&format!("{text},{twice}}}"));
    assert!(twice.starts_with("`cdr_token`: `uid`: "), "{twice}");
    for text in ["null", "[]", "1", r#""S1""#] {
        refusal::<Session>(text);
    }
}

/// Holds: S-05, K-26.
#[test]
fn patch_replaces_what_was_sent_and_keeps_the_rest_letter_for_letter() {
    let sent = r#"{"kwh":20.10,"total_cost":{"before_taxes":5.0},"meter_id":null,"x":[1],
        "last_updated":"2026-06-15T12:00:00+00:00"}"#;
    let patched = full().patched(patch(sent)).unwrap();
    let expected = FULL
        .replace("15.342", "20.10")
        .replace(
            r#"{"before_taxes":4.00,"taxes":[{"name":"VAT","amount":0.80}]}"#,
            r#"{"before_taxes":5.0}"#,
        )
        .replace("11:30:05Z\"}", "12:00:00Z\",\"x\":[1]}");
    assert_eq!(serde_json::to_string(&patched).unwrap(), expected);
    assert_eq!(patched.last_updated().to_string(), "2026-06-15T12:00:00Z");
}

/// Holds: S-05.
#[test]
fn patch_appends_charging_periods() {
    let after = |stored: &str, sent: &str| {
        let stored = format!(r#"{{"charging_periods":{stored}}}"#);
        let stored = session_with(serde_json::from_str(&stored).unwrap());
        let sent = patch(&format!(r#"{{"charging_periods":{sent}}}"#));
        written(&stored.patched(sent).unwrap())["charging_periods"].take()
    };
    let (one, two) = (json!({"n": 1}), json!({"n": [2]}));
    for (stored, sent, expected) in [
        (r#"[{"n":1}]"#, r#"[{"n":[2]}]"#, json!([one, two])),
        (r#"[{"n":1}]"#, "[ ]", json!([one])),
        (r#"[{"n":1}]"#, "null", json!([one])),
        ("[]", r#"[{"n":1},{"n":[2]}]"#, json!([one, two])),
        ("null", r#"[{"n":1}]"#, json!([one])),
        ("null", "[]", Value::Null),
        (r#""no list""#, r#"[{"n":1}]"#, json!([one])),
        (r#"[{"n":1}]"#, r#"{"n":[2]}"#, json!([one])),
        (r#"[{"n":1}]"#, r#""[2]""#, json!([one])),
    ] {
        assert_eq!(after(stored, sent), expected, "{stored} and {sent}");
    }
    let unchanged = full().patched(patch(r#"{"kwh":15.342}"#)).unwrap();
    assert!(unchanged.is_identical(&full()));
}

/// Holds: S-02, K-25, K-30.
#[test]
fn patch_of_another_session_or_with_a_bad_member_is_refused_by_name() {
    for (sent, name) in [
        (r#"{"country_code":"DE"}"#, "country_code"),
        (r#"{"party_id":"BET"}"#, "party_id"),
        (r#"{"id":"S2"}"#, "id"),
        (r#"{"id":7}"#, "id"),
        (r#"{"kwh":1,"status":"GONE"}"#, "status"),
        (r#"{"end_date_time":"soon"}"#, "end_date_time"),
        (r#"{"evse_uid":""}"#, "evse_uid"),
        (r#"{"cdr_token":{"uid":"CARD"}}"#, "cdr_token.type"),
    ] {
        let refused = full().patched(patch(sent)).unwrap_err();
        assert_eq!(refused.field, name, "{sent}");
    }
    let same = r#"{"country_code":"nl","party_id":"Alf","id":"s-2026-001"}"#;
    let patched = full().patched(patch(same)).unwrap();
    assert_eq!(patched.key(), full().key());
}

/// Holds: S-09, S-22.
#[test]
fn patch_says_where_the_session_stands_in_either_spelling() {
    let session = session_with(json!({}));
    for (sent, status) in [
        ("COMPLETED", SessionStatus::Completed),
        ("RESERVED", SessionStatus::Reservation),
    ] {
        let patched = session.patched(patch(&format!(r#"{{"status":"{sent}"}}"#)));
        let patched = patched.unwrap();
        assert_eq!(patched.status(), status);
        assert_eq!(written(&patched)["status"], status.as_str());
    }
}
