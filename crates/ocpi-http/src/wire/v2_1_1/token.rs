//! A Token as 2.1.1 reads and writes it.
//!
//! Spec: 2.1.1 `mod_tokens`, Token object.

use ocpi_domain::json::RawObject;
use ocpi_domain::{CiString, InvalidField, OcpiString, Party, Token, TokenPatch};

use super::{V2_1_1, set_owner};
use crate::failure::Failure;
use crate::json;
use crate::wire::object::ObjectWriter;
use crate::wire::{WireVersion, cut_to_second, token_type};

/// What 2.1.1 calls `contract_id`.
const AUTH_ID: &str = "auth_id";
const CONTRACT_ID: &str = "contract_id";

/// Fields of later versions, which mean nothing in 2.1.1.
const NOT_IN_2_1_1: [&str; 6] = [
    "country_code",
    "party_id",
    CONTRACT_ID,
    "group_id",
    "default_profile_type",
    "energy_contract",
];

/// Reads a Token of `owner`, as far as it was sent.
pub(super) fn read(body: &[u8], owner: Party) -> Result<TokenPatch, Failure> {
    let mut members: RawObject = json::read(body)?;
    for name in NOT_IN_2_1_1 {
        members.take(name);
    }
    members.read::<CiString<36>>(AUTH_ID)?;
    if let Some(auth_id) = members.take(AUTH_ID) {
        members.set(CONTRACT_ID, auth_id);
    }
    set_owner(&mut members, owner);
    let text = serde_json::to_vec(&members).map_err(|error| Failure::Invalid(error.to_string()))?;
    let token: TokenPatch = json::read(&text)?;
    if let Some(sent) = &token.token_type {
        token_type::require_listed(sent)?;
    }
    Ok(token)
}

/// Reads a Token of `owner` that is to be kept here, as far as it was sent: its texts are ASCII.
/// Those of an answer need not be, as ours are not.
pub(super) fn receive(body: &[u8], owner: Party) -> Result<TokenPatch, Failure> {
    let token = read(body, owner)?;
    for (field, text) in [
        ("issuer", &token.issuer),
        ("visual_number", &token.visual_number),
    ] {
        require_ascii(field, text.as_ref().map_or("", OcpiString::as_str))?;
    }
    Ok(token)
}

/// Refuses a text that 2.1.1 does not have: its strings are ASCII.
fn require_ascii(field: &'static str, text: &str) -> Result<(), InvalidField> {
    let place = text.chars().position(|character| !character.is_ascii());
    match place {
        None => Ok(()),
        Some(place) => {
            let position = place + 1;
            let reason =
                format!("must hold only ASCII in 2.1.1, has another at character {position}");
            Err(InvalidField::new(field, reason))
        }
    }
}

/// Writes a Token. Its owner, group, energy contract and profile are lost, and its type when 2.1.1
/// does not list it.
pub(super) fn write(out: &mut Vec<u8>, token: &Token) {
    // Without `..`, so that a field that the domain gains is not forgotten here.
    let Token {
        party: _,
        uid,
        token_type,
        contract_id,
        visual_number,
        issuer,
        group_id: _,
        valid,
        whitelist,
        language,
        default_profile_type: _,
        energy_contract: _,
        last_updated,
        unknown,
    } = token;
    let shown_type = V2_1_1::VERSION.shown_type(token_type);
    let mut object = ObjectWriter::begin(out);
    object.text("uid", uid.as_str());
    object.text("type", shown_type.as_str());
    object.text(AUTH_ID, contract_id.as_str());
    object.optional_text(
        "visual_number",
        visual_number.as_ref().map(OcpiString::as_str),
    );
    object.text("issuer", issuer.as_str());
    object.json("valid", if *valid { "true" } else { "false" });
    object.text("whitelist", whitelist.as_str());
    object.optional_text(
        "language",
        language.as_ref().map(ocpi_domain::LanguageCode::as_str),
    );
    object.moment("last_updated", cut_to_second(*last_updated));
    for (name, raw) in unknown.entries() {
        // A Token of a later version may have it as a field that nobody knows.
        if name != AUTH_ID {
            object.foreign(&name, raw.get());
        }
    }
    object.end();
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn owner() -> Party {
        Party::new("NL", "ALF").unwrap()
    }

    fn sent(more: &Value) -> Value {
        let mut object = json!({
            "uid": "U1", "type": "RFID", "auth_id": "NL-ALF-1", "issuer": "Alfa", "valid": true,
            "whitelist": "ALLOWED", "last_updated": "2018-12-10T17:16:15Z"
        });
        let members = object.as_object_mut().unwrap();
        members.extend(more.as_object().unwrap().clone());
        object
    }

    fn read_with(more: &Value) -> Result<TokenPatch, String> {
        let read = read(sent(more).to_string().as_bytes(), owner());
        read.map_err(|failure| failure.to_string())
    }

    fn receive_with(more: &Value) -> Result<TokenPatch, String> {
        let received = V2_1_1::receive_token(sent(more).to_string().as_bytes(), owner());
        received.map_err(|failure| failure.to_string())
    }

    fn written(token: &Token) -> Value {
        let mut out = Vec::new();
        write(&mut out, token);
        serde_json::from_slice(&out).unwrap()
    }

    /// Holds: M-01, T-62.
    #[test]
    fn fields_of_later_versions_mean_nothing_whatever_they_hold() {
        let later = json!({
            "country_code": 1, "party_id": "X", "contract_id": {}, "group_id": "G".repeat(99),
            "default_profile_type": "NONE", "energy_contract": [], "x": 1
        });
        let (plain, with_later) = (read_with(&json!({"x": 1})), read_with(&later));
        assert_eq!(with_later, plain);
        let token = Token::try_from(with_later.unwrap()).unwrap();
        assert_eq!(token.party, owner());
        assert_eq!(token.contract_id.as_str(), "NL-ALF-1");
        assert_eq!(written(&token), sent(&json!({"x": 1})));
    }

    /// Holds: K-24, T-64, M-01.
    #[test]
    fn what_was_not_sent_is_not_there_and_the_owner_always_is() {
        let fields = read(br#"{"valid": false, "auth_id": null}"#, owner()).unwrap();
        let expected = TokenPatch {
            valid: Some(false),
            country_code: Some(owner().country_code),
            party_id: Some(owner().party_id),
            ..TokenPatch::default()
        };
        assert_eq!(fields, expected);
    }

    /// Holds: T-71, M-17.
    #[test]
    fn texts_beyond_ascii_are_read_of_an_answer_and_refused_of_what_is_to_be_kept() {
        for (name, text) in [("issuer", "Électricité"), ("visual_number", "é")] {
            let more = json!({name: text});
            let token = Token::try_from(read_with(&more).unwrap()).unwrap();
            assert_eq!(written(&token)[name], text);
            let refused = receive_with(&more).unwrap_err();
            assert!(refused.starts_with(&format!("`{name}`: ")), "{refused}");
        }
        let ascii = json!({"issuer": "Alfa", "visual_number": "1-2"});
        assert_eq!(receive_with(&ascii), read_with(&ascii));
    }

    /// Holds: D-06, D-07, T-34, D-16.
    #[test]
    fn a_value_that_breaks_a_rule_is_refused_by_the_name_that_2_1_1_has_for_it() {
        for (more, named) in [
            (json!({"auth_id": "a".repeat(37)}), "auth_id"),
            (json!({"auth_id": 1}), "auth_id"),
            (json!({"uid": "u".repeat(37)}), "uid"),
            (json!({"type": "CARD"}), "type"),
            (json!({"issuer": "a\nb"}), "issuer"),
            (json!({"visual_number": "v".repeat(65)}), "visual_number"),
            (json!({"whitelist": "SOMETIMES"}), "whitelist"),
            (json!({"last_updated": "today"}), "last_updated"),
        ] {
            for refused in [read_with(&more), receive_with(&more)] {
                let refused = refused.unwrap_err();
                assert!(refused.starts_with(&format!("`{named}`: ")), "{refused}");
            }
        }
        for token_type in ["RFID", "OTHER", "APP_USER", "AD_HOC_USER", "EMAID"] {
            assert!(read_with(&json!({"type": token_type})).is_ok());
        }
    }

    /// Holds: M-02, M-04, M-17, M-19, T-66.
    #[test]
    fn a_token_of_a_later_version_is_written_with_one_name_for_its_contract() {
        let text = r#"{"country_code":"NL","party_id":"ALF","uid":"U1","type":"APP_USER",
            "contract_id":"NL-ALF-1","issuer":"É","group_id":"G","valid":true,"auth_id":"OTHER",
            "whitelist":"NEVER","last_updated":"2018-12-10T17:16:15.999Z","y":[1.10]}"#;
        let token: Token = serde_json::from_str(text).unwrap();
        let mut out = Vec::new();
        write(&mut out, &token);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            r#"{"uid":"U1","type":"OTHER","auth_id":"NL-ALF-1","issuer":"É","valid":true,"#
                .to_owned()
                + r#""whitelist":"NEVER","last_updated":"2018-12-10T17:16:15Z","y":[1.10]}"#,
        );
    }
}
