//! URLs that lead back to us, or to where a platform is known to be.

use ocpi_domain::{InvalidField, OcpiUrl};
use ocpi_ports::RemoteError;

use crate::hosting::Hosting;
use crate::root::Root;

impl Hosting {
    /// Checks that a platform does not say that our own versions endpoint is its own.
    ///
    /// # Errors
    ///
    /// [`InvalidField`].
    pub(crate) fn require_versions_of_another(&self, url: &OcpiUrl) -> Result<(), InvalidField> {
        if self.is_ours(url) {
            let reason = "is a URL of ours, where the versions endpoint of the platform is due";
            return Err(InvalidField::new("url", reason));
        }
        Ok(())
    }

    /// Checks that a platform does not send us to ourselves.
    ///
    /// # Errors
    ///
    /// [`RemoteError::Forbidden`].
    pub(crate) fn require_another(&self, url: &OcpiUrl) -> Result<(), RemoteError> {
        if self.is_ours(url) {
            return Err(RemoteError::Forbidden {
                url: url.to_string(),
                reason: "it is a URL of ours, where one of the platform is due".to_owned(),
            });
        }
        Ok(())
    }

    /// Whether the URL is below the place where our versions are listed.
    fn is_ours(&self, url: &OcpiUrl) -> bool {
        let ours = self.versions_url(Root::Combined).as_str();
        let ours = ours.trim_end_matches('/');
        let base = ours.rsplit_once('/').map_or(ours, |(base, _)| base);
        let (base, url) = (split(base), split(url.as_str()));
        let below = url.path.strip_prefix(base.path);
        let is_below = below.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
        url.origin() == base.origin() && is_below
    }
}

/// Whether both lead to one host and port, by the same scheme.
pub(crate) fn is_same_host(one: &OcpiUrl, other: &OcpiUrl) -> bool {
    let (one, other) = (split(one.as_str()), split(other.as_str()));
    one.scheme.eq_ignore_ascii_case(other.scheme) && one.origin() == other.origin()
}

struct Split<'a> {
    scheme: &'a str,
    authority: &'a str,
    path: &'a str,
}

/// An [`OcpiUrl`] has all of these.
fn split(url: &str) -> Split<'_> {
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    Split {
        scheme,
        authority,
        path,
    }
}

impl Split<'_> {
    /// The host without case, and the port, which may be that of the scheme.
    fn origin(&self) -> (String, &str) {
        let is_https = self.scheme.eq_ignore_ascii_case("https");
        let standard = if is_https { "443" } else { "80" };
        let (host, port) = match self.authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port),
            _ => (self.authority, standard),
        };
        (host.to_ascii_lowercase(), port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{hosting, ports};

    /// Holds: C-08.
    #[test]
    fn a_host_is_the_same_with_its_scheme_and_its_port_only() {
        let known = "https://peer.example/ocpi/versions".parse().unwrap();
        for (url, is_same) in [
            ("https://peer.example/other?x", true),
            ("https://PEER.example:443/", true),
            ("http://peer.example:443/", false),
            ("http://peer.example/", false),
            ("https://peer.example:8443/", false),
            ("https://peer.example.evil.example/", false),
            ("https://other.example/ocpi/versions", false),
        ] {
            assert_eq!(
                is_same_host(&known, &url.parse().unwrap()),
                is_same,
                "{url}"
            );
        }
    }

    /// Holds: C-23.
    #[test]
    fn a_url_below_our_own_is_ours_however_it_is_written() {
        let app = crate::testing::app(ports());
        assert_eq!(
            app.hosting().versions_url(Root::Combined).as_str(),
            "https://here.example/ocpi/versions"
        );
        let hosting = hosting();
        for (url, is_ours) in [
            ("https://here.example/ocpi/versions", true),
            ("https://HERE.example:443/ocpi/versions/", true),
            ("https://here.example/ocpi", true),
            ("https://here.example/ocpi?x", true),
            ("https://here.example/ocpi/emsp/2.1.1/credentials", true),
            ("https://here.example:8443/ocpi/versions", false),
            ("http://here.example/ocpi/versions", false),
            ("https://here.example/ocpi2/versions", false),
            ("https://here.example/other/ocpi/versions", false),
            ("https://there.example/ocpi/versions", false),
            ("https://[::1]/ocpi/versions", false),
        ] {
            let url: OcpiUrl = url.parse().unwrap();
            assert_eq!(hosting.require_another(&url).is_err(), is_ours, "{url}");
            let refused = hosting.require_versions_of_another(&url);
            assert_eq!(refused.is_err(), is_ours, "{url}");
        }
    }
}
