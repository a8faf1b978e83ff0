//! Whether a platform is worth asking.
//!
//! One that gave no answer several times in a row is not asked any more: its drivers need not wait
//! for it. From time to time one question is the probe that finds out whether it is back.

use ocpi_domain::DateTime;

use super::BreakerView;

/// What the operator set.
#[derive(Debug, Clone, Copy)]
pub(super) struct BreakerOptions {
    /// So many in a row open it.
    pub(super) failures: u32,
    /// From the beginning of one probe to that of the next.
    pub(super) probe_us: u64,
}

/// Whether a platform is asked.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    state: State,
    /// Questions in a row without an answer.
    failures: u32,
    /// What the last of them came to.
    reason: Option<String>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Closed,
    Open {
        since: DateTime,
        probe_at_us: u64,
    },
    /// A probe is under way.
    HalfOpen {
        since: DateTime,
        next_probe_at_us: u64,
    },
}

/// Whether a question may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// Yes.
    Ask,
    /// Yes, to find out whether it is back.
    Probe,
    /// No.
    No,
}

/// What a question came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ended {
    /// The platform answered, whatever it said.
    Answered,
    /// It did not, and why.
    Silent(String),
    /// It was not asked, for a reason of ours.
    NotAsked,
}

impl Breaker {
    pub(super) fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    /// What a question of this moment may do.
    pub(super) fn look(&self, now_us: u64) -> Admission {
        match self.state {
            State::Closed => Admission::Ask,
            State::Open { probe_at_us, .. } if now_us >= probe_at_us => Admission::Probe,
            State::Open { .. } | State::HalfOpen { .. } => Admission::No,
        }
    }

    /// Whether it has been time for a probe for more than two intervals, and nobody asked.
    pub(super) fn is_overdue(&self, now_us: u64, options: BreakerOptions) -> bool {
        match self.state {
            State::Open { probe_at_us, .. } => {
                let quiet_us = now_us.saturating_sub(probe_at_us);
                quiet_us > options.probe_us.saturating_mul(2)
            }
            State::Closed | State::HalfOpen { .. } => false,
        }
    }

    /// A probe begins.
    pub(super) fn begin_probe(&mut self, now_us: u64, options: BreakerOptions) {
        if let State::Open { since, .. } = self.state {
            // From its beginning: a platform that returns while a probe hangs is found by the next.
            let next_probe_at_us = now_us.saturating_add(options.probe_us);
            self.state = State::HalfOpen {
                since,
                next_probe_at_us,
            };
        }
    }

    /// A question has ended; the probe, or one that began before.
    pub(super) fn end(
        &mut self,
        ended: &Ended,
        is_probe: bool,
        (now, now_us): (DateTime, u64),
        options: BreakerOptions,
    ) {
        match ended {
            Ended::Answered => *self = Breaker::default(),
            Ended::Silent(reason) => {
                self.failures = self.failures.saturating_add(1);
                self.reason = Some(reason.clone());
                if self.is_closed() && self.failures >= options.failures {
                    self.state = State::Open {
                        since: now,
                        probe_at_us: now_us.saturating_add(options.probe_us),
                    };
                }
            }
            Ended::NotAsked => {}
        }
        if let State::HalfOpen {
            since,
            next_probe_at_us,
        } = self.state
            && is_probe
        {
            self.state = State::Open {
                since,
                probe_at_us: next_probe_at_us,
            };
        }
    }

    /// For the operator.
    pub(super) fn view(&self) -> BreakerView {
        let (state, open_since) = match self.state {
            State::Closed => ("closed", None),
            State::Open { since, .. } => ("open", Some(since)),
            State::HalfOpen { since, .. } => ("half_open", Some(since)),
        };
        BreakerView {
            state,
            failures: self.failures,
            open_since,
            reason: self.reason.clone(),
        }
    }

    /// For the metrics.
    pub(super) fn number(&self) -> i64 {
        match self.state {
            State::Closed => 0,
            State::HalfOpen { .. } => 1,
            State::Open { .. } => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::now;

    const OPTIONS: BreakerOptions = BreakerOptions {
        failures: 3,
        probe_us: 5_000,
    };

    fn silent(breaker: &mut Breaker, is_probe: bool, at_us: u64) {
        let ended = Ended::Silent(format!("silent at {at_us}"));
        breaker.end(&ended, is_probe, (now(), at_us), OPTIONS);
    }

    fn open_at(at_us: u64) -> Breaker {
        let mut breaker = Breaker::default();
        for _ in 0..OPTIONS.failures {
            silent(&mut breaker, false, at_us);
        }
        breaker
    }

    /// Holds: W-33.
    #[test]
    fn so_many_silences_in_a_row_open_it_and_an_answer_between_counts() {
        let mut breaker = Breaker::default();
        for _ in 0..2 {
            silent(&mut breaker, false, 1);
            silent(&mut breaker, false, 2);
            assert_eq!(breaker.look(2), Admission::Ask);
            breaker.end(&Ended::Answered, false, (now(), 3), OPTIONS);
            assert_eq!(breaker.view().failures, 0);
        }
        // What is not the platform's is not counted.
        for _ in 0..9 {
            breaker.end(&Ended::NotAsked, false, (now(), 3), OPTIONS);
        }
        assert_eq!(breaker.look(3), Admission::Ask);
        assert_eq!(breaker.number(), 0);
        let breaker = open_at(10);
        assert_eq!(breaker.look(10), Admission::No);
        let view = breaker.view();
        assert_eq!((view.state, view.failures), ("open", 3));
        assert_eq!(view.open_since, Some(now()));
        assert_eq!(view.reason.as_deref(), Some("silent at 10"));
        assert_eq!(breaker.number(), 2);
    }

    /// Holds: W-33.
    #[test]
    fn one_probe_at_a_time_each_an_interval_after_the_beginning_of_the_last() {
        let mut breaker = open_at(10);
        assert_eq!(breaker.look(5_009), Admission::No);
        assert_eq!(breaker.look(5_010), Admission::Probe);
        breaker.begin_probe(6_000, OPTIONS);
        assert_eq!((breaker.view().state, breaker.number()), ("half_open", 1));
        // However long it takes.
        assert_eq!(breaker.look(60_000), Admission::No);
        // One that was asked before ends late: that is not the probe's end.
        silent(&mut breaker, false, 7_000);
        assert_eq!(breaker.look(60_000), Admission::No);
        silent(&mut breaker, true, 9_000);
        assert_eq!(breaker.view().state, "open");
        assert_eq!(breaker.look(10_999), Admission::No);
        assert_eq!(breaker.look(11_000), Admission::Probe);
        breaker.begin_probe(11_000, OPTIONS);
        // It could not be asked at all: the next one tries.
        breaker.end(&Ended::NotAsked, true, (now(), 11_001), OPTIONS);
        assert_eq!(breaker.look(16_000), Admission::Probe);
        breaker.begin_probe(16_000, OPTIONS);
        breaker.end(&Ended::Answered, true, (now(), 16_100), OPTIONS);
        assert_eq!(breaker.look(16_100), Admission::Ask);
        let view = breaker.view();
        assert_eq!((view.state, view.failures), ("closed", 0));
        assert_eq!((view.open_since, view.reason), (None, None));
    }
}
