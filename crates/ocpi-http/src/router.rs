//! From a path to what it addresses, and from a method to what it does there.

use std::borrow::Cow;

use http::Method;
use ocpi_app::Root;
use ocpi_domain::OcpiVersion;

use crate::failure::Failure;

/// What a path addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resource<'a> {
    Versions(Root),
    VersionDetails(Root, OcpiVersion),
    Credentials(Root, OcpiVersion),
    Tokens(OcpiVersion, TokenResource<'a>),
    Sessions(OcpiVersion, SessionResource<'a>),
    Locations(OcpiVersion, LocationPath<'a>),
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

/// What a path below an eMSP's `sessions` endpoint addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionResource<'a> {
    /// The list of the sessions of the caller's CPOs.
    List,
    One(SessionPath<'a>),
}

/// A session of a CPO.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SessionPath<'a> {
    pub(crate) owner: (&'a str, &'a str),
    pub(crate) id: &'a str,
}

/// A Location of a CPO, an EVSE in it, or a connector of that EVSE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LocationPath<'a> {
    pub(crate) owner: (&'a str, &'a str),
    pub(crate) id: &'a str,
    /// The EVSE, and the connector.
    pub(crate) part: Option<(&'a str, Option<&'a str>)>,
}

/// What is done with one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ObjectMethod {
    Get,
    Put,
    Patch,
}

/// What is done with credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CredentialsMethod {
    Get,
    Post,
    Put,
    Delete,
}

/// What a request does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route<'a> {
    ListVersions(Root),
    ShowVersion(Root, OcpiVersion),
    /// What versions read and write in their own ways.
    In(OcpiVersion, VersionedRoute<'a>),
}

/// What a request does with objects that versions write differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VersionedRoute<'a> {
    Credentials(Root, CredentialsMethod),
    Tokens(TokenRoute<'a>),
    ListSessions,
    Session(ObjectMethod, SessionPath<'a>),
    Location(ObjectMethod, LocationPath<'a>),
}

/// What a request does with Tokens.
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
    let (version, route) = match resource {
        Resource::Versions(root) => return only_get(method, Route::ListVersions(root)),
        Resource::VersionDetails(root, version) => {
            return only_get(method, Route::ShowVersion(root, version));
        }
        Resource::Credentials(root, version) => {
            let does = credentials_method(method).map_err(refused)?;
            (version, VersionedRoute::Credentials(root, does))
        }
        Resource::Tokens(version, tokens) => {
            let does = token_route(method, tokens).map_err(refused)?;
            (version, VersionedRoute::Tokens(does))
        }
        Resource::Sessions(version, SessionResource::List) => {
            return only_get(method, Route::In(version, VersionedRoute::ListSessions));
        }
        Resource::Sessions(version, SessionResource::One(path)) => {
            let does = object_method(method).map_err(refused)?;
            (version, VersionedRoute::Session(does, path))
        }
        Resource::Locations(version, path) => {
            let does = object_method(method).map_err(refused)?;
            (version, VersionedRoute::Location(does, path))
        }
    };
    Ok(Route::In(version, route))
}

/// The route, which is there to be got only.
fn only_get<'a>(method: &Method, route: Route<'a>) -> Result<Route<'a>, Failure> {
    if method == Method::GET {
        return Ok(route);
    }
    Err(Failure::MethodNotAllowed {
        method: method.clone(),
        allow: "GET",
    })
}

/// What a request does with credentials; else the methods that are offered.
fn credentials_method(method: &Method) -> Result<CredentialsMethod, &'static str> {
    match *method {
        Method::GET => Ok(CredentialsMethod::Get),
        Method::POST => Ok(CredentialsMethod::Post),
        Method::PUT => Ok(CredentialsMethod::Put),
        Method::DELETE => Ok(CredentialsMethod::Delete),
        _ => Err("GET, POST, PUT, DELETE"),
    }
}

/// What a request does with one object; else the methods that are offered.
fn object_method(method: &Method) -> Result<ObjectMethod, &'static str> {
    match *method {
        Method::GET => Ok(ObjectMethod::Get),
        Method::PUT => Ok(ObjectMethod::Put),
        Method::PATCH => Ok(ObjectMethod::Patch),
        _ => Err("GET, PUT, PATCH"),
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
    let (root, rest) = below_root(rest);
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
        (_, [credentials]) if credentials == "credentials" => {
            Ok(Resource::Credentials(root, version))
        }
        (Root::Emsp, [tokens, rest @ ..]) if tokens == "tokens" => {
            Ok(Resource::Tokens(version, sender(rest)?))
        }
        (Root::Cpo, [tokens, rest @ ..]) if tokens == "tokens" => {
            Ok(Resource::Tokens(version, receiver(rest)?))
        }
        (Root::Emsp, [sessions, rest @ ..]) if sessions == "sessions" => {
            Ok(Resource::Sessions(version, session(version, rest)?))
        }
        (Root::Emsp, [locations, rest @ ..]) if locations == "locations" => {
            Ok(Resource::Locations(version, location(rest)?))
        }
        _ => Err(Failure::UnknownRoute),
    }
}

/// The root of a path below `/ocpi`, and the rest of it.
fn below_root<'s, 'a>(segments: &'s [Cow<'a, str>]) -> (Root, &'s [Cow<'a, str>]) {
    match segments {
        [role, rest @ ..] if role == "cpo" => (Root::Cpo, rest),
        [role, rest @ ..] if role == "emsp" => (Root::Emsp, rest),
        _ => (Root::Combined, segments),
    }
}

/// The version that a path is in, whether or not anything is there: a refusal is written in it.
pub(crate) fn version_of(segments: &[Cow<'_, str>]) -> Option<OcpiVersion> {
    let (_, rest) = below_root(segments.get(1..)?);
    known_version(rest.first()?)
}

fn known_version(segment: &str) -> Option<OcpiVersion> {
    let mut known = OcpiVersion::ALL.into_iter();
    known.find(|version| version.as_str() == segment)
}

fn version(segment: &str) -> Result<OcpiVersion, Failure> {
    if let Some(version) = known_version(segment) {
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

/// Below an eMSP's `sessions`: the sessions of CPOs one by one, and the tutorial's list of them,
/// which speaks 2.3.0.
fn session<'a>(
    version: OcpiVersion,
    rest: &'a [Cow<'a, str>],
) -> Result<SessionResource<'a>, Failure> {
    match rest {
        [] if version == OcpiVersion::V2_3_0 => Ok(SessionResource::List),
        [country, party, id] => Ok(SessionResource::One(SessionPath {
            owner: (country, party),
            id,
        })),
        _ => Err(Failure::UnknownRoute),
    }
}

/// Below an eMSP's `locations`: the Locations of CPOs one by one, and what is in them.
fn location<'a>(rest: &'a [Cow<'a, str>]) -> Result<LocationPath<'a>, Failure> {
    let [country, party, id, part @ ..] = rest else {
        return Err(Failure::UnknownRoute);
    };
    let part = match part {
        [] => None,
        [evse] => Some((&**evse, None)),
        [evse, connector] => Some((&**evse, Some(&**connector))),
        _ => return Err(Failure::UnknownRoute),
    };
    Ok(LocationPath {
        owner: (country, party),
        id,
        part,
    })
}

#[cfg(test)]
mod tests;
