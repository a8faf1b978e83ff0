//! The schema, and whose file it is.

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};

use super::SqlError;
use super::record_chain::{self, ChainKey};

/// The steps that lead to the present schema. `PRAGMA user_version` is how many were taken; one
/// that was released never changes.
pub(crate) const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001.sql"),
    include_str!("migrations/0002.sql"),
    include_str!("migrations/0003.sql"),
    include_str!("migrations/0004.sql"),
];

/// `PRAGMA application_id` of our files: "OCPI" in ASCII.
const APPLICATION_ID: i64 = 0x4F43_5049;

/// Why a file has no schema that we can work with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SchemaError {
    /// A newer release wrote it.
    #[error(
        "written by a newer version: its schema is {found}, and the newest known here is {known}"
    )]
    Newer {
        /// The number of its schema.
        found: i64,
        /// The newest number that is known.
        known: i64,
    },
    /// A database of another program.
    #[error("a database of another program")]
    Foreign,
    /// SQLite refused, or the disk.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
}

/// Brings the file to the present schema: creates it in an empty file, under `key` from then on.
///
/// # Errors
///
/// [`SchemaError`]; a step that failed has left nothing behind.
pub(crate) fn migrate(db: &mut Connection, key: &ChainKey) -> Result<(), SchemaError> {
    take_steps(db, key, MIGRATIONS)
}

/// Takes those of `steps` that were not taken.
pub(super) fn take_steps(
    db: &mut Connection,
    key: &ChainKey,
    steps: &[&str],
) -> Result<(), SchemaError> {
    let taken = steps_taken(db)?;
    for (step, sql) in (1..).zip(steps).skip(taken) {
        let step_taken = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        step_taken.execute_batch(sql)?;
        step_taken.pragma_update(None, "user_version", step)?;
        if step == 1 {
            begin(&step_taken, key)?;
        }
        step_taken.commit()?;
    }
    Ok(())
}

/// Checks that the file is empty or ours; changes nothing.
///
/// # Errors
///
/// [`SchemaError`].
pub(crate) fn require_usable(db: &Connection) -> Result<(), SchemaError> {
    steps_taken(db).map(drop)
}

fn steps_taken(db: &Connection) -> Result<usize, SchemaError> {
    if is_empty(db)? {
        Ok(0)
    } else {
        version_of_ours(db)
    }
}

/// Makes the file ours.
fn begin(db: &Transaction<'_>, key: &ChainKey) -> rusqlite::Result<()> {
    db.pragma_update(None, "application_id", APPLICATION_ID)?;
    record_chain::begin(db, key)
}

/// Checks that the file has a schema of ours, of this release or an older one.
///
/// # Errors
///
/// [`SchemaError::Foreign`], for an empty file too; [`SchemaError::Newer`].
pub(crate) fn require_ours(db: &Connection) -> Result<(), SchemaError> {
    version_of_ours(db).map(drop)
}

fn version_of_ours(db: &Connection) -> Result<usize, SchemaError> {
    let found = pragma(db, "user_version")?;
    if pragma(db, "application_id")? != APPLICATION_ID || found < 1 {
        return Err(SchemaError::Foreign);
    }
    match usize::try_from(found) {
        Ok(version) if version <= MIGRATIONS.len() => Ok(version),
        _ => Err(SchemaError::Newer {
            found,
            known: i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX),
        }),
    }
}

fn is_empty(db: &Connection) -> rusqlite::Result<bool> {
    let has_tables: bool =
        db.query_row("SELECT EXISTS (SELECT 1 FROM sqlite_schema)", [], |row| {
            row.get(0)
        })?;
    Ok(!has_tables && pragma(db, "application_id")? == 0 && pragma(db, "user_version")? == 0)
}

fn pragma(db: &Connection, name: &str) -> rusqlite::Result<i64> {
    db.pragma_query_value(None, name, |row| row.get(0))
}

/// Reads a row of each large table and of each of their indexes: what is badly damaged shows.
///
/// # Errors
///
/// [`SqlError`]: the file cannot be read.
pub(crate) fn glance(db: &Connection) -> Result<(), SqlError> {
    for sql in [
        "SELECT id FROM counters",
        "SELECT max(position) FROM tokens",
        "SELECT uid_key FROM tokens INDEXED BY tokens_key ORDER BY uid_key LIMIT 1",
        "SELECT contract_id FROM tokens INDEXED BY tokens_contract
         ORDER BY position >> 11, contract_id LIMIT 1",
        "SELECT revision FROM tokens INDEXED BY tokens_revision ORDER BY revision LIMIT 1",
        "SELECT uid_key FROM tokens INDEXED BY tokens_emaid
         WHERE type = 'EMAID' ORDER BY uid_key LIMIT 1",
        "SELECT uid FROM tokens INDEXED BY tokens_unlisted
         WHERE type <> 'AD_HOC_USER' AND type <> 'APP_USER' AND type <> 'EMAID' AND type <> 'OTHER' AND type <> 'RFID'
         ORDER BY uid LIMIT 1",
        "SELECT max(number) FROM authorizations",
        "SELECT max(reference) FROM authorizations",
        "SELECT uid FROM accounts LIMIT 1",
        "SELECT id FROM platforms LIMIT 1",
        "SELECT platform FROM presented_tokens LIMIT 1",
        "SELECT id FROM carried_keys",
        "SELECT platform FROM push_progress LIMIT 1",
        "SELECT platform FROM pull_progress LIMIT 1",
        "SELECT platform FROM seen_tokens INDEXED BY seen_tokens_platform
         ORDER BY platform LIMIT 1",
        "SELECT max(position) FROM sessions",
        "SELECT id FROM sessions INDEXED BY sessions_key
         ORDER BY country_code, party_id, id LIMIT 1",
        "SELECT id FROM pending_slots LIMIT 1",
        "SELECT id FROM locations LIMIT 1",
    ] {
        db.prepare_cached(sql)?
            .query_row([], |_| Ok(()))
            .optional()?;
    }
    Ok(())
}
