//! Codes of a fixed length, as a country's or a currency's.

/// A text that is no code of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be {rule}")]
pub struct InvalidCode {
    pub(crate) rule: &'static str,
}

/// Fixed ASCII letters or digits, compared without case and kept as received.
#[derive(Clone, Copy)]
pub(crate) struct Code<const N: usize>([u8; N]);

impl<const N: usize> Code<N> {
    pub(crate) fn new(text: &str, legal: fn(&u8) -> bool) -> Option<Code<N>> {
        let bytes: [u8; N] = text.as_bytes().try_into().ok()?;
        bytes.iter().all(legal).then_some(Code(bytes))
    }

    pub(crate) fn as_str(&self) -> &str {
        // Only ASCII gets in.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    pub(crate) fn folded(&self) -> [u8; N] {
        self.0.map(|byte| byte.to_ascii_uppercase())
    }
}

macro_rules! code {
    ($(#[$doc:meta])* $name:ident, $length:literal, $legal:expr, $rule:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name($crate::code::Code<$length>);

        impl $name {
            /// Checks and keeps `text`.
            ///
            /// # Errors
            ///
            #[doc = concat!("[`InvalidCode`](crate::InvalidCode) when the text is not ", $rule, ".")]
            pub fn new(text: &str) -> Result<$name, $crate::code::InvalidCode> {
                $crate::code::Code::new(text, $legal).map($name).ok_or($crate::code::InvalidCode { rule: $rule })
            }

            /// The text as it was received.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &$name) -> bool {
                self.0.folded() == other.0.folded()
            }
        }

        impl Eq for $name {}

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &$name) -> Option<std::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &$name) -> std::cmp::Ordering {
                self.0.folded().cmp(&other.0.folded())
            }
        }

        impl std::hash::Hash for $name {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                self.0.folded().hash(state);
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Debug::fmt(self.as_str(), f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::code::InvalidCode;

            fn from_str(text: &str) -> Result<$name, $crate::code::InvalidCode> {
                $name::new(text)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                $crate::parse::string(deserializer, "a string", $name::new)
            }
        }
    };
}
pub(crate) use code;
