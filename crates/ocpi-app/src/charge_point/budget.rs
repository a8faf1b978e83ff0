//! How much time is left of an answer.

use std::time::Duration;

use ocpi_ports::StoredPlatform;

use super::asked::Asked;
use crate::app::App;

/// The part of the budget that is kept for the record, and the most that is kept.
const RESERVE_PART: u64 = 10;
const RESERVE_MS_MAX: u64 = 100;

impl App {
    /// The whole time of an answer.
    pub(super) fn budget(&self) -> Duration {
        Duration::from_millis(self.options.charge_point.budget_ms)
    }

    /// The time of an answer without what its record needs.
    fn question_budget(&self) -> Duration {
        let whole_ms = self.options.charge_point.budget_ms;
        let reserve_ms = (whole_ms / RESERVE_PART).min(RESERVE_MS_MAX);
        Duration::from_millis(whole_ms - reserve_ms)
    }

    /// How long this answer may still wait for others.
    pub(super) fn time_left(&self, asked: &Asked) -> Duration {
        let passed_us = self.elapsed_us().saturating_sub(asked.started_us);
        let passed = Duration::from_micros(passed_us);
        self.question_budget().saturating_sub(passed)
    }

    /// How long a question to the platform may take.
    pub(super) fn question_time(&self, platform: &StoredPlatform) -> Duration {
        let profile = &platform.platform.profile;
        let of_all_ms = self.options.outbound_authorize_timeout_ms;
        let ms = profile.authorize_timeout_ms.map_or(of_all_ms, u64::from);
        Duration::from_millis(ms).min(self.question_budget())
    }
}
