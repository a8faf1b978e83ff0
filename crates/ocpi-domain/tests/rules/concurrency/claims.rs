//! An ALLOWED takes a slot.

use ocpi_domain::{ConcurrencyScope, SlotOutcome, Token};
use serde_json::json;

use super::*;
use crate::support::token_with;

const TAKEN: SlotOutcome = SlotOutcome::Taken;
const FULL: SlotOutcome = SlotOutcome::Full;

/// Holds: E-29, E-30.
#[test]
fn as_many_claims_get_a_slot_as_the_limit_permits() {
    for scope in [ConcurrencyScope::Token, ConcurrencyScope::Group] {
        for max in 0..=5 {
            let mut desk = Desk::new();
            let taken = (0..10).filter(|evse| {
                let at = format!("LOC1/E{evse}");
                desk.ask(&format!("R{evse}"), "CARD of G", limit(max, scope), &at) == TAKEN
            });
            assert_eq!(taken.count(), usize::try_from(max).unwrap());
            assert_eq!(desk.count("CARD of G", scope, "LOC1/E99"), max);
        }
    }
}

/// Holds: E-29.
#[test]
fn sessions_that_nobody_asked_for_count_beyond_the_limit_too() {
    let mut desk = Desk::new();
    for (id, at) in [("S1", "LOC1/E1"), ("S2", "LOC1/E2"), ("S3", "LOC1/E3")] {
        desk.hear(&begins(id, at));
    }
    assert_eq!(desk.held("CARD"), ["S1", "S2", "S3"]);
    let two = limit(2, ConcurrencyScope::Token);
    assert_eq!(desk.ask("R1", "CARD", two, "LOC1/E4"), FULL);
    desk.hear(&begins("S1", "LOC1/E1").saying(Says::Ended).later());
    assert_eq!(desk.ask("R2", "CARD", two, "LOC1/E4"), FULL);
    desk.hear(&begins("S2", "LOC1/E2").saying(Says::Ended).later());
    assert_eq!(desk.ask("R3", "CARD", two, "LOC1/E4"), TAKEN);
}

/// Holds: E-29, E-30.
#[test]
fn claim_at_the_place_that_is_held_is_held_on_under_the_new_reference_and_counts_once() {
    let mut desk = Desk::new();
    for name in ["R1", "R2", "R3"] {
        assert_eq!(desk.ask(name, "CARD", one(), "LOC1/E1"), TAKEN);
        assert_eq!(desk.held("CARD"), [name]);
    }
    assert_eq!(desk.ask("R4", "CARD", one(), "LOC1/E2"), FULL);
    assert_eq!(desk.held("CARD"), ["R3"]);
}

/// Holds: E-30.
#[test]
fn asking_again_holds_the_slot_for_longer() {
    let mut desk = Desk::new();
    desk.ask("R1", "CARD", one(), "LOC1/E1");
    desk.wait_ms(PENDING_MS - 1);
    desk.ask("R2", "CARD", one(), "LOC1/E1");
    desk.wait_ms(PENDING_MS - 1);
    assert_eq!(desk.ask("R3", "CARD", one(), "LOC1/E2"), FULL);
    desk.wait_ms(1);
    assert_eq!(desk.ask("R4", "CARD", one(), "LOC1/E2"), TAKEN);
}

/// Holds: E-30.
#[test]
fn pending_slot_ends_with_its_time() {
    let mut desk = Desk::new();
    desk.ask("R1", "CARD", one(), "LOC1/E1");
    desk.wait_ms(PENDING_MS - 1);
    assert_eq!(desk.count("CARD", ConcurrencyScope::Token, "LOC1/E2"), 1);
    assert_eq!(desk.ask("R2", "CARD", one(), "LOC1/E2"), FULL);
    desk.wait_ms(1);
    assert_eq!(desk.count("CARD", ConcurrencyScope::Token, "LOC1/E2"), 0);
    assert_eq!(desk.ask("R3", "CARD", one(), "LOC1/E2"), TAKEN);
    assert_eq!(desk.table.len(), 1, "what is over is cleared away");
}

/// Holds: E-29.
#[test]
fn car_that_is_charging_may_ask_again_at_its_evse_and_holds_nothing_more() {
    let mut desk = Desk::new();
    desk.hear(&begins("S1", "LOC1/E1"));
    assert_eq!(desk.ask("R1", "CARD", one(), "LOC1/E1"), TAKEN);
    assert_eq!(desk.held("CARD"), ["S1"]);
    assert_eq!(desk.ask("R2", "CARD", one(), "LOC1/E2"), FULL);
    // It asked to stop: where it goes next is free at once.
    desk.hear(&begins("S1", "LOC1/E1").saying(Says::Ended).later());
    assert_eq!(desk.ask("R3", "CARD", one(), "LOC1/E2"), TAKEN);
}

/// Holds: E-29, W-29.
#[test]
fn card_of_the_group_may_ask_at_the_evse_where_another_of_it_is_charging() {
    let group_of = |max| limit(max, ConcurrencyScope::Group);
    let mut desk = Desk::new();
    desk.hear(&begins("S1", "LOC1/E1").of("OTHER of G"));
    assert_eq!(desk.ask("R1", "CARD of G", group_of(1), "LOC1/E1"), TAKEN);
    assert_eq!(desk.held_in("CARD of G", ConcurrencyScope::Group), ["S1"]);
    assert_eq!(desk.ask("R2", "CARD of G", group_of(1), "LOC1/E2"), FULL);
}

/// Holds: E-29.
#[test]
fn slots_of_another_token_count_in_the_scope_of_their_group_only() {
    for (who, counts) in [
        ("OTHER of G", true),
        ("OTHER of g", true),
        ("OTHER of H", false),
        ("OTHER", false),
    ] {
        for scope in [ConcurrencyScope::Token, ConcurrencyScope::Group] {
            let mut desk = Desk::new();
            desk.ask("R1", who, UNLIMITED, "LOC1/E1");
            let outcome = desk.ask("R2", "CARD of G", limit(1, scope), "LOC1/E2");
            let is_full = counts && scope == ConcurrencyScope::Group;
            assert_eq!(outcome == FULL, is_full, "{who} in {scope:?}");
        }
    }
}

/// Holds: E-29. A group is one of one party.
#[test]
fn group_of_another_party_is_another_group() {
    let mut desk = Desk::new();
    let mut stranger = card("CARD of G");
    stranger.token.party = party("DE/XYZ");
    let claim = SlotClaim {
        holder: stranger,
        limit: None,
        place: question("LOC1/E1"),
        until: desk.now.plus_ms(PENDING_MS),
    };
    desk.table.claim(&claim, &reference("R1"), desk.now);
    let group = limit(1, ConcurrencyScope::Group);
    assert_eq!(desk.ask("R2", "CARD of G", group, "LOC1/E2"), TAKEN);
}

/// Holds: E-29.
#[test]
fn token_without_a_group_is_a_group_of_its_own() {
    let mut desk = Desk::new();
    let group = limit(1, ConcurrencyScope::Group);
    assert_eq!(desk.ask("R1", "CARD", group, "LOC1/E1"), TAKEN);
    assert_eq!(desk.ask("R2", "OTHER", group, "LOC1/E2"), TAKEN);
    assert_eq!(desk.ask("R3", "CARD", group, "LOC1/E3"), FULL);
}

/// Holds: E-29.
#[test]
fn token_that_changed_its_group_still_counts_what_it_holds_itself() {
    let group = limit(1, ConcurrencyScope::Group);
    for before in ["CARD", "CARD of H"] {
        for after in ["CARD of G", "CARD"] {
            let mut desk = Desk::new();
            desk.hear(&begins("S1", "LOC1/E1").of(before));
            assert_eq!(desk.ask("R1", after, group, "LOC1/E2"), FULL, "{before}");
            assert_eq!(desk.ask("R2", after, group, "LOC1/E1"), TAKEN, "{before}");
            assert_eq!(desk.held_in(after, ConcurrencyScope::Group), ["S1"]);
        }
    }
}

/// Holds: E-29. Each Token of a group has its own maximum.
#[test]
fn token_without_a_limit_takes_slots_that_count_against_the_limit_of_another() {
    let mut desk = Desk::new();
    for (name, at) in [("R1", "LOC1/E1"), ("R2", "LOC1/E2"), ("R3", "LOC1/E3")] {
        assert_eq!(desk.ask(name, "FREE of G", UNLIMITED, at), TAKEN);
    }
    let group = |max| limit(max, ConcurrencyScope::Group);
    assert_eq!(desk.ask("R4", "CARD of G", group(3), "LOC1/E4"), FULL);
    assert_eq!(desk.ask("R5", "CARD of G", group(4), "LOC1/E4"), TAKEN);
    assert_eq!(desk.ask("R6", "FREE of G", UNLIMITED, "LOC1/E5"), TAKEN);
}

/// Beyond the protocol: what nobody limits must not fill the memory.
#[test]
fn token_without_a_limit_holds_the_newest_thousand_pending_slots() {
    let mut desk = Desk::new();
    desk.hear(&begins("S1", "LOC2/E1").of("FREE of G"));
    for number in 0..1_010 {
        let (name, at) = (format!("R{number}"), format!("LOC1/E{number}"));
        assert_eq!(desk.ask(&name, "FREE of G", UNLIMITED, &at), TAKEN);
    }
    let held = desk.held("FREE of G");
    assert_eq!(held.len(), 1_001);
    assert_eq!(
        (&*held[0], &*held[1], &*held[1_000]),
        ("S1", "R10", "R1009")
    );
    let many = limit(1_001, ConcurrencyScope::Group);
    assert_eq!(desk.ask("L1", "CARD of G", many, "LOC3/E1"), FULL);
}

/// Holds: E-29, T-72.
#[test]
fn holder_of_a_token_is_its_key_and_a_group_that_names_one() {
    let holder_of = |changes| SlotHolder::of(&token_with(changes));
    let token: Token = token_with(json!({}));
    assert_eq!(holder_of(json!({})).token, token.key());
    for nothing in [json!(null), json!(""), json!("#NA")] {
        let holder = holder_of(json!({ "group_id": nothing }));
        assert_eq!((holder.group_id.as_ref(), holder.group()), (None, None));
    }
    let (one, other) = (
        holder_of(json!({"group_id": "Fleet"})),
        holder_of(json!({"group_id": "FLEET", "uid": "OTHER"})),
    );
    assert_eq!(one.group(), other.group());
    let stranger = holder_of(json!({"group_id": "Fleet", "party_id": "XYZ"}));
    assert_ne!(one.group(), stranger.group());
}
