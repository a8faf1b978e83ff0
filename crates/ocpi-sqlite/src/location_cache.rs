//! What an authorization needs to know of Locations: from a cache, else read by threads of their
//! own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ocpi_domain::{KnownEvse, LocationEvses, LocationId, LocationKey, Party};
use ocpi_ports::StorageError;
use quick_cache::Weighter;
use quick_cache::sync::{Cache, GuardResult};
use rusqlite::Connection;

use crate::scans::Scans;
use crate::sql::SqlError;
use crate::sql::locations;

/// Bytes of memory for the EVSEs of Locations that are asked for, about: of tens of thousands of
/// EVSEs.
const CACHE_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// The Locations that the cache is laid out for. It is cut in equal parts, more of them the more
/// cores there are, but each for 32 of these at least, and it keeps nothing that is larger than a
/// part. So there are four parts on any machine, and each has room for the largest sites.
const LOCATIONS: usize = 4 * 32;

/// The EVSEs of a Location; `None` when there is no such Location.
type Found = Option<Arc<LocationEvses>>;

/// The Locations that were asked for lately, those that are not there too.
///
/// As with cards, a Location that is read while a write changes it stays out: who reads it takes
/// its place in the cache before the look at the file, and a commit clears that place before it
/// is answered.
pub(crate) struct LocationCache {
    found: Cache<LocationKey, Found, FoundWeighter>,
    /// Whether the store has any Location. One that has none is not asked for any.
    is_needed: AtomicBool,
}

/// Bytes of memory, about.
#[derive(Clone)]
struct FoundWeighter;

impl Weighter<LocationKey, Found> for FoundWeighter {
    fn weight(&self, _: &LocationKey, found: &Found) -> u64 {
        let evse = |evse: &KnownEvse| 256 + 64 * evse.connector_ids.len() as u64;
        let evses = found.iter().flat_map(|location| &location.0);
        256 + evses.map(evse).sum::<u64>()
    }
}

impl LocationCache {
    /// The cache of a store that has Locations, or none yet.
    pub(crate) fn new(is_needed: bool) -> LocationCache {
        LocationCache {
            found: Cache::with_weighter(LOCATIONS, CACHE_BYTES_MAX, FoundWeighter),
            is_needed: AtomicBool::new(is_needed),
        }
    }

    /// The Location was written.
    pub(crate) fn committed(&self, key: &LocationKey) {
        self.is_needed.store(true, Ordering::Release);
        self.found.remove(key);
    }
}

/// Finds Locations.
pub(crate) struct LocationReaders {
    cache: Arc<LocationCache>,
    readers: Scans,
}

impl LocationReaders {
    /// One thread for each of `connections`.
    pub(crate) fn start(
        connections: Vec<Connection>,
        cache: Arc<LocationCache>,
    ) -> std::io::Result<LocationReaders> {
        let readers = Scans::start(connections)?;
        Ok(LocationReaders { cache, readers })
    }

    /// The EVSEs of the Location of that id; of several parties that have one, those of all, in the
    /// order of the parties.
    pub(crate) async fn known_evses(
        &self,
        parties: &[Party],
        id: &LocationId,
    ) -> Result<Found, StorageError> {
        if !self.cache.is_needed.load(Ordering::Acquire) {
            return Ok(None);
        }
        let mut known: Found = None;
        for (place, party) in parties.iter().enumerate() {
            // A question may name a party more than once.
            if parties[..place].contains(party) {
                continue;
            }
            let key = LocationKey {
                party: *party,
                id: id.clone(),
            };
            let Some(found) = self.find(key).await? else {
                continue;
            };
            match &mut known {
                None => known = Some(found),
                Some(known) => Arc::make_mut(known).0.extend_from_slice(&found.0),
            }
        }
        Ok(known)
    }

    async fn find(&self, key: LocationKey) -> Result<Found, StorageError> {
        if let Some(found) = self.cache.found.get(&key) {
            return Ok(found);
        }
        let cache = Arc::clone(&self.cache);
        self.readers
            .run(move |db| look(&cache, &key, || read(db, &key)))
            .await
    }
}

/// Reads the Location and puts it into the cache: see [`LocationCache`].
fn look(
    cache: &LocationCache,
    key: &LocationKey,
    read: impl FnOnce() -> Result<Found, SqlError>,
) -> Result<Found, SqlError> {
    let place = match cache.found.get_value_or_guard(key, Some(Duration::ZERO)) {
        GuardResult::Value(found) => return Ok(found),
        GuardResult::Guard(place) => Some(place),
        GuardResult::Timeout => None,
    };
    let found = read()?;
    if let Some(place) = place {
        // An error says that the Location was changed meanwhile.
        let _ = place.insert(found.clone());
    }
    Ok(found)
}

fn read(db: &Connection, key: &LocationKey) -> Result<Found, SqlError> {
    let found = locations::find_location(db, key)?;
    Ok(found.map(|stored| Arc::new(stored.location.known_evses())))
}

#[cfg(test)]
mod tests {
    use ocpi_domain::{EvseUid, Location};
    use ocpi_ports::LocationWrite;

    use super::*;
    use crate::sql::record_chain::ChainKey;
    use crate::sql::schema;
    use crate::sql::state::WriteState;

    fn key() -> LocationKey {
        LocationKey {
            party: Party::new("NL", "CPO").unwrap(),
            id: "LOC-1".parse().unwrap(),
        }
    }

    /// Puts the Location with one EVSE, in the place of whatever is there.
    fn put(db: &Connection, evse: &str) {
        let location: Location = serde_json::from_str(&format!(
            r#"{{"country_code":"NL","party_id":"CPO","id":"LOC-1",
                "last_updated":"2025-01-01T00:00:00Z","evses":[
                {{"uid":"{evse}","last_updated":"2025-01-01T00:00:00Z"}}]}}"#
        ))
        .unwrap();
        let before = locations::find_location(db, &key()).unwrap();
        let write = LocationWrite {
            location: location.into(),
            follows: before.map(|before| before.revision),
        };
        let mut state = WriteState::load(db).unwrap();
        locations::put_location(db, &mut state, &write).unwrap();
    }

    fn database() -> Connection {
        let mut db = Connection::open_in_memory().unwrap();
        schema::migrate(&mut db, &ChainKey::new(&[7; 32])).unwrap();
        db
    }

    fn uids(found: &Found) -> Option<Vec<&str>> {
        let found = found.as_ref()?;
        Some(found.present().map(EvseUid::as_str).collect())
    }

    /// Holds: E-22.
    #[test]
    fn a_location_is_kept_until_it_is_written_and_so_is_that_there_is_none() {
        let (db, cache) = (database(), LocationCache::new(true));
        let look_twice = |expected: Option<Vec<&str>>| {
            let found = look(&cache, &key(), || read(&db, &key())).unwrap();
            assert_eq!(uids(&found), expected);
            assert_eq!(cache.found.get(&key()), Some(found));
        };
        look_twice(None);
        put(&db, "EVSE-1");
        assert_eq!(cache.found.get(&key()), Some(None));
        cache.committed(&key());
        assert_eq!(cache.found.get(&key()), None);
        look_twice(Some(vec!["EVSE-1"]));
        put(&db, "EVSE-2");
        cache.committed(&key());
        look_twice(Some(vec!["EVSE-2"]));
    }

    /// Holds: E-22.
    #[test]
    fn a_location_that_is_written_while_it_is_read_stays_out() {
        let (db, cache) = (database(), LocationCache::new(true));
        put(&db, "EVSE-1");
        let found = look(&cache, &key(), || {
            let older = read(&db, &key())?;
            // Who comes meanwhile does not wait, and finds what is there.
            let found = look(&cache, &key(), || read(&db, &key()))?;
            assert_eq!(found, older);
            put(&db, "EVSE-2");
            cache.committed(&key());
            Ok(older)
        });
        assert_eq!(uids(&found.unwrap()), Some(vec!["EVSE-1"]));
        assert_eq!(cache.found.get(&key()), None);
        let found = look(&cache, &key(), || read(&db, &key())).unwrap();
        assert_eq!(uids(&found), Some(vec!["EVSE-2"]));
    }

    /// Beyond the protocol: what is not kept is read from the file at every question.
    #[test]
    fn a_site_of_thousands_of_evses_is_kept_on_a_machine_of_any_size() {
        let cache = LocationCache::new(true);
        let evses = (0..20_000).map(|number| KnownEvse {
            uid: format!("E{number}").parse().unwrap(),
            evse_id: None,
            connector_ids: vec!["1".parse().unwrap()],
            is_removed: false,
        });
        let site: Found = Some(Arc::new(LocationEvses(evses.collect())));
        look(&cache, &key(), || Ok(site.clone())).unwrap();
        assert!(cache.found.get(&key()) == Some(site), "it is kept");
        assert_eq!(cache.found.num_shards(), 4);
    }

    /// Beyond the protocol: who has no Locations does not pay for them.
    #[tokio::test]
    async fn a_store_without_locations_is_not_asked_for_any_until_one_is_written() {
        let db = database();
        put(&db, "EVSE-1");
        let cache = Arc::new(LocationCache::new(false));
        let readers = LocationReaders::start(vec![db], Arc::clone(&cache)).unwrap();
        let LocationKey { party, id } = key();
        let known = readers.known_evses(&[party], &id).await.unwrap();
        assert_eq!((known, cache.found.len()), (None, 0));
        cache.committed(&key());
        // However often the party is named, and whoever else is.
        let parties = [party, Party::new("DE", "CPO").unwrap(), party];
        let known = readers.known_evses(&parties, &id).await.unwrap();
        assert_eq!(uids(&known), Some(vec!["EVSE-1"]));
        assert_eq!(cache.found.len(), 2);
    }
}
