//! Who may call a peer, and how it presents itself to others.

use std::collections::BTreeSet;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};
use ocpi_domain::OcpiVersion;

/// The credentials tokens that callers may present, and the platform that a peer is connected to.
#[derive(Default)]
pub(crate) struct Authority {
    known: BTreeSet<String>,
    pub(crate) partner: Option<Partner>,
}

/// The platform that a peer is connected to.
#[derive(Debug, Clone)]
pub(crate) struct Partner {
    /// What the peer presents to it.
    pub(crate) token: String,
    /// Where its credentials are.
    pub(crate) credentials_url: String,
}

impl Authority {
    pub(crate) fn know(&mut self, token: &str) {
        self.known.insert(token.to_owned());
    }

    pub(crate) fn forget(&mut self, token: &str) {
        self.known.remove(token);
    }

    /// The token that an `Authorization` header presents, in whichever form, when it is known.
    pub(crate) fn presented(&self, header: Option<&str>) -> Option<String> {
        let (scheme, presented) = header?.trim().split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("Token") {
            return None;
        }
        let presented = presented.trim();
        let bare = presented.trim_end_matches('=');
        let decoded = BASE64_STANDARD_NO_PAD.decode(bare).ok();
        let decoded = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
        [decoded, Some(presented.to_owned())]
            .into_iter()
            .flatten()
            .find(|token| self.known.contains(token))
    }
}

/// The value of the `Authorization` header that presents `token` in that version.
pub(crate) fn header(version: OcpiVersion, token: &str) -> String {
    match version {
        OcpiVersion::V2_1_1 => format!("Token {token}"),
        OcpiVersion::V2_2_1 | OcpiVersion::V2_3_0 => {
            format!("Token {}", BASE64_STANDARD.encode(token))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_in_either_form_until_it_is_forgotten() {
        let mut authority = Authority::default();
        authority.know("a.token");
        for version in OcpiVersion::ALL {
            let header = header(version, "a.token");
            let known = authority.presented(Some(&header));
            assert_eq!(known.as_deref(), Some("a.token"));
        }
        for header in [
            None,
            Some("a.token"),
            Some("Bearer a.token"),
            Some("Token b"),
        ] {
            assert_eq!(authority.presented(header), None);
        }
        authority.forget("a.token");
        assert_eq!(authority.presented(Some("Token a.token")), None);
    }
}
