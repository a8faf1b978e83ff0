//! Platforms that we call, without a registration.

use ocpi_domain::{
    CredentialsToken, Endpoint, InterfaceRole, ModuleId, OcpiVersion, Platform, Role,
};
use ocpi_ports::{Connection, Served, StoredPlatform};

use super::clock::{CountingRandomness, START};
use super::world::keys;

/// The platform, connected in 2.3.0, with the `tokens` module of its roles, at a URL where nobody
/// is: the port is in the hands of the test.
pub(crate) fn connected(platform: Platform) -> StoredPlatform {
    let url = format!("https://{}.example.com", platform.id);
    connected_at(platform, OcpiVersion::V2_3_0, &url)
}

/// The platform, connected in that version, with the `tokens` module of its roles below that URL.
pub(crate) fn connected_at(platform: Platform, version: OcpiVersion, url: &str) -> StoredPlatform {
    let has = |role: Role| platform.roles.iter().any(|held| held.role == role);
    let serves = |role: Role| platform.hub.is_some() || has(role);
    let ends = [
        (Role::Emsp, InterfaceRole::Sender),
        (Role::Cpo, InterfaceRole::Receiver),
    ];
    let endpoints = ends.into_iter().filter(|(role, _)| serves(role.clone()));
    let endpoint = |(_, role): (Role, InterfaceRole)| {
        let url = format!("{url}/tokens/{role:?}").to_lowercase();
        Endpoint {
            identifier: ModuleId::Tokens,
            role,
            url: url.parse().expect("a URL"),
        }
    };
    let token = CredentialsToken::new("our.token~").expect("a token");
    // The same bytes again would be no secret of another platform.
    let randomness = CountingRandomness::from(1 << 48);
    let sealed_token = keys()
        .credentials_seal()
        .seal(&platform.id, &token, &randomness);
    let connection = Connection {
        versions_url: format!("{url}/versions").parse().expect("a URL"),
        sealed_token,
        served: Some(Served {
            version,
            endpoints: endpoints.map(endpoint).collect(),
        }),
        presented: Vec::new(),
        connected_at: START.parse().expect("a moment"),
    };
    StoredPlatform {
        connection: Some(connection),
        ..StoredPlatform::new(platform)
    }
}
