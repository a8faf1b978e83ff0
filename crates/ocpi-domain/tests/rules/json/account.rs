//! The account of a Token.

use ocpi_domain::TokenAccount;
use serde_json::{Value, json};

use crate::support::{object, refusal};

/// The example of the plan, with every field.
fn account_json() -> Value {
    json!({
        "blocked": false,
        "expires_at": "2027-01-01T00:00:00Z",
        "credit": {"balance": "12.50", "currency": "EUR"},
        "permitted_locations": [
            {"country_code": "NL", "party_id": "ALF", "location_id": "LOC001",
             "evse_uids": ["EVSE001"]},
            {"country_code": "NL", "party_id": "ALF", "location_id": "LOC002"},
            {"country_code": "NL", "party_id": "BET"}
        ],
        "denied_locations": [{"country_code": "NL", "party_id": "ALF", "location_id": "LOC003"}],
        "concurrent_sessions_max": 1,
        "concurrency_scope": "group"
    })
}

/// Holds: E-17, E-29, T-73.
#[test]
fn account_with_every_field_is_read_and_written_as_it_came() {
    let account: TokenAccount = serde_json::from_value(account_json()).unwrap();
    assert_eq!(serde_json::to_value(&account).unwrap(), account_json());
    assert_eq!(account.places().count(), 4);
}

/// Holds: E-17.
#[test]
fn account_without_fields_limits_nothing() {
    let account: TokenAccount = serde_json::from_str("{}").unwrap();
    assert_eq!(account, TokenAccount::default());
    assert!(!account.blocked);
    assert!(
        account.permitted_locations.is_none(),
        "absent is everywhere"
    );
    let nowhere: TokenAccount = serde_json::from_str(r#"{"permitted_locations":[]}"#).unwrap();
    assert_ne!(nowhere, account, "empty is nowhere");
    assert_eq!(
        serde_json::to_value(&nowhere).unwrap()["permitted_locations"],
        json!([])
    );
}

/// Holds: E-17, T-34.
#[test]
fn account_with_an_unknown_field_is_refused_by_its_name() {
    for text in [
        r#"{"block":true}"#,
        r#"{"credit":{"balance":"1","currency":"EUR","block":"1"}}"#,
        r#"{"denied_locations":[{"country_code":"NL","party_id":"ALF","block":"1"}]}"#,
    ] {
        let refused = refusal::<TokenAccount>(text);
        assert!(refused.contains("`block`"), "{refused}");
    }
}

/// Holds: T-73.
#[test]
fn balance_is_exact_and_never_a_float() {
    for balance in ["0.1", "12.50", "-0.0001", "123456789012345678.1234"] {
        let account = json!({"credit": {"balance": balance, "currency": "EUR"}});
        let read: TokenAccount = serde_json::from_value(account).unwrap();
        let written = serde_json::to_value(&read).unwrap();
        assert_eq!(written["credit"]["balance"], balance);
    }
    for balance in [
        "12.50", "12", "-1", "1e1", "null", r#""""#, r#""ten""#, r#""1,5""#,
    ] {
        refusal::<TokenAccount>(&format!(
            r#"{{"credit":{{"balance":{balance},"currency":"EUR"}}}}"#
        ));
    }
}

/// Holds: E-17, E-22.
#[test]
fn entry_of_an_account_that_could_be_mistaken_is_refused() {
    for (entry, named) in [
        (
            json!({"location_id": "LOC1", "evse_uids": []}),
            "`evse_uids`",
        ),
        (json!({"evse_uids": ["E1"]}), "`evse_uids`"),
        (json!({"party_id": null}), "expected a string"),
        (json!({"country_code": "NLD"}), "country code"),
        (json!({"party_id": "AL"}), "party id"),
        (json!({"location_id": ""}), "empty"),
    ] {
        let mut full = json!({"country_code": "NL", "party_id": "ALF"});
        for (name, value) in object(entry) {
            full[name] = value;
        }
        for list in ["permitted_locations", "denied_locations"] {
            let text = refusal::<TokenAccount>(&json!({ list: [full] }).to_string());
            assert!(text.contains(named), "{full}: {text}");
        }
    }
    for text in [
        r#"{"denied_locations":[{}]}"#,
        r#"{"denied_locations":[["NL","ALF","LOC1",["E1"]]]}"#,
        r#"{"credit":["1","EUR"]}"#,
        r#"{"concurrent_sessions_max":-1}"#,
        r#"{"concurrent_sessions_max":1.5}"#,
        r#"{"concurrency_scope":"TOKEN"}"#,
        r#"{"credit":{"balance":"1","currency":"EURO"}}"#,
        r#"{"credit":{"balance":"1"}}"#,
        r#"{"expires_at":"tomorrow"}"#,
    ] {
        refusal::<TokenAccount>(text);
    }
}
