//! What is read and written as JSON, and what is refused, by name.

use ocpi_domain::{
    AllowedType, AuthMethod, AuthorizationInfo, AuthorizationStatus, CiString, CredentialsToken,
    EvseStatus, EvseUid, InterfaceRole, LocationReferences, ModuleId, OcpiString, ProfileType,
    Role, SessionStatus, Token, TokenAccount, TokenType, TokenUid, VersionNumber, WhitelistType,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

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

/// A Token with every field that OCPI 2.3.0 names.
fn full_token_json() -> Value {
    let mut token = token_json();
    for (name, value) in object(json!({
        "visual_number": "DF000-2001-8999-1",
        "group_id": "DF000-2001-8999",
        "language": "it",
        "default_profile_type": "GREEN",
        "energy_contract": {"supplier_name": "Greenpeace Energy eG", "contract_id": "0123456789"}
    })) {
        token[name] = value;
    }
    token
}

/// What a Token is refused with when one of its fields has `value`.
fn refusal_of_token(field: &str, value: Value) -> String {
    let mut token = full_token_json();
    token[field] = value;
    refusal::<Token>(&token.to_string())
}

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

/// A Token's JSON with `members` at its end.
fn token_text_with(members: &str) -> String {
    let text = token_json().to_string();
    format!("{},{members}}}", text.strip_suffix('}').unwrap())
}

/// Holds: T-62, T-63, X-09.
#[test]
fn unknown_fields_are_kept_letter_for_letter_and_in_their_order() {
    let members = concat!(
        r#""price":1.10,"auth_method":"WHITELIST","big":123456789012345678901234567890,"#,
        r#""a_list":[1.0, {"b":1E2,"a":null}],"quoted \"name\"":"\u00e9\/","no":false"#
    );
    let token: Token = serde_json::from_str(&token_text_with(members)).unwrap();
    let written = serde_json::to_string(&token).unwrap();
    assert!(written.ends_with(&format!(",{members}}}")), "{written}");
    let names: Vec<_> = token
        .unknown
        .entries()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(
        names,
        [
            "price",
            "auth_method",
            "big",
            "a_list",
            "quoted \"name\"",
            "no"
        ]
    );
    assert_eq!(serde_json::from_str::<Token>(&written).unwrap(), token);
}

/// Holds: T-65.
#[test]
fn field_sent_twice_is_refused_by_name() {
    for (members, name) in [
        (r#""valid":false"#, "valid"),
        (r#""valid":true"#, "valid"),
        (r#""uid":"OTHER""#, "uid"),
        (r#""\u0075id":"OTHER""#, "uid"),
        (r#""issuer":null"#, "issuer"),
        (r#""language":null,"language":"de""#, "language"),
        (r#""x":1,"x":1"#, "x"),
        (r#""x":null,"\u0078":1"#, "x"),
    ] {
        let text = refusal::<Token>(&token_text_with(members));
        assert!(
            text.starts_with(&format!("`{name}`: ")),
            "{members}: {text}"
        );
    }
    let twice = r#"{"supplier_name":"A","supplier_name":"B"}"#;
    let text = refusal::<Token>(&token_text_with(&format!(r#""energy_contract":{twice}"#)));
    assert!(text.starts_with("`energy_contract`: "), "{text}");
    for text in [
        r#"{"location_id":"A","location_id":"A"}"#,
        r#"{"location_id":"A","evse_uids":[],"evse_uids":null}"#,
    ] {
        refusal::<LocationReferences>(text);
    }
    refusal::<TokenAccount>(r#"{"blocked":true,"blocked":false}"#);
}

/// Holds: T-35.
#[test]
fn token_place_or_account_that_is_no_object_is_refused() {
    for text in [
        "null",
        "[]",
        r#"["LOC1"]"#,
        r#"["LOC1",["E1"]]"#,
        r#""LOC1""#,
        "1",
        "true",
    ] {
        refusal::<Token>(text);
        refusal::<LocationReferences>(text);
        refusal::<TokenAccount>(text);
    }
    refusal::<TokenAccount>("[false]");
}

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

/// Holds: E-15, T-64, E-22.
#[test]
fn no_evse_list_is_an_empty_list_and_is_always_written() {
    for text in [
        r#"{"location_id":"LOC1"}"#,
        r#"{"location_id":"LOC1","evse_uids":null}"#,
        r#"{"location_id":"LOC1","evse_uids":[]}"#,
    ] {
        let place: LocationReferences = serde_json::from_str(text).unwrap();
        assert_eq!(
            serde_json::to_value(&place).unwrap(),
            json!({"location_id": "LOC1", "evse_uids": []}),
            "{text}"
        );
    }
}

/// Holds: D-03, E-15, D-16, T-71.
#[test]
fn location_references_without_location_or_with_broken_ids_are_refused() {
    let text = refusal::<LocationReferences>(r#"{"evse_uids":["E1"]}"#);
    assert!(text.contains("`location_id`"), "{text}");
    let longest = "x".repeat(36);
    let place = json!({"location_id": longest, "evse_uids": [longest]});
    let read: LocationReferences = serde_json::from_value(place.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), place);
    let too_long = "x".repeat(37);
    for broken in [
        json!({"location_id": null}),
        json!({"location_id": ""}),
        json!({"location_id": 1}),
        json!({"location_id": too_long}),
        json!({"location_id": "A\nB"}),
        json!({"location_id": "A", "evse_uids": "E1"}),
        json!({"location_id": "A", "evse_uids": [1]}),
        json!({"location_id": "A", "evse_uids": [null]}),
        json!({"location_id": "A", "evse_uids": [""]}),
        json!({"location_id": "A", "evse_uids": [too_long]}),
        json!({"location_id": "A", "evse_uids": ["é"]}),
    ] {
        refusal::<LocationReferences>(&broken.to_string());
    }
}

/// Holds: T-62, T-63.
#[test]
fn unknown_fields_of_a_place_and_of_an_answer_are_read_over_and_not_kept() {
    let place = json!({"location_id": "LOC1", "evse_uids": ["E1"], "connector_ids": ["1"]});
    let read: LocationReferences = serde_json::from_value(place.clone()).unwrap();
    assert_eq!(read.evse_uids, ["E1".parse::<EvseUid>().unwrap()]);
    let answer = json!({
        "allowed": "ALLOWED", "token": token_json(), "location": place, "status": "ACCEPTED"
    });
    let read: AuthorizationInfo = serde_json::from_value(answer).unwrap();
    let expected = json!({
        "allowed": "ALLOWED",
        "token": token_json(),
        "location": {"location_id": "LOC1", "evse_uids": ["E1"]}
    });
    assert_eq!(serde_json::to_value(&read).unwrap(), expected);
}

/// Holds: D-04, T-64, D-07.
#[test]
fn answer_is_read_with_nulls_and_refused_with_an_unknown_allowed_value() {
    let mut answer = json!({
        "allowed": "NOT_ALLOWED",
        "token": token_json(),
        "location": null,
        "authorization_reference": null,
        "info": null
    });
    let read: AuthorizationInfo = serde_json::from_value(answer.clone()).unwrap();
    let bare = json!({"allowed": "NOT_ALLOWED", "token": token_json()});
    assert_eq!(serde_json::to_value(&read).unwrap(), bare);
    answer["allowed"] = json!("MAYBE");
    let text = refusal::<AuthorizationInfo>(&answer.to_string());
    assert!(
        text.contains("NOT_ALLOWED"),
        "says what is expected: {text}"
    );
    answer["allowed"] = json!("ALLOWED");
    answer["authorization_reference"] = json!("x".repeat(37));
    refusal::<AuthorizationInfo>(&answer.to_string());
    answer["authorization_reference"] = json!(null);
    answer["info"] = json!({"language": "en", "text": "x".repeat(513)});
    refusal::<AuthorizationInfo>(&answer.to_string());
}

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

/// Holds: T-13.
#[test]
fn credentials_token_and_its_error_print_no_secret() {
    let token = CredentialsToken::new("s3cr3t.value").unwrap();
    for text in [
        format!("{token:?}"),
        format!("{token:#?}"),
        format!("{:?}", Some(&token)),
    ] {
        assert!(!text.contains("s3cr3t"), "{text}");
    }
    assert_eq!(token.expose(), "s3cr3t.value");
    let error = CredentialsToken::new("s3cr3t value").unwrap_err();
    assert!(!format!("{error:?} {error}").contains("s3cr3t"));
}

/// Holds: D-10.
#[test]
fn credentials_token_is_one_to_64_visible_characters() {
    for text in ["a", "~!", &"x".repeat(64)] {
        assert_eq!(CredentialsToken::new(text).unwrap().expose(), text);
    }
    for text in ["", &"x".repeat(65), "a b", "a\n", "é", "a\u{7f}"] {
        assert!(CredentialsToken::new(text).is_err(), "{text:?}");
    }
}
