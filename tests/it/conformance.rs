//! Each requirement of `docs/protocol.md` and the tests that hold it: `docs/conformance.md`.
//!
//! A test names what it holds in its doc comment, after `Holds:`. The first table of
//! `docs/conformance.md` is those lines turned around; `UPDATE_CONFORMANCE=1` writes it anew. The
//! second table, of what is not held yet and why, is kept by hand.

mod document;
mod holds;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use crate::support::repository::{expect_none, read, root, rust_files};
use document::{Document, HELD_END, HELD_START};
use holds::Test;

const DOCUMENT: &str = "docs/conformance.md";
const PROTOCOL: &str = "docs/protocol.md";

/// The id at the start of `text`: a letter, a dash and two digits.
fn id_at_start(text: &str) -> Option<&str> {
    let id = text.get(..4)?;
    let [letter, b'-', tens, ones] = id.as_bytes() else {
        return None;
    };
    let is_id = letter.is_ascii_uppercase() && tens.is_ascii_digit() && ones.is_ascii_digit();
    let ends = !text[4..].starts_with(|next: char| next.is_ascii_alphanumeric());
    (is_id && ends).then_some(id)
}

/// The ids of the protocol with the sections that they stand in, in their order.
fn requirements() -> Vec<(String, Vec<String>)> {
    let text = read(PROTOCOL);
    let mut sections: Vec<(String, Vec<String>)> = Vec::new();
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            sections.push((title.to_owned(), Vec::new()));
        }
        // At the start of a line, of a row of a table, or of a bold title.
        let line = line.trim_start_matches("| ").trim_start_matches("**");
        if let (Some(id), Some((_, ids))) = (id_at_start(line), sections.last_mut()) {
            ids.push(id.to_owned());
        }
    }
    sections
}

/// The first table, as the tests say it.
fn held_table(tests: &[Test]) -> String {
    let mut by_id: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for test in tests {
        for id in &test.holds {
            by_id.entry(id).or_default().insert(test.name());
        }
    }
    let mut table = String::new();
    for (title, ids) in requirements() {
        let rows: Vec<String> = ids
            .iter()
            .flat_map(|id| {
                by_id
                    .get(id.as_str())
                    .into_iter()
                    .flatten()
                    .map(move |test| (id, test))
            })
            .map(|(id, test)| format!("| {id} | `{test}` |\n"))
            .collect();
        if !rows.is_empty() {
            table.extend([format!(
                "\n### {title}\n\n| Requirement | Test |\n|---|---|\n"
            )]);
            table.extend(rows);
        }
    }
    table
}

#[expect(clippy::disallowed_methods, reason = "the one switch of these tests")]
fn is_updating() -> bool {
    std::env::var_os("UPDATE_CONFORMANCE").is_some()
}

/// The document, written anew before when that was asked for: by one test at a time.
fn document(tests: &[Test]) -> Document {
    static WRITING: Mutex<()> = Mutex::new(());
    let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let text = read(DOCUMENT);
    if !is_updating() {
        return Document::parse(&text);
    }
    let (before, rest) = text
        .split_once(HELD_START)
        .expect("the start of the first table");
    let (_, after) = rest
        .split_once(HELD_END)
        .expect("the end of the first table");
    let text = format!(
        "{before}{HELD_START}\n{}\n{HELD_END}{after}",
        held_table(tests)
    );
    std::fs::write(root().join(DOCUMENT), &text).expect("the document can be written");
    Document::parse(&text)
}

#[test]
fn every_requirement_is_held_by_a_test_or_has_its_reason() {
    let tests = holds::tests(&rust_files());
    let document = document(&tests);
    let held: BTreeSet<&str> = document.held.iter().map(|(id, _)| id.as_str()).collect();
    let mut faults = Vec::new();
    let mut known = BTreeSet::new();
    for id in requirements().iter().flat_map(|(_, ids)| ids) {
        if !known.insert(id.clone()) {
            faults.push(format!("{id} stands twice in {PROTOCOL}"));
        }
        match (held.contains(id.as_str()), document.not_held.get(id)) {
            (true, None) => {}
            (true, Some(_)) => faults.push(format!("{id} is held, and is said not to be")),
            (false, Some(reason)) if reason.len() >= 3 => {}
            (false, Some(_)) => faults.push(format!("{id} is not held, and no reason is given")),
            (false, None) => faults.push(format!("{id} is in neither table")),
        }
    }
    assert!(
        known.len() > 300,
        "the requirements are found: {}",
        known.len()
    );
    for id in held
        .into_iter()
        .chain(document.not_held.keys().map(String::as_str))
    {
        if !known.contains(id) {
            faults.push(format!("{id} is no requirement of {PROTOCOL}"));
        }
    }
    expect_none(&faults, "docs/conformance.md");
}

#[test]
fn the_held_table_is_what_the_tests_say() {
    let tests = holds::tests(&rust_files());
    let document = document(&tests);
    let mut faults = Vec::new();
    let said: BTreeSet<(String, String)> = tests
        .iter()
        .flat_map(|test| test.holds.iter().map(|id| (id.clone(), test.name())))
        .collect();
    let mut written = BTreeSet::new();
    for (id, test) in document.held {
        if !said.contains(&(id.clone(), test.clone())) {
            faults.push(format!("{id}: no test {test} says that it holds it"));
        }
        if !written.insert((id.clone(), test.clone())) {
            faults.push(format!("{id}: {test} stands twice"));
        }
    }
    for (id, test) in said.difference(&written) {
        faults.push(format!("{id}: held by {test}, but there is no row for it"));
    }
    expect_none(
        &faults,
        "docs/conformance.md; UPDATE_CONFORMANCE=1 writes the first table anew",
    );
}

/// The modules whose tests are about the protocol. The others are about the program and the house.
const PROTOCOL_MODULES: [&str; 16] = [
    "authorize",
    "charge_point",
    "concurrency",
    "credentials",
    "dialect",
    "faults",
    "golden",
    "list_tokens",
    "locations",
    "sessions",
    "sync",
    "token_copies",
    "transport",
    "v2_1_1",
    "v2_2_1",
    "versions",
];

#[test]
fn every_test_of_the_protocol_says_what_it_holds() {
    let mut faults = Vec::new();
    let mut modules = BTreeSet::new();
    for file in rust_files() {
        let Some(module) = file.path.strip_prefix("tests/it/") else {
            continue;
        };
        let module = module.split(['/', '.']).next().unwrap_or_default();
        if !PROTOCOL_MODULES.contains(&module) {
            continue;
        }
        modules.insert(module.to_owned());
        let named: BTreeSet<String> = holds::tests_of(&file).map(|test| test.function).collect();
        for function in holds::test_functions(&file).filter(|name| !named.contains(*name)) {
            faults.push(format!("{}::{function}", file.path));
        }
    }
    assert_eq!(modules.len(), PROTOCOL_MODULES.len(), "{modules:?}");
    expect_none(&faults, "no `Holds:` line");
}
