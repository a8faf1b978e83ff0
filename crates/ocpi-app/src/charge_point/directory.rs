//! The platforms, as questions at charge points look at them.
//!
//! A store hands out the list of all platforms; a charge point needs one of them, for each answer.
//! So the list is kept, with an index, until a platform is written.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ocpi_domain::{InterfaceRole, ModuleId, Party, PlatformId, Role};
use ocpi_ports::{StorageError, StoredPlatform};

use crate::app::App;
use crate::credentials::find_endpoint;

/// How long the list is believed when nobody here wrote a platform, microseconds: another process
/// may have.
const BELIEVED_US: u64 = 1_000_000;

/// Every platform at one moment.
pub(super) struct Directory {
    platforms: Vec<Arc<StoredPlatform>>,
    /// Who holds a party as eMSP: a platform that is connected before one that is not.
    by_emsp: HashMap<Party, usize>,
    /// Which writes it has seen.
    pub(super) generation: u64,
    read_at_us: u64,
}

/// The newest list, and whether it still holds.
#[derive(Default)]
pub(super) struct Directories {
    newest: Mutex<Option<Arc<Directory>>>,
    writes: AtomicU64,
}

/// Whether it has not left: it may call us, or we may call it.
pub(super) fn is_connected(stored: &StoredPlatform) -> bool {
    stored.is_registered() || stored.connection.is_some()
}

impl Directory {
    fn new(platforms: Vec<Arc<StoredPlatform>>, generation: u64, read_at_us: u64) -> Directory {
        let mut by_emsp = HashMap::new();
        for wanted in [true, false] {
            let found = platforms.iter().enumerate();
            for (place, stored) in found.filter(|(_, stored)| is_connected(stored) == wanted) {
                for party in stored.platform.parties(&Role::Emsp) {
                    by_emsp.entry(party).or_insert(place);
                }
            }
        }
        Directory {
            platforms,
            by_emsp,
            generation,
            read_at_us,
        }
    }

    pub(super) fn has(&self, id: &PlatformId) -> bool {
        let found = self
            .platforms
            .binary_search_by(|stored| stored.platform.id.cmp(id));
        found.is_ok()
    }

    /// The platform that speaks for that eMSP: the one that holds it, else a hub that lists nobody
    /// and may speak for it. One that left speaks for nobody as long as there is another.
    pub(super) fn platform_of(&self, emsp: Party) -> Option<&Arc<StoredPlatform>> {
        let holder = self.by_emsp.get(&emsp).map(|place| &self.platforms[*place]);
        if holder.is_some_and(|holder| is_connected(holder)) {
            return holder;
        }
        let mut platforms = self.platforms.iter();
        let hub = platforms.find(|stored| {
            let platform = &stored.platform;
            is_connected(stored) && platform.is_open_hub() && platform.may_hold(emsp)
        });
        hub.or(holder)
    }

    /// Whether the platform speaks for that eMSP.
    pub(super) fn speaks_for(&self, id: &PlatformId, emsp: Party) -> bool {
        let speaker = self.platform_of(emsp);
        speaker.is_some_and(|stored| stored.platform.id == *id)
    }

    /// The platforms that are asked about cards that nobody knows here.
    pub(super) fn asked_about_unknown(&self) -> impl Iterator<Item = &Arc<StoredPlatform>> {
        self.platforms.iter().filter(|stored| {
            let platform = &stored.platform;
            let is_emsp = platform.hub.is_some() || platform.parties(&Role::Emsp).next().is_some();
            platform.profile.ask_unknown && is_emsp && may_be_asked(stored)
        })
    }
}

/// Whether the platform can be called, and is not known to serve nothing to ask.
fn may_be_asked(stored: &StoredPlatform) -> bool {
    stored.connection.as_ref().is_some_and(|connection| {
        let served = connection.served.as_ref();
        served.is_none_or(|served| {
            let (module, role) = (&ModuleId::Tokens, InterfaceRole::Sender);
            find_endpoint(&served.endpoints, module, role).is_some()
        })
    })
}

impl Directories {
    fn newest(&self) -> MutexGuard<'_, Option<Arc<Directory>>> {
        // It is replaced whole.
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A platform was written: what was read before does not hold any more.
    pub(super) fn changed(&self) {
        self.writes.fetch_add(1, Ordering::AcqRel);
    }
}

impl App {
    /// Every platform as it is now.
    pub(super) async fn directory(&self) -> Result<Arc<Directory>, StorageError> {
        let directories = &self.charge_points.directories;
        // Before the read: a write that comes in its middle makes the next one read again.
        let generation = directories.writes.load(Ordering::Acquire);
        let now_us = self.elapsed_us();
        if let Some(newest) = &*directories.newest() {
            let is_young = now_us.saturating_sub(newest.read_at_us) < BELIEVED_US;
            if newest.generation == generation && is_young {
                return Ok(Arc::clone(newest));
            }
        }
        let list = self.ports.platforms.list_platforms().await?;
        let read = Arc::new(Directory::new(list.platforms, generation, now_us));
        self.charge_points.forget_platforms_that_are_gone(&read);
        *directories.newest() = Some(Arc::clone(&read));
        Ok(read)
    }
}
