//! Lines of a file that are imported together.

use std::io::{self, BufRead};

use super::csv_lines::CsvLines;
use super::lines::{Lines, Place};

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// The column or field; empty when it is the line itself.
    pub(super) column: String,
    pub(super) reason: String,
}

impl Fault {
    pub(super) fn of_line(reason: impl Into<String>) -> Fault {
        Fault {
            column: String::new(),
            reason: reason.into(),
        }
    }

    /// What the server says of a line: it names a field first, as `` `uid`: ... ``, and a place
    /// last, as if there were no other lines.
    pub(super) fn of_server(said: &str) -> Fault {
        let (said, place) = said
            .split_once(" at line 1 column ")
            .map_or((said, None), |(said, place)| (said, Some(place)));
        let named = said
            .strip_prefix('`')
            .and_then(|rest| rest.split_once("`: "));
        match named {
            Some((column, reason)) => Fault {
                column: column.to_owned(),
                reason: reason.to_owned(),
            },
            None => Fault::of_line(match place {
                Some(place) => format!("{said} at character {place}"),
                None => said.to_owned(),
            }),
        }
    }
}

/// A line that is not stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reject {
    pub(super) number: u64,
    pub(super) fault: Fault,
    /// The line as it is in the file.
    pub(super) text: Vec<u8>,
}

/// How lines become JSON.
pub(super) enum Conversion {
    Csv(Box<CsvLines>),
    /// They are JSON.
    Jsonl,
}

/// How much is imported together.
#[derive(Debug, Clone, Copy)]
pub(super) struct ChunkSize {
    pub(super) lines_max: usize,
    pub(super) bytes_max: usize,
}

/// Lines that are imported together.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    /// The Tokens, as JSON lines.
    json: Vec<u8>,
    /// The lines that they come from, as they are in the file.
    text: Vec<u8>,
    /// Where each of them is.
    lines: Vec<ChunkLine>,
    /// The lines that cannot be sent.
    pub(super) rejects: Vec<Reject>,
    /// The place after all of these.
    pub(super) end: Place,
}

/// A line of a chunk.
#[derive(Debug)]
struct ChunkLine {
    number: u64,
    text_end: usize,
    json_end: usize,
}

impl Chunk {
    /// Reads the next lines; `None` at the end of the file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub(super) fn read<R: BufRead>(
        lines: &mut Lines<R>,
        conversion: &mut Conversion,
        size: ChunkSize,
    ) -> io::Result<Option<Chunk>> {
        let mut chunk = Chunk::default();
        let start = lines.place();
        while chunk.lines.len() + chunk.rejects.len() < size.lines_max
            && chunk.json.len() < size.bytes_max
        {
            let Some(line) = lines.next()? else { break };
            let text = line.text.trim_ascii_end();
            if text.is_empty() {
                continue;
            }
            let json_start = chunk.json.len();
            let converted = match conversion {
                _ if line.is_too_long => Err(Fault::of_line("is longer than 64 KiB")),
                Conversion::Csv(csv) => csv.convert(line.text, &mut chunk.json),
                Conversion::Jsonl => {
                    chunk.json.extend_from_slice(text);
                    Ok(())
                }
            };
            if let Err(fault) = converted {
                chunk.json.truncate(json_start);
                chunk.rejects.push(Reject {
                    number: line.number,
                    fault,
                    text: text.to_owned(),
                });
                continue;
            }
            chunk.json.push(b'\n');
            chunk.text.extend_from_slice(text);
            chunk.lines.push(ChunkLine {
                number: line.number,
                text_end: chunk.text.len(),
                json_end: chunk.json.len(),
            });
        }
        chunk.end = lines.place();
        Ok((chunk.end != start).then_some(chunk))
    }

    /// How many lines can be sent.
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// The JSON of the lines at these places.
    pub(super) fn json(&self, lines: std::ops::Range<usize>) -> Vec<u8> {
        let end_before = |place: usize| match place.checked_sub(1) {
            Some(before) => self
                .lines
                .get(before)
                .map_or(self.json.len(), |it| it.json_end),
            None => 0,
        };
        let bytes = end_before(lines.start)..end_before(lines.end);
        self.json.get(bytes).unwrap_or_default().to_owned()
    }

    /// The line at that place, which the server refused.
    pub(super) fn reject(&self, place: usize, fault: Fault) -> Option<Reject> {
        let line = self.lines.get(place)?;
        let before = place
            .checked_sub(1)
            .and_then(|before| self.lines.get(before));
        let start = before.map_or(0, |before| before.text_end);
        Some(Reject {
            number: line.number,
            fault,
            text: self.text.get(start..line.text_end)?.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: ChunkSize = ChunkSize {
        lines_max: 2,
        bytes_max: 1000,
    };

    /// Beyond the protocol: a file is read in pieces, and none of it is lost between them.
    #[test]
    fn chunks_hold_every_line_once_and_blank_ones_never() {
        let text = b"{\"uid\":1}\n\n{\"uid\":2}\r\n{\"uid\":3}";
        let mut lines = Lines::new(&text[..], Place::default());
        let mut read = || Chunk::read(&mut lines, &mut Conversion::Jsonl, SIZE).unwrap();
        let (first, second) = (read().unwrap(), read().unwrap());
        assert!(read().is_none());
        assert_eq!(first.json(0..2), b"{\"uid\":1}\n{\"uid\":2}\n");
        assert_eq!(first.json(1..2), b"{\"uid\":2}\n");
        assert_eq!(second.json(0..1), b"{\"uid\":3}\n");
        assert_eq!((first.end.lines, second.end.lines), (3, 4));
        assert_eq!(second.end.bytes, text.len() as u64);
        let refused = first.reject(1, Fault::of_line("why")).unwrap();
        assert_eq!((refused.number, &*refused.text), (3, &b"{\"uid\":2}"[..]));
    }

    /// Beyond the protocol: bad lines are kept apart, and the rest is sent.
    #[test]
    fn a_line_that_cannot_be_converted_is_rejected_with_its_text() {
        let names = b"uid,contract_id,issuer,valid,whitelist\n";
        let mut conversion = Conversion::Csv(Box::new(CsvLines::of_names(names).unwrap()));
        let text = b"A,C,I,maybe,NEVER\r\nB,C,I,true,NEVER\n";
        let mut lines = Lines::new(
            &text[..],
            Place {
                lines: 1,
                bytes: 39,
            },
        );
        let chunk = Chunk::read(&mut lines, &mut conversion, SIZE)
            .unwrap()
            .unwrap();
        assert_eq!(chunk.len(), 1);
        assert!(chunk.json(0..1).starts_with(b"{\"uid\":\"B\""));
        let [reject] = &chunk.rejects[..] else {
            panic!("{:?}", chunk.rejects);
        };
        assert_eq!((reject.number, &*reject.fault.column), (2, "valid"));
        assert_eq!(reject.text, b"A,C,I,maybe,NEVER");
    }

    /// Beyond the protocol: the column of a fault that only the server sees.
    #[test]
    fn the_field_that_the_server_names_is_the_column() {
        let fault = Fault::of_server("`whitelist`: must be one of ALWAYS at line 1 column 7");
        assert_eq!(
            (&*fault.column, &*fault.reason),
            ("whitelist", "must be one of ALWAYS")
        );
        for (said, reason) in [
            ("no object", "no object"),
            (
                "EOF while parsing at line 1 column 9",
                "EOF while parsing at character 9",
            ),
        ] {
            assert_eq!(Fault::of_server(said), Fault::of_line(reason));
        }
    }
}
