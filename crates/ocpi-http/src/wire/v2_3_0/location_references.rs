//! The place of an authorize request.

use ocpi_domain::{EvseUid, LocationId, LocationReferences};
use serde::Deserialize;

use crate::failure::Failure;
use crate::json;

/// What peers send: the object itself, or the object wrapped in one.
#[derive(Deserialize)]
struct Sent {
    location_id: Option<LocationId>,
    evse_uids: Option<Vec<EvseUid>>,
    location_references: Option<Box<Sent>>,
}

/// Reads the place; `None` when none is named.
pub(super) fn read(body: &[u8]) -> Result<Option<LocationReferences>, Failure> {
    if matches!(json::trimmed(body), b"" | b"null") {
        return Ok(None);
    }
    let sent: Sent = json::read(body)?;
    let sent = match sent {
        Sent {
            location_id: None,
            location_references: Some(inner),
            ..
        } => *inner,
        sent => sent,
    };
    let evse_uids = sent.evse_uids.unwrap_or_default();
    match sent.location_id {
        Some(location_id) => Ok(Some(LocationReferences {
            location_id,
            evse_uids,
        })),
        None if evse_uids.is_empty() => Ok(None),
        None => Err(Failure::Invalid(
            "`location_id`: required, but missing".to_owned(),
        )),
    }
}
