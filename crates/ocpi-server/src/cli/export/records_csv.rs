//! Records of authorizations as CSV.

use ocpi_domain::{AuthorizationRecord, ChargePointRecord, EvseUid, LocationReferences};

use super::output::Output;
use crate::exit::Failure;

/// The columns; EVSEs are separated by commas. Those after `latency_us` are empty but for an answer
/// to a charge point of ours.
const NAMES: [&str; 27] = [
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
    "cpo_country_code",
    "cpo_party_id",
    "purpose",
    "source",
    "reason",
    "decided_by",
    "contract_id",
    "group_id",
    "authorization_reference",
    "stops",
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
    let [
        cpo_country,
        cpo_party,
        purpose,
        source,
        reason,
        decided_by,
        contract_id,
        group_id,
        authorization_reference,
        stops,
    ] = record
        .charge_point
        .as_deref()
        .map_or_else(Default::default, at_charge_point);
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
        cpo_country,
        cpo_party,
        purpose,
        source,
        reason,
        decided_by,
        contract_id,
        group_id,
        authorization_reference,
        stops,
    ]
}

fn at_charge_point(record: &ChargePointRecord) -> [String; 10] {
    fn text<T: ToString>(value: Option<&T>) -> String {
        value.map_or_else(String::new, T::to_string)
    }
    [
        record.cpo.country_code.to_string(),
        record.cpo.party_id.to_string(),
        record.purpose.to_string(),
        record.source.to_string(),
        record.reason.clone(),
        text(record.decided_by.as_ref()),
        text(record.contract_id.as_ref()),
        text(record.group_id.as_ref()),
        text(record.authorization_reference.as_ref()),
        text(record.stops.as_ref()),
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
        let mut record: AuthorizationRecord = serde_json::from_str(record).unwrap();
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
        let before = cells(&record);
        assert_eq!(before[..expected.len()], expected);
        assert!(before[expected.len()..].iter().all(String::is_empty));
        let charge_point = r#"{"cpo":{"country_code":"NL","party_id":"ALF"},"purpose":"stop",
            "source":"stop_rule","reason":"of another group, or none","decided_by":null,
            "contract_id":"DE-TNM-C1","group_id":"G","authorization_reference":null,
            "stops":"R-0"}"#;
        record.charge_point = serde_json::from_str(charge_point).unwrap();
        let expected = [
            "NL",
            "ALF",
            "stop",
            "stop_rule",
            "of another group, or none",
            "",
            "DE-TNM-C1",
            "G",
            "",
            "R-0",
        ];
        assert_eq!(cells(&record)[17..], expected);
    }
}
