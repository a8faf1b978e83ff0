//! The rules of an authorization one step at a time, for an operator who asks why.

use super::decide::{
    AuthorizationRequest, AuthorizationSubject, Decision, Facts, RULES, Rule, all_passed,
    with_facts,
};
use super::places as limits_of_places;
use crate::enums::closed_enum;
use crate::time::DateTime;

closed_enum!(
    /// What came of one rule.
    RuleOutcome {
        /// The rule left the question to the next.
        Passed = "passed",
        /// The rule gave the decision.
        Decided = "decided",
        /// A rule before it decided.
        NotReached = "not_reached",
    }
);

/// One rule, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleStep {
    /// The rule.
    pub rule: Rule,
    /// What came of it.
    pub outcome: RuleOutcome,
    /// The facts that it looked at, in English, as a lower-case fragment.
    pub detail: String,
}

impl RuleStep {
    fn not_reached(rule: Rule) -> RuleStep {
        RuleStep {
            rule,
            outcome: RuleOutcome::NotReached,
            detail: "the question was decided before".to_owned(),
        }
    }

    /// The steps of a question that ended before the first rule: there is no one Token to ask
    /// them about.
    pub fn none_reached() -> Vec<RuleStep> {
        let rules = RULES.iter().map(|rule| rule.name);
        rules
            .chain([Rule::AllPassed])
            .map(RuleStep::not_reached)
            .collect()
    }
}

/// A decision, and how it came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleTrail {
    /// The decision: that of [`decide`](super::decide).
    pub decision: Decision,
    /// Each rule in order, [`Rule::AllPassed`] at the end. Exactly one decided: the decision's own.
    pub steps: Vec<RuleStep>,
}

/// The decision of [`decide`](super::decide) on the same question, with what came of each rule.
///
/// Both walk the same rules. This one writes text, so it is for an operator, not for a driver who
/// waits.
///
/// # Example
///
/// ```
/// # let token: ocpi_domain::Token = serde_json::from_str(
/// #     r#"{"country_code":"DE","party_id":"TNM","uid":"012345678","type":"RFID",
/// #         "contract_id":"DE8ACC12E46L89","issuer":"TheNewMotion","valid":false,
/// #         "whitelist":"ALLOWED_OFFLINE","last_updated":"2015-06-29T22:39:09Z"}"#,
/// # )?;
/// use ocpi_domain::{AuthorizationRequest, AuthorizationSubject, Rule, RuleOutcome, explain};
///
/// let subject = AuthorizationSubject::of(token);
/// let request = AuthorizationRequest { cpo_parties: &[], location: None };
/// let trail = explain(&subject, &request, "2026-01-01T00:00:00Z".parse()?);
/// let decided = trail.steps.iter().find(|step| step.outcome == RuleOutcome::Decided);
/// assert_eq!(decided.map(|step| step.rule), Some(Rule::NotValid));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn explain(
    subject: &AuthorizationSubject,
    request: &AuthorizationRequest<'_>,
    now: DateTime,
) -> RuleTrail {
    with_facts(subject, request, now, trail)
}

fn trail(facts: &Facts<'_>) -> RuleTrail {
    let mut decided = None;
    let mut steps = Vec::with_capacity(RULES.len() + 1);
    for rule in &RULES {
        if decided.is_some() {
            steps.push(RuleStep::not_reached(rule.name));
            continue;
        }
        decided = (rule.decide)(facts);
        steps.push(RuleStep {
            rule: rule.name,
            outcome: match &decided {
                Some(decision) if decision.rule() == rule.name => RuleOutcome::Decided,
                // A rule that allows, if less than was asked for, refused nothing.
                _ => RuleOutcome::Passed,
            },
            detail: (rule.describe)(facts, decided.as_ref()),
        });
    }
    let decision = decided.unwrap_or_else(|| all_passed(facts));
    steps.push(if decision.rule() == Rule::AllPassed {
        RuleStep {
            rule: Rule::AllPassed,
            outcome: RuleOutcome::Decided,
            detail: "no rule refused".to_owned(),
        }
    } else {
        RuleStep::not_reached(Rule::AllPassed)
    });
    RuleTrail { decision, steps }
}

pub(super) fn blocked(facts: &Facts<'_>, _: Option<&Decision>) -> String {
    format!("blocked is {}", facts.account.blocked)
}

pub(super) fn expired(facts: &Facts<'_>, decided: Option<&Decision>) -> String {
    let Some(expires_at) = facts.account.expires_at else {
        return "no expires_at is set".to_owned();
    };
    let is_after = if decided.is_some() {
        "is not after"
    } else {
        "is after"
    };
    format!("expires_at {expires_at} {is_after} {}", facts.now)
}

pub(super) fn not_valid(facts: &Facts<'_>, _: Option<&Decision>) -> String {
    format!("valid is {}", facts.subject.token.token.valid)
}

pub(super) fn no_credit(facts: &Facts<'_>, decided: Option<&Decision>) -> String {
    let Some(credit) = &facts.account.credit else {
        return "no credit is set".to_owned();
    };
    let is_above = if decided.is_some() {
        "is not above zero"
    } else {
        "is above zero"
    };
    format!(
        "the balance of {} {} {is_above}",
        credit.balance, credit.currency
    )
}

pub(super) fn location_missing(facts: &Facts<'_>, decided: Option<&Decision>) -> String {
    match facts.request.location {
        Some(location) => format!("the question names {}", location.location_id),
        None if decided.is_some() => {
            "the account names Locations, and the question names none".to_owned()
        }
        None => "the account names no Location".to_owned(),
    }
}

pub(super) fn concurrent_sessions(facts: &Facts<'_>, _: Option<&Decision>) -> String {
    match facts.account.concurrent_sessions_max {
        Some(max) => format!(
            "{} of at most {max} slots are taken elsewhere",
            facts.subject.active_sessions
        ),
        None => "no concurrent_sessions_max is set".to_owned(),
    }
}

pub(super) fn places(facts: &Facts<'_>, decided: Option<&Decision>) -> String {
    limits_of_places::describe(facts.account, facts.request, decided)
}
