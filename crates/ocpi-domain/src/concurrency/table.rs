//! Who holds which slot.

use std::sync::Arc;

use super::index::SlotIndex;
use super::{SessionSlot, Slot, SlotClaim, SlotHolder, SlotId, SlotOutcome, SlotPlace, SlotUse};
use crate::account::ConcurrencyScope;
use crate::authorization::AuthorizationReference;
use crate::session::{SessionKey, SessionPhase};
use crate::time::DateTime;

/// The most pending slots of a Token whose own account sets no limit: it holds them for others of
/// its group, and must not fill the memory.
const UNLIMITED_PENDING_MAX: usize = 1000;

/// The most slots that a change of the table clears away because their time is over.
const CLEARED_AT_ONCE: usize = 64;

/// A change of a [`SlotTable`], for those who keep it on a disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SlotChange {
    /// The slot was taken.
    Taken(Arc<Slot>),
    /// The slot is free again.
    Freed(Arc<Slot>),
    /// A pending slot is held on, under another reference and for longer.
    HeldOn {
        /// What it was.
        before: Arc<Slot>,
        /// What it is, under the same number.
        after: Arc<Slot>,
    },
}

/// The slots that are taken, by sessions and by ALLOWEDs that wait for theirs.
///
/// Each change is noted until [`commit`](SlotTable::commit), so that a store whose transaction
/// fails can take it back.
#[derive(Debug, Default)]
pub struct SlotTable {
    slots: SlotIndex,
    last_id: u64,
    changes: Vec<SlotChange>,
    /// How many of the changes were given out.
    given: usize,
}

impl SlotTable {
    /// How many slots are taken, those whose time is over and not cleared away included.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether none is taken.
    pub fn is_empty(&self) -> bool {
        self.slots.len() == 0
    }

    /// Brings back a slot that was stored, and gives no number up to its own again. It is no
    /// change.
    pub fn restore(&mut self, slot: Slot) {
        self.last_id = self.last_id.max(slot.id.0);
        self.slots.insert(Arc::new(slot));
    }

    /// A number that was not given before.
    pub fn next_id(&mut self) -> SlotId {
        self.last_id += 1;
        SlotId(self.last_id)
    }

    /// The slots that count against a question of that Token at that place, in no order.
    pub fn counted<'a>(
        &'a self,
        holder: &SlotHolder,
        scope: ConcurrencyScope,
        place: Option<&'a SlotPlace>,
        now: DateTime,
    ) -> impl Iterator<Item = &'a Slot> {
        let slots = self.slots.of_scope(holder, scope, now);
        slots.filter(move |slot| !place.is_some_and(|place| place.is_same(&slot.place)))
    }

    /// How many count.
    pub fn count(
        &self,
        holder: &SlotHolder,
        scope: ConcurrencyScope,
        place: Option<&SlotPlace>,
        now: DateTime,
    ) -> u32 {
        let count = self.slots.count(holder, scope, place, now);
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// Whether a claim finds no slot free.
    fn is_full(&self, claim: &SlotClaim, now: DateTime) -> bool {
        claim.limit.is_some_and(|limit| {
            self.count(&claim.holder, limit.scope, Some(&claim.place), now) >= limit.max
        })
    }

    /// Takes a slot for an ALLOWED under that reference, when one is free. One that is held for
    /// the same Token at the same place is held on under the new reference; where a session
    /// of the Token or its group is running, there is nothing to hold.
    pub fn claim(
        &mut self,
        claim: &SlotClaim,
        reference: &AuthorizationReference,
        now: DateTime,
    ) -> SlotOutcome {
        self.clear(now);
        if self.is_full(claim, now) {
            return SlotOutcome::Full;
        }
        let SlotClaim {
            holder,
            limit,
            place,
            until,
        } = claim;
        let here = self.slots.at_place(holder, ConcurrencyScope::Group, place);
        let (mut held, mut outdated) = (None, Vec::new());
        for slot in here {
            if !slot.is_pending() {
                if slot.until > now {
                    return SlotOutcome::Taken;
                }
            } else if slot.holder == *holder && held.is_none() {
                held = Some(slot.id);
            } else if slot.holder.token == holder.token {
                outdated.push(slot.id);
            }
        }
        self.free_all(outdated);
        if held.is_none() && limit.is_none() {
            self.make_room(holder);
        }
        let slot = Slot {
            id: held.unwrap_or_else(|| self.next_id()),
            used_by: SlotUse::Pending(reference.clone()),
            holder: holder.clone(),
            place: place.clone(),
            until: *until,
        };
        if held.is_some() {
            self.hold_on(slot);
        } else {
            self.take(slot);
        }
        SlotOutcome::Taken
    }

    /// Frees the pending slot that ends first of a Token that nobody limits, when it has too many.
    fn make_room(&mut self, holder: &SlotHolder) {
        if self.slots.count_of_token(holder) < UNLIMITED_PENDING_MAX {
            return;
        }
        let own = self.slots.of_token(holder).filter(|slot| slot.is_pending());
        let pending: Vec<(DateTime, SlotId)> = own.map(|slot| (slot.until, slot.id)).collect();
        if pending.len() >= UNLIMITED_PENDING_MAX
            && let Some((_, first_to_end)) = pending.into_iter().min()
        {
            self.free(first_to_end);
        }
    }

    /// What a session does to the slots: it holds one while it counts, and gives it back when it
    /// is over. It puts an end to pending slots:
    ///
    /// - whatever it says, unless it waits: the one of its Token under the reference that it names;
    /// - when it counts, and when it is over with its first word: those of its Token, or of the
    ///   group, at its EVSE, for one EVSE has one car;
    /// - when it begins, and there is none of these: the one of its Token whose place fits best;
    /// - but when it names a reference that none of its Token waits under, only those at its EVSE,
    ///   and only when it counts: it began with another authorization.
    ///
    /// The end of a session that was heard of before, or news of one that no longer counts, must
    /// not end what is pending at its EVSE: that is for the session after it.
    ///
    /// Gives the reference of the pending slot that stood for it.
    pub fn put_session(
        &mut self,
        session: &SessionSlot,
        now: DateTime,
    ) -> Option<AuthorizationReference> {
        self.clear(now);
        self.remove_session(&session.session);
        if session.phase == SessionPhase::Waiting {
            return None;
        }
        let counts_until = match session.phase {
            SessionPhase::Active { until } => Some(until).filter(|until| *until > now),
            SessionPhase::Waiting | SessionPhase::Ended => None,
        };
        let stood_for_it = self.pending_of(session, counts_until.is_some());
        let reference = stood_for_it.first().map(|(_, reference)| reference.clone());
        self.free_all(stood_for_it.into_iter().map(|(id, _)| id).collect());
        if let (Some(until), Some(holder)) = (counts_until, &session.holder) {
            let slot = Slot {
                id: self.next_id(),
                used_by: SlotUse::Session(session.session.clone()),
                holder: holder.clone(),
                place: session.place.clone(),
                until,
            };
            self.take(slot);
        }
        reference
    }

    /// The session is forgotten.
    pub fn remove_session(&mut self, session: &SessionKey) {
        if let Some(id) = self.slots.of_session(session) {
            self.free(id);
        }
    }

    /// The changes since they were asked for last.
    pub fn new_changes(&mut self) -> &[SlotChange] {
        let from = std::mem::replace(&mut self.given, self.changes.len());
        &self.changes[from..]
    }

    /// Makes every change stay.
    pub fn commit(&mut self) {
        self.changes.clear();
        self.given = 0;
    }

    /// How many changes there were since the last commit.
    pub fn mark(&self) -> usize {
        self.changes.len()
    }

    /// Takes every change since the last commit back.
    pub fn roll_back(&mut self) {
        self.roll_back_to(0);
    }

    /// Takes every change back that was made since that [`mark`](SlotTable::mark).
    pub fn roll_back_to(&mut self, mark: usize) {
        self.given = self.given.min(mark);
        while self.changes.len() > mark
            && let Some(change) = self.changes.pop()
        {
            match change {
                SlotChange::Taken(slot) => drop(self.slots.remove(slot.id)),
                SlotChange::Freed(slot) => self.slots.insert(slot),
                SlotChange::HeldOn { before, .. } => drop(self.slots.replace(before)),
            }
        }
    }

    /// The pending slots that a session puts an end to with their references, the one that stood
    /// for it first.
    fn pending_of(
        &self,
        session: &SessionSlot,
        counts: bool,
    ) -> Vec<(SlotId, AuthorizationReference)> {
        let Some(holder) = &session.holder else {
            return Vec::new();
        };
        let mut found: Vec<&Slot> = Vec::new();
        if let Some(reference) = &session.reference {
            let is_named = |slot: &&Slot| match &slot.used_by {
                SlotUse::Pending(name) => name == reference,
                SlotUse::Session(_) => false,
            };
            found.extend(self.slots.of_token(holder).find(is_named));
        }
        // Who names another authorization than those that wait is none of theirs: it may have begun
        // with one whose time was over.
        let names_another = session.reference.is_some() && found.is_empty();
        if counts || session.begins && !names_another {
            let kin = ConcurrencyScope::Group;
            let here = self.slots.at_place(holder, kin, &session.place);
            let mut here: Vec<&Slot> = here
                .filter(|slot| slot.is_pending() && found.iter().all(|one| one.id != slot.id))
                .collect();
            here.sort_unstable_by_key(|slot| (slot.holder.token != holder.token, slot.id));
            found.extend(here);
        }
        if found.is_empty() && counts && session.begins && !names_another {
            let own = self.slots.of_token(holder);
            let fitting = own.filter(|slot| slot.is_pending()).filter_map(|slot| {
                let fit = slot.place.fit_of(&session.place)?;
                Some((fit, slot.id, slot))
            });
            let best = fitting.min_by_key(|(fit, id, _)| (*fit, *id));
            found.extend(best.map(|(_, _, slot)| slot));
        }
        let named = found.into_iter().filter_map(|slot| match &slot.used_by {
            SlotUse::Pending(reference) => Some((slot.id, reference.clone())),
            SlotUse::Session(_) => None,
        });
        named.collect()
    }

    /// Clears away what is over.
    fn clear(&mut self, now: DateTime) {
        let over = self.slots.over(now, CLEARED_AT_ONCE);
        self.free_all(over);
    }

    fn free_all(&mut self, ids: Vec<SlotId>) {
        for id in ids {
            self.free(id);
        }
    }

    fn take(&mut self, slot: Slot) {
        let slot = Arc::new(slot);
        self.changes.push(SlotChange::Taken(Arc::clone(&slot)));
        self.slots.insert(slot);
    }

    fn hold_on(&mut self, slot: Slot) {
        let after = Arc::new(slot);
        if let Some(before) = self.slots.replace(Arc::clone(&after)) {
            self.changes.push(SlotChange::HeldOn { before, after });
        }
    }

    fn free(&mut self, id: SlotId) {
        if let Some(slot) = self.slots.remove(id) {
            self.changes.push(SlotChange::Freed(slot));
        }
    }
}
