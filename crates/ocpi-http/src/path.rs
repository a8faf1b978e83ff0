//! The segments of a path.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// The segments of `path`, split first and decoded after: `%2F` inside a segment is data. Empty
/// segments do not count, so a trailing slash changes nothing.
pub(crate) fn segments(path: &str) -> Vec<Cow<'_, str>> {
    let mut segments = Vec::with_capacity(8);
    let parts = path.split('/').filter(|part| !part.is_empty());
    if path.contains('%') {
        segments.extend(parts.map(decoded));
    } else {
        segments.extend(parts.map(Cow::Borrowed));
    }
    segments
}

/// `text` with its percent escapes resolved. Bytes that are no UTF-8 become U+FFFD, which no
/// identifier may hold.
pub(crate) fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

/// What needs no escape in a query.
const UNRESERVED: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b':');

/// `text` fit for the value of a query parameter.
pub(crate) fn encoded(text: &str) -> impl std::fmt::Display + '_ {
    utf8_percent_encode(text, &UNRESERVED)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds: T-93, T-94.
    #[test]
    fn paths_are_split_before_they_are_decoded_and_empty_segments_do_not_count() {
        for path in ["/a/b%2Fc/d", "/a/b%2fc/d/", "//a///b%2Fc/d//", "a/b%2Fc/d"] {
            assert_eq!(segments(path), ["a", "b/c", "d"], "{path}");
        }
        assert_eq!(segments("/%20%C3%A9"), [" é"]);
        assert_eq!(segments("/%FF%zz"), ["\u{fffd}%zz"]);
        assert!(segments("/").is_empty());
    }
}
