//! What must not stand in a source file.

use super::{code, product_lines, test_lines};
use crate::support::repository::{expect_none, files, rust_files};

/// Lines that contain any of these words. The words are split here, so that this file does not
/// contain them itself.
fn lines_with(words: &[(&str, &str)]) -> Vec<String> {
    let words: Vec<String> = words
        .iter()
        .map(|(one, other)| format!("{one}{other}"))
        .collect();
    let mut found = Vec::new();
    for file in rust_files() {
        for (number, line) in file.lines() {
            for word in words.iter().filter(|word| line.contains(word.as_str())) {
                found.push(format!("{}:{number}: {word}", file.path));
            }
        }
    }
    found
}

#[test]
fn nothing_is_left_to_fix_to_debug_or_to_do() {
    let words = [
        ("FIX", "ME"),
        ("XX", "X"),
        ("dbg", "!("),
        ("todo", "!("),
        ("unimplemented", "!("),
    ];
    expect_none(&lines_with(&words), "unfinished");
    let mut faults = Vec::new();
    for file in rust_files() {
        for (number, line) in file.lines() {
            let marker = ["TO", "DO"].concat();
            if line.contains(&marker) && !line.contains(&(marker + " (#")) {
                faults.push(format!("{}:{number}: name the issue", file.path));
            }
        }
    }
    expect_none(&faults, "left for later without an issue");
}

#[test]
fn no_lint_is_silenced_and_no_test_left_out() {
    let words = [("#[allow", "("), ("#![allow", "("), ("#[ign", "ore")];
    expect_none(&lines_with(&words), "silenced");
}

#[test]
fn no_test_waits_for_time_to_pass() {
    let mut faults = Vec::new();
    for file in rust_files()
        .iter()
        .filter(|file| !file.path.starts_with("benches/"))
    {
        for (number, line) in test_lines(file) {
            let word = ["sle", "ep("].concat();
            if code(line).contains(&word) || code(line).contains(&word.replace('(', "_until(")) {
                faults.push(format!("{}:{number}: {}", file.path, line.trim()));
            }
        }
    }
    expect_none(
        &faults,
        "a test that waits is slow, and fails on a slow day",
    );
}

/// A comment is a sentence; what ends as a statement does is code that somebody left.
#[test]
fn no_code_is_commented_out() {
    let mut faults = Vec::new();
    for file in rust_files() {
        for (number, line) in file.lines() {
            let Some(comment) = line.trim_start().strip_prefix("// ") else {
                continue;
            };
            let comment = comment.trim_end();
            let ends_as_code = [";", "{", "}", "})", "),"]
                .iter()
                .any(|end| comment.ends_with(end));
            let starts_as_code = ["let ", "use ", "fn ", "pub ", "#[", "assert", "return "]
                .iter()
                .any(|start| comment.starts_with(start) && !comment.ends_with('.'));
            if ends_as_code || starts_as_code {
                faults.push(format!("{}:{number}: {comment}", file.path));
            }
        }
    }
    expect_none(&faults, "commented out");
}

/// Numbers that are codes of OCPI, or near them.
fn has_ocpi_code(line: &str) -> bool {
    // The number of a character is another matter.
    let numbers = line.replace("\\u{", "u");
    let numbers = numbers.split(|character: char| !character.is_ascii_alphanumeric());
    numbers
        .filter(|word| word.len() == 4)
        .filter_map(|word| word.parse::<u16>().ok())
        .any(|number| (2000..2020).contains(&number) || (3000..3020).contains(&number))
}

#[test]
fn only_the_status_module_names_status_codes() {
    let mut faults = Vec::new();
    let crates = ["ports", "app", "http"].map(|name| format!("crates/ocpi-{name}/src"));
    let mut seen_in_status = false;
    let files = files(&crates.each_ref().map(String::as_str), "rs").into_iter();
    // What another platform's codes mean to us is said where its errors are.
    for file in files.filter(|file| file.path != "crates/ocpi-ports/src/remote.rs") {
        for (number, line) in product_lines(&file) {
            let line = code(line);
            let is_code = line.contains("StatusCode::")
                || line.contains("OcpiCode(")
                    && line.contains(|digit: char| digit.is_ascii_digit())
                || has_ocpi_code(line);
            if file.path == "crates/ocpi-http/src/status.rs" {
                seen_in_status |= is_code;
            } else if is_code {
                faults.push(format!("{}:{number}: {line}", file.path));
            }
        }
    }
    assert!(seen_in_status, "the search finds what it searches");
    expect_none(&faults, "status codes belong to status.rs");
}

#[test]
fn the_wire_formats_know_no_server() {
    let mut faults = Vec::new();
    for file in files(&["crates/ocpi-http/src/wire"], "rs") {
        for (number, line) in file.lines() {
            for word in ["hyper", "tokio", "http::"]
                .iter()
                .filter(|word| line.contains(**word))
            {
                faults.push(format!("{}:{number}: {word}", file.path));
            }
        }
    }
    expect_none(&faults, "wire is data and conversions");
}

/// The clock, the environment and files belong to the server's binary; the embedded store has a
/// file, but no clock either.
#[test]
fn only_the_binary_reads_the_clock_and_the_environment() {
    let of_all = ["SystemTime::now", "Instant::now", "env::var"];
    let of_files = ["std::fs", "File::open"];
    let mut faults = Vec::new();
    for file in files(&["crates"], "rs") {
        if file.path.starts_with("crates/ocpi-server/") {
            continue;
        }
        let mut words = of_all.to_vec();
        if !file.path.starts_with("crates/ocpi-sqlite/") {
            words.extend(of_files);
        }
        for (number, line) in product_lines(&file) {
            for word in words.iter().filter(|word| code(line).contains(**word)) {
                faults.push(format!("{}:{number}: {word}", file.path));
            }
        }
    }
    expect_none(&faults, "time, ids and files are ports");
}
