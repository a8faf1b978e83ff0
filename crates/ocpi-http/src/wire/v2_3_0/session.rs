//! A session as 2.3.0 reads and writes it.

use std::borrow::Cow;

use ocpi_domain::Session;
use ocpi_domain::json::RawObject;
use ocpi_domain::text::NOT_AVAILABLE;

use crate::failure::Failure;
use crate::json;
use crate::wire::ids;
use crate::wire::object::write_json;

/// The members that name the place, by ids that 2.1.1 may make longer than others grant.
const PLACE: [&str; 2] = ["location_id", "evse_uid"];

/// Reads a session: the members of the domain.
pub(in crate::wire) fn read(body: &[u8]) -> Result<RawObject, Failure> {
    let members = json::read(body)?;
    ids::check_members(&members, &PLACE)?;
    Ok(members)
}

/// Writes the session: the JSON of the domain, which is what its CPO sent.
pub(super) fn write(out: &mut Vec<u8>, session: &Session) {
    write_json(out, &*shown(session));
}

/// The members that 2.2.1 and 2.3.0 have.
pub(in crate::wire) fn shown(session: &Session) -> Cow<'_, RawObject> {
    without_long_ids(session, without_2_1_1(Cow::Borrowed(session.members())))
}

/// Leaves out what a session of 2.1.1 has beside what 2.3.0 can say: its members say it again.
/// Members of these names that a later version sent are its own, and stay.
fn without_2_1_1(mut members: Cow<'_, RawObject>) -> Cow<'_, RawObject> {
    for (name, is_of_2_1_1) in [
        ("auth_id", is_contract_of_2_1_1(&members)),
        ("location", is_place_of_2_1_1(&members)),
    ] {
        if is_of_2_1_1 {
            members.to_mut().take(name);
        }
    }
    members
}

/// Whether `auth_id` is where the Token of the session came from: 2.1.1 names no uid.
fn is_contract_of_2_1_1(members: &RawObject) -> bool {
    let auth_id = text(members, "auth_id");
    let token: Option<RawObject> = members.read("cdr_token").ok().flatten();
    token.is_some_and(|token| {
        let names_no_card = text(&token, "uid").as_deref() == Some(NOT_AVAILABLE);
        names_no_card && auth_id.is_some() && auth_id == text(&token, "contract_id")
    })
}

/// Whether `location` is where the place of the session came from.
fn is_place_of_2_1_1(members: &RawObject) -> bool {
    let location: Option<RawObject> = members.read("location").ok().flatten();
    let id = location.and_then(|location| text(&location, "id"));
    id.is_some() && id == text(members, "location_id")
}

fn text(members: &RawObject, name: &'static str) -> Option<String> {
    members.read(name).ok().flatten()
}

/// Names no place whose id only 2.1.1 can say.
fn without_long_ids<'a>(session: &Session, mut members: Cow<'a, RawObject>) -> Cow<'a, RawObject> {
    let evse_uid = session.evse_uid().map_or("", |uid| uid.as_str());
    for (name, id) in PLACE
        .into_iter()
        .zip([session.location_id().as_str(), evse_uid])
    {
        if !ids::is_short(id) {
            tracing::info!(session = %session.key(), name, id, "too long for this version");
            members.to_mut().set_text(name, NOT_AVAILABLE);
        }
    }
    members
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn session(more: &Value) -> Session {
        let mut session = json!({
            "country_code": "NL", "party_id": "ALF", "id": "S1", "location_id": "LOC1",
            "evse_uid": "E1", "connector_id": "1", "start_date_time": "2020-03-09T10:17:09Z",
            "status": "ACTIVE", "last_updated": "2020-03-09T10:17:09Z", "x": {"auth_id": 1}
        });
        let members = session.as_object_mut().unwrap();
        members.extend(more.as_object().unwrap().clone());
        serde_json::from_value(session).unwrap()
    }

    fn cdr_token(uid: &str, contract_id: &str) -> Value {
        json!({"uid": uid, "type": "OTHER", "contract_id": contract_id})
    }

    fn written(session: &Session) -> Value {
        let mut out = Vec::new();
        write(&mut out, session);
        serde_json::from_slice(&out).unwrap()
    }

    /// Holds: M-11, T-63.
    #[test]
    fn what_only_2_1_1_has_is_left_out_and_everything_else_is_written() {
        let plain = session(&json!({}));
        assert_eq!(written(&plain), serde_json::to_value(&plain).unwrap());
        let token = cdr_token("#NA", "A");
        let of_2_1_1 = json!({"cdr_token": token, "auth_id": "A", "location": {"id": "LOC1"}});
        let plain = session(&json!({"cdr_token": token}));
        assert_eq!(written(&session(&of_2_1_1)), written(&plain));
    }

    /// Holds: T-63.
    #[test]
    fn what_a_later_version_has_under_a_name_of_2_1_1_is_written_back() {
        for more in [
            json!({"auth_id": "A"}),
            json!({"auth_id": "A", "cdr_token": cdr_token("CARD", "A")}),
            json!({"auth_id": "A", "cdr_token": cdr_token("#NA", "B")}),
            json!({"auth_id": {}, "cdr_token": cdr_token("#NA", "A")}),
            json!({"location": {"id": "LOC2"}}),
            json!({"location": {}}),
            json!({"location": "LOC1"}),
        ] {
            let session = session(&more);
            assert_eq!(written(&session), serde_json::to_value(&session).unwrap());
        }
    }

    /// Holds: M-09, T-72.
    #[test]
    fn an_id_that_only_2_1_1_can_say_is_refused_and_is_not_written() {
        let long = "i".repeat(37);
        for name in PLACE {
            let body = json!({name: long}).to_string();
            assert!(read(body.as_bytes()).is_err(), "{name}");
            let written = written(&session(&json!({name: long})));
            assert_eq!(written[name], NOT_AVAILABLE);
        }
    }
}
