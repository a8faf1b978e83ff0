//! How what is waited for stands, look by look.

use serde_json::json;

use super::*;

fn push(state: &str, pending: u64, taken: u64) -> Value {
    json!({
        "state": state, "pending": pending, "taken": taken, "failures": 0, "failure": null,
        "next_at": null, "behind": [],
    })
}

fn pull(state: &str, pulled_at: &str) -> Value {
    json!({
        "state": state, "seen": 5, "total": 10, "changed": 2, "left_out": 0,
        "left_out_reason": null, "pulled_at": pulled_at, "all_pulled_at": null, "failures": 0,
        "failure": null, "next_at": null,
    })
}

fn item(direction: Direction, view: &Value) -> Value {
    let mut item = json!({"platform": "peer", "push": null, "pull": null});
    item[direction.name()] = view.clone();
    item
}

/// How it stands after each of these looks.
fn standings(direction: Direction, before: &Value, looks: &[Value]) -> Vec<Standing> {
    let mut waited = Waited::begin(direction, &item(direction, before), false).unwrap();
    let mut look = |view: &Value| {
        waited.look(Some(&item(direction, view)));
        waited.standing()
    };
    looks.iter().map(&mut look).collect()
}

/// Holds: E-40. A push is over when the CPO has everything, and not when it has not begun.
#[test]
fn a_push_is_over_when_nothing_is_pending() {
    use Standing::{Done, Waiting};

    let before = push("idle", 0, 7);
    let ran = [
        push("running", 3, 7),
        push("running", 0, 10),
        push("idle", 0, 10),
    ];
    assert_eq!(
        standings(Direction::Push, &before, &ran),
        [Waiting, Waiting, Done]
    );
    let nothing_to_do = [before.clone(), before.clone(), before.clone()];
    assert_eq!(
        standings(Direction::Push, &before, &nothing_to_do),
        [Waiting, Waiting, Done]
    );
    let its_turn_comes = [push("idle", 3, 7), push("idle", 3, 7), push("idle", 3, 7)];
    let waiting = [Waiting, Waiting, Waiting];
    assert_eq!(
        standings(Direction::Push, &before, &its_turn_comes),
        waiting
    );
}

/// Beyond the protocol: what failed before says nothing of what was asked for now.
#[test]
fn only_a_new_failure_ends_the_waiting() {
    use Standing::{Failed, Waiting};

    let mut before = push("backing_off", 3, 0);
    before["failures"] = 2.into();
    before["next_at"] = "2026-01-01T00:00:00Z".into();
    let mut failed = before.clone();
    failed["failures"] = 3.into();
    let looks = [before.clone(), push("running", 3, 0), failed];
    assert_eq!(
        standings(Direction::Push, &before, &looks),
        [Waiting, Waiting, Failed]
    );
}

/// Holds: P-17. Whoever lacks some Tokens hears of it by the exit code, and why.
#[test]
fn what_is_refused_or_left_out_makes_it_a_part() {
    let mut refused = push("idle", 1, 2);
    let token = json!({"country_code": "CH", "party_id": "ABC", "uid": "CARD"});
    refused["behind"] = json!([{"token": token, "reason": "the issuer is too long"}]);
    let looks = [push("running", 3, 0), refused];
    let stood = standings(Direction::Push, &push("idle", 3, 0), &looks);
    assert_eq!(stood[1], Standing::Partly);
    let mut left_out = pull("idle", "2026-01-02T00:00:00Z");
    left_out["left_out"] = 1.into();
    left_out["left_out_reason"] = "`uid`: must not be empty".into();
    let view = item(Direction::Pull, &pull("idle", "2026-01-01T00:00:00Z"));
    let mut waited = Waited::begin(Direction::Pull, &view, false).unwrap();
    waited.look(Some(&item(Direction::Pull, &left_out)));
    assert_eq!(waited.standing(), Standing::Partly);
    assert_eq!(
        waited.summary(),
        "peer: done: 5 tokens seen, 2 new or changed, 1 left out\n  1 left out: `uid`: must \
         not be empty\n"
    );
}

/// Holds: P-18. What changed came, but a list that cannot be read to its end is not all there.
#[test]
fn a_pull_beside_a_list_that_is_broken_is_a_part() {
    let mut pulled = pull("idle", "2026-01-02T00:00:00Z");
    pulled["failure"] = "the list was not read to its end: it leads in a circle".into();
    let view = item(Direction::Pull, &pull("idle", "2026-01-01T00:00:00Z"));
    let mut waited = Waited::begin(Direction::Pull, &view, false).unwrap();
    waited.look(Some(&item(Direction::Pull, &pulled)));
    assert_eq!(waited.standing(), Standing::Partly);
    assert!(waited.summary().contains("it leads in a circle"));
}

/// Holds: P-19. A pull is over when a crawl was finished that began after it was asked for.
#[test]
fn a_pull_is_over_when_a_crawl_was_finished() {
    use Standing::{Done, Waiting};

    let first = "2026-01-01T00:00:00Z";
    let before = pull("idle", first);
    let looks = [
        pull("idle", first),
        pull("running", first),
        pull("idle", "2026-01-02T00:00:00Z"),
    ];
    assert_eq!(
        standings(Direction::Pull, &before, &looks),
        [Waiting, Waiting, Done]
    );
    let everything = item(Direction::Pull, &before);
    let mut waited = Waited::begin(Direction::Pull, &everything, true).unwrap();
    waited.look(Some(&item(Direction::Pull, &looks[2])));
    assert_eq!(waited.standing(), Waiting, "everything was not pulled yet");
    assert!(Waited::begin(Direction::Push, &everything, false).is_none());
}

/// Beyond the protocol: a platform that was deleted meanwhile is waited for by nobody.
#[test]
fn a_platform_that_is_gone_has_failed() {
    let view = item(Direction::Push, &push("idle", 3, 0));
    let mut waited = Waited::begin(Direction::Push, &view, false).unwrap();
    waited.look(None);
    assert_eq!(waited.standing(), Standing::Failed);
}
