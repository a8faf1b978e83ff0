//! The server's one secret, and the keys derived from it.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::credentials_hash::CredentialsHash;

/// The secret that everything keyed is derived from: 32 bytes. It never prints.
#[derive(Clone)]
pub struct SecretKey([u8; 32]);

/// Something else than 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 32 bytes")]
pub struct InvalidSecretKey;

impl SecretKey {
    /// The key of these bytes.
    ///
    /// # Errors
    ///
    /// [`InvalidSecretKey`] unless there are 32.
    pub fn new(bytes: &[u8]) -> Result<SecretKey, InvalidSecretKey> {
        Ok(SecretKey(bytes.try_into().map_err(|_| InvalidSecretKey)?))
    }

    /// The hash by which credentials tokens are stored and found.
    pub fn credentials_hash(&self) -> CredentialsHash {
        CredentialsHash::new(keyed(&self.derived("ocpi credentials token")))
    }

    /// The key of the chain over the records, for the store that keeps it.
    pub fn record_chain_key(&self) -> [u8; 32] {
        self.derived("ocpi record chain")
    }

    /// A key for one `purpose`, so that no two uses share one.
    fn derived(&self, purpose: &str) -> [u8; 32] {
        let mut derivation = keyed(&self.0);
        derivation.update(purpose.as_bytes());
        derivation.finalize().into_bytes().into()
    }
}

fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    // A key shorter than a block is padded: the same as `new_from_slice`, which cannot fail.
    let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
    block[..32].copy_from_slice(key);
    Hmac::<Sha256>::new(&block)
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use ocpi_domain::CredentialsToken;

    use super::*;

    /// Beyond the protocol: what is stored stays readable, so no derivation may ever change.
    #[test]
    fn the_derived_keys_are_those_of_every_version_and_differ() {
        let key = SecretKey::new(&[7; 32]).unwrap();
        let token = CredentialsToken::new("your-token").unwrap();
        let hex = |bytes: [u8; 32]| bytes.map(|byte| format!("{byte:02x}")).concat();
        assert_eq!(
            hex(key.credentials_hash().hash(&token).0),
            "3228b793cffd403d6aa0dcecb866918024954853a5938f6ef52465c8d82be5f7"
        );
        assert_eq!(
            hex(key.record_chain_key()),
            "4c9683e4fdee018a57935fc45c538a61a81d0b6d6febc31049593fc1ba94a598"
        );
        let other = SecretKey::new(&[8; 32]).unwrap();
        assert_ne!(key.record_chain_key(), other.record_chain_key());
    }

    #[test]
    fn secrets_do_not_print() {
        let key = SecretKey::new(&[7; 32]).unwrap();
        assert_eq!(format!("{key:?}"), "SecretKey(..)");
        assert_eq!(
            format!("{:?}", key.credentials_hash()),
            "CredentialsHash(..)"
        );
    }
}
