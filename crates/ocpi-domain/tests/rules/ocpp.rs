//! The answer in the words of a charge point.

use ocpi_domain::authorization::ocpp::{
    CpoOutcome, Ocpp16Request, Ocpp16Status, Ocpp201Status, OcppIdTokenType,
};
use ocpi_domain::{AllowedType, AuthorizationStatus, TokenType};
use serde_json::json;

use crate::support::token_with;

const fn answered(allowed: AllowedType, status: Option<AuthorizationStatus>) -> CpoOutcome {
    CpoOutcome::Answered { allowed, status }
}

/// The id of the row; the outcome; OCPP 1.6 `Authorize` and `StartTransaction`; OCPP 2.0.1.
type Row = (
    &'static str,
    CpoOutcome,
    &'static str,
    &'static str,
    &'static str,
);

fn table() -> [Row; 9] {
    use AllowedType as A;
    use AuthorizationStatus as S;
    let accepted = answered(A::Allowed, Some(S::Accepted));
    let blocked = answered(A::Blocked, Some(S::Blocked));
    let expired = answered(A::Expired, Some(S::Expired));
    let invalid = answered(A::Blocked, Some(S::Invalid));
    let concurrent = answered(A::NotAllowed, Some(S::ConcurrentTx));
    let no_credit = answered(A::NoCredit, Some(S::Blocked));
    let not_here = answered(A::NotAllowed, Some(S::Blocked));
    let (unknown, no_answer) = (CpoOutcome::UnknownToken, CpoOutcome::NoAnswer);
    [
        ("X-30", accepted, "Accepted", "Accepted", "Accepted"),
        ("X-31", blocked, "Blocked", "Blocked", "Blocked"),
        ("X-32", expired, "Expired", "Expired", "Expired"),
        ("X-33", invalid, "Invalid", "Invalid", "Invalid"),
        ("X-34", unknown, "Invalid", "Invalid", "Unknown"),
        (
            "X-35",
            concurrent,
            "Invalid",
            "ConcurrentTx",
            "ConcurrentTx",
        ),
        ("X-36", no_credit, "Blocked", "Blocked", "NoCredit"),
        ("X-37", not_here, "Blocked", "Blocked", "NotAtThisLocation"),
        ("X-38", no_answer, "Invalid", "Invalid", "Unknown"),
    ]
}

/// Holds.
#[test]
fn every_row_of_the_table_reads_so_at_the_charge_point() {
    for (id, outcome, authorize, start, ocpp_2) in table() {
        let ocpp_1 = |request| outcome.ocpp_1_6(request).as_str();
        assert_eq!(
            ocpp_1(Ocpp16Request::Authorize),
            authorize,
            "{id}, Authorize"
        );
        assert_eq!(
            ocpp_1(Ocpp16Request::StartTransaction),
            start,
            "{id}, StartTransaction"
        );
        assert_eq!(outcome.ocpp_2_0_1().as_str(), ocpp_2, "{id}, 2.0.1");
    }
}

/// Holds.
#[test]
fn an_answer_without_status_is_read_by_its_allowed_value() {
    for (allowed, ocpp_1, ocpp_2) in [
        (AllowedType::Allowed, "Accepted", "Accepted"),
        (AllowedType::Blocked, "Blocked", "Blocked"),
        (AllowedType::Expired, "Expired", "Expired"),
        (AllowedType::NoCredit, "Blocked", "NoCredit"),
        (AllowedType::NotAllowed, "Blocked", "NotAtThisLocation"),
    ] {
        let outcome = answered(allowed, None);
        for request in [Ocpp16Request::Authorize, Ocpp16Request::StartTransaction] {
            assert_eq!(
                outcome.ocpp_1_6(request).as_str(),
                ocpp_1,
                "{allowed}, {request:?}"
            );
        }
        assert_eq!(outcome.ocpp_2_0_1().as_str(), ocpp_2, "{allowed}");
    }
}

/// Holds: X-39.
#[test]
fn no_status_turns_a_refusal_into_acceptance_or_the_reverse() {
    let statuses = AuthorizationStatus::ALL
        .iter()
        .copied()
        .map(Some)
        .chain([None]);
    for status in statuses {
        for &allowed in AllowedType::ALL {
            let outcome = answered(allowed, status);
            let accepted = allowed == AllowedType::Allowed;
            for request in [Ocpp16Request::Authorize, Ocpp16Request::StartTransaction] {
                let answer = outcome.ocpp_1_6(request);
                assert_eq!(answer == Ocpp16Status::Accepted, accepted, "{outcome:?}");
            }
            assert_eq!(
                outcome.ocpp_2_0_1() == Ocpp201Status::Accepted,
                accepted,
                "{outcome:?}"
            );
        }
    }
}

/// Holds: X-39.
#[test]
fn authorize_of_ocpp_1_6_never_hears_of_concurrent_transactions() {
    for &allowed in AllowedType::ALL {
        for &status in AuthorizationStatus::ALL {
            let answer = answered(allowed, Some(status)).ocpp_1_6(Ocpp16Request::Authorize);
            assert_ne!(answer, Ocpp16Status::ConcurrentTx, "{allowed}, {status}");
        }
    }
}

/// Holds: X-39, W-01, W-02, W-06, W-10.
#[test]
fn local_decision_about_a_known_token_is_accepted_or_blocked() {
    for (outcome, ocpp_1, ocpp_2) in [
        (
            CpoOutcome::AcceptedLocally,
            Ocpp16Status::Accepted,
            Ocpp201Status::Accepted,
        ),
        (
            CpoOutcome::RefusedLocally,
            Ocpp16Status::Blocked,
            Ocpp201Status::Blocked,
        ),
    ] {
        for request in [Ocpp16Request::Authorize, Ocpp16Request::StartTransaction] {
            assert_eq!(outcome.ocpp_1_6(request), ocpp_1, "{outcome:?}");
        }
        assert_eq!(outcome.ocpp_2_0_1(), ocpp_2, "{outcome:?}");
    }
}

/// Holds: X-40, T-72.
#[test]
fn group_is_the_parent_tag_when_it_fits_and_names_something() {
    let (twenty, more) = ("G2345678901234567890", "G23456789012345678901");
    for (group, parent_id_tag, group_id_token) in [
        (json!(null), None, None),
        (json!(""), None, None),
        (json!("#NA"), None, None),
        (json!("DF000-2001"), Some("DF000-2001"), Some("DF000-2001")),
        (json!(twenty), Some(twenty), Some(twenty)),
        (json!(more), None, Some(more)),
    ] {
        let token = token_with(json!({"group_id": group}));
        assert_eq!(token.ocpp_parent_id_tag(), parent_id_tag, "{group}");
        assert_eq!(token.ocpp_group_id_token(), group_id_token, "{group}");
    }
}

/// Holds: X-40.
#[test]
fn token_type_is_the_id_token_type_where_there_is_one() {
    for (token_type, id_token_type) in [
        ("RFID", Some("ISO14443")),
        ("EMAID", Some("eMAID")),
        ("APP_USER", Some("Central")),
        ("AD_HOC_USER", Some("Local")),
        ("OTHER", None),
        ("X_TOMORROW", None),
    ] {
        let token_type: TokenType = token_type.parse().unwrap();
        let found = token_type.ocpp_id_token_type();
        assert_eq!(
            found.as_ref().map(OcppIdTokenType::as_str),
            id_token_type,
            "{token_type}"
        );
    }
}
