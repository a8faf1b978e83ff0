//! Proof that the records are those that were written.

use std::fmt;
use std::str::FromStr;

use async_trait::async_trait;
use ocpi_domain::AuthorizationReference;

use crate::StorageError;

/// A link of the chain of records: a keyed hash over a record and the link before it. Written as
/// 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChainLink(pub [u8; 32]);

/// A text that is no [`ChainLink`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 64 hexadecimal digits, as the log and `/metrics` show them")]
pub struct InvalidChainLink;

impl fmt::Display for ChainLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ChainLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ChainLink {
    type Err = InvalidChainLink;

    fn from_str(text: &str) -> Result<ChainLink, InvalidChainLink> {
        let digits = text.as_bytes();
        if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(InvalidChainLink);
        }
        let mut link = [0; 32];
        for (byte, place) in link.iter_mut().zip((0..64).step_by(2)) {
            let pair = text.get(place..place + 2).ok_or(InvalidChainLink)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| InvalidChainLink)?;
        }
        Ok(ChainLink(link))
    }
}

/// The end of the chain: what was appended last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainHead {
    /// How many records were ever appended: the number of the last one.
    pub number: u64,
    /// Its link.
    pub link: ChainLink,
}

/// What is wrong with the chain, at the first record where it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainFault {
    /// The record, or its link, is not what was written.
    #[error("record {number} ({reference}) is not as it was written, or one before it is missing")]
    Changed {
        /// Its number.
        number: u64,
        /// Its reference.
        reference: AuthorizationReference,
    },
    /// Records are missing.
    #[error("the records {from} to {to} are missing")]
    Missing {
        /// The number of the first.
        from: u64,
        /// The number of the last.
        to: u64,
    },
    /// The note of where the chain begins is not what was written.
    #[error("the note of where the chain begins is not as it was written")]
    Beginning,
    /// The note of where the chain ends is not what was written.
    #[error("the note of where the chain ends is not as it was written")]
    Ending,
    /// The record is as it was written, but what lists go by leaves it out.
    #[error("record {number} is left out of lists: what the store notes of its block was changed")]
    Hidden {
        /// Its number.
        number: u64,
    },
    /// The newest records are missing, or were made anew: the store ends before what it noted, or
    /// no record has the link that was asked for.
    #[error("the newest records are missing, or were made anew: no record has the link {link}")]
    Cut {
        /// The link that must be there.
        link: ChainLink,
    },
}

/// What a look at the whole chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainReport {
    /// How many records were looked at.
    pub records: u64,
    /// The number of the oldest that is kept; `None` when there is none.
    pub oldest: Option<u64>,
    /// The end of the chain as it is stored.
    pub head: ChainHead,
    /// The first fault; `None` when all is as it was written.
    pub fault: Option<ChainFault>,
}

/// The chain over the records of a durable store. The older records may be forgotten; the chain
/// is verifiable from the oldest that is kept.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait RecordAudit: Send + Sync {
    /// The end of the chain that is durable now.
    fn head(&self) -> ChainHead;

    /// Reads every record and computes the chain anew. When `head` is given, a head that was
    /// published earlier, it must be a link of the chain.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`], [`StorageError::Corrupt`].
    async fn verify(&self, head: Option<ChainLink>) -> Result<ChainReport, StorageError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds: E-33.
    #[test]
    fn a_link_is_read_as_it_is_written_and_nothing_else_is() {
        let text = "00ff".repeat(16);
        let link: ChainLink = text.parse().unwrap();
        assert_eq!(link.0[..2], [0x00, 0xff]);
        assert_eq!(link.to_string(), text);
        assert_eq!(text.to_uppercase().parse(), Ok(link));
        for wrong in [
            "",
            &text[1..],
            &format!("{text}0"),
            &text.replace("00", "+0"),
        ] {
            assert_eq!(wrong.parse::<ChainLink>(), Err(InvalidChainLink), "{wrong}");
        }
    }
}
