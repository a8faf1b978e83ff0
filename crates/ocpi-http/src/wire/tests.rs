//! What versions have in common.

mod laws;

use super::*;

/// Holds: T-66, M-19.
#[test]
fn moments_of_2_1_1_are_cut_to_their_second() {
    for (moment, cut) in [
        ("2026-01-01T00:00:00.999Z", "2026-01-01T00:00:00Z"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("1969-12-31T23:59:59.001Z", "1969-12-31T23:59:59Z"),
    ] {
        let moment: DateTime = moment.parse().unwrap();
        let shown = shown_moment(OcpiVersion::V2_1_1, moment);
        assert_eq!(shown.to_string(), cut);
        assert_eq!(shown_moment(OcpiVersion::V2_2_1, moment), moment);
        assert_eq!(shown_moment(OcpiVersion::V2_3_0, moment), moment);
    }
}
