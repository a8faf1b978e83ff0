//! Random names in the form of a UUID.

/// The text of a version 4 UUID made of 16 random bytes: 36 ASCII characters.
///
/// Spec: RFC 9562, sections 4 and 5.4.
pub(crate) fn text(mut random: [u8; 16]) -> String {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    random[6] = random[6] & 0x0f | 0x40;
    random[8] = random[8] & 0x3f | 0x80;
    let mut text = String::with_capacity(36);
    for (index, byte) in random.into_iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push(char::from(HEX[usize::from(byte >> 4)]));
        text.push(char::from(HEX[usize::from(byte & 0x0f)]));
    }
    text
}

#[cfg(test)]
mod tests {
    /// Holds: E-26, T-81.
    #[test]
    fn random_bytes_become_a_version_4_uuid() {
        assert_eq!(super::text([0; 16]), "00000000-0000-4000-8000-000000000000");
        assert_eq!(
            super::text([0xff; 16]),
            "ffffffff-ffff-4fff-bfff-ffffffffffff"
        );
        assert_eq!(
            super::text(*b"0123456789abcdef"),
            "30313233-3435-4637-b839-616263646566",
        );
    }
}
