//! The operator's secret.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The secret that an operator presents as `Authorization: Bearer ...`. Only its hash is kept, and
/// it never prints.
#[derive(Clone)]
pub struct AdminToken([u8; 32]);

/// A text that is no [`AdminToken`]; it does not repeat the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one or more characters of U+0021 to U+007E, without blanks")]
pub struct InvalidAdminToken;

impl AdminToken {
    /// The token of this text.
    ///
    /// # Errors
    ///
    /// [`InvalidAdminToken`] for what no header could carry as it is: nothing at all, blanks, or
    /// other characters than visible ASCII.
    pub fn new(text: &str) -> Result<AdminToken, InvalidAdminToken> {
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(AdminToken(Sha256::digest(text).into()))
        } else {
            Err(InvalidAdminToken)
        }
    }

    /// Whether `presented` is this token. How long it takes depends on `presented` alone: hashes
    /// are compared, which are all of one length.
    pub(crate) fn is(&self, presented: &[u8]) -> bool {
        let presented: [u8; 32] = Sha256::digest(presented).into();
        self.0.ct_eq(&presented).into()
    }
}

impl fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminToken(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_token_is_it_and_it_never_prints() {
        let token = AdminToken::new("s3cret~").unwrap();
        assert!(token.is(b"s3cret~"));
        for wrong in ["", "s3cret", "s3cret~~", "S3cret~", "s3cret~\0"] {
            assert!(!token.is(wrong.as_bytes()), "{wrong:?}");
        }
        assert_eq!(format!("{token:?}"), "AdminToken(..)");
    }

    #[test]
    fn what_no_header_could_carry_is_refused() {
        for wrong in ["", " ", "a b", "a\n", "é"] {
            assert!(AdminToken::new(wrong).is_err(), "{wrong:?}");
        }
        assert!(!InvalidAdminToken.to_string().contains("a b"));
    }
}
