//! Where an account permits to charge: parties, Locations, EVSEs.

use std::collections::BTreeSet;

use super::decide::{AuthorizationRequest, Decision, Missing, Refusal};
use crate::account::{AccountPlace, TokenAccount};
use crate::location::{EvseUid, LocationEvses, LocationReferences};

/// What some entries of an account say of the place asked for.
struct Coverage<'a> {
    /// The CPO or the whole Location is named.
    whole: bool,
    /// The EVSEs of the Location that are named one by one.
    evses: Vec<&'a EvseUid>,
}

impl<'a> Coverage<'a> {
    /// An entry counts when any of the CPOs that the place may belong to is its own.
    fn of(
        entries: &'a [AccountPlace],
        request: &AuthorizationRequest<'_>,
        known_evses: Option<&'a LocationEvses>,
    ) -> Coverage<'a> {
        let asked = request.location.map(|location| &location.location_id);
        let mut coverage = Coverage {
            whole: false,
            evses: Vec::new(),
        };
        for entry in entries
            .iter()
            .filter(|entry| request.cpo_parties.contains(&entry.party()))
        {
            match entry {
                AccountPlace::Party(_) => coverage.whole = true,
                AccountPlace::Location(_, id) if Some(id) == asked => coverage.whole = true,
                AccountPlace::Evses(_, id, evse_uids) if Some(id) == asked => {
                    coverage
                        .evses
                        .extend(meant(evse_uids.as_slice(), known_evses));
                }
                AccountPlace::Location(..) | AccountPlace::Evses(..) => {}
            }
        }
        coverage
    }

    /// What is permitted: without a list, everything.
    fn of_permitted(
        account: &'a TokenAccount,
        request: &AuthorizationRequest<'_>,
        known_evses: Option<&'a LocationEvses>,
    ) -> Coverage<'a> {
        match &account.permitted_locations {
            Some(entries) => Coverage::of(entries, request, known_evses),
            None => Coverage {
                whole: true,
                evses: Vec::new(),
            },
        }
    }
}

/// The uids that are meant, one for each.
fn meant<'a>(named: &'a [EvseUid], known_evses: Option<&'a LocationEvses>) -> Vec<&'a EvseUid> {
    match known_evses {
        Some(known) => known.uids_meant(named),
        None => named.iter().collect(),
    }
}

/// What the account makes of the place asked for: `None` when all of it is permitted.
pub(super) fn restrict(
    account: &TokenAccount,
    request: &AuthorizationRequest<'_>,
    known_evses: Option<&LocationEvses>,
) -> Option<Decision> {
    let denied = Coverage::of(&account.denied_locations, request, known_evses);
    let permitted = Coverage::of_permitted(account, request, known_evses);
    if denied.whole || !permitted.whole && permitted.evses.is_empty() {
        return Some(Decision::Refuse(Refusal::Places));
    }
    let location = request.location?;
    if permitted.whole && denied.evses.is_empty() {
        return None;
    }
    let is_allowed = |evse: &&EvseUid| {
        (permitted.whole || permitted.evses.contains(evse)) && !denied.evses.contains(evse)
    };
    // An empty list would read as the whole Location, so a restricted answer names its EVSEs.
    let allowed: Vec<EvseUid> = if !location.evse_uids.is_empty() {
        let asked = location.evse_uids.iter();
        asked
            .zip(meant(&location.evse_uids, known_evses))
            .filter(|(_, evse)| is_allowed(evse))
            .map(|(asked, _)| asked.clone())
            .collect()
    } else if !permitted.whole {
        let mut seen = BTreeSet::new();
        let mut allowed = permitted.evses.clone();
        allowed.retain(|evse| is_allowed(evse) && seen.insert(*evse));
        without_removed(allowed, known_evses)
    } else if let Some(known) = known_evses.filter(|known| known.present().next().is_some()) {
        known.present().filter(is_allowed).cloned().collect()
    } else {
        return Some(Decision::NeedsLocation(Missing::Evses));
    };
    Some(if allowed.is_empty() {
        Decision::Refuse(Refusal::Places)
    } else {
        let location_id = location.location_id.clone();
        Decision::Allow(Some(LocationReferences {
            location_id,
            evse_uids: allowed,
        }))
    })
}

/// The EVSEs without those that are removed; all of them when nothing would be left, for that is
/// no ground to refuse.
fn without_removed(evses: Vec<&EvseUid>, known_evses: Option<&LocationEvses>) -> Vec<EvseUid> {
    let is_removed = |evse: &EvseUid| {
        let known = known_evses.and_then(|known| known.meant(evse));
        known.is_some_and(|evse| evse.is_removed)
    };
    let (removed, present): (Vec<_>, Vec<_>) = evses
        .into_iter()
        .cloned()
        .partition(|evse| is_removed(evse));
    if present.is_empty() { removed } else { present }
}

/// What [`restrict`] looked at and made of it, for an operator.
pub(super) fn describe(
    account: &TokenAccount,
    request: &AuthorizationRequest<'_>,
    decided: Option<&Decision>,
) -> String {
    let denied = Coverage::of(&account.denied_locations, request, None);
    let permitted = Coverage::of_permitted(account, request, None);
    let place = name(request);
    match decided {
        None if account.permitted_locations.is_none() && account.denied_locations.is_empty() => {
            "no place is permitted or denied by name".to_owned()
        }
        None => format!("{place} is permitted, and not denied"),
        Some(Decision::Allow(_)) => format!("some EVSEs only of {place} are permitted"),
        Some(Decision::NeedsLocation(_)) => {
            format!("some EVSEs of {place} are denied, and the others are not known")
        }
        Some(Decision::Refuse(_)) if denied.whole => format!("{place} is denied"),
        Some(Decision::Refuse(_)) if !permitted.whole && permitted.evses.is_empty() => {
            format!("{place} is not among the permitted_locations")
        }
        Some(Decision::Refuse(_)) => {
            format!("of the EVSEs of {place} that the question is about, none is permitted")
        }
    }
}

/// The place asked for, as `LOC001 of NL/ALF`.
fn name(request: &AuthorizationRequest<'_>) -> String {
    let cpo = match request.cpo_parties {
        [] => "an unnamed CPO".to_owned(),
        [party] => party.to_string(),
        [first, ..] => format!("{first} or another party of the platform"),
    };
    match request.location {
        Some(location) => format!("{} of {cpo}", location.location_id),
        None => cpo,
    }
}
