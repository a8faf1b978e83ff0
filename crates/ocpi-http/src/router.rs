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
    Tokens(OcpiVersion, TokenResource<'a>),
}

/// What a path below a `tokens` endpoint addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenResource<'a> {
    /// The list of an eMSP's Tokens.
    List,
    /// The question about an eMSP's Token.
    Authorize {
        owner: Option<(&'a str, &'a str)>,
        uid: &'a str,
    },
    /// A CPO's copy of a Token.
    Copy {
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
    Tokens(OcpiVersion, TokenRoute<'a>),
}

/// What a request does with Tokens, in whatever version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenRoute<'a> {
    List,
    Authorize {
        owner: Option<(&'a str, &'a str)>,
        uid: &'a str,
    },
    Get {
        owner: (&'a str, &'a str),
        uid: &'a str,
    },
    Put {
        owner: (&'a str, &'a str),
        uid: &'a str,
    },
    Patch {
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
        (Resource::Versions(_) | Resource::VersionDetails(..) | Resource::Credentials, _) => {
            Err(refused("GET"))
        }
        (Resource::Tokens(version, tokens), _) => {
            let route = token_route(method, tokens).map_err(refused)?;
            Ok(Route::Tokens(version, route))
        }
    }
}

/// What a request does with Tokens; else the methods that are offered.
fn token_route<'a>(
    method: &Method,
    resource: TokenResource<'a>,
) -> Result<TokenRoute<'a>, &'static str> {
    match (resource, method) {
        (TokenResource::List, &Method::GET) => Ok(TokenRoute::List),
        (TokenResource::List, _) => Err("GET"),
        (TokenResource::Authorize { owner, uid }, &Method::POST) => {
            Ok(TokenRoute::Authorize { owner, uid })
        }
        (TokenResource::Authorize { .. }, _) => Err("POST"),
        (TokenResource::Copy { owner, uid }, &Method::GET) => Ok(TokenRoute::Get { owner, uid }),
        (TokenResource::Copy { owner, uid }, &Method::PUT) => Ok(TokenRoute::Put { owner, uid }),
        (TokenResource::Copy { owner, uid }, &Method::PATCH) => {
            Ok(TokenRoute::Patch { owner, uid })
        }
        (TokenResource::Copy { .. }, _) => Err("GET, PUT, PATCH"),
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
        (Root::Emsp, [tokens, rest @ ..]) if tokens == "tokens" => {
            Ok(Resource::Tokens(version, sender(rest)?))
        }
        (Root::Cpo, [tokens, rest @ ..]) if tokens == "tokens" => {
            Ok(Resource::Tokens(version, receiver(rest)?))
        }
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
fn sender<'a>(rest: &'a [Cow<'a, str>]) -> Result<TokenResource<'a>, Failure> {
    match rest {
        [] => Ok(TokenResource::List),
        [uid, authorize] if authorize == "authorize" => {
            Ok(TokenResource::Authorize { owner: None, uid })
        }
        [country, party, uid, authorize] if authorize == "authorize" => {
            Ok(TokenResource::Authorize {
                owner: Some((country, party)),
                uid,
            })
        }
        _ => Err(Failure::UnknownRoute),
    }
}

/// Below a CPO's `tokens`: the copies of others' Tokens, one by one.
fn receiver<'a>(rest: &'a [Cow<'a, str>]) -> Result<TokenResource<'a>, Failure> {
    match rest {
        [country, party, uid] => Ok(TokenResource::Copy {
            owner: (country, party),
            uid,
        }),
        _ => Err(Failure::UnknownRoute),
    }
}
