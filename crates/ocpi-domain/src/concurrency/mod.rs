//! How many cars at once: who holds a slot, where, and until when.
//!
//! An account may say how many sessions a Token, or all Tokens of its group, may have at once. A
//! session that is running holds a *slot*. Between an ALLOWED and the first word of its session a
//! *pending slot* stands for it, so that two charge points that ask in the same instant cannot
//! both be told yes.
//!
//! [`SlotTable`] is the whole rule in memory: stores keep one and make it durable. It reads no
//! clock; `now` is an argument.

mod index;
mod place;
mod table;

use crate::account::ConcurrencyScope;
use crate::authorization::AuthorizationReference;
use crate::party::Party;
use crate::session::{SessionKey, SessionPhase};
use crate::text::CiString;
use crate::time::DateTime;
use crate::token::{Token, TokenKey};

pub use place::SlotPlace;
pub use table::{SlotChange, SlotTable};

/// A group of Tokens: those of one party with one `group_id`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupKey {
    /// The eMSP.
    pub party: Party,
    /// The group.
    pub group_id: CiString<36>,
}

/// For whom a slot counts: a Token, and its group when it is in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotHolder {
    /// The Token, under the key that it is stored by.
    pub token: TokenKey,
    /// Its group, of the same party.
    pub group_id: Option<CiString<36>>,
}

impl SlotHolder {
    /// The Token and its group; a `group_id` that is empty or `#NA` is no group.
    pub fn of(token: &Token) -> SlotHolder {
        let group_id = token.group_id.clone();
        SlotHolder {
            token: token.key(),
            group_id: group_id.filter(CiString::is_identity),
        }
    }

    /// The group, when there is one.
    pub fn group(&self) -> Option<GroupKey> {
        let group_id = self.group_id.clone()?;
        Some(GroupKey {
            party: self.token.party,
            group_id,
        })
    }
}

/// The number of a slot: a table gives each one that it never gave before, greater than all
/// before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotId(pub u64);

/// What holds a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SlotUse {
    /// An ALLOWED whose session has not been heard of.
    Pending(AuthorizationReference),
    /// A session that counts.
    Session(SessionKey),
}

/// One of the sessions that a Token may have at once, taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Its number.
    pub id: SlotId,
    /// What holds it.
    pub used_by: SlotUse,
    /// For whom it counts.
    pub holder: SlotHolder,
    /// Where.
    pub place: SlotPlace,
    /// The first moment at which it counts no more.
    pub until: DateTime,
}

impl Slot {
    /// Whether an ALLOWED holds it whose session has not been heard of.
    fn is_pending(&self) -> bool {
        matches!(self.used_by, SlotUse::Pending(_))
    }
}

/// How many slots there are, and whose count against them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotLimit {
    /// The most at once: `concurrent_sessions_max`.
    pub max: u32,
    /// Whose slots count: `concurrency_scope`.
    pub scope: ConcurrencyScope,
}

/// The wish of an ALLOWED for a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotClaim {
    /// For whom it counts.
    pub holder: SlotHolder,
    /// The limit of its account. Without one a slot is taken in any case, for it may count against
    /// the limit of another Token of the group.
    pub limit: Option<SlotLimit>,
    /// The place of the question.
    pub place: SlotPlace,
    /// Until when it is held for a session that is not heard of.
    pub until: DateTime,
}

/// What came of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotOutcome {
    /// The slot is taken, or a session holds it at this place already.
    Taken,
    /// As many are taken as the limit permits.
    Full,
}

/// A session, as far as slots are concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionSlot {
    /// Which session.
    pub session: SessionKey,
    /// For whom it counts; `None` when it is not known whose it is.
    pub holder: Option<SlotHolder>,
    /// Where it is.
    pub place: SlotPlace,
    /// The authorization that its CPO says it began with.
    pub reference: Option<AuthorizationReference>,
    /// Where it stands.
    pub phase: SessionPhase,
    /// Whether it begins with this word of it: it was not heard of before, or was waiting.
    pub begins: bool,
}
