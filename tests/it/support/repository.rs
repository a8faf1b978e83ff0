//! The sources of this workspace, for the tests of the house itself.

use std::fs;
use std::path::{Path, PathBuf};

/// A file of the workspace: its path below the root, with `/`, and its text.
pub(crate) struct SourceFile {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl SourceFile {
    /// The lines with their numbers from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line))
    }
}

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests
        .parent()
        .expect("the tests are in the workspace")
        .to_owned()
}

/// The text of a file, by its path below the root.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every Rust file of the workspace, by path.
pub(crate) fn rust_files() -> Vec<SourceFile> {
    files(&["benches", "crates", "tests"], "rs")
}

/// The files with this extension below these directories, by path.
pub(crate) fn files(directories: &[&str], extension: &str) -> Vec<SourceFile> {
    let mut files = Vec::new();
    for directory in directories {
        collect(&root().join(directory), extension, &mut files);
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(
        !files.is_empty(),
        "there is no .{extension} below {directories:?}"
    );
    files
}

fn collect(directory: &Path, extension: &str, found: &mut Vec<SourceFile>) {
    let entries = fs::read_dir(directory).unwrap_or_else(|error| panic!("{directory:?}: {error}"));
    for entry in entries {
        let path = entry.expect("a directory can be read").path();
        if path.is_dir() {
            let is_build = path.file_name().is_some_and(|name| name == "target");
            if !is_build {
                collect(&path, extension, found);
            }
        } else if path.extension().is_some_and(|found| found == extension) {
            let below = path.strip_prefix(root()).expect("below the root");
            let below = below.to_str().expect("paths are UTF-8").replace('\\', "/");
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{below}: {error}"));
            found.push(SourceFile { path: below, text });
        }
    }
}

/// Fails with every fault found, not with the first only.
pub(crate) fn expect_none(faults: &[String], what: &str) {
    assert!(faults.is_empty(), "{what}:\n{}", faults.join("\n"));
}
