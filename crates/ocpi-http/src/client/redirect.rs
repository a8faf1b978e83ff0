//! Where a peer sends us on to.
//!
//! Spec: none; peers do it for a slash at the end of a path, or a place that moved.

use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, StatusCode, Uri, header};

use super::target;
use crate::status::is_redirect_of_peer;

/// How often a call is sent on.
pub(super) const REDIRECTS_MAX: usize = 3;

/// The URL to which the request at `url` is to be sent again, as it is; `None` for an answer that
/// does not say so.
///
/// # Errors
///
/// Why it is not sent there: our credentials token goes with it, so it stays at its host, and
/// what was encrypted stays so, whatever the operator permits to other calls.
pub(super) fn next(
    url: &Uri,
    status: StatusCode,
    headers: &HeaderMap,
) -> Result<Option<Uri>, String> {
    if !is_redirect_of_peer(status) {
        return Ok(None);
    }
    let location = headers.get(header::LOCATION).map(|value| value.to_str());
    let Some(Ok(location)) = location else {
        return Err("it redirects, but `Location` is missing or unreadable".to_owned());
    };
    let shown = target::shown_text(location);
    let Some(next) = resolved(url, location) else {
        return Err(format!("it redirects to `{shown}`, which is no URL"));
    };
    if url.scheme() == Some(&Scheme::HTTPS) && next.scheme() != Some(&Scheme::HTTPS) {
        return Err(format!(
            "it redirects from https to `{shown}`, which is not encrypted"
        ));
    }
    if is_same_place(url, &next) {
        Ok(Some(next))
    } else {
        Err(format!(
            "it redirects to `{shown}`, which is another host or port"
        ))
    }
}

/// A reference, resolved against the URL that gave it: RFC 3986, section 5.2, where the steps `.`
/// and `..` stay as they are.
pub(super) fn resolved(base: &Uri, reference: &str) -> Option<Uri> {
    let reference = reference.split('#').next()?.trim();
    let is_absolute = reference
        .find([':', '/', '?'])
        .is_some_and(|end| reference[end..].starts_with(':'));
    if is_absolute {
        let url: Uri = reference.parse().ok()?;
        return url.authority().map(|_| url.clone());
    }
    let (authority, path): (Authority, String) = if let Some(rest) = reference.strip_prefix("//") {
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        (authority.parse().ok()?, path.to_owned())
    } else {
        let folder = || {
            base.path()
                .rsplit_once('/')
                .map_or("", |(folder, _)| folder)
        };
        let path = match reference.bytes().next() {
            None => base.path_and_query()?.to_string(),
            Some(b'/') => reference.to_owned(),
            Some(b'?') => format!("{}{reference}", base.path()),
            Some(_) => format!("{}/{reference}", folder()),
        };
        (base.authority()?.clone(), path)
    };
    let path = if path.starts_with('/') {
        path
    } else {
        format!("/{path}")
    };
    let path: PathAndQuery = path.parse().ok()?;
    let mut parts = base.clone().into_parts();
    parts.authority = Some(authority);
    parts.path_and_query = Some(path);
    Uri::from_parts(parts).ok()
}

/// Whether both lead to one host and port. Without a port it is the usual one of the scheme.
pub(super) fn is_same_place(one: &Uri, other: &Uri) -> bool {
    let place = |url: &Uri| {
        let authority = url.authority()?;
        let usual = if url.scheme() == Some(&Scheme::HTTPS) {
            443
        } else {
            80
        };
        let port = authority.port_u16().unwrap_or(usual);
        let has_user = authority.as_str().contains('@');
        (!has_user).then(|| (authority.host().to_ascii_lowercase(), port))
    };
    place(one).is_some_and(|one| place(other) == Some(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "https://peer.example/ocpi/tokens?k=1";

    fn next_of(status: u16, location: &str) -> Result<Option<String>, String> {
        next_from(HERE, status, location)
    }

    fn next_from(here: &str, status: u16, location: &str) -> Result<Option<String>, String> {
        let mut headers = HeaderMap::new();
        headers.insert(header::LOCATION, location.parse().unwrap());
        let status = StatusCode::from_u16(status).unwrap();
        let url = next(&here.parse().unwrap(), status, &headers)?;
        Ok(url.map(|url| url.to_string()))
    }

    /// Holds: T-97.
    #[test]
    fn a_redirect_is_followed_within_its_host() {
        for (location, expected) in [
            (
                "https://peer.example/ocpi/tokens/",
                "https://peer.example/ocpi/tokens/",
            ),
            (
                "https://PEER.example:443/x?y=1#z",
                "https://PEER.example:443/x?y=1",
            ),
            ("https://peer.example", "https://peer.example/"),
            ("//peer.example/x", "https://peer.example/x"),
            ("/ocpi/tokens/?k=1", "https://peer.example/ocpi/tokens/?k=1"),
            ("?k=2", "https://peer.example/ocpi/tokens?k=2"),
            ("tokens/", "https://peer.example/ocpi/tokens/"),
            ("", HERE),
        ] {
            let next = next_of(307, location);
            assert_eq!(next, Ok(Some(expected.to_owned())), "{location}");
            assert_eq!(next_of(308, location), next, "{location}");
        }
    }

    /// Holds: T-97.
    #[test]
    fn a_redirect_to_another_host_is_not_followed() {
        for location in [
            "https://other.example/ocpi/tokens",
            "https://peer.example.other.example/x",
            "https://peer.example@other.example/x",
            "https://peer.example:8443/x",
            "//other.example/x",
            "https://other.example:443@peer.example/x",
        ] {
            let refused = next_of(307, location).unwrap_err();
            assert!(refused.contains("another host"), "{location}: {refused}");
        }
        for location in [
            "ftp:peer",
            "javascript:alert(1)",
            "https://",
            "https:///x",
            "//",
        ] {
            assert!(next_of(307, location).is_err(), "{location}");
        }
        let headers = HeaderMap::new();
        let missing = next(
            &HERE.parse().unwrap(),
            StatusCode::PERMANENT_REDIRECT,
            &headers,
        );
        assert!(missing.unwrap_err().contains("Location"));
    }

    /// Holds: T-97.
    #[test]
    fn a_redirect_never_leads_from_https_to_http() {
        for (here, location) in [
            (HERE, "http://peer.example/x"),
            (HERE, "http://peer.example:443/x"),
            ("https://peer.example:80/x", "http://peer.example:80/x"),
            ("https://peer.example:80/x", "http://peer.example/x"),
        ] {
            let refused = next_from(here, 307, location).unwrap_err();
            assert!(refused.contains("not encrypted"), "{location}: {refused}");
        }
    }

    /// Holds: T-97.
    #[test]
    fn a_port_that_is_not_named_is_the_usual_one_of_its_own_scheme() {
        let http = "http://peer.example/x";
        for (here, location) in [
            (http, "http://peer.example:80/y"),
            ("http://peer.example:80/x", "http://peer.example/y"),
            (HERE, "https://peer.example:443/y"),
        ] {
            let next = next_from(here, 307, location);
            assert_eq!(next, Ok(Some(location.to_owned())), "{here}");
        }
        for (here, location) in [
            (http, "http://peer.example:443/y"),
            (http, "https://peer.example/y"),
            (HERE, "https://peer.example:80/y"),
        ] {
            let refused = next_from(here, 307, location).unwrap_err();
            assert!(refused.contains("another host or port"), "{refused}");
        }
    }

    /// Holds: T-13, T-97.
    #[test]
    fn a_place_that_is_refused_is_told_without_its_query() {
        for location in [
            "https://other.example/?k=secret",
            "ftp:x?k=secret",
            "http://h#secret",
        ] {
            let refused = next_of(307, location).unwrap_err();
            assert!(!refused.contains("secret"), "{refused}");
        }
    }

    /// Holds: T-97.
    #[test]
    fn no_other_status_sends_us_on() {
        for status in [200, 201, 300, 301, 302, 303, 304, 305, 401] {
            assert_eq!(next_of(status, "/x"), Ok(None), "{status}");
        }
    }
}
