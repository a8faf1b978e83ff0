//! The look at a platform that we are about to call: which version, and what it serves there.
//!
//! Spec: 2.3.0 `version_information_endpoint`.

use ocpi_domain::{AuthEncoding, OcpiUrl, OcpiVersion, Platform, Role};
use ocpi_ports::{RemoteError, Served};

use super::attempts::{Attempts, standard_encoding};
use super::discovery::{highest_common, numbers};
use crate::app::App;
use crate::operator::OperatorError;

/// Why it is not known how to call a platform.
#[derive(Debug)]
pub(crate) enum LookupError {
    Remote(RemoteError),
    /// The versions that it lists, in words.
    NoCommonVersion(String),
    PeerRoleNeeded,
}

impl App {
    /// What the platform serves in the highest version that both speak; `attempts` speak it from
    /// then on. `named` is what the operator says it is: CPO or eMSP.
    pub(crate) async fn look_up_platform(
        &self,
        attempts: &mut Attempts,
        versions_url: &OcpiUrl,
        platform: &Platform,
        named: Option<&Role>,
    ) -> Result<Served, LookupError> {
        let versions = self.versions_at(attempts, versions_url).await?;
        let (version, details) = highest_common(&versions)
            .ok_or_else(|| LookupError::NoCommonVersion(numbers(&versions)))?;
        let peer_role = named.cloned().or_else(|| self.kind_of(platform));
        let peer_role = match (version, peer_role) {
            (_, Some(role @ (Role::Cpo | Role::Emsp))) => role,
            (OcpiVersion::V2_1_1, _) => return Err(LookupError::PeerRoleNeeded),
            // The other versions say it with each endpoint.
            (OcpiVersion::V2_2_1 | OcpiVersion::V2_3_0, _) => Role::Cpo,
        };
        attempts.speak(version, peer_role);
        // The list was asked for before the version was known, whose form comes first.
        if platform.profile.auth_encoding == AuthEncoding::Auto {
            attempts.prefer(standard_encoding(version));
        }
        let endpoints = self.endpoints_at(attempts, details, &platform.id).await?;
        Ok(Served { version, endpoints })
    }

    /// What the platform is, as far as it can be only one of the two.
    fn kind_of(&self, platform: &Platform) -> Option<Role> {
        let is = |role: &Role| platform.parties(role).next().is_some();
        match (is(&Role::Cpo), is(&Role::Emsp)) {
            (true, false) => Some(Role::Cpo),
            (false, true) => Some(Role::Emsp),
            _ => self.hosting.only_peer_role(),
        }
    }
}

impl From<RemoteError> for LookupError {
    fn from(error: RemoteError) -> LookupError {
        LookupError::Remote(error)
    }
}

impl From<LookupError> for OperatorError {
    fn from(error: LookupError) -> OperatorError {
        match error {
            LookupError::Remote(error) => error.into(),
            LookupError::NoCommonVersion(offered) => OperatorError::NoCommonVersion(offered),
            LookupError::PeerRoleNeeded => OperatorError::PeerRoleNeeded,
        }
    }
}
