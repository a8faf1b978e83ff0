//! The keys of a database, each for one use.

use std::fmt;

use hmac::{Hmac, KeyInit};
use ocpi_ports::Randomness;
use sha2::Sha256;

use crate::credentials_hash::CredentialsHash;
use crate::credentials_seal::CredentialsSeal;
use crate::sealed;
use crate::secret_key::SecretKey;

/// The keys of a database. They never print.
///
/// Tokens that we present can be encrypted anew; the hashes of those that others present cannot be
/// made again without the tokens, nor the chain over the records without writing each of them. So,
/// when the secret changes, the keys of those two stay and are [carried](Keys::carry) over.
#[derive(Clone)]
pub struct Keys {
    hash: [u8; 32],
    record_chain: [u8; 32],
    seal: [u8; 32],
}

/// The keys that were carried over open with another secret only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this secret_key is not the one of the database: it was changed for another one")]
pub struct WrongKey;

/// What carried keys are sealed for, so that they are taken for nothing else.
const CARRIED: &[u8] = b"ocpi carried keys";

impl Keys {
    pub(crate) fn of(secret: &SecretKey, carried: Option<&[u8]>) -> Result<Keys, WrongKey> {
        let (hash, record_chain) = match carried {
            Some(carried) => opened(secret, carried).ok_or(WrongKey)?,
            None => (
                secret.derived("ocpi credentials token"),
                secret.derived("ocpi record chain"),
            ),
        };
        Ok(Keys {
            hash,
            record_chain,
            seal: secret.derived("ocpi outbound credentials token"),
        })
    }

    /// The hash by which credentials tokens are stored and found.
    pub fn credentials_hash(&self) -> CredentialsHash {
        CredentialsHash::new(keyed(&self.hash))
    }

    /// The seal of credentials tokens that we present.
    pub fn credentials_seal(&self) -> CredentialsSeal {
        CredentialsSeal::new(self.seal)
    }

    /// The key of the chain over the records, for the store that keeps it.
    pub fn record_chain_key(&self) -> [u8; 32] {
        self.record_chain
    }

    /// The keys that cannot change, sealed under `new`: with them, `new` has the keys of this
    /// database. What was encrypted by [`credentials_seal`](Keys::credentials_seal) is not among it,
    /// and must be encrypted again.
    pub fn carry(&self, new: &SecretKey, randomness: &dyn Randomness) -> Vec<u8> {
        let plain = [self.hash, self.record_chain].concat();
        sealed::seal(&carrying_key(new), CARRIED, &plain, randomness)
    }
}

fn carrying_key(secret: &SecretKey) -> [u8; 32] {
    secret.derived("ocpi carried keys")
}

/// The key of the hashes and that of the chain.
fn opened(secret: &SecretKey, carried: &[u8]) -> Option<([u8; 32], [u8; 32])> {
    let opened = sealed::open(&carrying_key(secret), CARRIED, carried)?;
    let (hash, record_chain) = opened.split_first_chunk()?;
    Some((*hash, record_chain.try_into().ok()?))
}

/// The keyed hash of that key.
pub(crate) fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    // A key shorter than a block is padded: the same as `new_from_slice`, which cannot fail.
    let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
    block[..32].copy_from_slice(key);
    Hmac::<Sha256>::new(&block)
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(..)")
    }
}

#[cfg(test)]
mod tests {
    use ocpi_domain::CredentialsToken;

    use super::*;
    use crate::testing::CountedRandomness;

    fn secret(byte: u8) -> SecretKey {
        SecretKey::new(&[byte; 32]).unwrap()
    }

    fn hash(keys: &Keys) -> [u8; 32] {
        let token = CredentialsToken::new("your-token").unwrap();
        keys.credentials_hash().hash(&token).0
    }

    /// Beyond the protocol: what is stored stays readable, so no derivation may ever change.
    #[test]
    fn the_derived_keys_are_those_of_every_version_and_differ() {
        let keys = secret(7).keys(None).unwrap();
        let hex = |bytes: [u8; 32]| bytes.map(|byte| format!("{byte:02x}")).concat();
        assert_eq!(
            hex(hash(&keys)),
            "3228b793cffd403d6aa0dcecb866918024954853a5938f6ef52465c8d82be5f7"
        );
        assert_eq!(
            hex(keys.record_chain_key()),
            "4c9683e4fdee018a57935fc45c538a61a81d0b6d6febc31049593fc1ba94a598"
        );
        let other = secret(8).keys(None).unwrap();
        assert_ne!(keys.record_chain_key(), other.record_chain_key());
        assert_ne!(keys.seal, keys.hash);
        assert_ne!(keys.seal, other.seal);
    }

    /// Holds: T-13. Hashes and chain stay, and nothing new is encrypted by the former secret.
    #[test]
    fn a_new_secret_has_the_carried_keys_and_a_seal_of_its_own() {
        let randomness = CountedRandomness::default();
        let first = secret(7).keys(None).unwrap();
        let carried = first.carry(&secret(8), &randomness);
        let second = secret(8).keys(Some(&carried)).unwrap();
        let third = second.carry(&secret(9), &randomness);
        let third = secret(9).keys(Some(&third)).unwrap();
        for later in [&second, &third] {
            assert_eq!(hash(later), hash(&first));
            assert_eq!(later.record_chain_key(), first.record_chain_key());
            assert_ne!(later.seal, first.seal);
        }
        assert_eq!(second.seal, secret(8).keys(None).unwrap().seal);
    }

    /// Holds: T-13.
    #[test]
    fn carried_keys_open_with_the_secret_that_they_were_carried_to_only() {
        let randomness = CountedRandomness::default();
        let carried = secret(7).keys(None).unwrap().carry(&secret(8), &randomness);
        for wrong in [7, 9] {
            assert_eq!(secret(wrong).keys(Some(&carried)).err(), Some(WrongKey));
        }
        for damaged in [&carried[1..], &carried[..carried.len() - 1], &[][..]] {
            assert_eq!(secret(8).keys(Some(damaged)).err(), Some(WrongKey));
        }
    }

    #[test]
    fn secrets_do_not_print() {
        let keys = secret(7).keys(None).unwrap();
        assert_eq!(format!("{:?}", secret(7)), "SecretKey(..)");
        assert_eq!(format!("{keys:?}"), "Keys(..)");
        let hash = keys.credentials_hash();
        assert_eq!(format!("{hash:?}"), "CredentialsHash(..)");
        assert_eq!(
            format!("{:?}", keys.credentials_seal()),
            "CredentialsSeal(..)"
        );
    }
}
