//! Tokens as CSV, so that an import reads back what an export wrote, whole.

use std::fmt;

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::output::Output;
use crate::cli::client::unreadable;
use crate::cli::columns::Column;
use crate::exit::Failure;

/// Writes the names of the columns.
pub(super) fn write_names(output: &mut Output) -> Result<(), Failure> {
    output.write_cells(Column::ALL.map(Column::name))
}

/// Writes a Token, given as a JSON object.
pub(super) fn write(output: &mut Output, token: &[u8]) -> Result<(), Failure> {
    output.write_cells(cells(token).map_err(|error| unreadable(&error))?)
}

/// The cells of a Token. What would not come back as it was goes to `extra`.
fn cells(token: &[u8]) -> Result<[String; Column::ALL.len()], serde_json::Error> {
    let members = serde_json::Deserializer::from_slice(token).deserialize_map(Members)?;
    let mut cells: [String; Column::ALL.len()] = Default::default();
    let mut extra = String::new();
    for (name, value) in members {
        let column = Column::of_name(&name).filter(|column| *column != Column::Extra);
        if let Some((column, cell)) = column.and_then(|it| Some((it, cell(it, value)?))) {
            cells[column as usize] = cell;
        } else {
            extra.push(if extra.is_empty() { '{' } else { ',' });
            extra += &serde_json::to_string(&name)?;
            extra.push(':');
            extra += value.get();
        }
    }
    if !extra.is_empty() {
        extra.push('}');
        cells[Column::Extra as usize] = extra;
    }
    Ok(cells)
}

/// The cell that says this value; `None` for one that a cell cannot say.
fn cell(column: Column, value: &RawValue) -> Option<String> {
    match column {
        Column::Valid | Column::EnergyContract => Some(value.get().to_owned()),
        // An empty cell is a field that is not there.
        _ => serde_json::from_str(value.get())
            .ok()
            .filter(|text: &String| !text.is_empty()),
    }
}

/// The members of an object, in their order and letter for letter.
struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(name) = map.next_key()? {
            members.push((name, map.next_value()?));
        }
        Ok(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The object that an import makes of the cells.
    fn imported(cells: &[String]) -> serde_json::Value {
        let mut object = b"{".to_vec();
        for (column, cell) in Column::ALL.into_iter().zip(cells) {
            column.write(cell.as_bytes(), &mut object).unwrap();
        }
        object.push(b'}');
        serde_json::from_slice(&object).unwrap()
    }

    /// Beyond the protocol: what is exported is imported again without loss.
    #[test]
    fn an_export_reads_back_as_it_was() {
        for token in [
            r#"{"uid":"T","valid":true,"issuer":"I, \"J\"","language":"de"}"#,
            r#"{"uid":"T","visual_number":"","group_id":"","valid":false}"#,
            r#"{"uid":"T","energy_contract":{"supplier_name":"S","contract_id":"C"}}"#,
            r#"{"uid":"T","x":1.50,"extra":"mine","y":{"z":[null,"\n"]}}"#,
        ] {
            let token = token.as_bytes();
            let expected: serde_json::Value = serde_json::from_slice(token).unwrap();
            assert_eq!(imported(&cells(token).unwrap()), expected);
        }
    }

    /// Beyond the protocol: each cell stands below the name of its column.
    #[test]
    fn a_cell_stands_in_its_column() {
        for (place, column) in Column::ALL.into_iter().enumerate() {
            assert_eq!(column as usize, place, "{column:?}");
        }
    }
}
