//! Two servers of our own, over https, with nothing but a bootstrap token between them.

mod dump;
mod handshake;
mod rotation;

use ocpi_domain::{OcpiVersion, Role};

/// Every version, and every side that may begin.
fn directions() -> impl Iterator<Item = (OcpiVersion, Role)> {
    let versions = OcpiVersion::ALL.into_iter();
    versions.flat_map(|version| [Role::Cpo, Role::Emsp].map(|sender| (version, sender)))
}
