//! The segments of a path.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// `text` with its percent escapes resolved. Bytes that are no UTF-8 become U+FFFD, which no
/// identifier may hold.
pub(crate) fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

/// The values of the places `{name}` of a template.
pub(crate) type Places<'p> = Vec<(&'static str, Cow<'p, str>)>;

/// What `path` has at the places of `template`; `None` when it is not made like it. Both are
/// split first, and what is at a place is decoded after: `%2F` inside a segment is data. A place
/// is never empty.
pub(crate) fn matched<'p>(template: &'static str, path: &'p str) -> Option<Places<'p>> {
    let mut segments = path.split('/');
    let mut places = Vec::new();
    for expected in template.split('/') {
        let segment = segments.next()?;
        match expected
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'))
        {
            Some(_) if segment.is_empty() => return None,
            Some(name) => places.push((name, decoded(segment))),
            None if segment == expected => {}
            None => return None,
        }
    }
    segments.next().is_none().then_some(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(path: &str) -> Option<Vec<String>> {
        let places = matched("/a/{one}/b/{two}", path)?;
        Some(
            places
                .into_iter()
                .map(|(_, value)| value.into_owned())
                .collect(),
        )
    }

    #[test]
    fn paths_are_split_before_they_are_decoded() {
        for (path, expected) in [
            ("/a/1/b/2", ["1", "2"]),
            ("/a/x%2Fy/b/%2f", ["x/y", "/"]),
            ("/a/%C3%A9/b/a%20b", ["é", "a b"]),
            ("/a/%FF/b/%zz", ["\u{fffd}", "%zz"]),
        ] {
            assert_eq!(places(path).unwrap(), expected, "{path}");
        }
    }

    #[test]
    fn another_path_does_not_match() {
        for path in [
            "",
            "/",
            "/a/1/b",
            "/a/1/b/",
            "/a//b/2",
            "/a/1/b/2/",
            "//a/1/b/2",
            "/a/1/c/2",
            "a/1/b/2",
            "/A/1/b/2",
            "/%61/1/b/2",
            "/a%2F1/b/2",
        ] {
            assert_eq!(places(path), None, "{path}");
        }
    }
}
