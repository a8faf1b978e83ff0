//! The place of an authorize request.
//!
//! Spec: 2.3.0 and 2.1.1 `mod_tokens`, `LocationReferences`.

use std::collections::BTreeMap;

use ocpi_domain::{ConnectorId, EvseUid, LocationId, LocationReferences};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::value::RawValue;

use super::object::{ObjectWriter, write_list, write_text};
use super::{SentPlace, ids};
use crate::failure::Failure;
use crate::json;

/// What peers send: the object itself, or the object wrapped in one.
#[derive(Deserialize)]
struct Sent<C> {
    location_id: Option<LocationId>,
    evse_uids: Option<Vec<EvseUid>>,
    connector_ids: Option<C>,
    location_references: Option<Box<RawValue>>,
}

/// What a version makes of `connector_ids`.
pub(super) trait SentConnectors: DeserializeOwned {
    fn ids(self) -> Vec<ConnectorId>;
}

/// 2.2.1 and 2.3.0: they do not exist.
impl SentConnectors for IgnoredAny {
    fn ids(self) -> Vec<ConnectorId> {
        Vec::new()
    }
}

/// 2.1.1.
impl SentConnectors for Vec<ConnectorId> {
    fn ids(self) -> Vec<ConnectorId> {
        self
    }
}

/// Reads the place, by ids of at most `id_max` characters; `None` when none is named.
pub(super) fn read<C: SentConnectors>(
    body: &[u8],
    id_max: usize,
) -> Result<Option<SentPlace>, Failure> {
    if matches!(json::trimmed(body), b"" | b"null") {
        return Ok(None);
    }
    match json::read(body)? {
        Sent {
            location_id: None,
            location_references: Some(wrapped),
            ..
        } => {
            let wrapped = wrapped.get().as_bytes();
            place::<C>(json::read(wrapped)?, wrapped, id_max)
        }
        sent => place::<C>(sent, body, id_max),
    }
}

/// The place that was sent. An object that says something, but not where, is no question without
/// a place: a name that is spelt wrongly must not widen an answer.
fn place<C: SentConnectors>(
    sent: Sent<C>,
    body: &[u8],
    id_max: usize,
) -> Result<Option<SentPlace>, Failure> {
    let evse_uids = sent.evse_uids.unwrap_or_default();
    let Some(location_id) = sent.location_id else {
        return if says_nothing(body) {
            Ok(None)
        } else {
            let text = "`location_id`: required, but missing";
            Err(Failure::Invalid(text.to_owned()))
        };
    };
    ids::check("location_id", location_id.as_str(), id_max)?;
    for evse in &evse_uids {
        ids::check("evse_uids", evse.as_str(), id_max)?;
    }
    Ok(Some(SentPlace {
        place: LocationReferences {
            location_id,
            evse_uids,
        },
        connector_ids: sent.connector_ids.map(C::ids).unwrap_or_default(),
    }))
}

/// Whether every member is `null`, or there is none.
fn says_nothing(body: &[u8]) -> bool {
    json::read::<BTreeMap<String, Option<IgnoredAny>>>(body)
        .is_ok_and(|members| members.values().all(Option::is_none))
}

/// Writes a place; the list of EVSEs always, since strict clients require it.
pub(super) fn write<'a>(
    out: &mut Vec<u8>,
    location_id: &LocationId,
    evse_uids: impl IntoIterator<Item = &'a EvseUid>,
    connector_ids: Option<&[ConnectorId]>,
) {
    let mut object = ObjectWriter::begin(out);
    object.text("location_id", location_id.as_str());
    object.with("evse_uids", |out| {
        write_list(out, evse_uids, |out, evse| write_text(out, evse.as_str()));
    });
    if let Some(connector_ids) = connector_ids {
        object.with("connector_ids", |out| {
            write_list(out, connector_ids, |out, id| write_text(out, id.as_str()));
        });
    }
    object.end();
}

/// Writes a place as 2.2.1 and 2.3.0 do: an EVSE whose uid is longer than they grant is left out,
/// as long as another is left, for no EVSE at all is every EVSE.
pub(super) fn write_short<'a>(
    out: &mut Vec<u8>,
    place: &'a LocationReferences,
    connector_ids: Option<&[ConnectorId]>,
) {
    let LocationReferences {
        location_id,
        evse_uids,
    } = place;
    let is_short = |evse: &&'a EvseUid| ids::is_short(evse.as_str());
    if evse_uids.iter().any(|evse| is_short(&evse)) {
        let short = evse_uids.iter().filter(is_short);
        write(out, location_id, short, connector_ids);
    } else {
        write(out, location_id, evse_uids, connector_ids);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read_as<C: SentConnectors>(
        body: &Value,
        id_max: usize,
    ) -> Result<Option<SentPlace>, String> {
        let read = read::<C>(body.to_string().as_bytes(), id_max);
        read.map_err(|failure| failure.to_string())
    }

    fn read_new(body: &Value) -> Result<Option<SentPlace>, String> {
        read_as::<IgnoredAny>(body, ids::MAX)
    }

    fn read_old(body: &Value) -> Result<Option<SentPlace>, String> {
        read_as::<Vec<ConnectorId>>(body, ids::MAX_OF_2_1_1)
    }

    /// Holds: D-03, D-16, M-08, E-25.
    #[test]
    fn connectors_are_those_of_2_1_1_and_unknown_to_others() {
        let body = json!({"location_id": "LOC1", "evse_uids": ["E1"], "connector_ids": ["1", "2"]});
        let connectors = |read: Result<Option<SentPlace>, String>| {
            let connectors = read.unwrap().unwrap().connector_ids;
            connectors
                .iter()
                .map(|id| id.as_str().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(connectors(read_old(&body)), ["1", "2"]);
        assert!(connectors(read_new(&body)).is_empty());
        let wrapped = json!({"location_references": body});
        assert_eq!(connectors(read_old(&wrapped)), ["1", "2"]);
        for wrong in [json!("1"), json!(["c".repeat(37)]), json!([1])] {
            let body = json!({"location_id": "LOC1", "connector_ids": wrong});
            assert!(read_old(&body).is_err(), "{wrong}");
            assert!(read_new(&body).is_ok(), "{wrong}");
        }
    }

    /// Holds: M-09, D-03, D-16.
    #[test]
    fn an_id_may_have_as_many_characters_as_its_version_grants() {
        for (length, is_old, is_new) in [(36, true, true), (39, true, false), (40, false, false)] {
            let id = "i".repeat(length);
            for body in [
                json!({"location_id": id}),
                json!({"location_id": "LOC1", "evse_uids": ["E1", id]}),
                json!({"location_references": {"location_id": id}}),
            ] {
                assert_eq!(read_old(&body).is_ok(), is_old, "{body}");
                assert_eq!(read_new(&body).is_ok(), is_new, "{body}");
            }
        }
    }

    /// Holds: M-09, E-22.
    #[test]
    fn an_evse_of_a_long_uid_is_left_out_unless_that_would_mean_every_evse() {
        let long = "e".repeat(37);
        for (evses, expected) in [
            (json!([]), json!([])),
            (json!(["E1", "E2"]), json!(["E1", "E2"])),
            (json!([long, "E2"]), json!(["E2"])),
            (json!([long]), json!([long])),
        ] {
            let place = json!({"location_id": "LOC1", "evse_uids": evses});
            let place: LocationReferences = serde_json::from_value(place).unwrap();
            let mut out = Vec::new();
            write_short(&mut out, &place, None);
            let written: Value = serde_json::from_slice(&out).unwrap();
            assert_eq!(
                written,
                json!({"location_id": "LOC1", "evse_uids": expected})
            );
        }
    }
}
