//! Random names in the form of a UUID.

use std::sync::Arc;

/// The text of a version 4 UUID made of 16 random bytes: 36 ASCII characters.
///
/// Spec: RFC 9562, section 5.4.
pub(crate) fn random_text(random: [u8; 16]) -> Arc<str> {
    text(random, 4)
}

/// The text of a version 7 UUID: the moment, milliseconds since 1970, before 74 random bits, so
/// that texts sort by their time. A moment outside its 48 bits is cut to the nearest one inside.
///
/// Spec: RFC 9562, section 5.7.
pub(crate) fn timed_text(unix_ms: i64, mut random: [u8; 16]) -> Arc<str> {
    const MS_MAX: u64 = (1 << 48) - 1;
    let ms = u64::try_from(unix_ms).unwrap_or(0).min(MS_MAX);
    random[..6].copy_from_slice(&ms.to_be_bytes()[2..]);
    text(random, 7)
}

/// The text of a UUID of that version.
///
/// Spec: RFC 9562, section 4.
fn text(mut bytes: [u8; 16], version: u8) -> Arc<str> {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    bytes[6] = bytes[6] & 0x0f | version << 4;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut text = *b"00000000-0000-0000-0000-000000000000";
    let mut place = 0;
    for byte in bytes {
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
    use super::{random_text, timed_text};

    /// Holds: E-26, T-81.
    #[test]
    fn random_bytes_become_a_version_4_uuid() {
        assert_eq!(
            &*random_text([0; 16]),
            "00000000-0000-4000-8000-000000000000"
        );
        assert_eq!(
            &*random_text([0xff; 16]),
            "ffffffff-ffff-4fff-bfff-ffffffffffff"
        );
        assert_eq!(
            &*random_text(*b"0123456789abcdef"),
            "30313233-3435-4637-b839-616263646566",
        );
    }

    /// Holds: E-26.
    #[test]
    fn a_moment_and_random_bytes_become_a_version_7_uuid() {
        // The example of RFC 9562, appendix A.6: 2022-02-22T19:22:22Z.
        let random = [
            0, 0, 0, 0, 0, 0, 0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f,
        ];
        assert_eq!(
            &*timed_text(0x017F_22E2_79B0, random),
            "017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
        );
        assert_eq!(
            &*timed_text(1, [0xff; 16]),
            "00000000-0001-7fff-bfff-ffffffffffff"
        );
    }

    /// Holds: E-26.
    #[test]
    fn a_moment_that_does_not_fit_is_cut_and_nothing_else_is_lost() {
        for before_1970 in [-1, i64::MIN] {
            assert_eq!(
                &*timed_text(before_1970, [0xff; 16]),
                "00000000-0000-7fff-bfff-ffffffffffff",
            );
        }
        for too_late in [1 << 48, i64::MAX] {
            assert_eq!(
                &*timed_text(too_late, [0; 16]),
                "ffffffff-ffff-7000-8000-000000000000",
            );
        }
    }
}
