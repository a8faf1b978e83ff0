//! The sessions in creation order, with what finds and counts them.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;
use ocpi_domain::{
    AuthorizationReference, Cursor, DateTime, Party, Revision, SessionKey, SessionPhase,
};
use ocpi_ports::{SessionWrite, StorageError, StoredSession};

use crate::store::MemStoreOptions;

/// The most sessions that make room for a new one, when more than are kept were running and now
/// are over.
const GONE_AT_ONCE: usize = 64;

/// The most sessions that are found by one reference.
const FOUND_MAX: usize = 100;

/// All sessions by their places in the order of creation, which are the cursors of lists.
pub(crate) struct SessionTable {
    sessions: BTreeMap<u64, StoredSession>,
    by_key: HashMap<SessionKey, u64>,
    by_authorization: HashMap<AuthorizationReference, BTreeSet<u64>>,
    /// How many sessions a party has, so that nobody counts for a list's total.
    totals: HashMap<Party, u64>,
    /// Those that do not count, and those that may count on, by when they do no more.
    resting: BTreeSet<u64>,
    counting: BTreeSet<(DateTime, u64)>,
    sessions_max: usize,
    /// How many were ever created; the cursor of a session is how many were before it.
    created: u64,
    last_revision: u64,
}

impl SessionTable {
    pub(crate) fn new(options: MemStoreOptions) -> SessionTable {
        SessionTable {
            sessions: BTreeMap::new(),
            by_key: HashMap::new(),
            by_authorization: HashMap::new(),
            totals: HashMap::new(),
            resting: BTreeSet::new(),
            counting: BTreeSet::new(),
            sessions_max: options.sessions_max.get() as usize,
            created: 0,
            last_revision: 0,
        }
    }

    /// The first place that no session has had.
    pub(crate) fn end(&self) -> u64 {
        self.created
    }

    /// How many sessions these parties have.
    pub(crate) fn total(&self, parties: &[Party]) -> u64 {
        let totals = self.totals.iter();
        let theirs = totals.filter(|(party, _)| parties.contains(party));
        theirs.map(|(_, count)| count).sum()
    }

    /// The sessions from that place on, the oldest first.
    pub(crate) fn from(&self, place: u64) -> impl Iterator<Item = (u64, &StoredSession)> {
        let sessions = self.sessions.range(place..);
        sessions.map(|(place, session)| (*place, session))
    }

    /// The sessions before that place, the newest first.
    pub(crate) fn back_from(&self, place: u64) -> impl Iterator<Item = (u64, &StoredSession)> {
        let sessions = self.sessions.range(..place).rev();
        sessions.map(|(place, session)| (*place, session))
    }

    pub(crate) fn find(&self, key: &SessionKey) -> Option<&StoredSession> {
        self.sessions.get(self.by_key.get(key)?)
    }

    /// The sessions that followed that authorization, the oldest first.
    pub(crate) fn find_of(&self, reference: &AuthorizationReference) -> Vec<StoredSession> {
        let places = self.by_authorization.get(reference);
        let places = places.into_iter().flatten().take(FOUND_MAX);
        places
            .filter_map(|place| self.sessions.get(place).cloned())
            .collect()
    }

    /// What is stored under the key of a write; an error when the write follows something else.
    pub(crate) fn followed_by(
        &self,
        key: &SessionKey,
        follows: Option<Revision>,
    ) -> Result<Option<&StoredSession>, StorageError> {
        let stored = self.find(key);
        if stored.map(|stored| stored.revision) == follows {
            Ok(stored)
        } else {
            Err(StorageError::Conflict)
        }
    }

    /// Makes room for a new session, and gives those that are forgotten for it.
    pub(crate) fn make_room(&mut self, now: DateTime) -> Vec<StoredSession> {
        let mut gone = Vec::new();
        if self.sessions.len() < self.sessions_max {
            return gone;
        }
        for _ in 0..GONE_AT_ONCE {
            let Some((until, place)) = self.counting.first().copied() else {
                break;
            };
            if until > now {
                break;
            }
            self.counting.pop_first();
            self.resting.insert(place);
        }
        while self.sessions.len() >= self.sessions_max
            && gone.len() < GONE_AT_ONCE
            && let Some(oldest) = self.resting.pop_first()
        {
            gone.extend(self.remove(oldest));
        }
        gone
    }

    /// Stores the session in the place of the version before it, or in a new one, and gives it
    /// with that version, which is to be dropped when the lock is free again. That the write
    /// follows what is stored was looked at before.
    pub(crate) fn put(
        &mut self,
        write: SessionWrite,
        key: SessionKey,
        authorization: Option<AuthorizationReference>,
    ) -> (StoredSession, Option<StoredSession>) {
        let replaced = self.by_key.get(&key).copied();
        let replaced = replaced.and_then(|place| self.remove(place));
        let place = if let Some(replaced) = &replaced {
            replaced.cursor.0
        } else {
            self.created += 1;
            self.created - 1
        };
        self.last_revision += 1;
        let stored = StoredSession {
            cursor: Cursor(place),
            session: write.session,
            platform: write.platform,
            link: write.link,
            phase: write.phase,
            authorization,
            received_at: write.received_at,
            revision: Revision(self.last_revision),
        };
        self.insert(place, key, stored.clone());
        (stored, replaced)
    }

    fn insert(&mut self, place: u64, key: SessionKey, stored: StoredSession) {
        *self.totals.entry(key.party).or_default() += 1;
        self.by_key.insert(key, place);
        if let Some(reference) = stored.authorization.clone() {
            let places = self.by_authorization.entry(reference).or_default();
            places.insert(place);
        }
        if let SessionPhase::Active { until } = stored.phase {
            self.counting.insert((until, place));
        } else {
            self.resting.insert(place);
        }
        self.sessions.insert(place, stored);
    }

    /// Takes the session out.
    pub(crate) fn remove(&mut self, place: u64) -> Option<StoredSession> {
        let stored = self.sessions.remove(&place)?;
        let key = stored.session.key();
        self.by_key.remove(&key);
        if let Some(total) = self.totals.get_mut(&key.party) {
            *total -= 1;
            if *total == 0 {
                self.totals.remove(&key.party);
            }
        }
        if let Some(reference) = &stored.authorization
            && let Some(places) = self.by_authorization.get_mut(reference)
        {
            places.remove(&place);
            if places.is_empty() {
                self.by_authorization.remove(reference);
            }
        }
        self.resting.remove(&place);
        if let SessionPhase::Active { until } = stored.phase {
            self.counting.remove(&(until, place));
        }
        Some(stored)
    }
}
