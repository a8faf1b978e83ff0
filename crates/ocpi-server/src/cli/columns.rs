//! The columns of a CSV file of Tokens, and how each is written as JSON.
//!
//! A column is a field of the Token object and has its name; an empty one is a field that is not
//! sent. What no column can hold stands in `extra`, as one JSON object of further fields.

use serde_json::value::RawValue;

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    CountryCode,
    PartyId,
    Uid,
    Type,
    ContractId,
    VisualNumber,
    Issuer,
    GroupId,
    Valid,
    Whitelist,
    Language,
    DefaultProfileType,
    EnergyContract,
    LastUpdated,
    Extra,
}

/// Why a text cannot stand in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidCell {
    #[error("must be UTF-8")]
    NotUtf8,
    #[error("must be true or false")]
    NotBool,
    #[error("must be a JSON object")]
    NotObject,
}

impl Column {
    /// Every column, in the order in which they are written.
    pub(crate) const ALL: [Column; 15] = [
        Column::CountryCode,
        Column::PartyId,
        Column::Uid,
        Column::Type,
        Column::ContractId,
        Column::VisualNumber,
        Column::Issuer,
        Column::GroupId,
        Column::Valid,
        Column::Whitelist,
        Column::Language,
        Column::DefaultProfileType,
        Column::EnergyContract,
        Column::LastUpdated,
        Column::Extra,
    ];

    /// Its name in the first line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Column::CountryCode => "country_code",
            Column::PartyId => "party_id",
            Column::Uid => "uid",
            Column::Type => "type",
            Column::ContractId => "contract_id",
            Column::VisualNumber => "visual_number",
            Column::Issuer => "issuer",
            Column::GroupId => "group_id",
            Column::Valid => "valid",
            Column::Whitelist => "whitelist",
            Column::Language => "language",
            Column::DefaultProfileType => "default_profile_type",
            Column::EnergyContract => "energy_contract",
            Column::LastUpdated => "last_updated",
            Column::Extra => "extra",
        }
    }

    /// The column of that name.
    pub(crate) fn of_name(name: &str) -> Option<Column> {
        Column::ALL.into_iter().find(|column| column.name() == name)
    }

    /// Adds the cell to `object`, an object that is still open, as `"name":value`.
    ///
    /// # Errors
    ///
    /// [`InvalidCell`] for what cannot stand in this column; `object` may hold a part of it then.
    pub(crate) fn write(self, cell: &[u8], object: &mut Vec<u8>) -> Result<(), InvalidCell> {
        if cell.is_empty() {
            return Ok(());
        }
        let text = std::str::from_utf8(cell).map_err(|_| InvalidCell::NotUtf8)?;
        let value = match self {
            Column::Extra => {
                let object_text = json_object(text)?;
                let inside = object_text
                    .strip_prefix('{')
                    .and_then(|it| it.strip_suffix('}'));
                let members = inside.unwrap_or_default().trim();
                if !members.is_empty() {
                    separate(object);
                    object.extend_from_slice(members.as_bytes());
                }
                return Ok(());
            }
            Column::EnergyContract => Some(json_object(text)?),
            Column::Valid => Some(boolean(text).ok_or(InvalidCell::NotBool)?),
            _ => None,
        };
        separate(object);
        object.push(b'"');
        object.extend_from_slice(self.name().as_bytes());
        object.extend_from_slice(b"\":");
        match value {
            Some(json) => object.extend_from_slice(json.as_bytes()),
            // Writing to memory does not fail.
            None => drop(serde_json::to_writer(object, text)),
        }
        Ok(())
    }
}

fn separate(object: &mut Vec<u8>) {
    if object.last().is_some_and(|last| *last != b'{') {
        object.push(b',');
    }
}

/// Spreadsheets write booleans in capitals.
fn boolean(text: &str) -> Option<&'static str> {
    ["true", "false"]
        .into_iter()
        .find(|value| text.eq_ignore_ascii_case(value))
}

/// A text that is one JSON object, without the blanks around it.
fn json_object(text: &str) -> Result<&str, InvalidCell> {
    let raw: &RawValue = serde_json::from_str(text).map_err(|_| InvalidCell::NotObject)?;
    let object = raw.get();
    if object.starts_with('{') {
        Ok(object)
    } else {
        Err(InvalidCell::NotObject)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(cells: &[(Column, &str)]) -> Result<String, InvalidCell> {
        let mut object = b"{".to_vec();
        for (column, cell) in cells {
            column.write(cell.as_bytes(), &mut object)?;
        }
        object.push(b'}');
        Ok(String::from_utf8(object).unwrap())
    }

    /// Beyond the protocol: what a CSV file can say.
    #[test]
    fn a_cell_becomes_a_field_and_an_empty_one_is_not_sent() {
        let cells = [
            (Column::Uid, "a\"b"),
            (Column::GroupId, ""),
            (Column::Valid, "TRUE"),
            (Column::Issuer, "Ünï, Inc"),
            (Column::EnergyContract, " {\"supplier_name\": \"S\"} "),
            (Column::Extra, ""),
        ];
        assert_eq!(
            written(&cells).unwrap(),
            "{\"uid\":\"a\\\"b\",\"valid\":true,\"issuer\":\"Ünï, Inc\",\
             \"energy_contract\":{\"supplier_name\": \"S\"}}"
        );
    }

    /// Beyond the protocol: fields that no column has.
    #[test]
    fn the_members_of_extra_become_members_of_the_object() {
        let extra = (Column::Extra, "{\"x\": 1, \"y\": {\"z\": []}}");
        assert_eq!(
            written(&[(Column::Uid, "T"), extra]).unwrap(),
            "{\"uid\":\"T\",\"x\": 1, \"y\": {\"z\": []}}"
        );
        assert_eq!(
            written(&[extra, (Column::Uid, "T")]).unwrap(),
            "{\"x\": 1, \"y\": {\"z\": []},\"uid\":\"T\"}"
        );
    }

    /// Beyond the protocol: an object that adds nothing leaves no comma behind.
    #[test]
    fn an_empty_extra_adds_nothing() {
        for extra in ["{}", " { } "] {
            let cells = [
                (Column::Uid, "T"),
                (Column::Extra, extra),
                (Column::Issuer, "I"),
            ];
            let object = written(&cells).unwrap();
            assert_eq!(object, "{\"uid\":\"T\",\"issuer\":\"I\"}");
        }
    }

    /// Beyond the protocol: a line that cannot be read is not guessed at.
    #[test]
    fn a_cell_that_cannot_be_is_refused() {
        for (column, cell, expected) in [
            (Column::Valid, "yes", InvalidCell::NotBool),
            (Column::Valid, "1", InvalidCell::NotBool),
            (Column::EnergyContract, "Green", InvalidCell::NotObject),
            (Column::EnergyContract, "[{}]", InvalidCell::NotObject),
            (Column::Extra, "{} {}", InvalidCell::NotObject),
            (Column::Extra, "{\"x\":1", InvalidCell::NotObject),
            (Column::Extra, "null", InvalidCell::NotObject),
        ] {
            assert_eq!(written(&[(column, cell)]), Err(expected), "{cell}");
        }
        let mut object = b"{".to_vec();
        let refused = Column::Uid.write(b"\xff", &mut object);
        assert_eq!(refused, Err(InvalidCell::NotUtf8));
    }
}
