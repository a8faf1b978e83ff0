//! A Location, EVSE or connector, read by its CPO.
//!
//! Spec: 2.3.0 `mod_locations`, Receiver interface, GET method.

use ocpi_ports::StorageError;

use crate::access::{AccessError, RequestContext};
use crate::app::App;
use crate::deadline::in_time;
use crate::location_target::{LocationObject, LocationTarget};

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum GetLocationError {
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error("no such location, EVSE or connector")]
    UnknownLocation,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl App {
    /// The object that is addressed, as it is stored here.
    ///
    /// # Errors
    ///
    /// [`GetLocationError`]: who may not see it learns nothing about it.
    pub async fn get_location(
        &self,
        context: &RequestContext,
        target: &LocationTarget,
    ) -> Result<LocationObject, GetLocationError> {
        in_time(self.get_location_of_store(context, target)).await
    }

    async fn get_location_of_store(
        &self,
        context: &RequestContext,
        target: &LocationTarget,
    ) -> Result<LocationObject, GetLocationError> {
        self.require_cpo_party(context, target.key.party).await?;
        let stored = self.ports.locations.find_location(&target.key).await?;
        stored
            .and_then(|stored| target.find_in(&stored.location))
            .ok_or(GetLocationError::UnknownLocation)
    }
}
