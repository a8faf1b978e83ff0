//! What is counted of the exchange of Tokens.
//!
//! It is read when somebody asks, out of what is known of each platform: a platform that is gone
//! leaves no number behind.

use std::fmt;
use std::sync::Arc;

use ocpi_domain::PlatformId;
use ocpi_ports::Clock;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;

use super::state::{KnownSyncs, PullCounts, PullKnown, PushKnown};

/// Shows the exchange with each platform.
pub(super) struct SyncCollector {
    known: Arc<KnownSyncs>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for SyncCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SyncCollector(..)")
    }
}

/// The numbers of one platform under one name: each with its outcome, where there are several.
type Numbers = Vec<(Option<&'static str>, i64)>;

/// A metric: its name, what it tells, its unit, and its type.
struct Shown(&'static str, &'static str, Option<Unit>, MetricType);

impl SyncCollector {
    pub(super) fn new(known: &Arc<KnownSyncs>, clock: &Arc<dyn Clock>) -> SyncCollector {
        SyncCollector {
            known: Arc::clone(known),
            clock: Arc::clone(clock),
        }
    }

    fn pushes(
        &self,
        encoder: &mut DescriptorEncoder<'_>,
        shown: &Shown,
        numbers: impl Fn(&PushKnown) -> Numbers,
    ) -> Result<(), fmt::Error> {
        let all = self.known.lock();
        let known = all
            .iter()
            .filter_map(|(id, known)| Some((id, known.push.as_ref()?)));
        let known: Vec<_> = known.map(|(id, push)| (id, numbers(push))).collect();
        encode(encoder, shown, &known)
    }

    fn pulls(
        &self,
        encoder: &mut DescriptorEncoder<'_>,
        shown: &Shown,
        numbers: impl Fn(&PullKnown) -> Numbers,
    ) -> Result<(), fmt::Error> {
        let all = self.known.lock();
        let known = all
            .iter()
            .filter_map(|(id, known)| Some((id, known.pull.as_ref()?)));
        let known: Vec<_> = known.map(|(id, pull)| (id, numbers(pull))).collect();
        encode(encoder, shown, &known)
    }
}

impl Collector for SyncCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let encoder = &mut encoder;
        let now = self.clock.now();
        let pending = Shown(
            "ocpi_push_pending_tokens",
            "Tokens of ours that changed and that the platform does not have yet",
            None,
            MetricType::Gauge,
        );
        self.pushes(encoder, &pending, |push| one(signed(push.pending())))?;
        let lag = Shown(
            "ocpi_push_lag",
            "For how long the platform has not had all of our Tokens",
            Some(Unit::Seconds),
            MetricType::Gauge,
        );
        self.pushes(encoder, &lag, |push| {
            let lag = push.behind_since.map(|since| now.ms_since(since) / 1000);
            one(lag.unwrap_or_default().max(0))
        })?;
        let pushed = Shown(
            "ocpi_pushed_tokens",
            "Tokens of ours that were sent to the platform",
            None,
            MetricType::Counter,
        );
        self.pushes(encoder, &pushed, |push| {
            vec![
                (Some("taken"), signed(push.taken)),
                (Some("refused"), signed(push.refused)),
                (Some("failed"), signed(push.failed)),
            ]
        })?;
        let failures = Shown(
            "ocpi_push_failures",
            "How often the platform failed while our Tokens were sent to it",
            None,
            MetricType::Counter,
        );
        self.pushes(encoder, &failures, |push| one(signed(push.trouble.total)))?;
        self.encode_pulls(encoder)
    }
}

impl SyncCollector {
    fn encode_pulls(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let pulled = Shown(
            "ocpi_pulled_tokens",
            "Tokens of the platform that were fetched",
            None,
            MetricType::Counter,
        );
        self.pulls(encoder, &pulled, |pull| outcomes(&pull.counts))?;
        let failures = Shown(
            "ocpi_pull_failures",
            "How often the platform failed while its Tokens were fetched",
            None,
            MetricType::Counter,
        );
        self.pulls(encoder, &failures, |pull| one(signed(pull.trouble.total)))?;
        let succeeded = Shown(
            "ocpi_pull_last_success_timestamp",
            "When the platform's Tokens were fetched to the end last",
            Some(Unit::Seconds),
            MetricType::Gauge,
        );
        self.pulls(encoder, &succeeded, |pull| {
            let at = pull.succeeded_at;
            at.map_or(Vec::new(), |at| one(at.unix_ms().div_euclid(1000)))
        })
    }
}

fn outcomes(counts: &PullCounts) -> Numbers {
    let PullCounts {
        created,
        updated,
        unchanged,
        stale,
        left_out,
        absent,
    } = *counts;
    [
        ("created", created),
        ("updated", updated),
        ("unchanged", unchanged),
        ("stale", stale),
        ("left_out", left_out),
        ("absent", absent),
    ]
    .map(|(outcome, count)| (Some(outcome), signed(count)))
    .into()
}

fn one(number: i64) -> Numbers {
    vec![(None, number)]
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn encode(
    encoder: &mut DescriptorEncoder<'_>,
    shown: &Shown,
    known: &[(&PlatformId, Numbers)],
) -> Result<(), fmt::Error> {
    let Shown(name, help, unit, metric_type) = shown;
    let mut metric = encoder.encode_descriptor(name, help, unit.as_ref(), *metric_type)?;
    for (id, numbers) in known {
        for (outcome, number) in numbers {
            let mut labels = vec![("platform", id.as_str())];
            labels.extend(outcome.map(|outcome| ("outcome", outcome)));
            let mut sample = metric.encode_family(&labels)?;
            match metric_type {
                MetricType::Counter => {
                    let count = u64::try_from(*number).unwrap_or_default();
                    sample.encode_counter::<NoLabelSet, u64, u64>(&count, None)?;
                }
                _ => sample.encode_gauge(number)?,
            }
        }
    }
    Ok(())
}
