//! The place of an authorize request.

use std::collections::BTreeMap;

use ocpi_domain::{EvseUid, LocationId, LocationReferences};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::failure::Failure;
use crate::json;

/// What peers send: the object itself, or the object wrapped in one.
#[derive(Deserialize)]
struct Sent {
    location_id: Option<LocationId>,
    evse_uids: Option<Vec<EvseUid>>,
    location_references: Option<Box<RawValue>>,
}

/// Reads the place; `None` when none is named.
pub(super) fn read(body: &[u8]) -> Result<Option<LocationReferences>, Failure> {
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
            place(json::read(wrapped)?, wrapped)
        }
        sent => place(sent, body),
    }
}

/// The place that was sent. An object that says something, but not where, is no question without
/// a place: a name that is spelt wrongly must not widen an answer.
fn place(sent: Sent, body: &[u8]) -> Result<Option<LocationReferences>, Failure> {
    let evse_uids = sent.evse_uids.unwrap_or_default();
    match sent.location_id {
        Some(location_id) => Ok(Some(LocationReferences {
            location_id,
            evse_uids,
        })),
        None if says_nothing(body) => Ok(None),
        None => Err(Failure::Invalid(
            "`location_id`: required, but missing".to_owned(),
        )),
    }
}

/// Whether every member is `null`, or there is none.
fn says_nothing(body: &[u8]) -> bool {
    json::read::<BTreeMap<String, Option<IgnoredAny>>>(body)
        .is_ok_and(|members| members.values().all(Option::is_none))
}
