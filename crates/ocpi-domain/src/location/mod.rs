//! Places to charge, as far as an authorization needs them; the rest is kept as it came.
//!
//! Spec: 2.3.0 `mod_locations`.

mod evses;
mod object;

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use crate::enums::closed_enum;
use crate::json::Object;
use crate::party::Party;
use crate::text::identifier;

pub use evses::{KnownEvse, LocationEvses};
pub use object::{Connector, Evse, Location};

identifier!(
    /// The id of a Location within its CPO: 1 to 39 characters, of which 2.2.1 and 2.3.0 grant 36.
    LocationId,
    39
);

identifier!(
    /// The uid of an EVSE within its CPO: 1 to 39 characters, of which 2.2.1 and 2.3.0 grant 36. Not
    /// its `evse_id`.
    EvseUid,
    39
);

identifier!(
    /// The id that is printed on an EVSE, by eMI3: 1 to 48 characters.
    EvseId,
    48
);

identifier!(
    /// The id of a connector within its EVSE: 1 to 36 characters.
    ConnectorId,
    36
);

/// What identifies a Location: its CPO, and its id there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocationKey {
    /// The CPO.
    pub party: Party,
    /// The id within the CPO.
    pub id: LocationId,
}

/// `NL/ALF/LOC001`.
impl fmt::Display for LocationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.party, self.id)
    }
}

closed_enum!(
    /// What an EVSE is doing.
    ///
    /// Spec: 2.3.0 `mod_locations`, Status.
    EvseStatus {
        Available = "AVAILABLE",
        Blocked = "BLOCKED",
        Charging = "CHARGING",
        Inoperative = "INOPERATIVE",
        OutOfOrder = "OUTOFORDER",
        Planned = "PLANNED",
        Removed = "REMOVED",
        Reserved = "RESERVED",
        Unknown = "UNKNOWN",
    }
);

/// A Location, or some of its EVSEs.
///
/// Spec: 2.3.0 `mod_tokens`, `LocationReferences`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct LocationReferences {
    /// The Location.
    pub location_id: LocationId,
    /// Some of its EVSEs; empty is the whole Location. Always written, since strict clients
    /// require it; read from absent and `null` too.
    pub evse_uids: Vec<EvseUid>,
}

impl<'de> Deserialize<'de> for LocationReferences {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Fields {
            location_id: LocationId,
            #[serde(default)]
            evse_uids: Option<Vec<EvseUid>>,
        }

        let Object(fields) = Object::<Fields>::deserialize(deserializer)?;
        Ok(LocationReferences {
            location_id: fields.location_id,
            evse_uids: fields.evse_uids.unwrap_or_default(),
        })
    }
}
