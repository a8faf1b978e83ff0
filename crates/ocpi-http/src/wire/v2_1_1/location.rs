//! A Location, an EVSE or a connector as 2.1.1 reads and writes it: the owner of a Location is
//! only in its URL.
//!
//! Spec: 2.1.1 `mod_locations`.

use ocpi_app::LocationObject;
use ocpi_domain::json::RawObject;
use ocpi_domain::{DateTime, Party};
use serde::Serialize;

use super::set_owner;
use crate::failure::Failure;
use crate::json;
use crate::wire::cut_to_second;
use crate::wire::object::write_json;

/// Reads the object; a Location is one of `owner`.
pub(super) fn read(body: &[u8], owner: Option<Party>) -> Result<RawObject, Failure> {
    let mut members = json::read(body)?;
    if let Some(owner) = owner {
        set_owner(&mut members, owner);
    }
    Ok(members)
}

/// Writes the object.
pub(super) fn write(out: &mut Vec<u8>, object: &LocationObject) {
    match object {
        LocationObject::Location(location) => write_json(out, &of_2_1_1(&**location)),
        LocationObject::Evse(evse) => write_json(out, &of_2_1_1(evse)),
        LocationObject::Connector(connector) => write_json(out, &of_2_1_1(connector)),
    }
}

/// The members of the object, and of what is in it, that 2.1.1 has.
fn of_2_1_1(object: &impl Serialize) -> RawObject {
    // Our own types always serialise to objects.
    let members = serde_json::to_string(object).and_then(|text| serde_json::from_str(&text));
    let mut members: RawObject = members.unwrap_or_default();
    members.take("country_code");
    members.take("party_id");
    cut_moments(&mut members);
    members
}

/// Cuts `last_updated` to the second, here and in what is inside. Schedules, such as exceptional
/// opening hours, stay as their CPO sent them.
fn cut_moments(members: &mut RawObject) {
    if let Ok(Some(moment)) = members.read::<DateTime>("last_updated") {
        members.set_text("last_updated", &cut_to_second(moment).to_string());
    }
    for name in ["evses", "connectors"] {
        let Ok(Some(mut children)) = members.read::<Vec<RawObject>>(name) else {
            continue;
        };
        children.iter_mut().for_each(cut_moments);
        if let Ok(raw) = serde_json::value::to_raw_value(&children) {
            members.set(name, raw);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ocpi_domain::Location;
    use serde_json::{Value, json};

    use super::*;

    fn written(object: &LocationObject) -> Value {
        let mut out = Vec::new();
        write(&mut out, object);
        serde_json::from_slice(&out).unwrap()
    }

    /// Holds: M-09, D-15, L-03.
    #[test]
    fn a_location_is_of_the_party_of_its_url_and_a_part_of_it_of_none() {
        let owner = Party::new("NL", "ALF").unwrap();
        let id = "l".repeat(39);
        let body = json!({"id": id, "country_code": "XX", "last_updated": "2020-01-01T00:00:00Z"});
        let members = read(body.to_string().as_bytes(), Some(owner)).unwrap();
        let location = Location::try_from(members).unwrap();
        assert_eq!((location.party(), location.id().as_str()), (owner, &*id));
        let members = read(br#"{"uid": "E1"}"#, None).unwrap();
        assert_eq!(
            serde_json::to_value(&members).unwrap(),
            json!({"uid": "E1"})
        );
    }

    /// Holds: T-66, M-19.
    #[test]
    fn no_moment_of_a_location_or_of_what_is_in_it_has_a_fraction() {
        let moment = "2020-01-01T00:00:00.999Z";
        let location = json!({
            "country_code": "NL", "party_id": "ALF", "id": "LOC1", "last_updated": moment,
            "evses": [{
                "uid": "E1", "last_updated": moment,
                "connectors": [{"id": "1", "last_updated": moment}]
            }]
        });
        let location: Location = serde_json::from_value(location).unwrap();
        let evse = location.evse(&"E1".parse().unwrap()).unwrap().clone();
        let connector = evse.connector(&"1".parse().unwrap()).unwrap().clone();
        let cut = "2020-01-01T00:00:00Z";
        let of_connector = json!({"id": "1", "last_updated": cut});
        let of_evse = json!({"uid": "E1", "last_updated": cut, "connectors": [of_connector]});
        let of_location = json!({"id": "LOC1", "last_updated": cut, "evses": [of_evse]});
        for (object, expected) in [
            (LocationObject::Location(Arc::new(location)), of_location),
            (LocationObject::Evse(evse), of_evse),
            (LocationObject::Connector(connector), of_connector),
        ] {
            assert_eq!(written(&object), expected);
        }
    }
}
