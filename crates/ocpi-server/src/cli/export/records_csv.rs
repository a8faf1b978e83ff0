//! Records of authorizations as CSV.

use ocpi_domain::{AuthorizationRecord, EvseUid, LocationReferences};

use super::output::Output;
use crate::exit::Failure;

/// The columns; EVSEs are separated by commas.
const NAMES: [&str; 17] = [
    "reference",
    "at",
    "platform",
    "request_id",
    "correlation_id",
    "token_country_code",
    "token_party_id",
    "token_uid",
    "token_type",
    "asked_location_id",
    "asked_evse_uids",
    "allowed_location_id",
    "allowed_evse_uids",
    "allowed",
    "status",
    "rule",
    "latency_us",
];

/// Writes the names of the columns.
pub(super) fn write_names(output: &mut Output) -> Result<(), Failure> {
    output.write_cells(NAMES)
}

/// Writes a record.
pub(super) fn write(output: &mut Output, record: &AuthorizationRecord) -> Result<(), Failure> {
    output.write_cells(cells(record))
}

fn cells(record: &AuthorizationRecord) -> [String; NAMES.len()] {
    let [asked_location, asked_evses] = place(record.asked.as_ref());
    let [allowed_location, allowed_evses] = place(record.allowed_location.as_ref());
    let party = record.token_party;
    [
        record.reference.to_string(),
        record.at.to_string(),
        record.platform.to_string(),
        record.request_id.to_string(),
        record.correlation_id.to_string(),
        party.map_or_else(String::new, |party| party.country_code.to_string()),
        party.map_or_else(String::new, |party| party.party_id.to_string()),
        record.token_uid.to_string(),
        record.token_type.to_string(),
        asked_location,
        asked_evses,
        allowed_location,
        allowed_evses,
        record.allowed.map_or_else(String::new, |it| it.to_string()),
        record.status.map_or_else(String::new, |it| it.to_string()),
        record.rule.to_string(),
        record.latency_us.to_string(),
    ]
}

fn place(location: Option<&LocationReferences>) -> [String; 2] {
    location.map_or_else(Default::default, |location| {
        let evses: Vec<&str> = location.evse_uids.iter().map(EvseUid::as_str).collect();
        [location.location_id.to_string(), evses.join(",")]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds: E-33. What an operator takes out of the store to count with.
    #[test]
    fn a_record_has_a_cell_for_each_of_its_parts() {
        let record = r#"{"reference":"R-1","at":"2024-01-01T00:00:00.120Z","platform":"peer",
            "request_id":"Q-1","correlation_id":"C-1",
            "token_party":{"country_code":"DE","party_id":"TNM"},"token_uid":"CARD",
            "token_type":"RFID","asked":{"location_id":"LOC","evse_uids":["E-1","E-2"]},
            "allowed_location":null,"allowed":"BLOCKED","status":"BLOCKED","rule":"blocked",
            "latency_us":7}"#;
        let record: AuthorizationRecord = serde_json::from_str(record).unwrap();
        let expected = [
            "R-1",
            "2024-01-01T00:00:00.120Z",
            "peer",
            "Q-1",
            "C-1",
            "DE",
            "TNM",
            "CARD",
            "RFID",
            "LOC",
            "E-1,E-2",
            "",
            "",
            "BLOCKED",
            "BLOCKED",
            "blocked",
            "7",
        ];
        assert_eq!(cells(&record), expected);
    }
}
