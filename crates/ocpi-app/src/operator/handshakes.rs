//! We register with a platform, replace our credentials there, or leave.
//!
//! Spec: 2.3.0 credentials.

use std::sync::Arc;

use ocpi_domain::{CredentialsToken, CredentialsUse, DateTime, OcpiUrl, PlatformId, Role};
use ocpi_ports::StoredPlatform;

use super::OperatorError;
use crate::app::App;
use crate::credentials::Sending;
use crate::deadline::in_time;
use crate::metrics::{Direction, Handshake};
use crate::platform_update::find;

/// A token A of ours: good for one registration.
#[derive(Debug, Clone)]
pub struct BootstrapToken {
    /// The token. It is shown this once.
    pub token: CredentialsToken,
    /// Until when it is good.
    pub expires_at: DateTime,
}

/// Where a platform is found, and what opens it.
#[derive(Debug, Clone)]
pub struct RegisterRequest {
    /// Its versions endpoint.
    pub versions_url: OcpiUrl,
    /// The token A that it gave us.
    pub token: CredentialsToken,
    /// What the platform is, CPO or eMSP, when nothing else says it: 2.1.1 needs it where we are
    /// both.
    pub peer_role: Option<Role>,
}

impl App {
    /// Makes a token A with which that platform can register, once; a former one is good for
    /// nothing any more.
    ///
    /// # Errors
    ///
    /// [`OperatorError::UnknownPlatform`], [`OperatorError::AlreadyRegistered`],
    /// [`OperatorError::HandshakeRunning`], [`OperatorError::Storage`].
    pub async fn issue_bootstrap_token(
        &self,
        id: &PlatformId,
    ) -> Result<BootstrapToken, OperatorError> {
        let now = self.now();
        let expires_at = now.plus_ms(self.options.bootstrap_token_ms);
        let issued = self.issue_token(CredentialsUse::Registration { until: expires_at });
        let written = self.update_platform(|list| {
            let stored = find(list, id).ok_or(OperatorError::UnknownPlatform)?;
            if stored.is_registered() {
                return Err(OperatorError::AlreadyRegistered);
            }
            if self.handshakes.is_running(id) {
                return Err(OperatorError::HandshakeRunning);
            }
            Ok(StoredPlatform {
                tokens: vec![issued.presented],
                ..StoredPlatform::clone(stored)
            })
        });
        in_time(written).await?;
        tracing::info!(
            target: "ocpi::credentials",
            platform = %id, token_hash = ?issued.presented.hash, %expires_at,
            "a platform may register",
        );
        Ok(BootstrapToken {
            token: issued.token,
            expires_at,
        })
    }

    /// Registers with the platform.
    ///
    /// # Errors
    ///
    /// [`OperatorError`]; nothing was changed then.
    pub async fn register_with(
        &self,
        id: &PlatformId,
        request: RegisterRequest,
    ) -> Result<Arc<StoredPlatform>, OperatorError> {
        let sending = Sending::Register(request);
        let done = self.send_credentials(id, &sending).await;
        self.report_sent(id, Handshake::Register, &done);
        done
    }

    /// Replaces the tokens of both directions. With `is_compromised`, what the platform presented
    /// so far is good for nothing as soon as it has the new one.
    ///
    /// # Errors
    ///
    /// [`OperatorError`]; the former pair is good then. After an
    /// [`OutcomeUnknown`](OperatorError::OutcomeUnknown) it is so for 5 minutes only, should the
    /// platform have done it.
    pub async fn rotate_credentials(
        &self,
        id: &PlatformId,
        is_compromised: bool,
    ) -> Result<Arc<StoredPlatform>, OperatorError> {
        let sending = Sending::Rotate { is_compromised };
        let done = self.send_credentials(id, &sending).await;
        self.report_sent(id, Handshake::Rotate, &done);
        done
    }

    /// Ends the registration: tells the platform, and forgets the tokens of both directions. With
    /// `is_forced`, also when the platform cannot be told.
    ///
    /// # Errors
    ///
    /// [`OperatorError`].
    pub async fn unregister_from(
        &self,
        id: &PlatformId,
        is_forced: bool,
    ) -> Result<Arc<StoredPlatform>, OperatorError> {
        let done = self.end_registration(id, is_forced).await;
        self.report_sent(id, Handshake::Unregister, &done);
        done
    }

    /// One count and one line in the log for what we asked of a platform.
    fn report_sent(
        &self,
        platform: &PlatformId,
        handshake: Handshake,
        done: &Result<Arc<StoredPlatform>, OperatorError>,
    ) {
        let outcome = match done {
            Ok(_) => "done",
            Err(OperatorError::Storage(_)) => "failed",
            Err(OperatorError::OutcomeUnknown(_)) => "unknown",
            Err(_) => "refused",
        };
        self.metrics
            .shook_hands(Direction::Sent, handshake, outcome);
        let handshake = handshake.as_str();
        match done {
            Ok(stored) => {
                let connection = stored.connection.as_ref();
                let served = connection.and_then(|connection| connection.served.as_ref());
                tracing::info!(
                    target: "ocpi::credentials",
                    %platform, handshake,
                    version = served.map(|served| tracing::field::display(served.version)),
                    token_hash = stored.tokens.first().map(|token| tracing::field::debug(token.hash)),
                    "we exchanged credentials with a platform",
                );
            }
            Err(error) => tracing::warn!(
                target: "ocpi::credentials",
                %platform, handshake,
                cause = std::error::Error::source(error).map(tracing::field::display),
                "our credentials were not exchanged with a platform: {error}",
            ),
        }
    }
}
