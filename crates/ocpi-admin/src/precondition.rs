//! Writes that must follow what their writer has read.
//!
//! Spec: RFC 9110, sections 8.8.3 and 13.1.1.

use http::header::{ETAG, IF_MATCH};
use http::{HeaderMap, HeaderValue};
use ocpi_app::OperatorError;
use ocpi_domain::Revision;

use crate::answer::{self, Answer};
use crate::failure::Failure;

/// The answer, with the revision that it shows or left behind.
pub(crate) fn with_etag(answer: Answer, revision: Revision) -> Answer {
    match HeaderValue::from_str(&format!("\"{}\"", revision.0)) {
        Ok(etag) => answer::with_header(answer, ETAG, etag),
        Err(_) => answer,
    }
}

/// The revision that the write must follow; `None` when the writer did not say.
///
/// # Errors
///
/// [`Failure::Invalid`] for anything but one entity tag. [`OperatorError::Changed`] for one that
/// we never gave: it matches nothing.
pub(crate) fn follows(headers: &HeaderMap) -> Result<Option<Revision>, Failure> {
    let mut values = headers.get_all(IF_MATCH).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let tag = value
        .to_str()
        .ok()
        .filter(|_| values.next().is_none())
        .and_then(opaque_tag)
        .ok_or_else(|| {
            Failure::invalid("If-Match", "must be the one ETag of an answer, like \"7\"")
        })?;
    match tag.parse() {
        Ok(revision) if tag.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok(Some(Revision(revision)))
        }
        _ => Err(OperatorError::Changed.into()),
    }
}

/// What stands between the quotes of a strong entity tag.
fn opaque_tag(value: &str) -> Option<&str> {
    let tag = value.trim_ascii().strip_prefix('"')?.strip_suffix('"')?;
    (!tag.contains('"')).then_some(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(IF_MATCH, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn an_etag_that_was_given_is_understood() {
        let answer = with_etag(answer::deleted(), Revision(42));
        let given = answer.headers()[ETAG].to_str().unwrap().to_owned();
        assert_eq!(follows(&headers(&[&given])).unwrap(), Some(Revision(42)));
        assert_eq!(follows(&HeaderMap::new()).unwrap(), None);
    }

    #[test]
    fn an_etag_that_was_never_given_matches_nothing() {
        for value in ["\"\"", "\"abc\"", "\"+1\"", "\"99999999999999999999\""] {
            let refused = follows(&headers(&[value])).unwrap_err();
            assert!(
                matches!(refused, Failure::Operator(OperatorError::Changed)),
                "{value}"
            );
        }
    }

    #[test]
    fn what_is_not_one_strong_etag_is_refused() {
        for values in [
            &["*"][..],
            &["7"],
            &[""],
            &["\"7"],
            &["\""],
            &["W/\"7\""],
            &["\"7\", \"8\""],
            &["\"7\"", "\"7\""],
        ] {
            let refused = follows(&headers(values)).unwrap_err();
            assert!(matches!(refused, Failure::Invalid(_)), "{values:?}");
        }
    }
}
