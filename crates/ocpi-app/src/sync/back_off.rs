//! How long a platform that failed is left alone.

use std::time::Duration;

use ocpi_ports::Randomness;

use super::SyncOptions;

/// The longest that a platform may ask to be left alone: whoever asks for more meant something else.
const RETRY_AFTER_MAX: Duration = Duration::from_hours(1);

/// The pause after so many failures in a row: each doubles it, and up to half of it is added, so
/// that many servers do not come back at one moment. Longer when the platform asks for that.
pub(super) fn back_off(
    options: &SyncOptions,
    failures: u32,
    retry_after: Option<Duration>,
    randomness: &dyn Randomness,
) -> Duration {
    let doublings = failures.saturating_sub(1).min(31);
    let pause = options.back_off_ms.saturating_mul(1 << doublings);
    let pause = pause.clamp(1, options.back_off_ms_max.max(1));
    let splayed = pause.saturating_add(part_of(pause / 2, randomness));
    let asked_for = retry_after.unwrap_or_default().min(RETRY_AFTER_MAX);
    Duration::from_millis(splayed).max(asked_for)
}

/// A number from 0 to `max`, by chance.
pub(super) fn part_of(max: u64, randomness: &dyn Randomness) -> u64 {
    let [a, b, c, d, ..] = randomness.bytes();
    let share = u64::from(u32::from_be_bytes([a, b, c, d]));
    // By its halves, so that no product is too big.
    (max >> 32) * share + (((max & u64::from(u32::MAX)) * share) >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Always the same bytes.
    struct Fixed(u8);

    impl Randomness for Fixed {
        fn bytes(&self) -> [u8; 16] {
            [self.0; 16]
        }
    }

    fn pause_ms(failures: u32, retry_after_s: Option<u64>, random: u8) -> u128 {
        let retry_after = retry_after_s.map(Duration::from_secs);
        back_off(
            &SyncOptions::default(),
            failures,
            retry_after,
            &Fixed(random),
        )
        .as_millis()
    }

    #[test]
    fn each_failure_in_a_row_doubles_the_pause_up_to_the_longest() {
        let pauses = [1, 2, 3, 9, 10, 40, u32::MAX].map(|failures| pause_ms(failures, None, 0));
        assert_eq!(
            pauses,
            [1000, 2000, 4000, 256_000, 300_000, 300_000, 300_000]
        );
    }

    #[test]
    fn up_to_half_is_added_by_chance() {
        assert_eq!(pause_ms(1, None, 0x80), 1250);
        assert_eq!(pause_ms(1, None, 0xff), 1499);
    }

    #[test]
    fn a_platform_may_ask_for_more_but_not_for_ever() {
        assert_eq!(pause_ms(1, Some(30), 0), 30_000);
        assert_eq!(pause_ms(1, Some(0), 0), 1000);
        assert_eq!(pause_ms(1, Some(u64::MAX), 0), 3_600_000);
    }

    #[test]
    fn a_part_of_much_is_no_more_than_that() {
        assert_eq!(part_of(0, &Fixed(0xff)), 0);
        assert!(part_of(u64::MAX, &Fixed(0xff)) > u64::MAX / 2);
        assert_eq!(part_of(u64::MAX, &Fixed(0)), 0);
    }
}
