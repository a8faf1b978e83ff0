//! The server's one secret, and the keys derived from it.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

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

    /// A keyed hash whose key is derived for one `purpose`, so that no two uses share a key.
    pub(crate) fn keyed_hash(&self, purpose: &str) -> Hmac<Sha256> {
        let mut derivation = keyed(&self.0);
        derivation.update(purpose.as_bytes());
        keyed(&derivation.finalize().into_bytes().into())
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
