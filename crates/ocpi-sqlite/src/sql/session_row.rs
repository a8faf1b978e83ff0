//! A session as a row.

use std::sync::Arc;

use ocpi_domain::{
    AuthorizationReference, CiString, Cursor, EvseUid, Revision, SessionPhase, SlotHolder, SlotId,
};
use ocpi_ports::{SessionLink, StoredSession};
use rusqlite::{CachedStatement, Connection, Row};

use super::SqlError;
use super::columns::{Columns, integer};
use super::slots::read_holder;

/// The columns of a session in a SELECT, as [`read`] wants them.
macro_rules! session_columns {
    () => {
        "position, token_country_code, token_party_id, token_uid, token_type, group_id, \
         token_known, revision, platform, phase, active_until_ms, authorization, received_at_ms, \
         session"
    };
}
pub(super) use session_columns;

/// The session of a row.
pub(super) fn read(row: &Row<'_>) -> Result<StoredSession, SqlError> {
    let mut columns = Columns::new(row, "sessions", 0);
    Ok(StoredSession {
        cursor: Cursor(columns.unsigned()?),
        link: SessionLink {
            holder: read_holder(&mut columns)?,
            token_is_known: columns.flag()?,
        },
        revision: Revision(columns.unsigned()?),
        platform: columns.parse()?,
        phase: read_phase(&mut columns)?,
        authorization: columns.parse_optional()?,
        received_at: columns.moment()?,
        session: Arc::new(columns.json()?),
    })
}

const WAITING: &str = "waiting";
const ACTIVE: &str = "active";
const ENDED: &str = "ended";

fn read_phase(columns: &mut Columns<'_>) -> Result<SessionPhase, SqlError> {
    match columns.text()? {
        WAITING => columns.value().map(|_| SessionPhase::Waiting),
        ENDED => columns.value().map(|_| SessionPhase::Ended),
        ACTIVE => columns.moment().map(|until| SessionPhase::Active { until }),
        _ => Err(columns.corrupt("must be waiting, active or ended")),
    }
}

fn phase_text(phase: SessionPhase) -> &'static str {
    match phase {
        SessionPhase::Waiting => WAITING,
        SessionPhase::Active { .. } => ACTIVE,
        SessionPhase::Ended => ENDED,
    }
}

/// Creates a row. The key stays as it is spelled here; the session's own spelling is in its JSON.
const CREATE: &str = "INSERT INTO sessions (position, platform, token_uid, authorization,
         revision, token_country_code, token_party_id, token_type, group_id, token_known, phase,
         active_until_ms, slot_id, location_id, evse_uid, last_updated_ms, received_at_ms, session,
         country_code, party_id, id)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,
         ?19, ?20, ?21)";

/// Replaces what changes with every push.
pub(super) const REPLACE: &str = "UPDATE sessions SET
         revision = ?5, token_country_code = ?6, token_party_id = ?7, token_type = ?8,
         group_id = ?9, token_known = ?10, phase = ?11, active_until_ms = ?12, slot_id = ?13,
         location_id = ?14, evse_uid = ?15, last_updated_ms = ?16, received_at_ms = ?17,
         session = ?18
     WHERE position = ?1";

/// Replaces what hardly ever changes: an index of each would be written for nothing.
pub(super) const RELINK: &str = "UPDATE sessions SET
         platform = ?2, token_uid = ?3, authorization = ?4
     WHERE position = ?1 AND (platform <> ?2 OR token_uid COLLATE BINARY IS NOT ?3
         OR authorization COLLATE BINARY IS NOT ?4)";

/// A session that is written, and the slot that it holds.
pub(super) struct SessionRow<'a> {
    pub(super) stored: &'a StoredSession,
    pub(super) slot: Option<SlotId>,
    /// The session as JSON.
    pub(super) json: &'a str,
}

impl SessionRow<'_> {
    pub(super) fn create(&self, db: &Connection) -> Result<(), SqlError> {
        let mut statement = db.prepare_cached(CREATE)?;
        self.bind_links(&mut statement)?;
        self.bind_rest(&mut statement)?;
        let session = &self.stored.session;
        let party = session.party();
        statement.raw_bind_parameter(19, party.country_code.as_str())?;
        statement.raw_bind_parameter(20, party.party_id.as_str())?;
        statement.raw_bind_parameter(21, session.id().as_str())?;
        statement.raw_execute()?;
        Ok(())
    }

    pub(super) fn replace(&self, db: &Connection) -> Result<(), SqlError> {
        let mut statement = db.prepare_cached(REPLACE)?;
        statement.raw_bind_parameter(1, integer(self.stored.cursor.0))?;
        self.bind_rest(&mut statement)?;
        statement.raw_execute()?;
        let mut statement = db.prepare_cached(RELINK)?;
        self.bind_links(&mut statement)?;
        statement.raw_execute()?;
        Ok(())
    }

    /// Binds the parameters 1 to 4.
    fn bind_links(&self, statement: &mut CachedStatement<'_>) -> Result<(), SqlError> {
        let stored = self.stored;
        let holder = stored.link.holder.as_ref();
        let authorization = stored.authorization.as_ref();
        statement.raw_bind_parameter(1, integer(stored.cursor.0))?;
        statement.raw_bind_parameter(2, stored.platform.as_str())?;
        statement.raw_bind_parameter(3, holder.map(|holder| holder.token.uid.as_str()))?;
        statement.raw_bind_parameter(4, authorization.map(AuthorizationReference::as_str))?;
        Ok(())
    }

    /// Binds the parameters 5 to 18.
    fn bind_rest(&self, statement: &mut CachedStatement<'_>) -> Result<(), SqlError> {
        let StoredSession { session, phase, .. } = self.stored;
        let holder = self.stored.link.holder.as_ref();
        let token = holder.map(|SlotHolder { token, .. }| token);
        let group_id = holder.and_then(|holder| holder.group_id.as_ref());
        let active_until = match phase {
            SessionPhase::Active { until } => Some(until.unix_ms()),
            SessionPhase::Waiting | SessionPhase::Ended => None,
        };
        let texts = [
            (6, token.map(|token| token.party.country_code.as_str())),
            (7, token.map(|token| token.party.party_id.as_str())),
            (8, token.map(|token| token.token_type.as_str())),
            (9, group_id.map(CiString::as_str)),
            (11, Some(phase_text(*phase))),
            (14, Some(session.location_id().as_str())),
            (15, session.evse_uid().map(EvseUid::as_str)),
            (18, Some(self.json)),
        ];
        for (place, text) in texts {
            statement.raw_bind_parameter(place, text)?;
        }
        let numbers = [
            (5, Some(integer(self.stored.revision.0))),
            (10, Some(self.stored.link.token_is_known.into())),
            (12, active_until),
            (13, self.slot.map(|slot| integer(slot.0))),
            (16, Some(session.last_updated().unix_ms())),
            (17, Some(self.stored.received_at.unix_ms())),
        ];
        for (place, number) in numbers {
            statement.raw_bind_parameter(place, number)?;
        }
        Ok(())
    }
}
