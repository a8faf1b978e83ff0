//! Sessions of 2.1.1 in the members of 2.3.0, and those of later versions in 2.1.1.

use serde_json::{Value, json};

use super::*;

fn owner() -> Party {
    Party::new("NL", "ALF").unwrap()
}

/// What a body becomes; else what is wrong with it.
fn canonical(body: &Value) -> Result<Value, String> {
    let members = read(body.to_string().as_bytes(), owner());
    let members = members.map_err(|failure| failure.to_string())?;
    Ok(serde_json::to_value(&members).unwrap())
}

fn written(session: &Value) -> Value {
    let session: Session = serde_json::from_value(session.clone()).unwrap();
    let mut out = Vec::new();
    write(&mut out, &session);
    serde_json::from_slice(&out).unwrap()
}

/// A session as a later version sends it.
fn later(more: &Value) -> Value {
    let mut session = json!({
        "country_code": "NL", "party_id": "ALF", "id": "S1",
        "start_date_time": "2020-03-09T10:17:09.100Z", "kwh": 0.5,
        "cdr_token": {"uid": "CARD", "type": "RFID", "contract_id": "NL-ALF-1"},
        "auth_method": "COMMAND", "authorization_reference": "REF-1", "location_id": "LOC1",
        "evse_uid": "E1", "connector_id": "1", "currency": "CHF",
        "total_cost": {"before_taxes": 4.1, "taxes": [{"name": "VAT", "amount": 1}]},
        "status": "RESERVATION", "last_updated": "2020-03-09T10:17:09.999Z"
    });
    let members = session.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    session
}

/// Holds: M-10, D-13.
#[test]
fn a_session_gets_the_members_of_2_3_0_and_keeps_what_they_cannot_say() {
    let location = json!({
        "id": "LOC1", "evses": [{"uid": "E1", "connectors": [{"id": "1"}], "status": "X"}]
    });
    let body = json!({
        "id": "S1", "start_datetime": "2015-06-29T22:39:09", "end_datetime": "x",
        "auth_id": "NL-ALF-1", "location": location, "total_cost": 4.1, "status": "ACTIVE"
    });
    let expected = json!({
        "country_code": "NL", "party_id": "ALF", "id": "S1",
        "start_date_time": "2015-06-29T22:39:09", "end_date_time": "x", "status": "ACTIVE",
        "auth_id": "NL-ALF-1",
        "cdr_token": {"uid": "#NA", "type": "OTHER", "contract_id": "NL-ALF-1"},
        "location": location, "location_id": "LOC1", "evse_uid": "E1", "connector_id": "1",
        "total_cost": {"before_taxes": 4.1}
    });
    assert_eq!(canonical(&body), Ok(expected));
}

/// Holds: M-10, S-08, Q-24.
#[test]
fn a_place_of_no_evse_or_of_several_names_none() {
    let evse = |connectors: &[&str]| {
        let connectors = connectors.iter().map(|id| json!({"id": id}));
        json!({"uid": "E1", "connectors": connectors.collect::<Vec<_>>()})
    };
    for (evses, expected) in [
        (json!([evse(&["1"])]), ["E1", "1"]),
        (json!([evse(&[])]), ["E1", "#NA"]),
        (json!([evse(&["1", "2"])]), ["E1", "#NA"]),
        (json!([evse(&["1"]), evse(&["1"])]), ["#NA", "#NA"]),
        (json!([]), ["#NA", "#NA"]),
        (json!("none"), ["#NA", "#NA"]),
        (json!([{"uid": 1, "connectors": [{}]}]), ["#NA", "#NA"]),
    ] {
        let read = canonical(&json!({"location": {"id": "LOC1", "evses": evses}})).unwrap();
        assert_eq!(
            [&read["evse_uid"], &read["connector_id"]],
            expected,
            "{evses}"
        );
    }
}

/// Holds: S-04, M-10, T-62.
#[test]
fn a_patch_has_only_what_was_sent_and_what_later_versions_name_means_nothing() {
    let owner = json!({"country_code": "NL", "party_id": "ALF"});
    let body = json!({
        "country_code": 1, "party_id": [], "cdr_token": 1, "location_id": 1, "evse_uid": 1,
        "connector_id": 1, "start_date_time": 1, "end_date_time": 1, "auth_id": null,
        "authorization_reference": "REF-1", "location": null
    });
    assert_eq!(canonical(&body), Ok(owner));
}

/// Holds: D-07, S-07, S-09, T-34, D-16.
#[test]
fn a_value_that_is_used_and_breaks_a_rule_is_refused_and_no_other() {
    for (body, named) in [
        (json!({"status": "RESERVATION"}), "status"),
        (json!({"status": "RESERVED"}), "status"),
        (json!({"auth_id": "a".repeat(37)}), "auth_id"),
        (json!({"auth_id": {}}), "auth_id"),
        (json!({"location": "LOC1"}), "location"),
        (json!({"location": {"evses": []}}), "location.id"),
    ] {
        let refused = canonical(&body).unwrap_err();
        assert!(refused.starts_with(&format!("`{named}`: ")), "{refused}");
    }
    for body in [
        json!({"total_cost": "much"}),
        json!({"charging_periods": 1, "kwh": {}, "currency": []}),
        json!({"auth_method": "BY_MAGIC"}),
    ] {
        assert!(canonical(&body).is_ok(), "{body}");
    }
}

/// Holds: M-11, M-12, M-19, T-66.
#[test]
fn a_session_of_a_later_version_loses_what_2_1_1_cannot_say() {
    let expected = json!({
        "id": "S1", "start_datetime": "2020-03-09T10:17:09Z", "kwh": 0.5,
        "auth_id": "NL-ALF-1", "auth_method": "AUTH_REQUEST",
        "location": {"id": "LOC1", "evses": [{"uid": "E1", "connectors": [{"id": "1"}]}]},
        "currency": "CHF", "total_cost": 4.1, "status": "PENDING",
        "last_updated": "2020-03-09T10:17:09Z"
    });
    assert_eq!(written(&later(&json!({}))), expected);
    let nowhere = later(&json!({"evse_uid": "#NA", "connector_id": "#NA"}));
    assert_eq!(written(&nowhere)["location"], json!({"id": "LOC1"}));
}

/// Holds: T-66, M-19.
#[test]
fn no_charging_period_has_a_fraction_and_nothing_else_of_them_changes() {
    let periods = |first: &str| {
        json!([
            {"start_date_time": first, "dimensions": [{"type": "TIME", "volume": 0.50}], "x": null},
            {"start_date_time": "2020-03-09T10:18:09Z", "tariff_id": "T1"}
        ])
    };
    for (sent, shown) in [
        ("2020-03-09T10:17:09.999Z", "2020-03-09T10:17:09Z"),
        ("2020-03-09T10:17:09.000Z", "2020-03-09T10:17:09Z"),
    ] {
        let mut expected = periods(shown);
        expected[0].as_object_mut().unwrap().remove("x");
        let session = later(&json!({"charging_periods": periods(sent)}));
        assert_eq!(written(&session)["charging_periods"], expected);
    }
    for periods in [
        periods("2020-03-09T10:17:09Z"),
        periods("10.17"),
        json!([1, {"start_date_time": 1.5}, {}]),
        json!("none"),
    ] {
        let session = later(&json!({"charging_periods": periods}));
        assert_eq!(written(&session)["charging_periods"], periods);
    }
}

/// Holds: M-11.
#[test]
fn the_place_that_was_kept_is_written_back_only_while_the_session_is_there() {
    let kept = json!({"id": "loc1", "name": "x", "evses": [{
        "uid": "E1", "connectors": [{"id": "1"}]
    }]});
    let here = later(&json!({"location": kept, "auth_id": "OLD"}));
    assert_eq!(written(&here)["location"], kept);
    assert_eq!(written(&here)["auth_id"], "NL-ALF-1");
    for (name, value) in [
        ("location_id", "LOC2"),
        ("evse_uid", "E2"),
        ("connector_id", "2"),
    ] {
        let mut moved = here.clone();
        moved[name] = json!(value);
        let location = written(&moved)["location"].take();
        assert!(location.to_string().contains(value), "{location}");
        assert_eq!(location.get("name"), None, "{location}");
    }
}
