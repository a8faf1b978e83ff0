//! The promises of [`LocationRepository`].

use std::sync::Arc;

use ocpi_domain::{
    KnownEvse, Location, LocationEvses, LocationKey, LocationReferences, Party, Revision, TokenType,
};
use serde_json::{Value, json};

use super::Harness;
use super::fixtures::{
    UIDS_APART, after_ms, assert_conflict, assert_same, card, create, numbered, own, platform_id,
    question, reopened, together, uid,
};
use super::slot_fixtures::{at_evses, cpo, other_cpo};
use crate::{LocationRepository, LocationWrite, StoredLocation, SubjectLookup, SubjectQuery};

type Locations = Arc<dyn LocationRepository>;

fn location_key(party: Party, id: &str) -> LocationKey {
    LocationKey {
        party,
        id: id.parse().unwrap(),
    }
}

/// A Location with these EVSEs.
fn location(party: Party, id: &str, evses: &Value) -> Location {
    let members = json!({
        "country_code": party.country_code.as_str(),
        "party_id": party.party_id.as_str(),
        "id": id,
        "evses": evses,
        "last_updated": after_ms(0).to_string(),
    });
    serde_json::from_str(&members.to_string()).unwrap()
}

/// An EVSE with these connectors.
fn evse(uid: &str, status: &str, connector_ids: &[&str]) -> Value {
    let at = after_ms(0).to_string();
    let connectors = connector_ids.iter();
    let connectors = connectors.map(|id| json!({"id": id, "last_updated": at}));
    json!({
        "uid": uid,
        "evse_id": format!("NL*ALF*{uid}"),
        "status": status,
        "connectors": connectors.collect::<Vec<_>>(),
        "last_updated": at,
    })
}

/// What is known of that EVSE.
fn known(uid: &str, is_removed: bool, connector_ids: &[&str]) -> KnownEvse {
    KnownEvse {
        uid: uid.parse().unwrap(),
        evse_id: Some(format!("NL*ALF*{uid}").parse().unwrap()),
        connector_ids: connector_ids.iter().map(|id| id.parse().unwrap()).collect(),
        is_removed,
    }
}

fn write(location: Location, follows: Option<Revision>) -> LocationWrite {
    LocationWrite {
        location: Arc::new(location),
        follows,
    }
}

async fn put(
    locations: &Locations,
    location: Location,
    follows: Option<Revision>,
) -> StoredLocation {
    let stored = locations
        .put_location(write(location.clone(), follows))
        .await;
    let stored = stored.unwrap();
    assert_same(&*stored.location, &location);
    stored
}

async fn find(locations: &Locations, key: &LocationKey) -> Option<StoredLocation> {
    locations.find_location(key).await.unwrap()
}

/// Promise 1: what was never put is absent, not an error.
///
/// Holds: L-01.
pub async fn absent_location_is_none<H: Harness>() {
    let locations = H::fresh().await.locations();
    let absent = location_key(cpo(), "LOC1");
    assert_eq!(find(&locations, &absent).await, None);
    for (party, id) in [(cpo(), "LOC2"), (cpo(), "LOC11"), (other_cpo(), "LOC1")] {
        put(&locations, location(party, id, &json!([])), None).await;
        assert_eq!(find(&locations, &absent).await, None);
    }
}

/// Locations that between them say everything that a Location can say.
fn various_locations() -> Vec<Location> {
    // Its members in no order of ours, and its numbers and texts as no writer of ours spells them.
    let odd = r#"{"x-own":{"b":1e2,"a":[ 1 ,2]},"coordinates":{"latitude":"51.0"},"id":"loC 1",
        "evses":[{"status":"REMOVED","uid":"b","x":1.50,"last_updated":"2025-01-01T00:00:00.5Z",
        "connectors":[{"id":"2","power":1.0,"last_updated":"2025-01-01T00:00:00Z"},
        {"id":"1","last_updated":"2025-01-01T00:00:00Z"}]},
        {"uid":"A","status":"NEW","last_updated":"2025-01-01T00:00:00Z"}],
        "party_id":"Alf","country_code":"nL","name":"\u00e9 é \"'%",
        "last_updated":"2025-01-01T00:00:00.5Z"}"#;
    let mut all = vec![serde_json::from_str(odd).unwrap()];
    for id in UIDS_APART {
        let evses = json!([evse(id, "AVAILABLE", &["1"]), evse("E2", "REMOVED", &[])]);
        all.push(location(cpo(), id, &evses));
        all.push(location(other_cpo(), id, &json!([])));
    }
    all
}

/// Asserts that the Location is found in every spelling of its key.
async fn assert_found(locations: &Locations, expected: &StoredLocation) {
    let LocationKey { party, id } = expected.location.key();
    let (country_code, party_id) = (party.country_code, party.party_id);
    for spell in [str::to_owned, str::to_uppercase, str::to_lowercase] {
        let party = Party::new(&spell(country_code.as_str()), &spell(party_id.as_str()));
        let key = location_key(party.unwrap(), &spell(id.as_str()));
        assert_same(&find(locations, &key).await.as_ref(), &Some(expected));
    }
}

/// Promise 2: a Location is found by its party and id, both without case, as it was put.
///
/// Holds: L-02, L-07, T-63, T-69.
pub async fn location_reads_back_as_it_was_put<H: Harness>() {
    let locations = H::fresh().await.locations();
    let mut expected = Vec::new();
    for location in various_locations() {
        expected.push(put(&locations, location, None).await);
    }
    for stored in &expected {
        assert_found(&locations, stored).await;
    }
    // What replaces it replaces all of it.
    for stored in &mut expected {
        let key = stored.location.key();
        let bare = location(key.party, key.id.as_str(), &json!([]));
        *stored = put(&locations, bare, Some(stored.revision)).await;
    }
    for stored in &expected {
        assert_found(&locations, stored).await;
    }
}

/// Promise 3: a write must follow the stored revision, else it is a conflict and nothing changes;
/// each write gets a revision greater than every one before it.
///
/// Holds: K-31, L-08.
pub async fn location_write_that_follows_nothing_stored_conflicts<H: Harness>() {
    let locations = H::fresh().await.locations();
    let key = location_key(cpo(), "LOC1");
    let of = |evse_uid: &str| {
        let evses = json!([evse(evse_uid, "AVAILABLE", &[])]);
        location(cpo(), "LOC1", &evses)
    };
    for follows in [0, 1, u64::MAX].map(Revision) {
        let refused = locations.put_location(write(of("E1"), Some(follows)));
        assert_conflict(&refused.await);
        assert_eq!(find(&locations, &key).await, None);
    }
    let neighbour = put(&locations, location(cpo(), "LOC2", &json!([])), None).await;
    let first = put(&locations, of("E1"), None).await;
    let second = put(&locations, of("E2"), Some(first.revision)).await;
    let foreign = put(&locations, location(other_cpo(), "LOC1", &json!([])), None).await;
    let revisions = [&neighbour, &first, &second, &foreign].map(|one| one.revision);
    assert!(revisions.is_sorted_by(|a, b| a < b), "{revisions:?}");
    for follows in [
        None,
        Some(first.revision),
        Some(neighbour.revision),
        Some(foreign.revision),
        Some(Revision(foreign.revision.0 + 1)),
        Some(Revision(u64::MAX)),
    ] {
        assert_conflict(&locations.put_location(write(of("E3"), follows)).await);
        for stored in [&neighbour, &second, &foreign] {
            assert_found(&locations, stored).await;
        }
    }

    let mut follows = Some(second.revision);
    for round in 0..20 {
        let rivals = numbered("E-", 8).into_iter().map(|name| {
            let write = write(of(&format!("{name}-{round}")), follows);
            let locations = Arc::clone(&locations);
            async move { locations.put_location(write).await }
        });
        let (won, lost): (Vec<_>, Vec<_>) = together(rivals.collect())
            .await
            .into_iter()
            .partition(Result::is_ok);
        lost.iter().for_each(assert_conflict);
        assert_eq!((won.len(), lost.len()), (1, 7));
        let winner = won.into_iter().next().unwrap().unwrap();
        follows = Some(winner.revision);
        assert_same(&find(&locations, &key).await, &Some(winner));
    }
}

/// The EVSEs that the subject of the card is read with, when the question names that place and
/// may mean these CPOs.
async fn evses_read<H: Harness>(
    store: &H,
    cpo_parties: &[Party],
    location: Option<&LocationReferences>,
) -> Option<Vec<KnownEvse>> {
    let (parties, uid) = ([own()], uid("CARD-1"));
    let peer = platform_id("peer");
    let query = SubjectQuery {
        cpo_parties,
        location,
        platform: Some(&peer),
        ..question(&parties, &uid, &TokenType::Rfid)
    };
    let read = store.authorizations();
    let SubjectLookup::One(subject) = read.load_authorization_subject(&query).await.unwrap() else {
        panic!("the card is not found");
    };
    let LocationEvses(evses) = Arc::unwrap_or_clone(subject.known_evses?);
    Some(evses)
}

/// Promise 4: a subject is read with the EVSEs of the Location that the question names, as of the
/// last write, of each CPO that it may belong to.
///
/// Holds: E-22, E-23, L-07, L-09, T-69.
pub async fn subject_is_read_with_its_location<H: Harness>() {
    let store = H::fresh().await;
    let locations = store.locations();
    create(&store.tokens(), card("CARD-1")).await;
    let here = at_evses(&["E1"]);
    let both = [cpo(), other_cpo()];
    assert_eq!(evses_read(&store, &both, Some(&here)).await, None);

    let evses = json!([
        evse("b", "REMOVED", &["2", "1"]),
        evse("A", "AVAILABLE", &[])
    ]);
    let first = put(&locations, location(cpo(), "LOC1", &evses), None).await;
    let ours = vec![known("b", true, &["2", "1"]), known("A", false, &[])];
    for (place, parties, expected) in [
        (Some("LOC1"), &[cpo()][..], Some(&ours)),
        (Some("loc1"), &[other_cpo(), cpo()], Some(&ours)),
        (
            Some("LOC1"),
            &[Party::new("nl", "alf").unwrap()],
            Some(&ours),
        ),
        (Some("LOC1"), &[other_cpo()], None),
        (Some("LOC1"), &[], None),
        (Some("LOC"), &both, None),
        (None, &both, None),
    ] {
        let place = place.map(|id| LocationReferences {
            location_id: id.parse().unwrap(),
            evse_uids: vec![],
        });
        let read = evses_read(&store, parties, place.as_ref()).await;
        assert_same(&read.as_ref(), &expected);
    }

    evses_of_two_cpos_are_in_the_order_of_the_cpos(&store, &ours).await;

    // What was written last is what is read, and what was refused is not.
    let here = Some(&here);
    let newer = location(cpo(), "LOC1", &json!([evse("C", "CHARGING", &[])]));
    let newer = put(&locations, newer, Some(first.revision)).await;
    let newest = Some(vec![known("C", false, &[])]);
    assert_same(&evses_read(&store, &[cpo()], here).await, &newest);
    let refused = write(location(cpo(), "LOC1", &json!([])), Some(first.revision));
    assert_conflict(&locations.put_location(refused).await);
    assert_same(&evses_read(&store, &[cpo()], here).await, &newest);
    assert_found(&locations, &newer).await;
}

/// Asserts that of a Location id that two CPOs have, both are read, when both may be meant; of the
/// first of them it is known that it has these EVSEs.
async fn evses_of_two_cpos_are_in_the_order_of_the_cpos<H: Harness>(store: &H, ours: &[KnownEvse]) {
    let (locations, here) = (store.locations(), at_evses(&["E1"]));
    // That nothing is known of its EVSEs is known of it.
    let bare = location(other_cpo(), "loc1", &json!([]));
    let bare = put(&locations, bare, None).await;
    let read = evses_read(store, &[other_cpo()], Some(&here)).await;
    assert_same(&read, &Some(vec![]));
    let theirs = location(other_cpo(), "LOC1", &json!([evse("A", "PLANNED", &["9"])]));
    put(&locations, theirs, Some(bare.revision)).await;
    let theirs = &[known("A", false, &["9"])][..];
    for (parties, expected) in [
        (&[cpo()][..], &[ours][..]),
        (&[other_cpo()], &[theirs]),
        (&[cpo(), other_cpo()], &[ours, theirs]),
        (&[other_cpo(), cpo()], &[theirs, ours]),
        // However often it is named, it is one.
        (&[other_cpo(), cpo(), other_cpo()], &[theirs, ours]),
    ] {
        let read = evses_read(store, parties, Some(&here)).await;
        assert_same(&read, &Some(expected.concat()));
    }
}

/// Promise 5: what was put survives a restart of a durable store.
///
/// Holds: L-02.
pub async fn locations_survive_reopen<H: Harness>() {
    let store = H::fresh().await;
    let locations = store.locations();
    create(&store.tokens(), card("CARD-1")).await;
    let mut expected = Vec::new();
    for location in various_locations() {
        expected.push(put(&locations, location, None).await);
    }
    let evses = json!([evse("E1", "AVAILABLE", &["1"])]);
    let first = put(&locations, location(cpo(), "LOC1", &json!([])), None).await;
    let second = put(
        &locations,
        location(cpo(), "LOC1", &evses),
        Some(first.revision),
    )
    .await;
    expected.push(second.clone());
    drop(locations);

    let Some(store) = reopened(store).await else {
        return;
    };
    let here = at_evses(&[]);
    let read = evses_read(&store, &[cpo()], Some(&here)).await;
    assert_same(&read, &Some(vec![known("E1", false, &["1"])]));
    let locations = store.locations();
    for stored in &expected {
        assert_found(&locations, stored).await;
    }
    for follows in [None, Some(first.revision)] {
        let stale = location(cpo(), "LOC1", &json!([]));
        assert_conflict(&locations.put_location(write(stale, follows)).await);
    }
    let newest = put(&locations, location(cpo(), "LOC9", &json!([])), None).await;
    assert!(newest.revision > second.revision);
}
