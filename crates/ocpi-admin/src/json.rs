//! Reading JSON that an operator wrote: nothing in it passes silently.

use ocpi_domain::InvalidField;
use ocpi_domain::json::check_strict;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// How deep objects and arrays may be nested.
const DEPTH_MAX: usize = 64;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads an object of type `T` from bytes that hold nothing else.
///
/// # Errors
///
/// What is wrong and where, as a lower-case fragment: bytes that are no UTF-8 or no JSON, a name
/// twice in one object, nesting beyond 64 levels, another value than an object, and whatever `T`
/// refuses.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let text = str::from_utf8(bytes)
        .map_err(|error| format!("is no UTF-8 from byte {} on", error.valid_up_to() + 1))?
        .trim_ascii();
    if text.is_empty() {
        return Err("is empty, and must be a JSON object".to_owned());
    }
    // Nearly every text is as it should be. When one is not, its first fault is looked for.
    let read = serde_json::from_str(text);
    check_strict(text.as_bytes(), DEPTH_MAX).map_err(|error| error.to_string())?;
    match read {
        Ok(read) if text.starts_with('{') => Ok(read),
        _ if !text.starts_with('{') => Err("must be a JSON object".to_owned()),
        _ => Err(named(refusal::<T>(
            &mut serde_json::Deserializer::from_str(text),
        ))),
    }
}

/// Reads a `T` from a value.
///
/// # Errors
///
/// What `T` refuses, with the path to it.
pub(crate) fn read_value<T: DeserializeOwned>(value: &Value) -> Result<T, InvalidField> {
    T::deserialize(value).map_err(|_| {
        let (path, error) = refusal::<T>(value);
        InvalidField::new(path, error)
    })
}

/// What `T` refuses, after the path to it.
fn refusal<'de, T: Deserialize<'de>>(
    deserializer: impl Deserializer<'de, Error = serde_json::Error>,
) -> (String, String) {
    match serde_path_to_error::deserialize::<_, T>(deserializer) {
        Ok(_) => Default::default(),
        Err(error) => (error.path().to_string(), error.into_inner().to_string()),
    }
}

/// What was refused, in one line.
fn named((path, error): (String, String)) -> String {
    let field = path.split(['.', '[']).next().unwrap_or_default();
    // A Token names its fields itself.
    if field.is_empty() || error.starts_with(&format!("`{field}`")) {
        error
    } else {
        format!("`{path}`: {error}")
    }
}

#[cfg(test)]
mod tests {
    use ocpi_domain::json::Object;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[expect(dead_code, reason = "only read")]
        number: u32,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[expect(dead_code, reason = "only read")]
        #[serde(default)]
        inner: Vec<Object<Inner>>,
        #[expect(dead_code, reason = "only read")]
        #[serde(default)]
        any: Value,
    }

    fn refused(text: &[u8]) -> String {
        read::<Outer>(text).err().unwrap_or_default()
    }

    #[test]
    fn what_is_all_right_is_read() {
        for text in [
            "{}",
            " {\"any\": [1, -2, 0.5, true, null, \"\\ud83d\\ude00\"]}\r\n",
            "\u{feff}{\"inner\": [{\"number\": 1}, {\"number\": 1}]}",
        ] {
            assert_eq!(refused(text.as_bytes()), "", "{text}");
        }
    }

    #[test]
    fn each_fault_is_named_with_its_place() {
        for (text, said) in [
            ("", "is empty"),
            (" \n", "is empty"),
            ("{", "EOF while parsing"),
            ("{'any': 1}", "key must be a string at line 1 column 2"),
            ("{} x", "trailing characters at line 1 column 4"),
            ("{}{}", "trailing characters"),
            ("[]", "must be a JSON object"),
            ("null", "must be a JSON object"),
            ("\"text\"", "must be a JSON object"),
            (r#"{"any": 1, "any": 1}"#, "`any`: sent twice"),
            (r#"{"any": 1, "\u0061ny": 1}"#, "`any`: sent twice"),
            (r#"{"any": [{"b": {"c": 1, "c": 2}}]}"#, "`c`: sent twice"),
            (r#"{"any": "\ud800"}"#, "hex escape"),
            (r#"{"any": 1e999}"#, "number out of range"),
            (r#"{"ani": 1}"#, "unknown field `ani`"),
            (
                r#"{"inner": [{"number": 1}, {"nr": 1}]}"#,
                "`inner[1].nr`: unknown field `nr`",
            ),
            (
                r#"{"inner": [{"number": "1"}]}"#,
                "`inner[0].number`: invalid type",
            ),
            (
                r#"{"inner": [[1]]}"#,
                "`inner[0]`: invalid type: sequence, expected an object",
            ),
        ] {
            let refused = refused(text.as_bytes());
            assert!(refused.contains(said), "{text}: {refused}");
        }
        assert_eq!(
            refused(b"{\"any\": \"\xff\"}"),
            "is no UTF-8 from byte 10 on"
        );
    }

    #[test]
    fn nesting_has_a_bound() {
        let nested = |levels: usize| {
            let (open, close) = ("[".repeat(levels - 1), "]".repeat(levels - 1));
            refused(format!("{{\"any\": {open}{close}}}").as_bytes())
        };
        assert_eq!(nested(64), "");
        for levels in [65, 100_000] {
            let refused = nested(levels);
            assert!(
                refused.contains("nested deeper than 64 levels"),
                "{refused}"
            );
        }
    }
}
