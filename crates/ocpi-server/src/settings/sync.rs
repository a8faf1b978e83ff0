//! `[sync]`: how Tokens get to CPOs and from eMSPs.

use ocpi_app::SyncOptions;

use super::limits::in_range;
use crate::config_file::SyncSection;

const MINUTE_MS: u64 = 60 * 1000;

/// A month of 30 days, minutes.
const MONTH: u64 = 30 * 24 * 60;

/// A year, minutes.
const YEAR: u64 = 365 * 24 * 60;

/// What the section says.
pub(super) fn options(section: &SyncSection) -> anyhow::Result<SyncOptions> {
    let default = SyncOptions::default();
    let pull_interval_ms: Option<u64> = in_range(
        "sync.pull_interval_minutes",
        section.pull_interval_minutes,
        1..=MONTH,
    )?;
    let pull_all_interval_ms: Option<u64> = in_range(
        "sync.pull_all_interval_minutes",
        section.pull_all_interval_minutes,
        1..=YEAR,
    )?;
    Ok(SyncOptions {
        push_in_flight_max: in_range(
            "sync.push_in_flight_max",
            section.push_in_flight_max,
            1..=256,
        )?
        .unwrap_or(default.push_in_flight_max),
        push_platforms_max: in_range(
            "sync.push_platforms_max",
            section.push_platforms_max,
            1..=1000,
        )?
        .unwrap_or(default.push_platforms_max),
        pull_interval_ms: pull_interval_ms.map_or(default.pull_interval_ms, in_ms),
        pull_all_interval_ms: pull_all_interval_ms.map_or(default.pull_all_interval_ms, in_ms),
        pull_page_size: in_range("sync.pull_page_size", section.pull_page_size, 1..=10_000)?
            .unwrap_or(default.pull_page_size),
        ..default
    })
}

fn in_ms(minutes: u64) -> u64 {
    minutes * MINUTE_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> anyhow::Result<SyncOptions> {
        options(&toml::from_str(text)?)
    }

    /// Holds: P-19. What changed is fetched in hours, everything in days, unless it is said.
    #[test]
    fn how_often_tokens_are_fetched_is_set_in_minutes() {
        let nothing = of("").unwrap();
        assert_eq!(nothing, SyncOptions::default());
        assert_eq!(nothing.pull_interval_ms, 6 * 60 * MINUTE_MS);
        assert_eq!(nothing.pull_all_interval_ms, 7 * 24 * 60 * MINUTE_MS);
        let set = of(
            "push_in_flight_max = 3\npush_platforms_max = 4\npull_interval_minutes = 1\n\
                      pull_all_interval_minutes = 2\npull_page_size = 5",
        );
        let expected = SyncOptions {
            push_in_flight_max: 3,
            push_platforms_max: 4,
            pull_interval_ms: 60_000,
            pull_all_interval_ms: 120_000,
            pull_page_size: 5,
            ..SyncOptions::default()
        };
        assert_eq!(set.unwrap(), expected);
    }

    /// Beyond the protocol: what cannot work is refused by its name, with what can.
    #[test]
    fn what_is_out_of_its_range_is_refused_by_name() {
        for (key, values, range) in [
            ("push_in_flight_max", [0, 257], "1 to 256"),
            ("push_platforms_max", [0, 1001], "1 to 1000"),
            ("pull_interval_minutes", [0, 43_201], "1 to 43200"),
            ("pull_all_interval_minutes", [0, 525_601], "1 to 525600"),
            ("pull_page_size", [0, 10_001], "1 to 10000"),
        ] {
            for value in values {
                let refused = of(&format!("{key} = {value}")).unwrap_err().to_string();
                assert_eq!(refused, format!("sync.{key}: must be {range}"));
            }
        }
        let refused = of("push = true").unwrap_err().to_string();
        assert!(refused.contains("unknown field `push`"), "{refused}");
    }
}
