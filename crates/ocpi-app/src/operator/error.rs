//! Why the operator does not get what was asked for.

use ocpi_domain::{InterfaceRole, InvalidField, ModuleId, Party, Role};
use ocpi_ports::{RemoteError, StorageError};

use crate::credentials_seal::Unopenable;

/// Why a use case of the operator gave nothing, and changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// The store failed or hung.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Only Tokens and accounts of an eMSP hosted here are the operator's.
    #[error("{0} is not hosted here as eMSP")]
    NotHosted(Party),
    /// There is no such Token.
    #[error("no such token")]
    UnknownToken,
    /// There is no account of that Token.
    #[error("no such account")]
    UnknownAccount,
    /// There is no such platform.
    #[error("no such platform")]
    UnknownPlatform,
    /// There is no record of that reference, or it was forgotten.
    #[error("no such authorization")]
    UnknownAuthorization,
    /// What was sent breaks a rule.
    #[error(transparent)]
    Invalid(#[from] InvalidField),
    /// The Token that is stored says a later `last_updated`.
    #[error("stale last_updated: a newer version is stored")]
    Stale,
    /// The object is not at the revision that the write was to follow.
    #[error("changed meanwhile; read it again")]
    Changed,
    /// Another platform presents that credentials token, or its Base64.
    #[error("the credentials token, or its Base64, is that of another platform; choose another")]
    CredentialsTokenTaken,
    /// The store keeps no chain of records, or cannot be backed up.
    #[error(
        "the store in memory keeps no chain of records and cannot be backed up; use a durable one, as sqlite:ocpi.db"
    )]
    NotDurable,
    /// There is a file of that name already.
    #[error("there is a file of that name already; choose another name")]
    FileExists,
    /// The platform is registered already.
    #[error("the platform is registered; rotate its credentials, or unregister it first")]
    AlreadyRegistered,
    /// There is no connection to rotate or to end.
    #[error("the platform is not registered: there is nothing to call and nothing to present")]
    NotRegistered,
    /// Another handshake with the platform is under way.
    #[error("a handshake with the platform is under way; wait for its end")]
    HandshakeRunning,
    /// Another platform speaks for the party in that role.
    #[error("another platform speaks for {0} as {1} already")]
    PartyTaken(Party, Role),
    /// The operator does not let the platform speak for a party that it lists.
    #[error("the platform lists {0}, which is not in its allowed_parties")]
    PartyNotAllowed(Party),
    /// The other side failed, or refused.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The other side may have done what was asked, or not.
    #[error(
        "{0}; whether the platform took our credentials is not known: do it again, and for a registration ask for a new \
             token when it refuses the old one"
    )]
    OutcomeUnknown(RemoteError),
    /// What we present to the platform cannot be decrypted.
    #[error(transparent)]
    Unopenable(#[from] Unopenable),
    /// The other side offers no version that is spoken here.
    #[error("the platform offers none of the versions 2.3.0, 2.2.1 and 2.1.1, but {0}")]
    NoCommonVersion(String),
    /// The other side lacks endpoints that we need; nothing was sent to its credentials endpoint.
    #[error("the platform lacks endpoints that are needed: {0:?}")]
    EndpointsMissing(Vec<(ModuleId, InterfaceRole)>),
    /// Tokens are not exchanged with the platform so; why, and what to do.
    #[error("{0}")]
    NotSynced(String),
    /// 2.1.1 does not say what the platform is.
    #[error(
        "the platform speaks 2.1.1 only, which does not say whether it is a CPO or an eMSP: name \
         its role"
    )]
    PeerRoleNeeded,
}
