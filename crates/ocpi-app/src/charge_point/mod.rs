//! A CPO's own question: may this card charge at this charge point, or stop this session?
//!
//! Spec: 2.3.0 `mod_tokens`, `WhitelistType`, and the POST method of the Sender interface.

mod answer;
mod ask;
mod ask_around;
mod asked;
mod breaker;
mod breakers;
mod budget;
mod candidates;
mod directory;
mod fan_out;
mod find;
mod flights;
mod hosted;
mod judge;
mod known_cards;
mod learn;
mod metrics;
mod reasons;
mod record;
mod reply;
mod request;
mod start;
mod state;
mod stop;
#[cfg(test)]
mod tests;
mod verdict;

pub use answer::{ChargePointAnswer, ChargePointError, ChargedToken};
pub use request::{ChargePointRequest, StartedBy, Wanted};

pub(crate) use state::ChargePoints;

use std::sync::Arc;

use ocpi_domain::{DateTime, PlatformId};

use self::asked::Asked;
use crate::app::App;
use crate::deadline::within;

/// What the operator may set of questions at charge points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargePointOptions {
    /// How long a whole answer may take, milliseconds.
    pub budget_ms: u64,
    /// How many questions about unknown cards may be under way at once, over all platforms.
    pub fan_out_in_flight_max: usize,
    /// How many questions of one platform may be under way at once; beyond it, it counts as
    /// offline.
    pub platform_in_flight_max: usize,
    /// After how many questions in a row without an answer a platform is not asked any more.
    pub breaker_failures: u32,
    /// How often a platform that is not asked any more is tried, milliseconds.
    pub breaker_probe_ms: u64,
    /// How long the answer to a question stands for the same question, milliseconds.
    pub same_question_ms: u64,
    /// How long a card that nobody knows is not asked about again, milliseconds.
    pub unknown_card_ms: u64,
}

impl Default for ChargePointOptions {
    fn default() -> ChargePointOptions {
        ChargePointOptions {
            budget_ms: 2000,
            fan_out_in_flight_max: 64,
            platform_in_flight_max: 256,
            breaker_failures: 5,
            breaker_probe_ms: 5000,
            same_question_ms: 1000,
            unknown_card_ms: 10_000,
        }
    }
}

/// Whether a platform is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakerView {
    /// `closed`: it is asked; `open`: it is not, since it gave no answers; `half_open`: one
    /// question tries whether it does again.
    pub state: &'static str,
    /// How many questions in a row got no answer.
    pub failures: u32,
    /// Since when it is not asked; `None` when it is.
    pub open_since: Option<DateTime>,
    /// What the last question came to that got no answer.
    pub reason: Option<String>,
}

impl App {
    /// Answers the question, within the budget, and leaves a record of it before the answer can
    /// leave.
    ///
    /// # Errors
    ///
    /// [`ChargePointError`]; a refusal is an answer, not an error.
    pub async fn authorize_at_charge_point(
        self: &Arc<Self>,
        request: ChargePointRequest,
    ) -> Result<ChargePointAnswer, ChargePointError> {
        let started_us = self.elapsed_us();
        let asked = self.asked(request, started_us)?;
        let answer = within(self.budget(), self.answer_charge_point(asked)).await;
        let answer = answer.unwrap_or(Err(ChargePointError::TimedOut));
        if let Err(ChargePointError::Storage(_) | ChargePointError::TimedOut) = &answer {
            // Whatever the store failed or hung at: there is no record, so there is no answer.
            self.metrics.record_failed();
            self.record_health.failed(self.now());
        }
        answer
    }

    async fn answer_charge_point(
        self: &Arc<Self>,
        asked: Asked,
    ) -> Result<ChargePointAnswer, ChargePointError> {
        let verdict = match &asked.request.wanted {
            Wanted::Start { commanded_at } => self.decide_start(&asked, *commanded_at).await?,
            Wanted::Stop(started_by) => self.decide_stop(&asked, started_by).await?,
        };
        Ok(self.keep_verdict(asked, verdict).await?)
    }

    /// Whether the platform is asked, as of now.
    pub fn breaker(&self, id: &PlatformId) -> BreakerView {
        self.charge_points.breakers.view(id)
    }
}
