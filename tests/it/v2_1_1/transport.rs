//! What every exchange of 2.1.1 has and has not: section T of `docs/protocol.md`.

use serde_json::json;

use super::{copy, older_card, question, send, taken};
use crate::support::answer::{assert_refused, opened};
use crate::support::http::Request;
use crate::support::world::{TOKEN, World, WorldBuilder};

/// Requests of every kind, those that succeed and those that do not.
fn requests() -> Vec<(&'static str, String, &'static str)> {
    let emsp = "/ocpi/emsp/2.1.1";
    vec![
        ("GET", "/ocpi/cpo/versions".into(), ""),
        ("GET", "/ocpi/cpo/2.1.1".into(), ""),
        ("GET", "/ocpi/cpo/2.1.1/credentials".into(), ""),
        ("GET", copy("X"), ""),
        ("GET", copy("UNKNOWN"), ""),
        ("PATCH", copy("UNKNOWN"), r#"{"valid":false}"#),
        ("PUT", copy("X"), "{"),
        ("PUT", copy("X"), "[]"),
        ("PUT", copy("X"), "{}"),
        ("DELETE", copy("X"), ""),
        ("GET", copy("X").replace("CH/ABC", "DE/TNM"), ""),
        ("GET", "/ocpi/cpo/2.1.1/tokens".into(), ""),
        ("GET", format!("{emsp}/tokens"), ""),
        ("GET", format!("{emsp}/tokens?limit=x"), ""),
        ("POST", question("X"), "{}"),
        ("POST", question("UNKNOWN"), "{}"),
        ("POST", question("X"), r#"{"evse_uids":["E1"]}"#),
        ("GET", format!("{emsp}/sessions/CH/ABC/UNKNOWN"), ""),
        (
            "PATCH",
            format!("{emsp}/sessions/CH/ABC/UNKNOWN"),
            r#"{"kwh":1}"#,
        ),
        ("GET", format!("{emsp}/locations/CH/ABC/UNKNOWN"), ""),
        (
            "PUT",
            format!("{emsp}/locations/CH/ABC/UNKNOWN/E1"),
            r#"{"uid":"E1"}"#,
        ),
        ("POST", "/ocpi/cpo/2.1.1/credentials".into(), "{}"),
        ("GET", format!("{emsp}/cdrs"), ""),
    ]
}

async fn world() -> World {
    let world = World::start().await;
    taken(&world, "PUT", &copy("X"), &older_card("X"), 201).await;
    world
}

/// Holds: T-53, M-18, T-54.
#[tokio::test]
async fn no_code_is_sent_that_2_1_1_does_not_define() {
    let world = world().await;
    for (method, target, body) in requests() {
        let request = Request::new(method, &target).token(TOKEN).body(body);
        let response = world.send(&request).await;
        let (_, code) = response.codes();
        let is_defined = matches!(code, 1000 | 2000..=2003 | 3000..=3003);
        assert!(is_defined, "{method} {target} {body}: {code}");
        opened(&response, &target);
    }
}

/// Holds: T-86, T-88, T-90.
#[tokio::test]
async fn routing_headers_are_neither_read_nor_sent() {
    let mut builder = WorldBuilder::new();
    builder.platforms.clear();
    let strict = ocpi_domain::Profile {
        strict_from: true,
        ..ocpi_domain::Profile::default()
    };
    let roles = [ocpi_domain::Role::Cpo, ocpi_domain::Role::Emsp].map(|it| ("CH", "ABC", it));
    let peer = crate::support::world::platform("strict", strict, &roles);
    let world = builder.platform(peer, TOKEN).start().await;
    taken(&world, "PUT", &copy("X"), &older_card("X"), 201).await;
    for (method, target, body) in requests() {
        let plain = Request::new(method, &target).token(TOKEN).body(body);
        let routed = plain
            .clone()
            .party("to", "XX", "ZZZ")
            .party("from", "YY", "YYY");
        let (plain, routed) = (world.send(&plain).await, world.send(&routed).await);
        assert_eq!(plain.codes(), routed.codes(), "{method} {target}");
        for response in [plain, routed] {
            let names = response
                .headers()
                .iter()
                .map(|(name, _)| name.to_lowercase());
            let routing: Vec<String> = names.filter(|name| name.starts_with("ocpi-")).collect();
            assert!(routing.is_empty(), "{method} {target}: {routing:?}");
        }
    }
}

/// Holds: T-81, T-80.
#[tokio::test]
async fn ids_come_back_when_there_are_some_and_only_then() {
    let world = world().await;
    for (method, target, body) in requests() {
        let request = Request::new(method, &target).token(TOKEN).body(body);
        let named = request
            .clone()
            .header("X-Request-ID", "request-7")
            .header("X-Correlation-ID", "correlation-7");
        let response = world.send(&named).await;
        assert_eq!(
            response.header("X-Request-ID"),
            Some("request-7"),
            "{target}"
        );
        let correlation = response.header("X-Correlation-ID");
        assert_eq!(correlation, Some("correlation-7"), "{target}");
        let without = world.send(&request).await;
        let is_of_2_1_1 = target.contains("2.1.1");
        let id = without.header("X-Request-ID");
        assert_eq!(id.is_none(), is_of_2_1_1, "{target}: {id:?}");
    }
}

/// Holds: T-66, M-19.
#[tokio::test]
async fn no_moment_that_is_sent_has_a_fraction() {
    let world = World::start().await;
    world.clock.advance_ms(250);
    let fraction = json!({"last_updated": "2026-01-01T00:00:00.123Z"});
    let body = crate::support::token::with(older_card("X"), &fraction);
    taken(&world, "PUT", &copy("X"), &body, 201).await;
    for target in [
        copy("X"),
        "/ocpi/emsp/2.1.1/tokens".to_owned(),
        question("UNKNOWN"),
    ] {
        let request = Request::new("GET", &target).token(TOKEN);
        let text = String::from_utf8(world.send(&request).await.body).expect("text");
        for moment in text
            .split('"')
            .filter(|part| part.starts_with("2026-01-01T"))
        {
            assert_eq!(
                moment.len(),
                "2026-01-01T00:00:00Z".len(),
                "{target}: {moment}"
            );
        }
    }
}

/// Holds: T-04, T-06, Q-01.
#[tokio::test]
async fn a_token_is_understood_as_it_is_first_and_then_decoded() {
    use crate::support::world::platform;

    let nobody = ocpi_domain::Profile::default();
    let world = WorldBuilder::new()
        .platform(platform("raw", nobody, &[]), "YWJj")
        .platform(platform("decoded", nobody, &[]), "abc")
        .start()
        .await;
    for (target, token) in [
        ("/ocpi/cpo/2.1.1/credentials", "YWJj"),
        ("/ocpi/cpo/2.2.1/credentials", "abc"),
        ("/ocpi/cpo/2.3.0/credentials", "abc"),
    ] {
        let response = world.send(&Request::new("GET", target).token("YWJj")).await;
        assert_eq!(response.data()["token"], token, "{target}");
    }
    // Encoded, it is understood in 2.1.1 too.
    let request = Request::new("GET", "/ocpi/cpo/2.1.1/credentials").token("eW91ci10b2tlbg==");
    assert_eq!(world.send(&request).await.data()["token"], TOKEN);
}

/// Holds: M-17, T-71.
#[tokio::test]
async fn text_beyond_ascii_is_kept_and_sent_unchanged() {
    let world = World::start().await;
    let body = crate::support::token::with(card_of_zurich(), &json!({"issuer": "Züri Mobil"}));
    let newest = copy("Z").replace("2.1.1", "2.3.0");
    let put = send(&world, "PUT", &newest, &body).await;
    assert_eq!(put.codes(), (201, 1000), "{}", put.message());
    assert_eq!(world.shown(&copy("Z")).await["issuer"], "Züri Mobil");
}

fn card_of_zurich() -> serde_json::Value {
    crate::support::token::card("Z")
}

/// Holds: T-37, T-30.
#[tokio::test]
async fn a_foreign_party_is_404_and_says_nothing() {
    let world = world().await;
    for method in ["GET", "PUT", "PATCH"] {
        let target = copy("X").replace("CH/ABC", "DE/TNM");
        let refused = send(&world, method, &target, &older_card("X")).await;
        assert_refused(&refused, (404, 2000), &method);
    }
}
