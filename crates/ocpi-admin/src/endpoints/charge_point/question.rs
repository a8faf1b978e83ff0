//! The question as it is sent.

use ocpi_app::{ChargePointRequest, StartedBy, Wanted};
use ocpi_domain::json::Object;
use ocpi_domain::{
    AuthorizationReference, CiString, CountryCode, DateTime, EvseUid, LocationId, Party, PartyId,
    Purpose, TokenType, TokenUid,
};
use serde::Deserialize;

use crate::failure::Failure;

/// The question.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Question {
    cpo: Option<Object<Cpo>>,
    uid: TokenUid,
    #[serde(rename = "type")]
    token_type: Option<TokenType>,
    location_id: LocationId,
    evse_uid: Option<EvseUid>,
    #[serde(default = "start")]
    purpose: Purpose,
    commanded_at: Option<DateTime>,
    session: Option<Session>,
}

fn start() -> Purpose {
    Purpose::Start
}

/// The CPO whose charge point asks.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cpo {
    country_code: CountryCode,
    party_id: PartyId,
}

/// What the session to be stopped was started by.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Session {
    Reference(AuthorizationReference),
    Token(Object<SessionToken>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SessionToken {
    country_code: CountryCode,
    party_id: PartyId,
    uid: TokenUid,
    #[serde(rename = "type")]
    token_type: Option<TokenType>,
    group_id: Option<CiString<36>>,
}

impl From<Session> for StartedBy {
    fn from(session: Session) -> StartedBy {
        match session {
            Session::Reference(reference) => StartedBy::Answer(reference),
            Session::Token(Object(token)) => StartedBy::Token {
                party: Party {
                    country_code: token.country_code,
                    party_id: token.party_id,
                },
                uid: token.uid,
                token_type: token.token_type.unwrap_or(TokenType::Rfid),
                group_id: token.group_id,
            },
        }
    }
}

impl TryFrom<Question> for ChargePointRequest {
    type Error = Failure;

    fn try_from(question: Question) -> Result<ChargePointRequest, Failure> {
        let wanted = match (question.purpose, question.session, question.commanded_at) {
            (Purpose::Start, None, commanded_at) => Wanted::Start { commanded_at },
            (Purpose::Start, Some(_), _) => {
                return Err(contrary("`session`: only a stop is of a session"));
            }
            (Purpose::Stop, Some(session), None) => Wanted::Stop(session.into()),
            (Purpose::Stop, None, _) => {
                return Err(contrary(
                    "`session`: a stop needs it: the `reference` of the answer that it began \
                     with, or its `token`",
                ));
            }
            (Purpose::Stop, Some(_), Some(_)) => {
                return Err(contrary("`commanded_at`: only a start is commanded"));
            }
        };
        Ok(ChargePointRequest {
            cpo: question.cpo.map(|Object(cpo)| Party {
                country_code: cpo.country_code,
                party_id: cpo.party_id,
            }),
            uid: question.uid,
            token_type: question.token_type,
            location_id: question.location_id,
            evse_uid: question.evse_uid,
            wanted,
        })
    }
}

fn contrary(why: &str) -> Failure {
    Failure::Invalid(format!("the body: {why}"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(body: &Value) -> Result<ChargePointRequest, String> {
        let question: Question = crate::json::read(body.to_string().as_bytes())?;
        question
            .try_into()
            .map_err(|refused: Failure| refused.to_string())
    }

    /// Beyond the protocol: what is not said has a meaning that is the same for all.
    #[test]
    fn a_question_is_a_start_of_an_unknown_type_unless_it_says_more() {
        let little = read(&json!({"uid": "CARD", "location_id": "LOC"})).unwrap();
        assert_eq!(little.wanted, Wanted::Start { commanded_at: None });
        assert_eq!(
            (little.cpo, little.token_type, little.evse_uid),
            (None, None, None)
        );
        let token = json!({"country_code": "DE", "party_id": "TNM", "uid": "OTHER"});
        let stop = json!({
            "uid": "CARD",
            "location_id": "LOC",
            "purpose": "stop",
            "session": {"token": token},
        });
        let Wanted::Stop(StartedBy::Token {
            party,
            token_type,
            group_id,
            ..
        }) = read(&stop).unwrap().wanted
        else {
            panic!("a stop");
        };
        assert_eq!(party, Party::new("DE", "TNM").unwrap());
        assert_eq!((token_type, group_id), (TokenType::Rfid, None));
    }

    /// Beyond the protocol: what contradicts itself is not guessed at, and the way out is said.
    #[test]
    fn what_belongs_to_the_other_purpose_is_refused() {
        let of = |more: Value| {
            let mut body = json!({"uid": "CARD", "location_id": "LOC"});
            for (name, value) in more.as_object().unwrap() {
                body[name] = value.clone();
            }
            read(&body).unwrap_err()
        };
        let session = json!({"reference": "R-1"});
        for (more, said) in [
            (json!({"purpose": "stop"}), "`reference`"),
            (json!({"purpose": "go"}), "`purpose`: must be one of"),
            (json!({"session": session}), "only a stop"),
            (
                json!({
                    "purpose": "stop",
                    "session": session,
                    "commanded_at": "2026-01-01T00:00:00Z",
                }),
                "only a start",
            ),
            (json!({"uid": "x".repeat(37)}), "`uid`"),
            (json!({"evse": "E1"}), "unknown field `evse`"),
        ] {
            let refused = of(more.clone());
            assert!(refused.contains(said), "{more}: {refused}");
        }
    }
}
