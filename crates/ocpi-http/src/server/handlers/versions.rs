//! Which versions are served, and where their modules are.
//!
//! Spec: 2.3.0 `version_information_endpoint`.

use ocpi_app::{Hosting, Root};
use ocpi_domain::{DateTime, InterfaceRole, ModuleId, OcpiVersion};

use super::Call;
use crate::server::respond::Reply;
use crate::wire::object::{ObjectWriter, write_list};
use crate::wire::shown_moment;
use crate::{envelope, status};

/// A module that is served: its name, which end of its interface, and below which root.
type Served = (ModuleId, InterfaceRole, Root);

/// The versions below `root`.
pub(in crate::server) fn list(call: &Call<'_>, root: Root) -> Reply {
    let hosting = call.server.app.hosting();
    let versions = OcpiVersion::ALL.into_iter();
    let served = versions.filter(|version| hosting.serves(root, *version));
    // Whoever may choose 2.1.1 must be able to read the list.
    let oldest = served.clone().min().unwrap_or(OcpiVersion::V2_3_0);
    let now = shown_moment(oldest, call.server.app.now());
    reply(now, |out| {
        write_list(out, served, |out, version| {
            let mut object = ObjectWriter::begin(out);
            object.text("version", version.as_str());
            object.text("url", &call.server.public_url.version(root, version));
            object.end();
        });
    })
}

/// The endpoints of `version` below `root`.
pub(in crate::server) fn show(call: &Call<'_>, root: Root, version: OcpiVersion) -> Reply {
    reply(call.now(), |out| {
        let mut object = ObjectWriter::begin(out);
        object.text("version", version.as_str());
        object.with("endpoints", |out| {
            let modules = modules(call.server.app.hosting(), root);
            write_list(out, modules, |out, (module, role, root)| {
                let base = call.server.public_url.version(root, version);
                let mut object = ObjectWriter::begin(out);
                object.text("identifier", module.as_str());
                // 2.1.1 knows no roles: there it is the root that says it.
                if version != OcpiVersion::V2_1_1 {
                    object.text("role", role.as_str());
                }
                object.text("url", &format!("{base}/{}", module.as_str()));
                object.end();
            });
        });
        object.end();
    })
}

/// The modules below `root`: only what is really served, for parties that are really hosted.
fn modules(hosting: &Hosting, root: Root) -> Vec<Served> {
    use InterfaceRole::{Receiver, Sender};
    // Credentials have no direction; the specification asks for SENDER.
    let mut modules = vec![(ModuleId::Credentials, Sender, root)];
    if root != Root::Cpo && !hosting.emsp_parties().is_empty() {
        modules.extend([
            (ModuleId::Tokens, Sender, Root::Emsp),
            (ModuleId::Sessions, Receiver, Root::Emsp),
            (ModuleId::Locations, Receiver, Root::Emsp),
        ]);
    }
    if root != Root::Emsp && !hosting.cpo_parties().is_empty() {
        modules.push((ModuleId::Tokens, Receiver, Root::Cpo));
    }
    modules
}

fn reply(now: DateTime, write: impl FnOnce(&mut Vec<u8>)) -> Reply {
    Reply::new(status::of_success(false), envelope::success(write, now))
}

#[cfg(test)]
mod tests {
    use ocpi_app::HostedParty;
    use ocpi_domain::{BusinessDetails, Party, Role};

    use super::*;
    use crate::public_urls::PublicUrl;

    fn hosting(roles: &[Role]) -> Hosting {
        let urls = PublicUrl::new("https://ocpi.example").unwrap();
        let party = HostedParty {
            party: Party::new("CH", "ABC").unwrap(),
            roles: roles.to_vec(),
            business_details: BusinessDetails {
                name: "ABC".parse().unwrap(),
                website: None,
                logo: None,
            },
        };
        Hosting::new(vec![party], urls.versions_urls())
    }

    /// Holds: V-05, V-06, V-07, V-08.
    #[test]
    fn each_root_has_the_modules_of_its_half_as_far_as_a_party_is_hosted_for_them() {
        let text = |root: Root, roles: &[Role]| {
            let modules = modules(&hosting(roles), root).into_iter();
            let named = modules.map(|(module, role, at)| format!("{module} {role} {at:?}"));
            named.collect::<Vec<_>>().join(", ")
        };
        let cpo = "tokens RECEIVER Cpo";
        let emsp = "tokens SENDER Emsp, sessions RECEIVER Emsp, locations RECEIVER Emsp";
        let both = [Role::Cpo, Role::Emsp];
        for (root, roles, expected) in [
            (Root::Combined, &both[..], format!(", {emsp}, {cpo}")),
            (Root::Combined, &[Role::Cpo], format!(", {cpo}")),
            (Root::Combined, &[Role::Emsp], format!(", {emsp}")),
            (Root::Cpo, &both, format!(", {cpo}")),
            (Root::Emsp, &both, format!(", {emsp}")),
            (Root::Emsp, &[Role::Cpo], String::new()),
        ] {
            let expected = format!("credentials SENDER {root:?}{expected}");
            assert_eq!(text(root, roles), expected);
        }
    }
}
