//! What a write sees, and what follows its commit.

use ocpi_domain::{LocationKey, Revision};
use rusqlite::Connection;

use crate::platforms::PlatformChange;
use crate::sql::cards::CardKey;
use crate::sql::record_chain::ChainKey;
use crate::sql::slots::SharedSlots;
use crate::sql::state::WriteState;

/// The transaction that a write runs in, together with others.
pub(crate) struct Transaction<'a> {
    pub(crate) db: &'a Connection,
    pub(crate) state: &'a mut WriteState,
    pub(crate) chain_key: &'a ChainKey,
    slots: &'a SharedSlots,
    effects: &'a mut Effects,
}

/// What was changed, for those who keep copies: told after the commit, before the answers.
#[derive(Default)]
pub(crate) struct Effects {
    pub(crate) cards: Vec<CardKey>,
    pub(crate) locations: Vec<LocationKey>,
    /// Each with the revision that the list of platforms has by it.
    pub(crate) platforms: Vec<(PlatformChange, Revision)>,
    /// Whether some account limits what its group holds.
    pub(crate) limits_group: bool,
    /// Whether slots may have been changed, which are taken back when the transaction is.
    pub(crate) slots: bool,
}

impl Effects {
    pub(crate) fn clear(&mut self) {
        self.cards.clear();
        self.locations.clear();
        self.platforms.clear();
        self.limits_group = false;
        self.slots = false;
    }
}

impl<'a> Transaction<'a> {
    pub(crate) fn new(
        db: &'a Connection,
        state: &'a mut WriteState,
        chain_key: &'a ChainKey,
        slots: &'a SharedSlots,
        effects: &'a mut Effects,
    ) -> Transaction<'a> {
        Transaction {
            db,
            state,
            chain_key,
            slots,
            effects,
        }
    }

    /// The card was changed.
    pub(crate) fn changes_card(&mut self, key: CardKey) {
        self.effects.cards.push(key);
    }

    /// The Location was changed.
    pub(crate) fn changes_location(&mut self, key: LocationKey) {
        self.effects.locations.push(key);
    }

    /// The slots, for a write that may change them.
    pub(crate) fn changes_slots(&mut self) -> &'a SharedSlots {
        self.effects.slots = true;
        self.slots
    }

    /// An account limits what its group holds.
    pub(crate) fn limits_group(&mut self) {
        self.effects.limits_group = true;
    }

    /// The platform was changed, and the list of all got that revision.
    pub(crate) fn changes_platform(&mut self, change: PlatformChange, revision: Revision) {
        self.effects.platforms.push((change, revision));
    }
}
