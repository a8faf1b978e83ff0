//! What a peer is.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use ocpi_domain::{OcpiVersion, Party, Token};

use crate::clock::Clock;
use crate::faults::Faults;
use crate::in_flight::InFlight;

/// Which end of the exchange of Tokens a peer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerRole {
    /// It has Tokens: it lists them, and answers whether they may charge.
    Emsp,
    /// It keeps the Tokens that it is sent.
    Cpo,
}

impl PeerRole {
    /// The word in a path.
    pub(crate) fn in_path(self) -> &'static str {
        match self {
            PeerRole::Emsp => "emsp",
            PeerRole::Cpo => "cpo",
        }
    }

    /// The word in credentials.
    pub(crate) fn in_credentials(self) -> &'static str {
        match self {
            PeerRole::Emsp => "EMSP",
            PeerRole::Cpo => "CPO",
        }
    }
}

impl FromStr for PeerRole {
    type Err = String;

    fn from_str(text: &str) -> Result<PeerRole, String> {
        match text {
            "emsp" => Ok(PeerRole::Emsp),
            "cpo" => Ok(PeerRole::Cpo),
            _ => Err("must be emsp or cpo".to_owned()),
        }
    }
}

/// The Tokens that an eMSP has at the start.
#[derive(Debug, Clone, PartialEq)]
pub enum PeerTokens {
    /// So many cards of the peer's seed, [`card`](crate::card) 0 and those that follow. They cost
    /// next to no memory.
    Generated(u32),
    /// These, in that order.
    Given(Vec<Token>),
}

/// What a peer is.
#[derive(Clone)]
pub struct PeerOptions {
    /// Which end it is.
    pub role: PeerRole,
    /// Its only party.
    pub party: Party,
    /// The only version that it speaks.
    pub version: OcpiVersion,
    /// What its faults and its cards come from.
    pub seed: u64,
    /// The Tokens of an eMSP; a CPO has none at the start.
    pub tokens: PeerTokens,
    /// What goes wrong.
    pub faults: Faults,
    /// The most objects on a page.
    pub page_size_max: usize,
    /// The credentials token that callers present from the start: for good, or to register with.
    pub token: String,
    /// Counts its requests under way too; of several peers, all of theirs.
    pub in_flight: Option<Arc<InFlight>>,
    /// How many requests are remembered whole, the newest; see [`Peer::seen`](crate::Peer::seen).
    pub seen_max: usize,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl PeerOptions {
    /// A peer of 2.3.0 without Tokens and faults, that callers know by the token `peer-token`.
    pub fn new(role: PeerRole, party: Party, clock: Arc<dyn Clock>) -> PeerOptions {
        PeerOptions {
            role,
            party,
            version: OcpiVersion::V2_3_0,
            seed: 0,
            tokens: PeerTokens::Generated(0),
            faults: Faults::none(),
            page_size_max: 1000,
            token: "peer-token".to_owned(),
            in_flight: None,
            seen_max: 1000,
            clock,
        }
    }
}

impl fmt::Debug for PeerOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither the token nor a million Tokens.
        f.debug_struct("PeerOptions")
            .field("role", &self.role)
            .field("party", &self.party)
            .field("version", &self.version)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}
