//! They register, use each other, rotate, and part.

use ocpi_domain::{
    AllowedType, CredentialsToken, LocationReferences, OcpiVersion, PlatformId, Role, Token,
    TokenKey, TokenType,
};
use serde_json::json;

use super::directions;
use crate::support::pair::{Pair, Side};
use crate::support::stores::Kind;
use crate::support::token::{card, with};
use crate::support::world::party;

/// The eMSP pushes a Token to the CPO and reads it back; the CPO asks about it.
async fn use_each_other(pair: &Pair, uid: &str, version: OcpiVersion) {
    let token = with(card(uid), &json!({"visual_number": "No 7"}));
    let token: Token = pair.emsp.put_token(&token).await;
    let key = TokenKey {
        party: party("CH", "ABC"),
        uid: uid.parse().expect("a uid"),
        token_type: TokenType::Rfid,
    };
    let (emsp, to_cpo) = (&pair.emsp.world.app, &pair.emsp.other);
    let none = emsp.get_token_at(to_cpo, &key).await.expect("an answer");
    assert_eq!(none, None, "{version}");
    emsp.put_token_at(to_cpo, &token)
        .await
        .expect("it is taken");
    let copy = emsp.get_token_at(to_cpo, &key).await.expect("an answer");
    assert_eq!(json!(copy), json!(token), "{version}");

    let (cpo, to_emsp) = (&pair.cpo.world.app, &pair.cpo.other);
    let place: LocationReferences =
        serde_json::from_value(json!({"location_id": "LOC1", "evse_uids": ["E1"]})).expect("one");
    for location in [None, Some(&place)] {
        let answer = cpo
            .authorize_at(to_emsp, &key.uid, &TokenType::Rfid, location)
            .await
            .expect("an answer")
            .expect("the Token is known");
        assert_eq!(answer.allowed, AllowedType::Allowed, "{version}");
        assert_eq!(answer.location.as_ref(), location, "{version}");
        // 2.1.1 has neither.
        let is_newer = version != OcpiVersion::V2_1_1;
        assert_eq!(answer.token.is_some(), is_newer, "{version}");
        assert_eq!(
            answer.authorization_reference.is_some(),
            is_newer,
            "{version}"
        );
    }
    let stranger = "NOBODY".parse().expect("a uid");
    let unknown = cpo
        .authorize_at(to_emsp, &stranger, &TokenType::Rfid, None)
        .await;
    assert!(unknown.expect("an answer").is_none(), "{version}");
}

/// What each presents to the other.
async fn tokens(pair: &Pair) -> [CredentialsToken; 2] {
    [pair.cpo.presents().await, pair.emsp.presents().await]
}

async fn assert_version(side: &Side, version: OcpiVersion) {
    let stored = side.stored().await;
    let connection = stored.connection.as_ref().expect("it calls the other");
    let served = connection.served.as_ref().expect("it was looked up");
    assert_eq!(served.version, version);
}

/// Whether a call fails at each side, without anything to present.
async fn assert_parted(side: &Side) {
    let stored = side.stored().await;
    assert!(stored.tokens.is_empty());
    assert_eq!(stored.connection, None);
    let nobody: &PlatformId = &side.other;
    let uid = "CARD1".parse().expect("a uid");
    let app = &side.world.app;
    app.authorize_at(nobody, &uid, &TokenType::Rfid, None)
        .await
        .expect_err("there is nothing to call");
}

/// Registers, uses, rotates from either side, uses, and parts by the side that did not begin.
async fn live(version: OcpiVersion, kind: Kind, sender: Role) {
    let pair = Pair::strangers(version, kind).await;
    let bootstrap = pair.register(&sender).await;
    let (began, came) = pair.sides(&sender);
    assert!(!came.admits(&bootstrap).await, "it is spent");
    for side in [began, came] {
        assert_version(side, version).await;
    }
    use_each_other(&pair, "CARD1", version).await;

    let mut former = tokens(&pair).await;
    for (number, side) in [began, came, began].into_iter().enumerate() {
        let app = &side.world.app;
        app.rotate_credentials(&side.other, false)
            .await
            .expect("they rotate");
        use_each_other(&pair, &format!("CARD-{number}"), version).await;
        let [of_cpo, of_emsp] = &former;
        assert!(!pair.emsp.admits(of_cpo).await, "the new one was used");
        assert!(!pair.cpo.admits(of_emsp).await, "the new one was used");
        former = tokens(&pair).await;
        for side in [began, came] {
            assert_version(side, version).await;
        }
    }

    let app = &came.world.app;
    app.unregister_from(&came.other, false)
        .await
        .expect("they part");
    let [of_cpo, of_emsp] = &former;
    assert!(!pair.emsp.admits(of_cpo).await);
    assert!(!pair.cpo.admits(of_emsp).await);
    for side in [began, came] {
        assert_parted(side).await;
    }
    // And they may begin anew, the other way round.
    let other = if sender == Role::Cpo {
        Role::Emsp
    } else {
        Role::Cpo
    };
    pair.register(&other).await;
    use_each_other(&pair, "CARD-AGAIN", version).await;
}

/// Holds: C-02, C-06, C-10, C-11, C-14, C-15, C-20, V-10, T-02, T-03, T-96, K-10, K-17, E-18, E-19,
/// M-01, M-02, M-07, M-13, M-14.
#[tokio::test]
async fn each_may_begin_in_each_version_and_they_use_each_other_rotate_and_part() {
    for (version, sender) in directions() {
        live(version, Kind::Memory, sender).await;
    }
}

/// Holds: C-17, M-13, M-14, V-04, V-05, Z-17.
#[tokio::test]
async fn who_is_both_registers_as_one_of_them_in_2_1_1_and_as_both_in_the_others() {
    for (version, sender) in directions() {
        let pair = Pair::strangers_of_both_roles(version).await;
        pair.register(&sender).await;
        use_each_other(&pair, "CARD1", version).await;
        let is_older = version == OcpiVersion::V2_1_1;
        let theirs = pair.cpo.stored().await.platform.roles.len();
        assert_eq!(theirs, if is_older { 1 } else { 2 }, "{version}");
        for side in [&pair.cpo, &pair.emsp] {
            let app = &side.world.app;
            app.rotate_credentials(&side.other, false)
                .await
                .expect("they rotate");
            use_each_other(&pair, &format!("CARD-{}", side.other), version).await;
            assert_version(side, version).await;
        }
    }
}

/// Holds: C-02, C-06, C-14.
#[tokio::test]
async fn on_a_durable_store_it_is_the_same() {
    for (version, sender) in directions() {
        live(version, Kind::Sqlite, sender).await;
    }
}

/// Holds: T-96, C-23.
#[tokio::test]
async fn a_server_whose_certificate_nobody_vouches_for_is_not_spoken_to() {
    use ocpi_app::{OperatorError, RegisterRequest};
    use ocpi_ports::RemoteError;

    use crate::credentials::stage::{PEER, Stage};
    use crate::support::pair::id;
    use crate::support::world::{WorldBuilder, to_anybody};

    let there = WorldBuilder::alone().over_tls().start().await;
    there.know(ocpi_domain::Platform::new(id("us"))).await;
    let token = there.app.issue_bootstrap_token(&id("us")).await;
    let mut builder = WorldBuilder::alone();
    builder.outbound.as_mut().expect("it calls").extra_ca = None;
    assert!(to_anybody().extra_ca.is_some());
    let here = Stage::of(builder, ocpi_domain::Platform::new(id(PEER))).await;
    let before = there.platforms.list_platforms().await.expect("a list");
    let request = RegisterRequest {
        versions_url: format!("{}/ocpi/versions", there.url)
            .parse()
            .expect("a URL"),
        token: token.expect("a token").token,
        peer_role: None,
    };
    // What it is to be registered as has no use for a token A of ours.
    let row = ocpi_ports::StoredPlatform::new(ocpi_domain::Platform::new(id(PEER)));
    here.world
        .platforms
        .put_platform(row, None)
        .await
        .expect("a row");
    let failed = here.world.app.register_with(&id(PEER), request).await;
    let Err(OperatorError::Remote(RemoteError::Unreachable { reason, .. })) = failed else {
        panic!("{failed:?}");
    };
    assert!(reason.to_lowercase().contains("certificate"), "{reason}");
    let after = there.platforms.list_platforms().await.expect("a list");
    assert_eq!(before, after, "it never came there");
}
