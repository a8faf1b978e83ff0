//! Lists of sessions: a CPO's in creation order, an operator's newest first.

use std::collections::BTreeSet;

use ocpi_domain::PlatformId;
use ocpi_domain::{CiString, Cursor, DateTime, DateWindow, Page, PageRequest, PageStart, Party};
use ocpi_ports::{SessionQuery, StoredSession};
use rusqlite::{CachedStatement, Connection};

use super::SqlError;
use super::columns::{Columns, integer};
use super::session_row::{self, session_columns};

/// The sessions of one CPO that are in the window, by `sessions_listed`.
macro_rules! of_party {
    ($found:literal, $matching:literal) => {
        concat!(
            "SELECT ",
            $found,
            " FROM sessions INDEXED BY sessions_listed
             WHERE country_code = ?1 AND party_id = ?2
               AND last_updated_ms >= ?3 AND last_updated_ms < ?4",
            $matching
        )
    };
}

pub(super) const COUNT: &str = of_party!("count(*)", "");

pub(super) const POSITIONS: &str =
    of_party!("position", " AND position > ?5 ORDER BY position LIMIT ?6");

/// One page of the sessions of those CPOs, in creation order. Call it in a transaction.
///
/// # Errors
///
/// [`SqlError::Sqlite`], [`SqlError::Corrupt`].
pub(crate) fn list_sessions(
    db: &Connection,
    parties: &[Party],
    page: &PageRequest,
) -> Result<Page<StoredSession>, SqlError> {
    let parties: BTreeSet<Party> = parties.iter().copied().collect();
    let mut total = 0;
    for party in &parties {
        total += count(db, *party, page.window)?;
    }
    let mut positions = positions(db, &parties, page)?;
    // One more was looked for: it tells that the list goes on.
    let goes_on = positions.len() > page.limit;
    positions.truncate(page.limit);
    let last = positions.last().filter(|_| goes_on);
    Ok(Page {
        items: read_all(db, &positions)?,
        total,
        next: last.map(|position| Cursor(position.unsigned_abs())),
    })
}

fn count(db: &Connection, party: Party, window: DateWindow) -> Result<u64, SqlError> {
    let mut statement = db.prepare_cached(COUNT)?;
    bind(&mut statement, party, window)?;
    let mut rows = statement.raw_query();
    match rows.next()? {
        Some(row) => Columns::new(row, "sessions", 0).unsigned(),
        None => Ok(0),
    }
}

/// The positions of the page, and of one more when there is one.
fn positions(
    db: &Connection,
    parties: &BTreeSet<Party>,
    page: &PageRequest,
) -> Result<Vec<i64>, SqlError> {
    let mut positions = Vec::new();
    if page.limit == 0 {
        return Ok(positions);
    }
    let (after, skip) = match page.start {
        PageStart::Offset(offset) => (0, offset),
        PageStart::After(Cursor(position)) => (integer(position), 0),
    };
    let wanted = page.limit.saturating_add(1);
    // Whatever the others have, no more of one party than these can be on the page.
    let of_each = integer((wanted as u64).saturating_add(skip));
    let mut statement = db.prepare_cached(POSITIONS)?;
    for party in parties {
        bind(&mut statement, *party, page.window)?;
        statement.raw_bind_parameter(5, after)?;
        statement.raw_bind_parameter(6, of_each)?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            positions.push(row.get(0)?);
        }
    }
    positions.sort_unstable();
    let skip = usize::try_from(skip).unwrap_or(usize::MAX);
    Ok(positions.into_iter().skip(skip).take(wanted).collect())
}

/// Binds the parameters 1 to 4.
fn bind(
    statement: &mut CachedStatement<'_>,
    party: Party,
    DateWindow { from, to }: DateWindow,
) -> Result<(), SqlError> {
    statement.raw_bind_parameter(1, party.country_code.as_str())?;
    statement.raw_bind_parameter(2, party.party_id.as_str())?;
    statement.raw_bind_parameter(3, from.map_or(i64::MIN, DateTime::unix_ms))?;
    statement.raw_bind_parameter(4, to.map_or(i64::MAX, DateTime::unix_ms))?;
    Ok(())
}

const READ: &str = concat!(
    "SELECT ",
    session_columns!(),
    " FROM sessions WHERE position = ?1"
);

fn read_all(db: &Connection, positions: &[i64]) -> Result<Vec<StoredSession>, SqlError> {
    let mut statement = db.prepare_cached(READ)?;
    let mut read =
        |position: &i64| statement.query_row([*position], |row| Ok(session_row::read(row)))?;
    positions.iter().map(&mut read).collect()
}

/// The newest sessions that match, found by one of their filters.
macro_rules! newest {
    ($found_by:literal) => {
        concat!(
            "SELECT ",
            session_columns!(),
            " FROM sessions ",
            $found_by,
            " AND position < :before
               AND (:platform IS NULL OR platform = :platform)
               AND (:active IS NULL OR ifnull(active_until_ms > :moment, 0) = :active)
             ORDER BY position DESC LIMIT :limit"
        )
    };
}

pub(super) const NEWEST: &str = newest!("WHERE TRUE");

pub(super) const NEWEST_OF_TOKEN: &str =
    newest!("INDEXED BY sessions_token WHERE token_uid = :token_uid");

pub(super) const NEWEST_ACTIVE: &str =
    newest!("INDEXED BY sessions_active WHERE active_until_ms > :moment");

pub(super) const NEWEST_OF_PLATFORM: &str =
    newest!("INDEXED BY sessions_platform WHERE platform = :platform");

/// At most `limit` sessions that match, the newest first; those created before `before` when it is
/// given.
///
/// # Errors
///
/// [`SqlError::Sqlite`], [`SqlError::Corrupt`].
pub(crate) fn list_newest_sessions(
    db: &Connection,
    query: &SessionQuery,
    before: Option<Cursor>,
    limit: usize,
) -> Result<Vec<StoredSession>, SqlError> {
    let SessionQuery {
        active,
        token_uid,
        platform,
    } = query;
    // By the filter that leaves the fewest to look at.
    let mut statement = db.prepare_cached(if token_uid.is_some() {
        NEWEST_OF_TOKEN
    } else if active.is_some_and(|(is_active, _)| is_active) {
        NEWEST_ACTIVE
    } else if platform.is_some() {
        NEWEST_OF_PLATFORM
    } else {
        NEWEST
    })?;
    if let Some(uid) = token_uid {
        statement.raw_bind_parameter(":token_uid", CiString::as_str(uid))?;
    }
    let platform = platform.as_ref().map(PlatformId::as_str);
    statement.raw_bind_parameter(":platform", platform)?;
    let moment = active.map(|(_, moment)| moment.unix_ms());
    statement.raw_bind_parameter(":moment", moment)?;
    statement.raw_bind_parameter(":active", active.map(|(is_active, _)| is_active))?;
    let before = before.map_or(i64::MAX, |before| integer(before.0));
    statement.raw_bind_parameter(":before", before)?;
    statement.raw_bind_parameter(":limit", integer(limit as u64))?;
    let mut rows = statement.raw_query();
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(session_row::read(row)?);
    }
    Ok(found)
}
