//! Closed and open enumerations.

use ocpi_domain::{
    AllowedType, AuthMethod, AuthorizationStatus, EvseStatus, InterfaceRole, ModuleId, ProfileType,
    Role, SessionStatus, TokenType, VersionNumber, WhitelistType,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::refusal_of_token;
use crate::support::{refusal, token_with};

/// Every value of a closed enumeration reads and writes as listed; others are refused.
fn assert_closed<T>(values: &[T], listed: &[&str])
where
    T: DeserializeOwned + Serialize + ToString + PartialEq + std::fmt::Debug,
{
    assert_listed(values, listed);
    let others = ["", "X_TOMORROW", "ALLOWED ", "#NA"].map(str::to_owned);
    let other_case = listed.iter().map(|text| text.to_lowercase());
    for other in others.into_iter().chain(other_case) {
        let text = refusal::<T>(&json!(other).to_string());
        for value in listed {
            assert!(text.contains(value), "says what is expected: {text}");
        }
    }
}

/// An open enumeration reads and writes the listed values, and keeps others verbatim.
fn assert_open<T>(values: &[T], listed: &[&str])
where
    T: DeserializeOwned + Serialize + ToString + PartialEq + std::fmt::Debug,
{
    assert_listed(values, listed);
    let longest = "é".repeat(255);
    for other in ["X_TOMORROW", "Mixed case", &longest] {
        let value: T = serde_json::from_value(json!(other)).unwrap();
        assert!(!values.contains(&value));
        assert_eq!(serde_json::to_value(&value).unwrap(), other);
    }
    for illegal in ["", "A\nB", &format!("{longest}é")] {
        refusal::<T>(&json!(illegal).to_string());
    }
}

fn assert_listed<T>(values: &[T], listed: &[&str])
where
    T: DeserializeOwned + Serialize + ToString + PartialEq + std::fmt::Debug,
{
    let mut written: Vec<String> = values.iter().map(ToString::to_string).collect();
    written.sort();
    let mut listed = listed.to_vec();
    listed.sort_unstable();
    assert_eq!(written, listed);
    for value in values {
        let json = serde_json::to_value(value).unwrap();
        assert_eq!(json, value.to_string());
        assert_eq!(serde_json::from_value::<T>(json).unwrap(), *value);
    }
}

/// Holds: D-05, D-07, T-70.
#[test]
fn closed_enums_have_the_values_of_the_specification_and_refuse_others() {
    assert_closed(
        AllowedType::ALL,
        &["ALLOWED", "BLOCKED", "EXPIRED", "NO_CREDIT", "NOT_ALLOWED"],
    );
    assert_closed(
        WhitelistType::ALL,
        &["ALWAYS", "ALLOWED", "ALLOWED_OFFLINE", "NEVER"],
    );
    assert_closed(ProfileType::ALL, &["CHEAP", "FAST", "GREEN", "REGULAR"]);
    assert_closed(AuthMethod::ALL, &["AUTH_REQUEST", "COMMAND", "WHITELIST"]);
    assert_closed(
        SessionStatus::ALL,
        &["ACTIVE", "COMPLETED", "INVALID", "PENDING", "RESERVATION"],
    );
    assert_closed(
        EvseStatus::ALL,
        &[
            "AVAILABLE",
            "BLOCKED",
            "CHARGING",
            "INOPERATIVE",
            "OUTOFORDER",
            "PLANNED",
            "REMOVED",
            "RESERVED",
            "UNKNOWN",
        ],
    );
    assert_closed(InterfaceRole::ALL, &["SENDER", "RECEIVER"]);
    assert_closed(
        AuthorizationStatus::ALL,
        &["ACCEPTED", "BLOCKED", "EXPIRED", "INVALID", "CONCURRENT_TX"],
    );
}

/// Holds: D-05, D-06, D-08, T-70.
#[test]
fn open_enums_have_the_values_of_the_specification_and_keep_others() {
    assert_open(
        TokenType::LISTED,
        &["AD_HOC_USER", "APP_USER", "EMAID", "OTHER", "RFID"],
    );
    assert_open(
        ModuleId::LISTED,
        &[
            "cdrs",
            "chargingprofiles",
            "commands",
            "credentials",
            "hubclientinfo",
            "invoicereconciliation",
            "locations",
            "sessions",
            "tariffs",
            "tokens",
        ],
    );
    assert_open(
        VersionNumber::LISTED,
        &["2.0", "2.1", "2.1.1", "2.2", "2.2.1", "2.3.0"],
    );
    assert_listed(
        Role::LISTED,
        &["CPO", "EMSP", "NAP", "NSP", "OTHER", "SCSP"],
    );
}

/// Holds: D-05, D-07, T-34.
#[test]
fn bad_enum_value_of_a_token_is_refused_by_the_name_of_its_field() {
    for (field, expected) in [
        ("whitelist", "ALWAYS, ALLOWED, ALLOWED_OFFLINE, NEVER"),
        ("default_profile_type", "CHEAP, FAST, GREEN, REGULAR"),
    ] {
        let text = refusal_of_token(field, json!("X_TOMORROW"));
        assert!(text.starts_with(&format!("`{field}`: ")), "{text}");
        assert!(text.contains(expected), "{text}");
    }
}

/// Holds: D-06, D-08, T-70.
#[test]
fn token_type_of_tomorrow_is_kept_and_is_no_listed_type() {
    for token_type in ["X_TOMORROW", "rfid", "RFID "] {
        let token = token_with(json!({ "type": token_type }));
        assert_eq!(token.token_type.as_str(), token_type);
        assert!(!TokenType::LISTED.contains(&token.token_type));
        assert_ne!(token.key(), token_with(json!({})).key());
    }
    let text = refusal_of_token("type", json!(""));
    assert!(text.starts_with("`type`: "), "{text}");
}
