//! Blocks of records, and what each is about, so that a list can leave out those it needs not
//! look at.

use std::collections::HashMap;

use ocpi_domain::{DateTime, PlatformId};
use ocpi_ports::{ChainFault, RecordQuery};
use rusqlite::{Connection, OptionalExtension, params};

use super::SqlError;
use super::columns::{Columns, integer};

/// A block is 2^9 numbers: few enough that what indexes the newest one fits few pages, enough
/// that looking once in each is quick. The index `authorizations_uid` says the same.
pub(super) const BLOCK_BITS: u32 = 9;

/// The block of that number.
pub(super) fn block_of(number: i64) -> i64 {
    number >> BLOCK_BITS
}

/// The moments between which a block has records of one platform, milliseconds.
#[derive(Clone, Copy)]
struct Span {
    first_at_ms: i64,
    last_at_ms: i64,
}

/// The block of the newest record. It changes with each record, so it is written when it is full,
/// and found again from its records.
#[derive(Clone)]
pub(super) struct OpenBlock {
    block: i64,
    spans: HashMap<PlatformId, Span>,
}

impl OpenBlock {
    /// The block of that number, which is the newest.
    pub(super) fn load(db: &Connection, number: u64) -> Result<OpenBlock, SqlError> {
        let mut open = OpenBlock {
            block: block_of(integer(number)),
            spans: HashMap::new(),
        };
        let mut statement = db.prepare_cached(
            "SELECT number, platform, at_ms FROM authorizations WHERE number >= ?1",
        )?;
        let mut rows = statement.query([open.block << BLOCK_BITS])?;
        while let Some(row) = rows.next()? {
            let mut columns = Columns::new(row, "authorizations", 0);
            columns.integer()?;
            open.add(&columns.parse()?, columns.integer()?);
        }
        Ok(open)
    }

    /// Gets ready for a record of that number, after the others: a block that is full is written.
    pub(super) fn make_room(&mut self, db: &Connection, number: u64) -> Result<(), SqlError> {
        let block = block_of(integer(number));
        if block == self.block {
            return Ok(());
        }
        let mut statement = db.prepare_cached(
            "INSERT OR REPLACE INTO authorization_blocks (block, platform, first_at_ms, last_at_ms)
             VALUES (?1, ?2, ?3, ?4)",
        )?;
        for (platform, span) in self.spans.drain() {
            let Span {
                first_at_ms,
                last_at_ms,
            } = span;
            statement.execute(params![
                self.block,
                platform.as_str(),
                first_at_ms,
                last_at_ms
            ])?;
        }
        self.block = block;
        Ok(())
    }

    /// A record was appended.
    pub(super) fn add(&mut self, platform: &PlatformId, at_ms: i64) {
        if let Some(span) = self.spans.get_mut(platform) {
            span.first_at_ms = span.first_at_ms.min(at_ms);
            span.last_at_ms = span.last_at_ms.max(at_ms);
        } else {
            let span = Span {
                first_at_ms: at_ms,
                last_at_ms: at_ms,
            };
            self.spans.insert(platform.clone(), span);
        }
    }
}

/// Whether a block that is full may have records of the platform and the time of the query.
pub(super) fn may_match(
    db: &Connection,
    block: i64,
    query: &RecordQuery,
) -> Result<bool, SqlError> {
    if query.platform.is_none() && query.from.is_none() && query.to.is_none() {
        return Ok(true);
    }
    let from = query.from.map_or(i64::MIN, DateTime::unix_ms);
    let to = query.to.map_or(i64::MAX, DateTime::unix_ms);
    let found = match &query.platform {
        None => db
            .prepare_cached(IS_OF_TIME)?
            .exists(params![block, from, to]),
        Some(platform) => {
            db.prepare_cached(IS_OF_PLATFORM)?
                .exists(params![block, from, to, platform.as_str()])
        }
    };
    Ok(found?)
}

pub(super) const IS_OF_TIME: &str = "SELECT 1 FROM authorization_blocks
     WHERE block = ?1 AND last_at_ms >= ?2 AND first_at_ms < ?3 LIMIT 1";

pub(super) const IS_OF_PLATFORM: &str = "SELECT 1 FROM authorization_blocks
     WHERE block = ?1 AND last_at_ms >= ?2 AND first_at_ms < ?3 AND platform = ?4";

const HIDDEN: &str = "SELECT number FROM authorizations AS a
     WHERE number < ?1 AND NOT EXISTS (
         SELECT 1 FROM authorization_blocks AS b
         WHERE b.block = a.number >> 9 AND b.platform = a.platform
           AND b.first_at_ms <= a.at_ms AND b.last_at_ms >= a.at_ms)
     ORDER BY number LIMIT 1";

/// The first record that a list would leave out, since what is noted of its block does not tell
/// of it; `newest` is the number of the newest record.
///
/// # Errors
///
/// [`SqlError::Sqlite`].
pub(super) fn find_hidden(db: &Connection, newest: u64) -> Result<Option<ChainFault>, SqlError> {
    let open = block_of(integer(newest)) << BLOCK_BITS;
    let mut statement = db.prepare_cached(HIDDEN)?;
    let number: Option<i64> = statement.query_row([open], |row| row.get(0)).optional()?;
    Ok(number.map(|number| ChainFault::Hidden {
        number: number.unsigned_abs(),
    }))
}

/// Forgets what the blocks before that of `number` are about.
pub(super) fn forget_before(db: &Connection, number: u64) -> Result<(), SqlError> {
    let mut statement = db.prepare_cached("DELETE FROM authorization_blocks WHERE block < ?1")?;
    statement.execute([block_of(integer(number))])?;
    Ok(())
}
