//! A session as 2.2.1 reads and writes it: 2.3.0 has another Price.

use std::borrow::Cow;

use ocpi_domain::Session;
use ocpi_domain::json::RawObject;

use crate::failure::Failure;
use crate::wire::object::write_json;
use crate::wire::{price, v2_3_0};

const TOTAL_COST: &str = "total_cost";

/// Reads a session.
pub(super) fn read(body: &[u8]) -> Result<RawObject, Failure> {
    let mut members = v2_3_0::session::read(body)?;
    if let Some(cost) = members.get(TOTAL_COST).and_then(price::from_2_2_1) {
        members.set(TOTAL_COST, cost);
    }
    Ok(members)
}

/// Writes a session.
pub(super) fn write(out: &mut Vec<u8>, session: &Session) {
    let mut members: Cow<'_, RawObject> = v2_3_0::session::shown(session);
    if let Some(cost) = members.get(TOTAL_COST).and_then(price::to_2_2_1) {
        members.to_mut().set(TOTAL_COST, cost);
    }
    write_json(out, &*members);
}
