//! Single cases of the rules, named, by hand.

use ocpi_domain::{
    AllowedType, AuthorizationInfo, AuthorizationStatus, Decision, EvseUid, Missing, Refusal, Rule,
};
use serde_json::{Value, json};

use crate::support::{Question, moment, party, place, token_with};

const ALLOW_ANYWHERE: Decision = Decision::Allow(None);

fn allow(location: &str, evse_uids: &[&str]) -> Decision {
    Decision::Allow(Some(place(location, evse_uids)))
}

/// An entry of `NL/ALF`, the CPO of every question.
fn entry(location: &str, evse_uids: &[&str]) -> Value {
    json!({
        "country_code": "NL", "party_id": "ALF", "location_id": location, "evse_uids": evse_uids
    })
}

fn whole(location: &str) -> Value {
    json!({"country_code": "NL", "party_id": "ALF", "location_id": location})
}

/// A question that both of two neighbouring rules would decide, and the one that the earlier
/// would not.
struct Neighbours {
    name: &'static str,
    both: Question,
    earlier: Decision,
    without_the_earlier: Question,
    later: Decision,
}

/// One row for each rule of E-17 and the next.
fn neighbours() -> Vec<Neighbours> {
    let refuse = Decision::Refuse;
    let past = "2026-06-15T11:59:59Z";
    let used_up = json!({"balance": "0", "currency": "EUR"});
    let places = json!([entry("LOC1", &["E1"])]);
    vec![
        Neighbours {
            name: "blocked before expired",
            both: Question::about(json!({"blocked": true, "expires_at": past})),
            earlier: refuse(Refusal::Blocked),
            without_the_earlier: Question::about(json!({"expires_at": past})),
            later: refuse(Refusal::Expired),
        },
        Neighbours {
            name: "expired before not valid",
            both: Question::about(json!({"expires_at": past})).invalid(),
            earlier: refuse(Refusal::Expired),
            without_the_earlier: Question::about(json!({})).invalid(),
            later: refuse(Refusal::NotValid),
        },
        Neighbours {
            name: "not valid before no credit",
            both: Question::about(json!({"credit": used_up})).invalid(),
            earlier: refuse(Refusal::NotValid),
            without_the_earlier: Question::about(json!({"credit": used_up})),
            later: refuse(Refusal::NoCredit),
        },
        Neighbours {
            name: "no credit before location missing",
            both: Question::about(json!({"credit": used_up, "permitted_locations": places})),
            earlier: refuse(Refusal::NoCredit),
            without_the_earlier: Question::about(json!({"permitted_locations": places})),
            later: Decision::NeedsLocation(Missing::Location),
        },
        Neighbours {
            name: "location missing before concurrent sessions",
            both: Question::about(
                json!({"permitted_locations": places, "concurrent_sessions_max": 1}),
            )
            .with_sessions(1),
            earlier: Decision::NeedsLocation(Missing::Location),
            without_the_earlier: Question::about(
                json!({"permitted_locations": places, "concurrent_sessions_max": 1}),
            )
            .with_sessions(1)
            .at("LOC1", &["E1"]),
            later: refuse(Refusal::ConcurrentSessions),
        },
        Neighbours {
            name: "concurrent sessions before places",
            both: Question::about(
                json!({"permitted_locations": places, "concurrent_sessions_max": 1}),
            )
            .with_sessions(1)
            .at("LOC2", &[]),
            earlier: refuse(Refusal::ConcurrentSessions),
            without_the_earlier: Question::about(
                json!({"permitted_locations": places, "concurrent_sessions_max": 1}),
            )
            .at("LOC2", &[]),
            later: refuse(Refusal::Places),
        },
        Neighbours {
            name: "places before allowed",
            both: Question::about(json!({"permitted_locations": places})).at("LOC2", &[]),
            earlier: refuse(Refusal::Places),
            without_the_earlier: Question::about(json!({"permitted_locations": places}))
                .at("LOC1", &["E1"]),
            later: allow("LOC1", &["E1"]),
        },
    ]
}

/// Holds: E-17.
#[test]
fn of_two_neighbouring_rules_the_earlier_wins() {
    for row in neighbours() {
        assert_eq!(row.both.answer(), row.earlier, "{}", row.name);
        assert_eq!(row.without_the_earlier.answer(), row.later, "{}", row.name);
    }
}

/// Holds: E-17.
#[test]
fn blocked_account_refuses_even_with_credit_and_without_the_location_that_it_needs() {
    let question = Question::about(json!({
        "blocked": true,
        "credit": {"balance": "100", "currency": "EUR"},
        "permitted_locations": [whole("LOC1")],
    }));
    assert_eq!(question.answer(), Decision::Refuse(Refusal::Blocked));
}

/// Holds: E-17.
#[test]
fn account_expires_at_the_moment_itself() {
    for (expires_at, answer) in [
        (
            "2026-06-15T11:59:59.999Z",
            Decision::Refuse(Refusal::Expired),
        ),
        ("2026-06-15T12:00:00Z", Decision::Refuse(Refusal::Expired)),
        ("2026-06-15T12:00:00.001Z", ALLOW_ANYWHERE),
    ] {
        let question = Question::about(json!({"expires_at": expires_at}));
        assert_eq!(question.answer(), answer, "{expires_at}");
    }
}

/// Holds: E-17, T-73.
#[test]
fn credit_is_used_up_at_zero_and_counts_the_smallest_part_of_money() {
    for (balance, answer) in [
        ("12.50", ALLOW_ANYWHERE),
        ("0.0001", ALLOW_ANYWHERE),
        ("0.00", Decision::Refuse(Refusal::NoCredit)),
        ("-0", Decision::Refuse(Refusal::NoCredit)),
        ("-0.0001", Decision::Refuse(Refusal::NoCredit)),
    ] {
        let question = Question::about(json!({"credit": {"balance": balance, "currency": "EUR"}}));
        assert_eq!(question.answer(), answer, "{balance}");
    }
}

/// Holds: E-17, E-29.
#[test]
fn as_many_sessions_as_the_account_permits_are_too_many_for_another() {
    for (max, active, answer) in [
        (json!(null), 1000, ALLOW_ANYWHERE),
        (json!(0), 0, Decision::Refuse(Refusal::ConcurrentSessions)),
        (json!(1), 0, ALLOW_ANYWHERE),
        (json!(2), 1, ALLOW_ANYWHERE),
        (json!(2), 2, Decision::Refuse(Refusal::ConcurrentSessions)),
        (json!(2), 3, Decision::Refuse(Refusal::ConcurrentSessions)),
    ] {
        for scope in ["token", "group"] {
            let question = Question::about(
                json!({"concurrent_sessions_max": max, "concurrency_scope": scope}),
            )
            .with_sessions(active);
            assert_eq!(
                question.answer(),
                answer,
                "{active} of {max}, scope {scope}"
            );
        }
    }
}

/// Holds: E-16, E-17.
#[test]
fn location_is_needed_only_when_an_entry_names_one() {
    let alf = json!({"country_code": "NL", "party_id": "ALF"});
    let other_cpo = json!({"country_code": "NL", "party_id": "BET", "location_id": "LOC1"});
    let needed = Decision::NeedsLocation(Missing::Location);
    for (name, account, answer) in [
        ("no list", json!({}), ALLOW_ANYWHERE),
        (
            "CPO permitted",
            json!({"permitted_locations": [alf]}),
            ALLOW_ANYWHERE,
        ),
        (
            "nothing permitted",
            json!({"permitted_locations": []}),
            Decision::Refuse(Refusal::Places),
        ),
        (
            "CPO denied",
            json!({"denied_locations": [alf]}),
            Decision::Refuse(Refusal::Places),
        ),
        (
            "location permitted",
            json!({"permitted_locations": [whole("LOC1")]}),
            needed.clone(),
        ),
        (
            "location denied",
            json!({"denied_locations": [whole("LOC1")]}),
            needed.clone(),
        ),
        (
            "EVSE denied",
            json!({"denied_locations": [entry("LOC1", &["E1"])]}),
            needed.clone(),
        ),
        (
            "location of another CPO denied",
            json!({"denied_locations": [other_cpo]}),
            needed,
        ),
    ] {
        assert_eq!(Question::about(account).answer(), answer, "{name}");
    }
}

/// Holds: E-17.
#[test]
fn denial_wins_over_permission() {
    for (name, permitted) in [
        ("CPO", json!({"country_code": "NL", "party_id": "ALF"})),
        ("location", whole("LOC1")),
        ("EVSE", entry("LOC1", &["E1"])),
    ] {
        for (by, denied) in [
            ("CPO", json!({"country_code": "NL", "party_id": "ALF"})),
            ("location", whole("LOC1")),
            ("EVSE", entry("LOC1", &["E1"])),
        ] {
            let account = json!({"permitted_locations": [permitted], "denied_locations": [denied]});
            assert_eq!(
                Question::about(account).at("LOC1", &["E1"]).answer(),
                Decision::Refuse(Refusal::Places),
                "{name} permitted, {by} denied"
            );
        }
    }
}

/// Holds: E-20.
#[test]
fn answer_echoes_the_location_and_the_allowed_part_of_its_evses() {
    let account = json!({"permitted_locations": [entry("loc1", &["e1", "e3"])]});
    let answer = Question::about(account)
        .at("Loc1", &["E3", "E2", "E1"])
        .answer();
    assert_eq!(answer, allow("Loc1", &["E3", "E1"]));
    let Decision::Allow(Some(answer)) = answer else {
        panic!("no place in {answer:?}");
    };
    assert_eq!(answer.location_id.as_str(), "Loc1", "as it was asked");
    let uids = answer.evse_uids.iter().map(EvseUid::as_str);
    assert_eq!(uids.collect::<Vec<_>>(), ["E3", "E1"], "as they were asked");
}

/// Holds: E-20, E-21.
#[test]
fn no_place_is_in_the_answer_when_none_was_asked_or_none_is_allowed() {
    assert_eq!(Question::about(json!({})).answer(), ALLOW_ANYWHERE);
    let account = json!({"permitted_locations": [entry("LOC1", &["E1"])]});
    let answer = Question::about(account).at("LOC1", &["E2", "E3"]).answer();
    assert_eq!(answer, Decision::Refuse(Refusal::Places));
    assert_eq!(answer.allowed(), Some(AllowedType::NotAllowed));
}

/// Holds: E-21.
#[test]
fn some_of_the_evses_allowed_is_allowed_with_those() {
    let account = json!({"denied_locations": [entry("LOC1", &["E2"])]});
    let answer = Question::about(account)
        .at("LOC1", &["E1", "E2", "E3"])
        .answer();
    assert_eq!(answer, allow("LOC1", &["E1", "E3"]));
}

/// Holds: E-22.
#[test]
fn whole_location_is_answered_with_an_empty_list_only_when_all_of_it_is_allowed() {
    let ask = |account: Value| Question::about(account).at("LOC1", &[]);
    let two_entries = json!([entry("LOC1", &["E1"]), entry("LOC1", &["e1", "E2"])]);
    let some_denied = json!({"permitted_locations": [whole("LOC1")], "denied_locations": [entry("LOC1", &["E1"])]});
    let refused = Decision::Refuse(Refusal::Places);
    for (name, question, answer) in [
        ("no limits", ask(json!({})), allow("LOC1", &[])),
        (
            "all of it permitted",
            ask(json!({"permitted_locations": [entry("LOC1", &["E1"]), whole("LOC1")]})),
            allow("LOC1", &[]),
        ),
        (
            "some EVSEs permitted, known or not, each once",
            ask(json!({"permitted_locations": two_entries})).knowing(&["E3"]),
            allow("LOC1", &["E1", "E2"]),
        ),
        (
            "some EVSEs permitted, one of them denied",
            ask(json!({
                "permitted_locations": two_entries, "denied_locations": [entry("LOC1", &["E1"])]
            })),
            allow("LOC1", &["E2"]),
        ),
        (
            "all permitted EVSEs denied",
            ask(json!({
                "permitted_locations": [entry("LOC1", &["E1"])],
                "denied_locations": [entry("LOC1", &["E1"])]
            })),
            refused.clone(),
        ),
        (
            "one EVSE denied, the others known",
            ask(some_denied.clone()).knowing(&["E1", "E2", "E3"]),
            allow("LOC1", &["E2", "E3"]),
        ),
        (
            "one EVSE denied, no other known",
            ask(some_denied.clone()).knowing(&["E1"]),
            refused,
        ),
        (
            "one EVSE denied, at an unknown location",
            ask(some_denied.clone()),
            Decision::NeedsLocation(Missing::Evses),
        ),
        (
            "one EVSE denied, at a location without known EVSEs",
            ask(some_denied).knowing(&[]),
            Decision::NeedsLocation(Missing::Evses),
        ),
        (
            "an EVSE of another location denied",
            ask(json!({"denied_locations": [entry("LOC2", &["E1"])]})),
            allow("LOC1", &[]),
        ),
    ] {
        assert_eq!(question.answer(), answer, "{name}");
    }
}

/// Holds: E-23, E-24.
#[test]
fn places_that_nobody_told_us_of_are_no_ground_to_refuse() {
    for (name, question) in [
        ("unknown location", Question::about(json!({}))),
        (
            "EVSE unknown or removed",
            Question::about(json!({})).knowing(&["E1"]),
        ),
        ("no EVSE left", Question::about(json!({})).knowing(&[])),
    ] {
        assert_eq!(
            question.at("LOC1", &["E9"]).answer(),
            allow("LOC1", &["E9"]),
            "{name}"
        );
    }
    let some_denied = json!({"denied_locations": [entry("LOC1", &["E1"])]});
    let question = Question::about(some_denied)
        .knowing(&["E1"])
        .at("LOC1", &["E1", "E9"]);
    assert_eq!(
        question.answer(),
        allow("LOC1", &["E9"]),
        "unknown, and no rule excludes it"
    );
}

/// Holds: E-17, X-22.
#[test]
fn each_refusal_says_which_rule_and_which_answer() {
    use AllowedType as A;
    use AuthorizationStatus as S;
    let rows = [
        (Refusal::Blocked, Rule::Blocked, A::Blocked, S::Blocked),
        (Refusal::Expired, Rule::Expired, A::Expired, S::Expired),
        (Refusal::NotValid, Rule::NotValid, A::Blocked, S::Invalid),
        (Refusal::NoCredit, Rule::NoCredit, A::NoCredit, S::Blocked),
        (
            Refusal::ConcurrentSessions,
            Rule::ConcurrentSessions,
            A::NotAllowed,
            S::ConcurrentTx,
        ),
        (Refusal::Places, Rule::Places, A::NotAllowed, S::Blocked),
    ];
    assert_eq!(
        rows.map(|(refusal, ..)| refusal),
        Refusal::ALL,
        "in the order of the rules"
    );
    for (refusal, rule, allowed, status) in rows {
        let decision = Decision::Refuse(refusal);
        assert_eq!(decision.rule(), rule);
        assert_eq!(decision.allowed(), Some(allowed), "{rule}");
        assert_eq!(decision.status(), Some(status), "{rule}");
    }
}

/// Holds: E-16, E-17.
#[test]
fn what_is_no_refusal_says_which_rule_and_which_answer() {
    for (decision, rule, allowed, status) in [
        (
            ALLOW_ANYWHERE,
            Rule::AllPassed,
            Some(AllowedType::Allowed),
            Some(AuthorizationStatus::Accepted),
        ),
        (
            Decision::NeedsLocation(Missing::Location),
            Rule::LocationMissing,
            None,
            None,
        ),
        (
            Decision::NeedsLocation(Missing::Evses),
            Rule::Places,
            None,
            None,
        ),
    ] {
        assert_eq!(decision.rule(), rule, "{decision:?}");
        assert_eq!(decision.allowed(), allowed, "{decision:?}");
        assert_eq!(decision.status(), status, "{decision:?}");
    }
}

/// Holds: E-19, E-22, T-64.
#[test]
fn answer_carries_the_whole_token_the_evse_list_and_no_null() {
    let token = token_with(json!({"visual_number": "DF000-2001-8999"}));
    let mut info = AuthorizationInfo {
        allowed: AllowedType::Allowed,
        token: token.clone().into(),
        location: Some(place("LOC1", &[])),
        authorization_reference: Some("3d8c1e9a".parse().unwrap()),
        info: None,
    };
    let token = serde_json::to_value(&token).unwrap();
    let expected = json!({
        "allowed": "ALLOWED",
        "token": token,
        "location": {"location_id": "LOC1", "evse_uids": []},
        "authorization_reference": "3d8c1e9a"
    });
    assert_eq!(serde_json::to_value(&info).unwrap(), expected);

    info.allowed = AllowedType::NotAllowed;
    info.location = None;
    info.authorization_reference = None;
    info.info = Refusal::Places.text("en".parse().ok());
    let text = serde_json::to_value(info.info.as_ref()).unwrap();
    assert_eq!(text["language"], "en");
    let expected = json!({"allowed": "NOT_ALLOWED", "token": token, "info": text});
    assert_eq!(serde_json::to_value(&info).unwrap(), expected);
}

/// Holds: T-69, E-17.
#[test]
fn place_is_the_same_in_any_case() {
    let account = json!({"permitted_locations": [
        {"country_code": "nl", "party_id": "alf", "location_id": "loc1", "evse_uids": ["e1"]}
    ]});
    assert_eq!(party("nl/alf"), party("NL/ALF"));
    assert_eq!(moment("2026-06-15T12:00:00z"), moment(crate::support::NOW));
    let answer = Question::about(account).at("LOC1", &["E1"]).answer();
    assert_eq!(answer, allow("LOC1", &["E1"]));
}
