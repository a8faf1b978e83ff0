//! The Locations by their keys.

use std::sync::Arc;

use hashbrown::HashTable;
use ocpi_domain::{LocationEvses, LocationId, LocationKey, Party, Revision};
use ocpi_ports::{LocationWrite, StorageError, StoredLocation};

use crate::index::TextHash;

/// The Locations. They are found by the hash of their id alone: those of every CPO that a
/// question may mean are found in one go.
#[derive(Default)]
pub(crate) struct LocationTable {
    entries: HashTable<Entry>,
    last_revision: u64,
}

/// A Location with what finds it.
pub(crate) struct Entry {
    hash: TextHash,
    party: Party,
    stored: StoredLocation,
    /// What a question about the Location needs, made once a write.
    evses: Arc<LocationEvses>,
}

impl Entry {
    fn has_key(&self, party: Party, id: &LocationId) -> bool {
        self.party == party && self.stored.location.id() == id
    }
}

impl LocationTable {
    /// Whether there is no Location at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn find(&self, key: &LocationKey, hash: TextHash) -> Option<StoredLocation> {
        let is_sought = |entry: &Entry| entry.has_key(key.party, &key.id);
        let entry = self.entries.find(hash.spread(), is_sought)?;
        Some(entry.stored.clone())
    }

    /// The EVSEs of that Location of each of the parties that has one, in the order of the
    /// parties.
    pub(crate) fn evses(
        &self,
        parties: &[Party],
        id: &LocationId,
        hash: TextHash,
    ) -> Vec<Arc<LocationEvses>> {
        let place_of = |entry: &Entry| parties.iter().position(|party| *party == entry.party);
        let mut found: Vec<(usize, Arc<LocationEvses>)> = self
            .entries
            .iter_hash(hash.spread())
            .filter(|entry| entry.hash == hash && entry.stored.location.id() == id)
            .filter_map(|entry| Some((place_of(entry)?, Arc::clone(&entry.evses))))
            .collect();
        found.sort_unstable_by_key(|(place, _)| *place);
        found.into_iter().map(|(_, evses)| evses).collect()
    }

    /// Stores the Location, whose EVSEs these are, when `follows` is what is there, and gives what
    /// it replaces, to be dropped when the lock is free again.
    pub(crate) fn put(
        &mut self,
        write: LocationWrite,
        evses: Arc<LocationEvses>,
        hash: TextHash,
    ) -> Result<(StoredLocation, Option<Entry>), StorageError> {
        let location = write.location;
        let party = location.party();
        let is_sought = |entry: &Entry| entry.has_key(party, location.id());
        let found = self.entries.find_mut(hash.spread(), is_sought);
        if found.as_ref().map(|entry| entry.stored.revision) != write.follows {
            return Err(StorageError::Conflict);
        }
        let stored = StoredLocation {
            location,
            revision: Revision(self.last_revision + 1),
        };
        let entry = Entry {
            hash,
            party,
            stored: stored.clone(),
            evses,
        };
        let replaced = if let Some(found) = found {
            Some(std::mem::replace(found, entry))
        } else {
            self.entries
                .insert_unique(hash.spread(), entry, |entry| entry.hash.spread());
            None
        };
        self.last_revision += 1;
        Ok((stored, replaced))
    }
}
