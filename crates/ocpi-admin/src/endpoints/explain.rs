//! A dry run of an authorize request.

use http::Method;
use ocpi_app::{ExplainRequest, Explanation};
use ocpi_domain::json::Object;
use ocpi_domain::{
    AllowedType, AuthorizationStatus, CountryCode, DateTime, DisplayText, EvseUid, LocationId,
    LocationReferences, Party, PartyId, PlatformId, Rule, RuleOutcome, RuleStep, Token,
    TokenAccount, TokenType,
};
use serde::{Deserialize, Serialize};

use super::slots::ShownSlot;
use crate::answer::{self, Answer};
use crate::endpoint::{Access, BodyKind, Call, Endpoint, Refusal, Success};
use crate::failure::Failure;

pub(super) static ENDPOINTS: [Endpoint; 1] = [Endpoint {
    method: Method::POST,
    path: "/admin/v1/explain",
    id: "explain",
    summary: "What an authorize request would be answered, and what each rule says of it; leaves \
              no record",
    access: Access::AdminToken,
    query: &[],
    headers: &[],
    body: Some(BodyKind::Json("ExplainRequest")),
    successes: &[Success::json(
        200,
        "The answer, and the way to it.",
        "Explanation",
    )],
    refusals: &[Refusal::new(404, "There is no such platform.")],
    asks_store: true,
    handler: |call| Box::pin(explain(call)),
}];

/// The question.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    country_code: Option<CountryCode>,
    party_id: Option<PartyId>,
    uid: String,
    #[serde(rename = "type")]
    token_type: Option<TokenType>,
    location_id: Option<LocationId>,
    evse_uids: Option<Vec<EvseUid>>,
    cpo: Option<Object<Cpo>>,
    platform: Option<PlatformId>,
    at: Option<DateTime>,
}

/// The CPO of the place.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cpo {
    country_code: CountryCode,
    party_id: PartyId,
}

impl TryFrom<Question> for ExplainRequest {
    type Error = Failure;

    fn try_from(question: Question) -> Result<ExplainRequest, Failure> {
        let owner = match (question.country_code, question.party_id) {
            (Some(country_code), Some(party_id)) => Some(Party {
                country_code,
                party_id,
            }),
            (None, None) => None,
            _ => return Err(incomplete("`country_code` and `party_id`: need each other")),
        };
        let location = match (question.location_id, question.evse_uids) {
            (Some(location_id), evse_uids) => Some(LocationReferences {
                location_id,
                evse_uids: evse_uids.unwrap_or_default(),
            }),
            (None, None) => None,
            (None, Some(_)) => return Err(incomplete("`evse_uids`: needs a `location_id`")),
        };
        let cpo = question.cpo.map(|Object(cpo)| Party {
            country_code: cpo.country_code,
            party_id: cpo.party_id,
        });
        Ok(ExplainRequest {
            owner,
            uid: question.uid,
            token_type: question.token_type.unwrap_or(TokenType::Rfid),
            location,
            cpo,
            platform: question.platform,
            at: question.at,
        })
    }
}

fn incomplete(why: &str) -> Failure {
    Failure::Invalid(format!("the body: {why}"))
}

/// The explanation as the operator sees it.
#[derive(Serialize)]
pub(crate) struct Explained<'a> {
    allowed: Option<AllowedType>,
    status: Option<AuthorizationStatus>,
    rule: Rule,
    #[serde(skip_serializing_if = "Option::is_none")]
    info: Option<&'a DisplayText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<&'a LocationReferences>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a Token>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a TokenAccount>,
    trail: Vec<Step<'a>>,
    slots: Vec<ShownSlot<'a>>,
}

#[derive(Serialize)]
struct Step<'a> {
    rule: Rule,
    outcome: RuleOutcome,
    detail: &'a str,
}

impl<'a> From<&'a Explanation> for Explained<'a> {
    fn from(explanation: &'a Explanation) -> Explained<'a> {
        let step = |step: &'a RuleStep| Step {
            rule: step.rule,
            outcome: step.outcome,
            detail: &step.detail,
        };
        Explained {
            allowed: explanation.allowed,
            status: explanation.status,
            rule: explanation.rule,
            info: explanation.info.as_ref(),
            location: explanation.location.as_ref(),
            token: explanation.token.as_deref(),
            account: explanation.account.as_deref(),
            trail: explanation.trail.iter().map(step).collect(),
            slots: explanation.slots.iter().map(ShownSlot::from).collect(),
        }
    }
}

async fn explain(mut call: Call<'_>) -> Result<Answer, Failure> {
    let question: Question = call.read_body().await?;
    let explanation = call.server.app.explain(question.try_into()?).await?;
    Ok(answer::found(&Explained::from(&explanation)))
}

/// Whether this body is taken for a question.
#[cfg(test)]
pub(crate) fn reads(body: &serde_json::Value) -> bool {
    let question = crate::json::read::<Question>(body.to_string().as_bytes());
    question.is_ok_and(|question| ExplainRequest::try_from(question).is_ok())
}
