//! Tokens as a version writes them. By hand, and apart from the server's own: two that made the
//! same mistake would understand each other.

use ocpi_domain::{OcpiVersion, Party, Token, TokenPatch};
use serde_json::{Map, Value};

/// What 2.1.1 does not have.
const NOT_IN_2_1_1: [&str; 5] = [
    "country_code",
    "party_id",
    "group_id",
    "default_profile_type",
    "energy_contract",
];

/// Writes a Token at the end of `out`.
pub(crate) fn write_token(out: &mut Vec<u8>, version: OcpiVersion, token: &Token) {
    let shown = version.shown_type(&token.token_type);
    if version != OcpiVersion::V2_1_1 && shown == token.token_type {
        // To a vector of bytes nothing fails but what a Token never holds.
        let _ = serde_json::to_writer(out, token);
        return;
    }
    let Ok(Value::Object(mut members)) = serde_json::to_value(token) else {
        return;
    };
    members.insert("type".to_owned(), Value::from(shown.as_str()));
    if version == OcpiVersion::V2_1_1 {
        for name in NOT_IN_2_1_1 {
            members.remove(name);
        }
        if let Some(contract) = members.remove("contract_id") {
            members.insert("auth_id".to_owned(), contract);
        }
        let cut = token.last_updated;
        let cut = cut.plus_ms(-cut.unix_ms().rem_euclid(1000));
        members.insert("last_updated".to_owned(), Value::from(cut.to_string()));
    }
    let _ = serde_json::to_writer(out, &members);
}

/// Reads a Token, as far as it was sent, of `owner` where the version does not say whose it is.
///
/// # Errors
///
/// What is wrong with it.
pub(crate) fn read_token(
    body: &[u8],
    version: OcpiVersion,
    owner: Party,
) -> Result<TokenPatch, String> {
    if version != OcpiVersion::V2_1_1 {
        return serde_json::from_slice(body).map_err(|error| error.to_string());
    }
    let mut members: Map<String, Value> =
        serde_json::from_slice(body).map_err(|error| error.to_string())?;
    for name in NOT_IN_2_1_1 {
        if members.remove(name).is_some() {
            return Err(format!("`{name}` is not of 2.1.1"));
        }
    }
    if members.contains_key("contract_id") {
        return Err("`contract_id` is not of 2.1.1".to_owned());
    }
    if let Some(contract) = members.remove("auth_id") {
        members.insert("contract_id".to_owned(), contract);
    }
    let (country, party) = (owner.country_code, owner.party_id);
    members.insert("country_code".to_owned(), Value::from(country.as_str()));
    members.insert("party_id".to_owned(), Value::from(party.as_str()));
    serde_json::from_value(Value::Object(members)).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_is_written_but_for_what_2_1_1_does_not_have() {
        let party = Party::new("DE", "EMS").unwrap();
        let token = crate::card(party, 1, 4).unwrap();
        assert!(token.group_id.is_some());
        for version in OcpiVersion::ALL {
            let mut written = Vec::new();
            write_token(&mut written, version, &token);
            let read = read_token(&written, version, party).unwrap();
            let read = Token::try_from(read).unwrap();
            if version == OcpiVersion::V2_1_1 {
                let text = String::from_utf8(written).unwrap();
                assert!(
                    text.contains("auth_id") && !text.contains("group_id"),
                    "{text}"
                );
                assert_eq!(read.contract_id, token.contract_id);
                assert_eq!(read.last_updated.to_string(), "2026-01-01T00:00:00Z");
            } else {
                assert_eq!(read, token);
            }
        }
    }
}
