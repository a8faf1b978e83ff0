//! What a request is for, by its method and path.

use std::borrow::Cow;
use std::fmt;

use hyper::Method;
use percent_encoding::percent_decode_str;
use serde::{Serialize, Serializer};

use crate::faults::Module;

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RequestKind {
    /// The list of versions.
    Versions,
    /// The details of the version.
    Details,
    /// Credentials, whatever the method.
    Credentials,
    /// A page of the list of an eMSP.
    ListTokens,
    /// A question to an eMSP.
    Authorize,
    /// A Token put at a CPO.
    PutToken,
    /// A Token patched at a CPO.
    PatchToken,
    /// A Token looked up at a CPO.
    GetToken,
    /// Anything else, which is answered as unknown.
    Other,
}

impl RequestKind {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            RequestKind::Versions => "versions",
            RequestKind::Details => "details",
            RequestKind::Credentials => "credentials",
            RequestKind::ListTokens => "list_tokens",
            RequestKind::Authorize => "authorize",
            RequestKind::PutToken => "put_token",
            RequestKind::PatchToken => "patch_token",
            RequestKind::GetToken => "get_token",
            RequestKind::Other => "other",
        }
    }

    pub(crate) fn module(self) -> Option<Module> {
        match self {
            RequestKind::Versions | RequestKind::Details => Some(Module::Versions),
            RequestKind::Credentials => Some(Module::Credentials),
            RequestKind::Authorize => Some(Module::Authorize),
            RequestKind::ListTokens
            | RequestKind::PutToken
            | RequestKind::PatchToken
            | RequestKind::GetToken => Some(Module::Tokens),
            RequestKind::Other => None,
        }
    }
}

impl fmt::Display for RequestKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for RequestKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The path and the query of a request, decoded.
pub(crate) struct Target<'a> {
    segments: Vec<Cow<'a, str>>,
    pub(crate) parameters: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> Target<'a> {
    pub(crate) fn of(path: &'a str, query: Option<&'a str>) -> Target<'a> {
        let decoded = |text: &'a str| percent_decode_str(text).decode_utf8_lossy();
        let segments = path.split('/').filter(|segment| !segment.is_empty());
        let parameters = query.into_iter().flat_map(|query| query.split('&'));
        Target {
            segments: segments.map(decoded).collect(),
            parameters: parameters
                .map(|parameter| parameter.split_once('=').unwrap_or((parameter, "")))
                .map(|(name, value)| (decoded(name), decoded(value)))
                .collect(),
        }
    }

    /// The value of a parameter; an empty one is as if it were not there.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(known, _)| known == name);
        found
            .map(|(_, value)| value.as_ref())
            .filter(|value| !value.is_empty())
    }

    /// The segments below `/ocpi`.
    pub(crate) fn below_root(&self) -> Vec<&str> {
        let segments = self.segments.iter().map(AsRef::as_ref);
        let mut below: Vec<&str> = segments.collect();
        if below.first() == Some(&"ocpi") {
            below.remove(0);
            below
        } else {
            Vec::new()
        }
    }
}

/// What a request to a peer of that version is for, as `emsp` or `cpo` in the path says its role,
/// and the segments that are its own.
pub(crate) fn kind<'a>(
    method: &Method,
    below: &[&'a str],
    version: &str,
    role: &str,
) -> (RequestKind, Vec<&'a str>) {
    let other = (RequestKind::Other, Vec::new());
    let is_get = method == Method::GET;
    match below {
        ["versions"] if is_get => (RequestKind::Versions, Vec::new()),
        [number] if *number == version && is_get => (RequestKind::Details, Vec::new()),
        [number, "credentials"] if *number == version => (RequestKind::Credentials, Vec::new()),
        [said, number, "tokens", own @ ..] if *said == role && *number == version => {
            let is_emsp = role == "emsp";
            let kind = match own {
                [] if is_emsp && is_get => RequestKind::ListTokens,
                [_, "authorize"] if is_emsp && method == Method::POST => RequestKind::Authorize,
                [_, _, _] if !is_emsp && method == Method::PUT => RequestKind::PutToken,
                [_, _, _] if !is_emsp && method == Method::PATCH => RequestKind::PatchToken,
                [_, _, _] if !is_emsp && is_get => RequestKind::GetToken,
                _ => return other,
            };
            (kind, own.to_vec())
        }
        _ => other,
    }
}
