//! A Token as 2.3.0 writes it.

use ocpi_domain::{EnergyContract, Token};

use crate::wire::object::ObjectWriter;

/// Writes the Token: the JSON of the domain, by the shorter way.
pub(super) fn write(out: &mut Vec<u8>, token: &Token) {
    write_as(out, token, token.token_type.as_str());
}

/// Writes the Token under the type that its version has for it.
pub(in crate::wire) fn write_as(out: &mut Vec<u8>, token: &Token, shown_type: &str) {
    // Without `..`, so that a field that the domain gains is not forgotten here.
    let Token {
        party,
        uid,
        token_type: _,
        contract_id,
        visual_number,
        issuer,
        group_id,
        valid,
        whitelist,
        language,
        default_profile_type,
        energy_contract,
        last_updated,
        unknown,
    } = token;
    let mut object = ObjectWriter::begin(out);
    object.text("country_code", party.country_code.as_str());
    object.text("party_id", party.party_id.as_str());
    object.text("uid", uid.as_str());
    object.text("type", shown_type);
    object.text("contract_id", contract_id.as_str());
    object.optional_text(
        "visual_number",
        visual_number.as_ref().map(ocpi_domain::OcpiString::as_str),
    );
    object.text("issuer", issuer.as_str());
    object.optional_text(
        "group_id",
        group_id.as_ref().map(ocpi_domain::CiString::as_str),
    );
    object.json("valid", if *valid { "true" } else { "false" });
    object.text("whitelist", whitelist.as_str());
    object.optional_text(
        "language",
        language.as_ref().map(ocpi_domain::LanguageCode::as_str),
    );
    let profile = default_profile_type.map(|profile| profile.as_str());
    object.optional_text("default_profile_type", profile);
    if let Some(contract) = energy_contract {
        object.with("energy_contract", |out| {
            write_energy_contract(out, contract);
        });
    }
    object.moment("last_updated", *last_updated);
    for (name, raw) in unknown.entries() {
        object.foreign(&name, raw.get());
    }
    object.end();
}

fn write_energy_contract(out: &mut Vec<u8>, contract: &EnergyContract) {
    let mut object = ObjectWriter::begin(out);
    object.text("supplier_name", contract.supplier_name.as_str());
    object.optional_text(
        "contract_id",
        contract
            .contract_id
            .as_ref()
            .map(ocpi_domain::OcpiString::as_str),
    );
    object.end();
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// Holds: D-01, D-02, T-63, T-64, T-66.
    #[test]
    fn a_token_is_written_as_the_domain_writes_it() {
        let minimal = r#"{"country_code":"de","party_id":"TNM","uid":"a\"b\\c","type":"RFID",
            "contract_id":"","issuer":"É\"\\/\u2028日本","valid":false,
            "whitelist":"NEVER","last_updated":"2015-06-29T22:39:09.25Z"}"#;
        let more = r#"{"visual_number":"DF000-2001-8999-1","group_id":"G\\1","valid":true,
            "language":"it","default_profile_type":"GREEN","type":"MADE \"UP\"",
            "energy_contract":{"supplier_name":"Greenpeace \"E\"","contract_id":"0123456789"},
            "last_updated":"2018-12-10T17:16:15Z","x \"y\"":{"a" : [1.10, null]},"é":"\u0007"}"#;
        let mut fields: Value = serde_json::from_str(minimal).unwrap();
        let minimal: Token = serde_json::from_value(fields.clone()).unwrap();
        let more: Value = serde_json::from_str(more).unwrap();
        fields
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let full: Token = serde_json::from_value(fields).unwrap();
        let mut without_contract_id = full.clone();
        without_contract_id
            .energy_contract
            .as_mut()
            .unwrap()
            .contract_id = None;
        for token in [minimal, full, without_contract_id] {
            let mut written = Vec::new();
            write(&mut written, &token);
            assert_eq!(
                String::from_utf8(written).unwrap(),
                serde_json::to_string(&token).unwrap(),
            );
        }
    }
}
