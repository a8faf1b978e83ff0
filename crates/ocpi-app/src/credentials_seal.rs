//! Encryption of the credentials tokens that we present to others.

use std::fmt;

use ocpi_domain::{CredentialsToken, PlatformId};
use ocpi_ports::{Randomness, SealedToken};

use crate::sealed;

/// Encrypts and decrypts credentials tokens by a key derived from the server's secret. It never
/// prints.
#[derive(Clone)]
pub struct CredentialsSeal([u8; 32]);

/// A sealed token that cannot be opened: it was made with another key, for another platform, or is
/// damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the credentials token that is kept cannot be decrypted: it was made with another secret_key"
)]
pub struct Unopenable;

impl CredentialsSeal {
    pub(crate) fn new(key: [u8; 32]) -> CredentialsSeal {
        CredentialsSeal(key)
    }

    /// Seals a token that we present to `platform`.
    pub fn seal(
        &self,
        platform: &PlatformId,
        token: &CredentialsToken,
        randomness: &dyn Randomness,
    ) -> SealedToken {
        let context = platform.as_str().as_bytes();
        let token = token.expose().as_bytes();
        SealedToken(sealed::seal(&self.0, context, token, randomness).into())
    }

    /// Opens what was sealed for `platform`.
    ///
    /// # Errors
    ///
    /// [`Unopenable`].
    pub fn open(
        &self,
        platform: &PlatformId,
        sealed: &SealedToken,
    ) -> Result<CredentialsToken, Unopenable> {
        let opened = sealed::open(&self.0, platform.as_str().as_bytes(), &sealed.0);
        let text = opened.and_then(|bytes| String::from_utf8(bytes).ok());
        text.and_then(|text| CredentialsToken::new(&text).ok())
            .ok_or(Unopenable)
    }
}

impl fmt::Debug for CredentialsSeal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CredentialsSeal(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SecretKey;
    use crate::testing::CountedRandomness;

    fn seal_of(key: u8) -> CredentialsSeal {
        let keys = SecretKey::new(&[key; 32]).unwrap().keys(None).unwrap();
        keys.credentials_seal()
    }

    fn id(text: &str) -> PlatformId {
        text.parse().unwrap()
    }

    /// Holds: T-13. What is kept of a token that we present says nothing without the key.
    #[test]
    fn a_sealed_token_is_opened_by_its_key_for_its_platform_only() {
        let token = CredentialsToken::new("their-token").unwrap();
        let randomness = CountedRandomness::default();
        let sealed = seal_of(7).seal(&id("peer"), &token, &randomness);
        let text = String::from_utf8_lossy(&sealed.0);
        assert!(!text.contains("their"), "{text}");
        let opened = seal_of(7).open(&id("peer"), &sealed).unwrap();
        assert_eq!(opened.expose(), "their-token");
        assert!(seal_of(8).open(&id("peer"), &sealed).is_err());
        assert!(seal_of(7).open(&id("other"), &sealed).is_err());
        // The same token looks different each time.
        assert_ne!(seal_of(7).seal(&id("peer"), &token, &randomness), sealed);
    }

    /// Holds: T-13.
    #[test]
    fn what_is_damaged_does_not_open() {
        let token = CredentialsToken::new("their-token").unwrap();
        let randomness = CountedRandomness::default();
        let sealed = seal_of(7).seal(&id("peer"), &token, &randomness).0;
        for place in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[place] ^= 1;
            assert!(seal_of(7).open(&id("peer"), &SealedToken(damaged)).is_err());
            let cut = SealedToken(sealed[..place].into());
            assert!(seal_of(7).open(&id("peer"), &cut).is_err());
        }
    }
}
