//! Whether a request comes from the operator.

use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::admin_token::AdminToken;
use crate::failure::Failure;

/// Lets the operator pass.
///
/// Spec: RFC 6750, section 2.1.
///
/// # Errors
///
/// [`Failure::NoAdminToken`] when nobody can be the operator, [`Failure::Unauthenticated`] for a
/// request without exactly one `Authorization: Bearer` that presents the token.
pub(crate) fn check(headers: &HeaderMap, token: Option<&AdminToken>) -> Result<(), Failure> {
    let token = token.ok_or(Failure::NoAdminToken)?;
    match presented(headers) {
        Some(presented) if token.is(presented) => Ok(()),
        _ => Err(Failure::Unauthenticated),
    }
}

/// What follows `Bearer`, when one header says it.
fn presented(headers: &HeaderMap) -> Option<&[u8]> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    let (scheme, presented) = value.as_bytes().split_at_checked(7)?;
    scheme
        .eq_ignore_ascii_case(b"Bearer ")
        .then(|| presented.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(values: &[&str], token: Option<&str>) -> Result<(), Failure> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, value.parse().unwrap());
        }
        let token = token.map(|text| AdminToken::new(text).unwrap());
        check(&headers, token.as_ref())
    }

    #[test]
    fn the_token_passes_by_one_bearer_header_in_whatever_case() {
        for value in ["Bearer secret", "bearer secret", "BEARER  secret"] {
            assert!(checked(&[value], Some("secret")).is_ok(), "{value}");
        }
    }

    #[test]
    fn whatever_else_is_presented_is_refused() {
        for values in [
            &[][..],
            &[""],
            &["secret"],
            &["Token secret"],
            &["Bearersecret"],
            &["Bearer"],
            &["Bearer "],
            &["Bearer Secret"],
            &["Bearer secret, Bearer secret"],
            &["Bearer secret", "Bearer secret"],
        ] {
            let refused = checked(values, Some("secret"));
            assert!(
                matches!(refused, Err(Failure::Unauthenticated)),
                "{values:?}"
            );
        }
    }

    #[test]
    fn without_a_token_nobody_is_the_operator() {
        for value in ["Bearer ", "Bearer secret"] {
            assert!(matches!(
                checked(&[value], None),
                Err(Failure::NoAdminToken)
            ));
        }
    }
}
