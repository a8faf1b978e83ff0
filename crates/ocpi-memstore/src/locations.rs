//! The Locations as their port.

use std::sync::Arc;

use async_trait::async_trait;
use ocpi_domain::{LocationEvses, LocationKey};
use ocpi_ports::{LocationRepository, LocationWrite, StorageError, StoredLocation, SubjectQuery};

use crate::location_table::LocationTable;
use crate::store::MemStore;

#[async_trait]
impl LocationRepository for MemStore {
    async fn find_location(
        &self,
        key: &LocationKey,
    ) -> Result<Option<StoredLocation>, StorageError> {
        let hash = self.hasher.of_text(key.id.as_str());
        Ok(self.subjects.read().locations.find(key, hash))
    }

    async fn put_location(&self, write: LocationWrite) -> Result<StoredLocation, StorageError> {
        let hash = self.hasher.of_text(write.location.id().as_str());
        let evses = Arc::new(write.location.known_evses());
        let put = self.subjects.write().locations.put(write, evses, hash);
        // The replaced Location is dropped here, where no lock is held.
        put.map(|(stored, _replaced)| stored)
    }
}

impl MemStore {
    /// The EVSEs of the Location that the question names, of each CPO that it may belong to.
    pub(crate) fn evses_asked_for(
        &self,
        locations: &LocationTable,
        query: &SubjectQuery<'_>,
    ) -> Vec<Arc<LocationEvses>> {
        match query.location {
            Some(asked) if !locations.is_empty() => {
                let id = &asked.location_id;
                locations.evses(query.cpo_parties, id, self.hasher.of_text(id.as_str()))
            }
            _ => Vec::new(),
        }
    }
}

/// All of these EVSEs; `None` when there is no Location that has them.
pub(crate) fn merged(mut found: Vec<Arc<LocationEvses>>) -> Option<Arc<LocationEvses>> {
    if found.len() > 1 {
        let all = found.iter().flat_map(|evses| evses.0.iter().cloned());
        return Some(Arc::new(LocationEvses(all.collect())));
    }
    found.pop()
}
