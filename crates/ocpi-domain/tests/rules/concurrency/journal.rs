//! What changed, for those who keep it; and a change that is taken back.

use ocpi_domain::{Slot, SlotChange, SlotId};

use super::*;

/// Changes in words, in their order.
fn told(changes: &[SlotChange]) -> Vec<String> {
    let told = changes.iter().map(|change| {
        let (verb, slot) = match change {
            SlotChange::Taken(slot) => ("taken", slot),
            SlotChange::Freed(slot) => ("freed", slot),
            SlotChange::HeldOn { after, .. } => ("held on", after),
        };
        let by = match &slot.used_by {
            SlotUse::Pending(reference) => reference.to_string(),
            SlotUse::Session(session) => session.id.to_string(),
        };
        format!("{verb} {by}")
    });
    told.collect()
}

/// All that a table says of itself but the last number, whatever the order of its maps, and the
/// case of what is without case.
pub(super) fn fingerprint(table: &SlotTable) -> Vec<String> {
    let text = format!("{table:#?}").to_lowercase();
    let mut lines: Vec<String> = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("last_id"))
        .map(str::to_owned)
        .collect();
    lines.sort();
    lines
}

/// Holds: S-26, E-30.
#[test]
fn changes_are_given_once_and_in_their_order() {
    let mut desk = Desk::new();
    desk.ask("R1", "CARD", one(), "LOC1/E1");
    assert_eq!(told(desk.table.new_changes()), ["taken R1"]);
    assert_eq!(told(desk.table.new_changes()), [""; 0]);
    desk.ask("R2", "CARD", one(), "LOC1/E1");
    desk.hear(&begins("S1", "LOC1/E1"));
    assert_eq!(
        told(desk.table.new_changes()),
        ["held on R2", "freed R2", "taken S1"]
    );
    desk.table.commit();
    assert_eq!(told(desk.table.new_changes()), [""; 0]);
    desk.wait_ms(ACTIVE_MS);
    desk.ask("R3", "CARD", one(), "LOC1/E1");
    assert_eq!(told(desk.table.new_changes()), ["freed S1", "taken R3"]);
    desk.table.remove_session(&session_key("S1"));
    assert_eq!(told(desk.table.new_changes()), [""; 0]);
}

/// Holds: S-26, E-33.
#[test]
fn roll_back_restores_what_was_there_at_the_last_commit() {
    let mut desk = Desk::new();
    desk.ask("R1", "CARD of G", UNLIMITED, "LOC1/E1");
    desk.ask("R2", "CARD of G", UNLIMITED, "");
    desk.hear(&begins("S1", "LOC1/E2").of("OTHER of G"));
    desk.table.commit();
    let before = fingerprint(&desk.table);
    for given in [false, true] {
        desk.ask("R3", "CARD of G", UNLIMITED, "LOC1/E1");
        desk.hear(&begins("S2", "LOC1/E1").of("CARD of H"));
        desk.hear(&begins("S1", "LOC1/E2").saying(Says::Ended).later());
        desk.table.remove_session(&session_key("S2"));
        if given {
            assert!(!desk.table.new_changes().is_empty());
        }
        assert_ne!(fingerprint(&desk.table), before);
        desk.table.roll_back();
        assert_eq!(fingerprint(&desk.table), before);
        assert_eq!(told(desk.table.new_changes()), [""; 0]);
    }
    assert_eq!(desk.held("CARD of G"), ["R1", "R2"]);
    desk.table.roll_back();
    assert_eq!(
        fingerprint(&desk.table),
        before,
        "nothing is taken back twice"
    );
}

/// Holds: E-30.
#[test]
fn claim_that_is_taken_back_leaves_the_first_slot_of_its_reference_where_it_is_found() {
    let mut desk = Desk::new();
    desk.ask("R1", "CARD", UNLIMITED, "LOC1/E1");
    desk.table.commit();
    let before = fingerprint(&desk.table);
    desk.ask("r1", "OTHER", UNLIMITED, "LOC1/E2");
    desk.table.roll_back();
    assert_eq!(fingerprint(&desk.table), before);
    let taken = desk.hear(&begins("S1", "LOC9/E9").naming("R1"));
    assert_eq!(taken.as_deref(), Some("R1"));
    assert_eq!(desk.table.len(), 1);
}

/// Holds: E-30, S-26.
#[test]
fn slot_that_is_brought_back_counts_and_is_no_change() {
    let mut desk = Desk::new();
    let slot = |id, used_by, at| Slot {
        id: SlotId(id),
        used_by,
        holder: card("CARD"),
        place: at,
        until: desk.now.plus_ms(PENDING_MS),
    };
    let slots = [
        slot(
            41,
            SlotUse::Session(session_key("S1")),
            charging_at("LOC1/E2"),
        ),
        slot(7, SlotUse::Pending(reference("R1")), question("LOC1/E1")),
    ];
    for slot in slots {
        desk.table.restore(slot);
    }
    assert_eq!(told(desk.table.new_changes()), [""; 0]);
    assert_eq!(desk.table.next_id(), SlotId(42));
    assert_eq!(desk.held("CARD"), ["R1", "S1"]);
    desk.table.roll_back();
    assert_eq!(desk.held("CARD"), ["R1", "S1"]);
    desk.hear(&begins("S2", "LOC2/E1").naming("R1"));
    desk.hear(&begins("S1", "LOC1/E2").saying(Says::Ended).later());
    assert_eq!(desk.held("CARD"), ["S2"]);
    assert_eq!(
        told(desk.table.new_changes()),
        ["freed R1", "taken S2", "freed S1"]
    );
}

/// Beyond the protocol: a change that clears away a crowd would be long, so it takes a piece.
#[test]
fn what_is_over_is_cleared_away_in_pieces() {
    let mut desk = Desk::new();
    for number in 0..100 {
        let (name, who) = (format!("R{number}"), format!("CARD{number}"));
        desk.ask(&name, &who, one(), "LOC1/E1");
    }
    desk.table.commit();
    desk.wait_ms(PENDING_MS);
    let nothing = begins("S1", "LOC1/E1").saying(Says::Ended);
    let mut left = Vec::new();
    for _ in 0..3 {
        desk.hear(&nothing);
        left.push(desk.table.len());
    }
    assert_eq!(left, [36, 0, 0]);
}

/// Holds: S-26, E-33.
#[test]
fn what_came_after_a_mark_is_taken_back_and_what_was_before_stays() {
    let mut desk = Desk::new();
    desk.ask("R1", "CARD", one(), "LOC1/E1");
    assert_eq!(told(desk.table.new_changes()), ["taken R1"]);
    let (mark, before) = (desk.table.mark(), desk.held("CARD"));
    for given in [false, true] {
        desk.ask("R2", "CARD", one(), "LOC1/E1");
        desk.ask("R3", "OTHER", one(), "LOC1/E2");
        if given {
            assert_eq!(told(desk.table.new_changes()), ["held on R2", "taken R3"]);
        }
        desk.table.roll_back_to(mark);
        assert_eq!((desk.held("CARD"), desk.table.len()), (before.clone(), 1));
        assert_eq!(told(desk.table.new_changes()), [""; 0]);
    }
    // Every change is told once, also after others were taken back.
    desk.ask("R4", "OTHER", one(), "LOC1/E2");
    assert_eq!(told(desk.table.new_changes()), ["taken R4"]);
    desk.table.roll_back();
    assert!(desk.table.is_empty());
}
