//! Message ids: `X-Request-ID` and `X-Correlation-ID`.

use std::collections::HashSet;

use ocpi_domain::MessageId;
use ocpi_ports::AuthorizationRepository;

use crate::support::answer::{ROUTES, request};
use crate::support::http::{Request, Response};
use crate::support::token::{card, question};
use crate::support::world::World;

fn ids(response: &Response) -> [String; 2] {
    ["X-Request-ID", "X-Correlation-ID"].map(|name| {
        response
            .header(name)
            .expect("every answer has its ids")
            .to_owned()
    })
}

/// Holds: T-80.
#[tokio::test]
async fn the_ids_of_a_request_come_back_on_success_and_on_every_error() {
    let world = World::start().await;
    world.push_for_routes().await;
    let copy = "/ocpi/cpo/2.3.0/tokens/CH/ABC/TOKEN123";
    let long = format!("/ocpi/versions?{}", "x".repeat(9000));
    let mut requests: Vec<(Request, u16)> = ROUTES
        .iter()
        .map(|(method, target, body)| (request(method, target, body), 200))
        .collect();
    requests.extend([
        (Request::new("GET", "/ocpi/versions"), 401),
        (Request::new("GET", "/"), 404),
        (request("GET", "/ocpi/unknown", ""), 404),
        (request("GET", "/ocpi/9.9.9", ""), 404),
        (request("GET", &format!("{copy}4"), ""), 404),
        (
            request("GET", "/ocpi/cpo/2.3.0/tokens/DE/TNM/TOKEN123", ""),
            404,
        ),
        (request("DELETE", copy, ""), 405),
        (request("PUT", copy, "{"), 400),
        (request("PUT", copy, "{}"), 200),
        (request("GET", &long, ""), 414),
        (
            request("GET", copy, "").header("X-Padding", &"x".repeat(17_000)),
            431,
        ),
    ]);
    for (index, (request, status)) in requests.into_iter().enumerate() {
        let sent = [format!("request-{index}"), format!("correlation-{index}")];
        let request = request
            .header("X-Request-ID", &sent[0])
            .header("X-Correlation-ID", &sent[1]);
        let response = world.send(&request).await;
        assert_eq!(response.status, status, "{request:?}");
        assert_eq!(ids(&response), sent, "{request:?}");
    }
}

/// Holds: T-80, T-81.
#[tokio::test]
async fn every_route_makes_ids_when_there_are_none() {
    let world = World::start().await;
    world.push_for_routes().await;
    for (method, target, body) in ROUTES {
        for version in ["2.2.1", "2.3.0"] {
            let target = target.replace("2.3.0", version);
            let request = request(method, &target, body);
            let stranger = Request::new(method, &target);
            for request in [request, stranger] {
                let made = ids(&world.send(&request).await);
                assert!(made.iter().all(|id| id.len() == 36), "{target}: {made:?}");
            }
        }
    }
}

/// Holds: T-81, T-83.
#[tokio::test]
async fn ids_that_are_missing_or_unfit_are_replaced_by_new_ones() {
    let world = World::start().await;
    let longest = "x".repeat(128);
    let sent = |header: &str| {
        request("GET", "/ocpi/versions", "")
            .header("X-Request-ID", header)
            .header("x-correlation-id", header)
    };
    for fit in [
        "a",
        "!",
        "~",
        "7c9e6679-7425-40de-944b-e07fc1f90ae7",
        &longest,
    ] {
        assert_eq!(ids(&world.send(&sent(fit)).await), [fit, fit]);
    }
    let mut made = HashSet::new();
    let too_long = "x".repeat(129);
    for unfit in ["", "two words", "a\tb", "caf\u{e9}", &too_long] {
        made.extend(ids(&world.send(&sent(unfit)).await));
    }
    let missing = world.send(&request("GET", "/ocpi/versions", "")).await;
    made.extend(ids(&missing));
    assert_eq!(made.len(), 12, "each id is new: {made:?}");
    for id in &made {
        let groups: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(groups, [8, 4, 4, 4, 12], "a UUID: {id}");
        assert!(
            id.chars().all(|c| c == '-' || c.is_ascii_hexdigit()),
            "a UUID: {id}"
        );
    }
}

/// Holds: T-81, E-33.
#[tokio::test]
async fn the_ids_of_an_authorization_stand_in_its_record() {
    let world = World::start().await;
    world.push(&card("TOKEN123")).await;
    let asked = request("POST", &question("TOKEN123"), "");
    let named = asked
        .clone()
        .header("X-Request-ID", "rq")
        .header("X-Correlation-ID", "co");
    for request in [named, asked] {
        let response = world.send(&request).await;
        let reference = response.data()["authorization_reference"]
            .as_str()
            .map(str::parse);
        let reference = reference.expect("a reference").expect("a legal reference");
        let record = world
            .store
            .find_record(&reference)
            .await
            .expect("the store answers");
        let record = record.expect("there is a record");
        let kept = [&record.request_id, &record.correlation_id].map(MessageId::as_str);
        assert_eq!(kept.map(str::to_owned), ids(&response));
    }
}
