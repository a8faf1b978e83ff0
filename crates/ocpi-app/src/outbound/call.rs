//! A call of a module of another platform.

use std::sync::Arc;
use std::time::Duration;

use ocpi_domain::{
    InterfaceRole, ModuleId, OcpiUrl, OcpiVersion, Party, Platform, PlatformId, Role,
};
use ocpi_ports::{Connection, RemoteCall, RemoteError, RemoteRouting, Served, StoredPlatform};

use super::OutboundError;
use super::under_way::UnderWay;
use crate::app::App;
use crate::credentials::{expected_encoding, find_endpoint, learned_encoding, standard_encoding};
use crate::deadline::in_time;
use crate::hosting::Hosting;
use crate::platform_update::find;

/// What is called, and by whom.
pub(super) struct Wanted {
    pub(super) module: ModuleId,
    pub(super) role: InterfaceRole,
    /// What the platform must be to have that: CPO or eMSP.
    pub(super) peer_role: Role,
    /// Our party; without one, the one that deals with the platform.
    pub(super) from: Option<Party>,
    pub(super) timeout: Duration,
    /// Whether the platform is being asked something just now.
    pub(super) under_way: UnderWay,
}

/// A platform, ready to be called.
pub(super) struct Called {
    pub(super) stored: Arc<StoredPlatform>,
    pub(super) endpoint: OcpiUrl,
    pub(super) call: RemoteCall,
}

impl App {
    /// The platform, and how it is called for that.
    pub(super) async fn prepare_call(
        &self,
        id: &PlatformId,
        wanted: &Wanted,
    ) -> Result<Called, OutboundError> {
        let found = in_time(self.ports.platforms.find_platform(id)).await?;
        let mut stored = found.ok_or(OutboundError::UnknownPlatform)?;
        let connection = stored.connection.as_ref();
        let connection = connection.ok_or(OutboundError::NotConnected)?;
        let served;
        if let Some(known) = &connection.served {
            served = known.clone();
        } else {
            (stored, served) = self.look_up_first(&stored, connection, wanted).await?;
        }
        let connection = stored.connection.as_ref();
        let connection = connection.ok_or(OutboundError::NotConnected)?;
        let Wanted { module, role, .. } = wanted;
        let endpoint = find_endpoint(&served.endpoints, module, *role);
        let endpoint = endpoint.ok_or_else(|| OutboundError::NoEndpoint {
            module: module.clone(),
            role: *role,
        })?;
        let seal = &self.ports.credentials_seal;
        let recorded = stored.platform.profile.auth_encoding;
        let call = RemoteCall {
            token: seal.open(id, &connection.sealed_token)?,
            encoding: expected_encoding(recorded, standard_encoding(served.version)),
            version: served.version,
            peer_role: wanted.peer_role.clone(),
            routing: self.routing(served.version, &stored.platform, wanted),
            correlation_id: self.new_message_id(),
            timeout: wanted.timeout,
        };
        Ok(Called {
            endpoint: endpoint.clone(),
            call,
            stored,
        })
    }

    /// The call again, when the platform did not know our token and there is another one by now:
    /// the credentials were replaced while the call was under way.
    pub(super) async fn prepare_again<T>(
        &self,
        called: &Called,
        wanted: &Wanted,
        answer: &Result<T, RemoteError>,
    ) -> Result<Option<Called>, OutboundError> {
        if !matches!(answer, Err(RemoteError::Unauthorized { .. })) {
            return Ok(None);
        }
        let id = &called.stored.platform.id;
        // A platform may end our former token before its answer has reached us.
        let ended = self.handshakes.end_of(id);
        if tokio::time::timeout(wanted.timeout, ended).await.is_err() {
            return Ok(None);
        }
        let mut again = self.prepare_call(id, wanted).await?;
        // Another request of the same operation.
        again.call.correlation_id = called.call.correlation_id.clone();
        let is_other = again.stored.connection != called.stored.connection;
        Ok(is_other.then_some(again))
    }

    /// What a platform serves that the operator told us of, and that was not called before; it is
    /// kept. Several may look at once: all see the same.
    async fn look_up_first(
        &self,
        stored: &StoredPlatform,
        connection: &Connection,
        wanted: &Wanted,
    ) -> Result<(Arc<StoredPlatform>, Served), OutboundError> {
        let id = &stored.platform.id;
        let sealed = &connection.sealed_token;
        let token = self.ports.credentials_seal.open(id, sealed)?;
        let mut attempts = self.attempts_at(stored, &token).within(wanted.timeout);
        let url = &connection.versions_url;
        let named = Some(&wanted.peer_role);
        let served = self.look_up_platform(&mut attempts, url, &stored.platform, named);
        let served = wanted.under_way.during(served).await?;
        let learned = learned_encoding(served.version, attempts.current().encoding);
        let written = self.update_platform(|list| {
            let now = find(list, id).ok_or(OutboundError::UnknownPlatform)?;
            let mut new = StoredPlatform::clone(now);
            let known = new.connection.as_mut();
            let known =
                known.filter(|known| known.versions_url == *url && known.sealed_token == *sealed);
            // Another connection than the one that was looked at.
            let known = known.ok_or(OutboundError::NotConnected)?;
            known.served = Some(served.clone());
            let mut platform = Platform::clone(&now.platform);
            platform.profile.auth_encoding = learned;
            new.platform = Arc::new(platform);
            Ok::<_, OutboundError>(new)
        });
        Ok((in_time(written).await?.stored, served))
    }

    /// Between which parties the request goes; 2.1.1 does not say it.
    fn routing(
        &self,
        version: OcpiVersion,
        platform: &Platform,
        wanted: &Wanted,
    ) -> Option<RemoteRouting> {
        if version == OcpiVersion::V2_1_1 {
            return None;
        }
        let hosted = self
            .hosting
            .in_role(&Hosting::role_towards(&wanted.peer_role));
        let ours = platform.our_party.filter(|ours| hosted.contains(ours));
        let from = wanted.from.or(ours).or_else(|| hosted.first().copied());
        let to = platform.parties(&wanted.peer_role).next().or(platform.hub);
        let (from, to) = from.zip(to)?;
        let to = Some(to);
        Some(RemoteRouting { from, to })
    }
}
