//! Writing JSON objects, member by member.
//!
//! An answer to an authorize request is mostly text that needs no escapes under names that are
//! known. A general serialiser looks at every byte of both, which cost more than the decision.

use ocpi_domain::DateTime;
use serde::Serialize;

/// An object that is being written at the end of a buffer.
pub(crate) struct ObjectWriter<'a> {
    out: &'a mut Vec<u8>,
    is_empty: bool,
}

impl<'a> ObjectWriter<'a> {
    /// Begins an object.
    pub(crate) fn begin(out: &'a mut Vec<u8>) -> ObjectWriter<'a> {
        out.push(b'{');
        ObjectWriter {
            out,
            is_empty: true,
        }
    }

    /// Ends the object.
    pub(crate) fn end(self) {
        self.out.push(b'}');
    }

    /// Writes a member whose value is a text.
    pub(crate) fn text(&mut self, name: &'static str, value: &str) {
        write_text(self.name(name), value);
    }

    /// Writes a member whose value is a text, when there is one.
    pub(crate) fn optional_text(&mut self, name: &'static str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// Writes a member whose value is a moment.
    pub(crate) fn moment(&mut self, name: &'static str, value: DateTime) {
        let mut buffer = [0; DateTime::TEXT_MAX];
        self.text(name, value.encode(&mut buffer));
    }

    /// Writes a member whose value is JSON already: a number, `true`, or what came as JSON.
    pub(crate) fn json(&mut self, name: &'static str, value: &str) {
        self.name(name).extend_from_slice(value.as_bytes());
    }

    /// Writes a member whose value another function writes.
    pub(crate) fn with(&mut self, name: &'static str, write: impl FnOnce(&mut Vec<u8>)) {
        write(self.name(name));
    }

    /// Writes a member whose name came from outside.
    pub(crate) fn foreign(&mut self, name: &str, json: &str) {
        self.comma();
        write_text(self.out, name);
        self.out.push(b':');
        self.out.extend_from_slice(json.as_bytes());
    }

    /// Writes a name of ours, which needs no escapes.
    fn name(&mut self, name: &'static str) -> &mut Vec<u8> {
        self.comma();
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    fn comma(&mut self) {
        if !std::mem::take(&mut self.is_empty) {
            self.out.push(b',');
        }
    }
}

/// Writes an object that is not worth a writer of its own.
pub(crate) fn write_json(out: &mut Vec<u8>, object: &impl Serialize) {
    if let Err(error) = serde_json::to_writer(&mut *out, object) {
        // Our own types always serialise; were one not to, half an object would be no JSON.
        tracing::error!(%error, "an answer could not be written");
    }
}

/// Writes a list whose elements another function writes.
pub(crate) fn write_list<T>(
    out: &mut Vec<u8>,
    elements: impl IntoIterator<Item = T>,
    write: impl Fn(&mut Vec<u8>, T),
) {
    out.push(b'[');
    for (index, element) in elements.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(out, element);
    }
    out.push(b']');
}

/// Writes a text; only one that needs escapes takes the long way.
pub(crate) fn write_text(out: &mut Vec<u8>, text: &str) {
    if needs_escapes(text.as_bytes()) {
        out.extend_from_slice(serde_json::Value::from(text).to_string().as_bytes());
    } else {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    }
}

/// Whether a text holds what JSON escapes: a quote, a backslash, or a control character. Looks at
/// eight bytes at once, since most texts have some more.
fn needs_escapes(text: &[u8]) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH_BITS: u64 = ONES << 7;
    // The high bit of each byte below `limit`; bytes of 128 and more are never.
    let below =
        |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word & HIGH_BITS;
    let equal = |word: u64, byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    let escapes = |word| (below(word, b' ') | equal(word, b'"') | equal(word, b'\\')) != 0;
    let (words, rest) = text.as_chunks::<8>();
    let mut last = [b' '; 8];
    last[..rest.len()].copy_from_slice(rest);
    words.iter().any(|word| escapes(u64::from_le_bytes(*word))) || escapes(u64::from_le_bytes(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds: T-20.
    #[test]
    fn every_character_at_every_place_is_written_as_serde_writes_it() {
        for character in
            (0..=0x17f)
                .filter_map(char::from_u32)
                .chain(['\u{2028}', '日', '\u{10ffff}'])
        {
            for place in 0..20 {
                let text = format!("{}{character}{}", "a".repeat(place), "b".repeat(19 - place));
                let mut written = Vec::new();
                write_text(&mut written, &text);
                assert_eq!(
                    String::from_utf8(written).unwrap(),
                    serde_json::to_string(&text).unwrap(),
                );
            }
        }
    }
}
