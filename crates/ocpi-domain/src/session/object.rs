//! The session itself.

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::{CdrToken, SessionId, SessionKey, SessionStatus};
use crate::authorization::AuthorizationReference;
use crate::error::InvalidField;
use crate::json::RawObject;
use crate::location::{EvseUid, LocationId};
use crate::party::Party;
use crate::text::NOT_AVAILABLE;
use crate::time::DateTime;

/// A session as OCPI 2.3.0 sends it. What an authorization needs is read; every other member is
/// kept and sent back letter for letter, and is never a reason to refuse.
///
/// It is made by reading JSON, and changed by [`patched`](Session::patched), so that what is read
/// and what is kept do not part.
///
/// Spec: 2.3.0 `mod_sessions`, Session object.
///
/// ```
/// use ocpi_domain::Session;
/// let text = r#"{"country_code":"NL","party_id":"ALF","id":"S1","status":"ACTIVE","kwh":0.10,
///     "start_date_time":"2026-01-01T00:00:00Z","location_id":"LOC1","evse_uid":"E1",
///     "cdr_token":{"uid":"CARD","type":"RFID"},"last_updated":"2026-01-01T00:00:00Z"}"#;
/// let session: Session = serde_json::from_str(text)?;
/// let ended = session.patched(serde_json::from_str(
///     r#"{"status":"COMPLETED","last_updated":"2026-01-01T01:00:00Z"}"#,
/// )?)?;
/// assert!(serde_json::to_string(&ended)?.contains(r#""kwh":0.10"#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    party: Party,
    id: SessionId,
    start: DateTime,
    end: Option<DateTime>,
    cdr_token: Option<CdrToken>,
    authorization_reference: Option<AuthorizationReference>,
    location_id: LocationId,
    evse_uid: Option<EvseUid>,
    status: SessionStatus,
    last_updated: DateTime,
    /// All of it, the members above included: that is what is sent back.
    members: RawObject,
}

/// The members without which nothing can be done. `cdr_token` is required of everybody but
/// platforms that speak the tutorial's dialect, so not here.
const REQUIRED: [&str; 8] = [
    "country_code",
    "party_id",
    "id",
    "start_date_time",
    "location_id",
    "evse_uid",
    "status",
    "last_updated",
];

/// The member that a PATCH appends to.
const CHARGING_PERIODS: &str = "charging_periods";

impl Session {
    /// The CPO: `country_code` and `party_id`.
    pub fn party(&self) -> Party {
        self.party
    }

    /// The id within the CPO.
    pub fn id(&self) -> &SessionId {
        &self.id
    }

    /// What identifies this session.
    pub fn key(&self) -> SessionKey {
        SessionKey {
            party: self.party,
            id: self.id.clone(),
        }
    }

    /// When it began: `start_date_time`.
    pub fn start(&self) -> DateTime {
        self.start
    }

    /// When it ended: `end_date_time`. A session that has one is over, whatever its status.
    pub fn end(&self) -> Option<DateTime> {
        self.end
    }

    /// The Token; absent in the tutorial's dialect only.
    pub fn cdr_token(&self) -> Option<&CdrToken> {
        self.cdr_token.as_ref()
    }

    /// The eMSP's answer that it began with, when the CPO says it; `None` for what is no reference,
    /// which is kept all the same.
    pub fn authorization_reference(&self) -> Option<&AuthorizationReference> {
        self.authorization_reference.as_ref()
    }

    /// The Location.
    pub fn location_id(&self) -> &LocationId {
        &self.location_id
    }

    /// The EVSE; `None` when it is `#NA`, as in a reservation.
    pub fn evse_uid(&self) -> Option<&EvseUid> {
        self.evse_uid.as_ref()
    }

    /// Where it stands, in the words of the CPO.
    pub fn status(&self) -> SessionStatus {
        self.status
    }

    /// When it changed last at its CPO.
    pub fn last_updated(&self) -> DateTime {
        self.last_updated
    }

    /// Every member, as it is sent back.
    pub fn members(&self) -> &RawObject {
        &self.members
    }

    /// Whether both are the same to the letter.
    pub fn is_identical(&self, other: &Session) -> bool {
        self.members == other.members
    }

    /// This session with the members of a PATCH: a list of `charging_periods` is appended, every other
    /// member is replaced, and those that were not sent stay.
    ///
    /// Spec: 2.3.0 `mod_sessions`, PATCH method.
    ///
    /// # Errors
    ///
    /// [`InvalidField`] when `country_code`, `party_id` or `id` would become another, and when a
    /// member that is read breaks its rule.
    pub fn patched(&self, mut patch: RawObject) -> Result<Session, InvalidField> {
        let differs =
            |name| InvalidField::new(name, "differs from the session that the URL addresses");
        let country_code = patch.read("country_code")?;
        if country_code.is_some_and(|code| self.party.country_code != code) {
            return Err(differs("country_code"));
        }
        let party_id = patch.read("party_id")?;
        if party_id.is_some_and(|id| self.party.party_id != id) {
            return Err(differs("party_id"));
        }
        if patch.read("id")?.is_some_and(|id: SessionId| self.id != id) {
            return Err(differs("id"));
        }
        let mut members = self.members.clone();
        if let Some(added) = patch.take(CHARGING_PERIODS) {
            // What is no list adds nothing; a session is not refused for it.
            if added.get().starts_with('[') && !is_empty(&added) {
                let all = appended(members.get(CHARGING_PERIODS), added);
                members.set(CHARGING_PERIODS, all);
            }
        }
        members.merge(patch);
        Session::try_from(members)
    }
}

/// Whether it is a list without an item.
fn is_empty(value: &RawValue) -> bool {
    let inside = value.get().strip_prefix('[');
    inside.is_some_and(|inside| inside.trim_start().starts_with(']'))
}

/// The list with what was added; what was stored and is no list is replaced.
fn appended(list: Option<&RawValue>, added: Box<RawValue>) -> Box<RawValue> {
    let inside = |value: &RawValue| {
        let text = value.get().strip_prefix('[')?.strip_suffix(']')?;
        Some(text.to_owned())
    };
    let list = list.filter(|list| !is_empty(list));
    let (Some(before), Some(after)) = (list.and_then(inside), inside(&added)) else {
        return added;
    };
    RawValue::from_string(format!("[{before},{after}]")).unwrap_or(added)
}

impl TryFrom<RawObject> for Session {
    type Error = InvalidField;

    fn try_from(mut members: RawObject) -> Result<Session, InvalidField> {
        members.require_all(&REQUIRED)?;
        let status: String = members.require("status")?;
        let status = SessionStatus::read(&status)
            .map_err(|error| InvalidField::new("status", error.to_string()))?;
        let session = Session {
            party: Party {
                country_code: members.require("country_code")?,
                party_id: members.require("party_id")?,
            },
            id: members.require("id")?,
            start: members.require("start_date_time")?,
            end: members.read("end_date_time")?,
            cdr_token: CdrToken::of(&members)?,
            // What is no reference is none of ours; a session is not refused for it.
            authorization_reference: members.read("authorization_reference").unwrap_or_default(),
            location_id: members.require("location_id")?,
            evse_uid: match text(&members, "evse_uid")?.as_deref() {
                Some(NOT_AVAILABLE) => None,
                _ => members.read("evse_uid")?,
            },
            status,
            last_updated: members.require("last_updated")?,
            members: RawObject::default(),
        };
        // Sent back as the specification writes them.
        members.set_text("status", status.as_str());
        members.set_text("start_date_time", &session.start.to_string());
        if let Some(end) = session.end {
            members.set_text("end_date_time", &end.to_string());
        }
        members.set_text("last_updated", &session.last_updated.to_string());
        Ok(Session { members, ..session })
    }
}

fn text(members: &RawObject, name: &'static str) -> Result<Option<String>, InvalidField> {
    members.read(name)
}

impl Serialize for Session {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.members.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Session {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Session, D::Error> {
        let members = RawObject::deserialize(deserializer)?;
        Session::try_from(members).map_err(D::Error::custom)
    }
}
