//! What a person sees while an import runs, on standard error: a bar, or lines where no terminal
//! is.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressStyle};
use ocpi_ports::Clock;

use super::state::Progress;
use crate::system::{self, SystemClock};

/// How long there is silence between two lines, microseconds.
const LINE_EVERY_US: u64 = 5_000_000;

/// Shows how far an import is.
pub(super) struct Meter {
    clock: SystemClock,
    /// Tokens and bytes that an earlier import dealt with.
    before: Progress,
    bytes: u64,
    shown: Shown,
}

enum Shown {
    Bar(ProgressBar),
    Lines { said_us: u64 },
    Nothing,
}

impl Meter {
    /// Begins at `before`, of a file of so many bytes.
    pub(super) fn new(before: Progress, bytes: u64, is_silent: bool) -> Meter {
        let shown = if is_silent {
            Shown::Nothing
        } else if io::stderr().is_terminal() {
            Shown::Bar(bar(before, bytes))
        } else {
            Shown::Lines { said_us: 0 }
        };
        Meter {
            clock: SystemClock::new(),
            before,
            bytes,
            shown,
        }
    }

    /// Shows that so much is done.
    pub(super) fn show(&mut self, progress: &Progress) {
        let now_us = self.clock.elapsed_us();
        let tokens = progress.tokens() - self.before.tokens();
        let rate = per_second(tokens, now_us);
        match &mut self.shown {
            Shown::Bar(bar) => {
                bar.set_position(progress.bytes);
                bar.set_message(format!(
                    "{} tokens, {}/s",
                    grouped(progress.tokens()),
                    grouped(rate)
                ));
            }
            Shown::Lines { said_us } if now_us - *said_us >= LINE_EVERY_US => {
                *said_us = now_us;
                let done_bytes = progress.bytes - self.before.bytes;
                let left_us = u128::from(self.bytes.saturating_sub(progress.bytes))
                    * u128::from(now_us)
                    / u128::from(done_bytes.max(1));
                system::print_to_stderr(&format!(
                    "{} tokens, {} %, {}/s, {} s left\n",
                    grouped(progress.tokens()),
                    progress.bytes * 100 / self.bytes.max(1),
                    grouped(rate),
                    left_us / 1_000_000,
                ));
            }
            Shown::Lines { .. } | Shown::Nothing => {}
        }
    }

    /// Clears the bar; the seconds that it took, and tokens a second.
    pub(super) fn end(&self, progress: &Progress) -> (f64, u64) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
        let elapsed_us = self.clock.elapsed_us();
        let tokens = progress.tokens() - self.before.tokens();
        let milliseconds = u32::try_from(elapsed_us / 1000).unwrap_or(u32::MAX);
        (
            f64::from(milliseconds) / 1000.0,
            per_second(tokens, elapsed_us),
        )
    }
}

fn bar(before: Progress, bytes: u64) -> ProgressBar {
    let bar = ProgressBar::new(bytes).with_position(before.bytes);
    let style = ProgressStyle::with_template("{wide_bar} {percent} % {msg}, {eta} left");
    // The template is right; were it not, there is another one.
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// How many in a second.
pub(in crate::cli) fn per_second(count: u64, elapsed_us: u64) -> u64 {
    let rate = u128::from(count) * 1_000_000 / u128::from(elapsed_us.max(1));
    u64::try_from(rate).unwrap_or(u64::MAX)
}

/// A number with its thousands apart: `1,000,000`.
pub(in crate::cli) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Beyond the protocol: what a person reads.
    #[test]
    fn thousands_stand_apart() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }
}
