//! Encryption of what only this server may read again.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce};
use ocpi_ports::Randomness;

/// The first byte of everything sealed: how it is written. Others may follow.
const FORMAT: u8 = 1;

/// Bytes of a nonce: so many that random ones do not meet.
const NONCE: usize = 24;

/// `plain`, encrypted by `key` (XChaCha20-Poly1305): the format, the nonce, the rest. It opens
/// with the same `context` only.
pub(crate) fn seal(
    key: &[u8; 32],
    context: &[u8],
    plain: &[u8],
    randomness: &dyn Randomness,
) -> Vec<u8> {
    let mut nonce = [0; NONCE];
    nonce[..16].copy_from_slice(&randomness.bytes());
    nonce[16..].copy_from_slice(&randomness.bytes()[..8]);
    let payload = Payload {
        msg: plain,
        aad: context,
    };
    let sealed = cipher(key).encrypt(&XNonce::from(nonce), payload);
    // It fails for gigabytes only; nothing opens what is empty.
    let sealed = sealed.unwrap_or_default();
    [&[FORMAT][..], &nonce, &sealed].concat()
}

/// What was sealed by `key` for that `context`; `None` when it was not, or is damaged.
pub(crate) fn open(key: &[u8; 32], context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (&FORMAT, rest) = sealed.split_first()? else {
        return None;
    };
    let (nonce, sealed) = rest.split_first_chunk::<NONCE>()?;
    let payload = Payload {
        msg: sealed,
        aad: context,
    };
    cipher(key).decrypt(&XNonce::from(*nonce), payload).ok()
}

fn cipher(key: &[u8; 32]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(*key))
}
