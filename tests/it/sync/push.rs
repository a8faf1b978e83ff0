//! What our CPOs are told of our Tokens.

use std::collections::BTreeMap;

use ocpi_app::{PutOwnToken, RunState};
use ocpi_domain::{OcpiVersion, Profile, PushTokens, Role, TokenPatch, TokenType};
use serde_json::{Value, json};

use super::cpo::{Cpo, in_2_1_1};
use super::stage::{Syncing, builder, builder_over, peer_of, pushed, status};
use crate::support::http::Request;
use crate::support::program::Directory;
use crate::support::random::{Random, fresh_seed};
use crate::support::token::{card, with};
use crate::support::until::until;
use crate::support::world::{World, WorldBuilder, hosted, party, platform};

/// Stores a Token of CH/ABC as its operator does.
async fn put(world: &World, token: &Value) -> Value {
    let fields: TokenPatch = serde_json::from_value(token.clone()).expect("a Token");
    let request = PutOwnToken {
        party: party("CH", "ABC"),
        uid: token["uid"]
            .as_str()
            .expect("a uid")
            .parse()
            .expect("a uid"),
        token_type: None,
        fields,
    };
    let stored = world.app.put_own_token(request).await;
    json!(stored.expect("it is stored").1)
}

/// A Token without a moment of its own: that of its change counts.
fn changed(uid: &str, changes: &Value) -> Value {
    with(with(card(uid), &json!({"last_updated": null})), changes)
}

/// CH/ABC as eMSP, and these CPOs: each a party of its own, in that version.
fn knowing(mut builder: WorldBuilder, cpos: &[(&Cpo, OcpiVersion, PushTokens)]) -> WorldBuilder {
    builder.hosted = vec![hosted("CH", "ABC", &[Role::Emsp])];
    for (number, (cpo, version, push_tokens)) in cpos.iter().enumerate() {
        let profile = Profile {
            push_tokens: *push_tokens,
            ..Profile::default()
        };
        let party_id = format!("C{number:02}");
        let roles = [("NL", party_id.as_str(), Role::Cpo)];
        let known = platform(&format!("cpo-{number}"), profile, &roles);
        builder.platforms.push(peer_of(known, *version, &cpo.peer));
    }
    builder
}

/// Everything that `GET tokens` lists for this CPO, by uid.
async fn listed(world: &World, id: &str, version: &str) -> BTreeMap<String, Value> {
    let target = format!("/ocpi/emsp/{version}/tokens?limit=1000");
    let request = Request::new("GET", &target).token(&format!("{id}.token"));
    let response = world.send(&request).await;
    assert_eq!(response.codes(), (200, 1000), "{}", response.message());
    let data = response.data();
    let tokens = data.as_array().expect("a list").iter();
    let named = tokens.map(|token| {
        let uid = token["uid"].as_str().expect("a uid").to_owned();
        (uid, token.clone())
    });
    named.collect()
}

/// Holds: E-40, E-43, E-04, Q-27, T-87, M-02, M-04. A CPO that is new receives everything that it
/// would find in our list, in the words of its version, and nothing else.
#[tokio::test]
async fn a_new_cpo_receives_everything_that_it_would_find_in_our_list() {
    let versions = [
        ("2.3.0", OcpiVersion::V2_3_0),
        ("2.2.1", OcpiVersion::V2_2_1),
        ("2.1.1", OcpiVersion::V2_1_1),
    ];
    let cpos = [Cpo::start().await, Cpo::start().await, Cpo::start().await];
    let known: Vec<_> = versions
        .iter()
        .zip(&cpos)
        .map(|((_, version), cpo)| (cpo, *version, PushTokens::Put))
        .collect();
    let world = knowing(builder(), &known).start().await;
    for number in 0..30 {
        let group = json!({"group_id": "FLEET", "valid": number % 3 > 0});
        put(&world, &with(card(&format!("CARD{number:02}")), &group)).await;
    }
    for (number, token_type) in ["OTHER", "APP_USER", "AD_HOC_USER", "EMAID"]
        .iter()
        .enumerate()
    {
        let of_type = json!({"type": token_type});
        put(&world, &with(card(&format!("TYPE{number}")), &of_type)).await;
    }
    world.push_foreign().await;
    let _syncing = Syncing::of(&world.app);
    for (number, (version, _)) in versions.iter().enumerate() {
        let id = format!("cpo-{number}");
        pushed(&world, &id).await;
        let listed = listed(&world, &id, version).await;
        assert_eq!(listed.len(), 31, "{version}: no type that is not listed");
        assert_eq!(cpos[number].copies(), listed, "{version}");
        let asked = cpos[number].peer.asked();
        assert!(asked.iter().all(|asked| asked.method == "PUT"), "{version}");
        assert_eq!(asked.len(), 31, "{version}: each once");
        let of_type = asked.iter().find(|asked| asked.target.contains("TYPE0"));
        let target = &of_type.expect("it is pushed").target;
        let says_type = target.ends_with("?type=OTHER");
        assert_eq!(says_type, *version != "2.1.1", "{target}");
        let headers = &asked[0].headers;
        let to = headers.get("ocpi-to-party-id").map(String::as_str);
        let party_id = format!("C{number:02}");
        assert_eq!(to, (*version != "2.1.1").then_some(&*party_id), "{version}");
    }
    assert_eq!(
        in_2_1_1(&cpos[0].copies()["CARD01"]),
        cpos[2].copies()["CARD01"]
    );
}

impl World {
    /// Has a copy of a Token of somebody else, too.
    async fn push_foreign(&self) {
        let foreign = with(
            card("FOREIGN"),
            &json!({"country_code": "DE", "party_id": "TNM"}),
        );
        let write = ocpi_ports::TokenWrite {
            token: std::sync::Arc::new(serde_json::from_value(foreign).expect("a Token")),
            marks: ocpi_domain::TokenMarks::default(),
            follows: None,
        };
        let stored = ocpi_ports::TokenRepository::put_token(&*self.store, write).await;
        stored.expect("it is new");
    }
}

/// Holds: E-40, E-41, Q-22, T-98. What changes is sent once, as it is; what does not is not sent.
#[tokio::test]
async fn each_change_is_sent_once_and_what_did_not_change_is_not_sent() {
    let cpo = Cpo::start().await;
    let known = [(&cpo, OcpiVersion::V2_3_0, PushTokens::Put)];
    let world = knowing(builder(), &known).start().await;
    let _syncing = Syncing::of(&world.app);
    let first = put(&world, &changed("CARD1", &json!({}))).await;
    pushed(&world, "cpo-0").await;
    // In the same millisecond.
    let second = put(&world, &changed("CARD1", &json!({"valid": false}))).await;
    pushed(&world, "cpo-0").await;
    assert_eq!(cpo.copies()["CARD1"], second);
    assert_eq!(
        cpo.copies()["CARD1"]["valid"],
        false,
        "invalidation is told"
    );
    let moment = |token: &Value| -> ocpi_domain::DateTime {
        let text = token["last_updated"].as_str().expect("a moment");
        text.parse().expect("a moment")
    };
    assert!(moment(&second) > moment(&first), "{first} {second}");
    world.clock.advance_ms(60_000);
    let third = put(&world, &changed("CARD1", &json!({"valid": false}))).await;
    assert_eq!(third, second, "nothing changed, and it is not renewed");
    put(&world, &changed("CARD2", &json!({}))).await;
    pushed(&world, "cpo-0").await;
    assert_eq!((cpo.writes("CARD1"), cpo.writes("CARD2")), (2, 1));
    assert!(cpo.older_after_newer().is_empty());
}

/// Holds: E-44, K-03. One uid and type is one Token of a party, however it is written.
#[tokio::test]
async fn a_uid_and_type_is_one_token_of_a_party() {
    let cpo = Cpo::start().await;
    let known = [(&cpo, OcpiVersion::V2_3_0, PushTokens::Put)];
    let world = knowing(builder(), &known).start().await;
    let _syncing = Syncing::of(&world.app);
    put(&world, &changed("Card1", &json!({}))).await;
    put(&world, &changed("CARD1", &json!({"issuer": "Renamed"}))).await;
    put(&world, &changed("CARD1", &json!({"type": "OTHER"}))).await;
    pushed(&world, "cpo-0").await;
    let target = "/ocpi/emsp/2.3.0/tokens";
    let request = Request::new("GET", target).token("cpo-0.token");
    let data = world.send(&request).await.data();
    assert_eq!(data.as_array().map(Vec::len), Some(2), "{data}");
}

/// Holds: E-42, Q-29, K-22. By PATCH where the platform wants it, with all that the Token has; whole
/// where it has lost it.
#[tokio::test]
async fn a_platform_that_wants_patches_gets_them_and_the_whole_where_it_has_none() {
    let cpo = Cpo::start().await;
    let known = [(&cpo, OcpiVersion::V2_3_0, PushTokens::Patch)];
    let world = knowing(builder(), &known).start().await;
    let _syncing = Syncing::of(&world.app);
    for round in 0..3 {
        if round == 2 {
            cpo.loses("CARD1");
        }
        cpo.peer.forget();
        let issuer = format!("Round {round}");
        let token = put(
            &world,
            &changed("CARD1", &json!({"issuer": issuer, "group_id": "G"})),
        )
        .await;
        pushed(&world, "cpo-0").await;
        assert_eq!(cpo.copies()["CARD1"], token, "round {round}");
        let asked = cpo.peer.asked();
        let methods: Vec<&str> = asked.iter().map(|asked| asked.method.as_str()).collect();
        if round == 1 {
            assert_eq!(methods, ["PATCH"]);
            let body = asked[0].json();
            assert!(body["last_updated"].is_string(), "{body}");
            assert_eq!(body["group_id"], "G", "{body}");
        } else {
            assert_eq!(methods, ["PATCH", "GET", "PUT"], "round {round}");
        }
    }
}

/// Holds: E-40, Q-29. A Token that a CPO refuses does not hold up the others; the operator sees it,
/// and as it is then it is sent again.
#[tokio::test]
async fn a_token_that_is_refused_holds_up_no_other_and_is_tried_again() {
    let cpo = Cpo::start().await;
    cpo.refuses(&["BAD"]);
    let known = [(&cpo, OcpiVersion::V2_3_0, PushTokens::Put)];
    let world = knowing(builder(), &known).start().await;
    let _syncing = Syncing::of(&world.app);
    put(&world, &changed("BAD", &json!({}))).await;
    for number in 0..20 {
        put(&world, &changed(&format!("CARD{number}"), &json!({}))).await;
    }
    until("the others are there", || async {
        cpo.copies().len() == 20
    })
    .await;
    until("the operator sees it", || async {
        let push = status(&world, "cpo-0").await.push.expect("it is pushed to");
        push.behind.len() == 1 && push.state == RunState::Idle
    })
    .await;
    let push = status(&world, "cpo-0").await.push.expect("it is pushed to");
    assert_eq!(push.behind[0].key.uid.as_str(), "BAD");
    assert!(
        push.behind[0].reason.contains("we do not like it"),
        "{push:?}"
    );
    assert!(push.pending >= 1, "it is not there: {push:?}");
    // It changes, and the CPO has nothing against it any more.
    cpo.refuses(&[]);
    let token = put(&world, &changed("BAD", &json!({"issuer": "Better"}))).await;
    until("it is there", || async {
        cpo.copies().get("BAD") == Some(&token)
    })
    .await;
    until("nothing is behind", || async {
        let push = status(&world, "cpo-0").await.push.expect("it is pushed to");
        push.behind.is_empty() && push.pending == 0
    })
    .await;
}

/// Holds: T-98, E-40. A CPO that was gone gets what is true now, once, and not what was true before.
#[tokio::test]
async fn a_cpo_that_was_gone_gets_what_is_true_now() {
    let cpo = Cpo::start().await;
    cpo.fails(100, 1);
    let known = [(&cpo, OcpiVersion::V2_2_1, PushTokens::Put)];
    let world = knowing(builder(), &known).start().await;
    let _syncing = Syncing::of(&world.app);
    for number in 0..10 {
        put(
            &world,
            &changed("CARD1", &json!({"issuer": format!("Before {number}")})),
        )
        .await;
    }
    until("it is seen to be gone", || async {
        let push = status(&world, "cpo-0").await.push.expect("it is pushed to");
        push.failures > 2 && push.failure.is_some()
    })
    .await;
    let last = put(&world, &changed("CARD1", &json!({"issuer": "Now"}))).await;
    let before = cpo.writes("CARD1");
    cpo.fails(0, 1);
    pushed(&world, "cpo-0").await;
    assert_eq!(cpo.copies()["CARD1"], last);
    assert!(cpo.older_after_newer().is_empty());
    assert!(cpo.writes("CARD1") <= before + 2, "no queue is worked off");
}

/// Holds: E-40, E-41, T-98, K-27. Many CPOs of every version, each failing by a seed, while Tokens
/// change, and a restart in the midst: all come to what is true, and none sees an older version after
/// a newer.
#[tokio::test]
async fn cpos_that_fail_by_chance_all_come_to_what_is_true_over_a_restart() {
    let seed = fresh_seed();
    let mut random = Random::new(seed);
    let directory = Directory::new("push");
    let mut cpos = Vec::new();
    for number in 0..6 {
        let cpo = Cpo::start().await;
        cpo.fails(10 + 5 * number, random.next());
        cpos.push(cpo);
    }
    let versions = [
        OcpiVersion::V2_3_0,
        OcpiVersion::V2_2_1,
        OcpiVersion::V2_1_1,
    ];
    let known: Vec<_> = cpos
        .iter()
        .enumerate()
        .map(|(number, cpo)| {
            let how = if number == 1 {
                PushTokens::Patch
            } else {
                PushTokens::Put
            };
            (cpo, versions[number % 3], how)
        })
        .collect();
    let mut world = knowing(builder_over(directory.path()), &known)
        .start()
        .await;
    let mut syncing = Syncing::of(&world.app);
    for change in 0..300 {
        if change == 150 {
            // All that is in memory is lost.
            syncing.end().await;
            world.end().await;
            let mut again = builder_over(directory.path());
            again.hosted = vec![hosted("CH", "ABC", &[Role::Emsp])];
            again.randomness =
                std::sync::Arc::new(crate::support::clock::CountingRandomness::from(1 << 56));
            again.clock.advance_ms(60_000);
            world = again.start().await;
            syncing = Syncing::of(&world.app);
        }
        let uid = format!("CARD{:02}", random.below(40));
        let changes = json!({
            "issuer": format!("Change {change}"),
            "valid": random.coin(),
            "whitelist": random.any(&["ALWAYS", "ALLOWED", "NEVER"]),
        });
        put(&world, &changed(&uid, &changes)).await;
    }
    for cpo in &cpos {
        cpo.fails(0, 0);
    }
    // A Token that failed again and again while others did not waits for its turn.
    world.clock.advance_ms(3_600_000);
    world.app.request_push(None, false).await.expect("asked");
    for (number, cpo) in cpos.iter().enumerate() {
        let id = format!("cpo-{number}");
        pushed(&world, &id).await;
        let version = ["2.3.0", "2.2.1", "2.1.1"][number % 3];
        assert_eq!(
            cpo.copies(),
            listed(&world, &id, version).await,
            "seed {seed}"
        );
        assert_eq!(cpo.older_after_newer(), [""; 0], "seed {seed}");
    }
    syncing.end().await;
}

/// Holds: C-14, E-40. Who registers anew is told everything anew; who is not to be told is not.
#[tokio::test]
async fn a_new_connection_begins_at_the_beginning_and_one_that_is_off_never_begins() {
    let (cpo, off) = (Cpo::start().await, Cpo::start().await);
    let known = [
        (&cpo, OcpiVersion::V2_3_0, PushTokens::Put),
        (&off, OcpiVersion::V2_3_0, PushTokens::Off),
    ];
    let world = knowing(builder(), &known).start().await;
    for number in 0..5 {
        put(&world, &changed(&format!("CARD{number}"), &json!({}))).await;
    }
    let syncing = Syncing::of(&world.app);
    pushed(&world, "cpo-0").await;
    syncing.end().await;
    let mut stored = (*world
        .app
        .find_platform(&crate::support::pair::id("cpo-0"))
        .await
        .expect("known"))
    .clone();
    let connection = stored.connection.as_mut().expect("it is called");
    connection.connected_at = connection.connected_at.plus_ms(1000);
    let written = world.platforms.put_platform(stored, None).await;
    written.expect("it is written");
    cpo.peer.forget();
    let _syncing = Syncing::of(&world.app);
    until("everything is told anew", || async {
        cpo.peer.asked().len() == 5
    })
    .await;
    assert!(off.peer.asked().is_empty(), "{:?}", off.peer.asked());
    let all = world.app.sync_status().await.expect("a status");
    assert!(
        all.iter()
            .all(|sync| sync.platform.as_str() != "cpo-1" || sync.push.is_none())
    );
}

/// Holds: E-04, M-04. Every type, where the operator says so.
#[tokio::test]
async fn every_type_is_pushed_where_the_operator_says_so() {
    let cpo = Cpo::start().await;
    let known = [(&cpo, OcpiVersion::V2_2_1, PushTokens::Put)];
    let mut builder = knowing(builder(), &known);
    builder.options.list_all_token_types = true;
    let world = builder.start().await;
    let _syncing = Syncing::of(&world.app);
    for (uid, token_type) in [
        ("CARD", TokenType::Rfid),
        ("APP", TokenType::AppUser),
        ("HOC", TokenType::AdHocUser),
        ("MAID", TokenType::Emaid),
    ] {
        put(&world, &changed(uid, &json!({"type": token_type}))).await;
    }
    pushed(&world, "cpo-0").await;
    assert_eq!(cpo.copies(), listed(&world, "cpo-0", "2.2.1").await);
    assert_eq!(cpo.copies()["MAID"]["type"], "OTHER");
    assert_eq!(cpo.copies()["APP"]["whitelist"], "NEVER");
}
