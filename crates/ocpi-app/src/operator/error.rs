//! Why the operator does not get what was asked for.

use ocpi_domain::{InvalidField, Party};
use ocpi_ports::StorageError;

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
}
