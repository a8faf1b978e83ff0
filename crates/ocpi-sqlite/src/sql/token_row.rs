//! A Token as a row.

use std::sync::Arc;

use ocpi_domain::{Party, Revision, StoredToken, Token, TokenMarks, TokenPatch};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::SqlError;
use super::columns::Columns;

/// The columns of a Token in a SELECT from `tokens AS t`, as [`read`] wants them.
macro_rules! token_columns {
    () => {
        "t.position, t.revision, t.country_code, t.party_id, t.uid, t.type, t.contract_id, \
         t.visual_number, t.issuer, t.group_id, t.valid, t.whitelist, t.language, \
         t.last_updated_ms, t.synthetic_contract_id, t.inferred_last_updated, t.absent, t.rest"
    };
}
pub(super) use token_columns;

/// How many they are.
pub(super) const TOKEN_COLUMNS: usize = 18;

/// The Token of a row, and its position.
pub(super) fn read(columns: &mut Columns<'_>) -> Result<(i64, StoredToken), SqlError> {
    let position = columns.integer()?;
    let revision = Revision(columns.unsigned()?);
    let mut token = Token {
        party: Party {
            country_code: columns.parse()?,
            party_id: columns.parse()?,
        },
        uid: columns.parse()?,
        token_type: columns.parse()?,
        contract_id: columns.parse()?,
        visual_number: columns.parse_optional()?,
        issuer: columns.parse()?,
        group_id: columns.parse_optional()?,
        valid: columns.flag()?,
        whitelist: columns.parse()?,
        language: columns.parse_optional()?,
        default_profile_type: None,
        energy_contract: None,
        last_updated: columns.moment()?,
        unknown: ocpi_domain::UnknownFields::default(),
    };
    let marks = TokenMarks {
        synthetic_contract_id: columns.flag()?,
        inferred_last_updated: columns.flag()?,
        absent: columns.flag()?,
    };
    if let Some(rest) = columns.optional_json::<TokenPatch>()? {
        token.default_profile_type = rest.default_profile_type;
        token.energy_contract = rest.energy_contract.map(Box::new);
        token.unknown = rest.unknown;
    }
    let stored = StoredToken {
        token: Arc::new(token),
        marks,
        revision,
    };
    Ok((position, stored))
}

/// The JSON of what has no column of its own; `None` when there is nothing.
pub(super) fn rest_of(token: &Token) -> Result<Option<String>, SqlError> {
    let is_bare = token.default_profile_type.is_none()
        && token.energy_contract.is_none()
        && token.unknown.is_empty();
    if is_bare {
        return Ok(None);
    }
    let text = serde_json::to_string(&Rest(token));
    text.map(Some)
        .map_err(|error| SqlError::Corrupt(error.to_string()))
}

/// Some fields of a Token, as a Token's JSON has them.
struct Rest<'a>(&'a Token);

impl Serialize for Rest<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(profile) = &self.0.default_profile_type {
            map.serialize_entry("default_profile_type", profile)?;
        }
        if let Some(contract) = &self.0.energy_contract {
            map.serialize_entry("energy_contract", contract)?;
        }
        for (name, raw) in self.0.unknown.entries() {
            map.serialize_entry(&name, &raw)?;
        }
        map.end()
    }
}
