//! Which versions are served, and where their modules are.
//!
//! Spec: 2.3.0 `version_information_endpoint`.

use ocpi_domain::{Endpoint, InterfaceRole, ModuleId, Version, VersionDetails};

use super::Call;
use crate::router::Root;
use crate::server::respond::Reply;
use crate::wire::OcpiVersion;
use crate::{envelope, status};

/// The versions below `root`.
pub(in crate::server) fn list(call: &Call<'_>, root: Root) -> Reply {
    let base = &call.server.public_url;
    let versions = OcpiVersion::ALL.map(|version| Version {
        version: version.number(),
        url: base.join(format_args!("{}/{}", root.path(), version.as_str())),
    });
    reply(call, versions)
}

/// The endpoints of `version` below `root`: only what is really served, for parties that are
/// really hosted.
pub(in crate::server) fn show(call: &Call<'_>, root: Root, version: OcpiVersion) -> Reply {
    let hosting = call.server.app.hosting();
    let endpoint = |identifier, role, root: Root, module| Endpoint {
        identifier,
        role,
        url: call.server.public_url.join(format_args!(
            "{}/{}/{module}",
            root.path(),
            version.as_str()
        )),
    };
    // Credentials have no direction; the specification asks for SENDER.
    let mut endpoints = vec![endpoint(
        ModuleId::Credentials,
        InterfaceRole::Sender,
        root,
        "credentials",
    )];
    if root != Root::Cpo && !hosting.emsp_parties().is_empty() {
        let role = InterfaceRole::Sender;
        endpoints.push(endpoint(ModuleId::Tokens, role, Root::Emsp, "tokens"));
        for (module, name) in [
            (ModuleId::Sessions, "sessions"),
            (ModuleId::Locations, "locations"),
        ] {
            let role = InterfaceRole::Receiver;
            endpoints.push(endpoint(module, role, Root::Emsp, name));
        }
    }
    if root != Root::Emsp && !hosting.cpo_parties().is_empty() {
        let role = InterfaceRole::Receiver;
        endpoints.push(endpoint(ModuleId::Tokens, role, Root::Cpo, "tokens"));
    }
    reply(
        call,
        VersionDetails {
            version: version.number(),
            endpoints,
        },
    )
}

fn reply(call: &Call<'_>, data: impl serde::Serialize) -> Reply {
    Reply::new(
        status::of_success(false),
        envelope::success_of(&data, call.server.app.now()),
    )
}
