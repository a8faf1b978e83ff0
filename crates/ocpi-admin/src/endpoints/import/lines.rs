//! The lines of a body without end, in constant memory.

use bytes::{Buf, BytesMut};

use crate::body::RequestBody;
use crate::failure::Failure;
use crate::server::AdminOptions;

/// Bytes of a line, without its end.
pub(super) const LINE_BYTES_MAX: usize = 64 * 1024;

/// A line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'l> {
    Text(&'l [u8]),
    Blank,
    TooLong,
}

/// The lines of a body, one after the other.
pub(super) struct Lines<'b> {
    body: &'b mut RequestBody,
    buffer: BytesMut,
    /// Bytes of the buffer that were given out.
    taken: usize,
    /// The number of the line that was given out last, from 1.
    number: u64,
}

impl<'b> Lines<'b> {
    pub(super) fn new(body: &'b mut RequestBody) -> Lines<'b> {
        Lines {
            body,
            buffer: BytesMut::new(),
            taken: 0,
            number: 0,
        }
    }

    /// The number of the last line, from 1; 0 before the first.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// The next line, without its end; `None` after the last. What follows the last line break
    /// is a line when it is not empty.
    pub(super) async fn next(
        &mut self,
        options: &AdminOptions,
    ) -> Result<Option<Line<'_>>, Failure> {
        self.buffer.advance(self.taken);
        self.taken = 0;
        let mut searched = 0;
        let mut is_too_long = false;
        let length = loop {
            let found = self.buffer[searched..]
                .iter()
                .position(|byte| *byte == b'\n');
            if let Some(place) = found {
                self.taken = searched + place + 1;
                break searched + place;
            }
            searched = self.buffer.len();
            if searched > LINE_BYTES_MAX {
                is_too_long = true;
                self.buffer.clear();
                searched = 0;
            }
            match self.body.next(options).await? {
                Some(piece) => self.buffer.extend_from_slice(&piece),
                None if searched == 0 && !is_too_long => return Ok(None),
                None => {
                    self.taken = searched;
                    break searched;
                }
            }
        };
        self.number += 1;
        let text = self.buffer[..length].trim_ascii();
        Ok(Some(if is_too_long || length > LINE_BYTES_MAX {
            Line::TooLong
        } else if text.is_empty() {
            Line::Blank
        } else {
            Line::Text(text)
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use bytes::Bytes;
    use http_body_util::StreamBody;
    use hyper::body::Frame;

    use super::*;

    /// The lines of a body that comes in these pieces; long ones by their length alone.
    async fn lines(pieces: Vec<String>) -> Vec<String> {
        let frames = pieces
            .into_iter()
            .map(|piece| Ok::<_, Infallible>(Frame::data(Bytes::from(piece))));
        let frames: Vec<_> = frames.collect();
        let mut body = RequestBody::new(StreamBody::new(futures_util::stream::iter(frames)));
        let mut lines = Lines::new(&mut body);
        let mut found = Vec::new();
        while let Some(line) = lines.next(&AdminOptions::default()).await.unwrap() {
            let line = match line {
                Line::Text(text) if text.len() > 9 => text.len().to_string(),
                Line::Text(text) => String::from_utf8(text.to_vec()).unwrap(),
                Line::Blank => "blank".to_owned(),
                Line::TooLong => "too long".to_owned(),
            };
            found.push(format!("{} {line}", lines.number()));
        }
        found
    }

    #[tokio::test]
    async fn lines_are_the_same_however_the_body_is_cut() {
        let text = "a\n\n  \r\nbc\r\nd e\n\n\nf";
        let expected = [
            "1 a", "2 blank", "3 blank", "4 bc", "5 d e", "6 blank", "7 blank", "8 f",
        ];
        for size in 1..=text.len() {
            let pieces = text.as_bytes().chunks(size);
            let pieces = pieces.map(|piece| String::from_utf8(piece.to_vec()).unwrap());
            assert_eq!(lines(pieces.collect()).await, expected, "{size}");
        }
        assert_eq!(lines(vec!["a\nb\n".to_owned()]).await, ["1 a", "2 b"]);
        assert!(lines(vec![]).await.is_empty());
        assert!(lines(vec![String::new()]).await.is_empty());
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_does_not_hide_the_others() {
        let long = |length: usize| "x".repeat(length);
        let max = LINE_BYTES_MAX;
        for (last, said) in [(max, "65536"), (max + 1, "too long"), (5 * max, "too long")] {
            for end in ["", "\n", "\r\n"] {
                if last == max && end == "\r\n" {
                    continue;
                }
                let text = format!("a\n{}\nb\n{}{end}", long(3 * max), long(last));
                let expected = ["1 a", "2 too long", "3 b", &format!("4 {said}")];
                for size in [1000, max, max + 1, 4 * max, text.len()] {
                    let pieces = text.as_bytes().chunks(size);
                    let pieces = pieces.map(|piece| String::from_utf8(piece.to_vec()).unwrap());
                    assert_eq!(lines(pieces.collect()).await, expected, "{last} {size}");
                }
            }
        }
    }
}
