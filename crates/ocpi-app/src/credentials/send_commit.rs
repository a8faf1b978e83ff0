//! What a handshake that we began comes to.

use std::sync::Arc;

use ocpi_domain::{Credentials, OcpiUrl, Platform, PlatformId};
use ocpi_ports::{
    Connection, PlatformList, RemoteError, Served, StoredPlatform, TokenEncoding, TokenHash,
};

use super::attempts::{Attempt, Attempts, learned_encoding};
use super::party_claims::PartyClaims;
use super::presented::{live_token, succeeded};
use super::send::Sending;
use crate::app::App;
use crate::deadline::in_time;
use crate::operator::OperatorError;
use crate::platform_update::find;

/// What both sides agreed on, before it is kept.
pub(super) struct Agreed<'a> {
    pub(super) id: &'a PlatformId,
    pub(super) sending: &'a Sending,
    /// The hash of what we offered.
    pub(super) offered: TokenHash,
    /// Where the platform was found. What it says itself was not tried.
    pub(super) versions_url: OcpiUrl,
    pub(super) served: Served,
    /// The form in which the platform took our token.
    pub(super) encoding: TokenEncoding,
    pub(super) theirs: Credentials,
}

impl App {
    /// Keeps what was agreed. When it cannot be kept, the platform is told that the registration
    /// has ended, or it would go on with a token that is good for nothing.
    pub(super) async fn keep_agreed(
        &self,
        agreed: &Agreed<'_>,
        attempts: &mut Attempts,
        endpoint: &OcpiUrl,
    ) -> Result<Arc<StoredPlatform>, OperatorError> {
        let connection = Connection {
            versions_url: agreed.versions_url.clone(),
            sealed_token: self.seal_for(agreed.id, &agreed.theirs.token),
            served: Some(agreed.served.clone()),
            presented: agreed.theirs.roles.clone(),
            connected_at: self.now(),
        };
        let written = self.update_platform(|list| self.agreed_platform(agreed, &connection, list));
        let error = match in_time(written).await {
            Ok(written) => return Ok(written.stored),
            Err(error) => error,
        };
        // A store that fails may have kept it. In a rotation only a platform that was deleted
        // meanwhile keeps nothing.
        let is_nothing_kept = match agreed.sending {
            Sending::Register(_) => !matches!(error, OperatorError::Storage(_)),
            Sending::Rotate { .. } => matches!(error, OperatorError::UnknownPlatform),
        };
        if is_nothing_kept {
            self.withdraw(agreed.id, agreed.offered).await;
            self.take_back(agreed, attempts, endpoint).await;
        }
        Err(error)
    }

    /// The platform with what was agreed.
    fn agreed_platform(
        &self,
        agreed: &Agreed<'_>,
        connection: &Connection,
        list: &PlatformList,
    ) -> Result<StoredPlatform, OperatorError> {
        let stored = find(list, agreed.id).ok_or(OperatorError::UnknownPlatform)?;
        let mut tokens = stored.tokens.iter();
        if !tokens.any(|token| token.hash == agreed.offered) {
            // The operator wrote another token meanwhile.
            return Err(OperatorError::Changed);
        }
        let mut platform = Platform::clone(&stored.platform);
        match (self.agreed_claims(agreed, stored, list), agreed.sending) {
            (Ok(claims), _) => {
                platform.roles = claims.roles;
                platform.hub = claims.hub;
            }
            (Err(refused), Sending::Register(_)) => return Err(refused),
            // Both sides have new tokens by now: without them there were no connection at all.
            (Err(refused), Sending::Rotate { .. }) => tracing::warn!(
                target: "ocpi::credentials",
                platform = %agreed.id,
                "the platform keeps its former parties, for those that it claims now cannot be \
                 its: {refused}",
            ),
        }
        platform.profile.auth_encoding = learned_encoding(agreed.served.version, agreed.encoding);
        let tokens = match agreed.sending {
            Sending::Rotate {
                is_compromised: false,
            } => succeeded(&stored.tokens, agreed.offered, self.now()),
            Sending::Rotate { .. } | Sending::Register(_) => vec![live_token(agreed.offered)],
        };
        let mut connection = connection.clone();
        if let (Sending::Rotate { .. }, Some(former)) = (agreed.sending, &stored.connection) {
            connection.connected_at = former.connected_at;
        }
        Ok(StoredPlatform {
            tokens,
            connection: Some(connection),
            ..StoredPlatform::new(platform)
        })
    }

    /// The parties of the answer, when they can be the platform's.
    fn agreed_claims(
        &self,
        agreed: &Agreed<'_>,
        stored: &StoredPlatform,
        list: &PlatformList,
    ) -> Result<PartyClaims, OperatorError> {
        let claims = PartyClaims::of(&agreed.theirs).map_err(|error| RemoteError::Unreadable {
            url: agreed.versions_url.to_string(),
            reason: format!("its credentials: {error}"),
        })?;
        self.check_claims(&stored.platform, &claims, list)?;
        let endpoints = &agreed.served.endpoints;
        let missing = self.missing_endpoints(endpoints, |role| claims.has(role));
        if !missing.is_empty() {
            let missing = OperatorError::EndpointsMissing(missing);
            tracing::warn!(target: "ocpi::credentials", platform = %agreed.id, "{missing}");
        }
        Ok(claims)
    }

    /// Ends a registration that only the platform has kept.
    async fn take_back(&self, agreed: &Agreed<'_>, attempts: &mut Attempts, endpoint: &OcpiUrl) {
        let token = agreed.theirs.token.clone();
        let encoding = agreed.encoding;
        attempts.present(Attempt { token, encoding });
        if let Err(error) = self.end_at(attempts, endpoint).await {
            tracing::warn!(
                target: "ocpi::credentials",
                platform = %agreed.id,
                "the platform may believe that it is registered: {error}",
            );
        }
    }

    /// Tells the platform that the registration has ended.
    pub(super) async fn end_at(
        &self,
        attempts: &mut Attempts,
        endpoint: &OcpiUrl,
    ) -> Result<(), RemoteError> {
        self.hosting.require_another(endpoint)?;
        loop {
            let call = attempts.call();
            let answer = self.ports.remote.delete_credentials(&call, endpoint).await;
            if !attempts.goes_on(&answer) {
                return answer;
            }
        }
    }
}
