//! Random names in the form of a UUID.

use std::sync::Arc;

/// The text of a version 4 UUID made of 16 random bytes: 36 ASCII characters.
///
/// Spec: RFC 9562, sections 4 and 5.4.
pub(crate) fn text(mut random: [u8; 16]) -> Arc<str> {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    random[6] = random[6] & 0x0f | 0x40;
    random[8] = random[8] & 0x3f | 0x80;
    let mut text = *b"00000000-0000-0000-0000-000000000000";
    let mut place = 0;
    for byte in random {
        if text[place] == b'-' {
            place += 1;
        }
        text[place] = HEX[usize::from(byte >> 4)];
        text[place + 1] = HEX[usize::from(byte & 0x0f)];
        place += 2;
    }
    str::from_utf8(&text).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    /// Holds: E-26, T-81.
    #[test]
    fn random_bytes_become_a_version_4_uuid() {
        assert_eq!(
            &*super::text([0; 16]),
            "00000000-0000-4000-8000-000000000000"
        );
        assert_eq!(
            &*super::text([0xff; 16]),
            "ffffffff-ffff-4fff-bfff-ffffffffffff"
        );
        assert_eq!(
            &*super::text(*b"0123456789abcdef"),
            "30313233-3435-4637-b839-616263646566",
        );
    }
}
