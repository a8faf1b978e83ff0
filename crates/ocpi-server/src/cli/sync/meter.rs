//! What a person sees while Tokens are on their way, on standard error: a bar, or lines where no
//! terminal is.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressStyle};
use ocpi_ports::Clock;

use super::standing::{Standing, Waited};
use crate::cli::import::{grouped, per_second};
use crate::system::{self, SystemClock};

/// How long there is silence between two lines, microseconds.
const LINE_EVERY_US: u64 = 5_000_000;

/// Shows how far it is.
pub(super) struct Meter {
    clock: SystemClock,
    shown: Shown,
}

enum Shown {
    Bar(ProgressBar),
    Lines { said_us: u64 },
    Nothing,
}

impl Meter {
    pub(super) fn new(is_silent: bool) -> Meter {
        let shown = if is_silent {
            Shown::Nothing
        } else if io::stderr().is_terminal() {
            let style = ProgressStyle::with_template("{wide_bar} {percent} % {msg}");
            // The template is right; were it not, there is another one.
            let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
            Shown::Bar(ProgressBar::new(0).with_style(style))
        } else {
            Shown::Lines { said_us: 0 }
        };
        Meter {
            clock: SystemClock::new(),
            shown,
        }
    }

    /// Shows how all of it stands.
    pub(super) fn show(&mut self, waited: &[Waited]) {
        let now_us = self.clock.elapsed_us();
        let (mut done, mut total) = (0, 0);
        for it in waited {
            let (its_done, its_total) = it.progress();
            done += its_done;
            // One that does not say how many there are has at least those that were seen.
            total += its_total.unwrap_or(0).max(its_done);
        }
        let over = waited
            .iter()
            .filter(|it| it.standing() != Standing::Waiting);
        let text = format!(
            "{} of {} tokens, {}/s, {} of {} platforms",
            grouped(done),
            grouped(total),
            grouped(per_second(done, now_us)),
            over.count(),
            waited.len(),
        );
        match &mut self.shown {
            Shown::Bar(bar) => {
                bar.set_length(total);
                bar.set_position(done);
                bar.set_message(text);
            }
            Shown::Lines { said_us } if now_us - *said_us >= LINE_EVERY_US => {
                *said_us = now_us;
                system::print_to_stderr(&format!("{text}\n"));
            }
            Shown::Lines { .. } | Shown::Nothing => {}
        }
    }

    /// Clears the bar.
    pub(super) fn end(&self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }
}
