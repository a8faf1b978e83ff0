//! A whole session, pushed by its CPO.
//!
//! Spec: 2.3.0 `mod_sessions`, Receiver interface, PUT method.

use std::sync::Arc;

use ocpi_domain::json::RawObject;
use ocpi_domain::{InvalidField, Party, Profile, Session, SessionId};
use ocpi_ports::StorageError;

use crate::access::{AccessError, RequestContext};
use crate::app::App;
use crate::deadline::in_time;
use crate::owner::{fill_owner, require_owned_by};
use crate::put_token::Written;
use crate::session_update::{Pushed, meant_session};
use crate::token_update::{WRITE_ATTEMPTS_MAX, require_equal};

/// The session, and where its URL says that it belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutSessionRequest {
    /// The CPO that the URL names.
    pub party: Party,
    /// The id that the URL names.
    pub id: SessionId,
    /// The members that were sent.
    pub members: RawObject,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum PutSessionError {
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error(transparent)]
    Invalid(#[from] InvalidField),
    #[error("stale last_updated: a newer version is stored")]
    Stale,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl App {
    /// Stores the session, whether its Token is known or not; answers when it is durable. The same
    /// session again changes nothing.
    ///
    /// # Errors
    ///
    /// [`PutSessionError`]; nothing was written then.
    pub async fn put_session(
        &self,
        context: &RequestContext,
        request: PutSessionRequest,
    ) -> Result<Written, PutSessionError> {
        in_time(self.put_session_of_store(context, request)).await
    }

    async fn put_session_of_store(
        &self,
        context: &RequestContext,
        request: PutSessionRequest,
    ) -> Result<Written, PutSessionError> {
        self.require_cpo_party(context, request.party).await?;
        let sent = Arc::new(complete(request, context.caller.platform.profile)?);
        let key = sent.key();
        for _ in 0..WRITE_ATTEMPTS_MAX {
            let stored = self.ports.sessions.find_session(&key).await?;
            let session = meant_session(context.version, Arc::clone(&sent), stored.as_ref())?;
            let pushed = self.push_session(context, session, stored.as_ref());
            match pushed.await {
                Ok(Pushed::Stored) if stored.is_none() => return Ok(Written::Created),
                Ok(Pushed::Stored) => return Ok(Written::Updated),
                Ok(Pushed::Stale) => return Err(PutSessionError::Stale),
                Err(StorageError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StorageError::Conflict.into())
    }
}

/// A session of the members that were sent and what the platform's profile lets us add.
fn complete(request: PutSessionRequest, profile: Profile) -> Result<Session, InvalidField> {
    let PutSessionRequest {
        party,
        id,
        mut members,
    } = request;
    fill_owner(&mut members, party, profile);
    let session = Session::try_from(members)?;
    require_owned_by(party, session.party())?;
    require_equal("id", Some(session.id()), Some(&id))?;
    // The tutorial's sessions have none: its reference says whose they are.
    if session.cdr_token().is_none() && !profile.tutorial {
        return Err(InvalidField::new("cdr_token", "required, but missing"));
    }
    Ok(session)
}
