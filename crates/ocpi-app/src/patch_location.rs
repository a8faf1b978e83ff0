//! Some members of a Location, EVSE or connector, pushed by its CPO.
//!
//! Spec: 2.3.0 `mod_locations`, Receiver interface, PATCH method.

use ocpi_domain::json::RawObject;
use ocpi_domain::{DateTime, InvalidField, OcpiVersion, is_stale};
use ocpi_ports::StorageError;

use crate::access::{AccessError, RequestContext};
use crate::app::App;
use crate::deadline::in_time;
use crate::location_target::LocationTarget;
use crate::location_update::require_bounded;
use crate::token_update::WRITE_ATTEMPTS_MAX;

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum PatchLocationError {
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error("`last_updated`: required in a PATCH, but missing")]
    NoLastUpdated,
    #[error("no such location, EVSE or connector; PUT it first")]
    UnknownLocation,
    #[error(transparent)]
    Invalid(#[from] InvalidField),
    #[error("stale last_updated: a newer version is stored")]
    Stale,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl App {
    /// Changes the members that were sent of the object that is addressed; answers when the
    /// change is durable.
    ///
    /// # Errors
    ///
    /// [`PatchLocationError`]; nothing was changed then.
    pub async fn patch_location(
        &self,
        context: &RequestContext,
        target: LocationTarget,
        members: RawObject,
    ) -> Result<(), PatchLocationError> {
        in_time(self.patch_location_of_store(context, target, members)).await
    }

    async fn patch_location_of_store(
        &self,
        context: &RequestContext,
        target: LocationTarget,
        members: RawObject,
    ) -> Result<(), PatchLocationError> {
        self.require_cpo_party(context, target.key.party).await?;
        let last_updated: Option<DateTime> = members.read("last_updated")?;
        // Without one, of 2.1.1, the moments of the Location stay, as with a session.
        if last_updated.is_none() && context.version != OcpiVersion::V2_1_1 {
            return Err(PatchLocationError::NoLastUpdated);
        }
        for _ in 0..WRITE_ATTEMPTS_MAX {
            let stored = self
                .ports
                .locations
                .find_location(&target.key)
                .await?
                .ok_or(PatchLocationError::UnknownLocation)?;
            let before = target
                .find_in(&stored.location)
                .ok_or(PatchLocationError::UnknownLocation)?;
            let object = before.patched(members.clone())?;
            let object = object.meant_beside(&before, context.version)?;
            if is_stale(before.last_updated(), object.last_updated(), self.now()) {
                return Err(PatchLocationError::Stale);
            }
            let location = target
                .placed(object, Some(&stored.location))
                .ok_or(PatchLocationError::UnknownLocation)?;
            require_bounded(&location)?;
            match self.store_location(location, Some(&stored)).await {
                Ok(()) => return Ok(()),
                Err(StorageError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StorageError::Conflict.into())
    }
}
