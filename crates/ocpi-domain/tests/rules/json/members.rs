//! The members of an object: unknown ones, those sent twice, and what is no object.

use ocpi_domain::{AuthorizationInfo, EvseUid, LocationReferences, Token, TokenAccount};
use serde_json::json;

use crate::support::{refusal, token_json};

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
