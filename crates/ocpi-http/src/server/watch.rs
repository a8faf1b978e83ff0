//! The watch over all connections: who idles, who stalls, and that the server stops.
//!
//! A connection notes what it does in a few atomic numbers, and one task looks at them now and
//! then. Timers for every head and every connection would cost more than a request's own work,
//! and so would reading the clock: ages are counted in looks.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Context;

use futures_util::task::AtomicWaker;

use super::Limits;

/// What a connection is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Order {
    GoOn,
    /// Finish what is in flight, and close.
    Finish,
    /// Close: nobody is there to read an answer.
    Break,
}

impl Order {
    const ALL: [Order; 3] = [Order::GoOn, Order::Finish, Order::Break];
}

/// What a connection does.
pub(super) struct Activity {
    number: u64,
    /// How often the watch has looked, shared by all connections.
    looks: Arc<AtomicU64>,
    /// Requests that are being answered.
    in_flight: AtomicU64,
    /// The look after which a request was answered last, or the connection opened.
    idle_since: AtomicU64,
    /// The look after which the first byte of a head came whose last byte did not come yet.
    head_since: AtomicU64,
    /// Bytes outside a request are frames of the connection, as pings, and begin no head.
    is_http2: AtomicBool,
    order: AtomicU8,
    task: AtomicWaker,
}

/// No head has begun.
const NO_HEAD: u64 = u64::MAX;

impl Activity {
    /// Notes that bytes came: outside a request they are the beginning of a head.
    pub(super) fn bytes_came(&self) {
        if self.in_flight.load(Ordering::Relaxed) == 0
            && self.head_since.load(Ordering::Relaxed) == NO_HEAD
            && !self.is_http2.load(Ordering::Relaxed)
        {
            self.head_since
                .store(self.looks.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }

    /// Notes that bytes went out: somebody reads an answer, however slowly.
    pub(super) fn bytes_went(&self) {
        self.idle_since
            .store(self.looks.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// What the connection is told now; its task is woken when that changes.
    pub(super) fn order(&self, context: &Context<'_>) -> Order {
        self.task.register(context.waker());
        Order::ALL[usize::from(self.order.load(Ordering::Acquire))]
    }

    fn tell(&self, order: Order) {
        if self.order.fetch_max(order as u8, Ordering::AcqRel) < order as u8 {
            self.task.wake();
        }
    }

    /// What the connection deserves at look number `now`.
    fn judge(&self, patience: Patience, now: u64) -> Order {
        let passed = |since: &AtomicU64| match since.load(Ordering::Relaxed) {
            NO_HEAD => 0,
            since => now.saturating_sub(since),
        };
        if self.in_flight.load(Ordering::Acquire) > 0 {
            Order::GoOn
        } else if passed(&self.head_since) > patience.head_looks
            || passed(&self.idle_since) > patience.idle_looks + patience.head_looks
        {
            // Whoever does not read what it is sent would keep a connection that only finishes.
            Order::Break
        } else if passed(&self.idle_since) > patience.idle_looks {
            Order::Finish
        } else {
            Order::GoOn
        }
    }
}

/// A request that is being answered. It ends when this is dropped: a client may go away, or reset
/// its stream, before there is an answer.
pub(super) struct InFlight(Arc<Activity>);

impl InFlight {
    pub(super) fn begin(activity: &Arc<Activity>, is_http2: bool) -> InFlight {
        activity.is_http2.store(is_http2, Ordering::Relaxed);
        activity.in_flight.fetch_add(1, Ordering::Relaxed);
        activity.head_since.store(NO_HEAD, Ordering::Relaxed);
        InFlight(Arc::clone(activity))
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let Activity {
            looks,
            in_flight,
            idle_since,
            ..
        } = &*self.0;
        idle_since.store(looks.load(Ordering::Relaxed), Ordering::Relaxed);
        in_flight.fetch_sub(1, Ordering::Release);
    }
}

/// How many looks pass before a connection is told to end.
#[derive(Debug, Clone, Copy)]
struct Patience {
    head_looks: u64,
    idle_looks: u64,
}

/// Every open connection.
pub(super) struct Watch {
    /// Milliseconds from one look to the next: half of the shorter limit.
    pub(super) period_ms: u64,
    patience: Patience,
    looks: Arc<AtomicU64>,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    connections: HashMap<u64, Arc<Activity>>,
    opened: u64,
    /// The server stops: new ones are told at once.
    stopping: bool,
}

impl Watch {
    pub(super) fn new(limits: &Limits) -> Watch {
        let shorter_ms = limits.read_timeout_ms.min(limits.idle_timeout_ms);
        let period_ms = shorter_ms.div_ceil(2).max(1);
        let looks = |limit_ms: u64| limit_ms.div_ceil(period_ms);
        Watch {
            period_ms,
            patience: Patience {
                head_looks: looks(limits.read_timeout_ms),
                idle_looks: looks(limits.idle_timeout_ms),
            },
            looks: Arc::default(),
            open: Mutex::default(),
        }
    }

    /// A connection opens; it must [`leave`](Watch::leave).
    pub(super) fn enter(&self) -> Arc<Activity> {
        let mut open = self.open();
        open.opened += 1;
        let order = if open.stopping {
            Order::Finish
        } else {
            Order::GoOn
        };
        let activity = Arc::new(Activity {
            number: open.opened,
            looks: Arc::clone(&self.looks),
            in_flight: AtomicU64::new(0),
            idle_since: AtomicU64::new(self.looks.load(Ordering::Relaxed)),
            head_since: AtomicU64::new(NO_HEAD),
            is_http2: AtomicBool::new(false),
            order: AtomicU8::new(order as u8),
            task: AtomicWaker::new(),
        });
        open.connections
            .insert(activity.number, Arc::clone(&activity));
        activity
    }

    /// A connection ended.
    pub(super) fn leave(&self, activity: &Activity) {
        self.open().connections.remove(&activity.number);
    }

    /// Looks at every connection.
    pub(super) fn look(&self) {
        let now = self.looks.fetch_add(1, Ordering::Relaxed) + 1;
        for activity in self.open().connections.values() {
            activity.tell(activity.judge(self.patience, now));
        }
    }

    /// Tells every connection to finish.
    pub(super) fn finish_all(&self) {
        let mut open = self.open();
        open.stopping = true;
        for activity in open.connections.values() {
            activity.tell(Order::Finish);
        }
    }

    fn open(&self) -> std::sync::MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch() -> Watch {
        let limits = Limits {
            read_timeout_ms: 10_000,
            idle_timeout_ms: 60_000,
            ..Limits::default()
        };
        Watch::new(&limits)
    }

    fn told(activity: &Activity) -> Order {
        activity.order(&Context::from_waker(std::task::Waker::noop()))
    }

    /// The looks until the connection is told to end, at most 100.
    fn looks_until_told(watch: &Watch, activity: &Activity) -> usize {
        let mut looks = 1..=100;
        let found = looks.find(|_| {
            watch.look();
            told(activity) != Order::GoOn
        });
        found.unwrap_or(0)
    }

    /// Holds: T-48.
    #[test]
    fn an_idle_connection_is_told_to_finish_within_its_limit_and_half_of_the_shorter() {
        let watch = watch();
        let activity = watch.enter();
        let looks = looks_until_told(&watch, &activity);
        assert_eq!(watch.period_ms, 5_000);
        assert_eq!((looks, told(&activity)), (13, Order::Finish));
    }

    /// Holds: T-48.
    #[test]
    fn a_connection_that_does_not_finish_is_broken_unless_it_reads_its_answer() {
        let watch = watch();
        let (stuck, reading) = (watch.enter(), watch.enter());
        for _ in 0..14 {
            watch.look();
            reading.bytes_went();
        }
        assert_eq!((told(&stuck), told(&reading)), (Order::Finish, Order::GoOn));
        watch.look();
        assert_eq!(told(&stuck), Order::Break);
    }

    /// Holds: T-48.
    #[test]
    fn a_head_that_does_not_end_breaks_the_connection_and_a_request_keeps_it() {
        let watch = watch();
        let (stalled, busy) = (watch.enter(), watch.enter());
        stalled.bytes_came();
        busy.bytes_came();
        let request = InFlight::begin(&busy, false);
        assert_eq!(
            (looks_until_told(&watch, &stalled), told(&stalled)),
            (3, Order::Break)
        );
        for _ in 0..50 {
            watch.look();
        }
        assert_eq!(told(&busy), Order::GoOn);
        drop(request);
        assert_eq!(
            (looks_until_told(&watch, &busy), told(&busy)),
            (13, Order::Finish)
        );
    }

    /// Holds: T-48.
    #[test]
    fn a_watch_that_stops_tells_those_that_are_there_and_those_that_come() {
        let watch = watch();
        let there = watch.enter();
        watch.finish_all();
        assert_eq!(
            (told(&there), told(&watch.enter())),
            (Order::Finish, Order::Finish)
        );
    }
}
