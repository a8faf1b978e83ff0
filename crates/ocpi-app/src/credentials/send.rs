//! We register with a platform, or replace the credentials of both sides.
//!
//! A handshake changes what is stored twice: what we offer is made good before it is sent, since
//! the platform looks at our versions with it before it answers, and the answer is kept. Each is
//! one write. Whoever drops a handshake in the middle leaves what was stored before, and an offered
//! token that is good for nothing after 5 minutes.
//!
//! Spec: 2.3.0 credentials, POST and PUT method.

use std::sync::Arc;

use ocpi_domain::{
    Credentials, CredentialsToken, CredentialsUse, InterfaceRole, InvalidField, ModuleId, OcpiUrl,
    OcpiVersion, PlatformId, Role,
};
use ocpi_ports::{PlatformList, RemoteError, Served, StoredPlatform, TokenHash};

use super::attempts::{Attempts, expected_encoding, standard_encoding};
use super::endpoints::{credentials_endpoint, looks_like};
use super::issue::IssuedToken;
use super::presented::OFFER_MS;
use super::send_commit::Agreed;
use crate::app::App;
use crate::deadline::in_time;
use crate::hosting::Hosting;
use crate::operator::{OperatorError, RegisterRequest};
use crate::platform_update::find;

/// Which handshake.
#[derive(Debug)]
pub(crate) enum Sending {
    /// The first one.
    Register(RegisterRequest),
    /// Another one.
    Rotate {
        /// Whether what the platform presented so far is good for nothing from then on.
        is_compromised: bool,
    },
}

/// Where a platform is found, and what opens it.
struct Door {
    versions_url: OcpiUrl,
    token: CredentialsToken,
    /// What the operator says that the platform is.
    named: Option<Role>,
}

impl App {
    /// Exchanges credentials with the platform; as it is stored then.
    pub(crate) async fn send_credentials(
        &self,
        id: &PlatformId,
        sending: &Sending,
    ) -> Result<Arc<StoredPlatform>, OperatorError> {
        let running = self.handshakes.begin(id);
        let _running = running.ok_or(OperatorError::HandshakeRunning)?;
        let stored = self.find_platform(id).await?;
        sending.require_state(&stored)?;
        let door = self.door(sending, &stored)?;
        let mut attempts = self.attempts_at(&stored, &door.token);
        let served = self
            .look_up_platform(
                &mut attempts,
                &door.versions_url,
                &stored.platform,
                door.named.as_ref(),
            )
            .await?;
        let endpoint = self.require_endpoints(&served, &stored, door.named.as_ref())?;
        self.require_party(&served, &attempts.peer_role)?;
        let offered = self.issue_token(CredentialsUse::Offered {
            until: self.now().plus_ms(OFFER_MS),
            replaces: matches!(sending, Sending::Rotate { .. }),
        });
        self.offer(id, sending, &offered).await?;
        let ours = self.credentials_for(
            &stored.platform,
            served.version,
            &attempts.peer_role,
            offered.token.clone(),
        );
        let answer = self.send_to(&mut attempts, &endpoint, sending, &ours).await;
        let theirs = match answer {
            Ok(theirs) => theirs,
            Err(error) => return Err(self.not_agreed(id, sending, &offered, error).await),
        };
        let agreed = Agreed {
            id,
            sending,
            offered: offered.presented.hash,
            versions_url: door.versions_url,
            served,
            encoding: attempts.current().encoding,
            theirs,
        };
        self.keep_agreed(&agreed, &mut attempts, &endpoint).await
    }

    /// What opens the platform.
    fn door(&self, sending: &Sending, stored: &StoredPlatform) -> Result<Door, OperatorError> {
        match (sending, &stored.connection) {
            (Sending::Register(request), _) => {
                let url = &request.versions_url;
                self.hosting.require_versions_of_another(url)?;
                Ok(Door {
                    versions_url: url.clone(),
                    token: request.token.clone(),
                    named: request.peer_role.clone(),
                })
            }
            (Sending::Rotate { .. }, Some(connection)) => Ok(Door {
                versions_url: connection.versions_url.clone(),
                token: self
                    .ports
                    .credentials_seal
                    .open(&stored.platform.id, &connection.sealed_token)?,
                named: None,
            }),
            (Sending::Rotate { .. }, None) => Err(OperatorError::NotRegistered),
        }
    }

    /// Calls of the platform with that token, in the form that it likely expects first.
    pub(crate) fn attempts_at(
        &self,
        stored: &StoredPlatform,
        token: &CredentialsToken,
    ) -> Attempts {
        let served = stored.connection.as_ref();
        let served = served.and_then(|connection| connection.served.as_ref());
        let version = served.map_or(OcpiVersion::V2_3_0, |served| served.version);
        let recorded = stored.platform.profile.auth_encoding;
        let form = expected_encoding(recorded, standard_encoding(version));
        Attempts::in_both_forms(token, form, self.new_message_id(), self.call_timeout())
    }

    /// The credentials endpoint, when that and all that we need besides is there.
    fn require_endpoints(
        &self,
        served: &Served,
        stored: &StoredPlatform,
        named: Option<&Role>,
    ) -> Result<OcpiUrl, OperatorError> {
        let platform = &stored.platform;
        let is_known = named.is_some() || !platform.roles.is_empty() || platform.hub.is_some();
        let is = |role: &Role| {
            if is_known {
                named == Some(role) || platform.parties(role).next().is_some()
            } else {
                looks_like(&served.endpoints, role)
            }
        };
        let mut missing = self.missing_endpoints(&served.endpoints, is);
        let endpoint = credentials_endpoint(served);
        if endpoint.is_none() {
            missing.push((ModuleId::Credentials, InterfaceRole::Sender));
        }
        match endpoint {
            Some(endpoint) if missing.is_empty() => {
                self.hosting.require_another(endpoint)?;
                Ok(endpoint.clone())
            }
            _ => Err(OperatorError::EndpointsMissing(missing)),
        }
    }

    /// Checks that 2.1.1 has somebody to speak for us.
    fn require_party(&self, served: &Served, peer_role: &Role) -> Result<(), OperatorError> {
        let ours = Hosting::role_towards(peer_role);
        if served.version == OcpiVersion::V2_1_1 && self.hosting.in_role(&ours).is_empty() {
            let reason =
                format!("a platform that is {peer_role} needs a party hosted here as {ours}");
            return Err(InvalidField::new("role", reason).into());
        }
        Ok(())
    }

    /// Makes what is offered good, before anybody sees it.
    async fn offer(
        &self,
        id: &PlatformId,
        sending: &Sending,
        offered: &IssuedToken,
    ) -> Result<(), OperatorError> {
        let written = self.update_platform(|list| {
            let stored = find(list, id).ok_or(OperatorError::UnknownPlatform)?;
            sending.require_state(stored)?;
            let mut new = StoredPlatform::clone(stored);
            let now = self.now();
            new.tokens.retain(|token| token.good_for.is_good_at(now));
            new.tokens.push(offered.presented);
            Ok::<_, OperatorError>(new)
        });
        in_time(written).await.map(|_| ())
    }

    async fn send_to(
        &self,
        attempts: &mut Attempts,
        endpoint: &OcpiUrl,
        sending: &Sending,
        ours: &Credentials,
    ) -> Result<Credentials, RemoteError> {
        loop {
            let call = attempts.call();
            let answer = match sending {
                Sending::Register(_) => {
                    self.ports
                        .remote
                        .post_credentials(&call, endpoint, ours)
                        .await
                }
                Sending::Rotate { .. } => {
                    self.ports
                        .remote
                        .put_credentials(&call, endpoint, ours)
                        .await
                }
            };
            if !attempts.goes_on(&answer) {
                return answer;
            }
        }
    }

    /// What remains when there is no answer that could be kept.
    async fn not_agreed(
        &self,
        id: &PlatformId,
        sending: &Sending,
        offered: &IssuedToken,
        error: RemoteError,
    ) -> OperatorError {
        let may_be_done = error.may_be_done();
        match sending {
            // The platform may present it from now on. It ends by itself.
            Sending::Rotate { .. } if may_be_done => {}
            Sending::Rotate { .. } | Sending::Register(_) => {
                self.withdraw(id, offered.presented.hash).await;
            }
        }
        if may_be_done {
            OperatorError::OutcomeUnknown(error)
        } else {
            error.into()
        }
    }

    /// Makes what was offered good for nothing.
    pub(super) async fn withdraw(&self, id: &PlatformId, offered: TokenHash) {
        let written = self.update_platform(|list: &PlatformList| {
            let stored = find(list, id).ok_or(OperatorError::UnknownPlatform)?;
            let mut new = StoredPlatform::clone(stored);
            new.tokens.retain(|token| token.hash != offered);
            Ok::<_, OperatorError>(new)
        });
        if let Err(error) = in_time(written).await {
            tracing::warn!(
                target: "ocpi::credentials",
                platform = %id, token_hash = ?offered,
                "an offered token could not be withdrawn; it ends within 5 minutes: {error}",
            );
        }
    }
}

impl Sending {
    /// Checks that the platform is in a state for it.
    fn require_state(&self, stored: &StoredPlatform) -> Result<(), OperatorError> {
        match self {
            Sending::Register(_) if stored.is_registered() => Err(OperatorError::AlreadyRegistered),
            Sending::Rotate { .. } if !stored.is_registered() => Err(OperatorError::NotRegistered),
            Sending::Register(_) | Sending::Rotate { .. } => Ok(()),
        }
    }
}
