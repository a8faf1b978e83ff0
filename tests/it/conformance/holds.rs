//! The `Holds:` lines of tests.

use super::id_at_start;
use crate::support::repository::SourceFile;

/// A test that holds requirements.
pub(super) struct Test {
    file: String,
    pub(super) function: String,
    pub(super) holds: Vec<String>,
}

impl Test {
    /// The test as the document names it.
    pub(super) fn name(&self) -> String {
        format!("{}::{}", self.file, self.function)
    }
}

/// Every test that says what it holds.
pub(super) fn tests(files: &[SourceFile]) -> Vec<Test> {
    let tests: Vec<Test> = files.iter().flat_map(tests_of).collect();
    assert!(tests.len() > 100, "the tests are found: {}", tests.len());
    tests
}

/// The tests of a file that say what they hold.
pub(super) fn tests_of(file: &SourceFile) -> impl Iterator<Item = Test> {
    let lines: Vec<&str> = file.text.lines().map(str::trim).collect();
    let starts = 0..lines.len();
    starts.filter_map(move |start| {
        let first = lines[start].strip_prefix("/// Holds: ")?;
        let rest = lines[start + 1..]
            .iter()
            .map_while(|line| line.strip_prefix("/// "));
        let text: Vec<&str> = std::iter::once(first).chain(rest).collect();
        let text = text.join(" ");
        let place = format!("{}:{}", file.path, start + 1);
        let (ids, _) = text
            .split_once('.')
            .unwrap_or_else(|| panic!("{place}: no full stop"));
        let holds = ids.split(", ").map(|id| {
            let found = id_at_start(id).filter(|found| *found == id);
            found
                .unwrap_or_else(|| panic!("{place}: `{id}` is no requirement"))
                .to_owned()
        });
        let function = lines[start..].iter().find_map(|line| function(line));
        let function = function.unwrap_or_else(|| panic!("{place}: no test follows"));
        Some(Test {
            file: file.path.clone(),
            function: function.to_owned(),
            holds: holds.collect(),
        })
    })
}

/// The functions of a file that are tests.
pub(super) fn test_functions(file: &SourceFile) -> impl Iterator<Item = &str> {
    let lines: Vec<&str> = file.text.lines().map(str::trim).collect();
    let starts = 0..lines.len();
    starts.filter_map(move |start| {
        let is_test = lines[start] == "#[test]" || lines[start].starts_with("#[tokio::test");
        is_test.then(|| lines[start..].iter().find_map(|line| function(line)))?
    })
}

/// The name of the function that starts on this line.
fn function(line: &str) -> Option<&str> {
    let line = line.trim_start_matches("pub ").trim_start_matches("async ");
    let name = line.strip_prefix("fn ")?;
    name.split(['(', '<']).next()
}
