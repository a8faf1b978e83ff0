//! What is the same place.

use ocpi_domain::{KnownEvse, SlotOutcome};

use super::*;

/// Holds: E-29, T-69.
#[test]
fn question_is_at_the_same_place_when_it_names_the_same_one_evse_or_is_identical() {
    for (held, asked, is_same) in [
        ("LOC1/E1", "LOC1/E1", true),
        ("LOC1/E1", "loc1/e1", true),
        ("LOC1/E1", "LOC1/E2", false),
        ("LOC1/E1", "LOC2/E1", false),
        ("LOC1", "LOC1", true),
        ("LOC1", "loc1", true),
        ("LOC1", "LOC2", false),
        ("LOC1/E1", "LOC1", false),
        ("LOC1", "LOC1/E1", false),
        ("LOC1/E1,E2", "LOC1/E1,E2", true),
        ("LOC1/E1,E2", "LOC1/E2,E1", false),
        ("LOC1/E1,E2", "LOC1/E1", false),
        ("LOC1/E1", "LOC1/E1,E2", false),
        ("", "", true),
        ("", "LOC1", false),
        ("LOC1/E1", "", false),
    ] {
        let mut desk = Desk::new();
        desk.ask("R1", "CARD", one(), held);
        let outcome = desk.ask("R2", "CARD", one(), asked);
        let case = format!("{held:?} and {asked:?}");
        assert_eq!(outcome == SlotOutcome::Taken, is_same, "{case}");
        let expected = if is_same { "R2" } else { "R1" };
        assert_eq!(desk.held("CARD"), [expected], "{case}");
        assert_eq!(question(held).is_same(&question(asked)), is_same, "{case}");
        assert_eq!(question(asked).is_same(&question(held)), is_same, "{case}");
    }
}

/// Holds: E-29.
#[test]
fn session_is_at_the_place_of_a_question_for_its_one_evse_only() {
    for (at, asked, is_same) in [
        ("LOC1/E1", "LOC1/E1", true),
        ("LOC1/e1", "loc1/E1", true),
        ("LOC1/E1", "LOC1/E2", false),
        ("LOC1/E1", "LOC2/E1", false),
        ("LOC1/E1", "LOC1/E1,E2", false),
        ("LOC1/E1", "LOC1", false),
        ("LOC1/E1", "", false),
        // At no EVSE yet.
        ("LOC1", "LOC1", false),
        ("LOC1", "LOC1/E1", false),
        ("LOC1", "", false),
    ] {
        let mut desk = Desk::new();
        desk.hear(&begins("S1", at));
        let outcome = desk.ask("R1", "CARD", one(), asked);
        let case = format!("{at:?} and {asked:?}");
        assert_eq!(outcome == SlotOutcome::Taken, is_same, "{case}");
        assert_eq!(desk.held("CARD"), ["S1"], "{case}");
    }
}

/// Holds: E-29.
#[test]
fn place_of_another_platform_is_another_place() {
    for at in ["LOC1/E1", "LOC1", ""] {
        let mut desk = Desk::new();
        desk.ask("R1", "CARD", one(), at);
        let outcome = desk.ask_at("R2", "CARD", one(), question_of("other", at, None));
        assert_eq!(outcome, SlotOutcome::Full, "{at:?}");
    }
    let mut desk = Desk::new();
    desk.hear(&begins("S1", "LOC1/E1"));
    let elsewhere = question_of("other", "LOC1/E1", None);
    assert_eq!(
        desk.ask_at("R1", "CARD", one(), elsewhere),
        SlotOutcome::Full
    );
}

/// `E1`, on which `NL*ALF*E1` is printed, and `E2`.
fn known() -> LocationEvses {
    let evse = |uid: &str| KnownEvse {
        uid: uid.parse().unwrap(),
        evse_id: format!("NL*ALF*{uid}").parse().ok(),
        connector_ids: Vec::new(),
        is_removed: false,
    };
    LocationEvses(vec![evse("E1"), evse("E2")])
}

/// Holds: E-29, Q-14.
#[test]
fn evse_is_the_same_by_its_uid_and_by_its_evse_id_when_that_is_known() {
    let known = known();
    let by = |text, is_known: bool| question_of("cpo", text, is_known.then_some(&known));
    for (one, other, is_same) in [
        (by("LOC1/nl*alf*e1", true), by("LOC1/E1", true), true),
        (by("LOC1/NL*ALF*E1", true), by("LOC1/E1", false), true),
        (by("LOC1/NL*ALF*E1", true), by("LOC1/E2", true), false),
        (by("LOC1/NL*ALF*E1", false), by("LOC1/E1", true), false),
        // Asked before the Location was pushed, and after.
        (
            by("LOC1/NL*ALF*E1", false),
            by("LOC1/NL*ALF*E1", true),
            true,
        ),
        (by("LOC1/NL*ALF*E1,E2", true), by("LOC1/E1", true), false),
    ] {
        assert_eq!(one.is_same(&other), is_same, "{one:?} and {other:?}");
        assert_eq!(other.is_same(&one), is_same, "{other:?} and {one:?}");
        assert_eq!(one.is_same_evse(&other), is_same, "{one:?} and {other:?}");
    }
}

/// Holds: E-29, Q-14.
#[test]
fn session_is_at_the_evse_by_the_name_that_was_sent_and_by_the_one_that_was_meant() {
    let known = known();
    for at in ["LOC1/E1", "LOC1/NL*ALF*E1"] {
        let mut desk = Desk::new();
        let asked = question_of("cpo", "LOC1/NL*ALF*E1", Some(&known));
        desk.ask_at("R1", "CARD", one(), asked.clone());
        let taken = desk.hear(&begins("S1", at));
        assert_eq!(taken.as_deref(), Some("R1"), "{at}");
        assert_eq!(desk.held("CARD"), ["S1"], "{at}");
        let outcome = desk.ask_at("R2", "CARD", one(), asked);
        assert_eq!(outcome, SlotOutcome::Taken, "{at}");
    }
}

/// Beyond the protocol: a question may be as long as a body can be, and its place is kept.
#[test]
fn place_of_a_question_keeps_its_first_hundred_evses() {
    let evses = |count: usize| -> String {
        let evses: Vec<String> = (0..count).map(|number| format!("E{number}")).collect();
        format!("LOC1/{}", evses.join(","))
    };
    let known = known();
    for known in [None, Some(&known)] {
        let place = question_of("cpo", &evses(5_000), known);
        let kept = [place.meant().unwrap(), place.asked().unwrap()];
        assert_eq!(kept.map(|kept| kept.evse_uids.len()), [100, 100]);
    }
    assert!(!question(&evses(99)).is_same(&question(&evses(100))));
}
