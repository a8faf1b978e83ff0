//! A whole Location, EVSE or connector, pushed by its CPO.
//!
//! Spec: 2.3.0 `mod_locations`, Receiver interface, PUT method.

use ocpi_domain::json::RawObject;
use ocpi_domain::{InvalidField, is_stale};
use ocpi_ports::StorageError;

use crate::access::{AccessError, RequestContext};
use crate::app::App;
use crate::deadline::in_time;
use crate::location_target::{LocationPart, LocationTarget};
use crate::location_update::require_bounded;
use crate::put_token::Written;
use crate::token_update::WRITE_ATTEMPTS_MAX;

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum PutLocationError {
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error("no such location, or no such EVSE in it; PUT that first")]
    UnknownLocation,
    #[error(transparent)]
    Invalid(#[from] InvalidField),
    #[error("stale last_updated: a newer version is stored")]
    Stale,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl App {
    /// Stores the object that is addressed; answers when it is durable. The same again changes
    /// nothing.
    ///
    /// # Errors
    ///
    /// [`PutLocationError`]; nothing was written then.
    pub async fn put_location(
        &self,
        context: &RequestContext,
        target: LocationTarget,
        members: RawObject,
    ) -> Result<Written, PutLocationError> {
        in_time(self.put_location_of_store(context, target, members)).await
    }

    async fn put_location_of_store(
        &self,
        context: &RequestContext,
        target: LocationTarget,
        members: RawObject,
    ) -> Result<Written, PutLocationError> {
        self.require_cpo_party(context, target.key.party).await?;
        let sent = target.read(members, context.caller.platform.profile)?;
        for _ in 0..WRITE_ATTEMPTS_MAX {
            let stored = self.ports.locations.find_location(&target.key).await?;
            let known = stored.as_ref().map(|stored| &stored.location);
            let before = known.and_then(|location| target.find_in(location));
            let new = match &before {
                Some(before) => sent.meant_beside(before, context.version)?,
                None => sent.clone(),
            };
            let moment = new.last_updated();
            let location = target
                .placed(new, known)
                .ok_or(PutLocationError::UnknownLocation)?;
            if before
                .as_ref()
                .is_some_and(|before| is_stale(before.last_updated(), moment, self.now()))
            {
                return Err(PutLocationError::Stale);
            }
            if target.part != LocationPart::Whole {
                require_bounded(&location)?;
            }
            match self.store_location(location, stored.as_ref()).await {
                Ok(()) if before.is_none() => return Ok(Written::Created),
                Ok(()) => return Ok(Written::Updated),
                Err(StorageError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StorageError::Conflict.into())
    }
}
