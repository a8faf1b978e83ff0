//! The rules of an authorization a second time, on plain text, as naively as they can be said.
//!
//! Written from the requirements alone: it shares neither code nor types with what it checks.

/// An entry of the account's lists of places.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) party: &'static str,
    pub(crate) location: Option<&'static str>,
    /// Empty when all EVSEs are meant.
    pub(crate) evses: &'static [&'static str],
}

/// The place of a question.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) location: &'static str,
    /// Empty when the whole Location is meant.
    pub(crate) evses: &'static [&'static str],
}

/// What a decision depends on, places left out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gates {
    pub(crate) blocked: bool,
    /// Milliseconds from the question to the expiry: negative is past.
    pub(crate) expires_in_ms: Option<i64>,
    pub(crate) valid: bool,
    /// The balance in hundredths.
    pub(crate) balance: Option<i64>,
    pub(crate) sessions_max: Option<u32>,
    pub(crate) sessions: u32,
}

/// What a decision depends on as far as places go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Places {
    pub(crate) permitted: Option<&'static [Entry]>,
    pub(crate) denied: &'static [Entry],
    pub(crate) cpo_parties: &'static [&'static str],
    pub(crate) asked: Option<Asked>,
    /// The EVSEs of the Location that are there; `None` when it is unknown.
    pub(crate) known: Option<&'static [&'static str]>,
    /// Those that were there once.
    pub(crate) removed: &'static [&'static str],
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    Blocked,
    Expired,
    NotValid,
    NoCredit,
    LocationMissing,
    EvsesMissing,
    TooManySessions,
    NotHere,
    /// Allowed, and the question named no place.
    Anywhere,
    /// Allowed at the Location, at these EVSEs; none listed is all of them.
    At(&'static str, Vec<&'static str>),
}

/// E-17: in this order, the first hit wins.
pub(crate) fn outcome(gates: &Gates, places: &Places) -> Outcome {
    if gates.blocked {
        return Outcome::Blocked;
    }
    if gates.expires_in_ms.is_some_and(|ms| ms <= 0) {
        return Outcome::Expired;
    }
    if !gates.valid {
        return Outcome::NotValid;
    }
    if gates.balance.is_some_and(|hundredths| hundredths <= 0) {
        return Outcome::NoCredit;
    }
    if places.asked.is_none() && names_a_location(places) {
        return Outcome::LocationMissing;
    }
    if gates.sessions_max.is_some_and(|max| gates.sessions >= max) {
        return Outcome::TooManySessions;
    }
    by_place(places)
}

/// E-17: a location is needed when any entry of the account names a location.
fn names_a_location(places: &Places) -> bool {
    let permitted = places.permitted.unwrap_or(&[]);
    permitted.iter().any(|entry| entry.location.is_some())
        || places.denied.iter().any(|entry| entry.location.is_some())
}

/// E-17: an entry matches if its party is any of those that the place may belong to.
fn is_of_the_cpo(entry: &Entry, places: &Places) -> bool {
    places
        .cpo_parties
        .iter()
        .any(|party| same(party, entry.party))
}

/// T-69: case does not count.
fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

fn has(list: &[&str], wanted: &str) -> bool {
    list.iter().any(|item| same(item, wanted))
}

/// Whether the entry speaks of the whole Location.
fn covers_location(entry: &Entry, location: &str, places: &Places) -> bool {
    let here = entry.location.is_none_or(|named| same(named, location));
    is_of_the_cpo(entry, places) && here && entry.evses.is_empty()
}

/// The EVSEs of the Location that the entry names one by one.
fn evses_named(entry: &Entry, location: &str, places: &Places) -> &'static [&'static str] {
    let here = entry.location.is_some_and(|named| same(named, location));
    if is_of_the_cpo(entry, places) && here {
        entry.evses
    } else {
        &[]
    }
}

fn covers_evse(entry: &Entry, location: &str, evse: &str, places: &Places) -> bool {
    covers_location(entry, location, places) || has(evses_named(entry, location, places), evse)
}

fn by_place(places: &Places) -> Outcome {
    let Some(asked) = places.asked else {
        // No entry names a location here: the CPO alone decides.
        let permitted = places
            .permitted
            .is_none_or(|list| list.iter().any(|entry| is_of_the_cpo(entry, places)));
        let denied = places
            .denied
            .iter()
            .any(|entry| is_of_the_cpo(entry, places));
        return if permitted && !denied {
            Outcome::Anywhere
        } else {
            Outcome::NotHere
        };
    };
    if asked.evses.is_empty() {
        whole_location(asked.location, places)
    } else {
        // E-20, E-21, E-24: those of the EVSEs asked for that are permitted and not denied,
        // known to us or not.
        let left = asked.evses.iter().copied().filter(|evse| {
            let permitted = places.permitted.is_none_or(|list| {
                list.iter()
                    .any(|entry| covers_evse(entry, asked.location, evse, places))
            });
            permitted && !is_denied(asked.location, evse, places)
        });
        listed(asked.location, left.collect())
    }
}

fn is_denied(location: &str, evse: &str, places: &Places) -> bool {
    places
        .denied
        .iter()
        .any(|entry| covers_evse(entry, location, evse, places))
}

/// E-22: a question about the whole Location.
fn whole_location(location: &'static str, places: &Places) -> Outcome {
    let denied_whole = places
        .denied
        .iter()
        .any(|entry| covers_location(entry, location, places));
    if denied_whole {
        return Outcome::NotHere;
    }
    let not_denied = |evse: &&'static str| !is_denied(location, evse, places);
    let permitted_whole = places.permitted.is_none_or(|list| {
        list.iter()
            .any(|entry| covers_location(entry, location, places))
    });
    if !permitted_whole {
        // The account's permitted EVSEs, minus the denied ones.
        let mut left: Vec<&'static str> = Vec::new();
        for entry in places.permitted.unwrap_or(&[]) {
            for evse in evses_named(entry, location, places) {
                if not_denied(evse) && !has(&left, evse) {
                    left.push(evse);
                }
            }
        }
        // L-07, E-23: what was removed is not named, and is no ground to refuse.
        let there: Vec<&'static str> = left
            .iter()
            .copied()
            .filter(|evse| !has(places.removed, evse))
            .collect();
        return listed(location, if there.is_empty() { left } else { there });
    }
    let some_denied = places
        .denied
        .iter()
        .any(|entry| !evses_named(entry, location, places).is_empty());
    match places.known {
        _ if !some_denied => Outcome::At(location, Vec::new()),
        // The denial cannot be said: nobody told us which EVSEs there are.
        None | Some([]) => Outcome::EvsesMissing,
        Some(known) => listed(location, known.iter().copied().filter(not_denied).collect()),
    }
}

/// E-22: a restricted answer never has an empty list, which would read as the whole Location.
fn listed(location: &'static str, evses: Vec<&'static str>) -> Outcome {
    if evses.is_empty() {
        Outcome::NotHere
    } else {
        Outcome::At(location, evses)
    }
}
