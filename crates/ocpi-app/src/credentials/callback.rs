//! The look at a platform that sends us its credentials.
//!
//! Spec: 2.3.0 credentials, POST and PUT method.

use std::time::Duration;

use ocpi_domain::{AuthEncoding, OcpiUrl, OcpiVersion, Role};
use ocpi_ports::{RemoteError, Served, StoredPlatform};

use super::CredentialsError;
use super::attempts::{Attempt, Attempts, expected_encoding, learned_encoding, standard_encoding};
use super::discovery::details_url;
use super::own_url::is_same_host;
use super::party_claims::PartyClaims;
use super::receive::CredentialsRequest;
use crate::app::App;
use crate::deadline::within;

/// What was seen of the platform.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) served: Served,
    /// What is to be recorded of how it expects our token; `None` when its new one was not tried
    /// with success.
    pub(crate) auth_encoding: Option<AuthEncoding>,
}

/// How many calls the whole look may last as long as.
const CALLS: u32 = 3;

impl App {
    /// Looks at the versions of a platform, with the token that it offers, and at its endpoints in
    /// the version that it called us in.
    ///
    /// When it replaces its token, the new one may not be good yet: then once with the present
    /// one, at the host where the platform is known to be.
    ///
    /// # Errors
    ///
    /// [`CredentialsError::Callback`], [`CredentialsError::VersionNotListed`],
    /// [`CredentialsError::EndpointsMissing`].
    pub(crate) async fn look_back(
        &self,
        request: &CredentialsRequest<'_>,
        claims: &PartyClaims,
        stored: &StoredPlatform,
    ) -> Result<Seen, CredentialsError> {
        let max = self.look_back_max();
        let seen = within(max, self.look_back_in_time(request, claims, stored)).await;
        seen.unwrap_or_else(|_elapsed| {
            Err(CredentialsError::Callback(RemoteError::TimedOut {
                url: request.offered.url.to_string(),
                timeout_ms: u64::try_from(max.as_millis()).unwrap_or(u64::MAX),
            }))
        })
    }

    /// The longest that a look, and the wait for one, may last.
    pub(crate) fn look_back_max(&self) -> Duration {
        self.call_timeout() * CALLS
    }

    async fn look_back_in_time(
        &self,
        request: &CredentialsRequest<'_>,
        claims: &PartyClaims,
        stored: &StoredPlatform,
    ) -> Result<Seen, CredentialsError> {
        let (context, offered) = (request.context, &request.offered);
        let version = context.version;
        let profile = stored.platform.profile;
        let form = expected_encoding(profile.auth_encoding, request.encoding);
        let correlation_id = context.correlation_id.clone();
        let timeout = self.call_timeout();
        let mut attempts = Attempts::in_both_forms(&offered.token, form, correlation_id, timeout);
        if let Some(present) = self.present_attempt(stored, &offered.url) {
            attempts = attempts.then(present);
        }
        let peer_role = match version {
            OcpiVersion::V2_1_1 => self.hosting.peer_role(request.root),
            _ if claims.has(&Role::Emsp) && !claims.has(&Role::Cpo) => Role::Emsp,
            _ => Role::Cpo,
        };
        attempts.speak(version, peer_role);
        let versions = self.versions_at(&mut attempts, &offered.url).await;
        let versions = versions.map_err(CredentialsError::Callback)?;
        let details =
            details_url(&versions, version).ok_or(CredentialsError::VersionNotListed(version))?;
        let endpoints = self
            .endpoints_at(&mut attempts, details, &stored.platform.id)
            .await
            .map_err(CredentialsError::Callback)?;
        let missing = self.missing_endpoints(&endpoints, |role| claims.has(role));
        if !missing.is_empty() {
            return Err(CredentialsError::EndpointsMissing(missing));
        }
        let Attempt { token, encoding } = attempts.current();
        let is_new = token.expose() == offered.token.expose();
        Ok(Seen {
            served: Served { version, endpoints },
            auth_encoding: is_new.then(|| learned_encoding(version, *encoding)),
        })
    }

    /// What we present to a platform until now, when it is still found at the same host: whoever
    /// got hold of its token must not be able to have ours sent to another.
    fn present_attempt(&self, stored: &StoredPlatform, url: &OcpiUrl) -> Option<Attempt> {
        let connection = stored.connection.as_ref();
        let connection = connection.filter(|known| is_same_host(&known.versions_url, url))?;
        let id = &stored.platform.id;
        let opened = self
            .ports
            .credentials_seal
            .open(id, &connection.sealed_token);
        if let Err(unopenable) = &opened {
            tracing::warn!(platform = %id, "{unopenable}");
        }
        let version = connection.served.as_ref().map(|served| served.version);
        let standard = standard_encoding(version.unwrap_or(OcpiVersion::V2_3_0));
        Some(Attempt {
            token: opened.ok()?,
            encoding: expected_encoding(stored.platform.profile.auth_encoding, standard),
        })
    }
}
