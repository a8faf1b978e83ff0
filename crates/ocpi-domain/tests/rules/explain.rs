//! What an operator reads who asks why.

use ocpi_domain::{
    AuthorizationRequest, AuthorizationSubject, Decision, Rule, RuleOutcome, RuleStep, RuleTrail,
    explain,
};
use serde_json::{Value, json};

use crate::support::{NOW, Question, moment, party, place, token_with};

fn explained(question: &Question) -> RuleTrail {
    let request = AuthorizationRequest {
        cpo_parties: &[party("NL/ALF")],
        location: question.asked.as_ref(),
    };
    explain(&question.subject, &request, moment(NOW))
}

fn details(trail: &RuleTrail) -> Vec<&str> {
    trail.steps.iter().map(|it| it.detail.as_str()).collect()
}

/// Beyond the protocol: the trail says the facts of each rule that was asked.
#[test]
fn each_rule_says_what_it_looked_at() {
    let question = Question::about(json!({
        "expires_at": "2026-06-15T12:00:00.001Z",
        "credit": {"balance": "0.01", "currency": "EUR"},
        "permitted_locations": [
            {"country_code": "NL", "party_id": "ALF", "location_id": "LOC1", "evse_uids": ["E1"]}
        ],
        "concurrent_sessions_max": 2
    }))
    .at("LOC1", &[])
    .with_sessions(1);
    let trail = explained(&question);
    assert_eq!(
        trail.decision,
        Decision::Allow(Some(place("LOC1", &["E1"])))
    );
    assert_eq!(
        details(&trail),
        [
            "blocked is false",
            "expires_at 2026-06-15T12:00:00.001Z is after 2026-06-15T12:00:00Z",
            "valid is true",
            "the balance of 0.01 EUR is above zero",
            "the question names LOC1",
            "1 of at most 2 slots are taken elsewhere",
            "some EVSEs only of LOC1 of NL/ALF are permitted",
            "no rule refused",
        ]
    );
}

/// Beyond the protocol: what limits nothing is said too.
#[test]
fn a_token_without_account_is_explained_by_what_is_not_set() {
    let subject = AuthorizationSubject::of(token_with(json!({})));
    let asked = None;
    let trail = explained(&Question { subject, asked });
    assert_eq!(
        details(&trail),
        [
            "blocked is false",
            "no expires_at is set",
            "valid is true",
            "no credit is set",
            "the account names no Location",
            "no concurrent_sessions_max is set",
            "no place is permitted or denied by name",
            "no rule refused",
        ]
    );
}

/// Some EVSE of `LOC1` of `NL/ALF`, as an account names it.
fn evse(uid: &str) -> Value {
    json!([{"country_code": "NL", "party_id": "ALF", "location_id": "LOC1", "evse_uids": [uid]}])
}

/// A question, the rule that decides it, and what that rule says.
fn decided() -> Vec<(Question, Rule, &'static str)> {
    let about = Question::about;
    let alf = json!([{"country_code": "NL", "party_id": "ALF"}]);
    let bet = json!([{"country_code": "NL", "party_id": "BET"}]);
    let credit = json!({"credit": {"balance": "-0.50", "currency": "CHF"}});
    vec![
        (
            about(json!({"blocked": true})).invalid(),
            Rule::Blocked,
            "blocked is true",
        ),
        (
            about(json!({"expires_at": NOW})).invalid(),
            Rule::Expired,
            "expires_at 2026-06-15T12:00:00Z is not after 2026-06-15T12:00:00Z",
        ),
        (
            about(credit.clone()).invalid(),
            Rule::NotValid,
            "valid is false",
        ),
        (
            about(credit),
            Rule::NoCredit,
            "the balance of -0.50 CHF is not above zero",
        ),
        (
            about(json!({"denied_locations": evse("E1")})),
            Rule::LocationMissing,
            "the account names Locations, and the question names none",
        ),
        (
            about(json!({"concurrent_sessions_max": 0, "denied_locations": alf.clone()})),
            Rule::ConcurrentSessions,
            "0 of at most 0 slots are taken elsewhere",
        ),
        (
            about(json!({"denied_locations": alf})),
            Rule::Places,
            "NL/ALF is denied",
        ),
        (
            about(json!({"permitted_locations": bet})).at("LOC1", &[]),
            Rule::Places,
            "LOC1 of NL/ALF is not among the permitted_locations",
        ),
        (
            about(json!({"permitted_locations": evse("E1")})).at("LOC1", &["E2"]),
            Rule::Places,
            "of the EVSEs of LOC1 of NL/ALF that the question is about, none is permitted",
        ),
        (
            about(json!({"denied_locations": evse("E1")})).at("LOC1", &[]),
            Rule::Places,
            "some EVSEs of LOC1 of NL/ALF are denied, and the others are not known",
        ),
    ]
}

/// Beyond the protocol: the rule that decided says why, and those after it that they were not
/// asked.
#[test]
fn the_rule_that_decided_says_why() {
    for (question, rule, detail) in decided() {
        let trail = explained(&question);
        let decided = RuleStep {
            rule,
            outcome: RuleOutcome::Decided,
            detail: detail.to_owned(),
        };
        let at = trail.steps.iter().position(|step| step == &decided);
        let at = at.unwrap_or_else(|| panic!("no {decided:?} in {trail:#?}"));
        for step in &trail.steps[at + 1..] {
            assert_eq!(step.detail, "the question was decided before", "{trail:#?}");
        }
        assert_eq!(trail.decision, question.answer());
    }
}

/// Beyond the protocol: without a Token no rule is asked.
#[test]
fn a_question_about_no_token_reaches_no_rule() {
    let steps = RuleStep::none_reached();
    assert_eq!(steps.len(), 8);
    let question = Question::about(json!({}));
    for (step, asked) in steps.iter().zip(explained(&question).steps) {
        assert_eq!(
            (step.rule, step.outcome),
            (asked.rule, RuleOutcome::NotReached)
        );
    }
}
