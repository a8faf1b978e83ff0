//! What is remembered between two questions of charge points, in memory only.

use std::sync::Arc;

use prometheus_client::registry::Registry;
use tokio::sync::Semaphore;

use super::ChargePointOptions;
use super::breakers::Breakers;
use super::directory::{Directories, Directory};
use super::flights::Flights;
use super::known_cards::KnownCards;
use super::metrics::ChargePointMetrics;

/// Questions whose answer stands, at most.
const FLIGHTS_MAX: usize = 1 << 16;

/// What is remembered between two questions of charge points.
pub(crate) struct ChargePoints {
    pub(super) directories: Directories,
    pub(super) breakers: Breakers,
    pub(super) flights: Flights,
    pub(super) cards: KnownCards,
    /// A place for each question about an unknown card that may be under way.
    pub(super) fan_out_places: Arc<Semaphore>,
    pub(super) metrics: ChargePointMetrics,
}

impl ChargePoints {
    /// Nothing yet; its metrics are registered in `registry`.
    pub(crate) fn new(options: &ChargePointOptions, registry: &mut Registry) -> ChargePoints {
        let us = |ms: u64| ms.saturating_mul(1000);
        let places = options.fan_out_in_flight_max.min(Semaphore::MAX_PERMITS);
        ChargePoints {
            directories: Directories::default(),
            breakers: Breakers::new(options),
            flights: Flights::new(us(options.same_question_ms), FLIGHTS_MAX),
            cards: KnownCards::new(us(options.unknown_card_ms)),
            fan_out_places: Arc::new(Semaphore::new(places)),
            metrics: ChargePointMetrics::register(registry),
        }
    }

    /// A platform was written, or deleted: what was known of it may not hold any more.
    pub(crate) fn platforms_changed(&self) {
        self.directories.changed();
    }

    /// Leaves nothing of platforms that are not in the list any more.
    pub(super) fn forget_platforms_that_are_gone(&self, directory: &Directory) {
        for gone in self.breakers.retain(|id| directory.has(id)) {
            self.metrics.forget(&gone);
        }
    }
}
