//! From a path to what it addresses, and from a method to what it does there.

use std::borrow::Cow;

use http::Method;

use crate::failure::Failure;
use crate::wire::OcpiVersion;

/// The half of the server that a URL is for; one combined root offers both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Root {
    Combined,
    Cpo,
    Emsp,
}

impl Root {
    /// The path of this root, without trailing slash.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Root::Combined => "/ocpi",
            Root::Cpo => "/ocpi/cpo",
            Root::Emsp => "/ocpi/emsp",
        }
    }
}

/// What a path addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resource<'a> {
    Versions(Root),
    VersionDetails(Root, OcpiVersion),
    Credentials,
    /// The list of an eMSP's Tokens.
    TokenList,
    /// The question about an eMSP's Token.
    Authorize {
        owner: Option<(&'a str, &'a str)>,
        uid: &'a str,
    },
    /// A CPO's copy of a Token.
    TokenCopy {
        owner: (&'a str, &'a str),
        uid: &'a str,
    },
}

/// What a request does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route<'a> {
    ListVersions(Root),
    ShowVersion(Root, OcpiVersion),
    ShowCredentials,
    ListTokens,
    AuthorizeToken {
        owner: Option<(&'a str, &'a str)>,
        uid: &'a str,
    },
    GetToken {
        owner: (&'a str, &'a str),
        uid: &'a str,
    },
    PutToken {
        owner: (&'a str, &'a str),
        uid: &'a str,
    },
    PatchToken {
        owner: (&'a str, &'a str),
        uid: &'a str,
    },
}

/// What a request does with the resource that its path addresses.
pub(crate) fn route<'a>(method: &Method, resource: Resource<'a>) -> Result<Route<'a>, Failure> {
    let refused = |allow| Failure::MethodNotAllowed {
        method: method.clone(),
        allow,
    };
    match (resource, method) {
        (Resource::Versions(root), &Method::GET) => Ok(Route::ListVersions(root)),
        (Resource::VersionDetails(root, version), &Method::GET) => {
            Ok(Route::ShowVersion(root, version))
        }
        (Resource::Credentials, &Method::GET) => Ok(Route::ShowCredentials),
        (Resource::TokenList, &Method::GET) => Ok(Route::ListTokens),
        (Resource::Authorize { owner, uid }, &Method::POST) => {
            Ok(Route::AuthorizeToken { owner, uid })
        }
        (Resource::TokenCopy { owner, uid }, &Method::GET) => Ok(Route::GetToken { owner, uid }),
        (Resource::TokenCopy { owner, uid }, &Method::PUT) => Ok(Route::PutToken { owner, uid }),
        (Resource::TokenCopy { owner, uid }, &Method::PATCH) => {
            Ok(Route::PatchToken { owner, uid })
        }
        (Resource::Authorize { .. }, _) => Err(refused("POST")),
        (Resource::TokenCopy { .. }, _) => Err(refused("GET, PUT, PATCH")),
        (
            Resource::Versions(_)
            | Resource::VersionDetails(..)
            | Resource::Credentials
            | Resource::TokenList,
            _,
        ) => Err(refused("GET")),
    }
}

/// What a path addresses.
pub(crate) fn resource<'a>(segments: &'a [Cow<'a, str>]) -> Result<Resource<'a>, Failure> {
    let [ocpi, rest @ ..] = segments else {
        return Err(Failure::UnknownRoute);
    };
    if ocpi != "ocpi" {
        return Err(Failure::UnknownRoute);
    }
    let (root, rest) = match rest {
        [role, rest @ ..] if role == "cpo" => (Root::Cpo, rest),
        [role, rest @ ..] if role == "emsp" => (Root::Emsp, rest),
        _ => (Root::Combined, rest),
    };
    let [first, rest @ ..] = rest else {
        return Err(Failure::UnknownRoute);
    };
    if first == "versions" && rest.is_empty() {
        return Ok(Resource::Versions(root));
    }
    let version = version(first)?;
    match (root, rest) {
        (_, []) => Ok(Resource::VersionDetails(root, version)),
        (_, [details]) if details == "details" => Ok(Resource::VersionDetails(root, version)),
        (_, [credentials]) if credentials == "credentials" => Ok(Resource::Credentials),
        (Root::Emsp, [tokens, rest @ ..]) if tokens == "tokens" => sender(rest),
        (Root::Cpo, [tokens, rest @ ..]) if tokens == "tokens" => receiver(rest),
        _ => Err(Failure::UnknownRoute),
    }
}

fn version(segment: &str) -> Result<OcpiVersion, Failure> {
    if let Some(version) = OcpiVersion::ALL
        .into_iter()
        .find(|known| known.as_str() == segment)
    {
        return Ok(version);
    }
    let looks_like_one = segment.starts_with(|c: char| c.is_ascii_digit())
        && segment
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
    Err(if looks_like_one {
        Failure::UnknownVersion(segment.to_owned())
    } else {
        Failure::UnknownRoute
    })
}

/// Below an eMSP's `tokens`: the list, and the question in its short and its long form.
fn sender<'a>(rest: &'a [Cow<'a, str>]) -> Result<Resource<'a>, Failure> {
    match rest {
        [] => Ok(Resource::TokenList),
        [uid, authorize] if authorize == "authorize" => {
            Ok(Resource::Authorize { owner: None, uid })
        }
        [country, party, uid, authorize] if authorize == "authorize" => Ok(Resource::Authorize {
            owner: Some((country, party)),
            uid,
        }),
        _ => Err(Failure::UnknownRoute),
    }
}

/// Below a CPO's `tokens`: the copies of others' Tokens, one by one.
fn receiver<'a>(rest: &'a [Cow<'a, str>]) -> Result<Resource<'a>, Failure> {
    match rest {
        [country, party, uid] => Ok(Resource::TokenCopy {
            owner: (country, party),
            uid,
        }),
        _ => Err(Failure::UnknownRoute),
    }
}
