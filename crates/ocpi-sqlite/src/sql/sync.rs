//! How far the exchange of Tokens with each platform is.

use ocpi_domain::{DateTime, PlatformId, Revision};
use ocpi_ports::{PullProgress, PushProgress, SeenTokens};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::SqlError;
use super::columns::{Columns, integer, json};
use super::platforms;
use super::progress_json::{BehindFields, CrawlFields};

/// The bytes of a hash.
const HASH_BYTES: usize = 8;

pub(super) const FIND_PUSH: &str =
    "SELECT platform, connected_at_ms, scope, through, taken_at_ms, behind
     FROM push_progress WHERE platform = ?1";

/// How far our Tokens are known to the platform.
///
/// # Errors
///
/// [`SqlError::Sqlite`], [`SqlError::Corrupt`].
pub(crate) fn find_push(
    db: &Connection,
    id: &PlatformId,
) -> Result<Option<PushProgress>, SqlError> {
    let mut statement = db.prepare_cached(FIND_PUSH)?;
    let read = |row: &Row<'_>| {
        let mut columns = Columns::new(row, "push_progress", 0);
        columns.text()?;
        Ok(PushProgress {
            connected_at: columns.moment()?,
            scope: columns.text()?.to_owned(),
            through: Revision(columns.unsigned()?),
            taken_at: columns.optional_moment()?,
            behind: columns
                .json::<Vec<BehindFields>>()?
                .into_iter()
                .map(Into::into)
                .collect(),
        })
    };
    let found = statement.query_row([id.as_str()], |row| Ok(read(row)));
    found.optional()?.transpose()
}

/// Keeps how far our Tokens are known to the platform, when there is one.
///
/// # Errors
///
/// [`SqlError::Sqlite`].
pub(crate) fn put_push(
    db: &Connection,
    id: &PlatformId,
    progress: &PushProgress,
) -> Result<(), SqlError> {
    if !platforms::exists(db, id)? {
        return Ok(());
    }
    let behind: Vec<BehindFields> = progress.behind.iter().map(Into::into).collect();
    let mut statement = db.prepare_cached(
        "INSERT OR REPLACE INTO push_progress
             (platform, connected_at_ms, scope, through, taken_at_ms, behind)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    statement.execute(params![
        id.as_str(),
        progress.connected_at.unix_ms(),
        progress.scope,
        integer(progress.through.0),
        progress.taken_at.map(DateTime::unix_ms),
        json(&behind)?,
    ])?;
    Ok(())
}

pub(super) const FIND_PULL: &str =
    "SELECT platform, connected_at_ms, scope, pulled_to_ms, all_pulled_at_ms, crawl
     FROM pull_progress WHERE platform = ?1";

/// How far we know the platform's Tokens.
///
/// # Errors
///
/// [`SqlError::Sqlite`], [`SqlError::Corrupt`].
pub(crate) fn find_pull(
    db: &Connection,
    id: &PlatformId,
) -> Result<Option<PullProgress>, SqlError> {
    let mut statement = db.prepare_cached(FIND_PULL)?;
    let read = |row: &Row<'_>| {
        let mut columns = Columns::new(row, "pull_progress", 0);
        columns.text()?;
        Ok(PullProgress {
            connected_at: columns.moment()?,
            scope: columns.text()?.to_owned(),
            pulled_to: columns.optional_moment()?,
            all_pulled_at: columns.optional_moment()?,
            crawl: columns.optional_json::<CrawlFields>()?.map(Into::into),
        })
    };
    let found = statement.query_row([id.as_str()], |row| Ok(read(row)));
    found.optional()?.transpose()
}

/// Keeps how far we know the platform's Tokens, and what a crawl has seen of them, when there is
/// such a platform.
///
/// # Errors
///
/// [`SqlError::Sqlite`].
pub(crate) fn put_pull(
    db: &Connection,
    id: &PlatformId,
    progress: &PullProgress,
    seen: &SeenTokens,
) -> Result<(), SqlError> {
    if !platforms::exists(db, id)? {
        return Ok(());
    }
    let crawl = progress.crawl.as_ref().map(CrawlFields::from);
    let mut statement = db.prepare_cached(
        "INSERT OR REPLACE INTO pull_progress
             (platform, connected_at_ms, scope, pulled_to_ms, all_pulled_at_ms, crawl)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    statement.execute(params![
        id.as_str(),
        progress.connected_at.unix_ms(),
        progress.scope,
        progress.pulled_to.map(DateTime::unix_ms),
        progress.all_pulled_at.map(DateTime::unix_ms),
        crawl.as_ref().map(json).transpose()?,
    ])?;
    match seen {
        SeenTokens::Keep => Ok(()),
        SeenTokens::Add(hashes) => add_seen(db, id, hashes),
        SeenTokens::Clear => forget_seen(db, id),
    }
}

fn add_seen(db: &Connection, id: &PlatformId, hashes: &[u64]) -> Result<(), SqlError> {
    if hashes.is_empty() {
        return Ok(());
    }
    let bytes: Vec<u8> = hashes.iter().flat_map(|hash| hash.to_be_bytes()).collect();
    let sql = "INSERT INTO seen_tokens (platform, hashes) VALUES (?1, ?2)";
    db.prepare_cached(sql)?
        .execute(params![id.as_str(), bytes])?;
    Ok(())
}

pub(super) const SEEN: &str =
    "SELECT number, hashes FROM seen_tokens WHERE platform = ?1 ORDER BY number";

/// Everything that the crawl under way has seen. Call it in a transaction.
///
/// # Errors
///
/// [`SqlError::Sqlite`], [`SqlError::Corrupt`].
pub(crate) fn list_seen(db: &Connection, id: &PlatformId) -> Result<Vec<u64>, SqlError> {
    let mut statement = db.prepare_cached(SEEN)?;
    let mut rows = statement.query([id.as_str()])?;
    let mut seen = Vec::new();
    while let Some(row) = rows.next()? {
        let mut columns = Columns::new(row, "seen_tokens", 0);
        columns.integer()?;
        let (hashes, rest) = columns.blob()?.as_chunks::<HASH_BYTES>();
        if !rest.is_empty() {
            return Err(columns.corrupt(format_args!("must be {HASH_BYTES} bytes of each")));
        }
        seen.extend(hashes.iter().map(|bytes| u64::from_be_bytes(*bytes)));
    }
    Ok(seen)
}

pub(super) const FORGET_SEEN: &str = "DELETE FROM seen_tokens WHERE platform = ?1";

fn forget_seen(db: &Connection, id: &PlatformId) -> Result<(), SqlError> {
    db.prepare_cached(FORGET_SEEN)?.execute([id.as_str()])?;
    Ok(())
}

/// Forgets all that is known of the exchange with the platform.
///
/// # Errors
///
/// [`SqlError::Sqlite`].
pub(super) fn forget(db: &Connection, id: &PlatformId) -> Result<(), SqlError> {
    for sql in [
        "DELETE FROM push_progress WHERE platform = ?1",
        "DELETE FROM pull_progress WHERE platform = ?1",
    ] {
        db.prepare_cached(sql)?.execute([id.as_str()])?;
    }
    forget_seen(db, id)
}
