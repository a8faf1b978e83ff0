//! Paths and methods, and what they come to.

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
        let expected = VersionedRoute::Location(ObjectMethod::Patch, expected);
        assert_eq!(route, Route::In(version, expected));
    });
}

/// Holds: C-01, V-08, V-15.
#[test]
fn credentials_are_below_every_root_and_version_in_four_methods() {
    for (root, of_root) in [
        ("", Root::Combined),
        ("/cpo", Root::Cpo),
        ("/emsp", Root::Emsp),
    ] {
        for version in OcpiVersion::ALL {
            let path = format!("/ocpi{root}/{version}/credentials/");
            for (method, does) in [
                (Method::GET, CredentialsMethod::Get),
                (Method::POST, CredentialsMethod::Post),
                (Method::PUT, CredentialsMethod::Put),
                (Method::DELETE, CredentialsMethod::Delete),
            ] {
                let expected = VersionedRoute::Credentials(of_root, does);
                of(&method, &path, |route| {
                    assert_eq!(route.unwrap(), Route::In(version, expected), "{path}");
                });
            }
            of(&Method::PATCH, &path, |route| match route {
                Err(Failure::MethodNotAllowed { allow, .. }) => {
                    assert_eq!(allow, "GET, POST, PUT, DELETE");
                }
                other => panic!("{path}: {other:?}"),
            });
        }
    }
}

/// Holds: V-05, V-09, V-15.
#[test]
fn a_version_is_shown_below_every_root_and_one_that_nobody_knows_is_said_to_be_that() {
    for (path, expected) in [
        ("/ocpi/versions", Route::ListVersions(Root::Combined)),
        ("/ocpi/cpo/versions/", Route::ListVersions(Root::Cpo)),
        (
            "/ocpi/emsp/2.1.1",
            Route::ShowVersion(Root::Emsp, OcpiVersion::V2_1_1),
        ),
        (
            "/ocpi/cpo/2.2.1/details",
            Route::ShowVersion(Root::Cpo, OcpiVersion::V2_2_1),
        ),
    ] {
        of(&Method::GET, path, |route| {
            assert_eq!(route.unwrap(), expected);
        });
        of(&Method::POST, path, |route| {
            assert!(matches!(
                route,
                Err(Failure::MethodNotAllowed { allow: "GET", .. })
            ));
        });
    }
    for path in [
        "/ocpi/2.2",
        "/ocpi/emsp/2.0/tokens",
        "/ocpi/cpo/3.0.0/credentials",
    ] {
        of(&Method::GET, path, |route| {
            assert!(matches!(route, Err(Failure::UnknownVersion(_))), "{path}");
        });
    }
}

/// Holds: T-53, T-66.
#[test]
fn the_version_of_a_path_is_known_whether_or_not_anything_is_there() {
    for (path, version) in [
        ("/ocpi/2.1.1/x", Some(OcpiVersion::V2_1_1)),
        ("/ocpi/emsp/2.1.1/tokens/x", Some(OcpiVersion::V2_1_1)),
        ("/ocpi//cpo/2.2.1", Some(OcpiVersion::V2_2_1)),
        ("/ocpi/2.3.0", Some(OcpiVersion::V2_3_0)),
        ("/ocpi/2.2", None),
        ("/ocpi/emsp/versions", None),
        ("/ocpi", None),
        ("/", None),
    ] {
        assert_eq!(version_of(&segments(path)), version, "{path}");
    }
}

/// Holds: S-27, S-01.
#[test]
fn sessions_are_listed_in_2_3_0_only() {
    for version in OcpiVersion::ALL {
        let path = format!("/ocpi/emsp/{version}/sessions");
        of(&Method::GET, &path, |route| {
            assert_eq!(route.is_ok(), version == OcpiVersion::V2_3_0, "{version}");
        });
    }
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
