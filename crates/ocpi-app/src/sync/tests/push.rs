//! What is pushed to whom, and how often.

use std::collections::HashSet;

use ocpi_domain::{OcpiVersion, Profile, PushTokens, Role};
use ocpi_ports::RemoteRouting;
use serde_json::json;

use super::seconds;
use super::world::{World, connected, connected_in, cpo};
use crate::testing::{hosting_of, party};
use crate::{RunState, SyncOptions};

/// Holds: E-40, E-43, Q-22, T-82, T-87. A new CPO gets everything; then each change, once.
#[tokio::test(start_paused = true)]
async fn a_new_cpo_gets_everything_and_then_each_change_once() {
    let world = World::of(vec![cpo()]);
    world.put_many(3).await;
    let _running = world.run();
    seconds(1).await;
    let arrived = world.other.arrived();
    let between = RemoteRouting {
        from: party("CH/ABC"),
        to: Some(party("NL/BET")),
    };
    assert!(arrived.iter().all(|it| it.call.routing == Some(between)));
    let operations = arrived.iter().map(|it| it.call.correlation_id.to_string());
    assert_eq!(operations.collect::<HashSet<_>>().len(), 3);
    assert_eq!(
        world.other.take_arrived(),
        ["put T0 1", "put T1 1", "put T2 1"]
    );

    world.put("T1", "2").await;
    seconds(1).await;
    assert_eq!(world.other.take_arrived(), ["put T1 2"]);
    // The same again is no change.
    world.put("T1", "2").await;
    seconds(1).await;
    assert!(world.other.take_arrived().is_empty());

    world
        .put_with("T1", &json!({"issuer": "3", "valid": false}))
        .await;
    seconds(1).await;
    assert_eq!(world.other.take_arrived(), ["put T1 3"]);
    let status = world.app.sync_status().await.unwrap();
    let push = status[0].push.as_ref().unwrap();
    assert_eq!(
        (push.state, push.pending, push.taken),
        (RunState::Idle, 0, 5)
    );
    assert_eq!(status[0].pull, None);
}

/// Holds: E-04, E-05, M-04. A CPO is pushed what it could list.
#[tokio::test(start_paused = true)]
async fn what_a_cpo_could_not_list_is_not_pushed() {
    let world = World::of(vec![cpo()]);
    for (uid, token_type) in [
        ("A", "APP_USER"),
        ("B", "AD_HOC_USER"),
        ("C", "EMAID"),
        ("D", "OTHER"),
        // In 2.2.1 both are OTHER; the one that changed last is.
        ("E", "X-CARD"),
        ("E", "OTHER"),
    ] {
        world
            .put_with(uid, &json!({"issuer": "1", "type": token_type}))
            .await;
    }
    world
        .store("F", &json!({"country_code": "DE", "party_id": "EMS"}))
        .await;
    let _running = world.run();
    seconds(1).await;
    let arrived = world.other.take_arrived();
    assert_eq!(arrived, ["put D 1", "put E 1"]);
    // It is all that there is to send.
    let status = world.app.sync_status().await.unwrap();
    assert_eq!(status[0].push.as_ref().unwrap().pending, 0);
}

/// Holds: C-17. Over 2.1.1 the CPO deals with one of our parties.
#[tokio::test(start_paused = true)]
async fn over_2_1_1_only_the_tokens_of_one_party_are_pushed() {
    let hosted = [("CH/ABC", &[Role::Emsp][..]), ("CH/TWO", &[Role::Emsp])];
    let roles = [(Role::Cpo, "NL/BET")];
    let old = connected_in(OcpiVersion::V2_1_1, "old", &roles, Profile::default());
    let new = connected("new", &[(Role::Cpo, "NL/NEW")], Profile::default());
    let world = World::with(vec![old, new], hosting_of(&hosted), SyncOptions::default());
    world.store("A", &json!({"party_id": "ABC"})).await;
    world.store("B", &json!({"party_id": "TWO"})).await;
    let _running = world.run();
    seconds(1).await;
    let uids = |id: &str| {
        let copies = world.other.copies(id).into_iter();
        copies.map(|(uid, _)| uid).collect::<Vec<_>>()
    };
    assert_eq!(uids("old"), ["A"]);
    assert_eq!(uids("new"), ["A", "B"]);
}

/// Holds: T-98, E-41. While a Token is on its way it changes twice: the version in between is
/// never sent, and no two versions of it are on their way at once.
#[tokio::test(start_paused = true)]
async fn only_the_present_state_of_a_token_is_sent_and_never_beside_an_older_one() {
    let world = World::of(vec![cpo()]);
    world.other.take_after_ms(5000);
    world.put("CARD", "1").await;
    let _running = world.run();
    seconds(1).await;
    world.put("CARD", "2").await;
    seconds(1).await;
    world.put("CARD", "3").await;
    seconds(20).await;
    assert_eq!(world.other.take_arrived(), ["put CARD 1", "put CARD 3"]);
    assert_eq!(world.other.in_flight_max(), 1);
    assert_eq!(world.other.older_after_newer(), 0);
}

#[tokio::test(start_paused = true)]
async fn so_many_tokens_are_on_their_way_at_once() {
    let world = World::of(vec![cpo()]);
    world.other.take_after_ms(1000);
    world.put_many(24).await;
    let _running = world.run();
    seconds(4).await;
    assert_eq!(world.other.in_flight_max(), 8);
    assert_eq!(world.other.copies("cpo").len(), 24);
    let times: HashSet<_> = world
        .other
        .arrived()
        .iter()
        .map(|it| it.at_ms / 1000)
        .collect();
    assert_eq!(times, HashSet::from([0, 1, 2]));
}

/// It goes on where it was, by what is durable.
#[tokio::test(start_paused = true)]
async fn after_a_restart_only_what_was_not_kept_is_sent_again() {
    let world = World::of(vec![cpo()]);
    world.other.take_after_ms(100);
    world.put_many(1200).await;
    let running = world.run();
    // The first batch is kept, the second is under way.
    seconds(8).await;
    drop(running);
    seconds(1).await;
    let before = world.other.take_arrived();
    assert!((500..1000).contains(&before.len()), "{}", before.len());
    let kept = world.sync.push("cpo").unwrap().through.0;
    assert_eq!(kept, 500);
    let world = world.restarted();
    world.put("T1199", "2").await;
    let _running = world.run();
    seconds(60).await;
    let after = world.other.take_arrived();
    let expected: Vec<String> = (500..1199)
        .map(|number| format!("put T{number} 1"))
        .chain(["put T1199 2".to_owned()])
        .collect();
    assert!(after == expected, "{after:?}");
    assert_eq!(world.other.copies("cpo").len(), 1200);
    // Once a batch, not once a Token: one write for each, and the first to begin with.
    assert_eq!(world.sync.push_writes(), 4);
}

/// Holds: C-06, C-15. Another registration is another store at the CPO; new credentials are not.
#[tokio::test(start_paused = true)]
async fn who_registers_anew_gets_everything_anew() {
    let world = World::of(vec![cpo()]);
    world.put_many(2).await;
    let _running = world.run();
    seconds(1).await;
    assert_eq!(world.other.take_arrived().len(), 2);
    let write = |later_ms: i64| {
        world.app.update_platform(move |list| {
            let mut new = ocpi_ports::StoredPlatform::clone(&list.platforms[0]);
            let connection = new.connection.as_mut().unwrap();
            connection.connected_at = connection.connected_at.plus_ms(later_ms);
            Ok::<_, ocpi_ports::StorageError>(new)
        })
    };
    write(0).await.unwrap();
    seconds(1).await;
    assert!(world.other.take_arrived().is_empty());
    write(1).await.unwrap();
    seconds(1).await;
    assert_eq!(world.other.take_arrived(), ["put T0 1", "put T1 1"]);
}

/// Holds: C-14. Nothing goes where it is not wanted, and it goes as soon as it is.
#[tokio::test(start_paused = true)]
async fn only_connected_cpos_are_pushed_to() {
    let roles = [(Role::Cpo, "NL/BET")];
    let off = Profile {
        push_tokens: PushTokens::Off,
        ..Profile::default()
    };
    let mut unconnected = connected("unconnected", &[(Role::Cpo, "NL/UNC")], Profile::default());
    unconnected.connection = None;
    let mut sender_only = connected("sender", &[(Role::Cpo, "NL/SEN")], Profile::default());
    let connection = sender_only.connection.as_mut().unwrap();
    connection.served.as_mut().unwrap().endpoints.pop();
    let world = World::of(vec![
        connected("off", &roles, off),
        connected("emsp", &[(Role::Emsp, "DE/EMS")], Profile::default()),
        unconnected,
        sender_only,
    ]);
    world.put("CARD", "1").await;
    let _running = world.run();
    seconds(1).await;
    assert!(world.other.take_arrived().is_empty());
    let known = world.platforms.get("off");
    let mut platform = ocpi_domain::Platform::clone(&known.platform);
    platform.profile.push_tokens = PushTokens::Put;
    let put = |platform| crate::PutPlatform {
        platform,
        credentials_token: None,
        connection: None,
    };
    world.app.put_platform(put(platform.clone())).await.unwrap();
    seconds(1).await;
    assert_eq!(world.other.take_arrived(), ["put CARD 1"]);
    assert_eq!(world.metrics("ocpi_push").len(), 6);

    world.app.delete_platform(&platform.id).await.unwrap();
    world.put("CARD", "2").await;
    seconds(100).await;
    assert!(world.other.take_arrived().is_empty());
    // Nothing is left of it.
    assert!(world.metrics("ocpi_push").is_empty());
}

/// Holds: T-91. What a hub is to pass on is addressed to the hub.
#[tokio::test(start_paused = true)]
async fn a_hub_gets_each_token_once_for_all_its_cpos() {
    let roles = [(Role::Cpo, "NL/ONE"), (Role::Cpo, "NL/TWO")];
    let mut hub = connected("hub", &roles, Profile::default());
    let mut platform = ocpi_domain::Platform::clone(&hub.platform);
    platform.hub = Some(party("NL/HUB"));
    hub.platform = platform.into();
    let world = World::of(vec![hub]);
    world.put("CARD", "1").await;
    let _running = world.run();
    seconds(1).await;
    let to: Vec<_> = world
        .other
        .arrived()
        .iter()
        .map(|it| it.call.routing.unwrap().to)
        .collect();
    assert_eq!(to, [Some(party("NL/HUB"))]);
}
