//! The question of a charge point of ours: may this card charge, or stop this session?

mod answered;
mod question;

use http::Method;

use self::answered::Answered;
use self::question::Question;
use crate::answer::{self, Answer};
use crate::endpoint::{Access, BodyKind, Call, Endpoint, Refusal, Success};
use crate::failure::Failure;

pub(super) static ENDPOINTS: [Endpoint; 1] = [Endpoint {
    method: Method::POST,
    path: "/admin/v1/charge-point/authorize",
    id: "authorizeAtChargePoint",
    summary: "Answers a charge point of a CPO hosted here, within the budget that is set: by the \
              eMSP, by the copy of the Token, or by what stands for no answer; leaves a record",
    access: Access::AdminToken,
    query: &[],
    headers: &[],
    body: Some(BodyKind::Json("ChargePointQuestion")),
    successes: &[Success::json(
        200,
        "The answer; a refusal is one, too, and says why.",
        "ChargePointAnswer",
    )],
    refusals: &[Refusal::new(
        404,
        "The CPO is not hosted here, or `reference` names no start that was allowed here.",
    )],
    asks_store: true,
    handler: |call| Box::pin(authorize(call)),
}];

async fn authorize(mut call: Call<'_>) -> Result<Answer, Failure> {
    let question: Question = call.read_body().await?;
    let app = &call.server.app;
    let given = app.authorize_at_charge_point(question.try_into()?).await?;
    Ok(answer::found(&Answered::from(&given)))
}

/// Whether this body is taken for a question.
#[cfg(test)]
pub(crate) fn reads(body: &serde_json::Value) -> bool {
    let question = crate::json::read::<Question>(body.to_string().as_bytes());
    question.is_ok_and(|question| ocpi_app::ChargePointRequest::try_from(question).is_ok())
}

/// The answer as it is shown.
#[cfg(test)]
pub(crate) fn shown(given: &ocpi_app::ChargePointAnswer) -> serde_json::Value {
    serde_json::json!(Answered::from(given))
}
