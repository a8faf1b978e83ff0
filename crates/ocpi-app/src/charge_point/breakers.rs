//! Which platforms are worth asking, and have a place for one more question.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ocpi_domain::PlatformId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::breaker::{Admission, Breaker, BreakerOptions, Ended};
use super::{BreakerView, ChargePointOptions};
use crate::app::App;

/// What is known of one platform.
struct Asking {
    breaker: Breaker,
    /// A place for each question that may be under way.
    places: Arc<Semaphore>,
}

/// What is known of each platform that was asked something.
pub(super) struct Breakers {
    of_platform: Mutex<HashMap<PlatformId, Asking>>,
    options: BreakerOptions,
    in_flight_max: usize,
}

impl Breakers {
    pub(super) fn new(options: &ChargePointOptions) -> Breakers {
        Breakers {
            of_platform: Mutex::default(),
            options: BreakerOptions {
                failures: options.breaker_failures,
                probe_us: options.breaker_probe_ms.saturating_mul(1000),
            },
            in_flight_max: options.platform_in_flight_max.min(Semaphore::MAX_PERMITS),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PlatformId, Asking>> {
        // Nothing in it is ever half done.
        self.of_platform
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_closed(&self, id: &PlatformId) -> bool {
        let all = self.lock();
        all.get(id).is_none_or(|asking| asking.breaker.is_closed())
    }

    /// Whether a question would be turned away now.
    pub(super) fn would_refuse(&self, id: &PlatformId, now_us: u64) -> bool {
        let all = self.lock();
        let found = all.get(id);
        found.is_some_and(|asking| asking.breaker.look(now_us) == Admission::No)
    }

    pub(super) fn view(&self, id: &PlatformId) -> BreakerView {
        let all = self.lock();
        let found = all.get(id).map(|asking| asking.breaker.view());
        found.unwrap_or_else(|| Breaker::default().view())
    }

    /// Leaves only those that `is_kept` says; the others.
    pub(super) fn retain(&self, is_kept: impl Fn(&PlatformId) -> bool) -> Vec<PlatformId> {
        let mut all = self.lock();
        let gone = all.keys().filter(|id| !is_kept(id)).cloned().collect();
        all.retain(|id, _| is_kept(id));
        gone
    }
}

/// A question that may be asked. Whoever holds it is to say how it ended.
pub(super) struct Pass {
    app: Arc<App>,
    id: PlatformId,
    is_probe: bool,
    /// Nobody waits for it.
    pub(super) goes_alone: bool,
    has_ended: bool,
    _place: OwnedSemaphorePermit,
}

impl App {
    /// A place among the questions to that platform.
    ///
    /// # Errors
    ///
    /// Why it is not asked, for the operator.
    pub(super) fn admit(self: &Arc<Self>, id: &PlatformId) -> Result<Pass, String> {
        let now_us = self.elapsed_us();
        let breakers = &self.charge_points.breakers;
        let mut all = breakers.lock();
        let asking = all.entry(id.clone()).or_insert_with(|| Asking {
            breaker: Breaker::default(),
            places: Arc::new(Semaphore::new(breakers.in_flight_max)),
        });
        let admission = asking.breaker.look(now_us);
        if admission == Admission::No {
            return Err(not_asked(id, &asking.breaker.view()));
        }
        let Ok(place) = Arc::clone(&asking.places).try_acquire_owned() else {
            return Err(format!(
                "{id} is not asked: {} questions to it are under way, which is \
                 platform_in_flight_max",
                breakers.in_flight_max
            ));
        };
        let is_probe = admission == Admission::Probe;
        // After a quiet time the platform may have been back for long: that one driver waits.
        let goes_alone = is_probe && !asking.breaker.is_overdue(now_us, breakers.options);
        if is_probe {
            asking.breaker.begin_probe(now_us, breakers.options);
        }
        self.charge_points
            .metrics
            .breaker(id, asking.breaker.number());
        Ok(Pass {
            app: Arc::clone(self),
            id: id.clone(),
            is_probe,
            goes_alone,
            has_ended: false,
            _place: place,
        })
    }
}

/// Why a platform is not asked.
pub(super) fn not_asked(id: &PlatformId, view: &BreakerView) -> String {
    let last = view.reason.as_deref().unwrap_or("it was silent");
    format!(
        "{id} is not asked at present: {} questions in a row got no answer, the last: {last}",
        view.failures
    )
}

impl Pass {
    /// The question has ended so; whether the platform is still known.
    pub(super) fn end(mut self, ended: &Ended) -> bool {
        self.note(ended)
    }

    fn note(&mut self, ended: &Ended) -> bool {
        self.has_ended = true;
        let moment = (self.app.now(), self.app.elapsed_us());
        let points = &self.app.charge_points;
        let mut all = points.breakers.lock();
        // Gone with its platform, perhaps.
        let Some(asking) = all.get_mut(&self.id) else {
            return false;
        };
        let before = asking.breaker.number();
        let options = points.breakers.options;
        asking.breaker.end(ended, self.is_probe, moment, options);
        let after = asking.breaker.number();
        points.metrics.breaker(&self.id, after);
        let view = asking.breaker.view();
        drop(all);
        let platform = self.id.as_str();
        match (before, after) {
            (0, 2) => tracing::warn!(
                target: "ocpi::charge_point",
                platform, failures = view.failures, reason = view.reason,
                "a platform gives no answers, and is not asked any more",
            ),
            (1 | 2, 0) => tracing::info!(
                target: "ocpi::charge_point",
                platform, "a platform answers again, and is asked again",
            ),
            _ => {}
        }
        true
    }
}

/// A question that broke off says nothing of its platform, but a probe must end.
impl Drop for Pass {
    fn drop(&mut self) {
        if !self.has_ended {
            self.note(&Ended::NotAsked);
        }
    }
}
