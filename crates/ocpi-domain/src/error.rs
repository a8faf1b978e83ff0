//! What a constructor says when a value breaks a rule.

use std::borrow::Cow;

/// A field whose value breaks a rule of the specification.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{field}`: {reason}")]
pub struct InvalidField {
    /// The field's name as the specification writes it; several, with commas, when several are
    /// at fault together.
    pub field: Cow<'static, str>,
    /// The rule that was broken, as a lower-case fragment fit for the other side to read.
    pub reason: Cow<'static, str>,
}

impl InvalidField {
    /// Names `field` and the rule that it breaks.
    pub fn new(
        field: impl Into<Cow<'static, str>>,
        reason: impl Into<Cow<'static, str>>,
    ) -> InvalidField {
        InvalidField {
            field: field.into(),
            reason: reason.into(),
        }
    }
}
