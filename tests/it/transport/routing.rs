//! The routing headers: `OCPI-to-*` and `OCPI-from-*`.

use ocpi_domain::{Profile, Role};
use serde_json::json;

use crate::support::answer::{ROUTES, assert_refused, request};
use crate::support::http::{Request, Response};
use crate::support::token::{SENDER, card, copy, question, with};
use crate::support::world::{World, WorldBuilder, hosted, platform};

/// The parties that an answer names: to whom, and from whom.
fn routing(response: &Response) -> [Option<String>; 2] {
    ["to", "from"].map(|direction| {
        let part = |part| response.header(&format!("OCPI-{direction}-{part}"));
        let (country, id) = (part("country-code"), part("party-id"));
        assert_eq!(
            country.is_some(),
            id.is_some(),
            "half a pair: {:?}",
            response.headers()
        );
        country
            .zip(id)
            .map(|(country, id)| format!("{country}/{id}"))
    })
}

fn parties(to: &str, from: &str) -> [Option<String>; 2] {
    [to, from].map(|party| (!party.is_empty()).then(|| party.to_owned()))
}

/// The routes of functional modules, in both versions that have routing headers; those of
/// configuration modules come first.
fn functional() -> Vec<(&'static str, String, &'static str)> {
    let newest = &ROUTES[first_functional()..];
    let versions = ["2.3.0", "2.2.1"].into_iter();
    versions
        .flat_map(|version| {
            newest.iter().map(move |(method, target, body)| {
                (*method, target.replace("2.3.0", version), *body)
            })
        })
        // The list of sessions is the tutorial's, which is about 2.3.0.
        .filter(|(_, target, _)| !target.ends_with("2.2.1/sessions"))
        .collect()
}

fn first_functional() -> usize {
    let first = ROUTES
        .iter()
        .position(|(_, target, _)| target.contains("/tokens"));
    first.expect("there are some")
}

/// Holds: T-84, T-85.
#[tokio::test]
async fn an_answer_swaps_the_parties_of_its_request_on_errors_too() {
    let world = World::start().await;
    world.push_for_routes().await;
    let (unknown, known) = (question("UNKNOWN"), copy("TOKEN123"));
    let foreign = "/ocpi/cpo/2.3.0/tokens/DE/TNM/TOKEN123".to_owned();
    let errors = [
        ("POST", unknown, ""),
        ("GET", foreign, ""),
        ("PUT", known.clone(), "{"),
        ("PUT", known, "{}"),
    ];
    for (method, target, body) in functional().into_iter().chain(errors) {
        let routed = request(method, &target, body)
            .party("to", "CH", "ABC")
            .party("from", "NL", "ALF");
        let response = world.send(&routed).await;
        assert_eq!(
            routing(&response),
            parties("NL/ALF", "CH/ABC"),
            "{method} {target} {body}"
        );
    }
}

/// Holds: T-84, T-69.
#[tokio::test]
async fn names_and_values_of_routing_headers_are_read_without_case() {
    let world = World::start().await;
    let request = request("GET", SENDER, "")
        .header("ocpi-TO-Country-Code", "ch")
        .header("OCPI-TO-PARTY-ID", "aBc")
        .header("ocpi-from-country-code", "nl")
        .header("oCPI-from-party-id", "alf");
    let response = world.send(&request).await;
    assert_eq!(response.codes(), (200, 1000), "{}", response.message());
    let answered = routing(&response).map(|party| party.map(|it| it.to_ascii_uppercase()));
    assert_eq!(answered, parties("NL/ALF", "CH/ABC"));
}

/// Holds: T-86.
#[tokio::test]
async fn configuration_modules_neither_read_nor_send_routing_headers() {
    let roles = [("CH", "ABC", Role::Cpo)];
    let strict = Profile {
        strict_from: true,
        ..Profile::default()
    };
    let world = WorldBuilder::new()
        .platform(platform("strict", strict, &roles), "strict")
        .start()
        .await;
    let configuration = &ROUTES[..first_functional()];
    assert!(configuration.len() > 5);
    for (method, target, body) in configuration {
        let request = Request::new(method, target).body(*body).token("strict");
        let request = request.party("to", "XX", "ZZZ").party("from", "YY", "YYY");
        let response = world.send(&request).await;
        assert_eq!(
            response.codes(),
            (200, 1000),
            "{method} {target}: {}",
            response.message()
        );
        assert_eq!(routing(&response), parties("", ""), "{method} {target}");
    }
}

/// Holds: T-88, T-85.
#[tokio::test]
async fn without_routing_headers_the_only_hosted_party_of_the_role_answers() {
    let world = World::start().await;
    world.push_for_routes().await;
    for (method, target, body) in functional() {
        let response = world.send(&request(method, &target, body)).await;
        assert_eq!(response.codes(), (200, 1000), "{method} {target}");
        assert_eq!(
            routing(&response),
            parties("", "CH/ABC"),
            "{method} {target}"
        );
    }
}

/// Holds: T-88, E-03, E-12, T-85.
#[tokio::test]
async fn without_routing_headers_every_hosted_party_of_the_role_is_meant() {
    let mut builder = WorldBuilder::new();
    builder.hosted.push(hosted("CH", "XYZ", &[Role::Emsp]));
    let roles = [("CH", "XYZ", Role::Emsp)];
    let builder = builder.platform(platform("xyz", Profile::default(), &roles), "xyz");
    let world = builder.start().await;
    world.push(&card("ABC1")).await;
    let other = with(card("XYZ1"), &json!({"party_id": "XYZ"}));
    world.push_as("xyz", &other).await;
    let both = world.send(&request("GET", SENDER, "")).await;
    assert_eq!(both.data(), json!([card("ABC1"), other]));
    assert_eq!(
        routing(&both),
        parties("", ""),
        "nobody in particular answered"
    );
    for (uid, owner) in [("ABC1", "CH/ABC"), ("XYZ1", "CH/XYZ")] {
        let response = world.send(&request("POST", &question(uid), "")).await;
        assert_eq!(response.codes(), (200, 1000), "{uid}");
        assert_eq!(routing(&response), parties("", owner), "the owner answered");
    }
    let only = world
        .send(&request("GET", SENDER, "").party("to", "CH", "XYZ"))
        .await;
    assert_eq!(only.data(), json!([other]));
    assert_eq!(routing(&only), parties("", "CH/XYZ"));
}

/// Holds: T-88.
#[tokio::test]
async fn half_a_pair_of_routing_headers_counts_as_absent() {
    let world = World::start().await;
    world.push_for_routes().await;
    for (name, value) in [
        ("OCPI-to-country-code", "XX"),
        ("OCPI-to-party-id", "ZZZ"),
        ("OCPI-from-country-code", "XX"),
        ("OCPI-from-party-id", "ZZZ"),
    ] {
        for (method, target, body) in functional() {
            let response = world
                .send(&request(method, &target, body).header(name, value))
                .await;
            assert_eq!(response.codes(), (200, 1000), "{method} {target} {name}");
            assert_eq!(
                routing(&response),
                parties("", "CH/ABC"),
                "{method} {target} {name}"
            );
        }
    }
}

/// Holds: T-89.
#[tokio::test]
async fn a_recipient_that_is_not_hosted_in_the_role_is_2001() {
    let mut builder = WorldBuilder::new();
    builder.hosted.push(hosted("CH", "CPO", &[Role::Cpo]));
    builder.hosted.push(hosted("CH", "MSP", &[Role::Emsp]));
    let world = builder.start().await;
    world.push_for_routes().await;
    let before = world.snapshot().await;
    for (method, target, body) in functional() {
        let other_role = if target.contains("/emsp/") {
            "CPO"
        } else {
            "MSP"
        };
        for (country, id) in [("NL", "ZZZ"), ("CH", other_role)] {
            let request = request(method, &target, body).party("to", country, id);
            let response = world.send(&request).await;
            let case = format!("{method} {target} to {country}/{id}");
            assert_refused(&response, (200, 2001), &case);
            assert!(
                response.message().contains("OCPI-to"),
                "{case}: {}",
                response.message()
            );
        }
    }
    assert_eq!(world.snapshot().await, before, "a refused request wrote");
}

/// Holds: T-90.
#[tokio::test]
async fn a_sender_that_is_no_party_of_the_connection_is_refused_by_a_strict_profile_only() {
    let roles = [("DE", "TNM", Role::Cpo), ("DE", "TNM", Role::Emsp)];
    let strict = Profile {
        strict_from: true,
        ..Profile::default()
    };
    let world = WorldBuilder::new()
        .platform(platform("strict", strict, &roles), "strict")
        .start()
        .await;
    let token = with(
        card("CARD"),
        &json!({"country_code": "DE", "party_id": "TNM"}),
    );
    world.push_as("strict", &token).await;
    let target = copy("CARD").replace("CH/ABC", "DE/TNM");
    for (from, codes) in [
        (("DE", "TNM"), (200, 1000)),
        (("de", "tnm"), (200, 1000)),
        (("CH", "ABC"), (200, 2001)),
    ] {
        for target in [&*target, SENDER] {
            let request = Request::new("GET", target)
                .token("strict")
                .party("from", from.0, from.1);
            let response = world.send(&request).await;
            assert_eq!(
                response.codes(),
                codes,
                "{target} {from:?}: {}",
                response.message()
            );
        }
    }
    // The header of another party opens nothing, and is no reason to refuse.
    world.push(&card("TOKEN123")).await;
    let other = request("GET", &target, "").party("from", "DE", "TNM");
    assert_refused(
        &world.send(&other).await,
        (404, 2000),
        &"not the caller's party",
    );
    let own = request("GET", &copy("TOKEN123"), "").party("from", "DE", "TNM");
    assert_eq!(world.send(&own).await.codes(), (200, 1000));
}

/// Holds: T-88, T-89, T-90. A recipient that is no party must not become every party.
#[tokio::test]
async fn a_pair_of_routing_headers_that_is_no_party_is_2001_to_us_and_data_from_them() {
    let strict = Profile {
        strict_from: true,
        ..Profile::default()
    };
    let roles = [("NL", "ALF", Role::Cpo), ("NL", "TNM", Role::Emsp)];
    let world = WorldBuilder::new()
        .platform(platform("strict", strict, &roles), "strict-token")
        .start()
        .await;
    for (country, id) in [("DEX", "DEF"), ("DE", "DEFGHI"), ("D1", "DEF"), ("", "DEF")] {
        let to = request("GET", SENDER, "").party("to", country, id);
        let response = world.send(&to).await;
        assert_refused(&response, (200, 2001), &format_args!("{country}/{id}"));
        assert!(
            response.message().contains("OCPI-to-"),
            "{}",
            response.message()
        );
        let from = request("GET", SENDER, "").party("from", country, id);
        assert_eq!(
            world.send(&from).await.codes(),
            (200, 1000),
            "{country}/{id}"
        );
        let from = Request::new("GET", SENDER)
            .token("strict-token")
            .party("from", country, id);
        let response = world.send(&from).await;
        assert_refused(&response, (200, 2001), &format_args!("{country}/{id}"));
    }
}
