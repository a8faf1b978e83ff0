//! What counts against `concurrent_sessions_max`, as the operator sees it.

use ocpi_domain::{
    AuthorizationReference, CountryCode, DateTime, EvseUid, LocationId, PartyId, PlatformId,
    SessionId, SessionKey, Slot, SlotUse, TokenKey, TokenType, TokenUid,
};
use serde::Serialize;

/// A slot: who holds it, where, and until when.
#[derive(Serialize)]
pub(super) struct ShownSlot<'a> {
    #[serde(flatten)]
    used_by: UsedBy<'a>,
    token: TokenName<'a>,
    platform: &'a PlatformId,
    #[serde(skip_serializing_if = "Option::is_none")]
    location_id: Option<&'a LocationId>,
    /// Only when it is one: an ALLOWED may be for several.
    #[serde(skip_serializing_if = "Option::is_none")]
    evse_uid: Option<&'a EvseUid>,
    until: DateTime,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum UsedBy<'a> {
    Session(SessionName<'a>),
    AuthorizationReference(&'a AuthorizationReference),
}

/// Which session.
#[derive(Serialize)]
struct SessionName<'a> {
    country_code: CountryCode,
    party_id: PartyId,
    id: &'a SessionId,
}

impl<'a> From<&'a SessionKey> for SessionName<'a> {
    fn from(key: &'a SessionKey) -> SessionName<'a> {
        SessionName {
            country_code: key.party.country_code,
            party_id: key.party.party_id,
            id: &key.id,
        }
    }
}

/// Which Token.
#[derive(Serialize)]
pub(super) struct TokenName<'a> {
    country_code: CountryCode,
    party_id: PartyId,
    uid: &'a TokenUid,
    #[serde(rename = "type")]
    token_type: &'a TokenType,
}

impl<'a> From<&'a TokenKey> for TokenName<'a> {
    fn from(key: &'a TokenKey) -> TokenName<'a> {
        TokenName {
            country_code: key.party.country_code,
            party_id: key.party.party_id,
            uid: &key.uid,
            token_type: &key.token_type,
        }
    }
}

impl<'a> From<&'a Slot> for ShownSlot<'a> {
    fn from(slot: &'a Slot) -> ShownSlot<'a> {
        let meant = slot.place.meant();
        ShownSlot {
            used_by: match &slot.used_by {
                SlotUse::Session(session) => UsedBy::Session(session.into()),
                SlotUse::Pending(reference) => UsedBy::AuthorizationReference(reference),
            },
            token: (&slot.holder.token).into(),
            platform: slot.place.platform(),
            location_id: meant.map(|place| &place.location_id),
            evse_uid: meant.and_then(|place| match place.evse_uids.as_slice() {
                [evse] => Some(evse),
                _ => None,
            }),
            until: slot.until,
        }
    }
}
