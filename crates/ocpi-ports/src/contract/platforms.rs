//! The promises of [`PlatformRepository`](crate::PlatformRepository) on single platforms.

use std::sync::Arc;

use ocpi_domain::{CredentialsUse, Revision};

use super::Harness;
use super::fixtures::{after_ms, assert_conflict, reopened, together};
use super::platform_fixtures::{
    assert_absent, assert_found, assert_list, assert_nobodys, bare_connection, change, create,
    delete, hash, live, platform, replace, seed, various,
};
use crate::TokenHash;

/// Hashes that none of [`various`] has.
const UNUSED: [TokenHash; 3] = [hash(2), TokenHash([0; 32]), TokenHash([0xff; 32])];

/// Promise 1: what was never put is absent, not an error.
///
/// Holds: T-01.
pub async fn absent_platform_is_none<H: Harness>() {
    let platforms = H::fresh().await.platforms();
    assert_absent(&platforms, "peer").await;
    assert_nobodys(&platforms, &UNUSED).await;
    create(&platforms, &platform("other", &[hash(1)])).await;
    assert_absent(&platforms, "peer").await;
    assert_nobodys(&platforms, &UNUSED).await;
}

/// Promise 2: a platform is found by its id and by each of its hashes, whole as it was put.
///
/// Holds: T-01, T-12.
pub async fn platform_is_found_by_id_and_by_each_hash<H: Harness>() {
    let platforms = H::fresh().await.platforms();
    let [full, bare, dotted, plain] = &various();
    for stored in [full, bare, dotted, plain] {
        create(&platforms, stored).await;
    }
    assert_list(&platforms, &[bare, dotted, plain, full]).await;
    for id in ["PEER", "a.B-c-1", "D", "pee", "peer-"] {
        assert_absent(&platforms, id).await;
    }
    assert_nobodys(&platforms, &UNUSED).await;
}

/// Promise 3: putting the same id again replaces everything, and a hash that is not in it any more
/// finds nothing and is free.
///
/// Holds: C-14, T-13.
pub async fn replaced_platform_loses_its_former_hashes<H: Harness>() {
    let platforms = H::fresh().await.platforms();
    let all = various();
    let neighbour = platform("neighbour", &[UNUSED[0]]);
    create(&platforms, &neighbour).await;
    create(&platforms, &platform("peer", &[UNUSED[1]])).await;
    // Each becomes what another one is, by turns, and loses what that one has not.
    for round in 0..2 * all.len() {
        let mut next = all[round % all.len()].clone();
        let tokens = [next.tokens.len(), 0][round / all.len()];
        next.tokens.truncate(tokens);
        change(&mut next, |platform| platform.id = "peer".parse().unwrap());
        replace(&platforms, &next).await;
        let list = assert_list(&platforms, &[&neighbour, &next]).await;
        assert_eq!(list.platforms[1].is_registered(), has_live(&next));
        assert_nobodys(&platforms, &UNUSED[1..]).await;
        let of_others = all.iter().flat_map(|other| &other.tokens);
        for token in of_others.filter(|token| !next.tokens.contains(token)) {
            assert_nobodys(&platforms, &[token.hash]).await;
        }
    }

    // A rotation: the same hash gets another use, and a new one comes before it.
    let mut rotated = platform("peer", &[hash(8)]);
    replace(&platforms, &rotated).await;
    rotated.tokens[0].good_for = CredentialsUse::Former { until: after_ms(1) };
    rotated.tokens.insert(0, live(hash(9)));
    replace(&platforms, &rotated).await;
    assert_found(&platforms, &rotated).await;
    rotated.tokens.reverse();
    replace(&platforms, &rotated).await;
    assert_found(&platforms, &rotated).await;
    rotated.tokens.remove(0);
    replace(&platforms, &rotated).await;
    assert_list(&platforms, &[&neighbour, &rotated]).await;
    assert_nobodys(&platforms, &[hash(8)]).await;
    // What was given up is another's now.
    let second = platform("second", &[UNUSED[1], hash(8)]);
    create(&platforms, &second).await;
    assert_list(&platforms, &[&neighbour, &rotated, &second]).await;
    // A new token that we present, and nothing else.
    for sealed in [&[1; 64][..], &[1; 63], &[2; 4000], b"1"] {
        rotated.connection = Some(bare_connection(sealed));
        replace(&platforms, &rotated).await;
        assert_list(&platforms, &[&neighbour, &rotated, &second]).await;
    }
}

fn has_live(stored: &crate::StoredPlatform) -> bool {
    let mut uses = stored.tokens.iter().map(|token| token.good_for);
    uses.any(|good_for| good_for == CredentialsUse::Live)
}

/// Promise 4: a hash that another platform has, or that stands twice in one, is a conflict, and
/// nothing changes.
///
/// Holds: C-03, T-12.
pub async fn hash_of_another_platform_conflicts<H: Harness>() {
    let platforms = H::fresh().await.platforms();
    let [full, second, third, plain] = &various();
    for stored in [full, second, plain] {
        create(&platforms, stored).await;
    }
    let all = [second, plain, full];
    let before = assert_list(&platforms, &all).await.revision;
    let taken = full.tokens[1].hash;
    // A new platform, one that has a hash of its own, and one that has none.
    for id in ["new", "Peer", "d"] {
        for hashes in [
            &[taken][..],
            &[UNUSED[0], taken],
            &[taken, UNUSED[0]],
            &[UNUSED[0], UNUSED[0]],
            &[UNUSED[0], UNUSED[1], UNUSED[0]],
        ] {
            let mut refused = platform(id, hashes);
            refused.tokens[0].good_for = CredentialsUse::Registration { until: after_ms(1) };
            for follows in [None, Some(before)] {
                let put = platforms.put_platform(refused.clone(), follows).await;
                assert_conflict(&put);
            }
            if id == "new" {
                assert_conflict(&platforms.seed_platform(refused).await);
            }
            let list = assert_list(&platforms, &all).await;
            assert_eq!(list.revision, before);
            assert_nobodys(&platforms, &UNUSED).await;
        }
    }
    let mut taken_too = third.clone();
    taken_too.tokens.push(live(second.tokens[0].hash));
    assert_conflict(&platforms.seed_platform(taken_too).await);
    assert_absent(&platforms, third.platform.id.as_str()).await;
    // What was refused was not seeded.
    assert!(seed(&platforms, third).await);
    assert_list(&platforms, &[second, third, plain, full]).await;
}

/// Promise 8: delete reports whether there was one; afterwards neither id nor hash finds it.
///
/// Holds: T-01.
pub async fn deleted_platform_is_gone<H: Harness>() {
    let platforms = H::fresh().await.platforms();
    let [full, neighbour, third, _] = &various();
    let hashes: Vec<TokenHash> = full.tokens.iter().map(|token| token.hash).collect();
    assert!(!delete(&platforms, "peer").await);
    create(&platforms, neighbour).await;
    for stored in [full, &platform("peer", &[]), full] {
        create(&platforms, stored).await;
        assert!(!delete(&platforms, "PEER").await);
        assert!(delete(&platforms, "peer").await);
        assert_absent(&platforms, "peer").await;
        assert_nobodys(&platforms, &hashes).await;
        assert_list(&platforms, &[neighbour]).await;
        assert!(!delete(&platforms, "peer").await);
    }
    // It comes back without anything that it had, and its hashes are free.
    let bare = platform("peer", &[]);
    create(&platforms, &bare).await;
    assert_nobodys(&platforms, &hashes).await;
    let mut third = third.clone();
    third.tokens = full.tokens.clone();
    create(&platforms, &third).await;
    assert_list(&platforms, &[neighbour, &third, &bare]).await;
}

/// Promise 9: an id is seeded once for the life of the store, and only when no platform has it.
pub async fn platform_is_seeded_once<H: Harness>() {
    let platforms = H::fresh().await.platforms();
    let [full, neighbour, ..] = &various();
    let changed = platform("peer", &[UNUSED[1]]);
    assert!(seed(&platforms, full).await);
    assert_found(&platforms, full).await;
    // The same again, and others of that id.
    for again in [full, &platform("peer", &[]), &platform("peer", &UNUSED)] {
        assert!(!seed(&platforms, again).await);
        assert_list(&platforms, &[full]).await;
        assert_nobodys(&platforms, &UNUSED).await;
    }
    // It was changed meanwhile.
    replace(&platforms, &changed).await;
    assert!(!seed(&platforms, full).await);
    assert_list(&platforms, &[&changed]).await;
    // It was deleted meanwhile, and its hashes are another's.
    assert!(delete(&platforms, "peer").await);
    assert!(!seed(&platforms, full).await);
    assert_absent(&platforms, "peer").await;
    let mut neighbour = neighbour.clone();
    neighbour.tokens = full.tokens.clone();
    assert!(seed(&platforms, &neighbour).await);
    assert!(!seed(&platforms, full).await);
    assert_list(&platforms, &[&neighbour]).await;
    // It came back, and went again.
    create(&platforms, &changed).await;
    assert!(!seed(&platforms, full).await);
    assert_list(&platforms, &[&neighbour, &changed]).await;
    assert!(delete(&platforms, "peer").await);
    assert!(!seed(&platforms, &changed).await);
    assert_list(&platforms, &[&neighbour]).await;

    // One that is there without having been seeded stays as it is.
    let put = platform("put", &[]);
    create(&platforms, &put).await;
    for hash in [UNUSED[2], neighbour.tokens[0].hash] {
        assert!(!seed(&platforms, &platform("put", &[hash])).await);
        assert_list(&platforms, &[&neighbour, &put]).await;
    }
    // And once it is deleted, it stays away.
    assert!(delete(&platforms, "put").await);
    assert!(!seed(&platforms, &put).await);
    assert_list(&platforms, &[&neighbour]).await;

    let seeding = (0..8).map(|_| {
        let platforms = Arc::clone(&platforms);
        async move { seed(&platforms, &platform("rival", &[UNUSED[0]])).await }
    });
    let seeded = together(seeding.collect()).await;
    assert_eq!(seeded.iter().filter(|seeded| **seeded).count(), 1);
}

/// Promise 11: what was put, seeded and deleted, and the revision of the list, survive a restart
/// of a durable store.
///
/// Holds: C-03, T-12.
pub async fn platforms_survive_reopen<H: Harness>() {
    let store = H::fresh().await;
    let platforms = store.platforms();
    let seeded = [("kept", 10), ("changed", 11), ("deleted", 12)];
    let seeded = seeded.map(|(id, last)| platform(id, &[hash(last)]));
    for stored in &seeded {
        assert!(seed(&platforms, stored).await);
    }
    let [kept, ..] = &seeded;
    let changed = platform("changed", &[hash(13), hash(14)]);
    replace(&platforms, &changed).await;
    assert!(delete(&platforms, "deleted").await);
    let brief = platform("brief", &[]);
    create(&platforms, &brief).await;
    assert!(delete(&platforms, "brief").await);
    create(&platforms, &platform("peer", &UNUSED)).await;
    let [full, bare, dotted, plain] = &various();
    replace(&platforms, full).await;
    for stored in [bare, dotted, plain] {
        create(&platforms, stored).await;
    }
    let all = [bare, dotted, &changed, plain, kept, full];
    let before = assert_list(&platforms, &all).await.revision;
    drop(platforms);

    let Some(store) = reopened(store).await else {
        return;
    };
    let platforms = store.platforms();
    let list = assert_list(&platforms, &all).await;
    assert_eq!(list.revision, before);
    assert_nobodys(&platforms, &UNUSED).await;
    assert_nobodys(&platforms, &[hash(11), hash(12)]).await;
    let taken = platform("new", &[full.tokens[0].hash]);
    assert_conflict(&platforms.put_platform(taken, None).await);
    // What was seeded or deleted is seeded no more, whatever became of it.
    for stored in seeded.iter().chain([&brief]) {
        assert!(!seed(&platforms, stored).await, "{}", stored.platform.id);
    }
    let list = assert_list(&platforms, &all).await;
    assert_eq!(list.revision, before);
    let put = |follows| platforms.put_platform(kept.clone(), Some(follows));
    assert_conflict(&put(Revision(before.0 - 1)).await);
    assert!(!put(before).await.unwrap());
    assert!(assert_list(&platforms, &all).await.revision > before);
}
