//! What came of taps.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::latencies::Latencies;

/// What came of taps.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Report {
    /// Questions that were asked.
    pub asked: u64,
    /// Questions that were answered with a decision.
    pub answered: u64,
    /// Answers by what decided: `real_time`, `whitelist` and so on.
    pub by_source: BTreeMap<String, u64>,
    /// Answers by `allowed`.
    pub by_allowed: BTreeMap<String, u64>,
    /// Questions without a decision, by what was said instead.
    pub failed: BTreeMap<String, u64>,
    /// How long the decisions took.
    pub latencies: Latencies,
    /// How long it took in all, milliseconds.
    pub elapsed_ms: u64,
}

impl Report {
    /// Decisions a second.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a rate is shown with three digits, and no count is beyond 2^52"
    )]
    pub fn per_second(&self) -> f64 {
        self.answered as f64 * 1000.0 / self.elapsed_ms.max(1) as f64
    }
}

/// A few lines for a terminal.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} taps, {} decided in {}.{:03} s ({:.0}/s)",
            self.asked,
            self.answered,
            self.elapsed_ms / 1000,
            self.elapsed_ms % 1000,
            self.per_second(),
        )?;
        let Latencies {
            p50_us,
            p99_us,
            p99_9_us,
            slowest_us,
        } = self.latencies;
        let ms = |us: u64| format!("{}.{:03} ms", us / 1000, us % 1000);
        writeln!(
            f,
            "p50 {}  p99 {}  p99.9 {}  slowest {}",
            ms(p50_us),
            ms(p99_us),
            ms(p99_9_us),
            ms(slowest_us),
        )?;
        for (what, counts) in [
            ("source", &self.by_source),
            ("allowed", &self.by_allowed),
            ("failed", &self.failed),
        ] {
            for (name, count) in counts {
                writeln!(f, "{what} {name}: {count}")?;
            }
        }
        Ok(())
    }
}
