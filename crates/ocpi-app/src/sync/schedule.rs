//! When what is fetched.
//!
//! Spec: 2.3.0 `transport_and_format`, Pagination: a list is asked for in hours, not minutes.

use std::time::Duration;

use ocpi_domain::{DateTime, DateWindow};
use ocpi_ports::PullProgress;

use super::SyncOptions;
use super::breaks::Breaks;

/// What is to be done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// A crawl of what is in that window; open for everything.
    Crawl(DateWindow),
    /// To go on with the crawl that was begun.
    GoOn,
    /// Nothing for so long.
    Nothing(Duration),
}

/// How much later than it might each crawl begins: a share of up to a quarter of its interval, in
/// 65536ths. It differs from platform to platform and from time to time, so that they do not all
/// begin at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Splay(pub(super) u16);

impl Splay {
    fn of(self, interval_ms: u64) -> i64 {
        let part = (interval_ms / 4).saturating_mul(u64::from(self.0)) >> 16;
        let late = interval_ms.saturating_add(part);
        // Some centuries, so that the sum with a moment is one.
        i64::try_from(late).unwrap_or(i64::MAX).min(1 << 43)
    }
}

/// What is to be done now; `asked` when the operator asks for it, and then, whether for everything.
pub(super) fn due(
    progress: &PullProgress,
    breaks: &Breaks,
    options: &SyncOptions,
    splay: Splay,
    asked: Option<bool>,
    now: DateTime,
) -> Due {
    let everything = Due::Crawl(DateWindow::default());
    if let Some(crawl) = &progress.crawl {
        let is_of_everything = crawl.window.is_open();
        return match asked {
            Some(true) if !is_of_everything => everything,
            _ => Due::GoOn,
        };
    }
    let PullProgress {
        pulled_to,
        all_pulled_at,
        ..
    } = progress;
    let all_at = match (&breaks.all, all_pulled_at) {
        (Some(broken), _) => broken.again_at(now),
        (None, Some(before)) => before.plus_ms(splay.of(options.pull_all_interval_ms)),
        (None, None) => now,
    };
    let is_asked = asked == Some(true) || (asked.is_some() && pulled_to.is_none());
    if is_asked || all_at <= now {
        return everything;
    }
    // While everything cannot be had, what changed since that was tried first can.
    let since = pulled_to.or(breaks.all.as_ref().map(|broken| broken.began_at));
    let changes_at = since.map(|since| match &breaks.changes {
        Some(broken) => broken.again_at(now),
        // What changed during a crawl of everything is fetched after it at once.
        None if *all_pulled_at == Some(since) => since,
        None => since.plus_ms(splay.of(options.pull_interval_ms)),
    });
    if let Some((since, at)) = since.zip(changes_at)
        && (asked.is_some() || at <= now)
    {
        return Due::Crawl(DateWindow {
            from: Some(since.plus_ms(-options.pull_overlap_ms)),
            to: None,
        });
    }
    let next_at = changes_at.map_or(all_at, |changes_at| changes_at.min(all_at));
    Due::Nothing(Duration::from_millis(
        u64::try_from(next_at.ms_since(now)).unwrap_or(1).max(1),
    ))
}

/// What is known, without what our clock said when it was far ahead: what changed since then would
/// not be asked for until it is that late.
pub(super) fn without_future(
    progress: PullProgress,
    options: &SyncOptions,
    now: DateTime,
) -> PullProgress {
    let latest = now.plus_ms(options.pull_overlap_ms);
    let all_pulled_at = progress.all_pulled_at.filter(|at| *at <= latest);
    let pulled_to = progress.pulled_to.filter(|at| *at <= latest);
    PullProgress {
        pulled_to: pulled_to.or(all_pulled_at),
        all_pulled_at,
        crawl: progress.crawl.filter(|crawl| crawl.began_at <= latest),
        ..progress
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::now;

    const HOUR_MS: i64 = 60 * 60 * 1000;

    /// What was fetched so many hours ago: what changed, and everything.
    fn fetched(changes_hours: i64, all_hours: i64) -> PullProgress {
        let before = |hours: i64| Some(now().plus_ms(-hours * HOUR_MS));
        PullProgress {
            connected_at: now(),
            scope: String::new(),
            pulled_to: before(changes_hours),
            all_pulled_at: before(all_hours),
            crawl: None,
        }
    }

    fn due_now(progress: PullProgress) -> Due {
        let options = SyncOptions::default();
        let known = without_future(progress, &options, now());
        due(&known, &Breaks::default(), &options, Splay(0), None, now())
    }

    /// Holds: P-19. What was noted while our clock was years ahead keeps nothing from being
    /// fetched.
    #[test]
    fn a_clock_that_was_ahead_stops_nothing() {
        let years = -9 * 365 * 24;
        let everything = Due::Crawl(DateWindow::default());
        assert_eq!(due_now(fetched(years, years)), everything);
        let since = |hours: i64| {
            let options = SyncOptions::default();
            let from = now().plus_ms(-hours * HOUR_MS - options.pull_overlap_ms);
            Due::Crawl(DateWindow {
                from: Some(from),
                to: None,
            })
        };
        assert_eq!(due_now(fetched(years, 24)), since(24));
        assert_eq!(due_now(fetched(7, 24)), since(7));
        assert!(matches!(due_now(fetched(1, 24)), Due::Nothing(_)));
        assert_eq!(due_now(fetched(1, 24 * 7)), everything);
    }

    /// Holds: P-19. A pause after a crawl that was broken does not last until a clock is where it
    /// was set to for a while.
    #[test]
    fn a_pause_is_not_longer_than_it_was_meant() {
        let options = SyncOptions::default();
        let then = now().plus_ms(24 * HOUR_MS);
        let mut breaks = Breaks::default();
        let randomness = crate::testing::CountedRandomness::default();
        breaks.add(
            true,
            (then, then),
            "loops".to_owned(),
            &options,
            &randomness,
        );
        let due_at = |at: DateTime| due(&fetched(1, 24), &breaks, &options, Splay(0), None, at);
        let everything = Due::Crawl(DateWindow::default());
        assert_ne!(due_at(then), everything);
        assert_eq!(due_at(now()), everything);
    }
}
