//! A session takes a slot, and gives it back.

use ocpi_domain::SlotOutcome;

use super::*;

/// A desk with pending slots of `CARD of G`, each at its place under its reference.
fn pending(slots: &[(&str, &str)]) -> Desk {
    let mut desk = Desk::new();
    for (name, at) in slots {
        desk.ask(name, "CARD of G", UNLIMITED, at);
    }
    desk
}

fn first_word(at: &'static str) -> Word {
    begins("S1", at).of("CARD of G")
}

/// Holds: E-30, S-11, S-20.
#[test]
fn session_takes_the_place_of_the_pending_slot_of_its_reference() {
    let slots = [("R1", "LOC1/E1"), ("R2", "LOC1/E2"), ("R3", "")];
    // Wherever it turns out to be.
    for at in ["LOC1/E2", "LOC1", "LOC9/E9"] {
        for (name, left) in [("R1", "R2"), ("r1", "R2")] {
            let mut desk = pending(&slots);
            desk.table.commit();
            let taken = desk.hear(&first_word(at).naming(name));
            assert_eq!(taken.as_deref(), Some("R1"), "{at}");
            let mut expected = vec![left, "R3", "S1"];
            if at == "LOC1/E2" {
                // One EVSE has one car.
                expected.remove(0);
            }
            assert_eq!(desk.held("CARD"), expected, "{at}");
        }
    }
}

/// Holds: E-30.
#[test]
fn session_that_names_no_reference_takes_the_pending_slot_at_its_evse() {
    let slots = [("R1", ""), ("R2", "LOC1"), ("R3", "LOC1/E1")];
    for name in [None, Some("UNKNOWN")] {
        let mut desk = pending(&slots);
        let reference = name;
        let word = Word {
            reference,
            ..first_word("LOC1/e1")
        };
        assert_eq!(desk.hear(&word).as_deref(), Some("R3"));
        assert_eq!(desk.held("CARD"), ["R1", "R2", "S1"]);
    }
}

/// Holds: E-30.
#[test]
fn session_without_either_takes_the_pending_slot_that_fits_best() {
    let (anywhere, location) = (("R1", ""), ("R2", "LOC1"));
    let (several, other) = (("R3", "LOC1/E1,E2"), ("R4", "LOC1/E9"));
    let elsewhere = ("R5", "LOC2");
    for (slots, at, taken) in [
        (vec![anywhere, location, several], "LOC1/E2", Some("R3")),
        (vec![anywhere, location, other], "LOC1/E2", Some("R2")),
        (vec![anywhere, other, elsewhere], "LOC1/E2", Some("R1")),
        (vec![other, elsewhere], "LOC1/E2", None),
        (vec![several, elsewhere], "LOC1/E3", None),
        // At no EVSE yet: whatever is held of the Location fits.
        (vec![anywhere, location, other], "LOC1", Some("R2")),
        (vec![anywhere, other, location], "LOC1", Some("R4")),
        (vec![elsewhere], "LOC1", None),
    ] {
        let mut desk = pending(&slots);
        assert_eq!(
            desk.hear(&first_word(at)).as_deref(),
            taken,
            "{slots:?} {at}"
        );
        let mut left: Vec<&str> = slots.iter().map(|(name, _)| *name).collect();
        left.retain(|name| Some(*name) != taken);
        left.push("S1");
        assert_eq!(desk.held("CARD"), left, "{slots:?} {at}");
    }
}

/// Holds: E-30.
#[test]
fn of_pending_slots_that_fit_equally_the_oldest_is_taken() {
    let mut desk = pending(&[("R1", "LOC1/E1,E2"), ("R2", "LOC1/E2,E1")]);
    assert_eq!(desk.hear(&first_word("LOC1/E1")).as_deref(), Some("R1"));
}

/// Holds: E-30.
#[test]
fn session_takes_no_pending_slot_of_another_token_platform_or_time() {
    let mut desk = Desk::new();
    desk.ask("R1", "OTHER of G", UNLIMITED, "LOC1");
    desk.ask("R2", "STRANGER", UNLIMITED, "LOC1/E1");
    for place in ["LOC1", "LOC1/E1", ""] {
        let place = question_of("other", place, None);
        desk.ask_at("R3", "CARD of G", limit(9, ConcurrencyScope::Token), place);
    }
    assert_eq!(desk.hear(&first_word("LOC1/E1")), None);
    let mut desk = pending(&[("R1", "LOC1/E1"), ("R2", "LOC1")]);
    desk.wait_ms(PENDING_MS);
    assert_eq!(desk.hear(&first_word("LOC1/E1").naming("R1")), None);
    assert_eq!(desk.held("CARD"), ["S1"]);
    assert_eq!(desk.table.len(), 1);
}

/// Holds: E-30. One EVSE has one car.
#[test]
fn session_ends_what_its_group_holds_at_its_evse_and_names_what_its_own_token_held() {
    let mut desk = Desk::new();
    desk.ask("R1", "OTHER of G", UNLIMITED, "LOC1/E1");
    desk.ask("R2", "CARD of G", UNLIMITED, "LOC1/E1");
    desk.ask("R3", "OTHER of G", UNLIMITED, "LOC1/E2");
    assert_eq!(desk.hear(&first_word("LOC1/E1")).as_deref(), Some("R2"));
    let held = desk.held_in("CARD of G", ConcurrencyScope::Group);
    assert_eq!(held, ["R3", "S1"]);
}

/// Holds: E-30.
#[test]
fn later_word_of_a_session_that_counts_ends_what_is_pending_for_it_and_nothing_else() {
    let slots = [
        ("R1", "LOC1/E1"),
        ("R2", "LOC1/E2"),
        ("R3", "LOC1"),
        ("R4", ""),
    ];
    let later = first_word("LOC1/E1").later();
    for (word, taken, left) in [
        (later.clone(), Some("R1"), vec!["R2", "R3", "R4", "S1"]),
        (
            Word {
                at: "LOC1/E5",
                ..later.clone()
            }
            .naming("R3"),
            Some("R3"),
            vec!["R1", "R2", "R4", "S1"],
        ),
        (
            Word {
                at: "LOC1/E5",
                ..later.clone()
            },
            None,
            vec!["R1", "R2", "R3", "R4", "S1"],
        ),
    ] {
        let mut desk = pending(&slots);
        assert_eq!(desk.hear(&word).as_deref(), taken, "{}", word.at);
        assert_eq!(desk.held("CARD"), left, "{}", word.at);
    }
}

/// Holds: E-30, S-20.
#[test]
fn end_that_is_news_of_an_old_session_does_not_end_what_is_pending_for_the_next() {
    // The car went, the card was shown again, and now the costs of the first session come.
    let mut desk = Desk::new();
    desk.hear(&begins("S1", "LOC1/E1"));
    let ended = begins("S1", "LOC1/E1").saying(Says::Ended).later();
    desk.hear(&ended);
    assert_eq!(desk.ask("R1", "CARD", one(), "LOC1/E1"), SlotOutcome::Taken);
    assert_eq!(desk.hear(&ended), None);
    assert_eq!(desk.held("CARD"), ["R1"]);
    assert_eq!(desk.ask("R2", "CARD", one(), "LOC1/E2"), SlotOutcome::Full);
    assert_eq!(desk.hear(&ended.naming("R1")).as_deref(), Some("R1"));
    assert_eq!(desk.held("CARD"), [""; 0]);
}

/// Holds: E-30, S-23.
#[test]
fn session_whose_first_word_is_its_end_frees_what_stood_for_it_at_its_evse() {
    let slots = [
        ("R1", "LOC1/E1"),
        ("R2", "LOC1/E2"),
        ("R3", "LOC1"),
        ("R4", ""),
    ];
    for (word, taken, left) in [
        (first_word("LOC1/E1"), Some("R1"), vec!["R2", "R3", "R4"]),
        (
            first_word("LOC9/E9").naming("R3"),
            Some("R3"),
            vec!["R1", "R2", "R4"],
        ),
        // It may be one of yesterday: that it would fit says too little.
        (first_word("LOC1/E5"), None, vec!["R1", "R2", "R3", "R4"]),
    ] {
        let mut desk = pending(&slots);
        let word = word.saying(Says::Ended);
        assert_eq!(desk.hear(&word).as_deref(), taken, "{}", word.at);
        assert_eq!(desk.held("CARD"), left, "{}", word.at);
    }
}

/// Holds: S-20.
#[test]
fn reservation_holds_nothing_and_leaves_the_pending_slot_until_it_begins() {
    let mut desk = pending(&[("R1", "LOC1/E1")]);
    let waits = first_word("LOC1/E1").naming("R1").saying(Says::Waiting);
    assert_eq!(desk.hear(&waits), None);
    assert_eq!(desk.held("CARD"), ["R1"]);
    let begins = first_word("LOC1/E1").naming("R1");
    assert_eq!(desk.hear(&begins).as_deref(), Some("R1"));
    assert_eq!(desk.held("CARD"), ["S1"]);
    desk.hear(&waits);
    assert_eq!(desk.held("CARD"), [""; 0]);
}

/// Holds: S-20, S-22.
#[test]
fn session_gives_its_slot_back_with_its_end_and_takes_one_again_when_it_goes_on() {
    let mut desk = Desk::new();
    desk.hear(&begins("S1", "LOC1/E1"));
    assert_eq!(desk.ask("R1", "CARD", one(), "LOC1/E2"), SlotOutcome::Full);
    desk.hear(&begins("S1", "LOC1/E1").saying(Says::Ended).later());
    assert!(desk.table.is_empty());
    desk.hear(&begins("S1", "LOC1/E1").later());
    assert_eq!(desk.ask("R2", "CARD", one(), "LOC1/E2"), SlotOutcome::Full);
}

/// Holds: S-20, S-21.
#[test]
fn session_counts_until_it_is_silent_too_long_and_again_when_it_is_heard_of() {
    let mut desk = Desk::new();
    desk.hear(&begins("S1", "LOC1/E1"));
    desk.wait_ms(ACTIVE_MS - 1);
    assert_eq!(desk.ask("R1", "CARD", one(), "LOC1/E2"), SlotOutcome::Full);
    desk.hear(&begins("S1", "LOC1/E1").later());
    desk.wait_ms(ACTIVE_MS - 1);
    assert_eq!(desk.ask("R2", "CARD", one(), "LOC1/E2"), SlotOutcome::Full);
    desk.wait_ms(1);
    assert_eq!(desk.ask("R3", "CARD", one(), "LOC1/E2"), SlotOutcome::Taken);
    desk.hear(&begins("S1", "LOC1/E1").later());
    assert_eq!(desk.held("CARD"), ["R3", "S1"]);
}

/// Holds: S-21, E-30.
#[test]
fn news_of_a_session_that_counts_no_more_takes_no_slot_and_ends_only_its_own() {
    let hear_old = |desk: &mut Desk, reference| {
        let slot = SessionSlot {
            session: session_key("S1"),
            holder: Some(card("CARD of G")),
            place: charging_at("LOC1/E1"),
            reference,
            phase: SessionPhase::Active { until: desk.now },
            begins: false,
        };
        desk.table.put_session(&slot, desk.now)
    };
    let mut desk = pending(&[("R1", "LOC1/E1"), ("R2", "LOC1")]);
    assert_eq!(hear_old(&mut desk, None), None);
    assert_eq!(desk.held("CARD"), ["R1", "R2"]);
    let name = reference("R1");
    assert_eq!(hear_old(&mut desk, Some(name.clone())), Some(name));
    assert_eq!(desk.held("CARD"), ["R2"]);
    assert_eq!(desk.table.len(), 1);
}

/// Holds: S-10, S-11.
#[test]
fn session_of_nobody_knows_who_takes_no_slot_until_it_is_known_whose_it_is() {
    let mut desk = pending(&[("R1", "LOC1/E1"), ("R2", "LOC1/E2")]);
    let unknown = first_word("LOC1/E1").of(None);
    assert_eq!(desk.hear(&unknown), None);
    assert_eq!(desk.held("CARD"), ["R1", "R2"]);
    // Who names one of our references is known by it: see the link of a session.
    assert_eq!(desk.hear(&unknown.naming("R2")), None);
    assert_eq!(desk.held("CARD"), ["R1", "R2"]);
    let known = first_word("LOC1/E1").later();
    assert_eq!(desk.hear(&known).as_deref(), Some("R1"));
    assert_eq!(desk.held("CARD"), ["R2", "S1"]);
}

/// Holds: S-11, S-26.
#[test]
fn session_that_turns_out_another_s_holds_one_slot_where_it_belongs() {
    let mut desk = Desk::new();
    let word = begins("S1", "LOC1/E1");
    for (who, at) in [
        ("CARD of G", "LOC1/E1"),
        ("CARD of H", "LOC1/E1"),
        ("OTHER of H", "LOC1/E1"),
        ("OTHER of H", "LOC1/E2"),
    ] {
        let later = Word { at, ..word.clone() }.of(who).later();
        desk.hear(&later);
        for token in ["CARD", "OTHER"] {
            let expected: &[&str] = if who.starts_with(token) { &["S1"] } else { &[] };
            assert_eq!(desk.held(token), expected, "{who} at {at}");
        }
        assert_eq!(desk.table.len(), 1);
        assert_eq!(desk.count(who, ConcurrencyScope::Token, at), 0);
        assert_eq!(desk.count(who, ConcurrencyScope::Group, "LOC2"), 1);
    }
    desk.hear(&word.clone().of(None).later());
    assert!(desk.table.is_empty());
}

/// Holds: S-26.
#[test]
fn session_that_is_forgotten_holds_nothing() {
    let mut desk = Desk::new();
    desk.hear(&begins("S1", "LOC1/E1"));
    desk.hear(&begins("S2", "LOC1/E2"));
    desk.table.remove_session(&session_key("s1"));
    assert_eq!(desk.held("CARD"), ["S2"]);
    desk.table.remove_session(&session_key("S1"));
    assert_eq!(desk.table.len(), 1);
}
