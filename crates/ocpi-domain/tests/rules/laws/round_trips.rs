//! Round trips over the wire: what is written is what was read.

use std::sync::Arc;

use ocpi_domain::{
    AllowedType, AuthorizationInfo, DisplayText, LocationReferences, OcpiString, Token, TokenPatch,
};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

use super::{account, any_moment, assert_round_trip};
use crate::support::object;

/// Printable ASCII that names something.
fn identifier(max: usize) -> impl Strategy<Value = String> {
    prop::string::string_regex(&format!("[ -~]{{1,{max}}}"))
        .unwrap()
        .prop_filter("`#NA` names nothing", |text| text != "#NA")
}

/// Any JSON but `null`, as a peer might send it beside the fields of OCPI.
fn unknown_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        // Eighths: every reader of floats reads them exactly.
        any::<i32>().prop_map(|eighths| json!(f64::from(eighths) / 8.0)),
        "\\PC{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(prop_oneof![inner.clone(), Just(Value::Null)], 0..4)
                .prop_map(Value::from),
            prop::collection::hash_map("\\PC{0,6}", inner, 0..4)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

/// No field of OCPI has an upper-case name.
fn unknown_fields() -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::hash_map("[A-Z\"\\\\é]{0,3}", unknown_value(), 0..4)
        .prop_map(|members| members.into_iter().collect())
}

/// In the form that we write.
fn moment_text() -> impl Strategy<Value = Value> {
    any_moment().prop_map(|moment| json!(moment.to_string()))
}

fn energy_contract() -> impl Strategy<Value = Value> {
    ("\\PC{0,64}", prop::option::of("\\PC{0,64}")).prop_map(|(supplier_name, contract_id)| {
        match contract_id {
            Some(id) => json!({"supplier_name": supplier_name, "contract_id": id}),
            None => json!({"supplier_name": supplier_name}),
        }
    })
}

/// The fields of a Token that a PATCH may change, each with a new value.
fn changeable_fields() -> impl Strategy<Value = Map<String, Value>> {
    (
        "[ -~]{0,36}",
        "\\PC{0,64}",
        "\\PC{0,64}",
        "[ -~]{0,36}",
        any::<bool>(),
        select(vec!["ALWAYS", "ALLOWED", "ALLOWED_OFFLINE", "NEVER"]),
        "[A-Za-z]{2}",
        select(vec!["CHEAP", "FAST", "GREEN", "REGULAR"]),
        energy_contract(),
        moment_text(),
    )
        .prop_map(
            |(contract, issuer, number, group, valid, whitelist, language, profile, energy, at)| {
                object(json!({
                    "contract_id": contract,
                    "issuer": issuer,
                    "visual_number": number,
                    "group_id": group,
                    "valid": valid,
                    "whitelist": whitelist,
                    "language": language,
                    "default_profile_type": profile,
                    "energy_contract": energy,
                    "last_updated": at
                }))
            },
        )
}

const OPTIONAL: [&str; 5] = [
    "visual_number",
    "group_id",
    "language",
    "default_profile_type",
    "energy_contract",
];

fn token_json() -> impl Strategy<Value = Value> {
    (
        "[A-Za-z]{2}",
        "[A-Za-z0-9]{3}",
        identifier(36),
        prop_oneof![
            select(vec!["RFID", "APP_USER", "AD_HOC_USER", "EMAID", "OTHER"])
                .prop_map(str::to_owned),
            "\\PC{1,40}",
        ],
        changeable_fields(),
        subsequence(OPTIONAL.to_vec(), 0..=OPTIONAL.len()),
        unknown_fields(),
    )
        .prop_map(
            |(country, id, uid, token_type, fields, left_out, unknown)| {
                let mut token = fields;
                token.retain(|name, _| !left_out.contains(&name.as_str()));
                token.extend(object(json!({
                    "country_code": country, "party_id": id, "uid": uid, "type": token_type
                })));
                token.extend(unknown);
                Value::Object(token)
            },
        )
}

/// Some fields of a Token, some of them `null`, and some that OCPI does not know.
fn patch_json() -> impl Strategy<Value = Map<String, Value>> {
    (
        changeable_fields(),
        unknown_fields(),
        prop::collection::vec(0..3, 14),
    )
        .prop_map(|(fields, unknown, choices)| {
            let sent = fields.into_iter().chain(unknown).zip(choices);
            sent.filter_map(|((name, value), choice)| match choice {
                0 => None,
                1 => Some((name, Value::Null)),
                _ => Some((name, value)),
            })
            .collect()
        })
}

fn place() -> impl Strategy<Value = LocationReferences> {
    (identifier(39), prop::collection::vec(identifier(39), 0..4)).prop_map(|(location, uids)| {
        LocationReferences {
            location_id: location.parse().unwrap(),
            evse_uids: uids.iter().map(|uid| uid.parse().unwrap()).collect(),
        }
    })
}

fn answer() -> impl Strategy<Value = AuthorizationInfo> {
    (
        select(AllowedType::ALL.to_vec()),
        token_json(),
        prop::option::of(place()),
        prop::option::of(identifier(36)),
        prop::option::of(("[A-Za-z]{2}", "\\PC{0,512}")),
    )
        .prop_map(
            |(allowed, token, location, reference, info)| AuthorizationInfo {
                allowed,
                token: Arc::new(serde_json::from_value(token).unwrap()),
                location,
                authorization_reference: reference.map(|text| text.parse().unwrap()),
                info: info.map(|(language, text)| DisplayText {
                    language: language.parse().unwrap(),
                    text: OcpiString::new(&text).unwrap(),
                }),
            },
        )
}

proptest! {
    /// Holds: D-01, T-63, T-69.
    #[test]
    fn token_is_written_as_it_was_read(json in token_json()) {
        let token: Token = serde_json::from_str(&json.to_string())
            .map_err(|error| TestCaseError::fail(format!("{error} in {json}")))?;
        let text = serde_json::to_string(&token).unwrap();
        prop_assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), json);
        assert_round_trip(&token)?;
    }

    /// Holds: E-17, T-73.
    #[test]
    fn account_is_read_as_it_was_written(account in account()) {
        assert_round_trip(&account)?;
    }

    /// Holds: D-03, E-22.
    #[test]
    fn place_is_read_as_it_was_written(place in place()) {
        assert_round_trip(&place)?;
    }

    /// Holds: D-04, E-19, E-27.
    #[test]
    fn answer_is_read_as_it_was_written(answer in answer()) {
        assert_round_trip(&answer)?;
    }

    /// Holds: K-22, K-26, K-33.
    #[test]
    fn patch_touches_the_sent_fields_only_and_may_be_repeated(
        token in token_json(),
        patch in patch_json(),
    ) {
        let read: TokenPatch = serde_json::from_str(&Value::Object(patch.clone()).to_string())
            .map_err(|error| TestCaseError::fail(format!("{error} in {patch:?}")))?;
        let mut expected = token.clone();
        for (name, value) in patch.into_iter().filter(|(_, value)| !value.is_null()) {
            expected[name] = value;
        }
        let token: Token = serde_json::from_value(token).unwrap();
        let once = read.clone().apply_to(&token).unwrap();
        prop_assert_eq!(serde_json::to_value(&once).unwrap(), expected);
        let twice = read.apply_to(&once).unwrap();
        prop_assert_eq!(serde_json::to_string(&twice).unwrap(), serde_json::to_string(&once).unwrap());
    }
}
