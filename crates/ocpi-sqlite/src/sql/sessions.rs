//! The sessions, found by their key, written and forgotten.

use ocpi_domain::{
    AuthorizationReference, Cursor, DateTime, Party, Revision, SessionKey, SessionSlot, SlotChange,
    SlotId, SlotPlace, SlotUse,
};
use ocpi_ports::{SessionWrite, StoredSession};
use rusqlite::{Connection, OptionalExtension};

use super::SqlError;
use super::columns::{Columns, integer};
use super::session_row::{self, SessionRow, session_columns};
use super::slots::{self, SharedSlots};
use super::state::WriteState;

/// A key as parameters 1 to 3.
macro_rules! of_key {
    () => {
        " FROM sessions WHERE country_code = ?1 AND party_id = ?2 AND id = ?3"
    };
}

fn texts(key: &SessionKey) -> [&str; 3] {
    [
        key.party.country_code.as_str(),
        key.party.party_id.as_str(),
        key.id.as_str(),
    ]
}

pub(super) const FIND: &str = concat!("SELECT ", session_columns!(), of_key!());

/// The session of that key.
///
/// # Errors
///
/// [`SqlError::Sqlite`], [`SqlError::Corrupt`].
pub(crate) fn find_session(
    db: &Connection,
    key: &SessionKey,
) -> Result<Option<StoredSession>, SqlError> {
    let mut statement = db.prepare_cached(FIND)?;
    let found = statement
        .query_row(texts(key), |row| Ok(session_row::read(row)))
        .optional()?;
    found.transpose()
}

pub(super) const BEFORE: &str = concat!("SELECT position, revision, authorization", of_key!());

/// What a write needs to know of what it replaces.
struct Before {
    cursor: Cursor,
    revision: Revision,
    authorization: Option<AuthorizationReference>,
}

impl Before {
    fn find(db: &Connection, key: &SessionKey) -> Result<Option<Before>, SqlError> {
        let mut statement = db.prepare_cached(BEFORE)?;
        let found = statement
            .query_row(texts(key), |row| {
                Ok(Before::of(&mut Columns::new(row, "sessions", 0)))
            })
            .optional()?;
        found.transpose()
    }

    fn of(columns: &mut Columns<'_>) -> Result<Before, SqlError> {
        Ok(Before {
            cursor: Cursor(columns.unsigned()?),
            revision: Revision(columns.unsigned()?),
            authorization: columns.parse_optional()?,
        })
    }
}

/// Creates the session, or replaces the revision that the write follows, and takes and frees the
/// slots that this takes and frees.
///
/// # Errors
///
/// [`SqlError::Conflict`] when another revision, or none, is stored; [`SqlError::Sqlite`];
/// [`SqlError::Corrupt`].
pub(crate) fn put_session(
    db: &Connection,
    state: &mut WriteState,
    slots: &SharedSlots,
    write: &SessionWrite,
) -> Result<StoredSession, SqlError> {
    // All that may be refused comes before the slots are changed.
    let before = Before::find(db, &write.session.key())?;
    if before.as_ref().map(|before| before.revision) != write.follows {
        return Err(SqlError::Conflict);
    }
    let json = serde_json::to_string(&write.session)
        .map_err(|error| SqlError::Corrupt(error.to_string()))?;
    let slot = slot_of(write);
    let (stood_for, changes) = slots::change(db, slots, |table| {
        table.put_session(&slot, write.received_at)
    })?;
    let named = write.session.authorization_reference().cloned();
    let revision = state.next_revision();
    let is_new = before.is_none();
    let (cursor, known) = before.map_or((Cursor(revision.0), None), |before| {
        (before.cursor, before.authorization)
    });
    let stored = StoredSession {
        cursor,
        session: write.session.clone(),
        platform: write.platform.clone(),
        link: write.link.clone(),
        phase: write.phase,
        authorization: named.or(known).or(stood_for),
        received_at: write.received_at,
        revision,
    };
    let row = SessionRow {
        stored: &stored,
        slot: slot_taken(&changes),
        json: &json,
    };
    if is_new {
        row.create(db)?;
    } else {
        row.replace(db)?;
    }
    state.give_revision();
    Ok(stored)
}

fn slot_of(write: &SessionWrite) -> SessionSlot {
    let session = &write.session;
    SessionSlot {
        session: session.key(),
        holder: write.link.holder.clone(),
        place: SlotPlace::of_session(
            write.platform.clone(),
            session.location_id().clone(),
            session.evse_uid().cloned(),
        ),
        reference: session.authorization_reference().cloned(),
        phase: write.phase,
        begins: write.begins,
    }
}

/// The slot that the session took.
fn slot_taken(changes: &[SlotChange]) -> Option<SlotId> {
    changes.iter().find_map(|change| match change {
        SlotChange::Taken(slot) => matches!(slot.used_by, SlotUse::Session(_)).then_some(slot.id),
        SlotChange::Freed(_) | SlotChange::HeldOn { .. } => None,
    })
}

pub(super) const OLDEST: &str = "SELECT position, country_code, party_id, id
     FROM sessions INDEXED BY sessions_received
     WHERE received_at_ms < ?1 AND (active_until_ms IS NULL OR active_until_ms <= ?1)
     ORDER BY received_at_ms LIMIT ?2";

pub(super) const FORGET: &str = "DELETE FROM sessions WHERE position = ?1";

/// Forgets sessions, at most `max`, that were received last before `moment` and are not active at
/// it, those first that were received first; how many they were.
///
/// # Errors
///
/// [`SqlError::Sqlite`], [`SqlError::Corrupt`].
pub(crate) fn forget_sessions(
    db: &Connection,
    slots: &SharedSlots,
    moment: DateTime,
    max: usize,
) -> Result<usize, SqlError> {
    let limit = i64::try_from(max).unwrap_or(i64::MAX);
    let mut oldest = Vec::new();
    let mut statement = db.prepare_cached(OLDEST)?;
    let mut rows = statement.query((moment.unix_ms(), limit))?;
    while let Some(row) = rows.next()? {
        let mut columns = Columns::new(row, "sessions", 0);
        let position = columns.integer()?;
        let party = Party {
            country_code: columns.parse()?,
            party_id: columns.parse()?,
        };
        let key = SessionKey {
            party,
            id: columns.parse()?,
        };
        oldest.push((position, key));
    }
    drop(rows);
    let mut statement = db.prepare_cached(FORGET)?;
    for (position, _) in &oldest {
        statement.execute([position])?;
    }
    // One that fell silent may still have its slot in the table, though it counts no more.
    slots::change(db, slots, |table| {
        for (_, key) in &oldest {
            table.remove_session(key);
        }
    })?;
    Ok(oldest.len())
}

pub(super) const OF_AUTHORIZATION: &str = concat!(
    "SELECT ",
    session_columns!(),
    " FROM sessions INDEXED BY sessions_authorization
     WHERE authorization = ?1 ORDER BY position LIMIT ?2"
);

/// The most sessions of one authorization that are looked at; one has one.
const OF_AUTHORIZATION_MAX: usize = 100;

/// The sessions that followed that authorization, in creation order.
///
/// # Errors
///
/// [`SqlError::Sqlite`], [`SqlError::Corrupt`].
pub(crate) fn find_sessions_of(
    db: &Connection,
    reference: &AuthorizationReference,
) -> Result<Vec<StoredSession>, SqlError> {
    let mut statement = db.prepare_cached(OF_AUTHORIZATION)?;
    let limit = integer(OF_AUTHORIZATION_MAX as u64);
    let mut rows = statement.query((reference.as_str(), limit))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(session_row::read(row)?);
    }
    Ok(found)
}
