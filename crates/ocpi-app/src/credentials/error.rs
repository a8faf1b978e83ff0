//! Why credentials were not exchanged.

use ocpi_domain::{InvalidField, ModuleId, OcpiVersion, Party, Role};
use ocpi_ports::{RemoteError, StorageError};

/// Why a platform's POST, PUT or DELETE of credentials changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// The connection is not in a state for it: registered already, or not yet, or a handshake
    /// that we began is under way. The text says which, and what to do.
    #[error("{0}")]
    WrongState(&'static str),
    /// What was sent breaks a rule.
    #[error(transparent)]
    Invalid(#[from] InvalidField),
    /// Another platform speaks for the party in that role.
    #[error("another connection speaks for {0} as {1} already")]
    PartyTaken(Party, Role),
    /// The operator does not let this platform speak for the party.
    #[error("this connection may not speak for {0}")]
    PartyNotAllowed(Party),
    /// We called back, and that failed.
    #[error("the callback failed: {0}")]
    Callback(RemoteError),
    /// Its versions do not list the one of the URL that was called.
    #[error("your versions endpoint does not list {0}, the version of the URL that you called")]
    VersionNotListed(OcpiVersion),
    /// It lacks endpoints that we need.
    #[error("your version details lack endpoints that are needed here: {}", list(.0))]
    EndpointsMissing(Vec<(ModuleId, ocpi_domain::InterfaceRole)>),
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

fn list(endpoints: &[(ModuleId, ocpi_domain::InterfaceRole)]) -> String {
    let texts: Vec<_> = endpoints
        .iter()
        .map(|(module, role)| format!("{module} {role}"))
        .collect();
    texts.join(", ")
}
