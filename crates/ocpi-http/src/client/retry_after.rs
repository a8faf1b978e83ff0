//! How long a peer wants to be left alone.
//!
//! Spec: none of OCPI; RFC 9110, section 10.2.3.

use std::time::Duration;

use http::HeaderMap;
use http::header::{DATE, HeaderName, RETRY_AFTER};

/// The longest that a peer is left alone for its own word: a slip of its pen must not end the
/// exchange with it.
const LONGEST: Duration = Duration::from_hours(1);

/// What `Retry-After` says, at most an hour; `None` when it says nothing that can be read.
///
/// A date counts from the `Date` of the same answer: what matters is how long it is until then, and
/// the two clocks may differ.
pub(super) fn of(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: HeaderName| Some(headers.get(name)?.to_str().ok()?.trim());
    let said = text(RETRY_AFTER)?;
    let wait = if is_number(said) {
        // More digits than a number holds are a long time, too.
        said.parse().map_or(LONGEST, Duration::from_secs)
    } else {
        let until = httpdate::parse_http_date(said).ok()?;
        let now = httpdate::parse_http_date(text(DATE)?).ok()?;
        until.duration_since(now).unwrap_or_default()
    };
    Some(wait.min(LONGEST))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn wait(said: &str, date: Option<&str>) -> Option<u64> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_str(said).unwrap());
        if let Some(date) = date {
            headers.insert(DATE, HeaderValue::from_str(date).unwrap());
        }
        of(&headers).map(|wait| wait.as_secs())
    }

    /// Holds: T-48.
    #[test]
    fn seconds_and_dates_are_read_and_an_hour_is_the_most() {
        let noon = "Sun, 22 Nov 2026 12:00:00 GMT";
        for (said, expected) in [
            ("0", Some(0)),
            (" 17 ", Some(17)),
            ("3600", Some(3600)),
            ("3601", Some(3600)),
            ("99999999999999999999999", Some(3600)),
            ("Sun, 22 Nov 2026 12:00:30 GMT", Some(30)),
            ("Sunday, 22-Nov-26 12:01:00 GMT", Some(60)),
            ("Mon, 23 Nov 2026 12:00:00 GMT", Some(3600)),
            ("Sun, 22 Nov 2026 11:59:00 GMT", Some(0)),
            ("", None),
            ("-1", None),
            ("+5", None),
            ("1.5", None),
            ("soon", None),
        ] {
            assert_eq!(wait(said, Some(noon)), expected, "{said}");
        }
    }

    /// Holds: T-48.
    #[test]
    fn a_date_says_nothing_without_the_time_that_the_peer_has() {
        let said = "Sun, 22 Nov 2026 12:00:30 GMT";
        assert_eq!(wait(said, None), None);
        assert_eq!(wait(said, Some("now")), None);
        assert_eq!(wait("30", None), Some(30));
        assert_eq!(of(&HeaderMap::new()), None);
    }
}
