//! The rule of slots a second time, on plain text and in one flat list, as naively as it can be
//! said.
//!
//! Written from the requirements alone: it shares neither code nor types with what it checks.

/// Who holds a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Who {
    pub(super) token: String,
    pub(super) group: Option<String>,
}

/// A Location and some of its EVSEs, all in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct At {
    pub(super) location: String,
    pub(super) evses: Vec<String>,
}

/// Where a slot is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) platform: String,
    /// The question, word for word; `None` of a session.
    pub(super) question: Option<String>,
    /// The names that the one EVSE goes by; none when it is not one EVSE.
    pub(super) one_evse: Vec<String>,
    /// `None` when the question names no place.
    pub(super) at: Option<At>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Use {
    Pending(String),
    Session(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NaiveSlot {
    pub(super) used_by: Use,
    pub(super) who: Who,
    pub(super) place: Place,
    pub(super) until: i64,
}

/// Where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stands {
    Waiting,
    ActiveUntil(i64),
    Ended,
}

/// The slots, the oldest first.
#[derive(Debug, Clone, Default)]
pub(super) struct NaiveSlots(pub(super) Vec<NaiveSlot>);

fn is_same_evse(one: &Place, other: &Place) -> bool {
    one.platform == other.platform
        && one.at.as_ref().map(|at| &at.location) == other.at.as_ref().map(|at| &at.location)
        && one
            .one_evse
            .iter()
            .any(|name| other.one_evse.contains(name))
}

/// E-29: the same single EVSE, or the identical question of the same platform.
fn is_same(one: &Place, other: &Place) -> bool {
    let is_identical =
        one.platform == other.platform && one.question.is_some() && one.question == other.question;
    is_same_evse(one, other) || is_identical
}

/// Whether a slot is of the Token, or of its group as it is now, or as it was then.
fn is_kin(slot: &NaiveSlot, who: &Who) -> bool {
    slot.who.token == who.token || who.group.is_some() && slot.who.group == who.group
}

/// How well an ALLOWED for this place fits a session at that one: the EVSE by name, one of
/// several, the Location, anywhere.
fn fit(allowed: &Place, session: &Place) -> Option<u32> {
    if allowed.platform != session.platform {
        return None;
    }
    let Some(at) = &allowed.at else {
        return Some(3);
    };
    let here = session.at.as_ref()?;
    if at.location != here.location {
        return None;
    }
    let Some(evse) = here.evses.first() else {
        return Some(2);
    };
    match at.evses.len() {
        0 => Some(2),
        1 => allowed.one_evse.contains(evse).then_some(0),
        _ => {
            let named = allowed
                .question
                .iter()
                .flat_map(|text| text.split([',', '/']));
            let is_named = at.evses.contains(evse) || named.into_iter().any(|name| name == evse);
            is_named.then_some(1)
        }
    }
}

impl NaiveSlots {
    pub(super) fn count(&self, who: &Who, of_group: bool, at: Option<&Place>, now: i64) -> u32 {
        let mut count = 0;
        for slot in &self.0 {
            let is_of = slot.who.token == who.token || of_group && is_kin(slot, who);
            let is_here = at.is_some_and(|place| is_same(&slot.place, place));
            if is_of && slot.until > now && !is_here {
                count += 1;
            }
        }
        count
    }

    fn forget_what_is_over(&mut self, now: i64) {
        self.0.retain(|slot| slot.until > now);
    }

    /// Whether the claim got its slot.
    pub(super) fn claim(&mut self, claim: NaiveSlot, limit: Option<(u32, bool)>, now: i64) -> bool {
        self.forget_what_is_over(now);
        let (who, place) = (&claim.who, &claim.place);
        if let Some((max, of_group)) = limit
            && self.count(who, of_group, Some(place), now) >= max
        {
            return false;
        }
        let is_charging_here = self.0.iter().any(|slot| {
            matches!(slot.used_by, Use::Session(_))
                && is_kin(slot, who)
                && is_same(&slot.place, place)
        });
        if !is_charging_here {
            let is_own_here = |slot: &NaiveSlot| {
                let is_own = slot.who.token == who.token;
                is_own && matches!(slot.used_by, Use::Pending(_)) && is_same(&slot.place, place)
            };
            // One of the same group is held on at its place in the order; the others, of the same
            // car under another name of its EVSE, are over.
            let held = |slot: &NaiveSlot| is_own_here(slot) && slot.who == *who;
            let held = self.0.iter().position(held);
            let mut index = 0;
            self.0.retain(|slot| {
                index += 1;
                held.is_some_and(|held| held + 1 == index) || !is_own_here(slot)
            });
            match self.0.iter().position(is_own_here) {
                Some(held) => self.0[held] = claim,
                None => self.0.push(claim),
            }
        }
        true
    }

    /// The reference that stood for the session.
    pub(super) fn put_session(
        &mut self,
        id: &str,
        who: Option<&Who>,
        place: &Place,
        reference: Option<&str>,
        (stands, begins): (Stands, bool),
        now: i64,
    ) -> Option<String> {
        self.forget_what_is_over(now);
        self.remove_session(id);
        let until = match stands {
            Stands::Waiting => return None,
            Stands::ActiveUntil(until) => Some(until).filter(|until| *until > now),
            Stands::Ended => None,
        };
        let is_of_reference = |slot: &NaiveSlot| {
            let is_own = who.is_some_and(|who| slot.who.token == who.token);
            is_own && reference.is_some_and(|name| slot.used_by == Use::Pending(name.to_owned()))
        };
        let names_another = reference.is_some() && !self.0.iter().any(is_of_reference);
        let mut ended = Vec::new();
        for (index, slot) in self.0.iter().enumerate() {
            let Use::Pending(name) = &slot.used_by else {
                continue;
            };
            let is_own = who.is_some_and(|who| slot.who.token == who.token);
            let is_named = is_own && Some(&**name) == reference;
            let is_here = who.is_some_and(|who| is_kin(slot, who))
                && is_same_evse(&slot.place, place)
                && (until.is_some() || begins && !names_another);
            if is_named || is_here {
                ended.push((!is_named, !is_own, index));
            }
        }
        if ended.is_empty() && until.is_some() && begins && !names_another {
            let mut best = None;
            for (index, slot) in self.0.iter().enumerate() {
                let is_own = who.is_some_and(|who| slot.who.token == who.token);
                let fit = fit(&slot.place, place);
                if let (Use::Pending(_), true, Some(fit)) = (&slot.used_by, is_own, fit)
                    && best.is_none_or(|(before, _)| fit < before)
                {
                    best = Some((fit, index));
                }
            }
            ended.extend(best.map(|(_, index)| (false, false, index)));
        }
        ended.sort_unstable();
        let stood_for_it = ended
            .first()
            .map(|(_, _, index)| match &self.0[*index].used_by {
                Use::Pending(name) | Use::Session(name) => name.clone(),
            });
        let mut index = 0;
        self.0.retain(|_| {
            index += 1;
            ended.iter().all(|(_, _, gone)| gone + 1 != index)
        });
        if let (Some(until), Some(who)) = (until, who) {
            self.0.push(NaiveSlot {
                used_by: Use::Session(id.to_owned()),
                who: who.clone(),
                place: place.clone(),
                until,
            });
        }
        stood_for_it
    }

    pub(super) fn remove_session(&mut self, id: &str) {
        let used_by = Use::Session(id.to_owned());
        self.0.retain(|slot| slot.used_by != used_by);
    }
}
