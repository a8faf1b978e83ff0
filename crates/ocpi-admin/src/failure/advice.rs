//! What an operator can do when another platform did not do its part.

use ocpi_app::OperatorError;
use ocpi_ports::RemoteError;

/// What to do, to be said after what happened; empty where that says it already.
pub(super) fn advice(error: &OperatorError) -> &'static str {
    match error {
        OperatorError::Remote(error) => advice_on_call(error),
        OperatorError::OutcomeUnknown(_) => {
            " (a rotation within five minutes: until then both its former and its new token are \
             good here; a registration with a new token, if this one is refused)"
        }
        OperatorError::Unopenable(_) => "; unregister it with `forced`, and register anew",
        OperatorError::NoCommonVersion(_) => "; look whether the versions URL is the right one",
        OperatorError::EndpointsMissing(_) => {
            "; ask the platform for them, or change `required_of_cpo` or `required_of_emsp` of \
             [registration]"
        }
        OperatorError::PartyTaken(..) => "; look which one it should be, and unregister the other",
        OperatorError::PartyNotAllowed(_) => "; ask the platform about it, or allow it by a PUT",
        _ => "",
    }
}

fn advice_on_call(error: &RemoteError) -> &'static str {
    match error {
        // It names the setting that forbids it.
        RemoteError::Forbidden { .. } => "",
        RemoteError::Unreachable { .. } => {
            "; look whether the URL is right, and whether this machine reaches it"
        }
        RemoteError::TimedOut { .. } => "; try again later, or raise `timeout_ms` of [outbound]",
        RemoteError::Broken { .. } => "; try again later",
        RemoteError::Unauthorized { .. } => {
            "; the token may be used up, expired, or lost there: ask the platform for a new one, and \
             register anew, after a forced unregister when it is registered here"
        }
        RemoteError::Refused { .. } => "; its operator can say why",
        RemoteError::TooLarge { .. } => {
            "; look whether the URL is right, or raise `response_bytes_max` of [outbound]"
        }
        RemoteError::Unreadable { .. } => {
            "; look whether the URL is that of an OCPI platform, and show its operator this text"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds: Q-25. Who reads what a platform did wrong reads what can be done, too.
    #[test]
    fn a_call_that_failed_is_told_with_its_url_and_a_way_out() {
        let url = || "https://peer.example/ocpi/versions".to_owned();
        let reason = || "why".to_owned();
        let errors = [
            RemoteError::Unreachable {
                url: url(),
                reason: reason(),
            },
            RemoteError::TimedOut {
                url: url(),
                timeout_ms: 10_000,
            },
            RemoteError::Broken {
                url: url(),
                reason: reason(),
            },
            RemoteError::Unauthorized {
                url: url(),
                message: None,
            },
            RemoteError::Refused {
                url: url(),
                http: 200,
                code: Some(3001),
                message: None,
                retry_after: None,
            },
            RemoteError::TooLarge {
                url: url(),
                max: 1_048_576,
            },
            RemoteError::Unreadable {
                url: url(),
                reason: reason(),
            },
        ];
        for error in errors {
            let advice = advice_on_call(&error);
            assert!(error.to_string().contains(&url()), "{error}");
            assert!(advice.starts_with("; "), "{error}: {advice}");
        }
    }
}
