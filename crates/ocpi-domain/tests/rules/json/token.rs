//! A Token: each of its fields, and what identifies it.

use ocpi_domain::{CiString, OcpiString, ProfileType, Token, TokenType, TokenUid, WhitelistType};
use serde_json::{Value, json};

use super::{full_token_json, refusal_of_token};
use crate::support::{object, refusal, token_json, token_with};

const REQUIRED: [&str; 9] = [
    "country_code",
    "party_id",
    "uid",
    "type",
    "contract_id",
    "issuer",
    "valid",
    "whitelist",
    "last_updated",
];

const OPTIONAL: [&str; 5] = [
    "visual_number",
    "group_id",
    "language",
    "default_profile_type",
    "energy_contract",
];

/// Holds: D-01, D-02.
#[test]
fn token_with_every_field_is_read_and_written_as_it_came() {
    let json = full_token_json();
    let token: Token = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(token.party.to_string(), "CH/ABC");
    assert_eq!(token.uid.as_str(), "TOKEN123");
    assert_eq!(token.token_type, TokenType::Rfid);
    assert_eq!(token.contract_id.as_str(), "CH-ABC-C00001");
    assert_eq!(
        token.visual_number.as_ref().map(OcpiString::as_str),
        Some("DF000-2001-8999-1")
    );
    assert_eq!(token.issuer.as_str(), "Example Mobility");
    assert_eq!(
        token.group_id.as_ref().map(CiString::as_str),
        Some("DF000-2001-8999")
    );
    assert!(token.valid);
    assert_eq!(token.whitelist, WhitelistType::Allowed);
    assert_eq!(
        token.language.map(|code| code.to_string()).as_deref(),
        Some("it")
    );
    assert_eq!(token.default_profile_type, Some(ProfileType::Green));
    let contract = token.energy_contract.as_deref().unwrap();
    assert_eq!(contract.supplier_name.as_str(), "Greenpeace Energy eG");
    assert_eq!(
        contract.contract_id.as_ref().map(OcpiString::as_str),
        Some("0123456789")
    );
    assert_eq!(token.last_updated.to_string(), "2026-01-01T00:00:00Z");
    assert!(token.unknown.is_empty());
    assert_eq!(serde_json::to_value(&token).unwrap(), json);
}

/// Holds: D-01, T-64.
#[test]
fn token_with_the_required_fields_alone_is_written_without_nulls() {
    let token: Token = serde_json::from_value(token_json()).unwrap();
    assert_eq!(serde_json::to_value(&token).unwrap(), token_json());
}

/// Holds: T-64.
#[test]
fn null_of_an_optional_field_is_absent() {
    for field in OPTIONAL.into_iter().chain(["not_of_ocpi"]) {
        let token = token_with(json!({ field: null }));
        assert_eq!(
            serde_json::to_value(&token).unwrap(),
            token_json(),
            "{field}"
        );
    }
    let token = token_with(
        json!({"energy_contract": {"supplier_name": "Greenpeace Energy eG", "contract_id": null}}),
    );
    assert_eq!(
        serde_json::to_value(&token.energy_contract).unwrap(),
        json!({"supplier_name": "Greenpeace Energy eG"})
    );
}

/// Holds: D-01, K-15, T-34.
#[test]
fn required_field_that_is_missing_or_null_is_named() {
    for field in REQUIRED {
        let mut members = object(token_json());
        members.remove(field);
        let absent = refusal::<Token>(&Value::Object(members).to_string());
        assert!(absent.starts_with(&format!("`{field}`: ")), "{absent}");
        let null = refusal_of_token(field, json!(null));
        assert!(null.starts_with(&format!("`{field}`: ")), "{null}");
    }
    let all = refusal::<Token>("{}");
    assert!(
        all.starts_with(&format!("`{}`: ", REQUIRED.join(", "))),
        "{all}"
    );
}

/// Holds: D-01, D-02, T-34.
#[test]
fn field_of_the_wrong_json_type_is_named() {
    let strings = REQUIRED
        .into_iter()
        .chain(OPTIONAL)
        .filter(|field| *field != "valid");
    for field in strings {
        for value in [json!(1), json!(1.5), json!(true), json!([]), json!(["x"])] {
            let text = refusal_of_token(field, value);
            assert!(text.starts_with(&format!("`{field}`: ")), "{text}");
        }
    }
    for value in [json!("true"), json!(1), json!({})] {
        let text = refusal_of_token("valid", value);
        assert!(text.starts_with("`valid`: "), "{text}");
    }
    for value in [
        json!("x"),
        json!({}),
        json!({"contract_id": "1"}),
        json!({"supplier_name": 1}),
    ] {
        let text = refusal_of_token("energy_contract", value);
        assert!(text.starts_with("`energy_contract`: "), "{text}");
    }
}

/// Holds: D-01, D-16, T-71.
#[test]
fn text_of_the_greatest_length_is_kept_and_a_longer_one_is_refused_by_name() {
    for (field, max) in [
        ("uid", 36),
        ("contract_id", 36),
        ("visual_number", 64),
        ("issuer", 64),
        ("group_id", 36),
    ] {
        let longest = "x".repeat(max);
        let token = token_with(json!({ field: longest }));
        assert_eq!(serde_json::to_value(&token).unwrap()[field], longest);
        let text = refusal_of_token(field, json!(format!("{longest}x")));
        assert!(text.starts_with(&format!("`{field}`: ")), "{text}");
        assert!(
            text.contains(&max.to_string()),
            "says how long it may be: {text}"
        );
    }
    for (field, legal, illegal) in [
        ("country_code", "DE", ["DEU", "D"]),
        ("party_id", "8a1", ["8a1x", "8a"]),
        ("language", "de", ["deu", "d"]),
    ] {
        token_with(json!({ field: legal }));
        for value in illegal {
            let text = refusal_of_token(field, json!(value));
            assert!(text.starts_with(&format!("`{field}`: ")), "{text}");
        }
    }
}

/// Holds: T-71, D-16.
#[test]
fn text_counts_characters_and_not_bytes() {
    let longest = "日".repeat(64);
    for field in ["visual_number", "issuer"] {
        let token = token_with(json!({ field: longest }));
        assert_eq!(serde_json::to_value(&token).unwrap()[field], longest);
    }
}

/// Holds: T-71, T-34.
#[test]
fn character_that_may_not_stand_in_a_text_is_refused_by_the_name_of_its_field() {
    let ci_strings = ["country_code", "party_id", "uid", "contract_id", "group_id"];
    let strings = ["type", "visual_number", "issuer"];
    let control = ["A\nB", "A\rB", "A\tB", "A\u{0}B", "A\u{7f}B"];
    let not_ascii = ["AéB", "A日B"];
    let of_strings = strings
        .into_iter()
        .flat_map(|field| control.map(|text| (field, text)));
    let of_ci_strings = ci_strings.into_iter().flat_map(|field| {
        control
            .into_iter()
            .chain(not_ascii)
            .map(move |text| (field, text))
    });
    for (field, value) in of_strings.chain(of_ci_strings) {
        let text = refusal_of_token(field, json!(value));
        assert!(
            text.starts_with(&format!("`{field}`: ")),
            "{value:?}: {text}"
        );
    }
    for (field, value) in [("supplier_name", "A\nB"), ("contract_id", "A\u{0}B")] {
        let mut contract = full_token_json()["energy_contract"].take();
        contract[field] = json!(value);
        let text = refusal_of_token("energy_contract", contract);
        assert!(text.starts_with("`energy_contract`: "), "{text}");
    }
}

/// Holds: T-72, T-71.
#[test]
fn uid_names_a_token_and_other_required_texts_may_be_unknown() {
    for value in ["", "#NA"] {
        let text = refusal_of_token("uid", json!(value));
        assert!(text.starts_with("`uid`: "), "{text}");
    }
    let unknown = json!({"contract_id": "#NA", "issuer": "#NA"});
    let written = serde_json::to_value(token_with(unknown)).unwrap();
    assert_eq!(
        (&written["contract_id"], &written["issuer"]),
        (&json!("#NA"), &json!("#NA"))
    );
}

/// Holds: T-68, T-34.
#[test]
fn date_that_is_none_is_refused_by_the_name_of_its_field() {
    for value in [
        json!(""),
        json!("2026-01-01"),
        json!(1_767_225_600),
        json!("yesterday"),
    ] {
        let text = refusal_of_token("last_updated", value);
        assert!(text.starts_with("`last_updated`: "), "{text}");
    }
}

/// Holds: T-66, T-67, T-68.
#[test]
fn date_is_written_in_utc_however_it_came() {
    for came in [
        "2025-12-31T23:00:00.120Z",
        "2025-12-31T23:00:00.120999",
        "2025-12-31t23:00:00.12z",
        "2026-01-01T00:00:00.12+01:00",
    ] {
        let token = token_with(json!({ "last_updated": came }));
        let written = serde_json::to_value(&token).unwrap();
        assert_eq!(
            written["last_updated"], "2025-12-31T23:00:00.120Z",
            "{came}"
        );
    }
}

/// Holds: K-03, T-69.
#[test]
fn token_is_identified_by_party_uid_and_type_without_case() {
    let key = token_with(json!({})).key();
    let same = token_with(json!({"country_code": "ch", "party_id": "abc", "uid": "token123"}));
    assert_eq!(same.key(), key);
    assert!(same.has_key(&key));
    for changes in [
        json!({"country_code": "DE"}),
        json!({"party_id": "XYZ"}),
        json!({"uid": "TOKEN124"}),
        json!({"type": "APP_USER"}),
    ] {
        let other = token_with(changes.clone());
        assert_ne!(other.key(), key, "{changes}");
        assert!(!other.has_key(&key), "{changes}");
    }
}

/// Holds: E-35.
#[test]
fn emaid_is_the_same_with_and_without_separators() {
    let uid = |text: &str| text.parse::<TokenUid>().unwrap();
    let emaid = uid("DE-8AA-C12E46L89-1");
    for same in ["DE8AAC12E46L891", "de*8aa*c12e46l89*1", "DE-8AAC12E46L89*1"] {
        assert!(emaid.is_same_emaid(&uid(same)), "{same}");
    }
    for other in ["DE8AAC12E46L892", "DE8AAC12E46L89", "DE 8AA C12E46L89 1"] {
        assert!(!emaid.is_same_emaid(&uid(other)), "{other}");
    }
}
