//! What an answer means, by its status and by what it says.

use ocpi_ports::{RemoteError, RemotePlatform};

use super::peer::{Peer, call, client, response};

/// What a PUT of a Token makes of an answer.
async fn put(status: u16, body: &str) -> Result<(), RemoteError> {
    let answer = response(status, body);
    let peer = Peer::answering(move |_, _| Some(answer.clone())).await;
    client()
        .put_token(&call(), &peer.url("/x"), &super::tokens::token())
        .await
}

fn refusal(error: &RemoteError) -> (u16, Option<u16>, Option<&str>) {
    match error {
        RemoteError::Refused {
            http,
            code,
            message,
            ..
        } => (*http, *code, message.as_deref()),
        RemoteError::Unauthorized { message, .. } => (401, None, message.as_deref()),
        other => panic!("{other}"),
    }
}

/// Holds: T-23, T-55, Q-16.
#[tokio::test]
async fn every_2xx_without_a_code_of_failure_is_a_success() {
    for (status, body) in [
        (200, r#"{"status_code":1000}"#),
        (201, r#"{"data":null,"status_code":1000}"#),
        (
            200,
            r#"{"data":[],"status_code":1000,"status_message":null}"#,
        ),
        (200, r#"{"data":{"uid":7},"status_code":1001}"#),
        (200, r#"{"status_code":"1000"}"#),
        (200, r#"{"status_code":1000.0}"#),
        (200, "\u{feff} {\"status_code\":1000}\n"),
        (200, "{}"),
        (200, "null"),
        (202, "[]"),
        (200, ""),
        (204, ""),
    ] {
        assert_eq!(put(status, body).await, Ok(()), "{status} {body}");
    }
}

/// Holds: T-54, T-55, Q-11.
#[tokio::test]
async fn the_http_status_decides_before_the_code_and_both_are_told() {
    for (status, body, expected) in [
        (200, r#"{"status_code":2000}"#, (200, Some(2000), None)),
        (
            200,
            r#"{"status_code":2001,"status_message":"no"}"#,
            (200, Some(2001), Some("no")),
        ),
        (
            201,
            r#"{"status_code":3999,"data":{}}"#,
            (201, Some(3999), None),
        ),
        (200, r#"{"status_code":"2001"}"#, (200, Some(2001), None)),
        (200, r#"{"status_code":2004.0}"#, (200, Some(2004), None)),
        (200, r#"{"status_code":"2001.00"}"#, (200, Some(2001), None)),
        (400, r#"{"status_code":2004.5}"#, (400, None, None)),
        (200, r#"{"status_code":99999}"#, (200, None, None)),
        (400, r#"{"status_code":2002}"#, (400, Some(2002), None)),
        (
            404,
            r#"{"status_code":2003,"data":[]}"#,
            (404, Some(2003), None),
        ),
        (424, r#"{"status_code":2010}"#, (424, Some(2010), None)),
        (400, r#"{"status_code":1000}"#, (400, Some(1000), None)),
        (
            500,
            r#"{"status_code":3000,"status_message":""}"#,
            (500, Some(3000), None),
        ),
        (
            401,
            r#"{"status_code":2002,"status_message":"who?"}"#,
            (401, None, Some("who?")),
        ),
        (401, "", (401, None, None)),
        (101, "", (101, None, None)),
    ] {
        let error = put(status, body).await.unwrap_err();
        assert_eq!(refusal(&error), expected, "{status} {body}");
    }
}

/// Holds: T-54, T-55, C-10.
#[tokio::test]
async fn a_server_that_failed_may_have_done_its_work_and_one_that_refused_has_not() {
    for (status, body, may_be_done) in [
        (500, "", true),
        (502, "<html>", true),
        (500, r#"{"status_code":3000}"#, true),
        (200, r#"{"status_code":3000}"#, true),
        (400, r#"{"status_code":3004}"#, true),
        (201, r#"{"status_code":3999}"#, true),
        (200, r#"{"status_code":3001}"#, false),
        (200, r#"{"status_code":3002}"#, false),
        (200, r#"{"status_code":3003}"#, false),
        (200, r#"{"status_code":2000}"#, false),
        (200, r#"{"status_code":4000}"#, false),
        (400, "", false),
        (404, r#"{"status_code":2003}"#, false),
        (401, r#"{"status_code":3000}"#, false),
    ] {
        let error = put(status, body).await.unwrap_err();
        assert_eq!(error.may_be_done(), may_be_done, "{error}");
    }
}

/// Holds: T-55, Q-12.
#[tokio::test]
async fn an_error_without_an_envelope_is_an_error_with_the_words_that_it_has() {
    let long = "é".repeat(300);
    let cut = format!("{}…", "é".repeat(200));
    for (status, body, message) in [
        (404, "", None),
        (404, " \n", None),
        (403, r#"{"detail":"Not\r\nyours"}"#, Some("Not yours")),
        (
            422,
            r#"{"detail":[{"loc":["body"],"msg":"field required"}]}"#,
            Some(r#"[{"loc":["body"],"msg":"field required"}]"#),
        ),
        (400, r#"{"message":"bad","error":"worse"}"#, Some("bad")),
        (500, r#"{"error":"worse"}"#, Some("worse")),
        (400, "Bad\tRequest\u{1b}[0m", Some("Bad Request [0m")),
        (
            502,
            "<html><body>Bad Gateway</body></html>",
            Some("(a page of HTML or XML)"),
        ),
        (500, &long, Some(&*cut)),
        (500, r#"["no"]"#, None),
        (
            500,
            "{\"status_message\":\"half",
            Some("{\"status_message\":\"half"),
        ),
        (
            500,
            r#"{"data":1,"data":2}"#,
            Some(r#"{"data":1,"data":2}"#),
        ),
    ] {
        let error = put(status, body).await.unwrap_err();
        assert_eq!(refusal(&error), (status, None, message), "{body}");
    }
}

/// Holds: T-55, Q-12.
#[tokio::test]
async fn a_2xx_that_is_nothing_of_ocpi_is_unreadable() {
    let deep = "[".repeat(100_000);
    for body in [
        "<!DOCTYPE html><p>Log in",
        "OK",
        "{",
        "{\"data\":",
        "\u{0}",
        &deep,
    ] {
        let error = put(200, body).await.unwrap_err();
        assert!(matches!(error, RemoteError::Unreadable { .. }), "{error}");
        assert!(error.to_string().len() < 400, "{error}");
        assert!(!error.to_string().contains(char::is_control), "{error:?}");
    }
}

/// Holds: T-48.
#[tokio::test]
async fn how_long_a_peer_wants_to_be_left_alone_is_told() {
    let date = "Date: Sun, 22 Nov 2026 12:00:00 GMT\r\n";
    for (status, headers, expected) in [
        (429, "Retry-After: 7\r\n", Some(7)),
        (503, "Retry-After: 86400\r\n", Some(3600)),
        (
            503,
            "Retry-After: Sun, 22 Nov 2026 12:01:30 GMT\r\n",
            Some(90),
        ),
        (429, "Retry-After: later\r\n", None),
        (429, "", None),
    ] {
        let head = format!("HTTP/1.1 {status} x\r\n{date}{headers}");
        let answer = response(status, "");
        let answer = answer.replacen(&format!("HTTP/1.1 {status} x\r\n"), &head, 1);
        let peer = Peer::answering(move |_, _| Some(answer.clone())).await;
        let put = client()
            .put_token(&call(), &peer.url("/x"), &super::tokens::token())
            .await;
        let RemoteError::Refused { retry_after, .. } = put.unwrap_err() else {
            panic!("{status} is a refusal");
        };
        let seconds = retry_after.map(|wait| wait.as_secs());
        assert_eq!(seconds, expected, "{headers}");
    }
}
