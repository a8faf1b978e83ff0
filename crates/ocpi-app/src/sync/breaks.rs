//! Crawls that did not come to their end, and when it is tried again.
//!
//! Spec: 2.3.0 `transport_and_format`, Pagination: a list is asked for in hours, not minutes.

use ocpi_domain::DateTime;
use ocpi_ports::Randomness;

use super::SyncOptions;
use super::back_off::part_of;

/// The pause after the first, milliseconds; each one more in a row makes it four times as long, up
/// to the interval in which a list is asked for anyhow. Up to a quarter is added.
const PAUSE_MS: u64 = 60 * 1000;

/// For so long one page may fail before the crawl is given up, milliseconds; a quarter of that
/// each time that it was.
const PAGE_WAIT_MS: i64 = 60 * 60 * 1000;

/// The smallest page that is asked for because greater ones failed.
const PAGE_MIN: usize = 100;

/// Crawls of one kind, in a row, that did not come to their end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Break {
    count: u32,
    /// When the first of them began.
    pub(super) began_at: DateTime,
    again_at: DateTime,
    pause_ms: i64,
    reason: String,
}

/// Those of everything, and those of what changed: one may fail where the other does not.
#[derive(Debug, Default)]
pub(super) struct Breaks {
    pub(super) all: Option<Break>,
    pub(super) changes: Option<Break>,
    /// Whether the crawl that ended last is one of them.
    pub(super) is_last: bool,
}

impl Break {
    /// When the next one begins; at once when the clock was set back meanwhile.
    pub(super) fn again_at(&self, now: DateTime) -> DateTime {
        if self.again_at.ms_since(now) > self.pause_ms {
            now
        } else {
            self.again_at
        }
    }
}

impl Breaks {
    fn of(&mut self, is_of_everything: bool) -> &mut Option<Break> {
        if is_of_everything {
            &mut self.all
        } else {
            &mut self.changes
        }
    }

    /// How many there are in a row.
    fn count(&self, is_of_everything: bool) -> u32 {
        let known = if is_of_everything {
            &self.all
        } else {
            &self.changes
        };
        known.as_ref().map_or(0, |known| known.count)
    }

    /// A crawl that began then did not come to its end; when it is tried again.
    pub(super) fn add(
        &mut self,
        is_of_everything: bool,
        (began_at, now): (DateTime, DateTime),
        reason: String,
        options: &SyncOptions,
        randomness: &dyn Randomness,
    ) -> DateTime {
        let before = self.count(is_of_everything);
        let pause = PAUSE_MS.saturating_mul(1 << (2 * before.min(15)));
        let pause = pause.min(options.pull_interval_ms.max(1));
        let pause = pause.saturating_add(part_of(pause / 4, randomness));
        // Some centuries at most, so that the sum with a moment is one.
        let pause_ms = i64::try_from(pause).unwrap_or(i64::MAX).min(1 << 43);
        let again_at = now.plus_ms(pause_ms);
        self.is_last = true;
        let known = self.of(is_of_everything);
        *known = Some(Break {
            count: before.saturating_add(1),
            began_at: known.as_ref().map_or(began_at, |known| known.began_at),
            again_at,
            pause_ms,
            reason,
        });
        again_at
    }

    /// A crawl came to its end.
    pub(super) fn end(&mut self, is_of_everything: bool) {
        self.is_last = false;
        *self.of(is_of_everything) = None;
    }

    /// What is wrong, for the operator.
    pub(super) fn complaint(&self) -> Option<String> {
        let reason = |known: &Option<Break>| known.as_ref().map(|known| known.reason.clone());
        match (reason(&self.all), reason(&self.changes)) {
            (Some(all), Some(changes)) if all != changes => Some(format!("{all}; {changes}")),
            (all, changes) => all.or(changes),
        }
    }

    /// For how long one page may fail, milliseconds.
    pub(super) fn page_wait_ms(&self, is_of_everything: bool) -> i64 {
        PAGE_WAIT_MS >> (2 * self.count(is_of_everything).min(31))
    }

    /// How many Tokens are asked for on a page: fewer when the crawl before was given up, for a
    /// page may have been too great, or too slow.
    pub(super) fn page_size(&self, is_of_everything: bool, options: &SyncOptions) -> usize {
        let asked_for = options.pull_page_size;
        let smaller = asked_for >> self.count(is_of_everything).min(31);
        smaller.max(PAGE_MIN.min(asked_for))
    }
}
