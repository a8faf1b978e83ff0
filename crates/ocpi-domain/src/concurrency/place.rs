//! Where a slot is held, and what is the same place.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::Arc;

use crate::location::{EvseUid, LocationEvses, LocationId, LocationReferences};
use crate::platform::PlatformId;

/// The most EVSEs of a question that its place keeps: it is kept in memory, and a question may be
/// as long as a body can be.
const EVSES_KEPT_MAX: usize = 100;

/// Where a slot is held.
///
/// A CPO asks again at the EVSE where a car is charging, to let its driver stop. So what is held
/// at the *same place* as a question does not count against it: the same platform, and the same
/// one EVSE, or, for questions that name no EVSE or several, the identical question. An EVSE is
/// the same by the name that was sent or by the one that was meant.
///
/// Cheap to clone: it goes from a question into its claim and into the slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotPlace(Arc<Names>);

#[derive(Debug, PartialEq, Eq)]
struct Names {
    platform: PlatformId,
    is_question: bool,
    asked: Option<LocationReferences>,
    /// What was meant, when it is not what was asked.
    meant: Option<LocationReferences>,
    /// The hashes of the names: places that are the same have one in common. Made here, so that
    /// nobody waits for them while a table is locked.
    hashes: [u64; 2],
}

impl SlotPlace {
    /// The place of a question, as far as the Location is known. Of more than 100 EVSEs the first
    /// 100 are kept.
    pub fn of_question(
        platform: PlatformId,
        asked: Option<&LocationReferences>,
        known: Option<&LocationEvses>,
    ) -> SlotPlace {
        let asked = asked.map(|asked| LocationReferences {
            location_id: asked.location_id.clone(),
            evse_uids: asked
                .evse_uids
                .iter()
                .take(EVSES_KEPT_MAX)
                .cloned()
                .collect(),
        });
        let meant = asked.as_ref().zip(known);
        let meant = meant.map(|(asked, known)| known.place_meant(asked));
        SlotPlace::of_parts(platform, asked, meant)
    }

    /// The place of a session.
    pub fn of_session(
        platform: PlatformId,
        location_id: LocationId,
        evse_uid: Option<EvseUid>,
    ) -> SlotPlace {
        let place = LocationReferences {
            location_id,
            evse_uids: evse_uid.into_iter().collect(),
        };
        SlotPlace::named(platform, false, None, Some(place))
    }

    /// The place of a question as it was stored: as it was named, and as it was meant, when that
    /// is another.
    pub fn of_parts(
        platform: PlatformId,
        asked: Option<LocationReferences>,
        meant: Option<LocationReferences>,
    ) -> SlotPlace {
        let meant = meant.filter(|meant| Some(meant) != asked.as_ref());
        SlotPlace::named(platform, true, asked, meant)
    }

    fn named(
        platform: PlatformId,
        is_question: bool,
        asked: Option<LocationReferences>,
        meant: Option<LocationReferences>,
    ) -> SlotPlace {
        let mut names = Names {
            platform,
            is_question,
            asked,
            meant,
            hashes: [0; 2],
        };
        names.hashes = names.hash();
        SlotPlace(Arc::new(names))
    }

    /// Whose Locations these are: ids are those of its CPOs.
    pub fn platform(&self) -> &PlatformId {
        &self.0.platform
    }

    /// The place as the question named it; `None` when it named none, and for a session, which is
    /// no question.
    pub fn asked(&self) -> Option<&LocationReferences> {
        self.0.asked.as_ref()
    }

    /// The place with the uids that were meant; `None` when the question names no place. A
    /// session whose EVSE is not known is at none of the Location.
    pub fn meant(&self) -> Option<&LocationReferences> {
        self.0.meant.as_ref().or(self.asked())
    }

    /// The place that was meant, when it is not what was asked.
    pub fn meant_otherwise(&self) -> Option<&LocationReferences> {
        self.0.meant.as_ref()
    }

    /// Whether both are the same one EVSE.
    pub fn is_same_evse(&self, other: &SlotPlace) -> bool {
        let (own, its) = (&*self.0, &*other.0);
        own.platform == its.platform && own.evses().any(|evse| its.evses().any(|it| it == evse))
    }

    /// Whether both are the same place.
    pub fn is_same(&self, other: &SlotPlace) -> bool {
        let (own, its) = (&*self.0, &*other.0);
        self.is_same_evse(other)
            || own.is_question
                && its.is_question
                && own.platform == its.platform
                && own.asked == its.asked
    }

    /// Of two places that are the same, one is the same.
    pub(super) fn hashes(&self) -> [u64; 2] {
        self.0.hashes
    }

    /// How well a session at `session` fits an ALLOWED for this place, the smaller the better;
    /// `None` when it does not.
    pub(super) fn fit_of(&self, session: &SlotPlace) -> Option<u8> {
        if self.platform() != session.platform() {
            return None;
        }
        let (Some(allowed), Some(at)) = (self.meant(), session.meant()) else {
            // The question named no place: it was for all of them.
            return Some(3);
        };
        if allowed.location_id != at.location_id {
            return None;
        }
        let Some(evse) = at
            .evse_uids
            .first()
            .filter(|_| !allowed.evse_uids.is_empty())
        else {
            return Some(2);
        };
        let asked = self.asked().map_or(&[][..], |asked| &asked.evse_uids);
        let is_named = allowed.evse_uids.contains(evse) || asked.contains(evse);
        is_named.then_some(u8::from(allowed.evse_uids.len() > 1))
    }
}

impl Names {
    /// The one EVSE that it is, when it is one, by the names that it goes by.
    fn evses(&self) -> impl Iterator<Item = (&LocationId, &EvseUid)> {
        let places = [self.meant.as_ref(), self.asked.as_ref()];
        places.into_iter().flatten().filter_map(|place| {
            let evse = place.evse_uids.first()?;
            (place.evse_uids.len() == 1).then_some((&place.location_id, evse))
        })
    }

    fn hash(&self) -> [u64; 2] {
        let hasher = BuildHasherDefault::<DefaultHasher>::default();
        let evses = self.evses();
        let mut evses = evses.map(|evse| hasher.hash_one((&self.platform, evse)));
        match (evses.next(), evses.next()) {
            (Some(one), other) => [one, other.unwrap_or(one)],
            // A question that names no EVSE, or several.
            (None, _) => [hasher.hash_one((&self.platform, self.is_question, &self.asked)); 2],
        }
    }
}
