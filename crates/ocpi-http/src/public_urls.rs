//! The URLs that we publish.

use std::fmt::Display;
use std::sync::Arc;

use ocpi_app::{Root, VersionsUrls};
use ocpi_domain::{OcpiUrl, OcpiVersion};

/// The base of every URL that we publish: `http` or `https`, with a host, without query,
/// fragment or trailing slash.
///
/// Never taken from a request: a `Host` header is anybody's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(Arc<Published>);

#[derive(Debug, PartialEq, Eq)]
struct Published {
    base: Box<str>,
    versions: VersionsUrls,
}

/// A text that is no base of URLs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be an absolute http or https URL without query and fragment, of at most {MAX} bytes")]
pub struct InvalidPublicUrl;

/// What is left for the base when the longest published path has its place in the 255
/// characters that OCPI grants a URL.
const MAX: usize = 200;

impl PublicUrl {
    /// Checks and keeps `text`, without its trailing slashes.
    ///
    /// # Errors
    ///
    /// [`InvalidPublicUrl`].
    pub fn new(text: &str) -> Result<PublicUrl, InvalidPublicUrl> {
        let base = text.trim_end_matches('/');
        let uri: http::Uri = base.parse().map_err(|_| InvalidPublicUrl)?;
        let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        // A user and password before the host would be published.
        let is_base =
            is_http && uri.host().is_some() && !authority.contains('@') && uri.query().is_none();
        if !is_base || base.contains('#') || base.len() > MAX {
            return Err(InvalidPublicUrl);
        }
        let versions = |root| {
            let url = format!("{base}{}/versions", path_of(root));
            OcpiUrl::new(&url).map_err(|_| InvalidPublicUrl)
        };
        let versions = VersionsUrls {
            combined: versions(Root::Combined)?,
            cpo: versions(Root::Cpo)?,
            emsp: versions(Root::Emsp)?,
        };
        let base = base.into();
        Ok(PublicUrl(Arc::new(Published { base, versions })))
    }

    /// Where our versions are listed, below each root.
    pub fn versions_urls(&self) -> VersionsUrls {
        self.0.versions.clone()
    }

    /// The details of a version below a root; its modules are below that.
    pub(crate) fn version(&self, root: Root, version: OcpiVersion) -> String {
        self.join(format_args!("{}/{}", path_of(root), version.as_str()))
    }

    /// The URL of a path that starts with a slash.
    pub(crate) fn join(&self, path: impl Display) -> String {
        format!("{}{path}", self.0.base)
    }
}

/// The path of a root, without trailing slash.
fn path_of(root: Root) -> &'static str {
    match root {
        Root::Combined => "/ocpi",
        Root::Cpo => "/ocpi/cpo",
        Root::Emsp => "/ocpi/emsp",
    }
}

impl Display for PublicUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds: V-05, V-11, C-16.
    #[test]
    fn every_url_is_below_the_base_and_fits_where_urls_are_sent() {
        let longest = format!("https://{}.example", "a".repeat(MAX - 16));
        for base in ["https://ocpi.example", "http://[::1]:8080/x", &longest] {
            let url = PublicUrl::new(&format!("{base}/")).unwrap();
            let VersionsUrls {
                combined,
                cpo,
                emsp,
            } = url.versions_urls();
            for (versions, path) in [
                (combined, "/ocpi/versions"),
                (cpo, "/ocpi/cpo/versions"),
                (emsp, "/ocpi/emsp/versions"),
            ] {
                assert_eq!(versions.as_str(), format!("{base}{path}"));
            }
            let version = url.version(Root::Emsp, OcpiVersion::V2_1_1);
            assert_eq!(version, format!("{base}/ocpi/emsp/2.1.1"));
            assert!(OcpiUrl::new(&format!("{version}/credentials")).is_ok());
        }
        for bad in [
            "",
            "ocpi.example",
            "ftp://ocpi.example",
            "https://user:secret@ocpi.example",
            "https://ocpi.example?x=1",
            "https://ocpi.example/#x",
            &format!("{longest}a"),
        ] {
            assert_eq!(PublicUrl::new(bad), Err(InvalidPublicUrl), "{bad}");
        }
    }
}
