//! `[charge_point]`: how long a driver waits, and whom we ask meanwhile.

use ocpi_app::ChargePointOptions;

use super::limits::in_range;
use crate::config_file::ChargePointSection;

const HOUR_MS: u64 = 60 * 60 * 1000;

/// What the section says.
pub(super) fn options(section: &ChargePointSection) -> anyhow::Result<ChargePointOptions> {
    let default = ChargePointOptions::default();
    let name = |key: &str| format!("charge_point.{key}");
    Ok(ChargePointOptions {
        // Less than the way to an eMSP and back is no budget.
        budget_ms: in_range(&name("budget_ms"), section.budget_ms, 100..=60_000)?
            .unwrap_or(default.budget_ms),
        fan_out_in_flight_max: in_range(
            &name("fan_out_in_flight_max"),
            section.fan_out_in_flight_max,
            1..=10_000,
        )?
        .unwrap_or(default.fan_out_in_flight_max),
        platform_in_flight_max: in_range(
            &name("platform_in_flight_max"),
            section.platform_in_flight_max,
            1..=10_000,
        )?
        .unwrap_or(default.platform_in_flight_max),
        breaker_failures: in_range(
            &name("breaker_failures"),
            section.breaker_failures,
            1..=1000,
        )?
        .unwrap_or(default.breaker_failures),
        breaker_probe_ms: in_range(
            &name("breaker_probe_ms"),
            section.breaker_probe_ms,
            100..=HOUR_MS,
        )?
        .unwrap_or(default.breaker_probe_ms),
        same_question_ms: in_range(
            &name("same_question_ms"),
            section.same_question_ms,
            // More is no double tap, and each question is kept so long.
            0..=5000,
        )?
        .unwrap_or(default.same_question_ms),
        unknown_card_ms: in_range(
            &name("unknown_card_ms"),
            section.unknown_card_ms,
            0..=HOUR_MS,
        )?
        .unwrap_or(default.unknown_card_ms),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> anyhow::Result<ChargePointOptions> {
        options(&toml::from_str(text)?)
    }

    /// Holds: W-33. Two seconds for the whole answer, unless the operator says another time.
    #[test]
    fn how_long_a_driver_waits_is_set() {
        let nothing = of("").unwrap();
        assert_eq!(nothing, ChargePointOptions::default());
        assert_eq!(nothing.budget_ms, 2000);
        let set = of(
            "budget_ms = 3000\nfan_out_in_flight_max = 7\nplatform_in_flight_max = 8\n\
                      breaker_failures = 3\nbreaker_probe_ms = 1000\nsame_question_ms = 0\n\
                      unknown_card_ms = 0",
        );
        let expected = ChargePointOptions {
            budget_ms: 3000,
            fan_out_in_flight_max: 7,
            platform_in_flight_max: 8,
            breaker_failures: 3,
            breaker_probe_ms: 1000,
            same_question_ms: 0,
            unknown_card_ms: 0,
        };
        assert_eq!(set.unwrap(), expected);
    }

    /// Beyond the protocol: what cannot work is refused by its name, with what can.
    #[test]
    fn what_is_out_of_its_range_is_refused_by_name() {
        for (key, values, range) in [
            ("budget_ms", [99, 60_001], "100 to 60000"),
            ("fan_out_in_flight_max", [0, 10_001], "1 to 10000"),
            ("platform_in_flight_max", [0, 10_001], "1 to 10000"),
            ("breaker_failures", [0, 1001], "1 to 1000"),
            ("breaker_probe_ms", [99, 3_600_001], "100 to 3600000"),
            ("same_question_ms", [5001, u32::MAX], "0 to 5000"),
            ("unknown_card_ms", [3_600_001, u32::MAX], "0 to 3600000"),
        ] {
            for value in values {
                let refused = of(&format!("{key} = {value}")).unwrap_err().to_string();
                assert_eq!(refused, format!("charge_point.{key}: must be {range}"));
            }
        }
        let refused = of("budget = 1").unwrap_err().to_string();
        assert!(refused.contains("unknown field `budget`"), "{refused}");
    }
}
