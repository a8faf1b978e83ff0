//! Filling the cache after a start, so that the first who ask for a card need not wait for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;

use crate::card_readers::{CardCache, look};
use crate::sql::SqlError;
use crate::sql::cards::next_keys;
use crate::threads::Thread;

/// Cards read in one look at the file.
const CARDS_A_LOOK: usize = 256;

/// The thread that fills the cache; it ends with its work, or when this is dropped.
pub(crate) struct WarmUp {
    stopping: Arc<AtomicBool>,
    _thread: Thread,
}

impl WarmUp {
    pub(crate) fn start(db: Connection, cache: Arc<CardCache>) -> std::io::Result<WarmUp> {
        let stopping = Arc::new(AtomicBool::new(false));
        let is_stopping = Arc::clone(&stopping);
        let thread = Thread::start("store-warm-up", move || {
            if let Err(error) = fill(&db, &cache, &is_stopping) {
                tracing::warn!(target: "ocpi::store", %error, "the cache is not filled");
            }
        })?;
        Ok(WarmUp {
            stopping,
            _thread: thread,
        })
    }
}

impl Drop for WarmUp {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
    }
}

/// Reads cards in the order in which they were created, until all are in the cache or it is full.
fn fill(db: &Connection, cache: &CardCache, stopping: &AtomicBool) -> Result<(), SqlError> {
    let enough = cache.capacity() / 20 * 19;
    let mut after = i64::MIN;
    while cache.weight() < enough && !stopping.load(Ordering::Relaxed) {
        let (keys, last) = next_keys(db, after, CARDS_A_LOOK)?;
        if keys.is_empty() {
            break;
        }
        after = last;
        let mut result = Ok(());
        look(
            db,
            cache,
            keys.into_iter().map(|key| (key, ())),
            |(), found| {
                if let Err(error) = found {
                    result = Err(error);
                }
            },
        );
        result?;
        // Whoever serves goes first.
        std::thread::yield_now();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use ocpi_domain::{Token, TokenMarks};
    use ocpi_ports::TokenWrite;

    use super::*;
    use crate::card_readers::{Card, new_cache};
    use crate::sql::record_chain::ChainKey;
    use crate::sql::state::WriteState;
    use crate::sql::{schema, tokens};

    /// A database with so many Tokens.
    fn database(count: usize) -> Connection {
        let mut db = Connection::open_in_memory().unwrap();
        schema::migrate(&mut db, &ChainKey::new(&[7; 32])).unwrap();
        let mut state = WriteState::load(&db).unwrap();
        for number in 0..count {
            let json = format!(
                r#"{{"country_code":"CH","party_id":"ABC","uid":"CARD{number}","type":"RFID",
                    "contract_id":"C","issuer":"I","valid":true,"whitelist":"NEVER",
                    "last_updated":"2024-01-01T00:00:00Z"}}"#
            );
            let token: Token = serde_json::from_str(&json).unwrap();
            let write = TokenWrite {
                token: token.into(),
                marks: TokenMarks::default(),
                follows: None,
            };
            tokens::put_token(&db, &mut state, &write).unwrap();
        }
        db
    }

    #[test]
    fn every_card_is_there_when_all_fit() {
        let cache = Arc::new(new_cache(64 << 20));
        fill(&database(1000), &cache, &AtomicBool::new(false)).unwrap();
        assert_eq!(cache.len(), 1000);
    }

    #[test]
    fn a_cache_that_is_full_is_not_filled_on() {
        let cache = Arc::new(new_cache(400 << 10));
        fill(&database(5000), &cache, &AtomicBool::new(false)).unwrap();
        assert!(cache.len() > 100, "{}", cache.len());
        assert!(cache.weight() <= 400 << 10, "{}", cache.weight());
        // All that were looked at are still there: none was pushed out by the next.
        assert!(cache.weight() > (400 << 10) * 8 / 10, "{}", cache.weight());
    }

    #[test]
    fn a_store_that_closes_is_not_waited_for() {
        let cache = Arc::new(new_cache(64 << 20));
        fill(&database(1000), &cache, &AtomicBool::new(true)).unwrap();
        assert_eq!(cache.len(), 0);
    }

    /// What `look` relies on: a commit that clears a card's place keeps an older card out.
    #[test]
    fn a_card_that_is_changed_while_it_is_read_stays_out() {
        let has_one = |card: &Card| matches!(card, Card::Whole(tokens) if tokens.len() == 1);
        let cache = Arc::new(new_cache(64 << 20));
        let db = database(1);
        let (keys, _) = next_keys(&db, i64::MIN, 1).unwrap();
        let place = cache.get_value_or_guard(&keys[0], None);
        cache.remove(&keys[0]);
        if let quick_cache::sync::GuardResult::Guard(place) = place {
            assert!(place.insert(Card::Crowded).is_err());
        }
        assert!(cache.get(&keys[0]).is_none());
        let mut is_told = false;
        look(
            &db,
            &cache,
            keys.iter().map(|key| (*key, ())),
            |(), found| {
                is_told = found.is_ok_and(|card| has_one(&card));
            },
        );
        assert!(is_told);
        assert!(cache.get(&keys[0]).is_some_and(|card| has_one(&card)));
    }
}
