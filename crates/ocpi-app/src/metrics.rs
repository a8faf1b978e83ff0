//! What the use cases count.

use std::fmt;
use std::sync::Arc;

use ocpi_domain::{AllowedType, AuthorizationStatus, PlatformId, SessionPhase};
use ocpi_ports::RecordAudit;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeLabelSet, EncodeLabelValue, EncodeMetric, LabelValueEncoder,
};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::session_update::phase_name;

/// The labels of `ocpi_authorizations_total`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct AuthorizationLabels {
    /// The answer, or why there is none.
    allowed: &'static str,
    /// The finer status, or empty.
    status: &'static str,
    platform: PlatformLabel,
}

/// The labels of `ocpi_session_pushes_total`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct SessionLabels {
    /// Where the session stands since the push.
    phase: &'static str,
    platform: PlatformLabel,
}

/// The labels of `ocpi_handshakes_total`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct HandshakeLabels {
    direction: &'static str,
    handshake: &'static str,
    outcome: &'static str,
}

/// Who begins a handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// The platform.
    Received,
    /// We.
    Sent,
}

/// What credentials are exchanged for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Handshake {
    Register,
    Rotate,
    Unregister,
}

impl Handshake {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Handshake::Register => "register",
            Handshake::Rotate => "rotate",
            Handshake::Unregister => "unregister",
        }
    }
}

/// A platform, as a label.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct PlatformLabel(pub(crate) PlatformId);

impl EncodeLabelValue for PlatformLabel {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), fmt::Error> {
        EncodeLabelValue::encode(&self.0.as_str(), encoder)
    }
}

/// Seconds: from a decision in memory to the hard limit of an answer.
const DURATION_BUCKETS: [f64; 12] = [
    0.000_01, 0.000_1, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 1.5,
];

/// The counters of the use cases.
pub(crate) struct Metrics {
    authorizations: Family<AuthorizationLabels, Counter>,
    authorization_duration: Histogram,
    record_failures: Counter,
    session_pushes: Family<SessionLabels, Counter>,
    sessions_of_unknown_tokens: Counter,
    handshakes: Family<HandshakeLabels, Counter>,
}

impl Metrics {
    pub(crate) fn register(registry: &mut Registry) -> Metrics {
        let metrics = Metrics {
            authorizations: Family::default(),
            authorization_duration: Histogram::new(DURATION_BUCKETS),
            record_failures: Counter::default(),
            session_pushes: Family::default(),
            sessions_of_unknown_tokens: Counter::default(),
            handshakes: Family::default(),
        };
        registry.register(
            "ocpi_authorizations",
            "Answers to authorize requests",
            metrics.authorizations.clone(),
        );
        registry.register_with_unit(
            "ocpi_authorization_duration",
            "From an authorize request's arrival to its answer",
            Unit::Seconds,
            metrics.authorization_duration.clone(),
        );
        registry.register(
            "ocpi_authorization_record_failures",
            "Authorize requests that were not answered because the store failed or hung",
            metrics.record_failures.clone(),
        );
        registry.register(
            "ocpi_session_pushes",
            "Sessions that were put or patched",
            metrics.session_pushes.clone(),
        );
        registry.register(
            "ocpi_sessions_of_unknown_tokens",
            "Sessions that turned out to be of a Token that is not known here",
            metrics.sessions_of_unknown_tokens.clone(),
        );
        registry.register(
            "ocpi_handshakes",
            "Registrations, rotations and their ends, that platforms or we began",
            metrics.handshakes.clone(),
        );
        metrics
    }

    pub(crate) fn authorized(
        &self,
        platform: &PlatformId,
        outcome: Result<(AllowedType, AuthorizationStatus), &'static str>,
        latency_us: u64,
    ) {
        let (allowed, status) = match &outcome {
            Ok((allowed, status)) => (allowed.as_str(), status.as_str()),
            Err(reason) => (*reason, ""),
        };
        let platform = PlatformLabel(platform.clone());
        self.authorizations
            .get_or_create(&AuthorizationLabels {
                allowed,
                status,
                platform,
            })
            .inc();
        let micros = u32::try_from(latency_us).unwrap_or(u32::MAX);
        self.authorization_duration.observe(f64::from(micros) / 1e6);
    }

    pub(crate) fn record_failed(&self) {
        self.record_failures.inc();
    }

    pub(crate) fn session_pushed(&self, platform: &PlatformId, phase: SessionPhase) {
        let platform = PlatformLabel(platform.clone());
        let phase = phase_name(phase);
        self.session_pushes
            .get_or_create(&SessionLabels { phase, platform })
            .inc();
    }

    pub(crate) fn session_of_unknown_token(&self) {
        self.sessions_of_unknown_tokens.inc();
    }

    pub(crate) fn shook_hands(
        &self,
        direction: Direction,
        handshake: Handshake,
        outcome: &'static str,
    ) {
        let direction = match direction {
            Direction::Received => "received",
            Direction::Sent => "sent",
        };
        self.handshakes
            .get_or_create(&HandshakeLabels {
                direction,
                handshake: handshake.as_str(),
                outcome,
            })
            .inc();
    }
}

/// Shows the end of the chain of records. Whoever keeps what was shown can prove later that the
/// newest records were cut off.
pub(crate) struct ChainCollector(pub(crate) Arc<dyn RecordAudit>);

impl fmt::Debug for ChainCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChainCollector(..)")
    }
}

impl Collector for ChainCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let head = self.0.head();
        let number = ConstGauge::new(head.number);
        let link = Info::new([("link", head.link.to_string())]);
        number.encode(encoder.encode_descriptor(
            "ocpi_record_chain_number",
            "The number of the newest authorization record: how many were ever appended",
            None,
            number.metric_type(),
        )?)?;
        link.encode(encoder.encode_descriptor(
            "ocpi_record_chain_head",
            "The link of the newest authorization record, so that a cut tail shows",
            None,
            link.metric_type(),
        )?)
    }
}
