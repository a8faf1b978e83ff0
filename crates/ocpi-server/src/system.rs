//! What only the machine knows: the time, randomness, and the terminal.

use std::io::Write;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use ocpi_domain::DateTime;
use ocpi_ports::{Clock, Randomness};

/// The machine's clock.
pub(crate) struct SystemClock {
    started: Instant,
}

impl SystemClock {
    pub(crate) fn new() -> SystemClock {
        #[expect(clippy::disallowed_methods, reason = "this is the clock")]
        let started = Instant::now();
        SystemClock { started }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> DateTime {
        #[expect(clippy::disallowed_methods, reason = "this is the clock")]
        let now = SystemTime::now();
        let ms = now
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_millis();
        let ms = i64::try_from(ms).unwrap_or(i64::MAX);
        // A machine whose clock is beyond the year 9999 has other troubles.
        DateTime::from_unix_ms(ms).unwrap_or(DateTime::MAX)
    }

    fn elapsed_us(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

/// The machine's randomness, by a generator fit for secrets in each thread.
pub(crate) struct SystemRandomness;

impl SystemRandomness {
    /// 32 bytes that nobody can guess.
    pub(crate) fn key() -> [u8; 32] {
        rand::random()
    }
}

impl Randomness for SystemRandomness {
    fn bytes(&self) -> [u8; 16] {
        rand::random()
    }
}

/// Says something to the person who started the program.
pub(crate) fn print(text: &str) {
    // Nobody may be listening; the program does not depend on it.
    let _ = std::io::stdout().write_all(text.as_bytes());
    let _ = std::io::stdout().flush();
}

/// Says why the program ends.
pub(crate) fn print_error(text: &str) {
    print_to_stderr(&format!("ocpi-server: {text}\n"));
}

/// Says something beside the answer.
pub(crate) fn print_to_stderr(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}
