//! A session, read by its CPO.
//!
//! Spec: 2.3.0 `mod_sessions`, Receiver interface, GET method.

use std::sync::Arc;

use ocpi_domain::{Session, SessionKey};
use ocpi_ports::StorageError;

use crate::access::{AccessError, RequestContext};
use crate::app::App;
use crate::deadline::in_time;

/// Why there is no session to show.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum GetSessionError {
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error("no such session")]
    UnknownSession,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl App {
    /// The session, as it is stored here.
    ///
    /// # Errors
    ///
    /// [`GetSessionError`]: who may not see it learns nothing about it.
    pub async fn get_session(
        &self,
        context: &RequestContext,
        key: &SessionKey,
    ) -> Result<Arc<Session>, GetSessionError> {
        in_time(self.get_session_of_store(context, key)).await
    }

    async fn get_session_of_store(
        &self,
        context: &RequestContext,
        key: &SessionKey,
    ) -> Result<Arc<Session>, GetSessionError> {
        self.require_cpo_party(context, key.party).await?;
        let found = self.ports.sessions.find_session(key).await?;
        found
            .map(|stored| stored.session)
            .ok_or(GetSessionError::UnknownSession)
    }
}
