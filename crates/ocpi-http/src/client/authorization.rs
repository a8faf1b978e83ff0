//! The answer of an eMSP to "may this Token charge here?". Only `allowed` is needed.
//!
//! Spec: 2.3.0 `mod_tokens`, `AuthorizationInfo`.

use ocpi_domain::{
    AllowedType, AuthorizationStatus, DisplayText, EvseUid, LocationId, LocationReferences, Party,
    Token,
};
use ocpi_ports::{RemoteAuthorization, RemoteError};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::answer::{Success, elements_and_nulls, is_object};
use crate::wire::WireVersion;

#[derive(Deserialize)]
struct Info<'a> {
    #[serde(borrow)]
    allowed: Option<&'a RawValue>,
    #[serde(borrow)]
    status: Option<&'a RawValue>,
    #[serde(borrow)]
    token: Option<&'a RawValue>,
    #[serde(borrow)]
    location: Option<&'a RawValue>,
    #[serde(borrow)]
    authorization_reference: Option<&'a RawValue>,
    /// What some call the reference.
    #[serde(borrow)]
    authorization_id: Option<&'a RawValue>,
    #[serde(borrow)]
    info: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Place<'a> {
    #[serde(borrow)]
    location_id: Option<&'a RawValue>,
    #[serde(borrow)]
    evse_uids: Option<&'a RawValue>,
}

/// Reads the answer to a question that named the place `asked`.
///
/// # Errors
///
/// [`RemoteError::Unreadable`] when `allowed` or the `status_code` is missing.
pub(super) fn read<V: WireVersion>(
    success: &Success<'_>,
    asked: Option<&LocationReferences>,
) -> Result<RemoteAuthorization, RemoteError> {
    success.require_code()?;
    let info: Info<'_> = success.read(success.object()?)?;
    let word: Option<String> = info.allowed.and_then(field);
    let word = word.ok_or_else(|| success.unreadable("`allowed` is missing, or is no text"))?;
    let mut allowed = word.parse().unwrap_or_else(|error| {
        // A word that we do not know is no leave.
        success.log_skipped(&format!("`allowed`: {error}"));
        AllowedType::NotAllowed
    });
    let location = match info.location.map(|place| read_place(place, asked)) {
        None | Some(Ok(None)) => None,
        Some(Ok(location)) => location,
        Some(Err(reason)) => {
            success.log_skipped(reason);
            if allowed == AllowedType::Allowed {
                // It may charge somewhere, but not where we could name it.
                allowed = AllowedType::NotAllowed;
            }
            None
        }
    };
    let reference = info.authorization_reference.and_then(field);
    Ok(RemoteAuthorization {
        allowed,
        // Another word than ours says nothing: OCPI has no such field.
        status: info.status.and_then(field::<AuthorizationStatus>),
        location,
        authorization_reference: reference.or_else(|| info.authorization_id.and_then(field)),
        info: info.info.and_then(field::<DisplayText>),
        token: info.token.and_then(read_token::<V>).map(Box::new),
    })
}

/// The place, when one is named. Without an id it is the one that was asked for; a text is an id.
///
/// # Errors
///
/// When it cannot be told which place it is: there are several, or what names it cannot be read.
/// And when it is restricted to EVSEs of which none can be read: no list would mean all of them.
/// `null` where an EVSE is due restricts it too.
fn read_place(
    raw: &RawValue,
    asked: Option<&LocationReferences>,
) -> Result<Option<LocationReferences>, &'static str> {
    let place = match elements_and_nulls(raw).as_deref() {
        None => raw,
        Some([] | [None]) => return Ok(None),
        Some([Some(only)]) => only,
        Some(_) => return Err("`location`: there are several"),
    };
    if let Some(location_id) = field(place) {
        return Ok(Some(LocationReferences {
            location_id,
            evse_uids: Vec::new(),
        }));
    }
    let place: Place<'_> = object_field(place).ok_or("`location` cannot be read")?;
    let listed = place
        .evse_uids
        .map(|evses| elements_and_nulls(evses).unwrap_or_else(|| vec![Some(evses)]));
    let listed = listed.unwrap_or_default();
    let evse_uids: Vec<EvseUid> = listed.iter().copied().flatten().filter_map(field).collect();
    if evse_uids.is_empty() && !listed.is_empty() {
        return Err("`location`: no EVSE of `evse_uids` can be read");
    }
    let location_id: Option<LocationId> = match place.location_id {
        Some(named) => Some(field(named).ok_or("`location`: `location_id` cannot be read")?),
        None => asked.map(|asked| asked.location_id.clone()),
    };
    Ok(location_id.map(|location_id| LocationReferences {
        location_id,
        evse_uids,
    }))
}

/// The Token, when it is whole. Its owner is in it, but for 2.1.1, which sends none.
fn read_token<V: WireVersion>(raw: &RawValue) -> Option<Token> {
    let owner: Party = object_field(raw)?;
    let patch = V::read_token(raw.get().as_bytes(), owner).ok()?;
    Token::try_from(patch).ok()
}

/// A field of the answer, when it is what it should be.
fn field<T: DeserializeOwned>(raw: &RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}

fn object_field<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    is_object(raw).then(|| serde_json::from_str(raw.get()).ok())?
}
