//! A Location with its EVSEs and their connectors.

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::LocationKey;
use super::{ConnectorId, EvseId, EvseStatus, EvseUid, KnownEvse, LocationEvses, LocationId};
use crate::error::InvalidField;
use crate::json::RawObject;
use crate::party::Party;
use crate::time::DateTime;

/// A Location as OCPI 2.3.0 sends it. Its id, its EVSEs and when they changed are read; every
/// other member is kept and sent back letter for letter, and is never a reason to refuse.
///
/// It is made by reading JSON, and changed by its own methods, so that what is read and what is
/// kept do not part.
///
/// Spec: 2.3.0 `mod_locations`, Location object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    party: Party,
    id: LocationId,
    last_updated: DateTime,
    evses: Vec<Evse>,
    /// All members but `evses`.
    members: RawObject,
}

/// An EVSE of a [`Location`], kept in the same way.
///
/// Spec: 2.3.0 `mod_locations`, EVSE object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evse {
    uid: EvseUid,
    evse_id: Option<EvseId>,
    is_removed: bool,
    last_updated: DateTime,
    connectors: Vec<Connector>,
    /// All members but `connectors`.
    members: RawObject,
}

/// A connector of an [`Evse`], kept in the same way.
///
/// Spec: 2.3.0 `mod_locations`, Connector object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connector {
    id: ConnectorId,
    last_updated: DateTime,
    members: RawObject,
}

const EVSES: &str = "evses";
const CONNECTORS: &str = "connectors";
const LAST_UPDATED: &str = "last_updated";

impl Location {
    /// The CPO: `country_code` and `party_id`.
    pub fn party(&self) -> Party {
        self.party
    }

    /// The id within the CPO.
    pub fn id(&self) -> &LocationId {
        &self.id
    }

    /// What identifies this Location.
    pub fn key(&self) -> LocationKey {
        LocationKey {
            party: self.party,
            id: self.id.clone(),
        }
    }

    /// When it, or something in it, changed last at its CPO.
    pub fn last_updated(&self) -> DateTime {
        self.last_updated
    }

    /// The EVSE of that uid.
    pub fn evse(&self, uid: &EvseUid) -> Option<&Evse> {
        self.evses.iter().find(|evse| evse.uid == *uid)
    }

    /// What an authorization needs to know of it.
    pub fn known_evses(&self) -> LocationEvses {
        LocationEvses(self.evses.iter().map(Evse::known).collect())
    }

    /// Whether both are the same to the letter.
    pub fn is_identical(&self, other: &Location) -> bool {
        self == other
    }

    /// Bytes of the names and values, those of its parts included.
    pub fn bytes(&self) -> usize {
        self.members.bytes() + self.evses.iter().map(Evse::bytes).sum::<usize>()
    }

    /// This Location with the members of a PATCH; a list that was sent replaces the whole list.
    ///
    /// # Errors
    ///
    /// [`InvalidField`] when `country_code`, `party_id` or `id` would become another, and when a
    /// member that is read breaks its rule.
    pub fn patched(&self, patch: RawObject) -> Result<Location, InvalidField> {
        require_same(&patch, "country_code", &self.party.country_code)?;
        require_same(&patch, "party_id", &self.party.party_id)?;
        require_same(&patch, "id", &self.id)?;
        let evses: Option<Vec<Evse>> = patch.read(EVSES)?;
        let mut members = self.members.clone();
        members.merge(patch);
        let patched = Location::try_from(members)?;
        Ok(match evses {
            Some(_) => patched,
            None => Location {
                evses: self.evses.clone(),
                ..patched
            },
        })
    }

    /// This Location with that EVSE in the place of the one of its uid, or at the end; it changed
    /// when the EVSE did.
    #[must_use]
    pub fn with_evse(&self, evse: Evse) -> Location {
        let mut changed = self.clone();
        changed.last_updated = later(&mut changed.members, self.last_updated, evse.last_updated);
        match changed.evses.iter_mut().find(|one| one.uid == evse.uid) {
            Some(place) => *place = evse,
            None => changed.evses.push(evse),
        }
        changed
    }
}

impl Evse {
    /// The uid within the CPO.
    pub fn uid(&self) -> &EvseUid {
        &self.uid
    }

    /// When it, or a connector of it, changed last at its CPO.
    pub fn last_updated(&self) -> DateTime {
        self.last_updated
    }

    /// The connector of that id.
    pub fn connector(&self, id: &ConnectorId) -> Option<&Connector> {
        self.connectors.iter().find(|one| one.id == *id)
    }

    fn bytes(&self) -> usize {
        let connectors = self.connectors.iter();
        let connectors = connectors.map(|connector| connector.members.bytes());
        self.members.bytes() + connectors.sum::<usize>()
    }

    fn known(&self) -> KnownEvse {
        KnownEvse {
            uid: self.uid.clone(),
            evse_id: self.evse_id.clone(),
            connector_ids: self.connectors.iter().map(|one| one.id.clone()).collect(),
            is_removed: self.is_removed,
        }
    }

    /// This EVSE with the members of a PATCH; a list that was sent replaces the whole list.
    ///
    /// # Errors
    ///
    /// [`InvalidField`] when `uid` would become another, and when a member that is read breaks
    /// its rule.
    pub fn patched(&self, patch: RawObject) -> Result<Evse, InvalidField> {
        require_same(&patch, "uid", &self.uid)?;
        let connectors: Option<Vec<Connector>> = patch.read(CONNECTORS)?;
        let mut members = self.members.clone();
        members.merge(patch);
        let patched = Evse::try_from(members)?;
        Ok(match connectors {
            Some(_) => patched,
            None => Evse {
                connectors: self.connectors.clone(),
                ..patched
            },
        })
    }

    /// This EVSE with that connector in the place of the one of its id, or at the end; it changed
    /// when the connector did.
    #[must_use]
    pub fn with_connector(&self, connector: Connector) -> Evse {
        let mut changed = self.clone();
        changed.last_updated = later(
            &mut changed.members,
            self.last_updated,
            connector.last_updated,
        );
        match changed
            .connectors
            .iter_mut()
            .find(|one| one.id == connector.id)
        {
            Some(place) => *place = connector,
            None => changed.connectors.push(connector),
        }
        changed
    }
}

impl Connector {
    /// The id within the EVSE.
    pub fn id(&self) -> &ConnectorId {
        &self.id
    }

    /// When it changed last at its CPO.
    pub fn last_updated(&self) -> DateTime {
        self.last_updated
    }

    /// This connector with the members of a PATCH.
    ///
    /// # Errors
    ///
    /// [`InvalidField`] when `id` would become another, and when a member that is read breaks its
    /// rule.
    pub fn patched(&self, patch: RawObject) -> Result<Connector, InvalidField> {
        require_same(&patch, "id", &self.id)?;
        let mut members = self.members.clone();
        members.merge(patch);
        Connector::try_from(members)
    }
}

/// The later of two moments, which the members then say too.
fn later(members: &mut RawObject, own: DateTime, of_child: DateTime) -> DateTime {
    let last_updated = own.max(of_child);
    members.set_text(LAST_UPDATED, &last_updated.to_string());
    last_updated
}

fn require_same<T: PartialEq + serde::de::DeserializeOwned>(
    patch: &RawObject,
    name: &'static str,
    own: &T,
) -> Result<(), InvalidField> {
    match patch.read::<T>(name)? {
        Some(sent) if sent != *own => Err(InvalidField::new(
            name,
            "differs from the object that the URL addresses",
        )),
        _ => Ok(()),
    }
}

/// Reads `last_updated`, which is then written as the specification writes moments.
fn read_last_updated(members: &mut RawObject) -> Result<DateTime, InvalidField> {
    let last_updated: DateTime = members.require(LAST_UPDATED)?;
    members.set_text(LAST_UPDATED, &last_updated.to_string());
    Ok(last_updated)
}

impl TryFrom<RawObject> for Location {
    type Error = InvalidField;

    fn try_from(mut members: RawObject) -> Result<Location, InvalidField> {
        members.require_all(&["country_code", "party_id", "id", LAST_UPDATED])?;
        let evses = members.read(EVSES)?.unwrap_or_default();
        members.take(EVSES);
        Ok(Location {
            party: Party {
                country_code: members.require("country_code")?,
                party_id: members.require("party_id")?,
            },
            id: members.require("id")?,
            last_updated: read_last_updated(&mut members)?,
            evses,
            members,
        })
    }
}

impl TryFrom<RawObject> for Evse {
    type Error = InvalidField;

    fn try_from(mut members: RawObject) -> Result<Evse, InvalidField> {
        members.require_all(&["uid", LAST_UPDATED])?;
        let connectors = members.read(CONNECTORS)?.unwrap_or_default();
        members.take(CONNECTORS);
        // What cannot be read of these two says nothing; it is no reason to refuse.
        let status: Option<String> = members.read("status").unwrap_or_default();
        Ok(Evse {
            uid: members.require("uid")?,
            evse_id: members.read("evse_id").unwrap_or_default(),
            is_removed: status.as_deref() == Some(EvseStatus::Removed.as_str()),
            last_updated: read_last_updated(&mut members)?,
            connectors,
            members,
        })
    }
}

impl TryFrom<RawObject> for Connector {
    type Error = InvalidField;

    fn try_from(mut members: RawObject) -> Result<Connector, InvalidField> {
        members.require_all(&["id", LAST_UPDATED])?;
        Ok(Connector {
            id: members.require("id")?,
            last_updated: read_last_updated(&mut members)?,
            members,
        })
    }
}

/// Writes the members, and the list of children when there are some.
fn write<S: Serializer, T: Serialize>(
    serializer: S,
    members: &RawObject,
    name: &'static str,
    children: &[T],
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    members.serialize_into(&mut map)?;
    if !children.is_empty() {
        map.serialize_entry(name, children)?;
    }
    map.end()
}

impl Serialize for Location {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write(serializer, &self.members, EVSES, &self.evses)
    }
}

impl Serialize for Evse {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write(serializer, &self.members, CONNECTORS, &self.connectors)
    }
}

impl Serialize for Connector {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.members.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Location {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Location, D::Error> {
        let members = RawObject::deserialize(deserializer)?;
        Location::try_from(members).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Evse {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Evse, D::Error> {
        let members = RawObject::deserialize(deserializer)?;
        Evse::try_from(members).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Connector {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Connector, D::Error> {
        let members = RawObject::deserialize(deserializer)?;
        Connector::try_from(members).map_err(D::Error::custom)
    }
}
