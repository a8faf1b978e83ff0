//! The two tables of the document.

use std::collections::BTreeMap;

use super::id_at_start;

pub(super) const HELD_START: &str = "<!-- held: written by UPDATE_CONFORMANCE=1 -->";
pub(super) const HELD_END: &str = "<!-- end of held -->";

/// What the document says.
pub(super) struct Document {
    /// Requirement and test, row by row.
    pub(super) held: Vec<(String, String)>,
    /// Requirement and reason.
    pub(super) not_held: BTreeMap<String, String>,
}

impl Document {
    pub(super) fn parse(text: &str) -> Document {
        let (_, text) = text
            .split_once(HELD_START)
            .expect("the start of the first table");
        let (held, not_held) = text
            .split_once(HELD_END)
            .expect("the end of the first table");
        let held = rows(held)
            .map(|(id, test)| (id, test.trim_matches('`').to_owned()))
            .collect();
        let mut reasons = BTreeMap::new();
        for (id, reason) in rows(not_held) {
            let twice = reasons.insert(id.clone(), reason.to_owned());
            assert_eq!(twice, None, "{id} has two reasons");
        }
        Document {
            held,
            not_held: reasons,
        }
    }
}

/// The rows whose first cell is an id, and their second cells.
fn rows(text: &str) -> impl Iterator<Item = (String, &str)> {
    text.lines().filter_map(|line| {
        let (id, rest) = line.strip_prefix("| ")?.split_once(" | ")?;
        let id = id_at_start(id).filter(|found| *found == id)?;
        Some((id.to_owned(), rest.strip_suffix(" |").unwrap_or(rest)))
    })
}
