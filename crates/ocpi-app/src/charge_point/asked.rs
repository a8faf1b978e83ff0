//! A question that may be asked, with what every step of its answer needs.

use ocpi_domain::{AuthorizationRecord, CiString, DateTime, LocationReferences, Party};

use super::{ChargePointError, ChargePointRequest};
use crate::app::App;

/// A question of a CPO that is hosted here.
pub(super) struct Asked {
    pub(super) request: ChargePointRequest,
    pub(super) cpo: Party,
    /// The place, as an eMSP is told it.
    pub(super) location: LocationReferences,
    pub(super) now: DateTime,
    pub(super) started_us: u64,
}

impl Asked {
    /// The uid, as records keep it.
    pub(super) fn uid_of_record(&self) -> CiString<64> {
        AuthorizationRecord::uid_as_asked(self.request.uid.as_str())
    }
}

impl App {
    /// The question, when its CPO is hosted here.
    pub(super) fn asked(
        &self,
        request: ChargePointRequest,
        started_us: u64,
    ) -> Result<Asked, ChargePointError> {
        let cpo = match (request.cpo, self.hosting.cpo_parties()) {
            (Some(cpo), hosted) if hosted.contains(&cpo) => cpo,
            (Some(cpo), _) => return Err(ChargePointError::UnknownCpo(cpo)),
            (None, [only]) => *only,
            (None, []) => return Err(ChargePointError::NoCpo),
            (None, _) => return Err(ChargePointError::CpoNeeded),
        };
        let location = LocationReferences {
            location_id: request.location_id.clone(),
            evse_uids: request.evse_uid.iter().cloned().collect(),
        };
        Ok(Asked {
            request,
            cpo,
            location,
            now: self.now(),
            started_us,
        })
    }
}
