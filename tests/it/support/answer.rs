//! What every answer must be, whatever it answers.

use std::fmt::Display;
use std::time::Duration;

use ocpi_domain::DateTime;
use serde_json::Value;

use super::http::{Request, Response};
use super::token::card;
use super::world::{TOKEN, World};

/// The longest that a test waits for what must come. Never reached when all is well.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Every route that is served, for the Token `TOKEN123`, the session `SESS001` and the Location
/// `LOC001`, each with a body that it takes. [`World::push_for_routes`] makes these.
pub(crate) static ROUTES: [(&str, &str, &str); 23] = [
    ("GET", "/ocpi/versions", ""),
    ("GET", "/ocpi/cpo/versions", ""),
    ("GET", "/ocpi/emsp/versions", ""),
    ("GET", "/ocpi/2.3.0", ""),
    ("GET", "/ocpi/2.3.0/details", ""),
    ("GET", "/ocpi/cpo/2.3.0", ""),
    ("GET", "/ocpi/emsp/2.3.0", ""),
    ("GET", "/ocpi/2.3.0/credentials", ""),
    ("GET", "/ocpi/emsp/2.3.0/tokens", ""),
    ("POST", "/ocpi/emsp/2.3.0/tokens/TOKEN123/authorize", "{}"),
    (
        "POST",
        "/ocpi/emsp/2.3.0/tokens/CH/ABC/TOKEN123/authorize",
        "{}",
    ),
    ("GET", "/ocpi/cpo/2.3.0/tokens/CH/ABC/TOKEN123", ""),
    (
        "PATCH",
        "/ocpi/cpo/2.3.0/tokens/CH/ABC/TOKEN123",
        r#"{"valid":true,"last_updated":"2026-01-01T00:00:00Z"}"#,
    ),
    (
        "PUT",
        "/ocpi/cpo/2.3.0/tokens/CH/ABC/TOKEN123",
        r#"{"country_code":"CH","party_id":"ABC","uid":"TOKEN123","type":"RFID",
            "contract_id":"C1","issuer":"Example","valid":true,"whitelist":"ALLOWED",
            "last_updated":"2026-01-01T00:00:00Z"}"#,
    ),
    ("GET", "/ocpi/emsp/2.3.0/sessions", ""),
    ("GET", SESSION, ""),
    (
        "PATCH",
        SESSION,
        r#"{"kwh":1,"last_updated":"2026-01-01T00:00:00Z"}"#,
    ),
    (
        "PUT",
        SESSION,
        r#"{"country_code":"CH","party_id":"ABC","id":"SESS001","status":"ACTIVE",
            "start_date_time":"2026-01-01T00:00:00Z","location_id":"LOC001","evse_uid":"EVSE001",
            "cdr_token":{"country_code":"CH","party_id":"ABC","uid":"TOKEN123","type":"RFID"},
            "last_updated":"2026-01-01T00:00:00Z"}"#,
    ),
    ("GET", LOCATION, ""),
    (
        "PATCH",
        LOCATION,
        r#"{"city":"Bern","last_updated":"2026-01-01T00:00:00Z"}"#,
    ),
    (
        "PUT",
        LOCATION,
        r#"{"country_code":"CH","party_id":"ABC","id":"LOC001",
            "evses":[{"uid":"EVSE001","last_updated":"2026-01-01T00:00:00Z"}],
            "last_updated":"2026-01-01T00:00:00Z"}"#,
    ),
    (
        "GET",
        "/ocpi/emsp/2.3.0/locations/CH/ABC/LOC001/EVSE001",
        "",
    ),
    (
        "PATCH",
        "/ocpi/emsp/2.3.0/locations/CH/ABC/LOC001/EVSE001",
        r#"{"status":"CHARGING","last_updated":"2026-01-01T00:00:00Z"}"#,
    ),
];

const SESSION: &str = "/ocpi/emsp/2.3.0/sessions/CH/ABC/SESS001";

const LOCATION: &str = "/ocpi/emsp/2.3.0/locations/CH/ABC/LOC001";

/// A request with [`TOKEN`]; an empty body is none.
pub(crate) fn request(method: &str, target: &str, body: &str) -> Request {
    let request = Request::new(method, target).token(TOKEN);
    if body.is_empty() {
        request
    } else {
        request.body(body)
    }
}

/// Asserts that the answer is an envelope, and gives it without what every envelope has: what is
/// left is `data`, or nothing.
pub(crate) fn opened(response: &Response, case: &impl Display) -> Option<Value> {
    let Value::Object(mut envelope) = response.json() else {
        panic!("{case}: no envelope: {}", response.json());
    };
    assert_eq!(
        response.header("Content-Type"),
        Some("application/json"),
        "{case}"
    );
    let timestamp = envelope.remove("timestamp");
    let timestamp = timestamp
        .as_ref()
        .and_then(Value::as_str)
        .unwrap_or_default();
    let moment: DateTime = timestamp
        .parse()
        .unwrap_or_else(|error| panic!("{case}: {error}"));
    assert_eq!(moment.to_string(), timestamp, "{case}");
    assert!(
        envelope
            .remove("status_code")
            .is_some_and(|code| code.is_u64()),
        "{case}"
    );
    let message = envelope.remove("status_message");
    assert!(message.is_none_or(|message| message.is_string()), "{case}");
    let [request_id, correlation_id] =
        ["X-Request-ID", "X-Correlation-ID"].map(|name| response.header(name));
    // 2.1.1 sends none of its own.
    assert_eq!(request_id.is_some(), correlation_id.is_some(), "{case}");
    for id in request_id.iter().chain(&correlation_id) {
        assert!(!id.is_empty(), "{case}");
    }
    let data = envelope.remove("data");
    assert!(
        envelope.is_empty(),
        "{case}: an envelope has no {envelope:?}"
    );
    data
}

/// Asserts that a request was refused with these codes by an envelope that says why and shows
/// nothing.
pub(crate) fn assert_refused(response: &Response, codes: (u16, u64), case: &impl Display) {
    assert_eq!(response.codes(), codes, "{case}: {}", response.message());
    assert_eq!(opened(response, case), None, "{case}");
    assert!(!response.message().is_empty(), "{case}: a refusal says why");
}

impl World {
    /// Pushes what the [`ROUTES`] are about.
    pub(crate) async fn push_for_routes(&self) {
        self.push(&card("TOKEN123")).await;
        for (method, target, body) in ROUTES {
            if method == "PUT" && target.contains("/emsp/") {
                let response = self.send(&request(method, target, body)).await;
                assert_eq!(response.codes(), (201, 1000), "{}", response.message());
            }
        }
    }

    /// Sends each request; each must be refused with these codes, and none may write.
    pub(crate) async fn assert_all_refused(
        &self,
        codes: (u16, u64),
        requests: &[(&str, &str, &str)],
    ) {
        let before = self.snapshot().await;
        for (method, target, body) in requests {
            let response = self.send(&request(method, target, body)).await;
            assert_refused(&response, codes, &format_args!("{method} {target} {body}"));
        }
        assert_eq!(self.snapshot().await, before, "a refused request wrote");
    }
}
