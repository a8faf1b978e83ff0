//! What a platform serves, out of the list of its endpoints.

use ocpi_domain::{Endpoint, InterfaceRole, ModuleId, OcpiUrl, OcpiVersion, PlatformId, Role};
use ocpi_ports::{OfferedEndpoint, Served};

/// The endpoints of a list, each module and role once; what we know no module or role of is left
/// out.
pub(crate) fn endpoints_of(
    offered: Vec<OfferedEndpoint>,
    version: OcpiVersion,
    peer_role: &Role,
    platform: &PlatformId,
) -> Vec<Endpoint> {
    let mut endpoints: Vec<Endpoint> = Vec::new();
    for endpoint in offered {
        let Some(endpoint) = with_role(endpoint, version, peer_role) else {
            continue;
        };
        let Endpoint {
            identifier, role, ..
        } = &endpoint;
        if find_endpoint(&endpoints, identifier, *role).is_none() {
            endpoints.push(endpoint);
        } else if *identifier != ModuleId::Credentials {
            // Of the credentials endpoint, peers list two roles.
            tracing::warn!(
                %platform, %identifier, %role, url = %endpoint.url,
                "an endpoint is listed twice; the first counts",
            );
        }
    }
    endpoints
}

/// The endpoint in the role that it has, or has by the kind of its platform.
fn with_role(
    endpoint: OfferedEndpoint,
    version: OcpiVersion,
    peer_role: &Role,
) -> Option<Endpoint> {
    if !ModuleId::LISTED.contains(&endpoint.identifier) {
        return None;
    }
    if endpoint.identifier == ModuleId::Credentials {
        // Both ends of it are one, and peers say this or that.
        let endpoint = OfferedEndpoint {
            role: None,
            ..endpoint
        };
        return Some(endpoint.with_role(InterfaceRole::Sender));
    }
    match version {
        OcpiVersion::V2_1_1 => {
            let assumed = role_in_2_1_1(&endpoint.identifier, peer_role);
            Some(endpoint.with_role(assumed))
        }
        OcpiVersion::V2_2_1 | OcpiVersion::V2_3_0 => {
            let role = endpoint.role?;
            Some(endpoint.with_role(role))
        }
    }
}

/// Which end of a module a platform of that kind serves; 2.1.1 does not say it, for a platform is
/// one of the two.
fn role_in_2_1_1(module: &ModuleId, peer_role: &Role) -> InterfaceRole {
    // An eMSP owns Tokens and gives commands; the rest is a CPO's.
    let is_of_emsp = matches!(module, ModuleId::Tokens | ModuleId::Commands);
    if is_of_emsp == (*peer_role == Role::Emsp) {
        InterfaceRole::Sender
    } else {
        InterfaceRole::Receiver
    }
}

/// Where a module is served in that role.
pub(crate) fn find_endpoint<'a>(
    endpoints: &'a [Endpoint],
    module: &ModuleId,
    role: InterfaceRole,
) -> Option<&'a OcpiUrl> {
    let mut endpoints = endpoints.iter();
    let found = endpoints.find(|endpoint| endpoint.identifier == *module && endpoint.role == role);
    found.map(|endpoint| &endpoint.url)
}

/// The credentials endpoint.
pub(crate) fn credentials_endpoint(served: &Served) -> Option<&OcpiUrl> {
    find_endpoint(
        &served.endpoints,
        &ModuleId::Credentials,
        InterfaceRole::Sender,
    )
}

/// Whether what a platform serves is what such a platform would serve: for the case that nobody
/// says what it is.
pub(crate) fn looks_like(endpoints: &[Endpoint], kind: &Role) -> bool {
    endpoints.iter().any(|endpoint| {
        let module = &endpoint.identifier;
        let is_of_either = matches!(
            module,
            ModuleId::Tokens
                | ModuleId::Commands
                | ModuleId::Locations
                | ModuleId::Sessions
                | ModuleId::Cdrs
                | ModuleId::Tariffs
        );
        is_of_either && endpoint.role == role_in_2_1_1(module, kind)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    use InterfaceRole::{Receiver, Sender};

    fn offered(module: &str, role: Option<InterfaceRole>, url: &str) -> OfferedEndpoint {
        OfferedEndpoint {
            identifier: module.parse().unwrap(),
            role,
            url: url.parse().unwrap(),
        }
    }

    fn read(
        version: OcpiVersion,
        peer_role: &Role,
        list: &[(&str, Option<InterfaceRole>)],
    ) -> Vec<String> {
        let list = list.iter().enumerate().map(|(place, (module, role))| {
            offered(module, *role, &format!("https://peer.example/{place}"))
        });
        let platform = "peer".parse().unwrap();
        let endpoints = endpoints_of(list.collect(), version, peer_role, &platform);
        let text = |endpoint: &Endpoint| {
            let place = endpoint.url.as_str().rsplit('/').next().unwrap();
            format!("{} {} {place}", endpoint.identifier, endpoint.role)
        };
        endpoints.iter().map(text).collect()
    }

    /// Holds: V-08, V-12, V-14.
    #[test]
    fn an_endpoint_is_taken_once_and_what_is_not_known_is_left_out() {
        let list = [
            ("credentials", Some(Receiver)),
            ("credentials", Some(Sender)),
            ("tokens", Some(Sender)),
            ("tokens", Some(Receiver)),
            ("tokens", Some(Sender)),
            ("x-custom", Some(Sender)),
            ("sessions", None),
        ];
        for version in [OcpiVersion::V2_2_1, OcpiVersion::V2_3_0] {
            let read = read(version, &Role::Cpo, &list);
            let expected = [
                "credentials SENDER 0",
                "tokens SENDER 2",
                "tokens RECEIVER 3",
            ];
            assert_eq!(read, expected);
        }
        let no_role = [("credentials", None)];
        let read = read(OcpiVersion::V2_3_0, &Role::Cpo, &no_role);
        assert_eq!(read, ["credentials SENDER 0"]);
    }

    /// Holds: M-14.
    #[test]
    fn an_endpoint_of_2_1_1_has_the_role_of_its_platforms_kind() {
        let list = [
            "credentials",
            "tokens",
            "sessions",
            "locations",
            "cdrs",
            "tariffs",
            "commands",
            "x",
        ]
        .map(|module| (module, None));
        let of_emsp = read(OcpiVersion::V2_1_1, &Role::Emsp, &list);
        assert_eq!(
            of_emsp,
            [
                "credentials SENDER 0",
                "tokens SENDER 1",
                "sessions RECEIVER 2",
                "locations RECEIVER 3",
                "cdrs RECEIVER 4",
                "tariffs RECEIVER 5",
                "commands SENDER 6",
            ]
        );
        let of_cpo = read(OcpiVersion::V2_1_1, &Role::Cpo, &list);
        assert_eq!(
            of_cpo,
            [
                "credentials SENDER 0",
                "tokens RECEIVER 1",
                "sessions SENDER 2",
                "locations SENDER 3",
                "cdrs SENDER 4",
                "tariffs SENDER 5",
                "commands RECEIVER 6",
            ]
        );
    }

    /// Holds: C-12.
    #[test]
    fn what_a_platform_serves_says_what_it_is() {
        let served = |module, role| {
            let list = vec![offered(module, Some(role), "https://peer.example/x")];
            let platform = "peer".parse().unwrap();
            endpoints_of(list, OcpiVersion::V2_3_0, &Role::Cpo, &platform)
        };
        for (module, role, is_emsp, is_cpo) in [
            ("tokens", Sender, true, false),
            ("sessions", Receiver, true, false),
            ("tokens", Receiver, false, true),
            ("locations", Sender, false, true),
            ("credentials", Sender, false, false),
            ("hubclientinfo", Sender, false, false),
        ] {
            let endpoints = served(module, role);
            assert_eq!(
                looks_like(&endpoints, &Role::Emsp),
                is_emsp,
                "{module} {role}"
            );
            assert_eq!(
                looks_like(&endpoints, &Role::Cpo),
                is_cpo,
                "{module} {role}"
            );
        }
    }
}
