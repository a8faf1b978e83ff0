//! How an answer looks.

use std::fmt::Write;

use serde_json::Value;

use crate::system;

/// Prints the API's JSON as it is.
pub(crate) fn json(text: &[u8]) {
    let text = String::from_utf8_lossy(text);
    system::print(&format!("{}\n", text.trim_end()));
}

/// Prints the members of an object, one a line.
pub(crate) fn members(object: &Value) {
    let Some(members) = object.as_object() else {
        return;
    };
    let rows: Vec<[String; 2]> = members
        .iter()
        .map(|(name, value)| [name.clone(), text_of(value)])
        .collect();
    names_and_values(&rows);
}

/// Prints names with their values, one a line.
pub(crate) fn names_and_values(rows: &[[String; 2]]) {
    system::print(&aligned(rows));
}

/// Prints rows below the names of their columns.
pub(crate) fn table<const N: usize>(names: [&str; N], rows: Vec<[String; N]>) {
    let mut lines = vec![names.map(str::to_owned)];
    lines.extend(rows);
    system::print(&aligned(&lines));
}

/// A value as a person reads it: a text without its quotation marks, nothing as `-`.
pub(crate) fn text_of(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The place of OCPI's `LocationReferences`: `LOC1` or `LOC1/E1,E2`.
pub(crate) fn place_of(location: &Value) -> String {
    let evses = location["evse_uids"].as_array();
    let evses: Vec<String> = evses.into_iter().flatten().map(text_of).collect();
    let place = text_of(&location["location_id"]);
    if evses.is_empty() {
        place
    } else {
        format!("{place}/{}", evses.join(","))
    }
}

/// The place of an object that names one Location, and one EVSE of it or none: `LOC1` or
/// `LOC1/E1`.
pub(crate) fn place_with_evse(object: &Value) -> String {
    let place = text_of(&object["location_id"]);
    match object["evse_uid"].as_str() {
        // A reservation has none, and says so.
        None | Some("#NA") => place,
        Some(evse) => format!("{place}/{evse}"),
    }
}

/// What a party named, as `CH/ABC/TOKEN123`: `id` is its member that holds the party's own name.
pub(crate) fn name_of(object: &Value, id: &str) -> String {
    if object.is_null() {
        return "-".to_owned();
    }
    let names = ["country_code", "party_id", id];
    names.map(|name| text_of(&object[name])).join("/")
}

/// Lines whose columns begin below each other.
fn aligned<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| {
        let lengths = rows.iter().map(|row| row[column].chars().count());
        lengths.max().unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            // Writing to a String does not fail.
            let _ = write!(line, "{}  ", format_args!("{cell:width$}"));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Beyond the protocol: what a person reads.
    #[test]
    fn columns_begin_below_each_other_and_no_line_ends_with_blanks() {
        let row = |one: &str, other: &str| [one.to_owned(), other.to_owned()];
        let rows = [row("uid", "valid"), row("Ünïque-1", ""), row("T", "true")];
        assert_eq!(
            aligned(&rows),
            "uid       valid\nÜnïque-1\nT         true\n"
        );
    }

    /// Beyond the protocol: what a person reads.
    #[test]
    fn one_evse_stands_after_its_location_and_none_is_not_shown() {
        for (object, shown) in [
            (serde_json::json!({}), "-"),
            (serde_json::json!({"location_id": "L"}), "L"),
            (
                serde_json::json!({"location_id": "L", "evse_uid": "#NA"}),
                "L",
            ),
            (
                serde_json::json!({"location_id": "L", "evse_uid": "E"}),
                "L/E",
            ),
        ] {
            assert_eq!(place_with_evse(&object), shown);
        }
    }

    /// Beyond the protocol: what a person reads.
    #[test]
    fn what_belongs_to_a_party_is_named_after_it() {
        let session = serde_json::json!({"country_code": "NL", "party_id": "ALF", "id": "S1"});
        assert_eq!(name_of(&session, "id"), "NL/ALF/S1");
        assert_eq!(name_of(&Value::Null, "id"), "-");
    }

    /// Beyond the protocol: what a person reads.
    #[test]
    fn a_place_is_a_location_and_its_evses() {
        for (location, shown) in [
            (serde_json::json!(null), "-"),
            (serde_json::json!({"location_id": "L"}), "L"),
            (
                serde_json::json!({"location_id": "L", "evse_uids": ["A", "B"]}),
                "L/A,B",
            ),
        ] {
            assert_eq!(place_of(&location), shown);
        }
    }
}
