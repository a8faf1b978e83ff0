//! A file of tokens, as an operator has it.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::ocpi;
use crate::options::Format;
use crate::stop::Stop;

/// After so many tokens a signal is looked for.
const PORTION: u64 = 100_000;

/// Writes tokens 0 to `tokens` to a new file in `directory`. They are those that the load is
/// about; their uids are in no order.
///
/// # Errors
///
/// When it cannot be written, or a signal asks to end.
pub(crate) fn write(
    directory: &Path,
    tokens: u64,
    format: Format,
    stop: &Stop,
) -> anyhow::Result<PathBuf> {
    let path = directory.join(match format {
        Format::Jsonl => "tokens.jsonl",
        Format::Csv => "tokens.csv",
    });
    let written = write_to(&path, tokens, format, stop);
    written.with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

fn write_to(path: &Path, tokens: u64, format: Format, stop: &Stop) -> anyhow::Result<()> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let (head, template) = ocpi::lines(format);
    file.write_all(head.as_bytes())?;
    let mut line = Vec::new();
    for token in 0..tokens {
        if token % PORTION == 0 {
            stop.check()?;
        }
        template.fill(token, 0, &mut line);
        file.write_all(&line)?;
    }
    file.into_inner()?.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_a_token_in_either_format() {
        let directory = tempfile::tempdir().unwrap();
        let stop = Stop::on_signals().unwrap();
        let read = |format| {
            let path = write(directory.path(), 3, format, &stop).unwrap();
            std::fs::read_to_string(path).unwrap()
        };
        let json = read(Format::Jsonl);
        let tokens: Vec<ocpi_domain::Token> = json
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(tokens.len(), 3);
        let csv = read(Format::Csv);
        let (head, rows) = csv.split_once('\n').unwrap();
        assert_eq!(rows.lines().count(), 3);
        for (row, token) in rows.lines().zip(&tokens) {
            let token = serde_json::to_value(token).unwrap();
            for (name, cell) in head.split(',').zip(row.split(',')) {
                let value = &token[name];
                let text = value.as_str().map_or(value.to_string(), str::to_owned);
                assert_eq!(text, cell, "{name}");
            }
            assert_eq!(head.split(',').count(), token.as_object().unwrap().len());
        }
    }
}
