//! How the enumerations of OCPI are written down: closed, and open for values of tomorrow.

use std::fmt;

/// A value of an open enumeration that this version of the specification does not list.
///
/// Kept and returned verbatim. It can only be made by parsing, so that a listed value never
/// hides in it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnlistedValue(pub(crate) Box<str>);

impl UnlistedValue {
    /// The value as it was received: 1 to 255 printable characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for UnlistedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// A value that an enumeration does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidValue {
    /// The enumeration is closed and does not list the value.
    #[error("must be one of {expected}")]
    NotListed {
        /// The values that it lists.
        expected: &'static str,
    },
    /// The enumeration is open, but the value is not 1 to 255 printable characters.
    #[error("must be a text of 1 to 255 printable characters")]
    NotText,
}

/// The most characters of a value of an open enumeration.
const OPEN_VALUE_MAX: usize = 255;

/// Checks a value that no variant lists.
pub(crate) fn unlisted(text: &str) -> Result<UnlistedValue, InvalidValue> {
    match crate::text::OcpiString::<OPEN_VALUE_MAX>::new(text) {
        Ok(value) if !text.is_empty() => Ok(UnlistedValue(value.as_str().into())),
        _ => Err(InvalidValue::NotText),
    }
}

/// `Display`, `FromStr` and serde by `as_str` and `parse`.
macro_rules! enum_traits {
    ($name:ident) => {
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::parse::string(
                    deserializer,
                    "a string",
                    <$name as std::str::FromStr>::from_str,
                )
            }
        }
    };
}
pub(crate) use enum_traits;

/// An enumeration whose listed values are all that may stand in a message.
macro_rules! closed_enum {
    (
        $(#[$doc:meta])*
        $name:ident {
            $(#[$first_doc:meta])* $first:ident = $first_text:literal
            $(, $(#[$variant_doc:meta])* $variant:ident = $text:literal)* $(,)?
        }
    ) => {
        $(#[$doc])*
        ///
        /// A closed enumeration: values are case-sensitive, and others are refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            #[doc = concat!("`", $first_text, "`.")]
            #[doc = ""]
            $(#[$first_doc])*
            $first,
            $(
                #[doc = concat!("`", $text, "`.")]
                #[doc = ""]
                $(#[$variant_doc])*
                $variant,
            )*
        }

        impl $name {
            /// Every value, in the order of the specification.
            pub const ALL: &'static [$name] = &[$name::$first $(, $name::$variant)*];

            /// The value as the specification writes it.
            pub fn as_str(&self) -> &'static str {
                match self {
                    $name::$first => $first_text,
                    $($name::$variant => $text,)*
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::enums::InvalidValue;

            fn from_str(text: &str) -> Result<$name, $crate::enums::InvalidValue> {
                match text {
                    $first_text => Ok($name::$first),
                    $($text => Ok($name::$variant),)*
                    _ => Err($crate::enums::InvalidValue::NotListed {
                        expected: concat!($first_text $(, ", ", $text)*),
                    }),
                }
            }
        }

        $crate::enums::enum_traits!($name);
    };
}
pub(crate) use closed_enum;

/// An enumeration that keeps values which it does not list.
macro_rules! open_enum {
    (
        $(#[$doc:meta])*
        $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),* $(,)? }
    ) => {
        $(#[$doc])*
        ///
        /// An open enumeration: a value that is not listed is kept and returned verbatim.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $(
                #[doc = concat!("`", $text, "`.")]
                #[doc = ""]
                $(#[$variant_doc])*
                $variant,
            )*
            /// A value that the specification does not list.
            Unlisted($crate::enums::UnlistedValue),
        }

        impl $name {
            /// Every listed value, in the order of the specification.
            pub const LISTED: &'static [$name] = &[$($name::$variant),*];

            /// The value as the specification writes it, or as it was received.
            pub fn as_str(&self) -> &str {
                match self {
                    $($name::$variant => $text,)*
                    $name::Unlisted(value) => value.as_str(),
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::enums::InvalidValue;

            fn from_str(text: &str) -> Result<$name, $crate::enums::InvalidValue> {
                match text {
                    $($text => Ok($name::$variant),)*
                    _ => $crate::enums::unlisted(text).map($name::Unlisted),
                }
            }
        }

        $crate::enums::enum_traits!($name);
    };
}
pub(crate) use open_enum;
