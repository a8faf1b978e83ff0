//! A Token with what a store and its writers remember beside it.

use std::sync::Arc;

use super::Token;
use crate::time::DateTime;

/// The number of a stored version of a Token; a store gives each write a number that it never
/// gave before, greater than all before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

/// What was filled in because the sender left it out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TokenMarks {
    /// `contract_id` was derived, not sent.
    pub synthetic_contract_id: bool,
    /// `last_updated` is the time of receipt, not a time of the owner's.
    pub inferred_last_updated: bool,
    /// Its owner lists it no more: a complete crawl of the owner's Tokens did not find it. A CPO
    /// treats it as a Token that it does not know, until the owner sends it again.
    pub absent: bool,
}

/// A Token as a store holds it. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredToken {
    /// The Token itself.
    pub token: Arc<Token>,
    /// What in it was not sent by its owner.
    pub marks: TokenMarks,
    /// The version, for a write that must follow exactly this one.
    pub revision: Revision,
}

impl StoredToken {
    /// Whether an update of the owner that says `last_updated` is older than what is stored.
    ///
    /// As [`is_stale`](crate::is_stale) says; a stored time that we inferred makes nothing stale.
    pub fn makes_stale(&self, last_updated: DateTime, now: DateTime) -> bool {
        let stored = self.token.last_updated;
        !self.marks.inferred_last_updated && crate::stale::is_stale(stored, last_updated, now)
    }
}
