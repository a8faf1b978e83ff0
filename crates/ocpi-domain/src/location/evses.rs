//! What an authorization needs to know of a Location.

use std::collections::{HashMap, HashSet};

use super::{ConnectorId, EvseId, EvseUid, LocationReferences};

/// The most EVSEs that are looked for one by one; more are looked up, for both lists may be as
/// long as a body can make them.
const LOOKED_FOR_MAX: usize = 4;

/// An EVSE, as far as an authorization needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownEvse {
    /// Its uid.
    pub uid: EvseUid,
    /// What is printed on it, when that is known.
    pub evse_id: Option<EvseId>,
    /// Its connectors, in the CPO's order.
    pub connector_ids: Vec<ConnectorId>,
    /// Whether its CPO took it away. It is no ground to refuse, but is no longer named by us.
    pub is_removed: bool,
}

/// The EVSEs of a Location that was pushed to us, in the CPO's order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LocationEvses(pub Vec<KnownEvse>);

impl LocationEvses {
    /// The uids of those that are not removed.
    pub fn present(&self) -> impl Iterator<Item = &EvseUid> {
        let present = self.0.iter().filter(|evse| !evse.is_removed);
        present.map(|evse| &evse.uid)
    }

    /// The EVSE that was meant: the one of that uid, else the one whose `evse_id` was sent in the
    /// place of its uid, as some platforms do. An EVSE that is there is preferred to a removed one
    /// of the same `evse_id`, which it replaced.
    pub fn meant(&self, sent: &EvseUid) -> Option<&KnownEvse> {
        let by_uid = self.0.iter().find(|evse| evse.uid == *sent);
        by_uid.or_else(|| {
            let by_evse_id = self.0.iter().filter(|evse| {
                let evse_id = evse.evse_id.as_ref();
                evse_id.is_some_and(|id| id.as_str().eq_ignore_ascii_case(sent.as_str()))
            });
            by_evse_id.min_by_key(|evse| evse.is_removed)
        })
    }

    /// The uid that was meant: `sent` itself when it is one, and when no EVSE is known by it.
    pub fn uid_meant<'a>(&'a self, sent: &'a EvseUid) -> &'a EvseUid {
        let uid = self.meant(sent).map(|evse| &evse.uid);
        uid.filter(|uid| *uid != sent).unwrap_or(sent)
    }

    /// The uids that were meant, one for each that was sent.
    pub fn uids_meant<'a>(&'a self, sent: &'a [EvseUid]) -> Vec<&'a EvseUid> {
        if sent.len() <= LOOKED_FOR_MAX {
            return sent.iter().map(|evse| self.uid_meant(evse)).collect();
        }
        let uids: HashSet<&EvseUid> = self.0.iter().map(|evse| &evse.uid).collect();
        let mut by_evse_id = HashMap::new();
        let present = self.0.iter().filter(|evse| !evse.is_removed);
        let removed = self.0.iter().filter(|evse| evse.is_removed);
        for evse in present.chain(removed) {
            let named_so = evse.evse_id.as_ref().map(EvseId::as_str);
            if let Some(name) = named_so.and_then(|name| EvseUid::new(name).ok()) {
                by_evse_id.entry(name).or_insert(&evse.uid);
            }
        }
        let meant = |evse| match by_evse_id.get(evse) {
            Some(uid) if !uids.contains(evse) => *uid,
            _ => evse,
        };
        sent.iter().map(meant).collect()
    }

    /// The same place with the uids that were meant.
    pub fn place_meant(&self, sent: &LocationReferences) -> LocationReferences {
        let evse_uids = self.uids_meant(&sent.evse_uids);
        LocationReferences {
            location_id: sent.location_id.clone(),
            evse_uids: evse_uids.into_iter().cloned().collect(),
        }
    }
}
