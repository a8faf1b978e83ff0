//! URLs of the other side.

use ocpi_domain::OcpiUrl;
use serde_json::json;

use crate::support::refusal;

fn url_of_length(length: usize) -> String {
    let base = "https://peer.example/";
    format!("{base}{}", "x".repeat(length - base.len()))
}

/// Holds: D-12, V-11.
#[test]
fn url_is_kept_letter_for_letter() {
    let longest = url_of_length(255);
    for text in [
        "https://peer.example",
        "https://peer.example/",
        "https://peer.example/ocpi/versions/",
        "http://peer.example/ocpi",
        "HTTPS://Peer.Example/Ocpi",
        "https://peer.example:8443/ocpi?tenant=a%20b&x=1",
        "https://peer.example?tenant=1",
        "https://127.0.0.1:80/",
        "https://[::1]/ocpi",
        "https://[2001:db8::7]:8443/ocpi",
        "https://peer.example/%2F/..//x",
        longest.as_str(),
    ] {
        let url: OcpiUrl = serde_json::from_value(json!(text)).unwrap();
        assert_eq!(url.as_str(), text);
        assert_eq!(url.to_string(), text);
        assert_eq!(json!(url), text);
        assert_eq!(text.parse::<OcpiUrl>(), Ok(url));
    }
}

/// Holds: D-12, C-22.
#[test]
fn what_is_no_absolute_http_url_is_refused() {
    let too_long = url_of_length(256);
    for text in [
        "",
        "peer.example/ocpi",
        "/ocpi/versions",
        "//peer.example/ocpi",
        "https:",
        "https:/peer.example",
        "https:peer.example",
        "https://",
        "https:///ocpi",
        "https://?x",
        "https://:443/ocpi",
        "ftp://peer.example/ocpi",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "httpsx://peer.example",
        " https://peer.example",
        "https://peer.example/a b",
        "https://peer.example/a\tb",
        "https://peer.example/a\nb",
        "https://peer.example/é",
        "https://peer.éxample/",
        too_long.as_str(),
    ] {
        let said = refusal::<OcpiUrl>(&json!(text).to_string());
        assert!(
            said.contains("absolute http or https URL"),
            "{text}: {said}"
        );
        assert!(text.parse::<OcpiUrl>().is_err(), "{text}");
    }
    for other in [
        json!(null),
        json!(7),
        json!(["https://peer.example"]),
        json!({}),
    ] {
        refusal::<OcpiUrl>(&other.to_string());
    }
}

/// What two programs read differently is a way around a rule about whom we call.
///
/// Holds: C-22, C-23.
#[test]
fn url_that_programs_read_differently_is_refused() {
    for text in [
        "https://user@peer.example/",
        "https://user:secret@peer.example/",
        "https://peer.example@127.0.0.1/",
        "https://peer.example:443@127.0.0.1/",
        "https://peer.example\\@127.0.0.1/",
        "https:\\\\peer.example\\ocpi",
        "https://peer.example/ocpi#versions",
        "https://peer.example#@127.0.0.1/",
        "https://peer.example:",
        "https://peer.example:/ocpi",
        "https://peer.example:65536/",
        "https://peer.example:-1/",
        "https://peer.example:+80/",
        "https://peer.example: 80/",
        "https://peer.example:80:90/",
        "https://::1/ocpi",
        "https://[::1/ocpi",
        "https://::1]/ocpi",
        "https://[::1]443/ocpi",
        "https://[]/ocpi",
        "https://x[::1]/ocpi",
        "https://[::1][::2]/",
        "https://[peer.example]/",
        "https://peer.example/<script>",
        "https://peer.example/\"x\"",
    ] {
        assert!(text.parse::<OcpiUrl>().is_err(), "{text}");
    }
}

/// Holds: D-12.
#[test]
fn url_prints_as_text_and_not_as_a_type() {
    let url: OcpiUrl = "https://peer.example/ocpi".parse().unwrap();
    assert_eq!(format!("{url:?}"), "\"https://peer.example/ocpi\"");
    assert_eq!(format!("{url:>27}"), "  https://peer.example/ocpi");
}
