//! The one place that names status codes.
//!
//! Spec: 2.3.0 `status_codes` and `transport_and_format`.

use http::StatusCode;

use crate::failure::Failure;

/// A status code of OCPI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OcpiCode(pub(crate) u16);

impl OcpiCode {
    pub(crate) const SUCCESS: OcpiCode = OcpiCode(1000);
    const CLIENT_ERROR: OcpiCode = OcpiCode(2000);
    const INVALID_PARAMETERS: OcpiCode = OcpiCode(2001);
    const NOT_ENOUGH_INFORMATION: OcpiCode = OcpiCode(2002);
    const UNKNOWN_LOCATION: OcpiCode = OcpiCode(2003);
    const UNKNOWN_TOKEN: OcpiCode = OcpiCode(2004);
    const SERVER_ERROR: OcpiCode = OcpiCode(3000);
    const UNSUPPORTED_VERSION: OcpiCode = OcpiCode(3002);
}

/// What a success is answered with: created, or anything else.
pub(crate) fn of_success(created: bool) -> StatusCode {
    if created {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    }
}

/// The pair of codes that a failure is answered with.
#[deny(clippy::wildcard_enum_match_arm)]
pub(crate) fn of_failure(failure: &Failure) -> (StatusCode, OcpiCode) {
    match failure {
        Failure::Unauthenticated => (StatusCode::UNAUTHORIZED, OcpiCode::CLIENT_ERROR),
        Failure::MalformedBody(_) | Failure::EmptyBody | Failure::BodyBroken => {
            (StatusCode::BAD_REQUEST, OcpiCode::CLIENT_ERROR)
        }
        Failure::Invalid(_) | Failure::Stale => (StatusCode::OK, OcpiCode::INVALID_PARAMETERS),
        // OCPI has no code of its own for a session that is not known.
        Failure::UnknownRoute | Failure::PartyNotHeld | Failure::UnknownSession => {
            (StatusCode::NOT_FOUND, OcpiCode::CLIENT_ERROR)
        }
        Failure::UnknownVersion(_) => (StatusCode::NOT_FOUND, OcpiCode::UNSUPPORTED_VERSION),
        Failure::MethodNotAllowed { .. } => {
            (StatusCode::METHOD_NOT_ALLOWED, OcpiCode::CLIENT_ERROR)
        }
        Failure::UnknownToken => (StatusCode::NOT_FOUND, OcpiCode::UNKNOWN_TOKEN),
        Failure::UnknownLocation => (StatusCode::NOT_FOUND, OcpiCode::UNKNOWN_LOCATION),
        Failure::LocationNeeded(_) => (StatusCode::OK, OcpiCode::NOT_ENOUGH_INFORMATION),
        Failure::BodyTooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, OcpiCode::CLIENT_ERROR),
        Failure::UrlTooLong { .. } => (StatusCode::URI_TOO_LONG, OcpiCode::CLIENT_ERROR),
        Failure::HeadersTooLarge { .. } => (
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            OcpiCode::CLIENT_ERROR,
        ),
        Failure::TooSlow { .. } => (StatusCode::REQUEST_TIMEOUT, OcpiCode::CLIENT_ERROR),
        Failure::RateLimited { .. } => (StatusCode::TOO_MANY_REQUESTS, OcpiCode::CLIENT_ERROR),
        Failure::Storage(_) | Failure::TimedOut => (StatusCode::OK, OcpiCode::SERVER_ERROR),
        Failure::AuthenticationDown(_) => (StatusCode::SERVICE_UNAVAILABLE, OcpiCode::SERVER_ERROR),
        Failure::Panicked => (StatusCode::INTERNAL_SERVER_ERROR, OcpiCode::SERVER_ERROR),
    }
}
