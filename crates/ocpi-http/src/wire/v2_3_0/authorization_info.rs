//! The answer to an authorize request, with the tutorial's `status` where it is understood.

use ocpi_app::AuthorizationAnswer;
use ocpi_domain::{DisplayText, Token};

use crate::wire::object::ObjectWriter;
use crate::wire::{Dialect, location_references};

/// Writes the answer, its Token by `write_token`; in the dialect with what OCPI does not have.
pub(in crate::wire) fn write(
    out: &mut Vec<u8>,
    answer: &AuthorizationAnswer,
    dialect: Dialect,
    write_token: impl FnOnce(&mut Vec<u8>, &Token),
) {
    let AuthorizationAnswer {
        info,
        status,
        connector_ids,
    } = answer;
    let mut object = ObjectWriter::begin(out);
    object.text("allowed", info.allowed.as_str());
    if dialect.status {
        object.text("status", status.as_str());
    }
    object.with("token", |out| write_token(out, &info.token));
    if let Some(location) = &info.location {
        let connector_ids = connector_ids.as_ref().filter(|_| dialect.connector_ids);
        let connector_ids = connector_ids.map(Vec::as_slice);
        object.with("location", |out| {
            location_references::write_short(out, location, connector_ids);
        });
    }
    let reference = info.authorization_reference.as_ref();
    object.optional_text(
        "authorization_reference",
        reference.map(ocpi_domain::AuthorizationReference::as_str),
    );
    if let Some(text) = &info.info {
        object.with("info", |out| write_display_text(out, text));
    }
    object.end();
}

pub(in crate::wire) fn write_display_text(out: &mut Vec<u8>, text: &DisplayText) {
    let mut object = ObjectWriter::begin(out);
    object.text("language", text.language.as_str());
    object.text("text", text.text.as_str());
    object.end();
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ocpi_domain::{
        AllowedType, AuthorizationInfo, AuthorizationStatus, LocationReferences, Refusal,
    };

    use super::super::token;
    use super::*;

    fn token() -> Arc<Token> {
        let text = r#"{"country_code":"DE","party_id":"TNM","uid":"012345678","type":"RFID",
            "contract_id":"DE8ACC12E46L89","issuer":"TheNewMotion","valid":true,
            "whitelist":"ALLOWED_OFFLINE","last_updated":"2015-06-29T22:39:09Z"}"#;
        Arc::new(serde_json::from_str(text).unwrap())
    }

    fn written(answer: &AuthorizationAnswer, dialect: Dialect) -> String {
        let mut out = Vec::new();
        write(&mut out, answer, dialect, token::write);
        String::from_utf8(out).unwrap()
    }

    const PLAIN: Dialect = Dialect {
        status: false,
        connector_ids: false,
    };
    const LONG_PATH: Dialect = Dialect {
        status: true,
        connector_ids: false,
    };
    const TUTORIAL: Dialect = Dialect {
        status: true,
        connector_ids: true,
    };

    /// Holds: D-03, D-04, E-19, E-22, X-07, X-20.
    #[test]
    fn an_answer_is_written_as_the_domain_writes_it_and_in_the_dialect_with_more() {
        let place = |evses: &[&str]| LocationReferences {
            location_id: "LOC\"1".parse().unwrap(),
            evse_uids: evses.iter().map(|evse| evse.parse().unwrap()).collect(),
        };
        let allowed = AuthorizationInfo {
            allowed: AllowedType::Allowed,
            token: token(),
            location: None,
            authorization_reference: "REF-1".parse().ok(),
            info: None,
        };
        let refused = AuthorizationInfo {
            allowed: AllowedType::Expired,
            authorization_reference: None,
            info: Refusal::Expired.text(None),
            ..allowed.clone()
        };
        let somewhere = |evses: &[&str]| AuthorizationInfo {
            location: Some(place(evses)),
            ..allowed.clone()
        };
        for (info, connectors) in [
            (allowed.clone(), None),
            (refused, None),
            (somewhere(&[]), None),
            (somewhere(&["E\\1", "E2"]), None),
            (somewhere(&["E1"]), Some(["1", "C\"2"])),
        ] {
            let connector_ids = connectors.map(|ids| ids.map(|id| id.parse().unwrap()).to_vec());
            let answer = AuthorizationAnswer {
                info,
                status: AuthorizationStatus::Accepted,
                connector_ids,
            };
            let plain = serde_json::to_string(&answer.info).unwrap();
            assert_eq!(written(&answer, PLAIN), plain);
            let with_status = plain.replacen(",\"token\"", ",\"status\":\"ACCEPTED\",\"token\"", 1);
            assert_eq!(written(&answer, LONG_PATH), with_status);
            let with_all = match connectors {
                Some(_) => {
                    with_status.replacen(r#"["E1"]"#, r#"["E1"],"connector_ids":["1","C\"2"]"#, 1)
                }
                None => with_status,
            };
            assert_eq!(written(&answer, TUTORIAL), with_all);
        }
    }
}
