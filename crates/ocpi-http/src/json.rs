//! Reading a JSON body: well-formed first, then by its rules, so that each fault gets its own
//! answer.

use std::borrow::Cow;
use std::fmt;

use ocpi_domain::json::check_strict;
use serde::Deserialize;
use serde::de::{self, DeserializeOwned, Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::failure::Failure;

/// How deep objects and arrays may be nested.
const DEPTH_MAX: usize = 64;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The body without a byte order mark and blanks around it.
pub(crate) fn trimmed(body: &[u8]) -> &[u8] {
    body.strip_prefix(BYTE_ORDER_MARK)
        .unwrap_or(body)
        .trim_ascii()
}

/// Reads an object of type `T`.
///
/// # Errors
///
/// [`Failure::EmptyBody`] and [`Failure::MalformedBody`] for what is no JSON;
/// [`Failure::Invalid`] for JSON that breaks a rule, with the name of the field.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    let body = trimmed(body);
    if body.is_empty() {
        return Err(Failure::EmptyBody);
    }
    // Nearly every body is well-formed and obeys the rules: one pass reads it, another looks for
    // what its type does not forbid. Only when something is wrong is it found out what.
    match serde_json::from_slice(body) {
        Ok(read) if body.starts_with(b"{") && check_strict(body, DEPTH_MAX).is_ok() => Ok(read),
        _ => read_carefully(body),
    }
}

/// Reads an object in steps, each of which has its own answer to a fault.
fn read_carefully<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    let raw: &RawValue =
        serde_json::from_slice(body).map_err(|error| Failure::MalformedBody(error.to_string()))?;
    if !raw.get().starts_with('{') {
        return Err(Failure::Invalid(
            "the body must be a JSON object".to_owned(),
        ));
    }
    check(raw.get(), DEPTH_MAX).map_err(Failure::Invalid)?;
    serde_json::from_str(raw.get()).map_err(|error| match error_path::<T>(raw.get()) {
        // Types that name the field themselves are not helped by a path.
        Some(path) if !error.to_string().starts_with('`') => {
            Failure::Invalid(format!("`{path}`: {error}"))
        }
        _ => Failure::Invalid(error.to_string()),
    })
}

/// Where in the object the fault is. Read again only when there is one.
fn error_path<T: DeserializeOwned>(text: &str) -> Option<String> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let error = serde_path_to_error::deserialize::<_, T>(&mut deserializer).err()?;
    let path = error.path().to_string();
    (path != ".").then_some(path)
}

/// Refuses what JSON permits and we do not: a name twice in one object (the second could
/// contradict the first), and nesting beyond `depth`.
fn check(json: &str, depth: usize) -> Result<(), String> {
    if json.starts_with('"') {
        // Half a surrogate pair is well-formed JSON, but no text that others could read back.
        let text = serde_json::from_str::<Name<'_>>(json);
        return text.map(|_| ()).map_err(|error| error.to_string());
    }
    if !json.starts_with(['{', '[']) {
        return Ok(());
    }
    let depth = depth
        .checked_sub(1)
        .ok_or_else(|| format!("nested deeper than {DEPTH_MAX} levels"))?;
    let mut deserializer = serde_json::Deserializer::from_str(json);
    if json.starts_with('{') {
        let values = deserializer
            .deserialize_map(Members)
            .map_err(|error| error.to_string())?;
        values
            .iter()
            .try_for_each(|value| check(value.get(), depth))
    } else {
        let values = Vec::<&RawValue>::deserialize(&mut deserializer);
        let values = values.map_err(|error| error.to_string())?;
        values
            .iter()
            .try_for_each(|value| check(value.get(), depth))
    }
}

/// The values of an object whose names differ.
struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut names = Vec::new();
        let mut values = Vec::new();
        while let Some((Name(name), value)) = map.next_entry::<Name<'de>, _>()? {
            names.push(name);
            values.push(value);
        }
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(twice) => Err(de::Error::custom(format_args!(
                "`{}`: sent twice",
                twice[0]
            ))),
            None => Ok(values),
        }
    }
}

#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status;

    fn codes(body: &[u8]) -> Option<(u16, u16)> {
        let failure = read::<std::collections::BTreeMap<String, Box<RawValue>>>(body).err()?;
        let (http, ocpi) = status::of_failure(&failure, None);
        Some((http.as_u16(), ocpi.0))
    }

    /// Holds: T-31, T-35, T-65, T-74.
    #[test]
    fn what_is_no_json_is_malformed_and_what_breaks_a_rule_is_invalid() {
        let nested = |levels: usize| {
            format!(
                r#"{{"a":{}{}}}"#,
                "[".repeat(levels - 1),
                "]".repeat(levels - 1)
            )
        };
        for (body, expected) in [
            ("", Some((400, 2000))),
            ("  \n", Some((400, 2000))),
            ("{", Some((400, 2000))),
            (r#"{"a":1}x"#, Some((400, 2000))),
            ("{'a':1}", Some((400, 2000))),
            (r#""text""#, Some((200, 2001))),
            ("[]", Some((200, 2001))),
            ("null", Some((200, 2001))),
            (r#"{"a":1,"a":1}"#, Some((200, 2001))),
            (r#"{"a":1,"\u0061":2}"#, Some((200, 2001))),
            (r#"{"a":[{"b":{"c":1,"c":2}}]}"#, Some((200, 2001))),
            (r#"{"a":["\ud800"]}"#, Some((200, 2001))),
            (r#"{"a":["\ud83d\ude00", 1e999999]}"#, None),
            (r#"{"a":{"b":1},"b":{"b":1}}"#, None),
            (&nested(64), None),
            (&nested(65), Some((200, 2001))),
            (&nested(100_000), Some((200, 2001))),
        ] {
            assert_eq!(codes(body.as_bytes()), expected, "{body:.60}");
        }
        assert_eq!(codes(b"{\"a\":\"\xff\"}"), Some((400, 2000)), "bad UTF-8");
    }

    /// Holds: T-61.
    #[test]
    fn a_byte_order_mark_is_skipped() {
        assert_eq!(codes(b"\xef\xbb\xbf {\"a\":1}\n"), None);
    }

    /// Holds: T-34.
    #[test]
    fn a_fault_is_named_by_its_place() {
        #[derive(Debug, Deserialize)]
        struct Outer {
            #[expect(dead_code, reason = "only read")]
            inner: Vec<ocpi_domain::EvseUid>,
        }
        let failure = read::<Outer>(br#"{"inner":["E1",""]}"#).unwrap_err();
        assert!(
            failure
                .to_string()
                .starts_with("`inner[1]`: must not be empty"),
            "{failure}"
        );
    }
}
