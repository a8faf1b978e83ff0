//! We leave a platform.
//!
//! Spec: 2.3.0 credentials, DELETE method.

use std::sync::Arc;

use ocpi_domain::{InterfaceRole, ModuleId, PlatformId};
use ocpi_ports::{Connection, StoredPlatform};

use super::endpoints::credentials_endpoint;
use super::receive::unregistered;
use crate::app::App;
use crate::deadline::in_time;
use crate::operator::OperatorError;
use crate::platform_update::find;

impl App {
    /// Ends the registration at the platform and here; with `is_forced`, here in any case.
    pub(crate) async fn end_registration(
        &self,
        id: &PlatformId,
        is_forced: bool,
    ) -> Result<Arc<StoredPlatform>, OperatorError> {
        let running = self.handshakes.begin(id);
        let _running = running.ok_or(OperatorError::HandshakeRunning)?;
        let stored = self.find_platform(id).await?;
        if stored.tokens.is_empty() && stored.connection.is_none() {
            return Err(OperatorError::NotRegistered);
        }
        if let Some(connection) = &stored.connection {
            match self.tell_end(&stored, connection).await {
                Err(error) if is_forced => tracing::warn!(
                    target: "ocpi::credentials",
                    platform = %id,
                    "the platform could not be told that the registration has ended: {error}",
                ),
                told => told?,
            }
        }
        let written = self.update_platform(|list| {
            let stored = find(list, id).ok_or(OperatorError::UnknownPlatform)?;
            Ok::<_, OperatorError>(unregistered(stored))
        });
        Ok(in_time(written).await?.stored)
    }

    async fn tell_end(
        &self,
        stored: &StoredPlatform,
        connection: &Connection,
    ) -> Result<(), OperatorError> {
        let platform = &stored.platform;
        let token = self
            .ports
            .credentials_seal
            .open(&platform.id, &connection.sealed_token)?;
        let mut attempts = self.attempts_at(stored, &token);
        let looked_up;
        let served = if let Some(served) = &connection.served {
            attempts.speak(served.version, attempts.peer_role.clone());
            served
        } else {
            let url = &connection.versions_url;
            looked_up = self.look_up_platform(&mut attempts, url, platform, None);
            &looked_up.await?
        };
        let needed = (ModuleId::Credentials, InterfaceRole::Sender);
        let endpoint = credentials_endpoint(served)
            .ok_or_else(|| OperatorError::EndpointsMissing(vec![needed]))?;
        Ok(self.end_at(&mut attempts, endpoint).await?)
    }
}
