//! The records of authorizations.

use std::sync::Arc;

use ocpi_domain::{
    AllowedType, AuthorizationRecord, AuthorizationReference, Cursor, DateTime, PlatformId,
};
use ocpi_ports::{RecordQuery, StoredRecord};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension};

use super::SqlError;
use super::columns::integer;
use super::record_blocks::{self, BLOCK_BITS, block_of};
use super::record_chain::{Anchor, ChainKey};
use super::record_row::{self, ChainRow, RecordTexts, sealed_columns};
use super::state::WriteState;

pub(super) const APPEND: &str = concat!(
    "INSERT INTO authorizations (number, ",
    sealed_columns!(),
    ", link) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
         ?18)
     ON CONFLICT (reference) DO NOTHING"
);

/// Adds a record at the end of the chain.
///
/// # Errors
///
/// [`SqlError::Conflict`] for a reference that was used before, in whatever case;
/// [`SqlError::Sqlite`].
pub(crate) fn append(
    db: &Connection,
    state: &mut WriteState,
    key: &ChainKey,
    record: &AuthorizationRecord,
) -> Result<(), SqlError> {
    let texts = RecordTexts::of(record)?;
    let values = record_row::values(record, &texts);
    let head = key.next(state.chain, &values);
    state.open_block.make_room(db, head.number)?;
    let mut statement = db.prepare_cached(APPEND)?;
    statement.raw_bind_parameter(1, integer(head.number))?;
    let link = [ValueRef::Blob(&head.link.0)];
    for (place, value) in (2..).zip(values.iter().chain(&link)) {
        statement.raw_bind_parameter(place, ToSqlOutput::Borrowed(*value))?;
    }
    if statement.raw_execute()? == 0 {
        return Err(SqlError::Conflict);
    }
    state.move_head(head);
    state.open_block.add(&record.platform, record.at.unix_ms());
    Ok(())
}

pub(super) const FIND: &str = concat!(
    "SELECT number, ",
    sealed_columns!(),
    " FROM authorizations WHERE reference = ?1"
);

/// The record of that reference.
///
/// # Errors
///
/// [`SqlError::Sqlite`], [`SqlError::Corrupt`].
pub(crate) fn find_record(
    db: &Connection,
    reference: &AuthorizationReference,
) -> Result<Option<AuthorizationRecord>, SqlError> {
    let mut statement = db.prepare_cached(FIND)?;
    let found = statement
        .query_row([reference.as_str()], |row| Ok(record_row::read(row)))
        .optional()?;
    let stored = found.transpose()?;
    Ok(stored.map(|stored| Arc::unwrap_or_clone(stored.record)))
}

/// The records of one block that match, the newest first. Who reads stops at the limit.
pub(super) const LIST: &str = concat!(
    "SELECT number, ",
    sealed_columns!(),
    " FROM authorizations
     WHERE number >= :first AND number < :before AND at_ms >= :from AND at_ms < :to
       AND (:platform IS NULL OR platform = :platform) AND (:allowed IS NULL OR allowed = :allowed)
     ORDER BY number DESC"
);

/// The same, of one uid.
pub(super) const LIST_UID: &str = concat!(
    "SELECT number, ",
    sealed_columns!(),
    " FROM authorizations INDEXED BY authorizations_uid
     WHERE number >> 9 = :block AND token_uid = :token_uid
       AND number < :before AND at_ms >= :from AND at_ms < :to
       AND (:platform IS NULL OR platform = :platform) AND (:allowed IS NULL OR allowed = :allowed)
     ORDER BY number DESC"
);

/// At most `limit` records that match, the newest first; those before `before` when it is given.
/// Goes from block to block, and leaves out those that cannot have any. Call it in a transaction.
///
/// # Errors
///
/// [`SqlError::Sqlite`], [`SqlError::Corrupt`].
pub(crate) fn list_records(
    db: &Connection,
    query: &RecordQuery,
    before: Option<Cursor>,
    limit: usize,
) -> Result<Vec<StoredRecord>, SqlError> {
    let mut found = Vec::new();
    let Some((oldest, newest)) = kept(db)? else {
        return Ok(found);
    };
    let mut before = before.map_or(i64::MAX, |before| integer(before.0));
    before = before.min(newest.saturating_add(1));
    while before > oldest && found.len() < limit {
        let block = block_of(before - 1);
        if block == block_of(newest) || record_blocks::may_match(db, block, query)? {
            list_block(db, query, before, limit, &mut found)?;
        }
        before = block << BLOCK_BITS;
    }
    Ok(found)
}

/// The numbers of the oldest and of the newest record.
fn kept(db: &Connection) -> Result<Option<(i64, i64)>, SqlError> {
    let mut statement = db.prepare_cached(
        "SELECT (SELECT min(number) FROM authorizations), (SELECT max(number) FROM authorizations)",
    )?;
    let (oldest, newest): (Option<i64>, Option<i64>) =
        statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(oldest.zip(newest))
}

/// Adds what matches of the block that ends before `before`, up to `limit` in all.
fn list_block(
    db: &Connection,
    query: &RecordQuery,
    before: i64,
    limit: usize,
    found: &mut Vec<StoredRecord>,
) -> Result<(), SqlError> {
    let block = block_of(before - 1);
    let mut statement = if let Some(uid) = &query.token_uid {
        let mut statement = db.prepare_cached(LIST_UID)?;
        statement.raw_bind_parameter(":block", block)?;
        statement.raw_bind_parameter(":token_uid", uid.as_str())?;
        statement
    } else {
        let mut statement = db.prepare_cached(LIST)?;
        statement.raw_bind_parameter(":first", block << BLOCK_BITS)?;
        statement
    };
    let bound = |ms: Option<DateTime>, open| ms.map_or(open, DateTime::unix_ms);
    let numbers = [
        (":before", before),
        (":from", bound(query.from, i64::MIN)),
        (":to", bound(query.to, i64::MAX)),
    ];
    for (name, number) in numbers {
        statement.raw_bind_parameter(name, number)?;
    }
    let platform = query.platform.as_ref().map(PlatformId::as_str);
    statement.raw_bind_parameter(":platform", platform)?;
    let allowed = query.allowed.as_ref().map(AllowedType::as_str);
    statement.raw_bind_parameter(":allowed", allowed)?;
    let mut rows = statement.raw_query();
    while found.len() < limit
        && let Some(row) = rows.next()?
    {
        found.push(record_row::read(row)?);
    }
    Ok(())
}

/// The oldest records, as the chain sees them.
const OLDEST: &str = concat!(
    "SELECT number, ",
    sealed_columns!(),
    ", link FROM authorizations ORDER BY number"
);

/// Forgets the oldest records, at most `max`, while they are of before `moment`, and notes where
/// the chain begins then; how many they were.
///
/// What is not as it was written is not forgotten: nobody shall be rid of a record by making it
/// look old.
///
/// # Errors
///
/// [`SqlError::Corrupt`] for such a one; [`SqlError::Sqlite`].
pub(crate) fn forget_records(
    db: &Connection,
    key: &ChainKey,
    moment: DateTime,
    max: usize,
) -> Result<usize, SqlError> {
    let anchor = Anchor::read(db, key)?;
    if !anchor.is_sealed(key) {
        return Err(SqlError::Corrupt(
            "table authorization_anchor: not as it was written".to_owned(),
        ));
    }
    let (mut last, mut count) = (anchor.head, 0);
    let mut statement = db.prepare_cached(OLDEST)?;
    let mut rows = statement.query([])?;
    while count < max
        && let Some(row) = rows.next()?
    {
        let found = record_row::read_link(row, key, last)?;
        let ChainRow {
            stored, expected, ..
        } = found;
        if stored != expected {
            return Err(SqlError::Corrupt(format!(
                "table authorizations, row {}: not as it was written, or one before it is \
                 missing; no record is forgotten until that is cleared up",
                stored.number
            )));
        }
        if !found.is_before(moment) {
            break;
        }
        (last, count) = (stored, count + 1);
    }
    drop(rows);
    if count > 0 {
        let mut statement = db.prepare_cached("DELETE FROM authorizations WHERE number <= ?1")?;
        statement.execute([integer(last.number)])?;
        record_blocks::forget_before(db, last.number)?;
        Anchor::new(key, last, moment.unix_ms()).write(db)?;
    }
    Ok(count)
}
