//! Finding slots: by whose they are, by where, by what holds them, and by when they end.

use std::collections::BTreeSet;
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use hashbrown::HashMap;

use super::{GroupKey, Slot, SlotHolder, SlotId, SlotPlace, SlotUse};
use crate::account::ConcurrencyScope;
use crate::session::SessionKey;
use crate::time::DateTime;
use crate::token::TokenKey;

/// What is asked of a slot, so that a group of thousands is looked through in a few microseconds.
#[derive(Debug, Clone, Copy)]
struct Entry {
    id: SlotId,
    until: DateTime,
    /// The hashes of its place: places that are the same have one in common.
    places: [u64; 2],
}

impl Entry {
    fn of(slot: &Slot) -> Entry {
        Entry {
            id: slot.id,
            until: slot.until,
            places: slot.place.hashes(),
        }
    }

    fn may_be_at(&self, place: &SlotPlace) -> bool {
        let hashes = place.hashes();
        self.places.iter().any(|own| hashes.contains(own))
    }
}

#[derive(Debug)]
struct Held {
    slot: Arc<Slot>,
    /// Under which moment it stands in `ends`: not after its end.
    look_at: DateTime,
}

/// All slots that are taken.
#[derive(Default)]
pub(super) struct SlotIndex {
    slots: HashMap<SlotId, Held>,
    of_token: HashMap<TokenKey, Vec<Entry>>,
    of_group: HashMap<GroupKey, Vec<Entry>>,
    of_session: HashMap<SessionKey, SlotId>,
    /// When to look whether a slot's time is over. One that is held on stays where it was, so that
    /// this costs it nothing.
    ends: BTreeSet<(DateTime, SlotId)>,
}

impl SlotIndex {
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn of_session(&self, session: &SessionKey) -> Option<SlotId> {
        self.of_session.get(session).copied()
    }

    /// The slots of the Token, in the order of their numbers.
    pub(super) fn of_token(&self, holder: &SlotHolder) -> impl Iterator<Item = &Slot> {
        let entries = self.of_token.get(&holder.token).into_iter().flatten();
        entries.filter_map(|entry| self.slot(entry.id))
    }

    /// How many slots the Token has.
    pub(super) fn count_of_token(&self, holder: &SlotHolder) -> usize {
        self.of_token.get(&holder.token).map_or(0, Vec::len)
    }

    /// The slots of that scope with time left, each once and in no order.
    pub(super) fn of_scope(
        &self,
        holder: &SlotHolder,
        scope: ConcurrencyScope,
        now: DateTime,
    ) -> impl Iterator<Item = &Slot> {
        let entries = self.entries(holder, scope);
        entries
            .filter(move |entry| entry.until > now)
            .filter_map(|entry| self.slot(entry.id))
    }

    /// How many slots of that scope have time left, those at the same place left out.
    pub(super) fn count(
        &self,
        holder: &SlotHolder,
        scope: ConcurrencyScope,
        place: Option<&SlotPlace>,
        now: DateTime,
    ) -> usize {
        let is_there = |entry: &Entry| place.is_some_and(|place| self.is_at(entry, place));
        let entries = self.entries(holder, scope);
        entries
            .filter(|entry| entry.until > now && !is_there(entry))
            .count()
    }

    /// The slots of that scope at the same place, each once.
    pub(super) fn at_place(
        &self,
        holder: &SlotHolder,
        scope: ConcurrencyScope,
        place: &SlotPlace,
    ) -> impl Iterator<Item = &Slot> {
        let entries = self.entries(holder, scope);
        entries
            .filter(|entry| self.is_at(entry, place))
            .filter_map(|entry| self.slot(entry.id))
    }

    fn slot(&self, id: SlotId) -> Option<&Slot> {
        self.slots.get(&id).map(|held| &*held.slot)
    }

    fn is_at(&self, entry: &Entry, place: &SlotPlace) -> bool {
        let is_same = |slot: &Slot| place.is_same(&slot.place);
        entry.may_be_at(place) && self.slot(entry.id).is_some_and(is_same)
    }

    /// The slots of the Token, or of the Token and its group, each once.
    fn entries(
        &self,
        holder: &SlotHolder,
        scope: ConcurrencyScope,
    ) -> impl Iterator<Item = &Entry> {
        let group = match scope {
            ConcurrencyScope::Token => None,
            // A Token without a group is a group of its own.
            ConcurrencyScope::Group => holder.group(),
        };
        let of_group = group.as_ref().and_then(|group| self.of_group.get(group));
        let of_token = self.of_token.get(&holder.token);
        // A slot keeps the group that its Token had then; what the Token holds itself counts
        // whatever group it is in by now.
        let is_of_another = move |entry: &&Entry| {
            group.is_none()
                || self
                    .slot(entry.id)
                    .is_some_and(|slot| slot.holder.group() != group)
        };
        let of_token = of_token.into_iter().flatten().filter(is_of_another);
        of_group.into_iter().flatten().chain(of_token)
    }

    /// So many at most whose time is over, the earliest first.
    pub(super) fn over(&mut self, now: DateTime, max: usize) -> Vec<SlotId> {
        let due = self.ends.iter().take_while(|(look_at, _)| *look_at <= now);
        let due: Vec<_> = due.take(max).copied().collect();
        let mut over = Vec::with_capacity(due.len());
        for (look_at, id) in due {
            match self.slots.get_mut(&id) {
                // It was held on since.
                Some(held) if held.slot.until > now => {
                    held.look_at = held.slot.until;
                    self.ends.remove(&(look_at, id));
                    self.ends.insert((held.look_at, id));
                }
                _ => over.push(id),
            }
        }
        over
    }

    pub(super) fn insert(&mut self, slot: Arc<Slot>) {
        let id = slot.id;
        let entry = Entry::of(&slot);
        put_in(&mut self.of_token, slot.holder.token.clone(), entry);
        if let Some(group) = slot.holder.group() {
            put_in(&mut self.of_group, group, entry);
        }
        if let SlotUse::Session(name) = &slot.used_by {
            self.of_session.insert(name.clone(), id);
        }
        let look_at = slot.until;
        self.ends.insert((look_at, id));
        self.slots.insert(id, Held { slot, look_at });
    }

    pub(super) fn remove(&mut self, id: SlotId) -> Option<Arc<Slot>> {
        let Held { slot, look_at } = self.slots.remove(&id)?;
        take_out(&mut self.of_token, &slot.holder.token, id);
        if let Some(group) = slot.holder.group() {
            take_out(&mut self.of_group, &group, id);
        }
        if let SlotUse::Session(name) = &slot.used_by {
            self.of_session.remove(name);
        }
        self.ends.remove(&(look_at, id));
        Some(slot)
    }

    /// Puts a pending slot in the place of the one of its number, of the same holder; gives that.
    pub(super) fn replace(&mut self, slot: Arc<Slot>) -> Option<Arc<Slot>> {
        let held = self.slots.get_mut(&slot.id)?;
        let entry = Entry::of(&slot);
        if let Some(entries) = self.of_token.get_mut(&slot.holder.token) {
            change(entries, entry);
        }
        if let Some(group) = slot.holder.group()
            && let Some(entries) = self.of_group.get_mut(&group)
        {
            change(entries, entry);
        }
        if slot.until < held.look_at {
            self.ends.remove(&(held.look_at, slot.id));
            held.look_at = slot.until;
            self.ends.insert((held.look_at, slot.id));
        }
        Some(std::mem::replace(&mut held.slot, slot))
    }
}

/// Without the moments at which to look, which say nothing of who holds what.
impl fmt::Debug for SlotIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slots = self.slots.iter().map(|(id, held)| (id, &held.slot));
        f.debug_struct("SlotIndex")
            .field(
                "slots",
                &slots.collect::<std::collections::BTreeMap<_, _>>(),
            )
            .field("of_token", &self.of_token)
            .field("of_group", &self.of_group)
            .field("of_session", &self.of_session)
            .field("ends", &self.ends.len())
            .finish()
    }
}

/// Adds the slot, in the order of numbers.
fn put_in<K: Hash + Eq>(map: &mut HashMap<K, Vec<Entry>>, key: K, entry: Entry) {
    let entries = map.entry(key).or_default();
    let place = entries.partition_point(|one| one.id < entry.id);
    entries.insert(place, entry);
}

fn take_out<K: Hash + Eq>(map: &mut HashMap<K, Vec<Entry>>, key: &K, id: SlotId) {
    if let Some(entries) = map.get_mut(key) {
        if let Ok(place) = entries.binary_search_by_key(&id, |entry| entry.id) {
            entries.remove(place);
        }
        if entries.is_empty() {
            map.remove(key);
        }
    }
}

fn change(entries: &mut [Entry], entry: Entry) {
    if let Ok(place) = entries.binary_search_by_key(&entry.id, |entry| entry.id) {
        entries[place] = entry;
    }
}
