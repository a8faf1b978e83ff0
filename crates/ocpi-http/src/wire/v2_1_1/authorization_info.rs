//! The answer to an authorize request as 2.1.1 writes it.
//!
//! Spec: 2.1.1 `mod_tokens`, `AuthorizationInfo`.

use ocpi_app::AuthorizationAnswer;
use ocpi_domain::{AllowedType, AuthorizationInfo};

use crate::wire::object::ObjectWriter;
use crate::wire::v2_3_0::authorization_info::write_display_text;
use crate::wire::{Asked, location_references};

/// Writes the answer. The Token and the reference are lost.
pub(super) fn write(out: &mut Vec<u8>, answer: &AuthorizationAnswer, asked: &Asked) {
    let AuthorizationInfo {
        allowed,
        token: _,
        location,
        authorization_reference: _,
        info,
    } = &answer.info;
    let mut object = ObjectWriter::begin(out);
    object.text("allowed", allowed.as_str());
    if let Some(place) = location {
        // They mean something only where all is allowed that was asked for.
        let is_echoed = *allowed == AllowedType::Allowed
            && place.evse_uids.len() == asked.evses
            && !asked.connector_ids.is_empty();
        let connector_ids = is_echoed.then_some(&*asked.connector_ids);
        object.with("location", |out| {
            let evse_uids = &place.evse_uids;
            location_references::write(out, &place.location_id, evse_uids, connector_ids);
        });
    }
    if let Some(text) = info {
        object.with("info", |out| write_display_text(out, text));
    }
    object.end();
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ocpi_domain::{AuthorizationStatus, LocationReferences, Refusal};
    use serde_json::{Value, json};

    use super::*;
    use crate::wire::Dialect;

    fn answer(allowed: AllowedType, evses: Option<&[&str]>) -> AuthorizationAnswer {
        let token = json!({
            "country_code": "DE", "party_id": "TNM", "uid": "U1", "type": "RFID",
            "contract_id": "C1", "issuer": "TNM", "valid": true, "whitelist": "NEVER",
            "last_updated": "2015-06-29T22:39:09Z"
        });
        let location = evses.map(|evses| LocationReferences {
            location_id: "LOC1".parse().unwrap(),
            evse_uids: evses.iter().map(|evse| evse.parse().unwrap()).collect(),
        });
        AuthorizationAnswer {
            info: AuthorizationInfo {
                allowed,
                token: Arc::new(serde_json::from_value(token).unwrap()),
                location,
                authorization_reference: "REF-1".parse().ok(),
                info: Refusal::Expired.text(None),
            },
            status: AuthorizationStatus::Accepted,
            connector_ids: Some(vec!["9".parse().unwrap()]),
        }
    }

    fn written(answer: &AuthorizationAnswer, asked: &Asked) -> Value {
        let mut out = Vec::new();
        write(&mut out, answer, asked);
        serde_json::from_slice(&out).unwrap()
    }

    /// Holds: M-07, E-19, E-26, D-04, X-20.
    #[test]
    fn an_answer_has_neither_token_nor_reference_nor_a_word_of_the_dialect() {
        let asked = Asked {
            dialect: Dialect {
                status: true,
                connector_ids: true,
            },
            ..Asked::default()
        };
        let mut written = written(&answer(AllowedType::Expired, None), &asked);
        let info = written["info"].take();
        assert!(info["language"].is_string() && info["text"].is_string());
        assert_eq!(written, json!({"allowed": "EXPIRED", "info": null}));
    }

    /// Holds: E-22, E-25.
    #[test]
    fn connectors_are_echoed_only_when_every_evse_that_was_asked_for_is_allowed() {
        let allowed = |evses| answer(AllowedType::Allowed, Some(evses));
        for (answer, evses_asked, connectors, echoed) in [
            (
                allowed(&["E1", "E2"]),
                2,
                &["1", "2"][..],
                Some(json!(["1", "2"])),
            ),
            (allowed(&[]), 0, &["1"], Some(json!(["1"]))),
            (allowed(&["E1"]), 2, &["1", "2"], None),
            (allowed(&["E1"]), 0, &["1"], None),
            (allowed(&["E1"]), 1, &[], None),
            (
                answer(AllowedType::NotAllowed, Some(&["E1"])),
                1,
                &["1"],
                None,
            ),
        ] {
            let asked = Asked {
                evses: evses_asked,
                connector_ids: connectors.iter().map(|id| id.parse().unwrap()).collect(),
                ..Asked::default()
            };
            let location = written(&answer, &asked)["location"].take();
            assert!(location["evse_uids"].is_array());
            assert_eq!(location.get("connector_ids").cloned(), echoed, "{location}");
        }
    }
}
