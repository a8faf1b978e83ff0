//! What an exchange fails at.

use std::time::Duration;

use ocpi_ports::{RemoteError, StorageError};

use crate::outbound::OutboundError;

/// Why a round of an exchange came to no end.
#[derive(Debug)]
pub(super) struct Failure {
    /// For the operator.
    pub(super) reason: String,
    /// How long the platform wants to be left alone.
    pub(super) retry_after: Option<Duration>,
    /// Whether something got through before.
    pub(super) got_through: bool,
}

/// What it says that a request about one thing came to nothing.
#[derive(Debug)]
pub(super) enum Verdict {
    /// The platform will not have that one thing.
    Refused(String),
    /// The platform failed; perhaps with that one thing only.
    Failed(Failure),
    /// The platform fails whatever is asked.
    FailedWhole(Failure),
}

impl Failure {
    pub(super) fn new(reason: impl Into<String>) -> Failure {
        Failure {
            reason: reason.into(),
            retry_after: None,
            got_through: false,
        }
    }
}

impl From<StorageError> for Failure {
    fn from(error: StorageError) -> Failure {
        Failure::new(format!("our own store: {error}"))
    }
}

impl From<OutboundError> for Failure {
    fn from(error: OutboundError) -> Failure {
        Failure {
            retry_after: retry_after(&error),
            ..Failure::new(error.to_string())
        }
    }
}

impl Verdict {
    pub(super) fn of(error: OutboundError) -> Verdict {
        let is_refusal = matches!(
            &error,
            OutboundError::Remote(remote @ RemoteError::Refused { .. }) if !remote.is_no_answer()
        );
        if is_refusal {
            return Verdict::Refused(error.to_string());
        }
        let is_of_one = matches!(
            &error,
            OutboundError::Remote(
                RemoteError::Refused {
                    retry_after: None,
                    ..
                } | RemoteError::TimedOut { .. }
                    | RemoteError::Broken { .. }
                    | RemoteError::TooLarge { .. }
                    | RemoteError::Unreadable { .. }
            )
        );
        let failure = Failure::from(error);
        if is_of_one {
            Verdict::Failed(failure)
        } else {
            Verdict::FailedWhole(failure)
        }
    }
}

fn retry_after(error: &OutboundError) -> Option<Duration> {
    match error {
        OutboundError::Remote(RemoteError::Refused { retry_after, .. })
        | OutboundError::LookUp(RemoteError::Refused { retry_after, .. }) => *retry_after,
        _ => None,
    }
}
