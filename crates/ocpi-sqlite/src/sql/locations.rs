//! The Locations.

use std::sync::Arc;

use ocpi_domain::{Location, LocationKey, Revision};
use ocpi_ports::{LocationWrite, StoredLocation};
use rusqlite::{Connection, OptionalExtension};

use super::SqlError;
use super::columns::{Columns, integer};
use super::state::WriteState;

/// A key as parameters 1 to 3.
macro_rules! of_key {
    () => {
        " WHERE country_code = ?1 AND party_id = ?2 AND id = ?3"
    };
}

fn texts(key: &LocationKey) -> [&str; 3] {
    [
        key.party.country_code.as_str(),
        key.party.party_id.as_str(),
        key.id.as_str(),
    ]
}

pub(super) const FIND: &str = concat!("SELECT id, revision, location FROM locations", of_key!());

/// The Location of that key.
///
/// # Errors
///
/// [`SqlError::Sqlite`], [`SqlError::Corrupt`].
pub(crate) fn find_location(
    db: &Connection,
    key: &LocationKey,
) -> Result<Option<StoredLocation>, SqlError> {
    let mut statement = db.prepare_cached(FIND)?;
    let found = statement
        .query_row(texts(key), |row| {
            Ok(read(&mut Columns::new(row, "locations", 0)))
        })
        .optional()?;
    found.transpose()
}

fn read(columns: &mut Columns<'_>) -> Result<StoredLocation, SqlError> {
    columns.text()?;
    Ok(StoredLocation {
        revision: Revision(columns.unsigned()?),
        location: Arc::new(columns.json::<Location>()?),
    })
}

/// Whether there is any at all.
///
/// # Errors
///
/// [`SqlError::Sqlite`].
pub(crate) fn has_any(db: &Connection) -> Result<bool, SqlError> {
    Ok(db
        .prepare_cached("SELECT 1 FROM locations LIMIT 1")?
        .exists([])?)
}

const CREATE: &str = "INSERT INTO locations
         (country_code, party_id, id, revision, last_updated_ms, location)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING";

/// The key stays as it is spelled; the Location's own spelling is in its JSON.
pub(super) const REPLACE: &str = concat!(
    "UPDATE locations SET revision = ?4, last_updated_ms = ?5, location = ?6",
    of_key!(),
    " AND revision = ?7"
);

/// Creates the Location, or replaces the revision that the write follows.
///
/// # Errors
///
/// [`SqlError::Conflict`] when another revision, or none, is stored; [`SqlError::Sqlite`].
pub(crate) fn put_location(
    db: &Connection,
    state: &mut WriteState,
    write: &LocationWrite,
) -> Result<StoredLocation, SqlError> {
    let location = &write.location;
    let json =
        serde_json::to_string(location).map_err(|error| SqlError::Corrupt(error.to_string()))?;
    let revision = state.next_revision();
    let mut statement = match write.follows {
        None => db.prepare_cached(CREATE)?,
        Some(follows) => {
            let mut statement = db.prepare_cached(REPLACE)?;
            statement.raw_bind_parameter(7, integer(follows.0))?;
            statement
        }
    };
    for (place, text) in (1..).zip(texts(&location.key())) {
        statement.raw_bind_parameter(place, text)?;
    }
    statement.raw_bind_parameter(4, integer(revision.0))?;
    statement.raw_bind_parameter(5, location.last_updated().unix_ms())?;
    statement.raw_bind_parameter(6, json)?;
    if statement.raw_execute()? == 0 {
        return Err(SqlError::Conflict);
    }
    state.give_revision();
    Ok(StoredLocation {
        location: location.clone(),
        revision,
    })
}
