//! The rule of concurrent sessions as the protocol states it, with lists that are searched from
//! end to end: E-29, E-30, S-20 to S-23. It knows nothing of how a store keeps slots.

use std::collections::BTreeMap;

use ocpi_domain::AuthorizationReference;

pub(super) const MINUTE_MS: i64 = 60 * 1000;
const PENDING_SLOT_MS: i64 = 3 * MINUTE_MS;
const PENDING_SESSION_MS: i64 = 15 * MINUTE_MS;
const ACTIVE_SESSION_MS: i64 = 48 * 60 * MINUTE_MS;

/// A question's place: a Location, and some of its EVSEs.
pub(super) type Place = (&'static str, &'static [&'static str]);

/// A Token and the limits of its account.
#[derive(Debug, Clone, Copy)]
pub(super) struct Card {
    pub(super) uid: &'static str,
    pub(super) group: Option<&'static str>,
    pub(super) max: Option<u32>,
    /// Whether all of its group count.
    pub(super) of_group: bool,
}

/// A word of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) cpo: usize,
    pub(super) id: usize,
    /// The Token of its `cdr_token`.
    pub(super) card: usize,
    pub(super) location: &'static str,
    /// `None` is `#NA`.
    pub(super) evse: Option<&'static str>,
    pub(super) status: &'static str,
    pub(super) has_end: bool,
    pub(super) reference: Option<AuthorizationReference>,
    pub(super) last_updated: i64,
}

/// What became of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    New,
    Known,
    Stale,
}

#[derive(Debug, Clone)]
enum Holder {
    /// An ALLOWED whose session was not heard of, and its question.
    Allowed(AuthorizationReference, Option<Place>),
    /// A session at an EVSE.
    Session((usize, usize), &'static str, Option<&'static str>),
}

/// Something that counts.
#[derive(Debug, Clone)]
struct Hold {
    card: usize,
    cpo: usize,
    holder: Holder,
    until: i64,
}

impl Hold {
    fn is_allowed(&self) -> bool {
        matches!(self.holder, Holder::Allowed(..))
    }

    /// The Location and the one EVSE, when it is one.
    fn evse(&self) -> Option<(&str, &str)> {
        match &self.holder {
            Holder::Allowed(_, place) => one_evse(*place),
            Holder::Session(_, location, evse) => evse.map(|evse| (*location, evse)),
        }
    }

    /// Same place: same platform, and the same single EVSE or the identical question.
    fn is_at(&self, cpo: usize, question: Option<Place>) -> bool {
        let is_identical = match &self.holder {
            Holder::Allowed(_, asked) => *asked == question,
            Holder::Session(..) => false,
        };
        let is_same_evse = self.evse().is_some() && self.evse() == one_evse(question);
        self.cpo == cpo && (is_identical || is_same_evse)
    }
}

fn one_evse(place: Option<Place>) -> Option<(&'static str, &'static str)> {
    match place {
        Some((location, [evse])) => Some((location, evse)),
        _ => None,
    }
}

/// What is known of all cards and sessions.
#[derive(Debug)]
pub(super) struct Naive {
    pub(super) cards: [Card; 3],
    pub(super) now: i64,
    /// Oldest first.
    holds: Vec<Hold>,
    pub(super) words: BTreeMap<(usize, usize), Word>,
    /// Every ALLOWED, and whose it is.
    pub(super) allowed: Vec<(AuthorizationReference, usize)>,
}

impl Naive {
    pub(super) fn new(cards: [Card; 3], now: i64) -> Naive {
        Naive {
            cards,
            now,
            holds: Vec::new(),
            words: BTreeMap::new(),
            allowed: Vec::new(),
        }
    }

    fn is_kin(&self, one: usize, other: usize) -> bool {
        let group = self.cards[one].group;
        one == other || group.is_some() && group == self.cards[other].group
    }

    /// How many of the card, or of its group too, are held now and not at the place.
    fn count(
        &self,
        card: usize,
        of_group: bool,
        elsewhere: Option<(usize, Option<Place>)>,
    ) -> usize {
        let holds = self.holds.iter().filter(|hold| hold.until > self.now);
        let holds =
            holds.filter(|hold| hold.card == card || of_group && self.is_kin(hold.card, card));
        let is_elsewhere =
            |hold: &&Hold| elsewhere.is_none_or(|(cpo, place)| !hold.is_at(cpo, place));
        holds.filter(is_elsewhere).count()
    }

    /// How many are held of the card and its group, wherever.
    pub(super) fn held(&self, card: usize) -> usize {
        self.count(card, true, None)
    }

    /// Whether the question must be ALLOWED.
    pub(super) fn may_charge(&self, card: usize, cpo: usize, place: Option<Place>) -> bool {
        let Card { max, of_group, .. } = self.cards[card];
        let count = self.count(card, of_group, Some((cpo, place)));
        max.is_none_or(|max| count < max as usize)
    }

    /// The question was ALLOWED under this reference.
    pub(super) fn allow(
        &mut self,
        card: usize,
        cpo: usize,
        place: Option<Place>,
        reference: AuthorizationReference,
    ) {
        self.allowed.push((reference.clone(), card));
        let now = self.now;
        self.holds.retain(|hold| hold.until > now);
        let Card { max, group, .. } = self.cards[card];
        let limits_a_group = |card: &Card| card.of_group && card.max.is_some();
        let is_limited_elsewhere = group.is_some() && self.cards.iter().any(limits_a_group);
        let counts_for_nobody = max.is_none() && !is_limited_elsewhere;
        // The CPO also asks to stop.
        let runs_here = self.holds.iter().any(|hold| {
            !hold.is_allowed() && self.is_kin(hold.card, card) && hold.is_at(cpo, place)
        });
        if counts_for_nobody || runs_here {
            return;
        }
        self.holds
            .retain(|hold| !(hold.is_allowed() && hold.card == card && hold.is_at(cpo, place)));
        self.holds.push(Hold {
            card,
            cpo,
            holder: Holder::Allowed(reference, place),
            until: now + PENDING_SLOT_MS,
        });
    }

    /// A session was put or patched to this.
    pub(super) fn hear(&mut self, word: &Word) -> Taken {
        let key = (word.cpo, word.id);
        let before = self.words.get(&key).cloned();
        if before
            .as_ref()
            .is_some_and(|before| word.last_updated < before.last_updated)
        {
            return Taken::Stale;
        }
        self.words.insert(key, word.clone());
        self.hold_for(word, before.as_ref().is_none_or(is_waiting));
        if before.is_some() {
            Taken::Known
        } else {
            Taken::New
        }
    }

    fn hold_for(&mut self, word: &Word, begins: bool) {
        let key = (word.cpo, word.id);
        let now = self.now;
        self.holds.retain(|hold| {
            let is_own = matches!(hold.holder, Holder::Session(held, ..) if held == key);
            hold.until > now && !is_own
        });
        if is_waiting(word) {
            return;
        }
        let named = self
            .allowed
            .iter()
            .find(|(reference, _)| Some(reference) == word.reference.as_ref());
        let card = named.map_or(word.card, |(_, card)| *card);
        let until = match (word.status, word.has_end) {
            ("ACTIVE", false) => word.last_updated.min(now) + ACTIVE_SESSION_MS,
            ("PENDING", false) => word.last_updated.min(now) + PENDING_SESSION_MS,
            _ => now,
        };
        let counts = until > now;
        for released in self.released(word, card, counts, begins) {
            self.holds.retain(|hold| {
                !matches!(&hold.holder, Holder::Allowed(reference, _) if *reference == released)
            });
        }
        if counts {
            self.holds.push(Hold {
                card,
                cpo: word.cpo,
                holder: Holder::Session(key, word.location, word.evse),
                until,
            });
        }
    }

    /// The ALLOWEDs whose session this is: the one that it names; whatever waits for its EVSE, for
    /// one EVSE has one car; else, as it begins, the one that fits it best.
    fn released(
        &self,
        word: &Word,
        card: usize,
        counts: bool,
        begins: bool,
    ) -> Vec<AuthorizationReference> {
        let is_of_reference = |hold: &Hold| {
            let named = word.reference.as_ref();
            matches!(&hold.holder, Holder::Allowed(reference, _) if Some(reference) == named)
        };
        // It began with an authorization that no longer waits.
        let names_another = word.reference.is_some() && !self.holds.iter().any(is_of_reference);
        let mut found = Vec::new();
        let mut fitting = Vec::new();
        for hold in &self.holds {
            let Holder::Allowed(reference, asked) = &hold.holder else {
                continue;
            };
            let own_evse = word.evse.map(|evse| (word.location, evse));
            let is_here = hold.cpo == word.cpo && own_evse.is_some() && hold.evse() == own_evse;
            let is_named = word.reference.as_ref() == Some(reference);
            let is_due = counts || begins && !names_another;
            if is_named || is_here && self.is_kin(hold.card, card) && is_due {
                found.push(reference.clone());
            } else if hold.card == card && hold.cpo == word.cpo {
                fitting.extend(fit(*asked, word).map(|fit| (fit, reference)));
            }
        }
        if found.is_empty() && counts && begins && !names_another {
            let best = fitting.iter().map(|(fit, _)| *fit).min();
            let oldest = fitting.iter().find(|(fit, _)| Some(*fit) == best);
            found.extend(oldest.map(|(_, reference)| (*reference).clone()));
        }
        found
    }
}

fn is_waiting(word: &Word) -> bool {
    word.status == "RESERVATION" && !word.has_end
}

/// How exactly the question was about the place of the session, the smaller the better.
fn fit(asked: Option<Place>, word: &Word) -> Option<u8> {
    match (asked, word.evse) {
        (None, _) => Some(3),
        (Some((location, _)), _) if location != word.location => None,
        (Some((_, [])), _) | (_, None) => Some(2),
        (Some((_, several)), Some(evse)) => several.contains(&evse).then_some(1),
    }
}
