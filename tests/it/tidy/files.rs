//! Files: their size, their place, and what points at them.

use std::collections::BTreeSet;
use std::path::Path;

use super::is_test_file;
use crate::architecture::packages;
use crate::support::repository::{expect_none, files, read, root, rust_files};

/// More lines than this are more than one subject.
const LINES_MAX: usize = 800;

#[test]
fn no_file_is_a_giant() {
    let mut faults = Vec::new();
    for file in rust_files() {
        let is_exempt = is_test_file(&file.path) || file.path.contains("/wire/");
        let lines = file.text.lines().count();
        if !is_exempt && lines > LINES_MAX {
            faults.push(format!("{}: {lines} lines", file.path));
        }
    }
    expect_none(&faults, "split these");
}

/// A file that no `mod` names is not compiled, and nobody notices.
#[test]
fn every_file_is_part_of_a_crate() {
    let files = rust_files();
    let paths: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let mut faults = Vec::new();
    for file in &files {
        let (directory, name) = file.path.rsplit_once('/').expect("a directory");
        let (directory, module) = match name.strip_suffix(".rs").expect("a Rust file") {
            "lib" | "main" => continue,
            "mod" => directory.rsplit_once('/').expect("a directory"),
            module => (directory, module),
        };
        // The roots of examples, benchmarks and tests are found by cargo.
        let is_root = ["/examples", "/benches", "/tests"]
            .iter()
            .any(|place| directory.ends_with(place));
        let parents = ["mod", "lib", "main"].map(|name| format!("{directory}/{name}.rs"));
        let beside = format!("{directory}.rs");
        let declares = |parent: &String| {
            paths.contains(parent.as_str())
                && read(parent)
                    .lines()
                    .any(|line| line.trim_end().ends_with(&format!("mod {module};")))
        };
        if !is_root && !parents.iter().any(declares) && !declares(&beside) {
            faults.push(file.path.clone());
        }
    }
    expect_none(&faults, "no `mod` names these");
}

#[test]
fn every_package_says_what_it_is_and_has_the_lints_of_the_house() {
    let mut faults = Vec::new();
    for (name, package) in packages() {
        if package["description"].as_str().is_none_or(str::is_empty) {
            faults.push(format!("{name}: no description"));
        }
        let manifest = package["manifest_path"].as_str().expect("a path");
        let manifest = std::fs::read_to_string(manifest).expect("a manifest");
        let lints = manifest
            .split_once("\n[lints]\n")
            .map(|(_, lints)| lints.trim_start());
        if !lints.is_some_and(|lints| lints.starts_with("workspace = true")) {
            faults.push(format!("{name}: [lints] workspace = true"));
        }
        if package["edition"] != "2024" || package["rust_version"].is_null() {
            faults.push(format!("{name}: edition and rust-version of the workspace"));
        }
    }
    expect_none(&faults, "manifests");
}

#[test]
fn the_lock_file_is_kept() {
    assert!(root().join("Cargo.lock").is_file());
    let ignored = read(".gitignore");
    assert!(
        !ignored.lines().any(|line| line.contains("Cargo.lock")),
        "{ignored}"
    );
}

/// The targets of Markdown's `[text](target)`.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| target)
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut documents = files(&["benches", "crates", "docs", "tests"], "md");
    for name in ["README.md", "CHANGELOG.md", "CONTRIBUTING.md"] {
        if root().join(name).is_file() {
            let text = read(name);
            documents.push(crate::support::repository::SourceFile {
                path: name.to_owned(),
                text,
            });
        }
    }
    assert!(
        documents
            .iter()
            .any(|document| document.path == "README.md")
    );
    let mut faults = Vec::new();
    for document in &documents {
        let directory = Path::new(&document.path)
            .parent()
            .expect("a file is in a directory");
        for link in links(&document.text) {
            let path = link.split('#').next().unwrap_or_default();
            let is_elsewhere = path.is_empty() || path.contains("://");
            if !is_elsewhere && !root().join(directory).join(path).exists() {
                faults.push(format!("{}: {link}", document.path));
            }
        }
    }
    expect_none(&faults, "links that lead nowhere");
}
