//! The server's one secret.

use std::fmt;

use crate::keys::{Keys, WrongKey, keyed};

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

    /// The keys of a database: all derived from this secret, or with those that were
    /// [`carried`](Keys::carry) from the secret before it.
    ///
    /// # Errors
    ///
    /// [`WrongKey`] when this is not the secret that they were carried to.
    pub fn keys(&self, carried: Option<&[u8]>) -> Result<Keys, WrongKey> {
        Keys::of(self, carried)
    }

    /// A key for one `purpose`, so that no two uses share one.
    pub(crate) fn derived(&self, purpose: &str) -> [u8; 32] {
        use hmac::Mac;
        let mut derivation = keyed(&self.0);
        derivation.update(purpose.as_bytes());
        derivation.finalize().into_bytes().into()
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(..)")
    }
}
