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

/// The place that an authorize request names.
const PLACE: &str = r#"{"location_id":"LOC001","evse_uids":["EVSE001"]}"#;

/// Asks whether a token may charge.
pub(crate) fn authorize(server: SocketAddr, path: AuthorizePath) -> Template {
    let path = match path {
        AuthorizePath::Standard => "/ocpi/emsp/2.3.0/tokens/{uid}/authorize",
        AuthorizePath::Long => "/ocpi/emsp/2.3.0/tokens/CH/ABC/{uid}/authorize",
    };
    http_request(server, "POST", path, PLACE)
}

/// Stores or replaces a token.
pub(crate) fn put(server: SocketAddr) -> Template {
    http_request(server, "PUT", "/ocpi/cpo/2.3.0/tokens/CH/ABC/{uid}", TOKEN)
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
    let length = Template::new(body).len();
    Template::new(&format!(
        "{method} {path} HTTP/1.1\r\n\
         Host: {server}\r\n\
         Authorization: Token your-token\r\n\
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
    fn the_request_says_how_long_its_body_is() {
        let server = SocketAddr::from(([127, 0, 0, 1], 8000));
        for template in [put(server), authorize(server, AuthorizePath::Standard)] {
            let mut request = Vec::new();
            template.fill(7, 1, &mut request);
            let text = String::from_utf8(request).unwrap();
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())));
            assert!(head.contains("04"));
        }
    }
}
