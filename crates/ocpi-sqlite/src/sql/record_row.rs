//! A record as a row.

use ocpi_domain::{
    AllowedType, AuthorizationRecord, AuthorizationReference, AuthorizationStatus, Cursor,
    DateTime, MessageId, Party,
};
use ocpi_ports::{ChainHead, ChainLink, StoredRecord};
use rusqlite::Row;
use rusqlite::types::ValueRef;

use super::SqlError;
use super::columns::{Columns, integer, json};
use super::record_chain::ChainKey;

/// The columns that a link seals, in the order in which it does: one that is added later comes
/// last, and may be NULL.
macro_rules! sealed_columns {
    () => {
        "reference, at_ms, platform, token_country_code, token_party_id, token_uid, token_type, \
         allowed, status, rule, latency_us, request_id, correlation_id, asked, allowed_location, \
         charge_point"
    };
}
pub(super) use sealed_columns;

/// How many they are.
const SEALED: usize = 16;

/// What of a record is stored as JSON.
pub(super) struct RecordTexts {
    asked: Option<String>,
    allowed_location: Option<String>,
    charge_point: Option<String>,
}

impl RecordTexts {
    pub(super) fn of(record: &AuthorizationRecord) -> Result<RecordTexts, SqlError> {
        Ok(RecordTexts {
            asked: record.asked.as_ref().map(json).transpose()?,
            allowed_location: record.allowed_location.as_ref().map(json).transpose()?,
            charge_point: record.charge_point.as_ref().map(json).transpose()?,
        })
    }
}

/// The values of the sealed columns.
pub(super) fn values<'a>(
    record: &'a AuthorizationRecord,
    texts: &'a RecordTexts,
) -> [ValueRef<'a>; SEALED] {
    fn text(text: &str) -> ValueRef<'_> {
        ValueRef::Text(text.as_bytes())
    }
    fn optional(value: Option<&str>) -> ValueRef<'_> {
        value.map_or(ValueRef::Null, text)
    }
    let party = record.token_party.as_ref();
    [
        text(record.reference.as_str()),
        ValueRef::Integer(record.at.unix_ms()),
        text(record.platform.as_str()),
        optional(party.map(|party| party.country_code.as_str())),
        optional(party.map(|party| party.party_id.as_str())),
        text(record.token_uid.as_str()),
        text(record.token_type.as_str()),
        optional(record.allowed.as_ref().map(AllowedType::as_str)),
        optional(record.status.as_ref().map(AuthorizationStatus::as_str)),
        text(record.rule.as_str()),
        ValueRef::Integer(integer(record.latency_us)),
        text(record.request_id.as_str()),
        text(record.correlation_id.as_str()),
        optional(texts.asked.as_deref()),
        optional(texts.allowed_location.as_deref()),
        optional(texts.charge_point.as_deref()),
    ]
}

/// The record of a row: its number, the sealed columns.
pub(super) fn read(row: &Row<'_>) -> Result<StoredRecord, SqlError> {
    let mut columns = Columns::new(row, "authorizations", 0);
    let cursor = Cursor(columns.unsigned()?);
    let record = read_sealed(&mut columns)?;
    Ok(StoredRecord {
        cursor,
        record: record.into(),
    })
}

fn read_sealed(columns: &mut Columns<'_>) -> Result<AuthorizationRecord, SqlError> {
    Ok(AuthorizationRecord {
        reference: columns.parse()?,
        at: columns.moment()?,
        platform: columns.parse()?,
        token_party: match (columns.parse_optional()?, columns.parse_optional()?) {
            (Some(country_code), Some(party_id)) => Some(Party {
                country_code,
                party_id,
            }),
            (None, None) => None,
            _ => return Err(columns.corrupt("must stand beside a token_country_code")),
        },
        token_uid: columns.parse()?,
        token_type: columns.parse()?,
        allowed: columns.parse_optional()?,
        status: columns.parse_optional()?,
        rule: columns.parse()?,
        latency_us: columns.unsigned()?,
        request_id: message_id(columns)?,
        correlation_id: message_id(columns)?,
        asked: columns.optional_json()?,
        allowed_location: columns.optional_json()?,
        charge_point: columns.optional_json()?,
    })
}

fn message_id(columns: &mut Columns<'_>) -> Result<MessageId, SqlError> {
    let text = columns.text()?;
    MessageId::new(text).ok_or_else(|| columns.corrupt("must be the id of a message"))
}

/// A row as the chain sees it.
pub(super) struct ChainRow<'r> {
    /// Its number and link, as they are stored.
    pub(super) stored: ChainHead,
    /// What they must be.
    pub(super) expected: ChainHead,
    values: [ValueRef<'r>; SEALED],
}

/// Reads a row that follows `previous`: its number, the sealed columns, its link.
pub(super) fn read_link<'r>(
    row: &'r Row<'_>,
    key: &ChainKey,
    previous: ChainHead,
) -> Result<ChainRow<'r>, SqlError> {
    let mut columns = Columns::new(row, "authorizations", 0);
    let number = columns.unsigned()?;
    let mut values = [ValueRef::Null; SEALED];
    for value in &mut values {
        *value = columns.value()?;
    }
    let link = match columns.value()? {
        ValueRef::Blob(bytes) => bytes.try_into().ok(),
        _ => None,
    };
    Ok(ChainRow {
        stored: ChainHead {
            number,
            // What is no link at all is none that any record has.
            link: ChainLink(link.unwrap_or_default()),
        },
        expected: key.next(previous, &values),
        values,
    })
}

impl ChainRow<'_> {
    /// The record's reference; made legal when it is not, since somebody changed it.
    pub(super) fn reference(&self) -> Result<AuthorizationReference, SqlError> {
        let text = match self.values[0] {
            ValueRef::Text(text) => String::from_utf8_lossy(text),
            _ => "?".into(),
        };
        let legal = |c: char| if matches!(c, ' '..='~') { c } else { '?' };
        let text: String = text.chars().take(36).map(legal).collect();
        AuthorizationReference::new(&text)
            .or_else(|_| AuthorizationReference::new("?"))
            .map_err(|error| SqlError::Corrupt(error.to_string()))
    }

    /// Whether the record is of before that moment.
    pub(super) fn is_before(&self, moment: DateTime) -> bool {
        matches!(self.values[1], ValueRef::Integer(ms) if ms < moment.unix_ms())
    }
}
