//! The promises, the list of cases and the functions of the suite say the same.

use std::collections::BTreeSet;

use super::CASES;

/// The ports that make promises.
const PORTS: [&str; 8] = [
    include_str!("../accounts.rs"),
    include_str!("../authorizations.rs"),
    include_str!("../health.rs"),
    include_str!("../locations.rs"),
    include_str!("../platforms.rs"),
    include_str!("../sessions.rs"),
    include_str!("../sync.rs"),
    include_str!("../tokens.rs"),
];

/// The files of the cases, by the name of their module.
const ROOMS: [(&str, &str); 18] = [
    ("accounts", include_str!("accounts.rs")),
    ("authorizations", include_str!("authorizations.rs")),
    ("health", include_str!("health.rs")),
    ("locations", include_str!("locations.rs")),
    ("platform_lists", include_str!("platform_lists.rs")),
    ("platforms", include_str!("platforms.rs")),
    ("records", include_str!("records.rs")),
    ("session_lists", include_str!("session_lists.rs")),
    ("session_slots", include_str!("session_slots.rs")),
    ("sessions", include_str!("sessions.rs")),
    ("slots", include_str!("slots.rs")),
    ("sync", include_str!("sync.rs")),
    ("token_bulk", include_str!("token_bulk.rs")),
    ("token_changes", include_str!("token_changes.rs")),
    ("token_contracts", include_str!("token_contracts.rs")),
    ("token_lists", include_str!("token_lists.rs")),
    ("token_uids", include_str!("token_uids.rs")),
    ("tokens", include_str!("tokens.rs")),
];

/// The numbered promises of a port, each on one line.
fn promises(port: &str) -> Vec<String> {
    let mut promises: Vec<String> = Vec::new();
    let (_, contract) = port
        .split_once("/// # Contract\n///\n")
        .expect("a contract");
    for line in contract.lines().map_while(|line| line.strip_prefix("/// ")) {
        match line.split_once(". ") {
            Some((number, text)) if number.parse::<usize>().is_ok() => {
                assert_eq!(number, (promises.len() + 1).to_string(), "{line}");
                promises.push(text.to_owned());
            }
            _ => {
                let promise = promises.last_mut().expect("a promise has a number");
                promise.push(' ');
                promise.push_str(line.trim());
            }
        }
    }
    promises
}

/// The cases that a promise names: what follows its last colon, in backticks.
fn named_cases(promise: &str) -> Vec<String> {
    let (_, names) = promise
        .rsplit_once(": `")
        .unwrap_or_else(|| panic!("no case is named for: {promise}"));
    names
        .trim_end_matches("`.")
        .split("`, `")
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_promise_has_its_cases_and_every_case_its_promise() {
    let promises: Vec<String> = PORTS.iter().flat_map(|port| promises(port)).collect();
    assert!(promises.len() > PORTS.len(), "the promises were not found");
    let named: Vec<String> = promises.iter().flat_map(|one| named_cases(one)).collect();
    let listed: Vec<String> = CASES
        .iter()
        .flat_map(|(_, cases)| cases.iter().map(ToString::to_string))
        .collect();
    assert_eq!(sorted(named), sorted(listed));
}

#[test]
fn every_function_of_the_suite_is_listed() {
    for (room, source) in ROOMS {
        let written: Vec<String> = source
            .lines()
            .filter_map(|line| {
                line.strip_prefix("pub async fn ")?
                    .split_once("<H: Harness>(")
            })
            .map(|(name, _)| name.to_owned())
            .collect();
        let listed = CASES.iter().find(|(name, _)| *name == room);
        let listed = listed.map(|(_, cases)| cases.iter().map(ToString::to_string));
        assert_eq!(
            sorted(written),
            sorted(listed.into_iter().flatten().collect()),
            "{room}"
        );
    }
    assert_eq!(ROOMS.len(), CASES.len());
}

/// Sorted, each once: a name that stands twice is an error of its own.
fn sorted(names: Vec<String>) -> BTreeSet<String> {
    let count = names.len();
    let set: BTreeSet<String> = names.into_iter().collect();
    assert_eq!(set.len(), count, "a case stands twice");
    set
}
