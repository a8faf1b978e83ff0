//! Objects whose members are kept as they came.

use ocpi_domain::json::RawObject;
use ocpi_domain::{DateTime, SessionId};
use serde_json::value::RawValue;

use crate::support::refusal;

fn raw(text: &str) -> RawObject {
    serde_json::from_str(text).unwrap()
}

fn text(object: &RawObject) -> String {
    serde_json::to_string(object).unwrap()
}

/// Holds: T-62, T-63, T-73.
#[test]
fn members_are_kept_letter_for_letter_and_in_their_order() {
    let came = concat!(
        r#"{"z":1.10,"a":123456789012345678901234567890,"l":[1.0, {"b":1E2,"a":null}],"#,
        r#""quoted \"name\"":"\u00e9\/","no":false,"":{}}"#
    );
    assert_eq!(text(&raw(came)), came);
    assert_eq!(text(&raw(" { } ")), "{}");
}

/// Holds: T-64.
#[test]
fn null_is_not_sent() {
    let object = raw(r#"{"a":null,"b": null ,"c":[null]}"#);
    assert_eq!(text(&object), r#"{"c":[null]}"#);
    assert!(object.get("a").is_none());
}

/// Holds: T-65, T-35.
#[test]
fn member_sent_twice_and_what_is_no_object_are_refused() {
    for (twice, name) in [
        (r#"{"x":1,"x":1}"#, "x"),
        (r#"{"x":null,"x":1}"#, "x"),
        (r#"{"x":1,"y":2,"\u0078":null}"#, "x"),
    ] {
        let text = refusal::<RawObject>(twice);
        assert!(text.starts_with(&format!("`{name}`: sent twice")), "{text}");
    }
    for text in ["null", "[]", r#"["a",1]"#, "1", r#""a""#] {
        refusal::<RawObject>(text);
    }
}

/// Holds: K-22, K-26.
#[test]
fn merged_members_change_in_their_place_and_new_ones_come_at_the_end() {
    let mut object = raw(r#"{"a":1,"b":2,"c":3}"#);
    object.merge(raw(r#"{"d":4,"b":[2.0],"a":null,"e":5}"#));
    assert_eq!(text(&object), r#"{"a":1,"b":[2.0],"c":3,"d":4,"e":5}"#);
    object.merge(RawObject::default());
    assert_eq!(text(&object), r#"{"a":1,"b":[2.0],"c":3,"d":4,"e":5}"#);
}

/// Holds: T-63.
#[test]
fn member_is_set_in_its_place_and_taken_out_of_it() {
    let mut object = raw(r#"{"a":1,"b":2}"#);
    object.set("a", RawValue::from_string("[1]".to_owned()).unwrap());
    object.set_text("c", "a \"quoted\"\ntext");
    assert_eq!(text(&object), r#"{"a":[1],"b":2,"c":"a \"quoted\"\ntext"}"#);
    assert_eq!(
        object.take("a").map(|value| value.get().to_owned()),
        Some("[1]".to_owned())
    );
    assert!(object.take("a").is_none());
    assert_eq!(object.get("b").map(RawValue::get), Some("2"));
    assert_eq!(text(&object), r#"{"b":2,"c":"a \"quoted\"\ntext"}"#);
}

/// Holds: T-34.
#[test]
fn member_that_breaks_its_rule_is_named_with_the_rule_alone() {
    let object = raw(r#"{"id":"S1","at":"now at line 7 column 1","n":7}"#);
    assert_eq!(object.read::<SessionId>("id"), Ok("S1".parse().ok()));
    assert_eq!(object.read::<SessionId>("other"), Ok(None));
    let wrong_type = object.read::<SessionId>("n").unwrap_err();
    assert_eq!(
        wrong_type.to_string(),
        "`n`: invalid type: integer `7`, expected a string"
    );
    let broken = object.read::<DateTime>("at").unwrap_err().to_string();
    assert!(broken.starts_with("`at`: "), "{broken}");
    let missing = object.require::<SessionId>("other").unwrap_err();
    assert_eq!(missing.to_string(), "`other`: required, but missing");
    assert_eq!(object.require_all(&["id", "at"]), Ok(()));
    let missing = object.require_all(&["x", "id", "y"]).unwrap_err();
    assert_eq!(missing.to_string(), "`x, y`: required, but missing");
}

/// Holds: K-21.
#[test]
fn objects_are_equal_to_the_letter() {
    let object = raw(r#"{"a":1.0,"b":"x"}"#);
    assert_eq!(object, raw(r#"{ "a" : 1.0 , "b" : "x" }"#));
    for other in [
        r#"{"a":1,"b":"x"}"#,
        r#"{"a":1.0,"b":"X"}"#,
        r#"{"b":"x","a":1.0}"#,
        r#"{"a":1.0}"#,
        r#"{"a":1.0,"b":"x","c":1}"#,
        r#"{"a":1.0,"B":"x"}"#,
    ] {
        assert_ne!(object, raw(other), "{other}");
    }
}

/// Beyond the protocol: what is kept can be measured.
#[test]
fn bytes_are_those_of_names_and_values() {
    assert_eq!(raw(r#"{ "ab": 12.0, "c": "de" }"#).bytes(), 2 + 4 + 1 + 4);
    assert_eq!(RawObject::default().bytes(), 0);
}
