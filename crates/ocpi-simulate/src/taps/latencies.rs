//! How long answers took.

use serde::Serialize;

/// How long answers took, microseconds. All 0 where there was none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Latencies {
    /// Half of them took no longer.
    pub p50_us: u64,
    /// 99 of 100 took no longer.
    pub p99_us: u64,
    /// 999 of 1000 took no longer.
    pub p99_9_us: u64,
    /// None took longer.
    pub slowest_us: u64,
}

impl Latencies {
    /// Of these times, microseconds, in whatever order.
    pub fn of(mut times: Vec<u64>) -> Latencies {
        times.sort_unstable();
        let within = |per_mille: usize| {
            let rank = (times.len() * per_mille).div_ceil(1000);
            times.get(rank.saturating_sub(1)).copied()
        };
        Latencies {
            p50_us: within(500).unwrap_or_default(),
            p99_us: within(990).unwrap_or_default(),
            p99_9_us: within(999).unwrap_or_default(),
            slowest_us: times.last().copied().unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_thousand_answers_the_ranks_are_exact() {
        let latencies = Latencies::of((1..=1000).rev().collect());
        let expected = Latencies {
            p50_us: 500,
            p99_us: 990,
            p99_9_us: 999,
            slowest_us: 1000,
        };
        assert_eq!(latencies, expected);
        assert_eq!(Latencies::of(vec![7]).p50_us, 7);
        assert_eq!(Latencies::of(Vec::new()), Latencies::default());
    }
}
