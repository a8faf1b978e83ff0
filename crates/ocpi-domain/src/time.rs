//! The `DateTime` of OCPI: UTC, milliseconds, read tolerantly and written strictly.
//!
//! Spec: 2.3.0 types, `DateTime`.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment in UTC, with a resolution of one millisecond, in the years 0 to 9999.
///
/// Reads RFC 3339 with or without a zone (none = UTC), any offset, and 1 to 9 fraction digits,
/// of which three are kept. Writes `2024-01-01T00:00:00Z`, and milliseconds only when they are
/// not zero.
///
/// ```
/// use ocpi_domain::DateTime;
/// let moment: DateTime = "2024-01-01T01:00:00.120999+01:00".parse()?;
/// assert_eq!(moment.to_string(), "2024-01-01T00:00:00.120Z");
/// # Ok::<(), ocpi_domain::InvalidDateTime>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateTime(i64);

/// A text or number that is no moment which OCPI can express.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a date and time like 2024-01-01T00:00:00Z")]
pub struct InvalidDateTime;

/// The first millisecond of year 0.
const FIRST_MS: i64 = -62_167_219_200_000;
/// The last millisecond of year 9999.
const LAST_MS: i64 = 253_402_300_799_999;

impl DateTime {
    /// The moment `ms` milliseconds after 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    ///
    /// [`InvalidDateTime`] outside the years 0 to 9999, which OCPI cannot write.
    pub fn from_unix_ms(ms: i64) -> Result<DateTime, InvalidDateTime> {
        if (FIRST_MS..=LAST_MS).contains(&ms) {
            Ok(DateTime(ms))
        } else {
            Err(InvalidDateTime)
        }
    }

    /// The last moment that OCPI can express.
    pub const MAX: DateTime = DateTime(LAST_MS);

    /// 1970-01-01T00:00:00Z.
    pub const UNIX_EPOCH: DateTime = DateTime(0);

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn unix_ms(self) -> i64 {
        self.0
    }

    /// Milliseconds from `earlier` to this moment; negative when `earlier` is later.
    pub fn ms_since(self, earlier: DateTime) -> i64 {
        self.0 - earlier.0
    }

    /// The moment so many milliseconds later, or the nearest that can be written.
    #[must_use]
    pub fn plus_ms(self, ms: i64) -> DateTime {
        let ms = self.0.saturating_add(ms);
        DateTime(ms.clamp(FIRST_MS, LAST_MS))
    }

    /// Writes the text of the moment into `buffer`, for those to whom formatting is too slow.
    pub fn encode(self, buffer: &mut [u8; DateTime::TEXT_MAX]) -> &str {
        write(self.naive(), buffer)
    }

    /// The most characters of the text of a moment, as `2024-01-01T00:00:00.000Z`: within the 25
    /// that the specification grants.
    pub const TEXT_MAX: usize = 24;

    fn naive(self) -> NaiveDateTime {
        chrono::DateTime::from_timestamp_millis(self.0)
            .unwrap_or_default()
            .naive_utc()
    }
}

impl From<DateTime> for chrono::DateTime<chrono::Utc> {
    fn from(moment: DateTime) -> chrono::DateTime<chrono::Utc> {
        moment.naive().and_utc()
    }
}

impl TryFrom<chrono::DateTime<chrono::Utc>> for DateTime {
    type Error = InvalidDateTime;

    fn try_from(moment: chrono::DateTime<chrono::Utc>) -> Result<DateTime, InvalidDateTime> {
        DateTime::from_unix_ms(moment.timestamp_millis())
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut buffer = [0; DateTime::TEXT_MAX];
        f.pad(self.encode(&mut buffer))
    }
}

impl fmt::Debug for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Writes digits by hand: this is on the path of every answer, where chrono's format strings
/// would cost more than the rest of the envelope.
fn write(moment: NaiveDateTime, buffer: &mut [u8; DateTime::TEXT_MAX]) -> &str {
    *buffer = *b"0000-00-00T00:00:00.000Z";
    digits(&mut buffer[0..4], moment.year().unsigned_abs());
    digits(&mut buffer[5..7], moment.month());
    digits(&mut buffer[8..10], moment.day());
    digits(&mut buffer[11..13], moment.hour());
    digits(&mut buffer[14..16], moment.minute());
    digits(&mut buffer[17..19], moment.second());
    let ms = moment.nanosecond() / 1_000_000;
    let length = if ms == 0 {
        buffer[19] = b'Z';
        20
    } else {
        digits(&mut buffer[20..23], ms);
        DateTime::TEXT_MAX
    };
    std::str::from_utf8(&buffer[..length]).unwrap_or_default()
}

fn digits(place: &mut [u8], mut value: u32) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + u8::try_from(value % 10).unwrap_or_default();
        value /= 10;
    }
}

impl FromStr for DateTime {
    type Err = InvalidDateTime;

    fn from_str(text: &str) -> Result<DateTime, InvalidDateTime> {
        parse(text.as_bytes()).ok_or(InvalidDateTime)
    }
}

fn parse(text: &[u8]) -> Option<DateTime> {
    let (head, tail) = text.split_at_checked(19)?;
    let separators = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
    if separators.iter().any(|&(place, byte)| head[place] != byte)
        || !matches!(head[10], b'T' | b't')
    {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(
        i32::try_from(number(&head[0..4])?).ok()?,
        number(&head[5..7])?,
        number(&head[8..10])?,
    )?;
    let (ms, zone) = fraction(tail)?;
    let time = NaiveTime::from_hms_milli_opt(
        number(&head[11..13])?,
        number(&head[14..16])?,
        number(&head[17..19])?,
        ms,
    )?;
    let local_ms = date.and_time(time).and_utc().timestamp_millis();
    DateTime::from_unix_ms(local_ms - offset_ms(zone)?).ok()
}

fn number(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0, |value, byte| {
        byte.is_ascii_digit()
            .then(|| value * 10 + u32::from(byte - b'0'))
    })
}

/// Milliseconds of an optional fraction of 1 to 9 digits, and what follows it.
fn fraction(tail: &[u8]) -> Option<(u32, &[u8])> {
    let Some(rest) = tail.strip_prefix(b".") else {
        return Some((0, tail));
    };
    let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if !(1..=9).contains(&count) {
        return None;
    }
    let ms = [100, 10, 1]
        .iter()
        .zip(&rest[..count])
        .map(|(unit, d)| unit * u32::from(d - b'0'));
    Some((ms.sum(), &rest[count..]))
}

/// The zone's distance from UTC: nothing, `Z`, `+01:00`, `+0100` or `+01`.
fn offset_ms(zone: &[u8]) -> Option<i64> {
    let (sign, rest) = match zone {
        [] | [b'Z' | b'z'] => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = match rest {
        [h1, h2] => (number(&[*h1, *h2])?, 0),
        [h1, h2, m1, m2] | [h1, h2, b':', m1, m2] => (number(&[*h1, *h2])?, number(&[*m1, *m2])?),
        _ => return None,
    };
    (hours < 24 && minutes < 60).then(|| sign * i64::from(hours * 60 + minutes) * 60_000)
}

impl Serialize for DateTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut buffer = [0; DateTime::TEXT_MAX];
        serializer.serialize_str(self.encode(&mut buffer))
    }
}

impl<'de> Deserialize<'de> for DateTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<DateTime, D::Error> {
        crate::parse::string(deserializer, "a DateTime string", str::parse::<DateTime>)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds: T-66.
    #[test]
    fn is_written_in_utc_with_milliseconds_only_when_there_are_any() {
        for (text, written) in [
            ("2024-02-29T23:59:59Z", "2024-02-29T23:59:59Z"),
            ("2024-02-29T23:59:59.000Z", "2024-02-29T23:59:59Z"),
            ("2024-02-29T23:59:59.5Z", "2024-02-29T23:59:59.500Z"),
            ("1969-12-31T23:59:59.007Z", "1969-12-31T23:59:59.007Z"),
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
            ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
        ] {
            let moment: DateTime = text.parse().unwrap();
            assert_eq!(moment.to_string(), written);
            assert_eq!(
                serde_json::to_string(&moment).unwrap(),
                format!("\"{written}\"")
            );
        }
    }

    /// Holds: T-67, Q-10.
    #[test]
    fn is_read_with_and_without_zone_and_with_nine_fraction_digits() {
        for (text, written) in [
            ("2024-01-01T00:00:00", "2024-01-01T00:00:00Z"),
            ("2024-01-01T00:00:00.1", "2024-01-01T00:00:00.100Z"),
            ("2024-01-01T00:00:00.123456789Z", "2024-01-01T00:00:00.123Z"),
            ("2024-01-01T00:00:00.999999999", "2024-01-01T00:00:00.999Z"),
        ] {
            assert_eq!(text.parse::<DateTime>().unwrap().to_string(), written);
        }
    }

    /// Holds: T-68, Q-10.
    #[test]
    fn is_read_in_lower_case_and_with_an_offset() {
        for (text, written) in [
            ("2024-01-01t00:00:00z", "2024-01-01T00:00:00Z"),
            ("2024-01-01T00:00:00+00:00", "2024-01-01T00:00:00Z"),
            ("2024-01-01T00:30:00+01:00", "2023-12-31T23:30:00Z"),
            ("2023-12-31T20:30:00.25-0330", "2024-01-01T00:00:00.250Z"),
            ("2024-01-01T05:00:00+05", "2024-01-01T00:00:00Z"),
        ] {
            assert_eq!(text.parse::<DateTime>().unwrap().to_string(), written);
        }
    }

    /// Holds: T-68, T-34.
    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "2024-01-01",
            "1704067200",
            "2024-01-01 00:00:00Z",
            "2024-13-01T00:00:00Z",
            "2023-02-29T00:00:00Z",
            "2024-01-01T24:00:00Z",
            "2024-01-01T00:60:00Z",
            "2024-01-01T00:00:00.Z",
            "2024-01-01T00:00:00.1234567890Z",
            "2024-01-01T00:00:00ZZ",
            "2024-01-01T00:00:00+25:00",
            "2024-01-01T00:00:00+1:00",
            "+024-01-01T00:00:00Z",
            "0000-01-01T00:00:00+01:00",
            "2024-01-01T00:00:0é",
        ] {
            assert_eq!(text.parse::<DateTime>(), Err(InvalidDateTime), "{text:?}");
        }
        assert!(serde_json::from_str::<DateTime>("1704067200").is_err());
    }
}
