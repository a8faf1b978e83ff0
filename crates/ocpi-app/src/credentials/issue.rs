//! The credentials tokens that we issue.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ocpi_domain::{CredentialsToken, CredentialsUse, PlatformId};
use ocpi_ports::{PresentedToken, Randomness, SealedToken};

use crate::app::App;

/// A token of ours on its way to a platform, which is not stored but as its hash.
pub(crate) struct IssuedToken {
    pub(crate) token: CredentialsToken,
    pub(crate) presented: PresentedToken,
}

impl App {
    /// A new token for a platform to present.
    pub(crate) fn issue_token(&self, good_for: CredentialsUse) -> IssuedToken {
        let token = new_token(&*self.ports.randomness);
        let hash = self.ports.credentials_hash.hash(&token);
        IssuedToken {
            token,
            presented: PresentedToken { hash, good_for },
        }
    }

    /// A token that we present to `id`, as it is stored.
    pub(crate) fn seal_for(&self, id: &PlatformId, token: &CredentialsToken) -> SealedToken {
        let randomness = &*self.ports.randomness;
        self.ports.credentials_seal.seal(id, token, randomness)
    }
}

/// A token that nobody can guess: 256 random bits in letters, digits, `-` and `_`, with a `.` in
/// the middle. No Base64 has that, so that the token and its Base64 are never taken for each other.
fn new_token(randomness: &dyn Randomness) -> CredentialsToken {
    let half = || BASE64_URL_SAFE_NO_PAD.encode(randomness.bytes());
    loop {
        // 45 legal characters: the first is one.
        if let Ok(token) = CredentialsToken::new(&format!("{}.{}", half(), half())) {
            return token;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::testing::CountedRandomness;

    /// Holds: T-07.
    #[test]
    fn a_token_that_we_issue_is_unlike_any_base64() {
        let randomness = CountedRandomness::default();
        let tokens: HashSet<String> = (0..100)
            .map(|_| new_token(&randomness).expose().to_owned())
            .collect();
        assert_eq!(tokens.len(), 100);
        for token in tokens {
            assert!(token.len() <= 64, "{token}");
            assert!(token.contains('.'), "{token}");
            assert!(token.bytes().all(|byte| byte.is_ascii_graphic()), "{token}");
            // Half of it alone says 128 bits.
            assert!(token.split('.').all(|half| half.len() >= 22), "{token}");
        }
    }
}
