//! Questions under way, and those whose answer still stands: who asks the same gets the same.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use ocpi_domain::{EvseUid, LocationId, MessageId, Party, PlatformId, TokenType, TokenUid};
use tokio::task::{AbortHandle, JoinHandle};

use super::reply::Reply;
use crate::outbound::Recipient;

/// What makes two questions the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct FlightKey {
    pub(super) platform: PlatformId,
    pub(super) to: Recipient,
    pub(super) cpo: Party,
    pub(super) uid: TokenUid,
    pub(super) token_type: TokenType,
    pub(super) location_id: LocationId,
    pub(super) evse_uid: Option<EvseUid>,
}

/// A question that was asked, and its answer when it is there.
#[derive(Clone)]
pub(super) struct Flight {
    asked_at_us: u64,
    pub(super) correlation_id: MessageId,
    task: AbortHandle,
    pub(super) reply: Shared<BoxFuture<'static, Arc<Reply>>>,
}

impl Flight {
    /// A question that is asked in that task, from this moment on.
    pub(super) fn new(
        asked_at_us: u64,
        correlation_id: MessageId,
        task: JoinHandle<Arc<Reply>>,
    ) -> Flight {
        let handle = task.abort_handle();
        let reply = async move {
            let broken = |_| Arc::new(Reply::NoAnswer("the question broke off".to_owned()));
            task.await.unwrap_or_else(broken)
        };
        Flight {
            asked_at_us,
            correlation_id,
            task: handle,
            reply: reply.boxed().shared(),
        }
    }

    fn has_ended(&self) -> bool {
        self.task.is_finished()
    }
}

/// The questions of the last moment.
pub(super) struct Flights {
    same_us: u64,
    max: usize,
    all: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    flights: HashMap<FlightKey, Flight>,
    swept_at_us: u64,
}

impl Flights {
    /// The answer to a question stands for so long, from its beginning, as long as no more than
    /// `max` stand: those beyond it are asked each time.
    pub(super) fn new(same_us: u64, max: usize) -> Flights {
        Flights {
            same_us,
            max,
            all: Mutex::default(),
        }
    }

    /// The same question, when it was asked a moment ago: with its answer, or, where `may_wait`,
    /// under way. Else the one that `start` asks.
    ///
    /// # Errors
    ///
    /// Those of `start`; nothing is asked then.
    pub(super) fn join<E>(
        &self,
        key: FlightKey,
        now_us: u64,
        may_wait: bool,
        start: impl FnOnce() -> Result<Flight, E>,
    ) -> Result<Flight, E> {
        let mut all = self.lock();
        if let Some(known) = self.find_in(&all, &key, now_us, may_wait) {
            return Ok(known);
        }
        let flight = start()?;
        if now_us.saturating_sub(all.swept_at_us) >= self.same_us {
            all.flights.retain(|_, flight| self.stands(flight, now_us));
            all.swept_at_us = now_us;
        }
        if all.flights.len() < self.max || all.flights.contains_key(&key) {
            all.flights.insert(key, flight.clone());
        }
        Ok(flight)
    }

    /// The same question, as [`join`](Flights::join) finds it; nothing is asked.
    pub(super) fn find(&self, key: &FlightKey, now_us: u64, may_wait: bool) -> Option<Flight> {
        self.find_in(&self.lock(), key, now_us, may_wait)
    }

    fn find_in(&self, all: &Known, key: &FlightKey, now_us: u64, may_wait: bool) -> Option<Flight> {
        let known = all.flights.get(key)?;
        let is_good = self.stands(known, now_us) && (may_wait || known.has_ended());
        is_good.then(|| known.clone())
    }

    fn stands(&self, flight: &Flight, now_us: u64) -> bool {
        now_us.saturating_sub(flight.asked_at_us) < self.same_us
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        // Nothing in it is ever half done.
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.all.lock().unwrap().flights.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::party;

    fn key(number: usize) -> FlightKey {
        FlightKey {
            platform: "p".parse().unwrap(),
            to: Recipient::AnybodyBehind,
            cpo: party("NL/ALF"),
            uid: format!("CARD{number}").parse().unwrap(),
            token_type: TokenType::Rfid,
            location_id: "LOC1".parse().unwrap(),
            evse_uid: None,
        }
    }

    /// Holds: W-33. However many ask at once, no more than so many answers are kept; those beyond it
    /// are asked, and not shared.
    #[tokio::test]
    async fn so_many_questions_are_kept_at_most() {
        let flights = Flights::new(10, 2);
        let join = |number: usize, now_us: u64| {
            let mut is_new = false;
            let flight = flights.join(key(number), now_us, true, || {
                is_new = true;
                let task = tokio::spawn(async { Arc::new(Reply::Unknown) });
                Ok::<_, ()>(Flight::new(now_us, MessageId::new("C").unwrap(), task))
            });
            assert!(flight.is_ok());
            is_new
        };
        for number in 0..5 {
            assert!(join(number, 20), "{number}");
        }
        assert_eq!(flights.len(), 2);
        let known: Vec<bool> = (0..5).map(|number| !join(number, 21)).collect();
        assert_eq!(known, [true, true, false, false, false]);
        // What is over leaves its place.
        assert!(join(7, 30));
        assert_eq!(flights.len(), 1);
        assert!(!join(7, 31));
    }
}
