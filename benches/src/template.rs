//! Requests built once, with slots of a fixed width that are filled in for each token.

/// The longest text that a slot takes.
const WIDTH_MAX: usize = 14;

/// What a slot takes.
#[derive(Clone, Copy)]
enum Slot {
    /// The uid of an RFID chip of seven bytes: `04` and twelve hexadecimal digits.
    Uid,
    /// The token's number.
    Number,
    /// The number of its group: four tokens have the same.
    Group,
    /// The number of the request.
    Request,
}

impl Slot {
    const ALL: [Slot; 4] = [Slot::Uid, Slot::Number, Slot::Group, Slot::Request];

    fn marker(self) -> &'static str {
        match self {
            Slot::Uid => "{uid}",
            Slot::Number => "{number}",
            Slot::Group => "{group}",
            Slot::Request => "{request}",
        }
    }

    fn width(self) -> usize {
        match self {
            Slot::Uid => WIDTH_MAX,
            Slot::Number | Slot::Group | Slot::Request => 9,
        }
    }

    fn write(self, token: u64, request: u64, place: &mut [u8]) {
        match self {
            Slot::Uid => {
                place[..2].copy_from_slice(b"04");
                digits(&mut place[2..], scattered(token), 16);
            }
            Slot::Number => digits(place, token, 10),
            Slot::Group => digits(place, token / 4, 10),
            Slot::Request => digits(place, request, 10),
        }
    }
}

/// A number of 48 bits for each token, none twice and in no order, as chips are numbered: the
/// factor is odd, so the product differs for each.
fn scattered(token: u64) -> u64 {
    token.wrapping_mul(0x9E37_79B9_7F4B) & 0xFFFF_FFFF_FFFF
}

fn digits(place: &mut [u8], mut value: u64, base: u64) {
    for digit in place.iter_mut().rev() {
        let rest = usize::try_from(value % base).unwrap_or_default();
        *digit = b"0123456789ABCDEF"[rest];
        value /= base;
    }
}

/// Bytes with slots.
#[derive(Clone)]
pub(crate) struct Template {
    bytes: Vec<u8>,
    slots: Vec<(usize, Slot)>,
}

impl Template {
    /// Reads `{uid}`, `{number}`, `{group}` and `{request}` as slots, all else as it stands.
    pub(crate) fn new(text: &str) -> Template {
        let mut template = Template {
            bytes: Vec::with_capacity(text.len()),
            slots: Vec::new(),
        };
        let mut rest = text;
        while let Some((place, slot)) = Slot::ALL
            .into_iter()
            .filter_map(|slot| Some((rest.find(slot.marker())?, slot)))
            .min_by_key(|(place, _)| *place)
        {
            template.bytes.extend_from_slice(&rest.as_bytes()[..place]);
            template.slots.push((template.bytes.len(), slot));
            template
                .bytes
                .extend_from_slice(&[b'0'; WIDTH_MAX][..slot.width()]);
            rest = &rest[place + slot.marker().len()..];
        }
        template.bytes.extend_from_slice(rest.as_bytes());
        template
    }

    /// The length, the same for every token.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Writes the text of this token and request over what `out` held.
    pub(crate) fn fill(&self, token: u64, request: u64, out: &mut Vec<u8>) {
        out.clear();
        out.extend_from_slice(&self.bytes);
        for &(place, slot) in &self.slots {
            slot.write(token, request, &mut out[place..place + slot.width()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn filled(text: &str, token: u64, request: u64) -> String {
        let mut out = b"what was there".to_vec();
        Template::new(text).fill(token, request, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_slot_is_filled_at_its_place_and_braces_of_json_stay() {
        assert_eq!(
            filled(r#"{"a":"{number}","b":{"c":"{group}-{request}"}}"#, 42, 7),
            r#"{"a":"000000042","b":{"c":"000000010-000000007"}}"#
        );
        assert_eq!(filled("{uid}", 1, 0), "049E3779B97F4B");
        assert_eq!(filled("no slot", 1, 0), "no slot");
    }

    #[test]
    fn each_token_has_a_uid_of_its_own() {
        let uids: HashSet<String> = (0..10_000).map(|token| filled("{uid}", token, 0)).collect();
        assert_eq!(uids.len(), 10_000);
        assert!(uids.iter().all(|uid| uid.len() == 14));
    }

    #[test]
    fn the_length_does_not_depend_on_the_token() {
        let template = Template::new("{uid}/{number}");
        let mut out = Vec::new();
        template.fill(99_999_999, 123_456_789, &mut out);
        assert_eq!(out.len(), template.len());
    }
}
