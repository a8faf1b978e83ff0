//! What a change of the secret key writes.

use std::collections::HashMap;
use std::sync::Arc;

use ocpi_domain::{PlatformId, Revision};
use ocpi_ports::{SealedToken, StoredPlatform};
use rusqlite::{Connection, OptionalExtension, Row};

use super::SqlError;
use super::columns::Columns;
use super::platforms::{advance_list, erasing, list_platforms, write};

/// The sealed keys that were carried over; `None` when the secret key was never changed.
///
/// # Errors
///
/// [`SqlError::Sqlite`], [`SqlError::Corrupt`].
pub(crate) fn read(db: &Connection) -> Result<Option<Vec<u8>>, SqlError> {
    let mut statement = db.prepare_cached("SELECT id, sealed FROM carried_keys")?;
    let read = |row: &Row<'_>| {
        let mut columns = Columns::new(row, "carried_keys", 0);
        columns.integer()?;
        columns.blob().map(<[u8]>::to_vec)
    };
    let found = statement.query_row([], |row| Ok(read(row))).optional()?;
    found.transpose()
}

/// Replaces the carried keys, and the sealed token of every platform that is called. Gives those
/// platforms as they are now, and the new revision of the list.
///
/// # Errors
///
/// [`SqlError::Conflict`] unless `resealed` has each platform that is called, and no other;
/// [`SqlError::Sqlite`], [`SqlError::Corrupt`].
pub(crate) fn change(
    db: &Connection,
    carried: &[u8],
    resealed: &[(PlatformId, SealedToken)],
) -> Result<(Vec<Arc<StoredPlatform>>, Revision), SqlError> {
    let mut tokens: HashMap<_, _> = resealed.iter().map(|(id, token)| (id, token)).collect();
    let mut platforms = list_platforms(db)?;
    for stored in &mut platforms {
        let token = tokens.remove(&stored.platform.id);
        match (&mut Arc::make_mut(stored).connection, token) {
            (None, None) => {}
            (Some(connection), Some(token)) => connection.sealed_token = token.clone(),
            _ => return Err(SqlError::Conflict),
        }
    }
    if !tokens.is_empty() {
        return Err(SqlError::Conflict);
    }
    erasing(db, || {
        let sql = "INSERT OR REPLACE INTO carried_keys (id, sealed) VALUES (1, ?1)";
        db.prepare_cached(sql)?.execute([carried])?;
        // All of it goes, so that its pages are overwritten to the last byte: when rows are moved
        // from page to page, SQLite leaves copies of them between the others.
        db.execute("DELETE FROM platforms", [])?;
        platforms.iter().try_for_each(|stored| write(db, stored))
    })?;
    platforms.retain(|stored| stored.connection.is_some());
    Ok((platforms, advance_list(db)?))
}
