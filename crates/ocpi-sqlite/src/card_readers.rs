//! Cards: from the cache, else read by threads of their own.

use std::sync::Arc;
use std::time::Duration;

use ocpi_ports::StorageError;
use parking_lot::{Condvar, Mutex};
use quick_cache::Weighter;
use quick_cache::sync::{Cache, GuardResult};
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::error::{closed, storage_error};
use crate::sql::SqlError;
use crate::sql::cards::{CardKey, CardToken, find_card};
use crate::threads::{Thread, end_transaction, unless_it_panics};

/// A card, shared with the cache.
#[derive(Clone)]
pub(crate) enum Card {
    /// All its Tokens.
    Whole(Arc<[CardToken]>),
    /// It has more Tokens than are read at once: it has to be asked for what is wanted of it.
    Crowded,
}

/// The most cards read in one look at the file.
const CARDS_A_LOOK_MAX: usize = 64;

impl Card {
    /// Whether there is no such card.
    fn is_none(&self) -> bool {
        matches!(self, Card::Whole(tokens) if tokens.is_empty())
    }
}

impl From<Option<Vec<CardToken>>> for Card {
    fn from(found: Option<Vec<CardToken>>) -> Card {
        found.map_or(Card::Crowded, |tokens| Card::Whole(tokens.into()))
    }
}

/// About the bytes of a card with one Token, for the first size of the cache.
const CARD_BYTES: u64 = 640;

/// The cards that were asked for lately.
///
/// A card that is loaded while a write changes it stays out: who loads takes the card's place in
/// the cache before it looks at the file, and a commit clears that place before it is answered.
pub(crate) type CardCache = Cache<CardKey, Card, CardWeighter>;

/// Bytes of memory, about.
#[derive(Clone)]
pub(crate) struct CardWeighter;

impl Weighter<CardKey, Card> for CardWeighter {
    fn weight(&self, _: &CardKey, card: &Card) -> u64 {
        match card {
            Card::Whole(tokens) => 128 + tokens.iter().map(CardToken::bytes).sum::<u64>(),
            Card::Crowded => 128,
        }
    }
}

pub(crate) fn new_cache(bytes_max: u64) -> CardCache {
    let cards = usize::try_from(bytes_max / CARD_BYTES).unwrap_or(usize::MAX);
    Cache::with_weighter(cards.max(16), bytes_max, CardWeighter)
}

/// Finds cards.
pub(crate) struct CardReaders {
    cache: Arc<CardCache>,
    shared: Arc<Shared>,
    threads: Vec<Thread>,
}

struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
}

#[derive(Default)]
struct Queue {
    questions: Vec<Question>,
    asleep: usize,
    stopping: bool,
}

struct Question {
    key: CardKey,
    reply: oneshot::Sender<Result<Card, StorageError>>,
}

impl CardReaders {
    /// One thread for each of `connections`.
    pub(crate) fn start(
        connections: Vec<Connection>,
        cache: Arc<CardCache>,
    ) -> std::io::Result<CardReaders> {
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            wake: Condvar::new(),
        });
        let mut readers = CardReaders {
            cache,
            shared,
            threads: Vec::new(),
        };
        // One that cannot be started ends those before it: they belong to `readers`.
        for db in connections {
            let (shared, cache) = (Arc::clone(&readers.shared), Arc::clone(&readers.cache));
            let thread = Thread::start("store-cards", move || {
                while let Some(questions) = shared.take() {
                    unless_it_panics(&db, || answer(&db, &cache, questions));
                }
            });
            readers.threads.push(thread?);
        }
        Ok(readers)
    }

    /// The card of that key; one without Tokens when there is none.
    pub(crate) async fn find(&self, key: CardKey) -> Result<Card, StorageError> {
        if let Some(card) = self.cache.get(&key) {
            return Ok(card);
        }
        let (reply, answer) = oneshot::channel();
        self.shared.push(Question { key, reply });
        answer.await.unwrap_or_else(|_| Err(closed()))
    }
}

impl Drop for CardReaders {
    fn drop(&mut self) {
        self.shared.stop();
    }
}

impl Shared {
    fn push(&self, question: Question) {
        let mut queue = self.queue.lock();
        queue.questions.push(question);
        if queue.asleep > 0 {
            queue.asleep -= 1;
            drop(queue);
            self.wake.notify_one();
        }
    }

    fn stop(&self) {
        self.queue.lock().stopping = true;
        self.wake.notify_all();
    }

    /// Some that wait; `None` when the store closes.
    fn take(&self) -> Option<Vec<Question>> {
        let mut queue = self.queue.lock();
        loop {
            if queue.stopping {
                return None;
            }
            if !queue.questions.is_empty() {
                let count = queue.questions.len().min(CARDS_A_LOOK_MAX);
                return Some(queue.questions.drain(..count).collect());
            }
            queue.asleep += 1;
            self.wake.wait(&mut queue);
        }
    }
}

/// Answers all in one look at the file.
fn answer(db: &Connection, cache: &CardCache, questions: Vec<Question>) {
    let keys_and_replies = questions
        .into_iter()
        .filter(|question| !question.reply.is_closed())
        .map(|Question { key, reply }| (key, reply));
    look(db, cache, keys_and_replies, |reply, found| {
        // An error says that nobody waits any more.
        let _ = reply.send(found.map_err(storage_error));
    });
}

/// Finds all cards in one look at the file, and puts them into the cache; `tell` is told what was
/// found with what stood beside the key.
pub(crate) fn look<T>(
    db: &Connection,
    cache: &CardCache,
    keys: impl Iterator<Item = (CardKey, T)>,
    mut tell: impl FnMut(T, Result<Card, SqlError>),
) {
    // Every place in the cache is taken before the look begins: see `CardCache`.
    let mut open = Vec::with_capacity(keys.size_hint().0);
    for (key, beside) in keys {
        match cache.get_value_or_guard(&key, Some(Duration::ZERO)) {
            GuardResult::Value(card) => tell(beside, Ok(card)),
            GuardResult::Guard(place) => open.push((key, beside, Some(place))),
            GuardResult::Timeout => open.push((key, beside, None)),
        }
    }
    if open.is_empty() {
        return;
    }
    let begun = db
        .prepare_cached("BEGIN")
        .and_then(|mut sql| sql.execute([]));
    for (key, beside, place) in open {
        let found = find_card(db, &key).map(Card::from);
        if let (Ok(card), Some(place)) = (&found, place)
            && !card.is_none()
        {
            // An error says that the card was changed meanwhile.
            let _ = place.insert(card.clone());
        }
        tell(beside, found);
    }
    if begun.is_ok() {
        let ended = db
            .prepare_cached("COMMIT")
            .and_then(|mut sql| sql.execute([]));
        if let Err(error) = ended {
            tracing::warn!(target: "ocpi::store", %error, "a look at the file does not end");
            end_transaction(db);
        }
    }
}
