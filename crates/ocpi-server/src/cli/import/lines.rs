//! The lines of a file, one at a time.

use std::io::{self, BufRead, Read};

/// Bytes of a line. A Token has less than half of it, with 16 KiB of fields that nobody knows.
const LINE_BYTES_MAX: u64 = 64 * 1024;

/// A place between two lines of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// The lines before it.
    pub(super) lines: u64,
    /// The bytes before it.
    pub(super) bytes: u64,
}

/// The lines of a file from some place on.
pub(super) struct Lines<R> {
    reader: R,
    place: Place,
    line: Vec<u8>,
}

/// A line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// Its number, from 1.
    pub(super) number: u64,
    /// Its text, and a line feed, whether it had one or not; of a line that is too long the
    /// beginning.
    pub(super) text: &'a [u8],
    pub(super) is_too_long: bool,
}

impl<R: BufRead> Lines<R> {
    /// The lines of `reader`, which is at `place`.
    pub(super) fn new(reader: R, place: Place) -> Lines<R> {
        Lines {
            reader,
            place,
            line: Vec::new(),
        }
    }

    /// The place after the last line that was read.
    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// The next line; `None` at the end of the file.
    pub(super) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.line.clear();
        let mut limited = self.reader.by_ref().take(LINE_BYTES_MAX + 1);
        let mut length = limited.read_until(b'\n', &mut self.line)?;
        if length == 0 {
            return Ok(None);
        }
        let is_ended = self.line.ends_with(b"\n");
        let is_too_long = !is_ended && length as u64 > LINE_BYTES_MAX;
        if is_too_long {
            length += self.reader.skip_until(b'\n')?;
        }
        if !is_ended {
            self.line.push(b'\n');
        }
        self.place.lines += 1;
        self.place.bytes += length as u64;
        Ok(Some(Line {
            number: self.place.lines,
            text: &self.line,
            is_too_long,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Vec<(u64, usize, bool)> {
        let mut lines = Lines::new(text, Place::default());
        let mut found = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            assert!(line.text.ends_with(b"\n"));
            found.push((line.number, line.text.len() - 1, line.is_too_long));
        }
        assert_eq!(lines.place().bytes, text.len() as u64);
        found
    }

    /// Beyond the protocol: lines are counted as an editor counts them.
    #[test]
    fn lines_are_numbered_from_1_and_the_last_needs_no_end() {
        assert_eq!(read(b""), []);
        assert_eq!(
            read(b"a\n\nbc"),
            [(1, 1, false), (2, 0, false), (3, 2, false)]
        );
        assert_eq!(read(b"a\r\n"), [(1, 2, false)]);
    }

    /// Beyond the protocol: no line takes more memory than a line may.
    #[test]
    fn a_line_that_is_too_long_is_cut_and_the_next_is_read() {
        let max = usize::try_from(LINE_BYTES_MAX).unwrap();
        for (length, is_too_long) in [(max, false), (max + 1, true), (max + 2, true)] {
            let kept = length.min(max + 1);
            let mut text = vec![b'x'; length];
            assert_eq!(read(&text), [(1, kept, is_too_long)], "at the end");
            text.extend(b"\nnext\n");
            assert_eq!(read(&text), [(1, kept, is_too_long), (2, 4, false)]);
        }
    }
}
