//! What an answer of an eMSP comes to at our charge point.

use ocpi_domain::authorization::ocpp::CpoOutcome;
use ocpi_domain::{AllowedType, DecisionSource, LocationReferences};

use super::ask::Upstream;
use super::asked::Asked;
use super::reply::{Answer, Reply};
use super::verdict::Verdict;

/// What a reply comes to. It beats every copy.
pub(super) fn judge(asked: &Asked, upstream: &Upstream, source: DecisionSource) -> Verdict {
    let id = &upstream.platform;
    let verdict = match &*upstream.reply {
        Reply::Answered(answer) => judge_answer(asked, upstream, answer, source),
        Reply::Unknown => {
            let reason = format!("{id} does not know the card");
            Verdict::new(CpoOutcome::UnknownToken, source, reason)
        }
        Reply::Unusable(what) => {
            let reason = format!("{id} answered, but not so that it allows it: {what}");
            Verdict::new(CpoOutcome::NoAnswer, source, reason)
        }
        Reply::NoAnswer(why) => {
            Verdict::new(CpoOutcome::NoAnswer, DecisionSource::Offline, why.clone())
        }
    };
    Verdict {
        decided_by: Some(id.clone()),
        correlation_id: upstream.correlation_id.clone(),
        ..verdict
    }
}

fn judge_answer(
    asked: &Asked,
    upstream: &Upstream,
    answer: &Answer,
    source: DecisionSource,
) -> Verdict {
    let (id, said) = (&upstream.platform, &answer.said);
    let elsewhere = match (&said.allowed, &said.location) {
        (AllowedType::Allowed, Some(place)) => why_elsewhere(asked, place),
        _ => None,
    };
    let (outcome, reason) = match elsewhere {
        Some(why) => (
            CpoOutcome::Answered {
                allowed: AllowedType::NotAllowed,
                status: None,
            },
            format!("{id} allows it, but not here: {why}"),
        ),
        None => (
            CpoOutcome::Answered {
                allowed: said.allowed,
                status: said.status,
            },
            format!("{id} answered {}", said.allowed),
        ),
    };
    Verdict {
        info: said.info.clone(),
        reference: said.authorization_reference.clone(),
        token: answer.token.clone(),
        party: answer.by,
        ..Verdict::new(outcome, source, reason)
    }
}

/// Why an ALLOWED for that place is none for ours.
fn why_elsewhere(asked: &Asked, place: &LocationReferences) -> Option<String> {
    if place.location_id != asked.location.location_id {
        return Some(format!("at Location {}", place.location_id));
    }
    if place.evse_uids.is_empty() {
        return None;
    }
    match &asked.request.evse_uid {
        Some(ours) if place.evse_uids.contains(ours) => None,
        Some(ours) => Some(format!("EVSE {ours} is not among those that it names")),
        None => Some(
            "only at some EVSEs, and the charge point does not say its own: send evse_uid"
                .to_owned(),
        ),
    }
}
