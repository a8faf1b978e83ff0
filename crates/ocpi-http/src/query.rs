//! The parameters of a query.

use std::borrow::Cow;

use ocpi_domain::DateTime;

use crate::failure::Failure;
use crate::path::decoded;

/// The parameters in the order received, decoded.
#[derive(Debug, Clone, Default)]
pub(crate) struct Query<'a> {
    parameters: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> Query<'a> {
    /// The parameters of what follows the `?`. A `+` is a plus: dates carry it unescaped.
    pub(crate) fn parse(query: Option<&'a str>) -> Query<'a> {
        let parts = query
            .unwrap_or_default()
            .split('&')
            .filter(|part| !part.is_empty());
        let pair = |part: &'a str| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (decoded(name), decoded(value))
        };
        Query {
            parameters: parts.map(pair).collect(),
        }
    }

    /// All parameters, in the order received.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters
            .iter()
            .map(|(name, value)| (&**name, &**value))
    }

    /// The first value of `name`; an empty one counts as absent.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let first = self.parameters().find(|(known, _)| *known == name);
        first
            .map(|(_, value)| value)
            .filter(|value| !value.is_empty())
    }

    /// The number `name`; one too big for us is the biggest that we know.
    pub(crate) fn number(&self, name: &str) -> Result<Option<u64>, Failure> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Some(text.parse().unwrap_or(u64::MAX)))
        } else {
            Err(Failure::Invalid(format!(
                "`{name}`: must be a whole number, not negative"
            )))
        }
    }

    /// The moment `name`. A blank stands where a plus was not escaped.
    pub(crate) fn moment(&self, name: &str) -> Result<Option<DateTime>, Failure> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        let moment = text.replace(' ', "+").parse();
        moment
            .map(Some)
            .map_err(|error| Failure::Invalid(format!("`{name}`: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds: P-10, P-12, P-14.
    #[test]
    fn the_first_value_counts_and_an_empty_one_is_absent() {
        let query = Query::parse(Some(
            "limit=5&limit=9&offset=&x=%20y&huge=99999999999999999999",
        ));
        assert_eq!(query.number("limit").unwrap(), Some(5));
        assert_eq!(query.number("offset").unwrap(), None);
        assert_eq!(query.number("huge").unwrap(), Some(u64::MAX));
        assert_eq!(query.get("x"), Some(" y"));
        for bad in ["limit=-1", "limit=1.5", "limit=a", "limit=%2B1"] {
            assert!(Query::parse(Some(bad)).number("limit").is_err(), "{bad}");
        }
    }

    /// Holds: T-68, P-10.
    #[test]
    fn a_moment_may_have_lost_its_plus() {
        for text in [
            "2024-01-01T01:00:00+01:00",
            "2024-01-01T01:00:00%2B01:00",
            "2024-01-01T01:00:00%2001:00",
            "2024-01-01T00:00:00",
        ] {
            let text = format!("date_from={text}");
            let moment = Query::parse(Some(&text))
                .moment("date_from")
                .unwrap()
                .unwrap();
            assert_eq!(moment.to_string(), "2024-01-01T00:00:00Z", "{text}");
        }
        assert!(
            Query::parse(Some("date_from=yesterday"))
                .moment("date_from")
                .is_err()
        );
    }
}
