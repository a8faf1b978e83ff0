//! Requests that are too large, too slow, or too many.

use ocpi_domain::{Profile, Role};
use ocpi_http::Limits;
use tokio::time::Instant;

use crate::support::answer::{assert_refused, request};
use crate::support::http::{Connection, Request};
use crate::support::token::{card, copy};
use crate::support::world::{TOKEN, World, WorldBuilder, platform};

/// The card X as a body of this many bytes.
fn body(length: usize) -> String {
    let text = card("X").to_string();
    format!("{}{text}", " ".repeat(length - text.len()))
}

const MIB: usize = 1024 * 1024;

/// Holds: T-48, T-74.
#[tokio::test]
async fn a_body_of_1_mib_is_taken_and_one_byte_more_is_413() {
    let world = World::start().await;
    let response = world.send(&request("PUT", &copy("X"), &body(MIB))).await;
    assert_eq!(response.codes(), (201, 1000));
    let before = world.snapshot().await;
    for (length, factor) in [(MIB + 1, 1), (2 * MIB, 2), (10 * MIB, 10)] {
        // `send` reads only when everything is sent, as many clients do.
        let response = world.send(&request("PUT", &copy("X"), &body(length))).await;
        assert_refused(&response, (413, 2000), &format_args!("{factor} MiB"));
        assert_eq!(response.header("Connection"), Some("close"), "{factor} MiB");
    }
    assert_eq!(world.snapshot().await, before, "a refused body was stored");
}

/// Holds: T-48.
#[tokio::test]
async fn a_body_that_does_not_say_its_length_has_the_same_limit() {
    let limits = Limits {
        body_bytes_max: 1000,
        ..Limits::default()
    };
    let world = WorldBuilder::new().limits(limits).start().await;
    for (length, codes) in [
        (1000, (201, 1000)),
        (1001, (413, 2000)),
        (9000, (413, 2000)),
    ] {
        let head = Request::new("PUT", &copy("X")).token(TOKEN);
        let mut bytes = head.header("Transfer-Encoding", "chunked").bytes();
        for chunk in body(length).as_bytes().chunks(100) {
            bytes.extend(format!("{:x}\r\n", chunk.len()).bytes());
            bytes.extend(chunk);
            bytes.extend(b"\r\n");
        }
        bytes.extend(b"0\r\n\r\n");
        let mut connection = Connection::open(world.address).await;
        connection
            .send_bytes(&bytes)
            .await
            .expect("the server takes it");
        let response = connection.receive().await.expect("the server answers");
        assert_eq!(response.codes(), codes, "{length} bytes");
    }
}

/// Holds: T-48.
#[tokio::test]
async fn who_asks_for_leave_is_refused_before_a_byte_of_a_large_body_is_sent() {
    let world = World::start().await;
    let head = Request::new("PUT", &copy("X"))
        .token(TOKEN)
        .header("Expect", "100-continue");
    let head = head.header("Content-Length", "1048577");
    let mut connection = Connection::open(world.address).await;
    connection
        .send_bytes(&head.bytes())
        .await
        .expect("the server takes it");
    let response = connection.receive().await.expect("the server answers");
    assert_refused(&response, (413, 2000), &"1 MiB and a byte, announced");
}

/// Holds: T-48.
#[tokio::test]
async fn a_body_that_is_announced_far_too_large_is_refused_at_once() {
    let world = World::start().await;
    let head = Request::new("PUT", &copy("X")).token(TOKEN);
    let head = head.header("Content-Length", "1000000000000");
    let mut connection = Connection::open(world.address).await;
    connection
        .send_bytes(&head.bytes())
        .await
        .expect("the server takes it");
    let response = connection.receive().await.expect("the server answers");
    assert_refused(&response, (413, 2000), &"1 TB, announced");
    assert!(
        connection.receive().await.is_none(),
        "the connection is closed"
    );
}

/// Holds: T-48.
#[tokio::test]
async fn a_url_of_8_kib_is_taken_and_a_longer_one_is_414() {
    let world = World::start().await;
    let url = |length: usize| format!("/ocpi/versions?{}", "x".repeat(length - 15));
    assert_eq!(
        world.call("GET", &url(8192), None).await.codes(),
        (200, 1000)
    );
    for length in [8193, 9000, 60 * 1024] {
        let response = world.call("GET", &url(length), None).await;
        assert_refused(&response, (414, 2000), &format_args!("{length} bytes"));
        let segment = format!("{}?x", copy(&"x".repeat(length)));
        let response = world.call("GET", &segment, None).await;
        assert_refused(
            &response,
            (414, 2000),
            &format_args!("a segment of {length} bytes"),
        );
    }
    // What hyper refuses before there is a request needs no envelope.
    assert_eq!(world.call("GET", &url(70_000), None).await.status, 414);
}

/// Holds: T-48.
#[tokio::test]
async fn headers_of_16_kib_are_taken_and_larger_ones_are_431() {
    let world = World::start().await;
    let sent =
        |length: usize| request("GET", "/ocpi/versions", "").header("X", &"x".repeat(length));
    assert_eq!(world.send(&sent(16_000)).await.codes(), (200, 1000));
    for length in [16_384, 60_000] {
        let response = world.send(&sent(length)).await;
        assert_refused(&response, (431, 2000), &format_args!("{length} bytes"));
    }
    // What hyper refuses before there is a request needs no envelope.
    let many = (0..200).fold(sent(1), |request, index| {
        request.header(&format!("X-{index}"), "x")
    });
    assert_eq!(world.send(&many).await.status, 431);
}

/// Holds: T-48.
#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_in_time_is_408() {
    let world = World::start().await;
    let head = Request::new("PUT", &copy("X"))
        .token(TOKEN)
        .header("Content-Length", "100");
    for part in ["", "{\"country_code\":"] {
        let mut connection = Connection::open(world.address).await;
        let started = Instant::now();
        connection
            .send_bytes(&head.bytes())
            .await
            .expect("the server takes it");
        connection
            .send_bytes(part.as_bytes())
            .await
            .expect("the server takes it");
        let response = connection.receive().await.expect("the server answers");
        assert_refused(&response, (408, 2000), &part);
        let took = started.elapsed().as_secs();
        assert!((10..20).contains(&took), "{took} s");
        assert_eq!(response.header("Connection"), Some("close"));
        assert!(
            connection.receive().await.is_none(),
            "the connection is closed"
        );
    }
    assert!(world.snapshot().await.is_empty());
}

/// Holds: T-48.
#[tokio::test]
async fn a_platform_that_asks_too_often_is_429_until_time_has_passed() {
    let limits = Limits {
        requests_per_second_per_platform: 4,
        ..Limits::default()
    };
    let roles = [("DE", "TNM", Role::Cpo)];
    let other = platform("other", Profile::default(), &roles);
    let builder = WorldBuilder::new()
        .limits(limits)
        .platform(other, "other-token");
    let world = builder.start().await;
    let ask = request("GET", "/ocpi/versions", "");
    for _ in 0..4 {
        assert_eq!(world.send(&ask).await.codes(), (200, 1000));
    }
    for _ in 0..3 {
        let refused = world.send(&ask).await;
        assert_refused(&refused, (429, 2000), &"the fifth within a second");
        assert_eq!(refused.header("Retry-After"), Some("1"));
    }
    let other = Request::new("GET", "/ocpi/versions").token("other-token");
    assert_eq!(
        world.send(&other).await.codes(),
        (200, 1000),
        "each platform has its own"
    );
    world.clock.advance_ms(250);
    assert_eq!(
        world.send(&ask).await.codes(),
        (200, 1000),
        "one has become free"
    );
    assert_eq!(world.send(&ask).await.codes(), (429, 2000));
    world.clock.advance_ms(1000);
    for _ in 0..4 {
        assert_eq!(
            world.send(&ask).await.codes(),
            (200, 1000),
            "after Retry-After"
        );
    }
    assert_eq!(world.send(&ask).await.codes(), (429, 2000));
}

/// Holds: T-30, T-32, T-33, T-37. A client that keeps its connections must not find one broken
/// because a request was refused before its body was read.
#[tokio::test]
async fn a_body_that_nobody_asked_for_is_taken_and_the_connection_goes_on() {
    let world = World::start().await;
    let mut connection = Connection::open(world.address).await;
    let unknown = Request::new("PUT", &copy("X")).token("nobody");
    for (refused, codes) in [
        (unknown, (401, 2000)),
        (request("PUT", "/ocpi/nowhere", ""), (404, 2000)),
        (request("DELETE", &copy("X"), ""), (405, 2000)),
        (
            request("PUT", "/ocpi/cpo/2.3.0/tokens/XX/YYY/X", ""),
            (404, 2000),
        ),
    ] {
        for length in [1000, MIB, 10 * MIB] {
            // `send` reads only when everything is sent.
            let response = connection.send(&refused.clone().body(body(length))).await;
            assert_refused(&response, codes, &format_args!("{length} bytes"));
            assert_eq!(response.header("Connection"), None, "{length} bytes");
        }
    }
    let response = connection
        .send(&request("PUT", &copy("X"), &body(1000)))
        .await;
    assert_eq!(response.codes(), (201, 1000));
}
