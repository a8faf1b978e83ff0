//! The slots that are taken: a table in memory has them all, and what it has is brought back at a
//! start out of `pending_slots` and out of the sessions that count.

use std::sync::{Mutex, MutexGuard, PoisonError};

use ocpi_domain::{
    AuthorizationRecord, AuthorizationReference, CiString, EvseUid, Party, SessionKey, Slot,
    SlotChange, SlotClaim, SlotHolder, SlotId, SlotOutcome, SlotPlace, SlotTable, SlotUse,
    TokenKey,
};
use rusqlite::{Connection, params};
use serde::Serialize;

use super::columns::{Columns, integer};
use super::record_chain::ChainKey;
use super::state::WriteState;
use super::{SqlError, records};

/// The table, changed by the one who writes only. Others count in it, and may see what is not
/// committed yet: what they find is a hint.
///
/// It is held for a microsecond. Who finds it held spins for some, where `parking_lot` would give
/// its processor away at once and wait for its next turn there.
#[derive(Default)]
pub(crate) struct SharedSlots(Mutex<SlotTable>);

impl SharedSlots {
    pub(crate) fn new(table: SlotTable) -> SharedSlots {
        SharedSlots(Mutex::new(table))
    }

    /// The table, for this caller alone. After a panic of another holder it is still what was
    /// noted of it.
    pub(crate) fn lock(&self) -> MutexGuard<'_, SlotTable> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Appends the record of an ALLOWED and takes its slot, or, when none is free, appends the record
/// of its refusal. A reference that was used before leaves no slot taken.
///
/// # Errors
///
/// As [`records::append`].
pub(crate) fn append_with_slot(
    db: &Connection,
    state: &mut WriteState,
    key: &ChainKey,
    slots: &SharedSlots,
    (record, claim): (&AuthorizationRecord, &SlotClaim),
) -> Result<SlotOutcome, SqlError> {
    let (mark, outcome) = {
        let mut table = slots.lock();
        let mark = table.mark();
        (mark, table.claim(claim, &record.reference, record.at))
    };
    let appended = match outcome {
        SlotOutcome::Taken => records::append(db, state, key, record),
        SlotOutcome::Full => records::append(db, state, key, &record.refused_for_concurrency()),
    };
    if let Err(error) = appended {
        // Other writes of the transaction may stay, so this one takes its own back.
        slots.lock().roll_back_to(mark);
        return Err(error);
    }
    change(db, slots, |_| ())?;
    Ok(outcome)
}

/// Changes the table, and stores what that does to pending slots; the changes.
///
/// # Errors
///
/// [`SqlError::Sqlite`] only: the table is changed then, and the transaction must be rolled back.
pub(super) fn change<T>(
    db: &Connection,
    slots: &SharedSlots,
    change: impl FnOnce(&mut SlotTable) -> T,
) -> Result<(T, Vec<SlotChange>), SqlError> {
    let (result, changes) = {
        let mut table = slots.lock();
        let result = change(&mut table);
        (result, table.new_changes().to_vec())
    };
    for change in &changes {
        save(db, change)?;
    }
    Ok((result, changes))
}

const TAKE: &str = "INSERT INTO pending_slots (id, reference, token_country_code, token_party_id,
         token_uid, token_type, group_id, platform, asked, meant, until_ms)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";

pub(super) const HOLD_ON: &str =
    "UPDATE pending_slots SET reference = ?2, until_ms = ?3 WHERE id = ?1";

pub(super) const RENAME: &str = "UPDATE pending_slots SET asked = ?2, meant = ?3 WHERE id = ?1";

pub(super) const FREE: &str = "DELETE FROM pending_slots WHERE id = ?1";

fn save(db: &Connection, change: &SlotChange) -> Result<(), SqlError> {
    match change {
        SlotChange::Freed(slot) => match slot.used_by {
            SlotUse::Pending(_) => drop(db.prepare_cached(FREE)?.execute([integer(slot.id.0)])?),
            // Whoever ends a session writes its row.
            SlotUse::Session(_) => {}
        },
        SlotChange::Taken(slot) => match &slot.used_by {
            SlotUse::Pending(reference) => take(db, slot, reference)?,
            SlotUse::Session(_) => {}
        },
        SlotChange::HeldOn { before, after } => match &after.used_by {
            SlotUse::Pending(reference) => hold_on(db, (before, after), reference)?,
            SlotUse::Session(_) => {}
        },
    }
    Ok(())
}

fn take(db: &Connection, slot: &Slot, reference: &AuthorizationReference) -> Result<(), SqlError> {
    let SlotHolder { token, group_id } = &slot.holder;
    db.prepare_cached(TAKE)?.execute(params![
        integer(slot.id.0),
        reference.as_str(),
        token.party.country_code.as_str(),
        token.party.party_id.as_str(),
        token.uid.as_str(),
        token.token_type.as_str(),
        group_id.as_ref().map(CiString::as_str),
        slot.place.platform().as_str(),
        slot.place.asked().map(json).transpose()?,
        slot.place.meant_otherwise().map(json).transpose()?,
        slot.until.unix_ms(),
    ])?;
    Ok(())
}

/// Nearly always the place is asked for by the same name.
fn hold_on(
    db: &Connection,
    (before, after): (&Slot, &Slot),
    reference: &AuthorizationReference,
) -> Result<(), SqlError> {
    let (id, until_ms) = (integer(after.id.0), after.until.unix_ms());
    let mut statement = db.prepare_cached(HOLD_ON)?;
    statement.execute(params![id, reference.as_str(), until_ms])?;
    if before.place != after.place {
        let asked = after.place.asked().map(json).transpose()?;
        let meant = after.place.meant_otherwise().map(json).transpose()?;
        db.prepare_cached(RENAME)?
            .execute(params![id, asked, meant])?;
    }
    Ok(())
}

/// What cannot be written breaks the transaction: the table is changed already.
fn json<T: Serialize>(value: &T) -> Result<String, SqlError> {
    serde_json::to_string(value)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()).into())
}

/// The holder of the country, party, uid, type and group that come next; `None` when they are NULL.
pub(super) fn read_holder(columns: &mut Columns<'_>) -> Result<Option<SlotHolder>, SqlError> {
    let country_code = columns.parse_optional()?;
    let party_id = columns.parse_optional()?;
    let uid = columns.parse_optional()?;
    let token_type = columns.parse_optional()?;
    let group_id = columns.parse_optional()?;
    match (country_code, party_id, uid, token_type) {
        (Some(country_code), Some(party_id), Some(uid), Some(token_type)) => {
            let party = Party {
                country_code,
                party_id,
            };
            let token = TokenKey {
                party,
                uid,
                token_type,
            };
            Ok(Some(SlotHolder { token, group_id }))
        }
        (None, None, None, None) => Ok(None),
        _ => Err(columns.corrupt("must stand beside a whole key of a Token")),
    }
}

const PENDING: &str = "SELECT id, token_country_code, token_party_id, token_uid, token_type,
         group_id, reference, platform, asked, meant, until_ms
     FROM pending_slots";

/// Only of what can be read without the long JSON behind it.
pub(super) const OF_SESSIONS: &str = "SELECT position, token_country_code, token_party_id,
         token_uid, token_type, group_id, slot_id, country_code, party_id, id, platform,
         location_id, evse_uid, active_until_ms
     FROM sessions INDEXED BY sessions_active
     WHERE active_until_ms IS NOT NULL AND slot_id IS NOT NULL";

/// Every slot that is stored, those whose time is over included: there is no clock here.
///
/// # Errors
///
/// [`SqlError::Sqlite`], [`SqlError::Corrupt`].
pub(crate) fn load(db: &Connection) -> Result<SlotTable, SqlError> {
    let mut slots = Vec::new();
    for (sql, name, read) in [
        (PENDING, "pending_slots", read_pending as ReadSlot),
        (OF_SESSIONS, "sessions", read_of_session),
    ] {
        let mut statement = db.prepare_cached(sql)?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            slots.push(read(&mut Columns::new(row, name, 0))?);
        }
    }
    // In their order, each is the last of those that it stands among.
    slots.sort_unstable_by_key(|slot: &Slot| slot.id);
    let mut table = SlotTable::default();
    for slot in slots {
        table.restore(slot);
    }
    Ok(table)
}

type ReadSlot = fn(&mut Columns<'_>) -> Result<Slot, SqlError>;

fn read_pending(columns: &mut Columns<'_>) -> Result<Slot, SqlError> {
    let id = SlotId(columns.unsigned()?);
    let holder = read_needed_holder(columns)?;
    Ok(Slot {
        id,
        used_by: SlotUse::Pending(columns.parse()?),
        holder,
        place: SlotPlace::of_parts(
            columns.parse()?,
            columns.optional_json()?,
            columns.optional_json()?,
        ),
        until: columns.moment()?,
    })
}

fn read_of_session(columns: &mut Columns<'_>) -> Result<Slot, SqlError> {
    columns.integer()?;
    let holder = read_needed_holder(columns)?;
    let id = SlotId(columns.unsigned()?);
    let party = Party {
        country_code: columns.parse()?,
        party_id: columns.parse()?,
    };
    let session = SessionKey {
        party,
        id: columns.parse()?,
    };
    let platform = columns.parse()?;
    let location_id = columns.parse()?;
    let evse_uid: Option<EvseUid> = columns.parse_optional()?;
    Ok(Slot {
        id,
        used_by: SlotUse::Session(session),
        holder,
        place: SlotPlace::of_session(platform, location_id, evse_uid),
        until: columns.moment()?,
    })
}

fn read_needed_holder(columns: &mut Columns<'_>) -> Result<SlotHolder, SqlError> {
    read_holder(columns)?.ok_or_else(|| columns.corrupt("a slot must be somebody's"))
}
