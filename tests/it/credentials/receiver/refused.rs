//! What is refused, and that it changes nothing: C-03.

use serde_json::{Value, json};

use crate::credentials::stage::{NOWHERE, PEER, Stage, THEIRS, VERSIONS, issue, role};
use crate::support::answer::assert_refused;
use crate::support::http::Request;
use crate::support::pair::id;
use crate::support::peer::{ByTheBook, Reply};

/// What is wrong with credentials of every version, and what the refusal names.
fn broken() -> Vec<(Value, &'static str)> {
    let long = format!("https://peer.example/{}", "x".repeat(235));
    let mut broken: Vec<(Value, &'static str)> = [
        json!(null),
        json!(""),
        json!("x".repeat(65)),
        json!("a blank"),
        json!("töken"),
        json!(7),
        json!([THEIRS]),
    ]
    .into_iter()
    .map(|token| (json!({"token": token}), "token"))
    .collect();
    let urls = [
        json!(null),
        json!(""),
        json!("peer.example/ocpi/versions"),
        json!("/ocpi/versions"),
        json!("ftp://peer.example/ocpi/versions"),
        json!("https://user@peer.example/ocpi/versions"),
        json!("https://peer.example/ocpi/versions#x"),
        json!(long),
        json!({"url": NOWHERE}),
    ];
    broken.extend(urls.map(|url| (json!({"url": url}), "url")));
    broken
}

/// What is wrong with credentials of 2.2.1 and 2.3.0.
fn broken_roles() -> Vec<(Value, &'static str)> {
    let emsp = |changes: Value| {
        let changed = crate::support::token::with(role("EMSP", "DE", "TNM"), &changes);
        json!({"roles": [role("CPO", "DE", "TNM"), changed]})
    };
    let name = |name: Value| emsp(json!({"business_details": {"name": name}}));
    vec![
        (json!({"roles": null}), "roles"),
        (json!({"roles": []}), "roles"),
        (json!({"roles": {}}), "roles"),
        (json!({"roles": [role("EMSP", "DE", "TNM"), 7]}), "roles"),
        (emsp(json!({"role": null})), "role"),
        (emsp(json!({"country_code": null})), "country_code"),
        (emsp(json!({"country_code": "DEU"})), "country_code"),
        (emsp(json!({"party_id": null})), "party_id"),
        (emsp(json!({"party_id": "TN"})), "party_id"),
        (emsp(json!({"party_id": "TNMX"})), "party_id"),
        (emsp(json!({"business_details": null})), "business_details"),
        (name(json!(null)), "name"),
        (name(json!("x".repeat(101))), "name"),
    ]
}

/// What is wrong with credentials of 2.1.1.
fn broken_party() -> Vec<(Value, &'static str)> {
    vec![
        (json!({"country_code": null}), "country_code"),
        (json!({"country_code": "DEU"}), "country_code"),
        (json!({"party_id": null}), "party_id"),
        (json!({"party_id": "TNMX"}), "party_id"),
        (json!({"business_details": null}), "business_details"),
        (json!({"business_details": {}}), "name"),
        (
            json!({"business_details": {"name": "x".repeat(101)}}),
            "name",
        ),
    ]
}

/// Holds: C-22, C-03, T-34, T-64, D-10, D-11.
#[tokio::test]
async fn credentials_that_break_a_rule_are_2001_and_nobody_is_called() {
    for version in VERSIONS {
        let stage = Stage::new().await;
        let live = stage.register(version).await;
        let other = id("other");
        let row = ocpi_domain::Platform::new(other.clone());
        stage.world.know(row).await;
        let bootstrap = issue(&stage.world, &other).await;
        stage.peer.forget();
        let before = stage.state().await;
        let of_version = if version == "2.1.1" {
            broken_party()
        } else {
            broken_roles()
        };
        for (changes, named) in broken().into_iter().chain(of_version) {
            let body = stage.credentials(version, &changes);
            for (method, token) in [("POST", &bootstrap), ("PUT", &live)] {
                let refused = stage.send(method, version, token, Some(&body)).await;
                let case = format!("{method} {version} {changes}");
                assert_refused(&refused, (200, 2001), &case);
                let said = refused.message();
                assert!(said.contains(named), "{case}: {said}");
                assert!(!said.contains(THEIRS), "{case}: {said}");
            }
        }
        assert_eq!(stage.state().await, before, "{version}");
        assert!(stage.peer.asked().is_empty(), "{version}");
    }
}

/// Holds: C-22, T-31, T-35, T-65.
#[tokio::test]
async fn what_is_no_object_is_refused_as_everywhere() {
    let stage = Stage::new().await;
    let before = stage.state().await;
    let twice =
        format!(r#"{{"token":"{THEIRS}","token":"{THEIRS}","url":"{NOWHERE}","roles":[]}}"#);
    for (body, codes) in [
        ("", (400, 2000)),
        ("{", (400, 2000)),
        ("token=x", (400, 2000)),
        ("[]", (200, 2001)),
        ("null", (200, 2001)),
        ("\"x\"", (200, 2001)),
        (&twice, (200, 2001)),
    ] {
        let target = crate::credentials::stage::endpoint("2.3.0");
        let request = Request::new("POST", &target)
            .token(&stage.bootstrap)
            .body(body);
        assert_refused(&stage.world.send(&request).await, codes, &body);
    }
    assert_eq!(stage.state().await, before);
    assert!(stage.peer.asked().is_empty());
}

type Lie = Box<dyn Fn(&ByTheBook, &str) -> Reply + Send + Sync>;

/// What a platform's versions endpoint may answer that is no success.
fn failures() -> Vec<(&'static str, Reply)> {
    let page = "<html><body>502 Bad Gateway</body></html>";
    vec![
        (
            "it does not know its token",
            Reply::refused(401, 2000, "who?"),
        ),
        ("it forbids", Reply::refused(403, 2000, "no")),
        ("it has no such thing", Reply::text(404, "text/html", page)),
        ("it is broken", Reply::text(500, "text/plain", "oops")),
        ("a page", Reply::text(200, "text/html", page)),
        ("nothing", Reply::text(200, "application/json", "")),
        ("half", Reply::text(200, "application/json", "{\"data\":")),
        ("an envelope that fails", Reply::refused(200, 3000, "later")),
        ("no data", Reply::refused(200, 1000, "Success")),
        ("data of another kind", Reply::success(&json!("2.3.0"))),
        (
            "no envelope",
            Reply::json(200, &json!([{"version": "2.3.0"}])),
        ),
        ("a detail", Reply::json(422, &json!({"detail": "x"}))),
    ]
}

/// The answers of `versions` and `details` that make registration fail, with the code.
fn lies() -> Vec<(String, Lie, u64)> {
    let mut lies: Vec<(String, Lie, u64)> = Vec::new();
    for (name, reply) in failures() {
        let of_list = reply.clone();
        let list: Lie = Box::new(move |_, _| of_list.clone());
        lies.push((format!("versions: {name}"), list, 3001));
        let details: Lie = Box::new(move |book, target| {
            if target == "/ocpi/versions" {
                Reply::success(&book.list())
            } else {
                reply.clone()
            }
        });
        lies.push((format!("details: {name}"), details, 3001));
    }
    let listing = |versions: Value| -> Lie { Box::new(move |_, _| Reply::success(&versions)) };
    let url = NOWHERE;
    for (name, versions) in [
        ("no version", json!([])),
        (
            "others",
            json!([{"version": "2.0", "url": url}, {"version": "9.9.9", "url": url}]),
        ),
        (
            "nonsense",
            json!([null, 7, "2.3.0", [], {}, {"version": "2.3.0"}]),
        ),
        (
            "a version without a url",
            json!([{"version": "2.2.1", "url": "somewhere"}]),
        ),
    ] {
        lies.push((format!("versions: {name}"), listing(versions), 3002));
    }
    lies
}

/// Holds: C-03, T-50, T-51, T-55, V-12, Q-12, Q-11.
#[tokio::test]
async fn a_platform_that_cannot_be_looked_up_is_refused_and_changes_nothing() {
    for version in VERSIONS {
        let stage = Stage::new().await;
        let body = stage.credentials(version, &json!({}));
        let before = stage.state().await;
        for (case, lie, code) in lies() {
            let book = ByTheBook::of(&stage.peer, THEIRS);
            stage.peer.answers(move |asked| lie(&book, &asked.target));
            let refused = stage
                .send("POST", version, &stage.bootstrap, Some(&body))
                .await;
            assert_refused(&refused, (200, code), &format_args!("{version} {case}"));
            assert_eq!(stage.state().await, before, "{version} {case}");
        }
        // And after all of that the token is as good as new.
        stage.book(|_| ());
        stage.register(version).await;
    }
}

/// Holds: C-03, C-06, T-50, T-51, T-52.
#[tokio::test]
async fn a_rotation_that_fails_leaves_the_pair_as_it_was() {
    for version in VERSIONS {
        let stage = Stage::new().await;
        let live = stage.register(version).await;
        let body = stage.credentials(version, &json!({"token": "their.other"}));
        let before = stage.state().await;
        for (case, lie, code) in lies() {
            let book = ByTheBook::of(&stage.peer, "their.other");
            stage.peer.answers(move |asked| lie(&book, &asked.target));
            let refused = stage.send("PUT", version, &live, Some(&body)).await;
            assert_refused(&refused, (200, code), &format_args!("{version} {case}"));
            assert_eq!(stage.state().await, before, "{version} {case}");
        }
        stage.book(|book| {
            book.knows.push("their.other".to_owned());
            book.endpoints.retain(|(module, _)| *module != "tokens");
        });
        let refused = stage.send("PUT", version, &live, Some(&body)).await;
        assert_refused(&refused, (200, 3003), &version);
        assert_eq!(stage.state().await, before, "{version}");
        assert!(stage.admits_to_modules(&live).await);
        assert_eq!(stage.ours().await.as_deref(), Some(THEIRS));
    }
}

/// Holds: C-23, T-50.
#[tokio::test]
async fn a_platform_that_is_not_there_is_3001_and_the_answer_says_which_url() {
    let stage = Stage::new().await;
    let before = stage.state().await;
    // A port that was free a moment ago.
    let gone = crate::support::peer::Peer::start().await;
    let url = gone.versions_url();
    drop(gone);
    for url in [url.as_str(), NOWHERE] {
        let body = stage.credentials("2.3.0", &json!({"url": url}));
        let refused = stage
            .send("POST", "2.3.0", &stage.bootstrap, Some(&body))
            .await;
        assert_refused(&refused, (200, 3001), &url);
        assert!(refused.message().contains(url), "{}", refused.message());
    }
    assert_eq!(stage.state().await, before);
}

/// Holds: C-27, T-52, M-14.
#[tokio::test]
async fn an_emsp_that_lists_no_tokens_is_3003() {
    for version in VERSIONS {
        let stage = Stage::new().await;
        let body = stage.credentials(version, &json!({}));
        let before = stage.state().await;
        let mut lacking = vec![vec![], vec![("sessions", "RECEIVER")]];
        if version != "2.1.1" {
            // The wrong end of it.
            lacking.push(vec![("tokens", "RECEIVER")]);
        }
        for endpoints in lacking {
            stage.book(|book| {
                book.endpoints = [&[("credentials", "SENDER")], &*endpoints].concat();
            });
            let refused = stage
                .send("POST", version, &stage.bootstrap, Some(&body))
                .await;
            assert_refused(
                &refused,
                (200, 3003),
                &format_args!("{version} {endpoints:?}"),
            );
            let said = refused.message();
            assert!(said.contains("tokens"), "{said}");
            assert_eq!(stage.state().await, before, "{version}");
        }
        // The order and what else is there do not matter.
        stage.book(|book| {
            book.endpoints = vec![
                ("invoicereconciliation", "RECEIVER"),
                ("x-ours", "SENDER"),
                ("tokens", "SENDER"),
                ("credentials", "RECEIVER"),
            ];
        });
        stage.register(version).await;
    }
}

/// Holds: C-27.
#[tokio::test]
async fn from_a_cpo_nothing_is_needed_and_what_is_needed_can_be_set() {
    use ocpi_domain::{InterfaceRole, ModuleId, Platform};

    use crate::support::world::WorldBuilder;

    let cpo = json!({"roles": [role("CPO", "DE", "TNM")]});
    let stage = Stage::new().await;
    stage.book(|book| book.endpoints.truncate(1));
    let body = stage.credentials("2.2.1", &cpo);
    let taken = stage
        .send("POST", "2.2.1", &stage.bootstrap, Some(&body))
        .await;
    assert_eq!(taken.codes(), (200, 1000), "{}", taken.message());

    let mut builder = WorldBuilder::alone();
    builder.options.required_of_cpo = vec![(ModuleId::Tokens, InterfaceRole::Receiver)];
    builder.options.required_of_emsp = Vec::new();
    let stage = Stage::of(builder, Platform::new(id(PEER))).await;
    stage.book(|book| book.endpoints.truncate(1));
    let body = stage.credentials("2.2.1", &cpo);
    let refused = stage
        .send("POST", "2.2.1", &stage.bootstrap, Some(&body))
        .await;
    assert_refused(&refused, (200, 3003), &"a CPO without tokens");
    assert!(refused.message().contains("tokens RECEIVER"));
    stage.register("2.2.1").await;
}
