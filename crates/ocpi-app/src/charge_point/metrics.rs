//! What answers to charge points are counted by.

use ocpi_domain::{AllowedType, PlatformId};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::reply::Reply;
use super::verdict::Verdict;
use crate::metrics::PlatformLabel;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AnswerLabels {
    source: &'static str,
    allowed: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct QuestionLabels {
    platform: PlatformLabel,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BreakerLabels {
    platform: PlatformLabel,
}

/// Seconds: from an answer out of memory to more than the default budget.
const DURATION_BUCKETS: [f64; 13] = [
    0.000_01, 0.000_1, 0.000_5, 0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0,
];

/// The counters of answers to charge points.
pub(super) struct ChargePointMetrics {
    answers: Family<AnswerLabels, Counter>,
    duration: Histogram,
    questions: Family<QuestionLabels, Counter>,
    breakers: Family<BreakerLabels, Gauge>,
}

impl ChargePointMetrics {
    pub(super) fn register(registry: &mut Registry) -> ChargePointMetrics {
        let metrics = ChargePointMetrics {
            answers: Family::default(),
            duration: Histogram::new(DURATION_BUCKETS),
            questions: Family::default(),
            breakers: Family::default(),
        };
        registry.register(
            "ocpi_charge_point_authorizations",
            "Answers to charge points",
            metrics.answers.clone(),
        );
        registry.register_with_unit(
            "ocpi_charge_point_authorization_duration",
            "From a charge point's question to its answer",
            Unit::Seconds,
            metrics.duration.clone(),
        );
        registry.register(
            "ocpi_charge_point_questions",
            "Questions to eMSPs on behalf of charge points, by what came of them",
            metrics.questions.clone(),
        );
        registry.register(
            "ocpi_breaker_state",
            "Whether a platform is asked on behalf of charge points: 0 yes, 1 it is tried, 2 no",
            metrics.breakers.clone(),
        );
        metrics
    }

    pub(super) fn answered(&self, verdict: &Verdict, latency_us: u64) {
        let labels = AnswerLabels {
            source: verdict.source.as_str(),
            allowed: verdict.allowed().as_str(),
        };
        self.answers.get_or_create(&labels).inc();
        let micros = u32::try_from(latency_us).unwrap_or(u32::MAX);
        self.duration.observe(f64::from(micros) / 1e6);
    }

    pub(super) fn questioned(&self, platform: &PlatformId, outcome: &'static str) {
        let platform = PlatformLabel(platform.clone());
        self.questions
            .get_or_create(&QuestionLabels { platform, outcome })
            .inc();
    }

    pub(super) fn breaker(&self, platform: &PlatformId, state: i64) {
        let platform = PlatformLabel(platform.clone());
        self.breakers
            .get_or_create(&BreakerLabels { platform })
            .set(state);
    }

    /// The platform is gone: nothing is shown of it any more.
    pub(super) fn forget(&self, platform: &PlatformId) {
        let platform = PlatformLabel(platform.clone());
        let answers = AllowedType::ALL.iter().map(AllowedType::as_str);
        for outcome in answers.chain(Reply::WORDS) {
            let platform = platform.clone();
            self.questions.remove(&QuestionLabels { platform, outcome });
        }
        self.breakers.remove(&BreakerLabels { platform });
    }
}
