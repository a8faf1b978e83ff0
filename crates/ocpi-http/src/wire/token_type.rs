//! The types of Tokens that versions before 2.3.0 take.
//!
//! Spec: 2.1.1 and 2.2.1 `mod_tokens`, `TokenType`.

use ocpi_domain::{InvalidField, TokenType};

use crate::failure::Failure;

/// Reads the type of a URL.
pub(super) fn read_listed(text: &str) -> Result<TokenType, Failure> {
    let token_type = text.parse();
    let token_type: TokenType =
        token_type.map_err(|error| Failure::Invalid(format!("`type`: {error}")))?;
    require_listed(&token_type)?;
    Ok(token_type)
}

/// Refuses a type that no version lists: the enumeration is closed. Types of later versions are
/// taken: platforms send them.
pub(super) fn require_listed(token_type: &TokenType) -> Result<(), InvalidField> {
    if !matches!(token_type, TokenType::Unlisted(_)) {
        return Ok(());
    }
    let listed: Vec<_> = TokenType::LISTED.iter().map(TokenType::as_str).collect();
    let reason = format!("must be one of {}", listed.join(", "));
    Err(InvalidField::new("type", reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds: D-06, D-07, K-06, T-70.
    #[test]
    fn types_that_a_version_lists_are_taken_and_no_others() {
        for listed in ["RFID", "OTHER", "APP_USER", "AD_HOC_USER", "EMAID"] {
            assert_eq!(read_listed(listed).unwrap().as_str(), listed);
        }
        for other in ["", "rfid", "CARD", "RFID "] {
            let refused = read_listed(other).unwrap_err().to_string();
            assert!(refused.starts_with("`type`: must be"), "{refused}");
        }
    }
}
