//! OCPI 2.2.1: 2.3.0 but for the types of Tokens, the cost of a session, and hubs.

mod session;

use ocpi_app::{AuthorizationAnswer, LocationObject};
use ocpi_domain::json::RawObject;
use ocpi_domain::{
    Credentials, LocationReferences, OcpiVersion, Party, Role, Session, Token, TokenPatch,
    TokenType,
};
use serde::de::IgnoredAny;

use super::v2_3_0::{authorization_info, location, token};
use super::{Asked, Dialect, SentPlace, WireVersion};
use super::{credentials, ids, location_references, token_type};
use crate::failure::Failure;
use crate::json;

/// OCPI 2.2.1.
pub(crate) struct V2_2_1;

impl WireVersion for V2_2_1 {
    const VERSION: OcpiVersion = OcpiVersion::V2_2_1;
    const ID_MAX: usize = ids::MAX;

    fn read_token(body: &[u8], _: Party) -> Result<TokenPatch, Failure> {
        let token: TokenPatch = json::read(body)?;
        if let Some(sent) = &token.token_type {
            token_type::require_listed(sent)?;
        }
        Ok(token)
    }

    fn read_token_type(text: &str) -> Result<TokenType, Failure> {
        token_type::read_listed(text)
    }

    fn write_token(out: &mut Vec<u8>, token: &Token) {
        write_token(out, token);
    }

    fn read_location_references(body: &[u8]) -> Result<Option<SentPlace>, Failure> {
        location_references::read::<IgnoredAny>(body, Self::ID_MAX)
    }

    fn write_location_references(out: &mut Vec<u8>, place: &LocationReferences) {
        location_references::write_short(out, place, None);
    }

    fn write_authorization_info(out: &mut Vec<u8>, answer: &AuthorizationAnswer, _: &Asked) {
        // The tutorial's dialect is one of 2.3.0.
        authorization_info::write(out, answer, Dialect::default(), write_token);
    }

    fn read_session(body: &[u8], _: Party) -> Result<RawObject, Failure> {
        session::read(body)
    }

    fn write_session(out: &mut Vec<u8>, session: &Session) {
        session::write(out, session);
    }

    fn read_location(body: &[u8], _: Option<Party>) -> Result<RawObject, Failure> {
        location::read(body)
    }

    fn write_location(out: &mut Vec<u8>, object: &LocationObject) {
        location::write(out, object);
    }

    fn read_credentials(body: &[u8], _: &Role) -> Result<Credentials, Failure> {
        credentials::read(body, false)
    }

    fn write_credentials(out: &mut Vec<u8>, credentials: &Credentials) {
        credentials::write(out, credentials);
    }
}

/// Writes a Token; one of a type that 2.2.1 does not list is of the type `OTHER`.
fn write_token(out: &mut Vec<u8>, token: &Token) {
    let shown_type = V2_2_1::VERSION.shown_type(&token.token_type);
    token::write_as(out, token, shown_type.as_str());
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ocpi_domain::{AllowedType, AuthorizationInfo, AuthorizationStatus};
    use serde_json::{Value, json};

    use super::*;

    fn token(token_type: &str) -> Value {
        json!({
            "country_code": "DE", "party_id": "TNM", "uid": "U1", "type": token_type,
            "contract_id": "C1", "issuer": "TNM", "valid": true, "whitelist": "NEVER",
            "last_updated": "2015-06-29T22:39:09.5Z"
        })
    }

    /// Holds: D-06, D-07, K-06.
    #[test]
    fn a_token_of_a_type_that_no_version_lists_is_refused() {
        let owner = Party::new("DE", "TNM").unwrap();
        for (token_type, is_read) in [("EMAID", true), ("APP_USER", true), ("CARD", false)] {
            let read = V2_2_1::read_token(token(token_type).to_string().as_bytes(), owner);
            assert_eq!(read.is_ok(), is_read, "{token_type}");
        }
        assert!(V2_2_1::read_token(br#"{"valid": true}"#, owner).is_ok());
    }

    /// Holds: E-05, E-19, M-04, M-06, X-20.
    #[test]
    fn an_answer_has_the_whole_token_in_words_of_2_2_1_and_none_of_the_dialect() {
        let info = AuthorizationInfo {
            allowed: AllowedType::Allowed,
            token: Arc::new(serde_json::from_value(token("EMAID")).unwrap()),
            location: None,
            authorization_reference: "REF-1".parse().ok(),
            info: None,
        };
        let answer = AuthorizationAnswer {
            info,
            status: AuthorizationStatus::Accepted,
            connector_ids: Some(Vec::new()),
        };
        let asked = Asked {
            dialect: Dialect {
                status: true,
                connector_ids: true,
            },
            ..Asked::default()
        };
        let mut out = Vec::new();
        V2_2_1::write_authorization_info(&mut out, &answer, &asked);
        let mut expected = token("OTHER");
        expected["last_updated"] = json!("2015-06-29T22:39:09.500Z");
        assert_eq!(
            serde_json::from_slice::<Value>(&out).unwrap(),
            json!({"allowed": "ALLOWED", "token": expected, "authorization_reference": "REF-1"}),
        );
    }
}
