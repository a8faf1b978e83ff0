//! The style of the house, where no compiler holds it.

mod files;
mod text;

use crate::support::repository::SourceFile;

/// Whether a file is test code from its first line.
fn is_test_file(path: &str) -> bool {
    let folders = ["/tests/", "/testing/", "/contract/"];
    path.starts_with("tests/")
        || folders.iter().any(|folder| path.contains(folder))
        || path.ends_with("/tests.rs")
}

/// The lines of a file that are code of the product: not those of its tests, which stand last.
fn product_lines(file: &SourceFile) -> impl Iterator<Item = (usize, &str)> {
    let is_product = !is_test_file(&file.path);
    file.lines()
        .take_while(move |(_, line)| is_product && line.trim() != "#[cfg(test)]")
}

/// The lines of a file that are test code.
fn test_lines(file: &SourceFile) -> impl Iterator<Item = (usize, &str)> {
    file.lines().skip(product_lines(file).count())
}

/// The part of a line before a comment.
fn code(line: &str) -> &str {
    line.split_once("//").map_or(line, |(code, _)| code)
}
