//! Why another platform was not asked, or gave no answer.

use ocpi_domain::{InterfaceRole, ModuleId};
use ocpi_ports::{RemoteError, StorageError};

use crate::credentials::LookupError;
use crate::credentials_seal::Unopenable;

/// Why a call of another platform came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// There is no such platform.
    #[error("no such platform")]
    UnknownPlatform,
    /// We do not call the platform.
    #[error("the platform is not connected: it is not known where to call it")]
    NotConnected,
    /// The platform does not serve the module, in the version that we speak with it.
    #[error("the platform serves no {module} as {role}")]
    NoEndpoint {
        /// Which module.
        module: ModuleId,
        /// Which end of it.
        role: InterfaceRole,
    },
    /// The platform speaks no version that is spoken here; the versions that it lists, in words.
    #[error("the platform offers none of the versions 2.3.0, 2.2.1 and 2.1.1, but {0}")]
    NoCommonVersion(String),
    /// The platform speaks 2.1.1, and has no party of the kind that is asked.
    #[error("the platform speaks 2.1.1, and it is not known whether it is a CPO or an eMSP")]
    PeerRoleNeeded,
    /// What we present to the platform cannot be decrypted.
    #[error(transparent)]
    Token(#[from] Unopenable),
    /// The time was over before anything was under way to the platform, or after it had answered.
    #[error(
        "nothing was under way to the platform when {timeout_ms} ms were over: our own store took \
         them, or a change of its credentials"
    )]
    NotSent {
        /// What was granted, milliseconds.
        timeout_ms: u64,
    },
    /// What the platform serves is not known yet, and it failed or refused when it was asked for
    /// that. About anything else it was not asked.
    #[error("what the platform serves cannot be looked up: {0}")]
    LookUp(#[source] RemoteError),
    /// The platform failed, or refused.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The store failed or hung.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<LookupError> for OutboundError {
    fn from(error: LookupError) -> OutboundError {
        match error {
            LookupError::Remote(error) => OutboundError::LookUp(error),
            LookupError::NoCommonVersion(offered) => OutboundError::NoCommonVersion(offered),
            LookupError::PeerRoleNeeded => OutboundError::PeerRoleNeeded,
        }
    }
}
