//! The two string types of OCPI, with their rules built in.
//!
//! Spec: 2.3.0 types, `CiString` and `string`.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// The value that a required string may hold when it cannot be known.
///
/// It is text, never an identity: two `#NA` are not the same thing.
/// Spec: 2.3.0 `transport_and_format`, No data available.
pub const NOT_AVAILABLE: &str = "#NA";

/// Why a text is not a legal value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    /// The text is empty where it names something.
    #[error("must not be empty")]
    Empty,
    /// The text is `#NA` where it names something.
    #[error("must not be `#NA`: it identifies an object")]
    NotAvailable,
    /// The text has more characters than the field may hold.
    #[error("must have at most {max} characters, has {length}")]
    TooLong {
        /// The most characters that the field may hold.
        max: usize,
        /// The characters that it has.
        length: usize,
    },
    /// A character that may not stand in this kind of text.
    #[error("must hold only {kind}, has U+{code:04X} at character {position}")]
    Character {
        /// The kind of characters that are legal, in words.
        kind: &'static str,
        /// The code point found.
        code: u32,
        /// Its place, counted in characters from 1.
        position: usize,
    },
}

fn check(
    text: &str,
    max: usize,
    kind: &'static str,
    legal: impl Fn(char) -> bool,
) -> Result<(), InvalidText> {
    // Nearly every text passes here, without a branch for each character.
    let is_printable_ascii = text
        .bytes()
        .fold(true, |all, b| all & (b' '..=b'~').contains(&b));
    if is_printable_ascii && text.len() <= max {
        return Ok(());
    }
    let mut length = 0;
    for character in text.chars() {
        length += 1;
        if !legal(character) {
            return Err(InvalidText::Character {
                kind,
                code: u32::from(character),
                position: length,
            });
        }
    }
    if length > max {
        Err(InvalidText::TooLong { max, length })
    } else {
        Ok(())
    }
}

/// Case-insensitive, printable ASCII text of at most `N` characters; may be empty.
///
/// Two values are equal when they differ in ASCII case only; the case received is kept.
///
/// Spec: 2.3.0 types, `CiString`.
///
/// ```
/// use ocpi_domain::CiString;
/// let one: CiString<36> = "Token-1".parse()?;
/// let other: CiString<36> = "TOKEN-1".parse()?;
/// assert_eq!(one, other);
/// assert_eq!(one.as_str(), "Token-1");
/// # Ok::<(), ocpi_domain::InvalidText>(())
/// ```
///
/// Cheap to clone: ids pass from a request into its answer and its record.
#[derive(Clone)]
pub struct CiString<const N: usize>(Arc<str>);

impl<const N: usize> CiString<N> {
    /// Checks and keeps `text`.
    ///
    /// # Errors
    ///
    /// [`InvalidText::Character`] for anything outside U+0020..=U+007E,
    /// [`InvalidText::TooLong`] for more than `N` characters.
    pub fn new(text: &str) -> Result<CiString<N>, InvalidText> {
        check(text, N, "printable ASCII", |c| matches!(c, ' '..='~'))?;
        Ok(CiString(text.into()))
    }

    /// The text as it was received.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text of a UUID that begins with its time: 36 characters of ASCII.
    pub(crate) fn of_timed_uuid(unix_ms: i64, random: [u8; 16]) -> CiString<N> {
        const { assert!(N >= 36) };
        CiString(crate::uuid::timed_text(unix_ms, random))
    }

    /// `text` made legal, for a log: what is not printable ASCII becomes `?`, and what follows
    /// the `N`th character is cut.
    pub(crate) fn cut(text: &str) -> CiString<N> {
        CiString::new(text).unwrap_or_else(|_| {
            let legal = |c: char| if matches!(c, ' '..='~') { c } else { '?' };
            CiString(text.chars().take(N).map(legal).collect::<String>().into())
        })
    }

    /// Whether the text says something that can be compared: neither empty nor `#NA`.
    pub fn is_identity(&self) -> bool {
        !self.0.is_empty() && &*self.0 != NOT_AVAILABLE
    }
}

impl<const N: usize> PartialEq for CiString<N> {
    fn eq(&self, other: &CiString<N>) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl<const N: usize> Eq for CiString<N> {}

impl<const N: usize> Hash for CiString<N> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // In one piece: a hasher that is asked for each byte takes several times as long.
        let mut folded = [0; N];
        let folded = &mut folded[..self.0.len()];
        folded.copy_from_slice(self.0.as_bytes());
        folded.make_ascii_lowercase();
        state.write(folded);
        state.write_u8(0xff);
    }
}

impl<const N: usize> Ord for CiString<N> {
    fn cmp(&self, other: &CiString<N>) -> Ordering {
        fn folded(text: &str) -> impl Iterator<Item = u8> {
            text.bytes().map(|byte| byte.to_ascii_lowercase())
        }
        folded(&self.0).cmp(folded(&other.0))
    }
}

impl<const N: usize> PartialOrd for CiString<N> {
    fn partial_cmp(&self, other: &CiString<N>) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Printable UTF-8 text of at most `N` characters, compared exactly; may be empty.
///
/// Control characters, line breaks and tabs among them, are refused.
///
/// Spec: 2.3.0 types, `string`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OcpiString<const N: usize>(Box<str>);

impl<const N: usize> OcpiString<N> {
    /// Checks and keeps `text`.
    ///
    /// # Errors
    ///
    /// [`InvalidText::Character`] for a control character, [`InvalidText::TooLong`] for more
    /// than `N` characters (not bytes).
    pub fn new(text: &str) -> Result<OcpiString<N>, InvalidText> {
        check(text, N, "printable characters", |c| !c.is_control())?;
        Ok(OcpiString(text.into()))
    }

    /// The text as it was received.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `Display`, `Debug`, `FromStr` and serde of a checked text, by its `new` and `as_str`.
macro_rules! text_traits {
    ($type:ty $(, const $n:ident)?) => {
        impl$(<const $n: usize>)? std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl$(<const $n: usize>)? std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Debug::fmt(self.as_str(), f)
            }
        }

        impl$(<const $n: usize>)? std::str::FromStr for $type {
            type Err = $crate::text::InvalidText;

            fn from_str(text: &str) -> Result<Self, $crate::text::InvalidText> {
                Self::new(text)
            }
        }

        impl$(<const $n: usize>)? serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de $(, const $n: usize)?> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::parse::string(deserializer, "a string", Self::new)
            }
        }
    };
}
pub(crate) use text_traits;

text_traits!(CiString<N>, const N);
text_traits!(OcpiString<N>, const N);

/// A case-insensitive text that names one thing: never empty, never `#NA`.
macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $max:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($crate::text::CiString<$max>);

        impl $name {
            /// Checks and keeps `text`.
            ///
            /// # Errors
            ///
            /// As [`CiString::new`](crate::CiString::new), and
            /// [`InvalidText::Empty`](crate::InvalidText::Empty) or
            /// [`InvalidText::NotAvailable`](crate::InvalidText::NotAvailable) for a text that
            /// names nothing.
            pub fn new(text: &str) -> Result<$name, $crate::text::InvalidText> {
                match text {
                    "" => Err($crate::text::InvalidText::Empty),
                    $crate::text::NOT_AVAILABLE => Err($crate::text::InvalidText::NotAvailable),
                    _ => Ok($name($crate::text::CiString::new(text)?)),
                }
            }

            /// The text as it was received.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        $crate::text::text_traits!($name);
    };
}
pub(crate) use identifier;

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Holds: T-69.
    #[test]
    fn ci_strings_compare_without_case_and_keep_the_case_received() {
        let (one, other): (CiString<8>, CiString<8>) =
            ("aBc-1".parse().unwrap(), "AbC-1".parse().unwrap());
        assert_eq!(one, other);
        assert_eq!(one.cmp(&other), Ordering::Equal);
        assert_eq!(HashSet::from([one.clone()]).get(&other), Some(&one));
        assert_eq!(one.as_str(), "aBc-1");
        assert_ne!(one, "abc-2".parse().unwrap());
    }

    /// Holds: T-71.
    #[test]
    fn ci_strings_refuse_everything_outside_printable_ascii() {
        for text in ["a\nb", "a\rb", "a\tb", "\u{7f}", "\0", "é", "日本"] {
            let refused = CiString::<36>::new(text);
            assert!(
                matches!(refused, Err(InvalidText::Character { .. })),
                "{text:?}"
            );
        }
        assert_eq!(CiString::<36>::new(" !~").unwrap().as_str(), " !~");
    }

    /// Holds: T-71, D-16.
    #[test]
    fn strings_count_characters_not_bytes_and_refuse_control_characters() {
        assert_eq!(OcpiString::<3>::new("日本é").unwrap().as_str(), "日本é");
        assert_eq!(
            OcpiString::<3>::new("abcd"),
            Err(InvalidText::TooLong { max: 3, length: 4 })
        );
        for text in ["a\nb", "a\rb", "a\tb", "\u{85}"] {
            assert!(OcpiString::<9>::new(text).is_err(), "{text:?}");
        }
    }

    /// Holds: T-72.
    #[test]
    fn not_available_is_text_but_no_identity() {
        assert_eq!(
            OcpiString::<64>::new(NOT_AVAILABLE).unwrap().as_str(),
            "#NA"
        );
        assert!(!CiString::<36>::new(NOT_AVAILABLE).unwrap().is_identity());
        assert!(!CiString::<36>::new("").unwrap().is_identity());
        assert!(CiString::<36>::new("GROUP").unwrap().is_identity());
    }
}
