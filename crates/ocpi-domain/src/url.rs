//! URLs of the other side: opaque, and never put together by guessing.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An absolute `http` or `https` URL of at most 255 characters, without user, password and
/// fragment. Cheap to clone.
///
/// Spec: 2.3.0 types, URL.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct OcpiUrl(Arc<str>);

/// A text that is no [`OcpiUrl`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be an absolute http or https URL of at most 255 visible ASCII characters, without user, \
     password and fragment"
)]
pub struct InvalidUrl;

/// The most characters of a URL.
const MAX: usize = 255;

impl OcpiUrl {
    /// Checks and keeps `text`.
    ///
    /// # Errors
    ///
    /// [`InvalidUrl`].
    pub fn new(text: &str) -> Result<OcpiUrl, InvalidUrl> {
        let is_visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        if text.len() > MAX || !is_visible || text.contains(['#', '\\', '"', '<', '>']) {
            return Err(InvalidUrl);
        }
        let (scheme, rest) = text.split_once("://").ok_or(InvalidUrl)?;
        let is_http = ["http", "https"]
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known));
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        if is_http && is_authority(authority) {
            Ok(OcpiUrl(text.into()))
        } else {
            Err(InvalidUrl)
        }
    }

    /// The URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A host, and a port when there is one.
fn is_authority(authority: &str) -> bool {
    // The colons of an IPv6 address stand in brackets.
    let (is_host, port) = if let Some((address, rest)) = authority.rsplit_once(']') {
        let address = address.strip_prefix('[').unwrap_or_default();
        let port = rest
            .strip_prefix(':')
            .or_else(|| rest.is_empty().then_some("0"));
        (address.parse::<Ipv6Addr>().is_ok(), port)
    } else {
        let (host, port) = authority.split_once(':').unwrap_or((authority, "0"));
        (!host.is_empty() && !host.contains(['@', '[']), Some(port))
    };
    // A number would be parsed with a sign too.
    let is_port = |port: &str| !port.starts_with('+') && port.parse::<u16>().is_ok();
    is_host && port.is_some_and(is_port)
}

impl fmt::Display for OcpiUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for OcpiUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl FromStr for OcpiUrl {
    type Err = InvalidUrl;

    fn from_str(text: &str) -> Result<OcpiUrl, InvalidUrl> {
        OcpiUrl::new(text)
    }
}

impl Serialize for OcpiUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for OcpiUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<OcpiUrl, D::Error> {
        crate::parse::string(deserializer, "a URL", OcpiUrl::new)
    }
}
