//! The promises of [`PlatformRepository`](crate::PlatformRepository) on the list of all platforms.

use std::sync::Arc;

use ocpi_domain::{Revision, TokenType};

use super::Harness;
use super::fixtures::{
    assert_conflict, create as create_token, numbered, own, platform_id, together, token,
};
use super::platform_fixtures::{
    Repository, assert_absent, assert_list, assert_nobodys, create, delete, hash, platform,
    replace, seed, various,
};
use crate::{StorageError, StoredPlatform};

/// Promise 5: the list holds every platform in the order of their ids.
pub async fn platforms_are_listed_by_id<H: Harness>() {
    let platforms = H::fresh().await.platforms();
    assert_list(&platforms, &[]).await;
    let longest = ["a".repeat(64), "a".repeat(63) + "b"];
    let ids = [
        "-",
        ".",
        "0",
        "10",
        "9",
        "A",
        "B",
        "_",
        "a",
        "a-",
        "a.b",
        "aA",
        "a_b",
        &longest[0],
        &longest[1],
        "b",
    ];
    let mut ordered = Vec::new();
    for (id, last) in ids.into_iter().zip(0..) {
        // Of every three one has none, one, and two.
        let hashes = [hash(last), hash(0xff - last)];
        ordered.push(platform(id, &hashes[..usize::from(last) % 3]));
    }
    // By steps of 7 of 16 each comes once.
    for step in 0..ids.len() {
        create(&platforms, &ordered[step * 7 % ids.len()]).await;
    }
    let all: Vec<&StoredPlatform> = ordered.iter().collect();
    assert_list(&platforms, &all).await;
    let replaced = platform("a", &[hash(0x80)]);
    replace(&platforms, &replaced).await;
    let all: Vec<_> = [&all[..8], &[&replaced], &all[9..]].concat();
    assert_list(&platforms, &all).await;
    assert!(delete(&platforms, "a").await);
    let seeded = platform("Z", &[hash(0x80)]);
    assert!(seed(&platforms, &seeded).await);
    let all: Vec<_> = [&all[..7], &[&seeded], &all[7..8], &all[9..]].concat();
    assert_list(&platforms, &all).await;
}

/// The revision of the list.
async fn revision(platforms: &Repository) -> Revision {
    platforms.list_platforms().await.unwrap().revision
}

async fn put_after(
    platforms: &Repository,
    stored: &StoredPlatform,
    follows: Revision,
) -> Result<bool, StorageError> {
    platforms.put_platform(stored.clone(), Some(follows)).await
}

/// Promise 6: a put that follows a revision is a conflict, and nothing changes, unless it is that
/// of the list now; whatever changes the list gives it a greater one, and nothing else does.
///
/// Holds: C-03, C-20.
pub async fn put_that_follows_another_list_conflicts<H: Harness>() {
    let store = H::fresh().await;
    let platforms = store.platforms();
    let [full, second, third, plain] = &various();
    let mut revisions = vec![revision(&platforms).await];
    for (step, stored) in [full, second, full, full, third].into_iter().enumerate() {
        let present = revisions[step];
        // What the list had before, and what it never had.
        let former = revisions[..step].iter().copied();
        for follows in former.chain([Revision(present.0 + 1), Revision(u64::MAX)]) {
            assert_conflict(&put_after(&platforms, stored, follows).await);
            assert_conflict(&put_after(&platforms, plain, follows).await);
        }
        assert_absent(&platforms, "d").await;
        assert_eq!(revision(&platforms).await, present);
        // To put what is there already is a change too.
        let created = put_after(&platforms, stored, present).await.unwrap();
        assert_eq!(created, [0, 1, 4].contains(&step), "{step}");
        revisions.push(revision(&platforms).await);
        assert!(revisions.is_sorted_by(|a, b| a < b), "{revisions:?}");
    }
    let all = [second, third, full];
    let mut before = assert_list(&platforms, &all).await.revision;

    // A seeding that does nothing, a delete of nothing, refused writes, and other writes.
    assert!(!seed(&platforms, &platform("peer", &[])).await);
    assert!(!delete(&platforms, "absent").await);
    let taken = platform("new", &[full.tokens[0].hash]);
    assert_conflict(&platforms.put_platform(taken.clone(), None).await);
    assert_conflict(&put_after(&platforms, &taken, before).await);
    assert_conflict(&platforms.seed_platform(taken).await);
    create_token(&store.tokens(), token(own(), "CARD", &TokenType::Rfid)).await;
    assert_eq!(assert_list(&platforms, &all).await.revision, before);

    // Whatever is done to one platform conflicts with a write of another.
    for step in 0..4 {
        match step {
            0 => assert!(seed(&platforms, plain).await),
            1 => replace(&platforms, plain).await,
            2 => assert!(delete(&platforms, "d").await),
            _ => create(&platforms, plain).await,
        }
        let mut changed = full.clone();
        changed.tokens.clear();
        assert_conflict(&put_after(&platforms, &changed, before).await);
        let list = platforms.list_platforms().await.unwrap();
        assert!(list.revision > before, "{step}");
        assert!(list.platforms.iter().any(|stored| **stored == *full));
        before = list.revision;
    }
    assert_list(&platforms, &[second, third, plain, full]).await;
}

/// Promise 7: of many puts at once that follow one revision exactly one is done.
///
/// Holds: C-24.
pub async fn of_puts_that_follow_one_revision_one_is_done<H: Harness>() {
    let platforms = H::fresh().await.platforms();
    for round in 0..20 {
        let before = platforms.list_platforms().await.unwrap();
        // They create different platforms, by turns with one and the same.
        let ids = numbered(&format!("round-{round}-"), 8);
        let rivals = ids.iter().zip(0..).map(|(id, last)| {
            let id = if round % 2 == 0 { id } else { "one" };
            platform(id, &[hash(last), hash(0x80 + last)][..=round % 2])
        });
        let rivals: Vec<StoredPlatform> = rivals.collect();
        let tasks = rivals.iter().map(|rival| {
            let (platforms, rival) = (Arc::clone(&platforms), rival.clone());
            async move { put_after(&platforms, &rival, before.revision).await }
        });
        let results = together(tasks.collect()).await;
        let (done, refused): (Vec<_>, Vec<_>) = rivals
            .iter()
            .zip(&results)
            .partition(|(_, put)| put.is_ok());
        let [(winner, _)] = done[..] else {
            panic!("one of eight is due, not {results:?}");
        };
        for (_, put) in refused {
            assert_conflict(put);
        }
        let mut expected: Vec<&StoredPlatform> =
            before.platforms.iter().map(|one| &**one).collect();
        expected.retain(|one| one.platform.id != winner.platform.id);
        expected.push(winner);
        expected.sort_by(|a, b| a.platform.id.cmp(&b.platform.id));
        let list = assert_list(&platforms, &expected).await;
        assert!(list.revision > before.revision);
        for loser in rivals.iter().filter(|rival| *rival != winner) {
            for token in loser
                .tokens
                .iter()
                .filter(|token| !winner.tokens.contains(token))
            {
                assert_nobodys(&platforms, &[token.hash]).await;
            }
        }
        // What the next round wants is free again.
        let freed = platform(winner.platform.id.as_str(), &[]);
        replace(&platforms, &freed).await;
        if round % 4 == 3 {
            let id = platform_id("one");
            assert!(platforms.delete_platform(&id).await.unwrap());
        }
    }
}
