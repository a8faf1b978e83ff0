//! From a method and a path to an endpoint.

use http::Method;

use crate::endpoint::Endpoint;
use crate::failure::Failure;
use crate::path::{Places, matched};

/// The endpoint out of `table` for this method and path, and the values of the path. HEAD is
/// answered as GET is.
///
/// # Errors
///
/// [`Failure::UnknownUrl`]; [`Failure::MethodNotAllowed`] when only other methods have that path.
pub(crate) fn route<'p>(
    table: impl Iterator<Item = &'static Endpoint>,
    method: &Method,
    path: &'p str,
) -> Result<(&'static Endpoint, Places<'p>), Failure> {
    let mut allow: Vec<&str> = Vec::new();
    for endpoint in table {
        let Some(places) = matched(endpoint.path, path) else {
            continue;
        };
        if endpoint.method == method || endpoint.method == Method::GET && method == Method::HEAD {
            return Ok((endpoint, places));
        }
        allow.push(endpoint.method.as_str());
        if endpoint.method == Method::GET {
            allow.push("HEAD");
        }
    }
    Err(if allow.is_empty() {
        Failure::UnknownUrl
    } else {
        Failure::MethodNotAllowed {
            allow: allow.join(", "),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoints;

    fn routed(method: &Method, path: &str) -> Result<&'static str, Failure> {
        route(endpoints::all(), method, path).map(|(endpoint, _)| endpoint.id)
    }

    #[test]
    fn a_path_that_is_no_value_comes_before_one_that_is() {
        for (path, id) in [
            ("/admin/v1/tokens/export", "exportTokens"),
            ("/admin/v1/tokens/CH/ABC/export", "getToken"),
            ("/admin/v1/tokens", "listTokens"),
            ("/admin/v1/platforms/export", "getPlatform"),
        ] {
            for method in [Method::GET, Method::HEAD] {
                assert_eq!(routed(&method, path).unwrap(), id, "{path}");
            }
        }
    }

    #[test]
    fn a_method_that_a_path_does_not_have_is_told_those_that_it_has() {
        for (method, path, expected) in [
            (Method::POST, "/health/live", "GET, HEAD"),
            (
                Method::POST,
                "/admin/v1/accounts/CH/ABC/X",
                "GET, HEAD, PUT, PATCH, DELETE",
            ),
            (Method::GET, "/admin/v1/explain", "POST"),
            (Method::HEAD, "/admin/v1/tokens/import", "POST"),
            (Method::OPTIONS, "/admin/v1/tokens", "GET, HEAD"),
        ] {
            match routed(&method, path) {
                Err(Failure::MethodNotAllowed { allow }) => assert_eq!(allow, expected, "{path}"),
                other => panic!("{path}: {other:?}"),
            }
        }
    }

    #[test]
    fn an_unknown_path_is_unknown_by_every_method() {
        for path in [
            "/",
            "/metrics/",
            "/admin/v1",
            "/admin/v1/sessions/NL",
            "/admin/v2/tokens",
        ] {
            let refused = routed(&Method::PUT, path);
            assert!(matches!(refused, Err(Failure::UnknownUrl)), "{path}");
        }
    }
}
