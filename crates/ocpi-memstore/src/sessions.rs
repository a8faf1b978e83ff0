//! The sessions as their port.

use async_trait::async_trait;
use ocpi_domain::{
    AuthorizationReference, Cursor, DateTime, Page, PageRequest, Party, SessionKey, SessionSlot,
    SlotPlace,
};
use ocpi_ports::{SessionQuery, SessionRepository, SessionWrite, StorageError, StoredSession};

use crate::session_scan::SessionScan;
use crate::store::MemStore;

/// What the write says to the slots.
fn slot_of(write: &SessionWrite, key: &SessionKey) -> SessionSlot {
    let session = &write.session;
    SessionSlot {
        session: key.clone(),
        holder: write.link.holder.clone(),
        place: SlotPlace::of_session(
            write.platform.clone(),
            session.location_id().clone(),
            session.evse_uid().cloned(),
        ),
        reference: session.authorization_reference().cloned(),
        phase: write.phase,
        begins: write.begins,
    }
}

impl MemStore {
    /// Forgets the sessions of the next piece from `from` on; how many, and where to look on.
    fn forget_piece(&self, from: u64, moment: DateTime, max: usize) -> (usize, Option<u64>) {
        let mut sessions = self.sessions.write();
        let (gone, next) = sessions.forget_piece(from, moment, max);
        self.free_slots_of(&gone);
        drop(sessions);
        // What was forgotten is dropped here, where no lock is held.
        (gone.len(), next)
    }

    /// Frees the slots of sessions that are forgotten.
    fn free_slots_of(&self, gone: &[StoredSession]) {
        if gone.is_empty() {
            return;
        }
        let mut slots = self.slots.lock();
        for one in gone {
            slots.remove_session(&one.session.key());
        }
        slots.commit();
    }
}

#[async_trait]
impl SessionRepository for MemStore {
    async fn find_session(&self, key: &SessionKey) -> Result<Option<StoredSession>, StorageError> {
        Ok(self.sessions.read().find(key).cloned())
    }

    async fn put_session(&self, write: SessionWrite) -> Result<StoredSession, StorageError> {
        let key = write.session.key();
        let slot = slot_of(&write, &key);
        let mut sessions = self.sessions.write();
        let former = sessions.followed_by(&key, write.follows)?;
        let is_new = former.is_none();
        let taken_before = former.and_then(|former| former.authorization.clone());
        let gone = if is_new {
            sessions.make_room(write.received_at)
        } else {
            Vec::new()
        };
        self.free_slots_of(&gone);
        let mut slots = self.slots.lock();
        let taken_now = slots.put_session(&slot, write.received_at);
        slots.commit();
        // Who sees the slot from here on and asks for its session waits for the latter's lock.
        drop(slots);
        let authorization = slot.reference.or(taken_before).or(taken_now);
        let (stored, _replaced) = sessions.put(write, key, authorization);
        drop(sessions);
        // What was replaced and forgotten is dropped here, where no lock is held.
        Ok(stored)
    }

    async fn list_sessions(
        &self,
        parties: &[Party],
        page: &PageRequest,
    ) -> Result<Page<StoredSession>, StorageError> {
        let mut scan = SessionScan::new(&self.sessions.read(), parties, page);
        while !scan.is_done() {
            scan.look_on(&self.sessions.read());
            if !scan.is_done() {
                // Others are on this thread too, and have milliseconds.
                tokio::task::yield_now().await;
            }
        }
        Ok(scan.finish())
    }

    async fn list_newest_sessions(
        &self,
        query: &SessionQuery,
        before: Option<Cursor>,
        limit: usize,
    ) -> Result<Vec<StoredSession>, StorageError> {
        let mut found = Vec::new();
        let mut before = before.map_or(u64::MAX, |cursor| cursor.0);
        loop {
            let next = self
                .sessions
                .read()
                .look_back(query, before, limit, &mut found);
            let Some(next) = next else {
                return Ok(found);
            };
            before = next;
            tokio::task::yield_now().await;
        }
    }

    async fn find_sessions_of(
        &self,
        reference: &AuthorizationReference,
    ) -> Result<Vec<StoredSession>, StorageError> {
        Ok(self.sessions.read().find_of(reference))
    }

    async fn forget_sessions(&self, moment: DateTime, max: usize) -> Result<usize, StorageError> {
        let (mut forgotten, mut from) = (0, 0);
        loop {
            let (gone, next) = self.forget_piece(from, moment, max - forgotten);
            forgotten += gone;
            match next {
                Some(next) if forgotten < max => from = next,
                _ => return Ok(forgotten),
            }
            tokio::task::yield_now().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::sync::Arc;

    use ocpi_domain::{
        ConcurrencyScope, DateWindow, PageStart, PlatformId, Session, SessionPhase, SlotHolder,
        TokenKey, TokenType,
    };
    use ocpi_ports::{AuthorizationRepository, SessionLink, SlotQuery};

    use super::*;
    use crate::session_scan::PIECE;
    use crate::store::MemStoreOptions;

    fn at(ms: usize) -> DateTime {
        DateTime::from_unix_ms(i64::try_from(ms).unwrap()).unwrap()
    }

    fn cpo() -> Party {
        Party::new("NL", "ALF").unwrap()
    }

    fn holder() -> SlotHolder {
        let token = TokenKey {
            party: Party::new("CH", "ABC").unwrap(),
            uid: "CARD".parse().unwrap(),
            token_type: TokenType::Rfid,
        };
        SlotHolder {
            token,
            group_id: None,
        }
    }

    fn session(number: usize) -> Session {
        let text = format!(
            r#"{{"country_code":"NL","party_id":"ALF","id":"S-{number}","status":"ACTIVE",
                "start_date_time":"2025-01-01T00:00:00Z","location_id":"LOC","evse_uid":"E",
                "last_updated":"{}"}}"#,
            at(number)
        );
        serde_json::from_str(&text).unwrap()
    }

    /// A session that is received at the moment of its number.
    fn write(number: usize, phase: SessionPhase) -> SessionWrite {
        SessionWrite {
            session: Arc::new(session(number)),
            platform: PlatformId::new("peer").unwrap(),
            link: SessionLink {
                holder: Some(holder()),
                token_is_known: true,
            },
            phase,
            begins: true,
            received_at: at(number),
            follows: None,
        }
    }

    fn counting_until(ms: usize) -> SessionPhase {
        SessionPhase::Active { until: at(ms) }
    }

    fn store(sessions_max: u32) -> MemStore {
        MemStore::new(MemStoreOptions {
            sessions_max: NonZeroU32::new(sessions_max).unwrap(),
            ..MemStoreOptions::default()
        })
    }

    /// The numbers of all sessions, oldest first; the list that is newest first has the same.
    async fn kept(store: &MemStore) -> Vec<usize> {
        let all = PageRequest {
            start: PageStart::Offset(0),
            limit: usize::MAX,
            window: DateWindow::default(),
        };
        let found = store.list_sessions(&[cpo()], &all).await.unwrap();
        assert_eq!(found.total, found.items.len() as u64);
        let everything = SessionQuery::default();
        let newest_first = store.list_newest_sessions(&everything, None, usize::MAX);
        let newest_first = newest_first.await.unwrap();
        assert!(newest_first.iter().rev().eq(&found.items));
        let ids = found.items.iter().map(|one| one.session.id().as_str());
        ids.map(|id| id[2..].parse().unwrap()).collect()
    }

    /// How many slots are taken, those whose time is over too.
    async fn slots_taken(store: &MemStore) -> usize {
        let query = SlotQuery {
            holder: holder(),
            scope: ConcurrencyScope::Token,
            place: None,
            at: DateTime::from_unix_ms(-1).unwrap(),
        };
        store.list_slots(&query).await.unwrap().len()
    }

    /// Holds: S-20, S-21, S-26.
    #[tokio::test]
    async fn for_a_new_session_the_oldest_goes_that_does_not_count() {
        let store = store(4);
        for (number, phase, expected) in [
            (0, counting_until(99), &[0][..]),
            (1, SessionPhase::Ended, &[0, 1]),
            (2, counting_until(6), &[0, 1, 2]),
            (3, SessionPhase::Waiting, &[0, 1, 2, 3]),
            (4, counting_until(99), &[0, 2, 3, 4]),
            (5, counting_until(7), &[0, 2, 4, 5]),
            // From its last moment on, one that fell silent does not count.
            (6, counting_until(99), &[0, 4, 5, 6]),
            (7, SessionPhase::Ended, &[0, 4, 6, 7]),
            (8, counting_until(99), &[0, 4, 6, 8]),
            // Those that count are kept, however many they are, and so is the newest.
            (9, SessionPhase::Ended, &[0, 4, 6, 8, 9]),
            (10, counting_until(99), &[0, 4, 6, 8, 10]),
            (11, counting_until(99), &[0, 4, 6, 8, 10, 11]),
            // When they are over, there are as many as may be again.
            (100, SessionPhase::Ended, &[8, 10, 11, 100]),
        ] {
            let stored = store.put_session(write(number, phase)).await.unwrap();
            assert_eq!(kept(&store).await, expected);
            let found = store.find_session(&stored.session.key()).await.unwrap();
            assert_eq!(found, Some(stored));
        }
        let forgotten = session(1).key();
        assert_eq!(store.find_session(&forgotten).await.unwrap(), None);
        assert_eq!(slots_taken(&store).await, 0);
        // Another word of one that is kept makes none go.
        let newest = store.find_session(&session(100).key()).await.unwrap();
        let again = SessionWrite {
            follows: newest.map(|newest| newest.revision),
            ..write(100, counting_until(999))
        };
        store.put_session(again).await.unwrap();
        assert_eq!(kept(&store).await, [8, 10, 11, 100]);
        assert_eq!(slots_taken(&store).await, 1);
    }

    /// Holds: S-20, S-22.
    #[tokio::test]
    async fn a_session_that_was_heard_of_again_counts_by_its_last_word() {
        let store = store(3);
        for (number, first_word, last_word) in [
            (0, counting_until(5), counting_until(99)),
            (1, SessionPhase::Ended, counting_until(99)),
            (2, counting_until(99), SessionPhase::Ended),
        ] {
            let stored = store.put_session(write(number, first_word)).await.unwrap();
            let again = SessionWrite {
                follows: Some(stored.revision),
                ..write(number, last_word)
            };
            store.put_session(again).await.unwrap();
        }
        for (number, expected) in [(10, &[0, 1, 10][..]), (11, &[0, 1, 10, 11])] {
            let newest = write(number, counting_until(99));
            store.put_session(newest).await.unwrap();
            assert_eq!(kept(&store).await, expected);
        }
    }

    /// Holds: S-20, S-26.
    #[tokio::test]
    async fn as_many_are_forgotten_as_asked_for_however_many_pieces_that_are() {
        const COUNT: usize = 3 * PIECE;
        for max in [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, COUNT] {
            let store = store(u32::MAX);
            for number in 0..COUNT {
                // Every third counts on, and stays.
                let until = [1, 1, 2 * COUNT][number % 3];
                let write = write(number, counting_until(until));
                store.put_session(write).await.unwrap();
            }
            let forgotten = store.forget_sessions(at(COUNT), max).await.unwrap();
            assert_eq!(forgotten, max.min(COUNT / 3 * 2));
            let gone = (0..COUNT).filter(|number| number % 3 < 2).take(max);
            let gone: Vec<_> = gone.collect();
            let expected: Vec<_> = (0..COUNT).filter(|one| !gone.contains(one)).collect();
            assert_eq!(kept(&store).await, expected);
            assert!(slots_taken(&store).await >= COUNT / 3);
            let rest = store.forget_sessions(at(COUNT), COUNT).await;
            assert_eq!(rest.unwrap(), COUNT / 3 * 2 - forgotten);
            assert_eq!(slots_taken(&store).await, COUNT / 3);
        }
    }

    /// What was forgotten leaves no places behind that a list would go through one by one.
    ///
    /// Holds: P-08, P-09.
    #[tokio::test]
    async fn a_list_goes_on_where_sessions_are_forgotten_between_its_pieces() {
        const COUNT: usize = 4 * PIECE;
        const FORGOTTEN: usize = PIECE + 9;
        for first in [None, Some(10)] {
            let store = store(u32::MAX);
            for number in 0..COUNT {
                let write = write(number, SessionPhase::Ended);
                store.put_session(write).await.unwrap();
            }
            let window = DateWindow {
                from: first.map(at),
                to: None,
            };
            let page = PageRequest {
                start: PageStart::Offset(0),
                limit: usize::MAX,
                window,
            };
            let parties = [cpo()];
            let mut scan = SessionScan::new(&store.sessions.read(), &parties, &page);
            scan.look_on(&store.sessions.read());
            // All of the first piece, some of the next, and a new one that is not of the list.
            let gone = store.forget_sessions(at(FORGOTTEN), usize::MAX).await;
            assert_eq!(gone.unwrap(), FORGOTTEN);
            let late = write(COUNT, SessionPhase::Ended);
            store.put_session(late).await.unwrap();
            let mut pieces = 1;
            while !scan.is_done() {
                scan.look_on(&store.sessions.read());
                pieces += 1;
            }
            assert_eq!(pieces, COUNT / PIECE);
            let found = scan.finish().items;
            let found: Vec<Session> = found
                .iter()
                .map(|one| Session::clone(&one.session))
                .collect();
            let seen = first.unwrap_or(0)..PIECE;
            let expected: Vec<Session> = seen.chain(FORGOTTEN..COUNT).map(session).collect();
            assert_eq!(found, expected);
        }
    }
}
