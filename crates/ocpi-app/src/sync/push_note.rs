//! What came of what was sent to a CPO.
//!
//! A CPO that answers 503, or nothing, may fail with all or with one Token only. What it does with
//! others tells: a Token with which it fails again and again while it takes others waits for itself,
//! as one that is refused does, and holds up nobody. So does one that there is nothing beside to
//! tell by; but then the platform counts as failing until it takes something.

use std::collections::HashSet;

use ocpi_domain::{PlatformId, TokenKey};
use ocpi_ports::PushProgress;

use super::back_off::back_off;
use super::behind;
use super::push_batch::{Item, Outcome, Sent};
use super::push_plan::Batch;
use super::trouble::Failure;
use crate::app::App;

/// With which a platform failed so often, waits for itself: it would hold up all others for ever.
const SUSPECT_MAX: u32 = 5;

/// So few Tokens do not tell whether the platform fails with others.
const ALONE_MAX: usize = 2;

/// What came of a round.
#[derive(Default)]
pub(super) struct Noted {
    /// Why the platform is left alone, when it failed.
    pub(super) failure: Option<Failure>,
    /// What it failed at, where it may be about the Tokens that it failed with.
    pub(super) doubt: Option<String>,
    /// Whether it took something.
    pub(super) got_through: bool,
    /// Whether something must be sent again before what comes after it.
    pub(super) is_held_up: bool,
}

/// A round that is noted.
struct Round<'a> {
    app: &'a App,
    id: &'a PlatformId,
    progress: &'a mut PushProgress,
    batch: &'a mut Batch,
    noted: Noted,
    /// Those that waited for themselves before it.
    was_behind: HashSet<TokenKey>,
    /// Whether the platform answered something in this round.
    answered: bool,
    /// Whether it did in this batch.
    tells: bool,
    /// Whether too little was sent to tell.
    is_alone: bool,
}

impl App {
    /// Keeps what came of what was sent.
    pub(super) fn note(
        &self,
        id: &PlatformId,
        progress: &mut PushProgress,
        sent: Vec<Sent>,
        batch: &mut Batch,
    ) -> Noted {
        let is_answer = |sent: &Sent| matches!(sent.outcome, Outcome::Taken | Outcome::Refused(_));
        let answered = sent.iter().any(is_answer);
        batch.in_doubt &= !answered;
        let mut round = Round {
            app: self,
            id,
            was_behind: progress.behind.iter().map(|it| it.key.clone()).collect(),
            progress,
            noted: Noted::default(),
            answered,
            tells: answered || !batch.done.is_empty(),
            is_alone: sent.len() <= ALONE_MAX,
            batch,
        };
        let mut taken = HashSet::new();
        for Sent { item, outcome } in sent {
            let Item { key, revision, .. } = item;
            let is_done = match outcome {
                Outcome::Taken => {
                    round.taken();
                    taken.extend(round.was_behind.contains(&key).then(|| key.clone()));
                    true
                }
                Outcome::Refused(reason) => {
                    round.refused(&key, reason);
                    true
                }
                Outcome::Failed(failure) => round.failed(&key, failure),
                Outcome::FailedWhole(failure) => round.failed_whole(&key, failure),
            };
            if is_done {
                round.batch.suspects.remove(&key);
                round.batch.done.insert(key, revision);
            } else {
                round.noted.is_held_up = true;
            }
        }
        let noted = round.noted;
        progress.behind.retain(|it| !taken.contains(&it.key));
        noted
    }
}

impl Round<'_> {
    fn taken(&mut self) {
        self.app.syncs.with_push(self.id, |push| push.taken += 1);
        self.progress.taken_at = Some(self.app.now());
        self.noted.got_through = true;
    }

    fn refused(&mut self, key: &TokenKey, reason: String) {
        self.app.syncs.with_push(self.id, |push| push.refused += 1);
        tracing::warn!(platform = %self.id, token = %key, "a Token was refused: {reason}");
        behind::refuse(self.progress, key, reason, self.app.now());
    }

    /// The platform failed with a Token; whether that one waits for itself now.
    fn failed(&mut self, key: &TokenKey, failure: Failure) -> bool {
        self.app.syncs.with_push(self.id, |push| push.failed += 1);
        if self.was_behind.contains(key) {
            let attempts = behind::attempts(self.progress, key).saturating_add(1);
            self.wait(key, attempts, &failure);
            // Others told what it is worth before.
            if failure.retry_after.is_some() || !self.answered && !self.is_alone {
                self.fail(failure);
            } else if self.batch.in_doubt {
                self.noted.doubt.get_or_insert(failure.reason);
            }
            return true;
        }
        let often = self.batch.suspects.entry(key.clone()).or_default();
        *often += u32::from(self.tells || self.is_alone);
        if *often < SUSPECT_MAX {
            self.fail(failure);
            return false;
        }
        self.app.syncs.with_push(self.id, |push| push.refused += 1);
        self.wait(key, SUSPECT_MAX, &failure);
        self.batch.in_doubt |= !self.tells;
        if failure.retry_after.is_some() {
            self.fail(failure);
        } else if !self.tells {
            self.noted.doubt.get_or_insert(failure.reason);
        }
        true
    }

    /// The platform fails with all; whether the Token waits for itself now. Who asks to be left
    /// alone may yet mean one Token; whoever is not there at all does not.
    fn failed_whole(&mut self, key: &TokenKey, failure: Failure) -> bool {
        if failure.retry_after.is_some() {
            return self.failed(key, failure);
        }
        self.app.syncs.with_push(self.id, |push| push.failed += 1);
        self.batch.suspects.entry(key.clone()).or_default();
        self.fail(failure);
        false
    }

    /// The Token is tried again as often as a platform is that fails.
    fn wait(&mut self, key: &TokenKey, attempts: u32, failure: &Failure) {
        let options = &self.app.options.sync;
        let asked_for = failure.retry_after;
        let pause = back_off(options, attempts, asked_for, &*self.app.ports.randomness);
        let pause_ms = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
        let reason = format!("it fails with this Token only: {}", failure.reason);
        tracing::warn!(platform = %self.id, token = %key, "a Token waits for itself: {reason}");
        let next_at = self.app.now().plus_ms(pause_ms);
        behind::wait(self.progress, key, attempts, next_at, reason);
    }

    fn fail(&mut self, failure: Failure) {
        let asked_for = failure.retry_after;
        let first = self.noted.failure.get_or_insert(failure);
        first.retry_after = first.retry_after.max(asked_for);
    }
}
