//! A Location, an EVSE or a connector as 2.3.0 reads and writes it.

use ocpi_app::LocationObject;
use ocpi_domain::Location;
use ocpi_domain::json::RawObject;

use crate::failure::Failure;
use crate::json;
use crate::wire::ids;
use crate::wire::object::write_json;

/// Reads the object: the members of the domain.
pub(in crate::wire) fn read(body: &[u8]) -> Result<RawObject, Failure> {
    let members = json::read(body)?;
    ids::check_members(&members, &["id", "uid"])?;
    ids::check_evses(&members)?;
    Ok(members)
}

/// Writes the object: the JSON of the domain, which is what its CPO sent.
pub(in crate::wire) fn write(out: &mut Vec<u8>, object: &LocationObject) {
    match object {
        LocationObject::Location(location) => write_location(out, location),
        LocationObject::Evse(evse) => write_json(out, evse),
        LocationObject::Connector(connector) => write_json(out, connector),
    }
}

fn write_location(out: &mut Vec<u8>, location: &Location) {
    match without_long_evses(location) {
        Some(members) => write_json(out, &members),
        None => write_json(out, location),
    }
}

/// The Location without the EVSEs whose uid only 2.1.1 can say, when it has such.
fn without_long_evses(location: &Location) -> Option<RawObject> {
    let known = location.known_evses().0;
    let is_short = |place: &usize| {
        let evse = known.get(*place);
        evse.is_some_and(|evse| ids::is_short(evse.uid.as_str()))
    };
    if (0..known.len()).all(|place| is_short(&place)) {
        return None;
    }
    let text = serde_json::to_string(location).ok()?;
    let mut members: RawObject = serde_json::from_str(&text).ok()?;
    let evses: Vec<RawObject> = members.read("evses").ok()??;
    let all = evses.len();
    let short = evses.into_iter().enumerate();
    let short = short.filter(|(place, _)| is_short(place));
    let short: Vec<RawObject> = short.map(|(_, evse)| evse).collect();
    let left_out = all - short.len();
    tracing::info!(location = %location.key(), left_out, "EVSEs of ids too long for this version");
    members.take("evses");
    if !short.is_empty() {
        members.set("evses", serde_json::value::to_raw_value(&short).ok()?);
    }
    Some(members)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn evse(uid: &str) -> Value {
        json!({"uid": uid, "last_updated": "2020-01-01T00:00:00Z"})
    }

    fn location(evses: &[&str]) -> Value {
        let evses: Vec<_> = evses.iter().map(|uid| evse(uid)).collect();
        json!({
            "country_code": "NL", "party_id": "ALF", "id": "LOC1", "name": "x",
            "last_updated": "2020-01-01T00:00:00Z", "evses": evses
        })
    }

    /// Holds: M-09, D-15, D-16.
    #[test]
    fn an_id_that_only_2_1_1_can_say_is_refused() {
        let (short, long) = ("i".repeat(36), "i".repeat(37));
        let with_id = |id: &str| json!({"id": id});
        for (body, is_read) in [
            (with_id(&short), true),
            (with_id(&long), false),
            (evse(&short), true),
            (evse(&long), false),
            (location(&["E1", &short]), true),
            (location(&["E1", &long]), false),
            (json!({"evses": "none", "id": 1}), true),
        ] {
            assert_eq!(read(body.to_string().as_bytes()).is_ok(), is_read, "{body}");
        }
    }

    /// Holds: M-09, T-63.
    #[test]
    fn an_evse_that_only_2_1_1_can_name_is_left_out() {
        let long = "i".repeat(39);
        for (evses, expected) in [
            (&["E1", "E2"][..], location(&["E1", "E2"])),
            (&["E1", &long], location(&["E1"])),
            (&[&long], {
                let mut none = location(&[]);
                none.as_object_mut().unwrap().remove("evses");
                none
            }),
        ] {
            let location: Location = serde_json::from_value(location(evses)).unwrap();
            let mut out = Vec::new();
            write_location(&mut out, &location);
            let written: Value = serde_json::from_slice(&out).unwrap();
            assert_eq!(written, expected);
        }
    }
}
