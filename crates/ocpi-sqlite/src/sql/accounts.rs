//! The limits of Tokens.

use std::sync::Arc;

use ocpi_domain::{Revision, TokenKey};
use ocpi_ports::{AccountWrite, StoredAccount};
use rusqlite::{Connection, OptionalExtension};

use super::SqlError;
use super::columns::{Columns, integer};
use super::state::WriteState;

/// A key as parameters 1 to 4.
macro_rules! of_key {
    () => {
        " WHERE uid = ?1 AND type = ?2 AND country_code = ?3 AND party_id = ?4"
    };
}

fn texts(key: &TokenKey) -> [&str; 4] {
    [
        key.uid.as_str(),
        key.token_type.as_str(),
        key.party.country_code.as_str(),
        key.party.party_id.as_str(),
    ]
}

/// The account of the uid, revision and JSON that come next; `None` when they are NULL.
pub(super) fn read_joined(columns: &mut Columns<'_>) -> Result<Option<StoredAccount>, SqlError> {
    if columns.optional_text()?.is_none() {
        return Ok(None);
    }
    let revision = Revision(columns.unsigned()?);
    let account = Arc::new(columns.json()?);
    Ok(Some(StoredAccount { account, revision }))
}

/// The account of that Token.
///
/// # Errors
///
/// [`SqlError::Sqlite`], [`SqlError::Corrupt`].
pub(crate) fn find_account(
    db: &Connection,
    key: &TokenKey,
) -> Result<Option<StoredAccount>, SqlError> {
    let mut statement = db.prepare_cached(concat!(
        "SELECT uid, revision, account FROM accounts",
        of_key!()
    ))?;
    let found = statement
        .query_row(texts(key), |row| {
            Ok(read_joined(&mut Columns::new(row, "accounts", 0)))
        })
        .optional()?;
    Ok(found.transpose()?.flatten())
}

const CREATE: &str = "INSERT INTO accounts (uid, type, country_code, party_id, revision, account)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING";

const REPLACE: &str = concat!(
    "UPDATE accounts SET revision = ?5, account = ?6",
    of_key!(),
    " AND revision = ?7"
);

/// Creates the account, or replaces the revision that the write follows.
///
/// # Errors
///
/// [`SqlError::Conflict`] when another revision, or none, is stored; [`SqlError::Sqlite`].
pub(crate) fn put_account(
    db: &Connection,
    state: &mut WriteState,
    write: &AccountWrite,
) -> Result<Revision, SqlError> {
    let revision = state.next_revision();
    let account = serde_json::to_string(&write.account)
        .map_err(|error| SqlError::Corrupt(error.to_string()))?;
    let mut statement = match write.follows {
        None => db.prepare_cached(CREATE)?,
        Some(follows) => {
            let mut statement = db.prepare_cached(REPLACE)?;
            statement.raw_bind_parameter(7, integer(follows.0))?;
            statement
        }
    };
    for (place, text) in (1..).zip(texts(&write.key)) {
        statement.raw_bind_parameter(place, text)?;
    }
    statement.raw_bind_parameter(5, integer(revision.0))?;
    statement.raw_bind_parameter(6, account)?;
    if statement.raw_execute()? == 0 {
        return Err(SqlError::Conflict);
    }
    state.give_revision();
    Ok(revision)
}

/// Deletes the account; `true` when there was one.
///
/// # Errors
///
/// [`SqlError::Sqlite`].
pub(crate) fn delete_account(db: &Connection, key: &TokenKey) -> Result<bool, SqlError> {
    let mut statement = db.prepare_cached(concat!("DELETE FROM accounts", of_key!()))?;
    Ok(statement.execute(texts(key))? > 0)
}

pub(super) const LIMIT_GROUPS: &str =
    "SELECT EXISTS (SELECT 1 FROM accounts INDEXED BY accounts_group_limits
     WHERE account ->> 'concurrency_scope' = 'group'
         AND account ->> 'concurrent_sessions_max' IS NOT NULL)";

/// Whether some account limits what its group holds.
///
/// # Errors
///
/// [`SqlError::Sqlite`].
pub(crate) fn limit_groups(db: &Connection) -> Result<bool, SqlError> {
    let mut statement = db.prepare_cached(LIMIT_GROUPS)?;
    Ok(statement.query_row([], |row| row.get(0))?)
}
