//! The OCPI requests of the load, as a quickstart server takes them.

use std::net::SocketAddr;

use crate::options::{AuthorizePath, Format};
use crate::template::Template;

/// A Token as an eMSP sends it, with the optional fields that most RFID cards have. The
/// request's number in `visual_number` makes each PUT another object: an identical one would
/// change nothing.
const TOKEN: &str = concat!(
    r#"{"country_code":"CH","party_id":"ABC","uid":"{uid}","type":"RFID","#,
    r#""contract_id":"CH-ABC-C{number}","visual_number":"CH-ABC-{number}-{request}","#,
    r#""issuer":"ChargePoint Inc","group_id":"FLEET-{group}","valid":true,"#,
    r#""whitelist":"ALLOWED_OFFLINE","language":"en","last_updated":"2024-01-01T00:00:00Z"}"#,
);

/// The same token as a line of a CSV file, below its head.
const CSV_HEAD: &str = "country_code,party_id,uid,type,contract_id,visual_number,issuer,group_id,valid,\
    whitelist,language,last_updated\n";
const CSV_LINE: &str = "CH,ABC,{uid},RFID,CH-ABC-C{number},CH-ABC-{number}-{request},ChargePoint Inc,\
    FLEET-{group},true,ALLOWED_OFFLINE,en,2024-01-01T00:00:00Z\n";

/// The member of [`TOKEN`] that makes a group of it.
const GROUP: &str = r#""group_id":"FLEET-{group}","#;

/// The place that an authorize request names.
const PLACE: &str = r#"{"location_id":"LOC001","evse_uids":["EVSE001"]}"#;

/// A place that no other token is asked at.
const OWN_PLACE: &str = r#"{"location_id":"LOC001","evse_uids":["EVSE{number}"]}"#;

/// Asks whether a token may charge.
pub(crate) fn authorize(server: SocketAddr, path: AuthorizePath) -> Template {
    let path = match path {
        AuthorizePath::Standard => "/ocpi/emsp/2.3.0/tokens/{uid}/authorize",
        AuthorizePath::Long => "/ocpi/emsp/2.3.0/tokens/CH/ABC/{uid}/authorize",
    };
    http_request(server, "POST", path, PLACE)
}

/// Asks whether a token may charge at the EVSE that is its own.
pub(crate) fn authorize_at_own_evse(server: SocketAddr) -> Template {
    let path = "/ocpi/emsp/2.3.0/tokens/{uid}/authorize";
    http_request(server, "POST", path, OWN_PLACE)
}

/// Stores or replaces a token.
pub(crate) fn put(server: SocketAddr) -> Template {
    http_request(server, "PUT", "/ocpi/cpo/2.3.0/tokens/CH/ABC/{uid}", TOKEN)
}

/// Stores or replaces a token that is in no group.
pub(crate) fn put_without_group(server: SocketAddr) -> Template {
    let path = "/ocpi/cpo/2.3.0/tokens/CH/ABC/{uid}";
    http_request(server, "PUT", path, &TOKEN.replace(GROUP, ""))
}

/// Stores or replaces a token of that party with that whitelist, as the platform of that
/// credentials token.
pub(crate) fn put_of(
    server: SocketAddr,
    (country_code, party_id): (&str, &str),
    credentials: &str,
    whitelist: &str,
) -> Template {
    let path = format!("/ocpi/cpo/2.3.0/tokens/{country_code}/{party_id}/{{uid}}");
    let owner = format!(r#""country_code":"{country_code}","party_id":"{party_id}""#);
    let body = TOKEN
        .replace(GROUP, "")
        .replace(r#""country_code":"CH","party_id":"ABC""#, &owner)
        .replace("ALLOWED_OFFLINE", whitelist);
    http_request_as(server, "PUT", &path, &body, credentials)
}

/// Changes a token of the eMSP, which says when.
pub(crate) fn put_at(server: SocketAddr, moment: &str) -> Template {
    let body = TOKEN.replace("2024-01-01T00:00:00Z", moment);
    http_request(server, "PUT", "/ocpi/cpo/2.3.0/tokens/CH/ABC/{uid}", &body)
}

/// Reads the copy of a token that a CPO has.
pub(crate) fn get_copy(server: SocketAddr) -> Template {
    http_request(server, "GET", "/ocpi/cpo/2.3.0/tokens/CH/ABC/{uid}", "")
}

/// Where a charge point asks.
pub(crate) const TAP: &str = "/admin/v1/charge-point/authorize";

/// Asks whether a token may charge at a charge point of NL/ALF.
pub(crate) fn tap(admin: SocketAddr) -> Template {
    of_operator(
        admin,
        "POST",
        TAP,
        concat!(
            r#"{"cpo":{"country_code":"NL","party_id":"ALF"},"uid":"{uid}","type":"RFID","#,
            r#""location_id":"LOC001","evse_uid":"EVSE001"}"#,
        ),
    )
}

/// Changes a token of the eMSP, as its operator: its content is another in each request.
pub(crate) fn change(admin: SocketAddr) -> Template {
    of_operator(
        admin,
        "PUT",
        "/admin/v1/tokens/CH/ABC/{uid}",
        concat!(
            r#"{"contract_id":"CH-ABC-C{number}","visual_number":"{request}","#,
            r#""issuer":"Example","valid":true,"whitelist":"ALLOWED"}"#,
        ),
    )
}

fn of_operator(admin: SocketAddr, method: &str, path: &str, body: &str) -> Template {
    let length = Template::new(body).len();
    Template::new(&format!(
        "{method} {path} HTTP/1.1\r\n\
         Host: {admin}\r\n\
         Authorization: Bearer admin\r\n\
         Content-Length: {length}\r\n\
         Content-Type: application/json\r\n\
         \r\n\
         {body}"
    ))
}

/// Gives a token an account, as the operator.
pub(crate) fn put_account(admin: SocketAddr, account: &str) -> Template {
    let length = account.len();
    Template::new(&format!(
        "PUT /admin/v1/accounts/CH/ABC/{{uid}}?type=RFID HTTP/1.1\r\n\
         Host: {admin}\r\n\
         Authorization: Bearer admin\r\n\
         Content-Length: {length}\r\n\
         Content-Type: application/json\r\n\
         \r\n\
         {account}"
    ))
}

/// What stands before the tokens in a file of this format, and a token in it.
pub(crate) fn lines(format: Format) -> (&'static str, Template) {
    match format {
        Format::Jsonl => ("", Template::new(&format!("{TOKEN}\n"))),
        Format::Csv => (CSV_HEAD, Template::new(CSV_LINE)),
    }
}

/// One request with the headers that OCPI requires; its ids are unique.
fn http_request(server: SocketAddr, method: &str, path: &str, body: &str) -> Template {
    http_request_as(server, method, path, body, "your-token")
}

/// The same, of the platform with these credentials.
fn http_request_as(
    server: SocketAddr,
    method: &str,
    path: &str,
    body: &str,
    credentials: &str,
) -> Template {
    let length = Template::new(body).len();
    Template::new(&format!(
        "{method} {path} HTTP/1.1\r\n\
         Host: {server}\r\n\
         Authorization: Token {credentials}\r\n\
         Content-Type: application/json\r\n\
         Content-Length: {length}\r\n\
         X-Request-ID: 5f2b1c3e-8d4a-4c6f-9e01-000{{request}}\r\n\
         X-Correlation-ID: 0c9d7a52-31be-4f88-a6d7-000{{request}}\r\n\
         \r\n\
         {body}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_token_is_a_token_of_the_domain() {
        let mut body = Vec::new();
        Template::new(TOKEN).fill(7, 1, &mut body);
        let token: ocpi_domain::Token = serde_json::from_slice(&body).unwrap();
        assert_eq!(token.party.to_string(), "CH/ABC");
        assert!(token.unknown.is_empty());
        assert_eq!(serde_json::to_vec(&token).unwrap(), body);
    }

    #[test]
    fn the_token_without_a_group_is_the_same_but_for_that() {
        let mut body = Vec::new();
        let server = SocketAddr::from(([127, 0, 0, 1], 8000));
        put_without_group(server).fill(7, 1, &mut body);
        let text = String::from_utf8(body).unwrap();
        let (_, body) = text.split_once("\r\n\r\n").unwrap();
        let token: ocpi_domain::Token = serde_json::from_str(body).unwrap();
        assert_eq!(token.group_id, None);
        assert!(token.unknown.is_empty());
    }

    #[test]
    fn each_token_has_an_evse_of_its_own() {
        let server = SocketAddr::from(([127, 0, 0, 1], 8000));
        let place_of = |token| {
            let mut request = Vec::new();
            authorize_at_own_evse(server).fill(token, 1, &mut request);
            let text = String::from_utf8(request).unwrap();
            let (_, body) = text.split_once("\r\n\r\n").unwrap();
            let place: ocpi_domain::LocationReferences = serde_json::from_str(body).unwrap();
            place
        };
        assert_eq!(place_of(7), place_of(7));
        assert_ne!(place_of(7), place_of(8));
    }

    #[test]
    fn the_request_says_how_long_its_body_is() {
        let server = SocketAddr::from(([127, 0, 0, 1], 8000));
        for template in [
            put(server),
            put_without_group(server),
            put_account(server, r#"{"blocked":false}"#),
            put_of(server, ("DE", "EMS"), "emsp-token", "ALWAYS"),
            put_at(server, "2026-01-01T00:00:00Z"),
            tap(server),
            change(server),
            authorize(server, AuthorizePath::Standard),
            authorize_at_own_evse(server),
        ] {
            let mut request = Vec::new();
            template.fill(7, 1, &mut request);
            let text = String::from_utf8(request).unwrap();
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())));
            assert!(text.contains("04"), "the uid is in its place");
        }
    }
}
