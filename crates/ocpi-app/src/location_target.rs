//! The Location, EVSE or connector that a URL addresses.

use std::sync::Arc;

use ocpi_domain::json::RawObject;
use ocpi_domain::{
    Connector, ConnectorId, DateTime, Evse, EvseUid, InvalidField, Location, LocationKey,
    OcpiVersion, Profile,
};

use crate::moment::{last_updated_member, meant_moment};
use crate::owner::{fill_owner, require_owned_by};
use crate::token_update::require_equal;

/// What a URL below `locations` addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocationTarget {
    /// The Location.
    pub key: LocationKey,
    /// All of it, or what in it.
    pub part: LocationPart,
}

/// A Location, or something in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LocationPart {
    /// The Location itself.
    Whole,
    /// One of its EVSEs.
    Evse(EvseUid),
    /// A connector of one of its EVSEs.
    Connector(EvseUid, ConnectorId),
}

/// The object that a [`LocationTarget`] addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LocationObject {
    /// The Location itself.
    Location(Arc<Location>),
    /// One of its EVSEs.
    Evse(Evse),
    /// A connector of one of its EVSEs.
    Connector(Connector),
}

impl LocationTarget {
    /// The object that the members make, which must be the one that is addressed.
    pub(crate) fn read(
        &self,
        mut members: RawObject,
        profile: Profile,
    ) -> Result<LocationObject, InvalidField> {
        match &self.part {
            LocationPart::Whole => {
                fill_owner(&mut members, self.key.party, profile);
                let location = Location::try_from(members)?;
                require_owned_by(self.key.party, location.party())?;
                require_equal("id", Some(location.id()), Some(&self.key.id))?;
                Ok(LocationObject::Location(Arc::new(location)))
            }
            LocationPart::Evse(uid) => {
                let evse = Evse::try_from(members)?;
                require_equal("uid", Some(evse.uid()), Some(uid))?;
                Ok(LocationObject::Evse(evse))
            }
            LocationPart::Connector(_, id) => {
                let connector = Connector::try_from(members)?;
                require_equal("id", Some(connector.id()), Some(id))?;
                Ok(LocationObject::Connector(connector))
            }
        }
    }

    /// The object that is addressed, when it is in its Location.
    pub(crate) fn find_in(&self, location: &Arc<Location>) -> Option<LocationObject> {
        match &self.part {
            LocationPart::Whole => Some(LocationObject::Location(Arc::clone(location))),
            LocationPart::Evse(uid) => location.evse(uid).cloned().map(LocationObject::Evse),
            LocationPart::Connector(evse, id) => {
                let connector = location.evse(evse)?.connector(id);
                connector.cloned().map(LocationObject::Connector)
            }
        }
    }

    /// The Location with that object in the place that is addressed; `None` when there is no such
    /// place, since what it would be in is not known.
    pub(crate) fn placed(
        &self,
        object: LocationObject,
        stored: Option<&Arc<Location>>,
    ) -> Option<Arc<Location>> {
        match object {
            LocationObject::Location(location) => Some(location),
            LocationObject::Evse(evse) => Some(Arc::new(stored?.with_evse(evse))),
            LocationObject::Connector(connector) => {
                let LocationPart::Connector(uid, _) = &self.part else {
                    return None;
                };
                let evse = stored?.evse(uid)?.with_connector(connector);
                Some(Arc::new(stored?.with_evse(evse)))
            }
        }
    }
}

impl LocationObject {
    /// When it changed last at its CPO.
    pub(crate) fn last_updated(&self) -> DateTime {
        match self {
            LocationObject::Location(location) => location.last_updated(),
            LocationObject::Evse(evse) => evse.last_updated(),
            LocationObject::Connector(connector) => connector.last_updated(),
        }
    }

    /// This object with the `last_updated` that is meant beside the stored one.
    pub(crate) fn meant_beside(
        &self,
        stored: &LocationObject,
        version: OcpiVersion,
    ) -> Result<LocationObject, InvalidField> {
        let sent = self.last_updated();
        let meant = meant_moment(version, sent, stored.last_updated());
        if meant == sent {
            return Ok(self.clone());
        }
        self.patched(last_updated_member(meant))
    }

    /// This object with the members of a PATCH.
    pub(crate) fn patched(&self, patch: RawObject) -> Result<LocationObject, InvalidField> {
        Ok(match self {
            LocationObject::Location(location) => {
                LocationObject::Location(Arc::new(location.patched(patch)?))
            }
            LocationObject::Evse(evse) => LocationObject::Evse(evse.patched(patch)?),
            LocationObject::Connector(connector) => {
                LocationObject::Connector(connector.patched(patch)?)
            }
        })
    }
}
