//! Text for a driver to read.

use serde::{Deserialize, Serialize};

use crate::code::code;
use crate::text::OcpiString;

code!(
    /// The language of a text: ISO 639-1, two letters.
    LanguageCode,
    2,
    u8::is_ascii_alphabetic,
    "an ISO 639-1 language code: two letters"
);

/// A text in a language, for a person to read; no markup.
///
/// Spec: 2.3.0 types, `DisplayText`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisplayText {
    /// The language of the text.
    pub language: LanguageCode,
    /// The text, at most 512 characters.
    pub text: OcpiString<512>,
}
