//! The Locations that CPOs push to us.

use std::sync::Arc;

use async_trait::async_trait;
use ocpi_domain::{Location, LocationKey, Revision};

use crate::StorageError;

/// A Location as a store holds it. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredLocation {
    /// The Location.
    pub location: Arc<Location>,
    /// The version, for a write that must follow exactly this one.
    pub revision: Revision,
}

/// A Location to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocationWrite {
    /// The Location.
    pub location: Arc<Location>,
    /// The revision that this write follows; `None` when there must be no Location of that key
    /// yet.
    pub follows: Option<Revision>,
}

/// The Locations.
///
/// # Contract
///
/// 1. What was never put is absent, not an error: `absent_location_is_none`.
/// 2. A Location is found by its party and id, both without case, as it was put:
///    `location_reads_back_as_it_was_put`.
/// 3. A write must follow the stored revision (`None`: there is nothing stored), else it is a
///    [`StorageError::Conflict`] and nothing changes; each write gets a revision greater than
///    every one before it: `location_write_that_follows_nothing_stored_conflicts`.
/// 4. A subject is read with the EVSEs of the Location that the question names, as of the last
///    write, of each CPO that it may belong to: `subject_is_read_with_its_location`.
/// 5. What was put survives a restart of a durable store: `locations_survive_reopen`.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait LocationRepository: Send + Sync {
    /// The Location of that key.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`], [`StorageError::Corrupt`].
    async fn find_location(
        &self,
        key: &LocationKey,
    ) -> Result<Option<StoredLocation>, StorageError>;

    /// Creates the Location, or replaces the revision that the write follows.
    ///
    /// # Errors
    ///
    /// [`StorageError::Conflict`] when another revision, or none, is stored;
    /// [`StorageError::Unavailable`].
    async fn put_location(&self, write: LocationWrite) -> Result<StoredLocation, StorageError>;
}
