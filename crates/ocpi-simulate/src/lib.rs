//! The other side, to try a server out against: a fake peer over real HTTP, eMSP or CPO, with
//! faults that come from a seed, so that a run can be repeated; and a load of taps at charge
//! points.
//!
//! A [`Peer`] speaks what Tokens need of OCPI 2.3.0, 2.2.1 and 2.1.1: versions, credentials, the
//! list of an eMSP and its answers, the store of a CPO. It keeps book of what it was asked and sent.
//! [`taps::run`] asks the operator's API the question of a charge point, many times, and says how
//! long the answers took.
//!
//! What is deliberately absent: TLS, other modules, and anything shared with the server but the
//! models, whose mistakes it would share too. The time is the host's: see [`Clock`]. Start with
//! [`PeerOptions`] and [`Peer::start`].

mod answer;
mod authority;
mod caller;
mod cards;
mod clock;
mod connection;
mod counts;
mod dice;
mod faults;
mod in_flight;
mod options;
mod peer;
mod received;
mod register;
mod request;
mod serve;
mod shared;
pub mod taps;
mod token_list;
mod wire;

pub use cards::{card, card_uid};
pub use clock::Clock;
pub use counts::{Counts, SeenRequest};
pub use faults::{FaultKind, FaultRule, Faults, InvalidFaults, Module};
pub use in_flight::InFlight;
pub use options::{PeerOptions, PeerRole, PeerTokens};
pub use peer::{Peer, PeerError};
pub use received::Received;
pub use request::RequestKind;
