//! What a moment says in a version that has whole seconds only.

use ocpi_domain::json::RawObject;
use ocpi_domain::{DateTime, OcpiVersion};

/// The `last_updated` that is meant: 2.1.1 is shown moments without their fraction and sends them
/// back so. What it says within the second of the stored moment is that moment.
pub(crate) fn meant_moment(version: OcpiVersion, sent: DateTime, stored: DateTime) -> DateTime {
    let second = |moment: DateTime| moment.unix_ms().div_euclid(1000);
    if version == OcpiVersion::V2_1_1 && sent < stored && second(sent) == second(stored) {
        stored
    } else {
        sent
    }
}

/// The member `last_updated` alone.
pub(crate) fn last_updated_member(moment: DateTime) -> RawObject {
    let mut member = RawObject::default();
    member.set_text("last_updated", &moment.to_string());
    member
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds: M-19.
    #[test]
    fn a_moment_of_2_1_1_within_the_stored_second_is_the_stored_one() {
        let at = |text: &str| text.parse::<DateTime>().unwrap();
        let stored = at("2026-01-01T00:00:01.500Z");
        for (version, sent, meant) in [
            (OcpiVersion::V2_1_1, "2026-01-01T00:00:01Z", stored),
            (OcpiVersion::V2_1_1, "2026-01-01T00:00:01.499Z", stored),
            (
                OcpiVersion::V2_1_1,
                "2026-01-01T00:00:01.501Z",
                at("2026-01-01T00:00:01.501Z"),
            ),
            (
                OcpiVersion::V2_1_1,
                "2026-01-01T00:00:00Z",
                at("2026-01-01T00:00:00Z"),
            ),
            (
                OcpiVersion::V2_1_1,
                "2026-01-01T00:00:02Z",
                at("2026-01-01T00:00:02Z"),
            ),
            (
                OcpiVersion::V2_2_1,
                "2026-01-01T00:00:01Z",
                at("2026-01-01T00:00:01Z"),
            ),
            (
                OcpiVersion::V2_3_0,
                "2026-01-01T00:00:01Z",
                at("2026-01-01T00:00:01Z"),
            ),
        ] {
            assert_eq!(
                meant_moment(version, at(sent), stored),
                meant,
                "{version} {sent}"
            );
        }
        let before_1970 = at("1969-12-31T23:59:59.500Z");
        let sent = at("1969-12-31T23:59:59Z");
        assert_eq!(
            meant_moment(OcpiVersion::V2_1_1, sent, before_1970),
            before_1970
        );
    }
}
