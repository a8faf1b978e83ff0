//! A look at JSON for what a type does not forbid.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// Checks that `json` is one value, that no object in it has a name twice (the second could
/// contradict the first), and that nothing is nested deeper than `depth_max`.
///
/// # Errors
///
/// What is wrong and where; also for a number that no float can hold, which a reader that keeps
/// it as text may take.
///
/// ```
/// use ocpi_domain::json::check_strict;
/// assert!(check_strict(br#"{"a": [1], "b": 1}"#, 2).is_ok());
/// for wrong in [r#"{"a": 1, "a": 2}"#, r#"{"a": [[1]]}"#, "{} {}"] {
///     assert!(check_strict(wrong.as_bytes(), 2).is_err(), "{wrong}");
/// }
/// ```
pub fn check_strict(json: &[u8], depth_max: usize) -> Result<(), serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let strict = Strict {
        depth: depth_max,
        depth_max,
    };
    strict.deserialize(&mut deserializer)?;
    deserializer.end()
}

/// A value within which so many levels may be nested.
#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
    depth_max: usize,
}

impl Strict {
    fn inside<E: de::Error>(self) -> Result<Strict, E> {
        let Strict { depth, depth_max } = self;
        match depth.checked_sub(1) {
            Some(depth) => Ok(Strict { depth, depth_max }),
            None => Err(E::custom(format_args!(
                "nested deeper than {depth_max} levels"
            ))),
        }
    }
}

/// The name of a member, borrowed when nothing in it is escaped.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let inside = self.inside()?;
        while seq.next_element_seed(inside)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let inside = self.inside()?;
        let mut names: Vec<Cow<'de, str>> = Vec::new();
        while let Some(Name(name)) = map.next_key()? {
            map.next_value_seed(inside)?;
            names.push(name);
        }
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(twice) => Err(de::Error::custom(format_args!(
                "`{}`: sent twice",
                twice[0]
            ))),
            None => Ok(()),
        }
    }
}
