//! Some members of a session, pushed by its CPO.
//!
//! Spec: 2.3.0 `mod_sessions`, Receiver interface, PATCH method.

use std::sync::Arc;

use ocpi_domain::json::RawObject;
use ocpi_domain::{
    DateTime, InvalidField, OcpiVersion, Party, Session, SessionId, SessionKey, SessionPhase,
};
use ocpi_ports::StorageError;

use crate::access::{AccessError, RequestContext};
use crate::app::App;
use crate::deadline::in_time;
use crate::session_update::{Pushed, meant_session};
use crate::token_update::WRITE_ATTEMPTS_MAX;

/// The most bytes that a session may grow to before its end: each PATCH appends to its
/// `charging_periods`, so that the limit of a body bounds no session. It is some 20,000 of them.
const SESSION_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The members, and the session that the URL addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatchSessionRequest {
    /// Its CPO.
    pub party: Party,
    /// Its id.
    pub id: SessionId,
    /// The members that were sent.
    pub members: RawObject,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum PatchSessionError {
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error("`last_updated`: required in a PATCH, but missing")]
    NoLastUpdated,
    #[error("no such session; PUT it first")]
    UnknownSession,
    #[error(transparent)]
    Invalid(#[from] InvalidField),
    #[error("stale last_updated: a newer version is stored")]
    Stale,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl App {
    /// Changes the members that were sent, and appends the `charging_periods`; answers when the
    /// change is durable.
    ///
    /// # Errors
    ///
    /// [`PatchSessionError`]; nothing was changed then.
    pub async fn patch_session(
        &self,
        context: &RequestContext,
        request: PatchSessionRequest,
    ) -> Result<(), PatchSessionError> {
        in_time(self.patch_session_of_store(context, request)).await
    }

    async fn patch_session_of_store(
        &self,
        context: &RequestContext,
        request: PatchSessionRequest,
    ) -> Result<(), PatchSessionError> {
        let PatchSessionRequest { party, id, members } = request;
        self.require_cpo_party(context, party).await?;
        let last_updated: Option<DateTime> = members.read("last_updated")?;
        // Without one, of 2.1.1, the moment of the session stays: ours would make its owner's next
        // word look old, should its clock be behind.
        if last_updated.is_none() && context.version != OcpiVersion::V2_1_1 {
            return Err(PatchSessionError::NoLastUpdated);
        }
        let key = SessionKey { party, id };
        for _ in 0..WRITE_ATTEMPTS_MAX {
            let stored = self
                .ports
                .sessions
                .find_session(&key)
                .await?
                .ok_or(PatchSessionError::UnknownSession)?;
            let session = Arc::new(stored.session.patched(members.clone())?);
            let session = meant_session(context.version, session, Some(&stored))?;
            let phase = session.phase(self.now(), self.options.session_silence_ms_max);
            // Its end is heard however long it is, for it gives a slot back; it ends but once.
            if phase != SessionPhase::Ended || stored.phase == SessionPhase::Ended {
                require_bounded(&session)?;
            }
            let pushed = self.push_session(context, session, Some(&stored));
            match pushed.await {
                Ok(Pushed::Stored) => return Ok(()),
                Ok(Pushed::Stale) => return Err(PatchSessionError::Stale),
                Err(StorageError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StorageError::Conflict.into())
    }
}

/// Refuses what would make a session grow without end.
fn require_bounded(session: &Session) -> Result<(), InvalidField> {
    if session.members().bytes() <= SESSION_BYTES_MAX {
        return Ok(());
    }
    Err(InvalidField::new(
        "charging_periods",
        "the session would grow beyond 4 MiB; PUT it whole, with fewer of them",
    ))
}
