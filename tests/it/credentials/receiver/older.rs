//! A connection of 2.1.1 is one party in one role: C-17, M-13.

use ocpi_domain::{Platform, Role};
use serde_json::{Value, json};

use crate::credentials::stage::{PEER, Stage, credentials, given};
use crate::support::answer::assert_refused;
use crate::support::http::{Request, Response};
use crate::support::pair::id;
use crate::support::world::{WorldBuilder, hosted, party};

async fn post_below(stage: &Stage, root: &str) -> Response {
    let body: Value = credentials("2.1.1", &stage.peer.versions_url(), &json!({}));
    let request = Request::new("POST", &format!("{root}/2.1.1/credentials"))
        .token(&stage.bootstrap)
        .json(&body);
    stage.world.send(&request).await
}

/// Holds: M-13, C-17, V-04, Z-17.
#[tokio::test]
async fn what_a_platform_of_2_1_1_is_says_the_root_that_it_calls() {
    for (root, theirs) in [("/ocpi/cpo", Role::Emsp), ("/ocpi/emsp", Role::Cpo)] {
        let stage = Stage::new().await;
        let ours = post_below(&stage, root).await;
        assert_eq!(ours.codes(), (200, 1000), "{root}: {}", ours.message());
        let url = format!("{}{root}/versions", stage.world.url);
        assert_eq!(ours.data()["url"], url);
        let stored = stage.stored().await;
        assert!(stored.platform.holds(party("DE", "TNM"), &theirs), "{root}");
        assert_eq!(stored.platform.roles.len(), 1, "{root}");
    }
}

/// Holds: V-05, V-09, Z-17.
#[tokio::test]
async fn below_the_combined_root_2_1_1_is_not_served_where_both_roles_are() {
    let stage = Stage::new().await;
    let before = stage.state().await;
    assert_refused(&post_below(&stage, "/ocpi").await, (404, 3002), &"both");
    assert_eq!(stage.state().await, before);
    for (role, theirs) in [(Role::Cpo, Role::Emsp), (Role::Emsp, Role::Cpo)] {
        let mut builder = WorldBuilder::alone();
        builder.hosted = vec![hosted("CH", "ABC", std::slice::from_ref(&role))];
        let stage = Stage::of(builder, Platform::new(id(PEER))).await;
        let ours = post_below(&stage, "/ocpi").await;
        assert_eq!(ours.codes(), (200, 1000), "{role}: {}", ours.message());
        let url = format!("{}/ocpi/versions", stage.world.url);
        assert_eq!(ours.data()["url"], url);
        let stored = stage.stored().await;
        assert!(stored.platform.holds(party("DE", "TNM"), &theirs), "{role}");
    }
}

/// Holds: C-17.
#[tokio::test]
async fn our_party_is_the_one_set_for_the_connection_else_the_first_of_its_role() {
    let world = || {
        let mut builder = WorldBuilder::alone();
        builder.hosted = vec![
            hosted("CH", "ONE", &[Role::Emsp]),
            hosted("CH", "TWO", &[Role::Cpo]),
            hosted("CH", "SIX", &[Role::Cpo]),
        ];
        builder
    };
    for (set, expected) in [(None, "TWO"), (Some(party("CH", "SIX")), "SIX")] {
        let row = Platform {
            our_party: set,
            ..Platform::new(id(PEER))
        };
        let stage = Stage::of(world(), row).await;
        let ours = post_below(&stage, "/ocpi/cpo").await;
        let token = given(&ours);
        assert_eq!(ours.data()["party_id"], expected);
        assert_eq!(ours.data()["country_code"], "CH");
        assert_eq!(ours.data().get("roles"), None);
        let request = Request::new("GET", "/ocpi/cpo/2.1.1/credentials").token(&token);
        let again = stage.world.send(&request).await.data();
        assert_eq!(again["party_id"], expected);
    }
}

/// Holds: M-13, C-22.
#[tokio::test]
async fn credentials_of_another_versions_shape_are_2001() {
    let stage = Stage::new().await;
    let before = stage.state().await;
    for (target, shape) in [
        ("/ocpi/cpo/2.1.1/credentials", "2.3.0"),
        ("/ocpi/2.2.1/credentials", "2.1.1"),
        ("/ocpi/2.3.0/credentials", "2.1.1"),
    ] {
        let body = stage.credentials(shape, &json!({}));
        let request = Request::new("POST", target)
            .token(&stage.bootstrap)
            .json(&body);
        let refused = stage.world.send(&request).await;
        assert_refused(&refused, (200, 2001), &format_args!("{target} {shape}"));
    }
    assert_eq!(stage.state().await, before);
    assert!(stage.peer.asked().is_empty());
}
