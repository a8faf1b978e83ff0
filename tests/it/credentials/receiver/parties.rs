//! For whom a platform may speak: C-18 to C-21.

use ocpi_domain::{Party, Platform, Role};
use serde_json::{Value, json};

use crate::credentials::stage::{PEER, Stage, VERSIONS, given, role};
use crate::support::answer::assert_refused;
use crate::support::http::{Request, Response};
use crate::support::pair::id;
use crate::support::token::{card, with};
use crate::support::world::{WorldBuilder, party, platform};

/// A world in which another platform speaks for the eMSP DE/TNM and the CPO DE/CPO.
async fn beside_another(row: Platform) -> Stage {
    let roles = [("DE", "TNM", Role::Emsp), ("DE", "CPO", Role::Cpo)];
    let other = platform("other", ocpi_domain::Profile::default(), &roles);
    let builder = WorldBuilder::alone().platform(other, "other.token");
    Stage::of(builder, row).await
}

/// Registers in 2.3.0 or 2.2.1 with these roles.
async fn register_as(stage: &Stage, version: &str, roles: &[Value]) -> Response {
    let body = stage.credentials(version, &json!({"roles": roles}));
    stage
        .send("POST", version, &stage.bootstrap, Some(&body))
        .await
}

/// Puts a Token of that party, and gives the codes.
async fn put_of(stage: &Stage, token: &str, country_code: &str, party_id: &str) -> (u16, u64) {
    let body = with(
        card("X"),
        &json!({"country_code": country_code, "party_id": party_id}),
    );
    let target = format!("/ocpi/cpo/2.2.1/tokens/{country_code}/{party_id}/X");
    let request = Request::new("PUT", &target).token(token).json(&body);
    stage.world.send(&request).await.codes()
}

/// Holds: C-20, C-03.
#[tokio::test]
async fn a_party_of_another_connection_is_2001_in_the_role_that_it_has_there() {
    for version in VERSIONS {
        let stage = beside_another(Platform::new(id(PEER))).await;
        let before = stage.state().await;
        // DE/TNM is the other's; case does not make it another.
        let mut bodies = vec![json!({})];
        if version == "2.1.1" {
            bodies.push(json!({"country_code": "de", "party_id": "tnm"}));
        } else {
            bodies.push(json!({"roles": [role("EMSP", "NL", "NEW"), role("EMSP", "de", "tnm")]}));
            bodies.push(json!({"roles": [role("EMSP", "NL", "NEW"), role("CPO", "DE", "CPO")]}));
        }
        for changes in bodies {
            let body = stage.credentials(version, &changes);
            let refused = stage
                .send("POST", version, &stage.bootstrap, Some(&body))
                .await;
            assert_refused(&refused, (200, 2001), &format_args!("{version} {changes}"));
            assert_eq!(stage.state().await, before, "{version} {changes}");
        }
    }
}

/// Holds: C-20.
#[tokio::test]
async fn a_party_may_be_spoken_for_by_one_platform_in_each_role() {
    let stage = beside_another(Platform::new(id(PEER))).await;
    let roles = [role("CPO", "DE", "TNM"), role("EMSP", "DE", "CPO")];
    let token = given(&register_as(&stage, "2.3.0", &roles).await);
    assert_eq!(put_of(&stage, &token, "DE", "CPO").await, (201, 1000));
    assert_eq!(put_of(&stage, &token, "DE", "TNM").await, (404, 2000));
}

/// Holds: C-20.
#[tokio::test]
async fn a_rotation_cannot_take_a_party_either() {
    let stage = beside_another(Platform::new(id(PEER))).await;
    let live = given(&register_as(&stage, "2.3.0", &[role("EMSP", "NL", "NEW")]).await);
    let before = stage.state().await;
    let body = stage.credentials("2.3.0", &json!({}));
    let refused = stage.send("PUT", "2.3.0", &live, Some(&body)).await;
    assert_refused(&refused, (200, 2001), &"PUT");
    assert_eq!(stage.state().await, before);
    // Its own it keeps.
    let body = stage.credentials("2.3.0", &json!({"roles": [role("EMSP", "NL", "NEW")]}));
    given(&stage.send("PUT", "2.3.0", &live, Some(&body)).await);
}

/// Holds: C-20.
#[tokio::test]
async fn a_platform_that_the_operator_bound_to_parties_may_speak_for_no_other() {
    let bound = |parties: &[Party]| Platform {
        allowed_parties: Some(parties.to_vec()),
        ..Platform::new(id(PEER))
    };
    for version in VERSIONS {
        let stage = Stage::of(WorldBuilder::alone(), bound(&[party("NL", "ALF")])).await;
        let before = stage.state().await;
        let body = stage.credentials(version, &json!({}));
        let refused = stage
            .send("POST", version, &stage.bootstrap, Some(&body))
            .await;
        assert_refused(&refused, (200, 2001), &version);
        let said = refused.message();
        assert!(said.contains("DE/TNM"), "{said}");
        assert_eq!(stage.state().await, before, "{version}");

        let parties = [party("NL", "ALF"), party("de", "tnm")];
        let stage = Stage::of(WorldBuilder::alone(), bound(&parties)).await;
        stage.register(version).await;
    }
}

/// Holds: C-19, C-21, M-15, Z-13.
#[tokio::test]
async fn a_hub_of_2_2_1_writes_for_whom_nobody_else_speaks() {
    let stage = beside_another(Platform::new(id(PEER))).await;
    let token = given(&register_as(&stage, "2.2.1", &[role("HUB", "FR", "HUB")]).await);
    let stored = stage.stored().await;
    assert_eq!(stored.platform.hub, Some(party("FR", "HUB")));
    assert!(
        stored.platform.roles.is_empty(),
        "{:?}",
        stored.platform.roles
    );
    for (party, codes) in [
        (("NL", "XYZ"), (201, 1000)),
        (("FR", "HUB"), (201, 1000)),
        (("DE", "CPO"), (201, 1000)),
        // The other platform speaks for this eMSP.
        (("DE", "TNM"), (404, 2000)),
    ] {
        let found = put_of(&stage, &token, party.0, party.1).await;
        assert_eq!(found, codes, "{party:?}");
    }
    // And as CPO: it may push sessions, but for the other's CPO.
    for (party, codes) in [("NL/XYZ", (404, 2000)), ("DE/CPO", (404, 2000))] {
        let target = format!("/ocpi/emsp/2.2.1/sessions/{party}/S1");
        let get = Request::new("GET", &target).token(&token);
        let response = stage.world.send(&get).await;
        assert_eq!(response.codes(), codes, "{party}");
    }
}

/// Holds: T-90, T-91, C-21.
#[tokio::test]
async fn a_hub_that_sends_for_others_is_no_stranger() {
    let strict = ocpi_domain::Profile {
        strict_from: true,
        ..ocpi_domain::Profile::default()
    };
    let row = Platform {
        profile: strict,
        ..Platform::new(id(PEER))
    };
    let stage = Stage::of(WorldBuilder::alone(), row).await;
    let token = given(&register_as(&stage, "2.2.1", &[role("HUB", "FR", "HUB")]).await);
    for (uid, from) in [("X", "HUB"), ("Y", "OWN")] {
        let owned = json!({"country_code": "FR", "party_id": "OWN"});
        let target = format!("/ocpi/cpo/2.2.1/tokens/FR/OWN/{uid}");
        let push = Request::new("PUT", &target)
            .token(&token)
            .party("from", "FR", from)
            .party("to", "CH", "ABC")
            .json(&with(card(uid), &owned));
        let pushed = stage.world.send(&push).await;
        assert_eq!(pushed.codes(), (201, 1000), "{}", pushed.message());
    }
}

/// Holds: C-21, C-20.
#[tokio::test]
async fn a_hub_with_an_allow_list_writes_for_those_alone() {
    let row = Platform {
        allowed_parties: Some(vec![party("FR", "HUB"), party("NL", "XYZ")]),
        ..Platform::new(id(PEER))
    };
    let stage = Stage::of(WorldBuilder::alone(), row).await;
    let token = given(&register_as(&stage, "2.2.1", &[role("HUB", "FR", "HUB")]).await);
    assert_eq!(put_of(&stage, &token, "NL", "XYZ").await, (201, 1000));
    assert_eq!(put_of(&stage, &token, "NL", "ALF").await, (404, 2000));
}

/// Holds: C-19, M-15.
#[tokio::test]
async fn a_hub_of_2_2_1_may_have_parties_of_its_own_too() {
    let stage = beside_another(Platform::new(id(PEER))).await;
    let roles = [role("EMSP", "FR", "OWN"), role("HUB", "FR", "HUB")];
    given(&register_as(&stage, "2.2.1", &roles).await);
    let stored = stage.stored().await;
    assert_eq!(stored.platform.hub, Some(party("FR", "HUB")));
    assert!(stored.platform.holds(party("FR", "OWN"), &Role::Emsp));
    assert_eq!(stored.platform.roles.len(), 1, "the entry HUB is dropped");
}

/// Holds: C-18.
#[tokio::test]
async fn a_hub_of_2_3_0_lists_the_parties_behind_it() {
    let stage = beside_another(Platform::new(id(PEER))).await;
    let body = stage.credentials(
        "2.3.0",
        &json!({"hub_party_id": "FRHUB", "roles": [role("EMSP", "NL", "ONE"), role("EMSP", "NL", "TWO")]}),
    );
    let answer = stage
        .send("POST", "2.3.0", &stage.bootstrap, Some(&body))
        .await;
    assert_eq!(answer.data().get("hub_party_id"), None, "we are no hub");
    let token = given(&answer);
    assert_eq!(stage.stored().await.platform.hub, Some(party("FR", "HUB")));
    for (party, codes) in [
        (("NL", "ONE"), (201, 1000)),
        (("NL", "TWO"), (201, 1000)),
        (("NL", "XYZ"), (404, 2000)),
    ] {
        let found = put_of(&stage, &token, party.0, party.1).await;
        assert_eq!(found, codes, "{party:?}");
    }
}

/// Holds: C-19.
#[tokio::test]
async fn the_role_hub_of_2_2_1_is_tolerated_in_2_3_0() {
    let stage = Stage::new().await;
    let roles = [role("HUB", "FR", "HUB"), role("EMSP", "NL", "ONE")];
    let token = given(&register_as(&stage, "2.3.0", &roles).await);
    assert_eq!(put_of(&stage, &token, "NL", "ONE").await, (201, 1000));
}

/// Holds: C-18, C-22.
#[tokio::test]
async fn a_hub_party_id_that_is_none_is_2001() {
    let stage = Stage::new().await;
    let before = stage.state().await;
    for hub in [
        json!("FR"),
        json!("FRHUBX"),
        json!("FRHU "),
        json!(7),
        json!(""),
    ] {
        let body = stage.credentials("2.3.0", &json!({"hub_party_id": hub}));
        let refused = stage
            .send("POST", "2.3.0", &stage.bootstrap, Some(&body))
            .await;
        assert_refused(&refused, (200, 2001), &hub);
        assert!(refused.message().contains("hub_party_id"), "{hub}");
    }
    assert_eq!(stage.state().await, before);
}

/// Holds: C-19, D-05.
#[tokio::test]
async fn a_role_that_we_do_not_know_is_kept_and_opens_nothing() {
    for version in ["2.2.1", "2.3.0"] {
        let stage = Stage::new().await;
        let roles = [role("X_TOMORROW", "DE", "ODD"), role("NSP", "DE", "NAV")];
        let token = given(&register_as(&stage, version, &roles).await);
        assert_eq!(stage.stored().await.platform.roles.len(), 2, "{version}");
        assert_eq!(put_of(&stage, &token, "DE", "ODD").await, (404, 2000));
    }
}
