//! What a CPO is to know becomes another: it gets all of that.

use ocpi_domain::{OcpiVersion, Profile, Role};
use ocpi_ports::{StorageError, StoredPlatform};
use serde_json::json;

use super::seconds;
use super::world::{World, connected_in, cpo};
use crate::testing::{hosting, hosting_of, party};
use crate::{AppOptions, SyncOptions};

fn cpo_in(version: OcpiVersion) -> StoredPlatform {
    let roles = [(Role::Cpo, "NL/BET")];
    connected_in(version, "cpo", &roles, Profile::default())
}

/// The platform is written with that change, in the connection that it has.
async fn change(world: &World, change: impl Fn(&mut StoredPlatform) + Send + Sync) {
    let written = world.app.update_platform(|list| {
        let mut new = StoredPlatform::clone(&list.platforms[0]);
        change(&mut new);
        Ok::<_, StorageError>(new)
    });
    written.await.unwrap();
}

/// Holds: C-06, E-40. The words of 2.1.1 had no groups, and the CPO has them without.
#[tokio::test(start_paused = true)]
async fn a_cpo_that_changes_to_another_version_gets_everything_in_its_words() {
    let world = World::of(vec![cpo_in(OcpiVersion::V2_1_1)]);
    world
        .put_with("CARD", &json!({"issuer": "1", "group_id": "G"}))
        .await;
    let _running = world.run();
    seconds(1).await;
    assert_eq!(world.other.take_arrived(), ["put CARD 1"]);
    change(&world, |platform| {
        let served = platform.connection.as_mut().unwrap().served.as_mut();
        served.unwrap().version = OcpiVersion::V2_2_1;
    })
    .await;
    seconds(61).await;
    let arrived = world.other.arrived();
    assert_eq!(arrived[0].call.version, OcpiVersion::V2_2_1);
    assert_eq!(world.other.take_arrived(), ["put CARD 1"]);
    // Once.
    seconds(600).await;
    assert!(world.other.take_arrived().is_empty());
}

/// Holds: C-17, E-40.
#[tokio::test(start_paused = true)]
async fn a_cpo_of_2_1_1_that_deals_with_another_party_gets_its_tokens() {
    let hosted = [("CH/ABC", &[Role::Emsp][..]), ("CH/TWO", &[Role::Emsp])];
    let platforms = vec![cpo_in(OcpiVersion::V2_1_1)];
    let world = World::with(platforms, hosting_of(&hosted), SyncOptions::default());
    world.store("A", &json!({"party_id": "ABC"})).await;
    world.store("B", &json!({"party_id": "TWO"})).await;
    let _running = world.run();
    seconds(1).await;
    change(&world, |platform| {
        let mut new = ocpi_domain::Platform::clone(&platform.platform);
        new.our_party = Some(party("CH/TWO"));
        platform.platform = new.into();
    })
    .await;
    seconds(61).await;
    let copies = world.other.copies("cpo");
    let uids: Vec<_> = copies.iter().map(|(uid, _)| uid.as_str()).collect();
    assert_eq!(uids, ["A", "B"]);
}

/// Holds: E-40. Its Tokens were here before: a cursor that has passed them would never come back.
#[tokio::test(start_paused = true)]
async fn the_tokens_of_a_party_that_is_hosted_later_are_pushed() {
    let world = World::of(vec![cpo()]);
    world.store("LATER", &json!({"party_id": "TWO"})).await;
    world.put("CARD", "1").await;
    let running = world.run();
    seconds(1).await;
    assert_eq!(world.other.take_arrived(), ["put CARD 1"]);
    drop(running);
    let hosted = [("CH/ABC", &[Role::Emsp][..]), ("CH/TWO", &[Role::Emsp])];
    let world = world.restarted_with(hosting_of(&hosted), SyncOptions::default());
    let running = world.run();
    seconds(1).await;
    let copies = world.other.copies("cpo");
    let uids: Vec<_> = copies.iter().map(|(uid, _)| uid.as_str()).collect();
    assert_eq!(uids, ["CARD", "LATER"]);
    drop(running);
    // The same again, said in another order, is nothing new.
    let hosted = [("CH/TWO", &[Role::Emsp][..]), ("CH/ABC", &[Role::Emsp])];
    let world = world.restarted_with(hosting_of(&hosted), SyncOptions::default());
    world.other.take_arrived();
    let _running = world.run();
    seconds(100).await;
    assert!(world.other.take_arrived().is_empty());
}

/// Holds: E-04, E-40. What was left out is sent when it is left out no more.
#[tokio::test(start_paused = true)]
async fn the_types_that_are_listed_later_are_pushed() {
    let world = World::of(vec![cpo()]);
    let emaid = json!({"issuer": "1", "type": "EMAID"});
    world.put_with("EMAID", &emaid).await;
    world.put("CARD", "1").await;
    let running = world.run();
    seconds(1).await;
    assert_eq!(world.other.take_arrived(), ["put CARD 1"]);
    drop(running);
    let options = AppOptions {
        list_all_token_types: true,
        ..AppOptions::default()
    };
    let world = world.restarted_by(hosting(), options);
    let _running = world.run();
    seconds(1).await;
    assert_eq!(world.other.take_arrived(), ["put EMAID 1", "put CARD 1"]);
}
