//! The client by which platforms are called.

use std::sync::Arc;

use anyhow::{Context, anyhow};
use ocpi_http::{OutboundClient, OutboundOptions};
use ocpi_ports::RemotePlatform;

use crate::settings::OutboundSettings;
use crate::system::SystemRandomness;

/// A client that calls what the settings allow.
///
/// # Errors
///
/// A file of authorities that cannot be read, or is none.
pub(crate) fn client(settings: &OutboundSettings) -> anyhow::Result<Arc<dyn RemotePlatform>> {
    let extra_ca = settings.extra_ca.as_ref();
    let extra_ca = extra_ca.map(|path| {
        std::fs::read(path)
            .with_context(|| format!("outbound.extra_ca: {} cannot be read", path.display()))
    });
    let options = OutboundOptions {
        allow_http: settings.allow_http,
        allow_private_addresses: settings.allow_private_addresses,
        extra_ca: extra_ca.transpose()?,
        response_bytes_max: settings.response_bytes_max,
    };
    let client = OutboundClient::new(options, Arc::new(SystemRandomness));
    let client = client.map_err(|error| match &settings.extra_ca {
        Some(path) => anyhow!("{error} (in {})", path.display()),
        None => anyhow!("outbound: {error}"),
    });
    Ok(Arc::new(client?))
}
