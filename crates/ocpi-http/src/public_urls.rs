//! The URLs that we publish.

use std::fmt::Display;
use std::sync::Arc;

/// The base of every URL that we publish: `http` or `https`, with a host, without query,
/// fragment or trailing slash.
///
/// Never taken from a request: a `Host` header is anybody's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(Arc<str>);

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
        let text = text.trim_end_matches('/');
        let uri: http::Uri = text.parse().map_err(|_| InvalidPublicUrl)?;
        let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        // A user and password before the host would be published.
        let is_base =
            is_http && uri.host().is_some() && !authority.contains('@') && uri.query().is_none();
        if is_base && !text.contains('#') && text.len() <= MAX {
            Ok(PublicUrl(text.into()))
        } else {
            Err(InvalidPublicUrl)
        }
    }

    /// The URL of a path that starts with a slash.
    pub(crate) fn join(&self, path: impl Display) -> String {
        format!("{}{path}", self.0)
    }
}

impl Display for PublicUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
