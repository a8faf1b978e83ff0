//! A Location with its EVSEs and connectors: what is read of it, what is kept, and what changes.

use ocpi_domain::json::RawObject;
use ocpi_domain::{Connector, ConnectorId, Evse, EvseId, Location, LocationEvses};
use serde_json::{Value, json};

use crate::support::{party, refusal};

const OLD: &str = "2026-06-01T00:00:00Z";
const NEW: &str = "2026-06-02T00:00:00Z";

fn connector_json(id: &str) -> Value {
    json!({
        "id": id, "standard": "IEC_62196_T2", "format": "CABLE", "power_type": "AC_3_PHASE",
        "max_voltage": 220, "max_amperage": 16, "tariff_ids": ["11"], "last_updated": OLD
    })
}

fn evse_json(uid: &str) -> Value {
    json!({
        "uid": uid, "evse_id": format!("NL*ALF*{uid}"), "status": "AVAILABLE",
        "capabilities": ["RESERVABLE"], "physical_reference": "1", "floor_level": "-1",
        "last_updated": OLD, "connectors": [connector_json("1"), connector_json("2")]
    })
}

/// A Location as a CPO of OCPI 2.3.0 pushes it, with an EVSE of two connectors and one without.
fn location_json() -> Value {
    json!({
        "country_code": "NL", "party_id": "ALF", "id": "LOC1", "publish": true,
        "name": "Garage", "address": "Straat 1", "city": "Gent", "country": "BEL",
        "coordinates": {"latitude": "51.047599", "longitude": "3.729944"},
        "parking_type": "ON_STREET", "time_zone": "Europe/Brussels",
        "opening_times": {"twentyfourseven": true}, "last_updated": OLD,
        "evses": [
            evse_json("E1"),
            {"uid": "E2", "status": "REMOVED", "last_updated": OLD}
        ]
    })
}

fn read<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_str(&value.to_string()).unwrap()
}

fn location() -> Location {
    read(&location_json())
}

fn written<T: serde::Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap()
}

fn patch(members: &Value) -> RawObject {
    read(members)
}

/// The place in the JSON of a Location, whose `name` has `value`.
fn changed(pointer: &str, name: &str, value: Value) -> Value {
    let mut location = location_json();
    location.pointer_mut(pointer).unwrap()[name] = value;
    location
}

/// The objects of a Location, and the members without which there is none.
const REQUIRED: [(&str, &[&str]); 3] = [
    ("", &["country_code", "party_id", "id", "last_updated"]),
    ("/evses/0", &["uid", "last_updated"]),
    ("/evses/0/connectors/1", &["id", "last_updated"]),
];

/// Holds: L-02, D-15, T-63.
#[test]
fn location_is_read_and_written_as_it_came() {
    let location = location();
    assert_eq!(written(&location), location_json());
    assert_eq!(location.party(), party("NL/ALF"));
    assert_eq!(location.key().to_string(), "NL/ALF/LOC1");
    assert_eq!(location.last_updated().to_string(), OLD);
    let evse = location.evse(&"e1".parse().unwrap()).unwrap();
    assert_eq!(evse.uid().as_str(), "E1");
    assert_eq!(evse.last_updated().to_string(), OLD);
    assert_eq!(written(evse), evse_json("E1"));
    let connector = evse.connector(&"2".parse().unwrap()).unwrap();
    assert_eq!(connector.id().as_str(), "2");
    assert_eq!(connector.last_updated().to_string(), OLD);
    assert_eq!(written(connector), connector_json("2"));
    assert_eq!(location.evse(&"E3".parse().unwrap()), None);
    assert_eq!(evse.connector(&"3".parse().unwrap()), None);
    let text =
        r#"{"id":"1","max_voltage":1.50,"x":{"y":1E2},"last_updated":"2026-06-01T00:00:00Z"}"#;
    let connector: Connector = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&connector).unwrap(), text);
}

/// Holds: L-02, T-34, T-64.
#[test]
fn member_that_is_read_and_missing_or_broken_is_named() {
    for (pointer, names) in REQUIRED {
        for name in names {
            let mut without = location_json();
            let members = without.pointer_mut(pointer).unwrap();
            members.as_object_mut().unwrap().remove(*name);
            let wrong = [json!(null), json!(1), json!(""), json!("a\nb"), json!([])];
            let wrong = wrong.map(|value| changed(pointer, name, value));
            for location in wrong.into_iter().chain([without]) {
                let text = refusal::<Location>(&location.to_string());
                assert!(text.contains(&format!("`{name}`: ")), "{text}");
                let level = match pointer {
                    "" => format!("`{name}`: "),
                    _ => "`evses`: ".to_owned(),
                };
                assert!(text.starts_with(&level), "{text}");
            }
        }
    }
    for (pointer, name) in [("", "evses"), ("/evses/0", "connectors")] {
        for value in [json!("none"), json!({}), json!([1])] {
            let text = refusal::<Location>(&changed(pointer, name, value).to_string());
            assert!(text.contains(&format!("`{name}`: ")), "{text}");
        }
    }
    refusal::<Evse>("[]");
    refusal::<Connector>(r#""1""#);
}

/// Holds: L-02, T-62.
#[test]
fn what_is_not_used_is_kept_whatever_it_is_and_is_never_a_reason_to_refuse() {
    for (pointer, name, value) in [
        ("", "coordinates", json!("here")),
        ("", "publish", json!(null)),
        ("", "address", json!(7)),
        ("", "of_tomorrow", json!([null])),
        ("/evses/0", "status", json!("ON_FIRE")),
        ("/evses/0", "status", json!(["AVAILABLE"])),
        ("/evses/0", "evse_id", json!("x".repeat(49))),
        ("/evses/0", "evse_id", json!(5)),
        ("/evses/0/connectors/0", "standard", json!("OF_TOMORROW")),
        ("/evses/0/connectors/0", "max_voltage", json!("high")),
    ] {
        let mut expected = changed(pointer, name, value.clone());
        let location: Location = read(&expected);
        if value.is_null() {
            let members = expected.pointer_mut(pointer).unwrap();
            members.as_object_mut().unwrap().remove(name);
        }
        assert_eq!(written(&location), expected, "{name}");
    }
}

/// Holds: T-66, T-68.
#[test]
fn moments_of_each_level_are_written_in_utc_however_they_came() {
    for (pointer, _) in REQUIRED {
        let came = changed(pointer, "last_updated", json!("2026-06-01T02:00:00+02:00"));
        let location: Location = read(&came);
        assert_eq!(written(&location), location_json(), "{pointer}");
    }
}

/// Holds: L-02, L-07, Q-14.
#[test]
fn evses_are_known_by_uid_and_evse_id_and_removed_ones_are_not_present() {
    let LocationEvses(known) = location().known_evses();
    let [one, removed] = known.as_slice() else {
        panic!("not two: {known:?}");
    };
    assert_eq!((one.uid.as_str(), one.is_removed), ("E1", false));
    assert_eq!(one.evse_id.as_ref().map(EvseId::as_str), Some("NL*ALF*E1"));
    let connectors: Vec<&str> = one.connector_ids.iter().map(ConnectorId::as_str).collect();
    assert_eq!(connectors, ["1", "2"]);
    assert_eq!((removed.uid.as_str(), removed.is_removed), ("E2", true));
    assert_eq!(removed.evse_id, None);
    let present: Vec<String> = location()
        .known_evses()
        .present()
        .map(ToString::to_string)
        .collect();
    assert_eq!(present, ["E1"]);
}

/// Holds: L-06, K-26.
#[test]
fn patch_replaces_what_was_sent_lists_whole_and_keeps_the_rest() {
    let patched = |members: Value| written(&location().patched(patch(&members)).unwrap());
    let members = json!({"name": "Yard", "address": null, "last_updated": NEW, "x": [1]});
    let mut expected = location_json();
    for (name, value) in [
        ("name", json!("Yard")),
        ("last_updated", json!(NEW)),
        ("x", json!([1])),
    ] {
        expected[name] = value;
    }
    assert_eq!(patched(members), expected);
    let mut expected = location_json();
    expected["evses"] = json!([evse_json("E9")]);
    assert_eq!(patched(json!({"evses": [evse_json("E9")]})), expected);

    let evse: Evse = read(&evse_json("E1"));
    let patched = evse.patched(patch(&json!({"status": "REMOVED", "connectors": null})));
    let mut expected = evse_json("E1");
    expected["status"] = json!("REMOVED");
    assert_eq!(written(&patched.unwrap()), expected);
    let patched = evse.patched(patch(&json!({"connectors": [connector_json("9")]})));
    let mut expected = evse_json("E1");
    expected["connectors"] = json!([connector_json("9")]);
    assert_eq!(written(&patched.unwrap()), expected);

    let connector: Connector = read(&connector_json("1"));
    let patched = connector.patched(patch(&json!({"max_amperage": 32})));
    let mut expected = connector_json("1");
    expected["max_amperage"] = json!(32);
    assert_eq!(written(&patched.unwrap()), expected);
}

/// Holds: L-03, K-25, K-30.
#[test]
fn patch_of_another_object_or_with_a_bad_member_is_refused_by_name() {
    for (members, name) in [
        (json!({"country_code": "DE"}), "country_code"),
        (json!({"party_id": "BET"}), "party_id"),
        (json!({"id": "LOC2"}), "id"),
        (json!({"last_updated": "now"}), "last_updated"),
        (json!({"evses": [{"uid": "E1"}]}), "evses"),
    ] {
        let refused = location().patched(patch(&members)).unwrap_err();
        assert_eq!(refused.field, name, "{members}");
    }
    let evse: Evse = read(&evse_json("E1"));
    for (members, name) in [
        (json!({"uid": "E2"}), "uid"),
        (json!({"connectors": [{}]}), "connectors"),
    ] {
        let refused = evse.patched(patch(&members)).unwrap_err();
        assert_eq!(refused.field, name);
    }
    let connector: Connector = read(&connector_json("1"));
    let refused = connector.patched(patch(&json!({"id": "2"}))).unwrap_err();
    assert_eq!(refused.field, "id");
    let same = json!({"country_code": "nl", "party_id": "alf", "id": "loc1"});
    let patched = location().patched(patch(&same)).unwrap();
    assert_eq!(patched.key(), location().key());
}

/// Holds: L-05, T-69.
#[test]
fn part_that_changed_takes_its_place_and_changes_what_it_is_part_of() {
    let mut sent = evse_json("e1");
    sent["last_updated"] = json!(NEW);
    let changed = location().with_evse(read(&sent));
    let mut expected = location_json();
    expected["evses"][0] = sent;
    expected["last_updated"] = json!(NEW);
    assert_eq!(written(&changed), expected);
    assert_eq!(changed.last_updated().to_string(), NEW);

    let added = location().with_evse(read(&evse_json("E3")));
    let mut expected = location_json();
    expected["evses"]
        .as_array_mut()
        .unwrap()
        .push(evse_json("E3"));
    assert_eq!(written(&added), expected);

    let evse: Evse = read(&evse_json("E1"));
    let mut sent = connector_json("2");
    sent["last_updated"] = json!(NEW);
    let changed = evse.with_connector(read(&sent));
    let mut expected = evse_json("E1");
    expected["connectors"][1] = sent;
    expected["last_updated"] = json!(NEW);
    assert_eq!(written(&changed), expected);
    assert_eq!(changed.last_updated().to_string(), NEW);
    let added = evse.with_connector(read(&connector_json("3")));
    let mut expected = evse_json("E1");
    let connectors = expected["connectors"].as_array_mut().unwrap();
    connectors.push(connector_json("3"));
    assert_eq!(written(&added), expected);
}

/// Holds: L-05, L-08.
#[test]
fn part_that_is_older_leaves_the_time_of_what_it_is_part_of() {
    let newer = changed("", "last_updated", json!(NEW));
    let location: Location = read(&newer);
    let changed = location.with_evse(read(&evse_json("E1")));
    assert_eq!(written(&changed), newer);
    let mut newer = evse_json("E1");
    newer["last_updated"] = json!(NEW);
    let evse: Evse = read(&newer);
    assert_eq!(
        written(&evse.with_connector(read(&connector_json("1")))),
        newer
    );
}

/// Holds: L-08.
#[test]
fn location_is_identical_to_the_letter_only() {
    let same: Location = read(&location_json());
    assert!(location().is_identical(&same));
    for (pointer, name, value) in [
        ("", "id", json!("loc1")),
        ("", "name", json!("Yard")),
        ("/evses/1", "status", json!("PLANNED")),
        ("/evses/0/connectors/0", "max_amperage", json!(32)),
    ] {
        let other: Location = read(&changed(pointer, name, value));
        assert!(!location().is_identical(&other), "{name}");
    }
}

/// Holds: L-02. Beyond the protocol: what grows by its parts can be measured.
#[test]
fn bytes_of_a_location_are_those_of_all_its_parts() {
    let before = location().bytes();
    let mut sent = evse_json("E3");
    sent["connectors"][0]["x"] = json!("y".repeat(1_000));
    let with_evse = location().with_evse(read(&sent)).bytes();
    let without = sent.to_string().len();
    assert!(with_evse > before + 1_000, "{before} and {with_evse}");
    assert!(with_evse < before + without, "{before} and {with_evse}");
}
