//! What is read in a version and written in it again is what it was, and what goes through another
//! version loses only what that one cannot say.

use std::sync::Arc;

use ocpi_app::LocationObject;
use ocpi_domain::{
    BusinessDetails, Credentials, CredentialsRole, CredentialsToken, Location, LocationReferences,
    OcpiVersion, Party, Role, Session, Token, TokenType,
};
use serde_json::{Value, json};

use crate::wire::{V2_1_1, V2_2_1, V2_3_0, WireVersion};

fn owner() -> Party {
    Party::new("NL", "ALF").unwrap()
}

/// What a version writes.
fn written(write: impl FnOnce(&mut Vec<u8>)) -> Value {
    let mut out = Vec::new();
    write(&mut out);
    serde_json::from_slice(&out).unwrap()
}

/// The object with each of its optional members left out or not, in every combination.
fn with_and_without(object: &Value, optional: &[&str]) -> Vec<Value> {
    optional.iter().fold(vec![object.clone()], |objects, name| {
        let without = objects.iter().cloned().map(|mut object| {
            object.as_object_mut().unwrap().remove(*name);
            object
        });
        let without: Vec<_> = without.collect();
        objects.into_iter().chain(without).collect()
    })
}

fn token_of<V: WireVersion>(object: &Value) -> Token {
    let sent = V::read_token(object.to_string().as_bytes(), owner()).unwrap();
    Token::try_from(sent).unwrap()
}

fn canonical_tokens() -> Vec<Value> {
    let token = json!({
        "country_code": "NL", "party_id": "ALF", "uid": "012345678", "type": "RFID",
        "contract_id": "NL8ACC12E46L89", "visual_number": "DF000-2001-8999-1", "issuer": "É mobil",
        "group_id": "G1", "valid": true, "whitelist": "ALLOWED", "language": "nl",
        "default_profile_type": "GREEN",
        "energy_contract": {"supplier_name": "Greenpeace", "contract_id": "1"},
        "last_updated": "2018-12-10T17:16:15.250Z", "x_extra": [1, {"a": null}]
    });
    let optional = [
        "visual_number",
        "group_id",
        "language",
        "default_profile_type",
        "energy_contract",
        "x_extra",
    ];
    with_and_without(&token, &optional)
}

/// Holds: M-06.
#[test]
fn a_token_goes_through_2_2_1_unchanged_but_for_types_that_it_does_not_list() {
    let types = [
        "RFID",
        "OTHER",
        "APP_USER",
        "AD_HOC_USER",
        "EMAID",
        "FUTURE",
    ];
    for mut object in canonical_tokens() {
        for token_type in types {
            object["type"] = json!(token_type);
            let token = token_of::<V2_3_0>(&object);
            assert_eq!(written(|out| V2_3_0::write_token(out, &token)), object);
            let shown = written(|out| V2_2_1::write_token(out, &token));
            if matches!(token_type, "EMAID" | "FUTURE") {
                let mut expected = object.clone();
                expected["type"] = json!("OTHER");
                assert_eq!(shown, expected);
            } else {
                assert_eq!(shown, object);
                assert_eq!(token_of::<V2_2_1>(&shown), token);
            }
        }
    }
}

/// Holds: M-01, M-02, T-63.
#[test]
fn a_token_of_2_1_1_is_read_and_written_back_unchanged() {
    let token = json!({
        "uid": "012345678", "type": "RFID", "auth_id": "NL8ACC12E46L89",
        "visual_number": "DF000-2001-8999-1", "issuer": "Alfa", "valid": true,
        "whitelist": "ALLOWED", "language": "nl", "last_updated": "2018-12-10T17:16:15Z",
        "x_extra": [1, {"a": null}]
    });
    let optional = ["visual_number", "language", "x_extra"];
    for mut object in with_and_without(&token, &optional) {
        for (token_type, whitelist, valid) in [
            ("RFID", "ALLOWED", true),
            ("OTHER", "ALWAYS", false),
            ("RFID", "ALLOWED_OFFLINE", false),
            ("OTHER", "NEVER", true),
        ] {
            object["type"] = json!(token_type);
            object["whitelist"] = json!(whitelist);
            object["valid"] = json!(valid);
            let token = token_of::<V2_1_1>(&object);
            assert_eq!(token.party, owner());
            assert_eq!(written(|out| V2_1_1::write_token(out, &token)), object);
        }
    }
}

/// Holds: M-01, M-02, M-04, M-19.
#[test]
fn a_token_loses_in_2_1_1_what_2_1_1_cannot_say_and_nothing_else() {
    for mut object in canonical_tokens() {
        for token_type in TokenType::LISTED {
            object["type"] = json!(token_type);
            let token = token_of::<V2_3_0>(&object);
            let shown = written(|out| V2_1_1::write_token(out, &token));
            let mut expected = token;
            expected.group_id = None;
            expected.default_profile_type = None;
            expected.energy_contract = None;
            expected.last_updated = "2018-12-10T17:16:15Z".parse().unwrap();
            if *token_type != TokenType::Rfid {
                expected.token_type = TokenType::Other;
            }
            assert_eq!(token_of::<V2_1_1>(&shown), expected);
            assert_eq!(shown["issuer"], "É mobil");
        }
    }
}

fn session_of<V: WireVersion>(object: &Value) -> Session {
    let members = V::read_session(object.to_string().as_bytes(), owner()).unwrap();
    Session::try_from(members).unwrap()
}

/// Holds: M-12, T-63.
#[test]
fn a_session_of_2_2_1_is_read_and_written_back_unchanged() {
    let session = json!({
        "country_code": "NL", "party_id": "ALF", "id": "S1",
        "start_date_time": "2020-03-09T10:17:09Z", "end_date_time": "2020-03-09T11:17:09Z",
        "kwh": 0.5, "cdr_token": {
            "country_code": "CH", "party_id": "ABC", "uid": "CARD", "type": "RFID",
            "contract_id": "CH-ABC-1"
        },
        "auth_method": "COMMAND", "authorization_reference": "REF-1", "location_id": "LOC1",
        "evse_uid": "E1", "connector_id": "1", "meter_id": "M1", "currency": "CHF",
        "charging_periods": [{
            "start_date_time": "2020-03-09T10:17:09Z",
            "dimensions": [{"type": "ENERGY", "volume": 0.12}]
        }],
        "total_cost": {"excl_vat": 4.1, "incl_vat": 4.87}, "status": "RESERVATION",
        "last_updated": "2020-03-09T10:17:09.5Z", "x_extra": {"a": 1},
        // Names of 2.1.1, but its own members.
        "auth_id": "CH-ABC-1", "location": {"name": "x"}
    });
    let optional = [
        "end_date_time",
        "authorization_reference",
        "charging_periods",
        "total_cost",
        "x_extra",
        "auth_id",
        "location",
    ];
    for mut object in with_and_without(&session, &optional) {
        let session = session_of::<V2_2_1>(&object);
        object["last_updated"] = json!("2020-03-09T10:17:09.500Z");
        assert_eq!(written(|out| V2_2_1::write_session(out, &session)), object);
        // The newest version has it too, but for its Price.
        let mut newest = written(|out| V2_3_0::write_session(out, &session));
        if newest.get("total_cost").is_some() {
            let taxes = json!([{"name": "VAT", "amount": 0.77}]);
            assert_eq!(
                newest["total_cost"],
                json!({"before_taxes": 4.1, "taxes": taxes})
            );
            // And it is read and written back unchanged in that one too.
            let session = session_of::<V2_3_0>(&newest);
            assert_eq!(written(|out| V2_3_0::write_session(out, &session)), newest);
            newest["total_cost"] = object["total_cost"].clone();
        }
        assert_eq!(newest, object);
    }
}

/// Holds: M-10, M-11, T-63.
#[test]
fn a_session_of_2_1_1_is_read_and_written_back_unchanged() {
    let evse = |uid| json!({"uid": uid, "status": "CHARGING", "connectors": [{"id": "1"}]});
    let session = json!({
        "id": "S1", "start_datetime": "2015-06-29T22:39:09Z",
        "end_datetime": "2015-06-29T23:39:09Z", "kwh": 41.00, "auth_id": "NL-ALF-1",
        "auth_method": "WHITELIST", "location": {"id": "LOC1", "evses": [], "name": "x"},
        "meter_id": "M1", "currency": "EUR",
        "charging_periods": [{
            "start_date_time": "2015-06-29T22:39:09Z",
            "dimensions": [{"type": "ENERGY", "volume": 120}]
        }],
        "total_cost": 4.00, "status": "ACTIVE", "last_updated": "2015-06-29T22:39:09Z",
        "x_extra": {"a": 1}
    });
    let optional = ["end_datetime", "charging_periods", "total_cost", "x_extra"];
    for mut object in with_and_without(&session, &optional) {
        for evses in [
            json!([evse("E1")]),
            json!([]),
            json!([evse("E1"), evse("E2")]),
        ] {
            object["location"]["evses"] = evses;
            let session = session_of::<V2_1_1>(&object);
            assert_eq!(session.party(), owner());
            assert_eq!(written(|out| V2_1_1::write_session(out, &session)), object);
            // A later version says the contract and the place in its own members only.
            let newest = written(|out| V2_3_0::write_session(out, &session));
            assert_eq!(newest.get("auth_id").or(newest.get("location")), None);
        }
    }
}

/// Holds: L-02, D-15, T-63.
#[test]
fn a_location_is_read_and_written_back_unchanged_in_every_version() {
    let moment = "2015-06-29T22:39:09Z";
    let mut object = json!({
        "country_code": "NL", "party_id": "ALF", "id": "LOC1", "name": "x", "last_updated": moment,
        "evses": [{
            "uid": "E1", "evse_id": "NL*ALF*E1", "status": "AVAILABLE", "last_updated": moment,
            "connectors": [{"id": "1", "standard": "IEC_62196_T2", "last_updated": moment}]
        }]
    });
    law_of_locations::<V2_3_0>(&object);
    law_of_locations::<V2_2_1>(&object);
    for name in ["country_code", "party_id"] {
        object.as_object_mut().unwrap().remove(name);
    }
    law_of_locations::<V2_1_1>(&object);
}

fn law_of_locations<V: WireVersion>(object: &Value) {
    let members = V::read_location(object.to_string().as_bytes(), Some(owner())).unwrap();
    let location = Location::try_from(members).unwrap();
    assert_eq!(location.party(), owner());
    let evse = location.evse(&"E1".parse().unwrap()).unwrap().clone();
    let connector = evse.connector(&"1".parse().unwrap()).unwrap().clone();
    let of_evse = &object["evses"][0];
    for (read, sent) in [
        (LocationObject::Location(Arc::new(location)), object),
        (LocationObject::Evse(evse), of_evse),
        (
            LocationObject::Connector(connector),
            &of_evse["connectors"][0],
        ),
    ] {
        assert_eq!(written(|out| V::write_location(out, &read)), *sent);
    }
}

/// Holds: M-08, D-03, E-22.
#[test]
fn a_place_is_written_and_read_unchanged_in_every_version() {
    law_of_places::<V2_3_0>();
    law_of_places::<V2_2_1>();
    law_of_places::<V2_1_1>();
}

fn law_of_places<V: WireVersion>() {
    for evses in [&[][..], &["E1"], &["E1", "E2"]] {
        let place = LocationReferences {
            location_id: "LOC1".parse().unwrap(),
            evse_uids: evses.iter().map(|evse| evse.parse().unwrap()).collect(),
        };
        let object = written(|out| V::write_location_references(out, &place));
        assert_eq!(object, json!({"location_id": "LOC1", "evse_uids": evses}));
        let read = V::read_location_references(object.to_string().as_bytes());
        let read = read.unwrap().unwrap();
        assert_eq!(read.place, place);
        assert!(read.connector_ids.is_empty());
    }
}

/// Holds: C-16, C-17, D-10, D-11, M-13.
#[test]
fn credentials_are_written_and_read_unchanged_but_2_1_1_has_one_party_of_them() {
    let role = |role, party_id: &str| CredentialsRole {
        role,
        business_details: BusinessDetails {
            name: "Alfa".parse().unwrap(),
            website: "https://alfa.example".parse().ok(),
            logo: serde_json::from_str(r#"{"url":"https://alfa.example/x.png"}"#).ok(),
        },
        party_id: party_id.parse().unwrap(),
        country_code: "NL".parse().unwrap(),
    };
    let credentials = Credentials {
        token: CredentialsToken::new("a.secret").unwrap(),
        url: "https://alfa.example/ocpi/versions".parse().unwrap(),
        roles: vec![role(Role::Cpo, "ALF"), role(Role::Emsp, "BET")],
        hub: None,
    };
    law_of_credentials::<V2_3_0>(&credentials, 2);
    law_of_credentials::<V2_2_1>(&credentials, 2);
    law_of_credentials::<V2_1_1>(&credentials, 1);
}

fn law_of_credentials<V: WireVersion>(credentials: &Credentials, roles: usize) {
    let object = written(|out| V::write_credentials(out, credentials));
    let has_roles = object.get("roles").is_some();
    assert_eq!(has_roles, V::VERSION != OcpiVersion::V2_1_1);
    let read = V::read_credentials(object.to_string().as_bytes(), &Role::Cpo).unwrap();
    assert_eq!(read.token.expose(), credentials.token.expose());
    assert_eq!(read.url, credentials.url);
    assert_eq!(read.roles, credentials.roles[..roles]);
    assert_eq!(read.hub, None);
}
