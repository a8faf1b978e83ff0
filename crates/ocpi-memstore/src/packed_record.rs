//! A record as a few hundred bytes in one place.
//!
//! As an object a record is nine allocations, which a full ring would free one by one when they
//! have long left the processor's caches.

use std::error::Error;
use std::sync::Arc;

use ocpi_domain::{
    AllowedType, AuthorizationRecord, AuthorizationReference, AuthorizationStatus,
    ChargePointRecord, CiString, CountryCode, DateTime, EvseUid, LocationId, LocationReferences,
    MessageId, Party, PartyId, PlatformId, Rule,
};
use ocpi_ports::{RecordQuery, StorageError};
use serde::{Deserialize, Serialize};

/// Holds most records.
const USUAL_LEN: usize = 512;

/// What a record is found by. The texts are borrowed, so that looking at it copies nothing.
#[derive(Serialize, Deserialize)]
pub(crate) struct RecordHead<'a> {
    reference: &'a str,
    at_ms: i64,
    platform: &'a str,
    token_uid: &'a str,
    allowed: Option<AllowedType>,
}

/// What the bytes say. The head is first, so that it can be read alone.
#[derive(Serialize, Deserialize)]
struct PackedRecord<'a, P, C> {
    #[serde(borrow)]
    head: RecordHead<'a>,
    request_id: &'a str,
    correlation_id: &'a str,
    token_party: Option<(CountryCode, PartyId)>,
    token_type: &'a str,
    asked: Option<P>,
    allowed_location: AllowedLocation<P>,
    status: Option<AuthorizationStatus>,
    rule: Rule,
    latency_us: u64,
    charge_point: Option<C>,
}

/// Where it was allowed: mostly where it was asked for, which is not kept twice.
#[derive(Serialize, Deserialize)]
enum AllowedLocation<P> {
    Unsaid,
    AsAsked,
    Other(P),
}

/// What [`LocationReferences`] writes: it reads tolerantly, which wants bytes that name their
/// fields, as JSON does.
#[derive(Deserialize)]
struct Place {
    location_id: LocationId,
    evse_uids: Vec<EvseUid>,
}

impl From<Place> for LocationReferences {
    fn from(place: Place) -> LocationReferences {
        LocationReferences {
            location_id: place.location_id,
            evse_uids: place.evse_uids,
        }
    }
}

/// Gives the bytes of a record to `keep`: most never leave the stack.
pub(crate) fn pack<T>(
    record: &AuthorizationRecord,
    keep: impl FnOnce(&[u8]) -> Result<T, StorageError>,
) -> Result<T, StorageError> {
    let packed = PackedRecord {
        head: RecordHead {
            reference: record.reference.as_str(),
            at_ms: record.at.unix_ms(),
            platform: record.platform.as_str(),
            token_uid: record.token_uid.as_str(),
            allowed: record.allowed,
        },
        request_id: record.request_id.as_str(),
        correlation_id: record.correlation_id.as_str(),
        token_party: record
            .token_party
            .map(|party| (party.country_code, party.party_id)),
        token_type: record.token_type.as_str(),
        asked: record.asked.as_ref(),
        allowed_location: match (&record.allowed_location, &record.asked) {
            (None, _) => AllowedLocation::Unsaid,
            (Some(allowed), Some(asked)) if is_same_text(allowed, asked) => {
                AllowedLocation::AsAsked
            }
            (Some(allowed), _) => AllowedLocation::Other(allowed),
        },
        status: record.status,
        rule: record.rule,
        latency_us: record.latency_us,
        charge_point: record.charge_point.as_deref(),
    };
    match postcard::to_slice(&packed, &mut [0; USUAL_LEN]) {
        Ok(bytes) => keep(bytes),
        Err(postcard::Error::SerializeBufferFull) => {
            keep(&postcard::to_allocvec(&packed).map_err(corrupt)?)
        }
        Err(other) => Err(corrupt(other)),
    }
}

/// Whether both are the same to the letter; `==` of them has no case.
fn is_same_text(one: &LocationReferences, other: &LocationReferences) -> bool {
    let evses = one.evse_uids.iter().map(EvseUid::as_str);
    one.location_id.as_str() == other.location_id.as_str()
        && evses.eq(other.evse_uids.iter().map(EvseUid::as_str))
}

/// The record of these bytes.
pub(crate) fn unpack(bytes: &[u8]) -> Result<Arc<AuthorizationRecord>, StorageError> {
    let packed: PackedRecord<'_, Place, ChargePointRecord> =
        postcard::from_bytes(bytes).map_err(corrupt)?;
    packed.unpack().map(Arc::new).map_err(corrupt)
}

impl PackedRecord<'_, Place, ChargePointRecord> {
    fn unpack(self) -> Result<AuthorizationRecord, Box<dyn Error + Send + Sync>> {
        let message_id = |text| MessageId::new(text).ok_or("not the id of a message");
        let asked = self.asked.map(LocationReferences::from);
        let allowed_location = match self.allowed_location {
            AllowedLocation::Unsaid => None,
            AllowedLocation::AsAsked => Some(
                asked
                    .clone()
                    .ok_or("allowed as asked, with nothing asked")?,
            ),
            AllowedLocation::Other(place) => Some(place.into()),
        };
        Ok(AuthorizationRecord {
            reference: AuthorizationReference::new(self.head.reference)?,
            at: DateTime::from_unix_ms(self.head.at_ms)?,
            platform: PlatformId::new(self.head.platform)?,
            request_id: message_id(self.request_id)?,
            correlation_id: message_id(self.correlation_id)?,
            token_party: self.token_party.map(|(country_code, party_id)| Party {
                country_code,
                party_id,
            }),
            token_uid: CiString::new(self.head.token_uid)?,
            token_type: self.token_type.parse()?,
            asked,
            allowed_location,
            allowed: self.head.allowed,
            status: self.status,
            rule: self.rule,
            latency_us: self.latency_us,
            charge_point: self.charge_point.map(Box::new),
        })
    }
}

impl<'a> RecordHead<'a> {
    pub(crate) fn read(bytes: &'a [u8]) -> Result<RecordHead<'a>, StorageError> {
        postcard::from_bytes(bytes).map_err(corrupt)
    }

    /// Whether it is the record of that reference.
    pub(crate) fn has_reference(&self, reference: &AuthorizationReference) -> bool {
        self.reference.eq_ignore_ascii_case(reference.as_str())
    }

    /// Whether it is of before that moment.
    pub(crate) fn is_before(&self, moment: DateTime) -> bool {
        self.at_ms < moment.unix_ms()
    }

    /// Whether the query asks for it.
    pub(crate) fn matches(&self, query: &RecordQuery) -> bool {
        let uid = query.token_uid.as_ref();
        let platform = query.platform.as_ref();
        query.from.is_none_or(|from| from.unix_ms() <= self.at_ms)
            && query.to.is_none_or(|to| self.is_before(to))
            && query
                .allowed
                .is_none_or(|allowed| self.allowed == Some(allowed))
            && platform.is_none_or(|platform| platform.as_str() == self.platform)
            && uid.is_none_or(|uid| uid.as_str().eq_ignore_ascii_case(self.token_uid))
    }
}

pub(crate) fn corrupt(error: impl Into<Box<dyn Error + Send + Sync>>) -> StorageError {
    StorageError::Corrupt(error.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> AuthorizationRecord {
        AuthorizationRecord {
            reference: AuthorizationReference::new("R-1").unwrap(),
            at: DateTime::from_unix_ms(1_000).unwrap(),
            platform: PlatformId::new("peer").unwrap(),
            request_id: MessageId::new("request").unwrap(),
            correlation_id: MessageId::new("correlation").unwrap(),
            token_party: Some(Party::new("ch", "aBc").unwrap()),
            token_uid: AuthorizationRecord::uid_as_asked("CARD"),
            token_type: "Fleet é".parse().unwrap(),
            asked: Some(LocationReferences {
                location_id: "LOC".parse().unwrap(),
                evse_uids: vec!["E-1".parse().unwrap(), "E-2".parse().unwrap()],
            }),
            allowed_location: None,
            allowed: Some(AllowedType::Allowed),
            status: Some(AuthorizationStatus::Accepted),
            rule: Rule::AllPassed,
            latency_us: u64::MAX,
            charge_point: None,
        }
    }

    fn bytes_of(record: &AuthorizationRecord) -> Vec<u8> {
        pack(record, |bytes| Ok(bytes.to_vec())).unwrap()
    }

    #[test]
    fn a_record_is_unpacked_as_it_was_packed_whatever_its_size() {
        let mut record = record();
        for evses in 0..100_usize {
            if let Some(place) = &mut record.asked {
                place.evse_uids = vec!["EVSE-1".parse().unwrap(); evses];
            }
            assert_eq!(*unpack(&bytes_of(&record)).unwrap(), record);
        }
    }

    #[test]
    fn what_is_allowed_as_it_was_asked_is_kept_once_and_to_the_letter() {
        let mut record = record();
        let place = |location: &str, evses: &[&str]| LocationReferences {
            location_id: location.parse().unwrap(),
            evse_uids: evses.iter().map(|evse| evse.parse().unwrap()).collect(),
        };
        let alone = bytes_of(&record).len();
        record.allowed_location.clone_from(&record.asked);
        assert_eq!(bytes_of(&record).len(), alone);
        for asked in [None, record.asked.clone()] {
            record.asked = asked;
            for allowed in [
                place("LOC", &["E-1", "E-2"]),
                place("loc", &["E-1", "E-2"]),
                place("LOC", &["E-1", "e-2"]),
                place("LOC", &["E-2", "E-1"]),
                place("LOC", &["E-1"]),
                place("LOC", &[]),
            ] {
                record.allowed_location = Some(allowed);
                let unpacked = unpack(&bytes_of(&record)).unwrap();
                // As text, since uids are compared without case.
                assert_eq!(
                    format!("{:?}", unpacked.allowed_location),
                    format!("{:?}", record.allowed_location)
                );
                assert_eq!(unpacked.asked, record.asked);
            }
        }
    }

    /// What an operator sees of a damaged store is an error, whichever byte it is.
    #[test]
    fn damaged_bytes_never_do_more_than_not_be_read() {
        let whole = bytes_of(&record());
        for length in 0..whole.len() {
            let cut = unpack(&whole[..length]);
            assert!(matches!(cut, Err(StorageError::Corrupt(_))), "{length}");
        }
        for place in 0..whole.len() {
            for byte in [0, 1, 0x7f, 0x80, 0xff] {
                let mut damaged = whole.clone();
                damaged[place] = byte;
                assert!(matches!(
                    unpack(&damaged),
                    Ok(_) | Err(StorageError::Corrupt(_))
                ));
            }
        }
    }

    /// A full ring is a hundred thousand of them.
    #[test]
    fn a_record_takes_little_more_than_its_texts() {
        assert!(bytes_of(&record()).len() < 110);
    }
}
