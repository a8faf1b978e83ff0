//! What we present, and how, until the other side knows it.

use std::time::Duration;

use ocpi_domain::{AuthEncoding, CredentialsToken, MessageId, OcpiVersion, Role};
use ocpi_ports::{RemoteCall, RemoteError, TokenEncoding};

/// A token in one form.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    pub(crate) token: CredentialsToken,
    pub(crate) encoding: TokenEncoding,
}

/// Calls of one platform with whatever it knows of what we may present, tried in this order.
///
/// HTTP 401 says that nothing was done, so each request may be made again with the next.
#[derive(Debug)]
pub(crate) struct Attempts {
    all: Vec<Attempt>,
    /// The one that is presented.
    at: usize,
    /// How many the request that is being made was refused with.
    refused: usize,
    version: OcpiVersion,
    pub(crate) peer_role: Role,
    correlation_id: MessageId,
    timeout: Duration,
}

impl Attempts {
    /// Presents `first` until it is refused.
    pub(crate) fn new(first: Attempt, correlation_id: MessageId, timeout: Duration) -> Attempts {
        Attempts {
            all: vec![first],
            at: 0,
            refused: 0,
            version: OcpiVersion::V2_3_0,
            // Only 2.1.1 asks, which is chosen together with it.
            peer_role: Role::Cpo,
            correlation_id,
            timeout,
        }
    }

    /// Presents `token` in the form `first`, then in the other one.
    pub(crate) fn in_both_forms(
        token: &CredentialsToken,
        first: TokenEncoding,
        correlation_id: MessageId,
        timeout: Duration,
    ) -> Attempts {
        let attempt = |encoding| Attempt {
            token: token.clone(),
            encoding,
        };
        let attempts = Attempts::new(attempt(first), correlation_id, timeout);
        attempts.then(attempt(other(first)))
    }

    /// With that time for each call.
    pub(crate) fn within(mut self, timeout: Duration) -> Attempts {
        self.timeout = timeout;
        self
    }

    /// And `next` when all before it are refused.
    pub(crate) fn then(mut self, next: Attempt) -> Attempts {
        self.all.push(next);
        self
    }

    /// Presents that alone from now on.
    pub(crate) fn present(&mut self, only: Attempt) {
        self.all = vec![only];
        (self.at, self.refused) = (0, 0);
    }

    /// Presents that form first from now on, unless it was refused.
    pub(crate) fn prefer(&mut self, form: TokenEncoding) {
        let mut untried = self.all.iter().skip(self.at + 1);
        if let Some(after) = untried.position(|attempt| attempt.encoding == form) {
            self.at += 1 + after;
        }
    }

    /// In that version from now on, with a platform of that kind.
    pub(crate) fn speak(&mut self, version: OcpiVersion, peer_role: Role) {
        self.version = version;
        self.peer_role = peer_role;
    }

    /// The call with what is presented now.
    pub(crate) fn call(&self) -> RemoteCall {
        let Attempt { token, encoding } = &self.all[self.at];
        RemoteCall {
            token: token.clone(),
            encoding: *encoding,
            version: self.version,
            peer_role: self.peer_role.clone(),
            routing: None,
            correlation_id: self.correlation_id.clone(),
            timeout: self.timeout,
        }
    }

    /// Whether the request is to be made again: it was refused for what was presented, and there
    /// is something else to present.
    pub(crate) fn goes_on<T>(&mut self, answer: &Result<T, RemoteError>) -> bool {
        let is_refused = matches!(answer, Err(RemoteError::Unauthorized { .. }));
        self.refused = if is_refused { self.refused + 1 } else { 0 };
        if self.refused == 0 {
            return false;
        }
        self.at = (self.at + 1) % self.all.len();
        if self.refused < self.all.len() {
            return true;
        }
        self.refused = 0;
        false
    }

    /// What is presented now.
    pub(crate) fn current(&self) -> &Attempt {
        &self.all[self.at]
    }
}

/// The other form.
fn other(encoding: TokenEncoding) -> TokenEncoding {
    match encoding {
        TokenEncoding::Base64 => TokenEncoding::Raw,
        TokenEncoding::Raw => TokenEncoding::Base64,
    }
}

/// The form that a version prescribes.
pub(crate) fn standard_encoding(version: OcpiVersion) -> TokenEncoding {
    match version {
        OcpiVersion::V2_1_1 => TokenEncoding::Raw,
        OcpiVersion::V2_2_1 | OcpiVersion::V2_3_0 => TokenEncoding::Base64,
    }
}

/// The form that a platform expects, as far as that is recorded, else `standard`.
pub(crate) fn expected_encoding(recorded: AuthEncoding, standard: TokenEncoding) -> TokenEncoding {
    match recorded {
        AuthEncoding::Auto => standard,
        AuthEncoding::Base64 => TokenEncoding::Base64,
        AuthEncoding::Raw => TokenEncoding::Raw,
    }
}

/// What is recorded of a platform that took this form in that version.
pub(crate) fn learned_encoding(version: OcpiVersion, worked: TokenEncoding) -> AuthEncoding {
    match worked {
        worked if worked == standard_encoding(version) => AuthEncoding::Auto,
        TokenEncoding::Base64 => AuthEncoding::Base64,
        TokenEncoding::Raw => AuthEncoding::Raw,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused() -> Result<(), RemoteError> {
        Err(RemoteError::Unauthorized {
            url: String::new(),
            message: None,
        })
    }

    /// Holds: T-08, C-08, C-11.
    #[test]
    fn each_request_is_made_once_with_everything_until_one_is_taken() {
        let token = CredentialsToken::new("abc").unwrap();
        let id = MessageId::new("C").unwrap();
        let timeout = Duration::from_secs(1);
        let mut attempts =
            Attempts::in_both_forms(&token, TokenEncoding::Raw, id, timeout).then(Attempt {
                token: CredentialsToken::new("former").unwrap(),
                encoding: TokenEncoding::Base64,
            });
        let shown = |attempts: &Attempts| {
            let call = attempts.call();
            (call.token.expose().to_owned(), call.encoding)
        };
        assert_eq!(shown(&attempts), ("abc".to_owned(), TokenEncoding::Raw));
        assert!(attempts.goes_on(&refused()));
        assert_eq!(shown(&attempts), ("abc".to_owned(), TokenEncoding::Base64));
        assert!(!attempts.goes_on(&Ok(())));
        // What was taken is presented first in the next request.
        assert_eq!(shown(&attempts), ("abc".to_owned(), TokenEncoding::Base64));
        assert!(attempts.goes_on(&refused()));
        assert_eq!(
            shown(&attempts),
            ("former".to_owned(), TokenEncoding::Base64)
        );
        assert!(attempts.goes_on(&refused()));
        assert!(!attempts.goes_on(&refused()));
        // Another failure is no reason to present something else.
        let timed_out = RemoteError::TimedOut {
            url: String::new(),
            timeout_ms: 1,
        };
        assert!(!attempts.goes_on(&Err::<(), _>(timed_out)));
        assert_eq!(shown(&attempts), ("abc".to_owned(), TokenEncoding::Base64));
    }

    /// Holds: T-03, T-08.
    #[test]
    fn a_form_that_was_not_refused_may_be_preferred() {
        let token = CredentialsToken::new("abc").unwrap();
        let id = MessageId::new("C").unwrap();
        let base64_first = || {
            let timeout = Duration::from_secs(1);
            Attempts::in_both_forms(&token, TokenEncoding::Base64, id.clone(), timeout)
        };
        let mut attempts = base64_first();
        attempts.prefer(TokenEncoding::Base64);
        assert_eq!(attempts.current().encoding, TokenEncoding::Base64);
        attempts.prefer(TokenEncoding::Raw);
        assert_eq!(attempts.current().encoding, TokenEncoding::Raw);
        assert!(attempts.goes_on(&refused()));
        assert_eq!(attempts.current().encoding, TokenEncoding::Base64);
        let mut attempts = base64_first();
        assert!(attempts.goes_on(&refused()));
        attempts.prefer(TokenEncoding::Base64);
        assert_eq!(attempts.current().encoding, TokenEncoding::Raw);
    }

    /// Holds: T-02, T-03, T-08.
    #[test]
    fn the_standard_form_of_a_version_needs_no_record() {
        use AuthEncoding::{Auto, Base64, Raw};
        for (version, worked, learned) in [
            (OcpiVersion::V2_1_1, TokenEncoding::Raw, Auto),
            (OcpiVersion::V2_1_1, TokenEncoding::Base64, Base64),
            (OcpiVersion::V2_2_1, TokenEncoding::Base64, Auto),
            (OcpiVersion::V2_3_0, TokenEncoding::Base64, Auto),
            (OcpiVersion::V2_3_0, TokenEncoding::Raw, Raw),
        ] {
            assert_eq!(learned_encoding(version, worked), learned, "{version}");
            // What is recorded leads to the same form again.
            let expected = expected_encoding(learned, standard_encoding(version));
            assert_eq!(expected, worked, "{version}");
        }
    }
}
