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

/// What a request does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route<'a> {
    ListVersions(Root),
    ShowVersion(Root, OcpiVersion),
    ShowCredentials,
    Tokens(OcpiVersion, TokenRoute<'a>),
    ListSessions(OcpiVersion),
    Session(OcpiVersion, ObjectMethod, SessionPath<'a>),
    Location(OcpiVersion, ObjectMethod, LocationPath<'a>),
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
        (Resource::Sessions(version, SessionResource::List), &Method::GET) => {
            Ok(Route::ListSessions(version))
        }
        (Resource::Sessions(_, SessionResource::List), _) => Err(refused("GET")),
        (Resource::Sessions(version, SessionResource::One(path)), _) => {
            let does = object_method(method).map_err(refused)?;
            Ok(Route::Session(version, does, path))
        }
        (Resource::Locations(version, path), _) => {
            let does = object_method(method).map_err(refused)?;
            Ok(Route::Location(version, does, path))
        }
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
        (Root::Emsp, [sessions, rest @ ..]) if sessions == "sessions" => {
            Ok(Resource::Sessions(version, session(rest)?))
        }
        (Root::Emsp, [locations, rest @ ..]) if locations == "locations" => {
            Ok(Resource::Locations(version, location(rest)?))
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

/// Below an eMSP's `sessions`: the list, and the sessions of CPOs one by one.
fn session<'a>(rest: &'a [Cow<'a, str>]) -> Result<SessionResource<'a>, Failure> {
    match rest {
        [] => Ok(SessionResource::List),
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
mod tests {
    use super::*;
    use crate::path::segments;

    /// What a request does, and the methods that are offered when it may not.
    fn of(method: &Method, path: &str, check: impl FnOnce(Result<Route<'_>, Failure>)) {
        let segments = segments(path);
        check(resource(&segments).and_then(|resource| route(method, resource)));
    }

    /// Holds: S-01, S-27, L-01, T-33, T-93.
    #[test]
    fn sessions_and_locations_are_got_put_and_patched_at_the_emsp() {
        let sessions = "/ocpi/emsp/2.3.0/sessions";
        let locations = "/ocpi/emsp/2.3.0/locations/NL/ALF/LOC%2F1";
        for (path, allow) in [
            (sessions.to_owned(), "GET"),
            (format!("{sessions}/"), "GET"),
            (format!("{sessions}/NL/ALF/S1"), "GET, PUT, PATCH"),
            (format!("{sessions}/NL/ALF/S1/"), "GET, PUT, PATCH"),
            (locations.to_owned(), "GET, PUT, PATCH"),
            (format!("{locations}/E1"), "GET, PUT, PATCH"),
            (format!("{locations}/E1/1/"), "GET, PUT, PATCH"),
        ] {
            for method in [
                Method::GET,
                Method::PUT,
                Method::PATCH,
                Method::POST,
                Method::DELETE,
            ] {
                let offered = allow.split(", ").any(|name| name == method.as_str());
                of(&method, &path, |route| match route {
                    Ok(_) => assert!(offered, "{method} {path}"),
                    Err(Failure::MethodNotAllowed { allow: said, .. }) => {
                        assert!(!offered, "{method} {path}");
                        assert_eq!(said, allow, "{path}");
                    }
                    Err(failure) => panic!("{method} {path}: {failure}"),
                });
            }
        }
        let expected = LocationPath {
            owner: ("NL", "ALF"),
            id: "LOC/1",
            part: Some(("E1", Some("1"))),
        };
        of(&Method::PATCH, &format!("{locations}/E1/1"), |route| {
            let route = route.unwrap();
            let version = OcpiVersion::V2_3_0;
            assert_eq!(
                route,
                Route::Location(version, ObjectMethod::Patch, expected)
            );
        });
    }

    /// Holds: S-01, L-01, T-32.
    #[test]
    fn what_is_no_session_and_no_location_is_no_route() {
        for path in [
            "/ocpi/emsp/2.3.0/sessions/x",
            "/ocpi/emsp/2.3.0/sessions/NL/ALF",
            "/ocpi/emsp/2.3.0/sessions/NL/ALF/S1/x",
            "/ocpi/emsp/2.3.0/locations",
            "/ocpi/emsp/2.3.0/locations/NL/ALF",
            "/ocpi/emsp/2.3.0/locations/NL/ALF/LOC1/E1/1/x",
            "/ocpi/cpo/2.3.0/sessions",
            "/ocpi/cpo/2.3.0/locations/NL/ALF/LOC1",
            "/ocpi/2.3.0/sessions",
        ] {
            of(&Method::GET, path, |route| {
                assert!(matches!(route, Err(Failure::UnknownRoute)), "{path}");
            });
        }
    }
}
