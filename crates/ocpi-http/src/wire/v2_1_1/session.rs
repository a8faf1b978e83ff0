//! A session as 2.1.1 reads and writes it.
//!
//! It names a contract where later versions name a Token, and holds the whole place where they
//! have ids. What they cannot say stays with the session, and is written back in 2.1.1 only.
//!
//! Spec: 2.1.1 `mod_sessions`, Session object.

use ocpi_domain::json::RawObject;
use ocpi_domain::text::NOT_AVAILABLE;
use ocpi_domain::{
    AuthMethod, CiString, DateTime, InvalidField, Party, Session, SessionStatus, TokenType,
};
use serde::Serialize;
use serde_json::value::RawValue;

use super::set_owner;
use crate::failure::Failure;
use crate::json;
use crate::wire::object::write_json;
use crate::wire::{cut_to_second, price};

const AUTH_ID: &str = "auth_id";
const LOCATION: &str = "location";
const CDR_TOKEN: &str = "cdr_token";
const TOTAL_COST: &str = "total_cost";
const STATUS: &str = "status";
const AUTH_METHOD: &str = "auth_method";
const CHARGING_PERIODS: &str = "charging_periods";

/// Moments, and what 2.3.0 calls them.
const MOMENTS: [(&str, &str); 3] = [
    ("start_datetime", "start_date_time"),
    ("end_datetime", "end_date_time"),
    ("last_updated", "last_updated"),
];

/// Members of 2.3.0 that 2.1.1 does not have, or calls otherwise.
const NOT_IN_2_1_1: [&str; 9] = [
    "country_code",
    "party_id",
    "start_date_time",
    "end_date_time",
    CDR_TOKEN,
    "authorization_reference",
    "location_id",
    "evse_uid",
    "connector_id",
];

/// Reads a session of `owner`, as far as it was sent, into the members of 2.3.0.
pub(super) fn read(body: &[u8], owner: Party) -> Result<RawObject, Failure> {
    let mut members: RawObject = json::read(body)?;
    for name in NOT_IN_2_1_1 {
        members.take(name);
    }
    require_status(&members)?;
    for (old, new) in MOMENTS {
        if let Some(moment) = members.take(old) {
            members.set(new, moment);
        }
    }
    if let Some(auth_id) = members.read::<CiString<36>>(AUTH_ID)? {
        members.set(CDR_TOKEN, token_of_contract(&auth_id));
    }
    if let Some(location) = members.get(LOCATION) {
        let place = place_of(location)?;
        members.set("location_id", place.location_id);
        members.set("evse_uid", place.evse_uid);
        members.set("connector_id", place.connector_id);
    }
    if let Some(cost) = members.get(TOTAL_COST).and_then(price::from_2_1_1) {
        members.set(TOTAL_COST, cost);
    }
    set_owner(&mut members, owner);
    Ok(members)
}

/// Refuses a status that 2.1.1 does not have. What is no status at all has its own answer.
fn require_status(members: &RawObject) -> Result<(), InvalidField> {
    let status: Option<String> = members.read(STATUS).unwrap_or_default();
    if matches!(status.as_deref(), Some("RESERVATION" | "RESERVED")) {
        let reason = "must be one of ACTIVE, COMPLETED, INVALID, PENDING";
        return Err(InvalidField::new(STATUS, reason));
    }
    Ok(())
}

/// The Token of a contract, as far as a session of 2.1.1 says which: not its uid, not its type.
fn token_of_contract(contract_id: &CiString<36>) -> Box<RawValue> {
    let mut token = RawObject::default();
    token.set_text("uid", NOT_AVAILABLE);
    token.set_text("type", TokenType::Other.as_str());
    token.set_text("contract_id", contract_id.as_str());
    raw(&token)
}

/// The ids of a place.
struct Place {
    location_id: Box<RawValue>,
    evse_uid: Box<RawValue>,
    connector_id: Box<RawValue>,
}

/// The ids of the Location, of its only EVSE, and of that one's only connector. Some platforms send
/// none, or many: then nobody knows which it is.
fn place_of(location: &RawValue) -> Result<Place, InvalidField> {
    let members: RawObject = serde_json::from_str(location.get())
        .map_err(|_| InvalidField::new(LOCATION, "must be a Location object"))?;
    let location_id = members
        .get("id")
        .ok_or_else(|| InvalidField::new("location.id", "required, but missing"))?;
    let evse = only(&members, "evses");
    let connector = evse.as_ref().and_then(|evse| only(evse, "connectors"));
    let place = Place {
        location_id: location_id.to_owned(),
        evse_uid: text_or_not_available(evse.as_ref(), "uid"),
        connector_id: text_or_not_available(connector.as_ref(), "id"),
    };
    if evse.is_none() {
        tracing::info!(
            location = location_id.get(),
            "a session that names no EVSE, or several"
        );
    }
    Ok(place)
}

/// The only object of a list.
fn only(members: &RawObject, list: &'static str) -> Option<RawObject> {
    let objects: Vec<RawObject> = members.read(list).ok()??;
    let [only] = <[RawObject; 1]>::try_from(objects).ok()?;
    Some(only)
}

/// The text of that name; what is not there is said not to be known.
fn text_or_not_available(members: Option<&RawObject>, name: &'static str) -> Box<RawValue> {
    let text = members.and_then(|members| members.read::<String>(name).ok()?);
    raw(&text.as_deref().unwrap_or(NOT_AVAILABLE))
}

/// Writes a session. Whatever names a Token but its contract is lost, and of the place whatever but
/// ids was never sent.
pub(super) fn write(out: &mut Vec<u8>, session: &Session) {
    let mut members = session.members().clone();
    if let Some(contract_id) = contract_of(&members) {
        members.set(AUTH_ID, contract_id);
    }
    if !is_at(session, &members) {
        members.set(LOCATION, location_of_ids(&members));
    }
    for (old, new) in MOMENTS {
        let moment = members.read::<DateTime>(new).ok().flatten();
        members.take(new);
        if let Some(moment) = moment {
            members.set_text(old, &cut_to_second(moment).to_string());
        }
    }
    if let Some(periods) = members.get(CHARGING_PERIODS).and_then(cut_periods) {
        members.set(CHARGING_PERIODS, periods);
    }
    members.set_text(STATUS, shown_status(session.status()).as_str());
    if let Ok(Some(method)) = members.read::<AuthMethod>(AUTH_METHOD) {
        members.set_text(AUTH_METHOD, shown_auth_method(method).as_str());
    }
    if let Some(cost) = members.get(TOTAL_COST).and_then(price::to_2_1_1) {
        members.set(TOTAL_COST, cost);
    }
    for name in NOT_IN_2_1_1 {
        members.take(name);
    }
    write_json(out, &members);
}

/// The periods with moments of 2.1.1, which has no fractions; `None` when they have them already,
/// or are none.
fn cut_periods(periods: &RawValue) -> Option<Box<RawValue>> {
    let mut periods: Vec<Box<RawValue>> = serde_json::from_str(periods.get()).ok()?;
    let mut is_cut = false;
    for period in &mut periods {
        if let Some(cut) = cut_period(period) {
            *period = cut;
            is_cut = true;
        }
    }
    is_cut.then(|| raw(&periods))
}

fn cut_period(period: &RawValue) -> Option<Box<RawValue>> {
    const START: &str = "start_date_time";
    let mut members: RawObject = serde_json::from_str(period.get()).ok()?;
    let start: String = members.read(START).ok()??;
    let moment: DateTime = start.parse().ok().filter(|_| start.contains('.'))?;
    members.set_text(START, &cut_to_second(moment).to_string());
    Some(raw(&members))
}

/// The contract of the Token.
fn contract_of(members: &RawObject) -> Option<Box<RawValue>> {
    let mut token: RawObject = members.read(CDR_TOKEN).ok()??;
    token.take("contract_id")
}

/// Whether the place that was kept is where the session is: a later version may have moved it.
fn is_at(session: &Session, members: &RawObject) -> bool {
    let kept = members.get(LOCATION).and_then(|kept| place_of(kept).ok());
    let same = |id: &RawValue, name| {
        let id: Option<String> = serde_json::from_str(id.get()).ok();
        id.is_some() && id == members.read(name).ok().flatten()
    };
    kept.is_some_and(|kept| {
        serde_json::from_str(kept.location_id.get()).ok().as_ref() == Some(session.location_id())
            && same(&kept.evse_uid, "evse_uid")
            && same(&kept.connector_id, "connector_id")
    })
}

/// A Location that holds nothing but the ids of the place.
fn location_of_ids(members: &RawObject) -> Box<RawValue> {
    let known = |name| {
        let id: Option<String> = members.read(name).ok().flatten();
        id.filter(|id| id != NOT_AVAILABLE)
    };
    let mut location = RawObject::default();
    if let Some(id) = known("location_id") {
        location.set_text("id", &id);
    }
    if let Some(uid) = known("evse_uid") {
        let mut evse = RawObject::default();
        evse.set_text("uid", &uid);
        if let Some(id) = known("connector_id") {
            let mut connector = RawObject::default();
            connector.set_text("id", &id);
            evse.set("connectors", raw(&[connector]));
        }
        location.set("evses", raw(&[evse]));
    }
    raw(&location)
}

/// The status in the words of 2.1.1, which has no reservations among the sessions.
fn shown_status(status: SessionStatus) -> SessionStatus {
    match status {
        SessionStatus::Reservation => SessionStatus::Pending,
        status => status,
    }
}

/// The method in the words of 2.1.1, where a command of the eMSP is its authorization.
fn shown_auth_method(method: AuthMethod) -> AuthMethod {
    match method {
        AuthMethod::Command => AuthMethod::AuthRequest,
        method => method,
    }
}

fn raw(value: &impl Serialize) -> Box<RawValue> {
    // Our own objects always serialise.
    serde_json::value::to_raw_value(value).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

#[cfg(test)]
mod tests;
