//! The serde visitor of everything that is a JSON string with a rule.

use std::fmt::{self, Display};

use serde::Deserializer;
use serde::de::{self, Visitor};

struct ParseVisitor<F> {
    expecting: &'static str,
    parse: F,
}

impl<T, E, F> Visitor<'_> for ParseVisitor<F>
where
    E: Display,
    F: FnOnce(&str) -> Result<T, E>,
{
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expecting)
    }

    fn visit_str<X: de::Error>(self, text: &str) -> Result<T, X> {
        (self.parse)(text).map_err(X::custom)
    }
}

/// Reads a string and parses it; `expecting` completes "expected ..." for another JSON type.
pub(crate) fn string<'de, D, T, E>(
    deserializer: D,
    expecting: &'static str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    E: Display,
{
    deserializer.deserialize_str(ParseVisitor { expecting, parse })
}
