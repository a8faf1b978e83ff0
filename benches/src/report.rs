//! What is printed of the rounds.

use std::time::Duration;

use crate::client::Outcome;

/// Bytes in a mebibyte.
pub(crate) const MEBIBYTE: f64 = 1_048_576.0;

/// The numbers of one round, or the medians of several.
#[derive(Clone, Copy)]
pub(crate) struct Round {
    /// Answers per second.
    pub(crate) rate: f64,
    /// Latencies in microseconds: median, 99th and 99.9th percentile.
    latency_us: [f64; 3],
    /// Processor time per request in microseconds, of the server when it is ours.
    server_us: Option<f64>,
    /// Processor time per request in microseconds, of the load generator.
    client_us: f64,
}

impl Round {
    /// The numbers of a run.
    pub(crate) fn of(
        outcome: &Outcome,
        server_cpu: Option<Duration>,
        client_cpu: Duration,
    ) -> Round {
        let answers = outcome.latency_ns.len();
        let quantile = |q| float(outcome.latency_ns.value_at_quantile(q)) / 1000.0;
        let per_answer = |cpu: Duration| cpu.as_secs_f64() * 1e6 / float(answers);
        Round {
            rate: per_second(answers, outcome.elapsed),
            latency_us: [0.5, 0.99, 0.999].map(quantile),
            server_us: server_cpu.map(per_answer),
            client_us: per_answer(client_cpu),
        }
    }

    /// The median of each number.
    pub(crate) fn medians(rounds: &[Round]) -> Round {
        let of = |number: &dyn Fn(&Round) -> f64| median(rounds.iter().map(number).collect());
        Round {
            rate: of(&|round| round.rate),
            latency_us: [0, 1, 2].map(|index| of(&|round| round.latency_us[index])),
            server_us: rounds
                .iter()
                .map(|round| round.server_us)
                .collect::<Option<Vec<f64>>>()
                .map(median),
            client_us: of(&|round| round.client_us),
        }
    }

    /// One line of the table.
    pub(crate) fn print(&self, label: &str, server: &str) {
        let [p50, p99, p999] = self.latency_us.map(|value| value / 1000.0);
        let server_us = self
            .server_us
            .map_or_else(|| "-".to_owned(), |value| format!("{value:.1}"));
        println!(
            "{label:<7} {server:<14} {:>10.0} {p50:>9.3} {p99:>9.3} {p999:>9.3} {server_us:>10} {:>10.1}",
            self.rate, self.client_us
        );
    }
}

/// The head of the table that [`Round::print`] makes.
pub(crate) fn print_head() {
    println!(
        "{:<7} {:<14} {:>10} {:>9} {:>9} {:>9} {:>10} {:>10}",
        "round", "server", "requests/s", "p50 ms", "p99 ms", "p99.9 ms", "server us", "client us"
    );
}

/// Prints the medians of both, and the ratios of their 99th percentiles and of their rates: the
/// medians over the rounds, each compared with its neighbour in time.
pub(crate) fn print_ratio(names: [&str; 2], rounds: &[Vec<Round>; 2], conditions: &str) {
    print_medians("ratio", names, rounds, conditions);
}

/// Prints the same of requests without and with something, whose ratio is what that costs.
pub(crate) fn print_cost(names: [&str; 2], rounds: &[Vec<Round>; 2], conditions: &str) {
    print_medians("cost", names, rounds, conditions);
}

fn print_medians(what: &str, names: [&str; 2], rounds: &[Vec<Round>; 2], conditions: &str) {
    for (name, rounds) in names.iter().zip(rounds) {
        Round::medians(rounds).print("median", name);
    }
    let p99 = median_ratio("p99", names, rounds, |round| round.latency_us[1]);
    let rate = median_ratio("requests/s", names, rounds, |round| round.rate);
    println!("p99 ratio: {p99:.2}");
    println!(
        "{what}: {rate:.2} (median of {} interleaved rounds, {conditions})",
        rounds[0].len()
    );
}

/// The median of the ratios of the rounds, which are printed.
fn median_ratio(
    what: &str,
    names: [&str; 2],
    rounds: &[Vec<Round>; 2],
    number: impl Fn(&Round) -> f64,
) -> f64 {
    let ratios: Vec<f64> = rounds[0]
        .iter()
        .zip(&rounds[1])
        .map(|(first, second)| number(first) / number(second))
        .collect();
    let each: Vec<String> = ratios.iter().map(|ratio| format!("{ratio:.2}")).collect();
    let [first, second] = names;
    println!("{what} of {first}/{second} by round: {}", each.join(" "));
    median(ratios)
}

/// How many a second.
pub(crate) fn per_second(count: u64, elapsed: Duration) -> f64 {
    float(count) / elapsed.as_secs_f64()
}

/// The number, as near as the report needs it.
#[expect(
    clippy::cast_precision_loss,
    reason = "what is counted here stays far below 2^52"
)]
pub(crate) fn float(count: u64) -> f64 {
    count as f64
}

/// The middle of the values, or between the two middle ones.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let upper = values.len() / 2;
    match values.as_slice() {
        [] => f64::NAN,
        values if values.len() % 2 == 1 => values[upper],
        values => f64::midpoint(values[upper - 1], values[upper]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_between_the_two_middle_ones() {
        for (values, expected) in [
            (vec![3.0], 3.0),
            (vec![9.0, 1.0, 3.0], 3.0),
            (vec![4.0, 1.0, 2.0, 9.0], 3.0),
        ] {
            assert!((median(values) - expected).abs() < 1e-9);
        }
    }
}
