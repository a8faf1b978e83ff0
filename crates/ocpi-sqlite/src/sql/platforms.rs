//! The platforms that we know, and the revision of their list.

use std::sync::Arc;

use ocpi_domain::{PlatformId, Revision};
use ocpi_ports::StoredPlatform;
use rusqlite::Connection;

use super::SqlError;
use super::columns::{Columns, integer};
use super::platform_row::{self, platform_columns};
use super::{presented_tokens, sync};

/// Every platform, in the order of their ids. Call it in a transaction, or alone on the file.
///
/// # Errors
///
/// [`SqlError::Sqlite`], [`SqlError::Corrupt`].
pub(crate) fn list_platforms(db: &Connection) -> Result<Vec<Arc<StoredPlatform>>, SqlError> {
    let mut statement = db.prepare_cached(concat!(
        "SELECT ",
        platform_columns!(),
        " FROM platforms ORDER BY id"
    ))?;
    let mut rows = statement.query([])?;
    let mut platforms = Vec::new();
    while let Some(row) = rows.next()? {
        let mut stored = platform_row::read(&mut Columns::new(row, "platforms", 0))?;
        stored.tokens = presented_tokens::list(db, &stored.platform.id)?;
        platforms.push(Arc::new(stored));
    }
    Ok(platforms)
}

/// The revision of the list.
///
/// # Errors
///
/// [`SqlError::Sqlite`], [`SqlError::Corrupt`].
pub(crate) fn list_revision(db: &Connection) -> Result<Revision, SqlError> {
    let mut statement = db.prepare_cached("SELECT id, platforms_revision FROM counters")?;
    let read = statement.query_row([], |row| {
        let mut columns = Columns::new(row, "counters", 0);
        Ok(columns.integer().and_then(|_| columns.unsigned()))
    });
    read?.map(Revision)
}

/// Gives the list a new revision.
pub(super) fn advance_list(db: &Connection) -> Result<Revision, SqlError> {
    let Revision(last) = list_revision(db)?;
    let next = Revision(last + 1);
    let sql = "UPDATE counters SET platforms_revision = ?1";
    db.prepare_cached(sql)?.execute([integer(next.0)])?;
    Ok(next)
}

/// Creates or replaces the platform, when the list is at that revision. Says whether it was
/// created, and the new revision of the list.
///
/// # Errors
///
/// [`SqlError::Conflict`] when the list is at another revision, or a hash is taken;
/// [`SqlError::Sqlite`].
pub(crate) fn put_platform(
    db: &Connection,
    stored: &StoredPlatform,
    follows: Option<Revision>,
) -> Result<(bool, Revision), SqlError> {
    let id = &stored.platform.id;
    if let Some(follows) = follows
        && follows != list_revision(db)?
    {
        return Err(SqlError::Conflict);
    }
    if presented_tokens::are_taken(db, id, &stored.tokens)? {
        return Err(SqlError::Conflict);
    }
    let is_new = !exists(db, id)?;
    erasing(db, || {
        write(db, stored)?;
        presented_tokens::replace(db, id, &stored.tokens)
    })?;
    Ok((is_new, advance_list(db)?))
}

/// Writes the row of the platform. Within [`erasing`].
pub(super) fn write(db: &Connection, stored: &StoredPlatform) -> Result<(), SqlError> {
    let mut statement = db.prepare_cached(concat!(
        "INSERT INTO platforms (",
        platform_columns!(),
        ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (id) DO UPDATE SET roles = excluded.roles, profile = excluded.profile,
             hub = excluded.hub, allowed_parties = excluded.allowed_parties,
             our_party = excluded.our_party, connection = excluded.connection,
             sealed_token = excluded.sealed_token"
    ))?;
    platform_row::bind(&mut statement, stored)?;
    statement.raw_execute()?;
    Ok(())
}

/// Creates the platform, unless one of that id was ever seeded or deleted, or is there. Gives the
/// new revision of the list when it did.
///
/// # Errors
///
/// [`SqlError::Conflict`] when it would be created and a hash is taken; [`SqlError::Sqlite`].
pub(crate) fn seed_platform(
    db: &Connection,
    stored: &StoredPlatform,
) -> Result<Option<Revision>, SqlError> {
    let id = &stored.platform.id;
    let mut seeded = db.prepare_cached("SELECT 1 FROM seeded_platforms WHERE id = ?1")?;
    if seeded.exists([id.as_str()])? || exists(db, id)? {
        return Ok(None);
    }
    let (_, revision) = put_platform(db, stored, None)?;
    seed_no_more(db, id)?;
    Ok(Some(revision))
}

/// Deletes the platform with everything of it, for good: no seeding brings it back. Gives the new
/// revision of the list when there was one.
///
/// # Errors
///
/// [`SqlError::Sqlite`].
pub(crate) fn delete_platform(
    db: &Connection,
    id: &PlatformId,
) -> Result<Option<Revision>, SqlError> {
    if !exists(db, id)? {
        return Ok(None);
    }
    erasing(db, || {
        let mut statement = db.prepare_cached("DELETE FROM platforms WHERE id = ?1")?;
        statement.execute([id.as_str()])?;
        presented_tokens::delete(db, id)
    })?;
    sync::forget(db, id)?;
    seed_no_more(db, id)?;
    advance_list(db).map(Some)
}

fn seed_no_more(db: &Connection, id: &PlatformId) -> Result<(), SqlError> {
    let sql = "INSERT OR IGNORE INTO seeded_platforms (id) VALUES (?1)";
    db.prepare_cached(sql)?.execute([id.as_str()])?;
    Ok(())
}

/// Whether there is a platform of that id.
pub(super) fn exists(db: &Connection, id: &PlatformId) -> Result<bool, SqlError> {
    let mut statement = db.prepare_cached("SELECT 1 FROM platforms WHERE id = ?1")?;
    Ok(statement.exists([id.as_str()])?)
}

/// Runs `write`, and has the pages overwritten that it gives up. So what was sealed is nowhere but
/// in the pages of the table, where a change of the secret key overwrites it.
pub(super) fn erasing<T>(
    db: &Connection,
    write: impl FnOnce() -> Result<T, SqlError>,
) -> Result<T, SqlError> {
    db.pragma_update(None, "secure_delete", true)?;
    let written = write();
    db.pragma_update(None, "secure_delete", false)?;
    written
}
