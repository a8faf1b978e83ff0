//! The URL of a call: a peer's endpoint, and what is addressed below it.

use http::Uri;
use ocpi_domain::OcpiUrl;
use ocpi_ports::RemoteError;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What needs no escape in a segment or a value, RFC 3986.
const UNRESERVED: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The URL of `segments` below `endpoint`, with `parameters` in its query. One slash stands between
/// them, and what the peer's own URL asks for stays.
///
/// # Errors
///
/// [`RemoteError::Unreachable`] for an endpoint that no request can be sent to.
pub(super) fn below(
    endpoint: &OcpiUrl,
    segments: &[&str],
    parameters: &[(&str, &str)],
) -> Result<Uri, RemoteError> {
    let (path, query) = match endpoint.as_str().split_once('?') {
        Some((path, query)) => (path, query),
        None => (endpoint.as_str(), ""),
    };
    let mut url = match segments {
        [] => path.to_owned(),
        _ => path.trim_end_matches('/').to_owned(),
    };
    for segment in segments {
        url.push('/');
        push_segment(&mut url, segment);
    }
    let theirs = Some(query.to_owned()).filter(|query| !query.is_empty());
    let ours = parameters
        .iter()
        .map(|(name, value)| format!("{name}={}", escaped(value)));
    for (index, part) in theirs.into_iter().chain(ours).enumerate() {
        url.push(if index == 0 { '?' } else { '&' });
        url.push_str(&part);
    }
    url.parse()
        .map_err(|error: http::uri::InvalidUri| RemoteError::Unreachable {
            url: shown_text(endpoint.as_str()).to_owned(),
            reason: format!("it is no URL that a request can be sent to: {error}"),
        })
}

/// Dots alone would be a step in the path, and not a name.
fn push_segment(url: &mut String, segment: &str) {
    if matches!(segment, "." | "..") {
        url.push_str(&segment.replace('.', "%2E"));
    } else {
        url.push_str(&escaped(segment));
    }
}

fn escaped(text: &str) -> String {
    utf8_percent_encode(text, &UNRESERVED).to_string()
}

/// A URL for an error or a log: without its query, which may hold what is nobody's business.
pub(super) fn shown(url: &Uri) -> String {
    let scheme = url.scheme_str().unwrap_or_default();
    let authority = url.authority().map_or("", |authority| authority.as_str());
    format!("{scheme}://{authority}{}", url.path())
}

/// The same of a URL, or a reference, that is a text: without its fragment too.
pub(super) fn shown_text(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(endpoint: &str, segments: &[&str], parameters: &[(&str, &str)]) -> String {
        let endpoint = OcpiUrl::new(endpoint).unwrap();
        below(&endpoint, segments, parameters).unwrap().to_string()
    }

    /// Holds: T-95, Q-08.
    #[test]
    fn one_slash_joins_an_endpoint_and_its_query_stays() {
        let none = &[][..];
        let rfid = &[("type", "RFID")][..];
        for (endpoint, segments, parameters, expected) in [
            (
                "https://h/tokens",
                &["a", "b"][..],
                none,
                "https://h/tokens/a/b",
            ),
            ("https://h/tokens/", &["a"], none, "https://h/tokens/a"),
            (
                "https://h/tokens//",
                &["a"],
                rfid,
                "https://h/tokens/a?type=RFID",
            ),
            ("https://h", &["a"], rfid, "https://h/a?type=RFID"),
            (
                "https://h/?k=1/&l",
                &["a"],
                rfid,
                "https://h/a?k=1/&l&type=RFID",
            ),
            ("https://h?k=1", &["a"], none, "https://h/a?k=1"),
            ("https://h/x?", &["a"], rfid, "https://h/x/a?type=RFID"),
            ("https://h/x/", &[], none, "https://h/x/"),
            ("https://h/x?k=1", &[], none, "https://h/x?k=1"),
            (
                "https://h/x",
                &[],
                &[("limit", "2"), ("date_to", "a:b")],
                "https://h/x?limit=2&date_to=a%3Ab",
            ),
        ] {
            assert_eq!(
                joined(endpoint, segments, parameters),
                expected,
                "{endpoint}"
            );
        }
    }

    /// Holds: T-94.
    #[test]
    fn every_segment_and_value_is_encoded() {
        let segments = ["a/b", "ä ?#%", "..", "-._~", "a:@&=+$,;!*'()"];
        assert_eq!(
            joined("https://h/t", &segments, &[("type", "A&B=C D+é")]),
            "https://h/t/a%2Fb/%C3%A4%20%3F%23%25/%2E%2E/-._~/\
             a%3A%40%26%3D%2B%24%2C%3B%21%2A%27%28%29?type=A%26B%3DC%20D%2B%C3%A9"
        );
    }

    /// Holds: T-13.
    #[test]
    fn a_query_is_not_shown() {
        let url: Uri = "https://h:1/a/b?key=secret".parse().unwrap();
        assert_eq!(shown(&url), "https://h:1/a/b");
        for text in ["../b?key=secret", "../b#key=secret", "../b"] {
            assert_eq!(shown_text(text), "../b");
        }
    }

    /// Holds: T-13.
    #[test]
    fn an_endpoint_that_cannot_be_called_is_told_without_its_query() {
        let long = "a".repeat(70_000);
        let endpoint = OcpiUrl::new("https://h/a?key=secret").unwrap();
        let error = below(&endpoint, &[&long], &[]).unwrap_err();
        let RemoteError::Unreachable { url, reason } = error else {
            panic!("{error}");
        };
        assert_eq!(url, "https://h/a");
        assert!(!reason.contains("secret"), "{reason}");
    }
}
