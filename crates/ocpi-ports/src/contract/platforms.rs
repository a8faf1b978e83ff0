//! The promises of [`PlatformRepository`].

use std::sync::Arc;

use ocpi_domain::{AuthEncoding, Party, PartyRole, Platform, Profile, Role};

use super::Harness;
use super::fixtures::{assert_conflict, assert_same, other, own, platform_id, reopened, together};
use crate::{PlatformRepository, TokenHash};

type Repository = Arc<dyn PlatformRepository>;

/// Four hashes that differ in their last byte only.
const HASHES: [TokenHash; 4] = [hash(0), hash(1), hash(0x7f), hash(0xff)];

/// A hash beside them.
const UNUSED: TokenHash = hash(2);

const fn hash(last: u8) -> TokenHash {
    let mut bytes = [0xff; 32];
    bytes[0] = 0;
    bytes[31] = last;
    TokenHash(bytes)
}

/// A platform with the defaults, and one party.
fn platform(id: &str) -> Platform {
    Platform {
        id: platform_id(id),
        roles: vec![PartyRole {
            party: own(),
            role: Role::Cpo,
        }],
        profile: Profile::default(),
    }
}

/// Platforms that between them say everything that a platform can say.
fn various() -> [Platform; 4] {
    let roles = [Role::Emsp, Role::Cpo, "HUB".parse().unwrap(), Role::Nsp];
    let mut all = [
        platform("peer"),
        platform("Peer"),
        platform("a.B_c-1"),
        platform("d"),
    ];
    all[0].roles = [other(), own(), Party::new("nl", "aLf").unwrap()]
        .into_iter()
        .flat_map(|party| roles.clone().map(|role| PartyRole { party, role }))
        .collect();
    all[1].roles.clear();
    all[1].profile.tutorial = true;
    all[1].profile.auth_encoding = AuthEncoding::Raw;
    all[2].profile.fill_owner = true;
    all[2].profile.auth_encoding = AuthEncoding::Base64;
    all[3].profile.strict_from = true;
    all
}

/// Puts a platform, and asserts that this creates it.
async fn create(platforms: &Repository, platform: &Platform, hash: Option<TokenHash>) {
    let created = platforms.put_platform(platform.clone(), hash).await;
    assert!(created.unwrap(), "{} was there", platform.id);
}

/// Puts a platform, and asserts that this replaces one.
async fn replace(platforms: &Repository, platform: &Platform, hash: Option<TokenHash>) {
    let created = platforms.put_platform(platform.clone(), hash).await;
    assert!(!created.unwrap(), "{} was not there", platform.id);
}

async fn seed(platforms: &Repository, platform: &Platform, hash: TokenHash) -> bool {
    let seeded = platforms.seed_platform(platform.clone(), hash).await;
    seeded.unwrap()
}

async fn delete(platforms: &Repository, id: &str) -> bool {
    platforms.delete_platform(&platform_id(id)).await.unwrap()
}

async fn assert_by_id(platforms: &Repository, id: &str, expected: Option<&Platform>) {
    let found = platforms.find_platform(&platform_id(id)).await.unwrap();
    assert_same(&found.as_deref(), &expected);
}

async fn assert_by_hash(platforms: &Repository, hash: TokenHash, expected: Option<&Platform>) {
    let found = platforms.find_platform_by_token_hash(&hash).await.unwrap();
    assert_same(&found.as_deref(), &expected);
}

/// Asserts that the platform is found in both ways, or in neither.
async fn assert_found(
    platforms: &Repository,
    id: &str,
    hash: TokenHash,
    expected: Option<&Platform>,
) {
    assert_by_id(platforms, id, expected).await;
    assert_by_hash(platforms, hash, expected).await;
}

/// Asserts that the list holds exactly these platforms, in this order.
async fn assert_list(platforms: &Repository, expected: &[&Platform]) {
    let listed = platforms.list_platforms().await.unwrap();
    let listed: Vec<&Platform> = listed.iter().map(|one| &**one).collect();
    assert_same(&listed, &expected.to_vec());
}

/// Promise 1: what was never put is absent, not an error.
///
/// Holds: T-01.
pub async fn absent_platform_is_none<H: Harness>() {
    let platforms = H::fresh().await.platforms();
    assert_found(&platforms, "peer", HASHES[0], None).await;
    create(&platforms, &platform("other"), Some(HASHES[1])).await;
    assert_found(&platforms, "peer", HASHES[0], None).await;
}

/// Promise 2: a platform is found by its id and by its hash after it was put.
///
/// Holds: T-01, T-12.
pub async fn platform_is_found_by_id_and_by_hash<H: Harness>() {
    let platforms = H::fresh().await.platforms();
    for (platform, hash) in various().iter().zip(HASHES) {
        create(&platforms, platform, Some(hash)).await;
    }
    for (platform, hash) in various().iter().zip(HASHES) {
        assert_found(&platforms, platform.id.as_str(), hash, Some(platform)).await;
    }
    assert_found(&platforms, "PEER", UNUSED, None).await;
    assert_found(&platforms, "a.B-c-1", TokenHash([0; 32]), None).await;
}

/// Promise 3: putting the same id again replaces the platform, and with another hash the former
/// one finds nothing and is free.
///
/// Holds: T-13.
pub async fn replaced_platform_loses_its_former_hash<H: Harness>() {
    let platforms = H::fresh().await.platforms();
    let [full, ..] = various();
    let bare = platform("peer");
    create(&platforms, &full, Some(HASHES[0])).await;
    replace(&platforms, &bare, Some(HASHES[1])).await;
    assert_found(&platforms, "peer", HASHES[1], Some(&bare)).await;
    assert_by_hash(&platforms, HASHES[0], None).await;
    // The same hash again, and then one that another platform had before.
    replace(&platforms, &full, Some(HASHES[1])).await;
    assert_found(&platforms, "peer", HASHES[1], Some(&full)).await;
    let second = platform("second");
    create(&platforms, &second, Some(HASHES[0])).await;
    replace(&platforms, &full, Some(HASHES[2])).await;
    replace(&platforms, &second, Some(HASHES[1])).await;
    assert_found(&platforms, "second", HASHES[1], Some(&second)).await;
    assert_found(&platforms, "peer", HASHES[2], Some(&full)).await;
    assert_by_hash(&platforms, HASHES[0], None).await;
}

/// Promise 3, without a hash: the platform keeps the one that it has, or has none.
///
/// Holds: T-12.
pub async fn put_without_a_hash_keeps_it<H: Harness>() {
    let platforms = H::fresh().await.platforms();
    let [full, ..] = various();
    let bare = platform("peer");
    create(&platforms, &full, Some(HASHES[0])).await;
    for put in [&bare, &full, &bare] {
        replace(&platforms, put, None).await;
        assert_found(&platforms, "peer", HASHES[0], Some(put)).await;
    }
    let taken = platforms.put_platform(platform("new"), Some(HASHES[0]));
    assert_conflict(&taken.await);

    // As many as there are may have none.
    let hashless = ["b", "a"].map(platform);
    for platform in &hashless {
        create(&platforms, platform, None).await;
    }
    for platform in &hashless {
        replace(&platforms, platform, None).await;
        assert_by_id(&platforms, platform.id.as_str(), Some(platform)).await;
    }
    for hash in [UNUSED, TokenHash([0; 32]), TokenHash([0xff; 32])] {
        assert_by_hash(&platforms, hash, None).await;
    }
    let [b, a] = &hashless;
    assert_list(&platforms, &[a, b, &bare]).await;
    replace(&platforms, a, Some(HASHES[1])).await;
    assert_found(&platforms, "a", HASHES[1], Some(a)).await;
    replace(&platforms, a, None).await;
    assert_found(&platforms, "a", HASHES[1], Some(a)).await;
    assert_by_id(&platforms, "b", Some(b)).await;
}

/// Promise 4: a hash that another platform has is a conflict, and nothing changes.
///
/// Holds: T-12.
pub async fn hash_of_another_platform_conflicts<H: Harness>() {
    let platforms = H::fresh().await.platforms();
    let [full, second, third, hashless] = various();
    for (platform, hash) in [
        (&full, Some(HASHES[0])),
        (&second, Some(HASHES[1])),
        (&hashless, None),
    ] {
        create(&platforms, platform, hash).await;
    }
    // A new platform, one that has a hash of its own, and one that has none.
    for refused in ["a.B_c-1", "Peer", "d"].map(platform) {
        let put = platforms.put_platform(refused.clone(), Some(HASHES[0]));
        assert_conflict(&put.await);
        assert_found(&platforms, full.id.as_str(), HASHES[0], Some(&full)).await;
        assert_found(&platforms, second.id.as_str(), HASHES[1], Some(&second)).await;
        assert_list(&platforms, &[&second, &hashless, &full]).await;
    }
    let seeded = platforms.seed_platform(third.clone(), HASHES[0]);
    assert_conflict(&seeded.await);
    assert_found(&platforms, full.id.as_str(), HASHES[0], Some(&full)).await;
    assert_list(&platforms, &[&second, &hashless, &full]).await;
    // What was refused was not seeded.
    assert!(seed(&platforms, &third, HASHES[2]).await);
    assert_found(&platforms, third.id.as_str(), HASHES[2], Some(&third)).await;
}

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
    let ordered = ids.map(platform);
    // By steps of 7 of 16 each comes once.
    for step in 0..ids.len() {
        let place = step * 7 % ids.len();
        let hash = (step % 3 > 0).then(|| hash(u8::try_from(place).unwrap()));
        create(&platforms, &ordered[place], hash).await;
    }
    assert_list(&platforms, &ordered.each_ref()).await;
    replace(&platforms, &ordered[8], Some(hash(0xff))).await;
    assert_list(&platforms, &ordered.each_ref()).await;
    assert!(delete(&platforms, "a").await);
    let seeded = platform("Z");
    assert!(seed(&platforms, &seeded, hash(0xff)).await);
    let rest = ordered[7..].iter().filter(|one| one.id.as_str() != "a");
    let expected: Vec<_> = ordered[..7].iter().chain([&seeded]).chain(rest).collect();
    assert_list(&platforms, &expected).await;
}

/// Promise 6: delete reports whether there was one; afterwards neither id nor hash finds it.
///
/// Holds: T-01.
pub async fn deleted_platform_is_gone<H: Harness>() {
    let platforms = H::fresh().await.platforms();
    let [full, neighbour, third, _] = various();
    assert!(!delete(&platforms, "peer").await);
    create(&platforms, &neighbour, Some(HASHES[1])).await;
    for hash in [Some(HASHES[0]), None, Some(HASHES[0])] {
        create(&platforms, &full, hash).await;
        assert!(!delete(&platforms, "PEER").await);
        assert!(delete(&platforms, "peer").await);
        assert_found(&platforms, "peer", HASHES[0], None).await;
        assert_list(&platforms, &[&neighbour]).await;
        assert!(!delete(&platforms, "peer").await);
    }
    // It comes back without the hash that it had, which is free.
    create(&platforms, &full, None).await;
    assert_by_id(&platforms, "peer", Some(&full)).await;
    assert_by_hash(&platforms, HASHES[0], None).await;
    create(&platforms, &third, Some(HASHES[0])).await;
    assert_found(&platforms, third.id.as_str(), HASHES[0], Some(&third)).await;
    assert_found(&platforms, "Peer", HASHES[1], Some(&neighbour)).await;
}

/// Promise 7: an id is seeded once for the life of the store, and only when no platform has it.
pub async fn platform_is_seeded_once<H: Harness>() {
    let platforms = H::fresh().await.platforms();
    let [full, neighbour, ..] = various();
    let bare = platform("peer");
    assert!(seed(&platforms, &full, HASHES[0]).await);
    assert_found(&platforms, "peer", HASHES[0], Some(&full)).await;
    // The same again, and another one of that id.
    for (again, hash) in [(&full, HASHES[0]), (&bare, HASHES[0]), (&bare, UNUSED)] {
        assert!(!seed(&platforms, again, hash).await);
        assert_found(&platforms, "peer", HASHES[0], Some(&full)).await;
        assert_by_hash(&platforms, UNUSED, None).await;
    }
    // It was changed meanwhile.
    replace(&platforms, &bare, Some(HASHES[1])).await;
    assert!(!seed(&platforms, &full, HASHES[0]).await);
    assert_found(&platforms, "peer", HASHES[1], Some(&bare)).await;
    assert_by_hash(&platforms, HASHES[0], None).await;
    // It was deleted meanwhile, and its hash is another's.
    assert!(delete(&platforms, "peer").await);
    assert!(!seed(&platforms, &full, HASHES[0]).await);
    assert_found(&platforms, "peer", HASHES[0], None).await;
    assert!(seed(&platforms, &neighbour, HASHES[0]).await);
    assert!(!seed(&platforms, &full, HASHES[0]).await);
    assert_list(&platforms, &[&neighbour]).await;
    // It came back, and went again.
    create(&platforms, &bare, None).await;
    assert!(!seed(&platforms, &full, HASHES[1]).await);
    assert_by_id(&platforms, "peer", Some(&bare)).await;
    assert_by_hash(&platforms, HASHES[1], None).await;
    assert!(delete(&platforms, "peer").await);
    assert!(!seed(&platforms, &full, HASHES[1]).await);
    assert_list(&platforms, &[&neighbour]).await;

    // One that is there without having been seeded stays as it is.
    let put = platform("put");
    create(&platforms, &put, None).await;
    let mut refused = put.clone();
    refused.profile.tutorial = true;
    for hash in [HASHES[2], HASHES[0]] {
        assert!(!seed(&platforms, &refused, hash).await);
        assert_by_id(&platforms, "put", Some(&put)).await;
    }
    assert_found(&platforms, "Peer", HASHES[0], Some(&neighbour)).await;
    assert_by_hash(&platforms, HASHES[2], None).await;
    // And once it is deleted, it stays away.
    assert!(delete(&platforms, "put").await);
    assert!(!seed(&platforms, &refused, HASHES[2]).await);
    assert_by_hash(&platforms, HASHES[2], None).await;

    let seeding = (0..8).map(|_| {
        let platforms = Arc::clone(&platforms);
        async move { seed(&platforms, &platform("rival"), HASHES[3]).await }
    });
    let seeded = together(seeding.collect()).await;
    assert_eq!(seeded.iter().filter(|seeded| **seeded).count(), 1);
}

/// Promise 8: what was put, seeded and deleted survives a restart of a durable store.
///
/// Holds: T-12.
pub async fn platforms_survive_reopen<H: Harness>() {
    let store = H::fresh().await;
    let platforms = store.platforms();
    let seeded = ["kept", "changed", "deleted"].map(platform);
    for (platform, hash) in seeded.iter().zip([10, 11, 12].map(hash)) {
        assert!(seed(&platforms, platform, hash).await);
    }
    let [kept, changed, _] = &seeded;
    replace(&platforms, changed, Some(hash(13))).await;
    assert!(delete(&platforms, "deleted").await);
    create(&platforms, &platform("brief"), None).await;
    assert!(delete(&platforms, "brief").await);
    create(&platforms, &platform("peer"), Some(UNUSED)).await;
    let hashless = platform("hashless");
    create(&platforms, &hashless, None).await;
    let various = various();
    let [full, rest @ ..] = &various;
    replace(&platforms, full, Some(HASHES[0])).await;
    for (platform, hash) in rest.iter().zip(&HASHES[1..]) {
        create(&platforms, platform, Some(*hash)).await;
    }
    drop(platforms);

    let Some(store) = reopened(store).await else {
        return;
    };
    let platforms = store.platforms();
    for (platform, hash) in various.iter().zip(HASHES) {
        assert_found(&platforms, platform.id.as_str(), hash, Some(platform)).await;
    }
    let [_, capital, dotted, d] = &various;
    let all = [capital, dotted, changed, d, &hashless, kept, full];
    assert_list(&platforms, &all).await;
    for hash in [UNUSED, hash(11), hash(12)] {
        assert_by_hash(&platforms, hash, None).await;
    }
    let taken = platforms.put_platform(platform("new"), Some(HASHES[3]));
    assert_conflict(&taken.await);
    replace(&platforms, kept, None).await;
    assert_found(&platforms, "kept", hash(10), Some(kept)).await;
    // What was seeded is seeded no more, whatever became of it.
    for (platform, hash) in seeded.iter().zip([10, 11, 12].map(hash)) {
        assert!(!seed(&platforms, platform, hash).await, "{}", platform.id);
    }
    assert_found(&platforms, "changed", hash(13), Some(changed)).await;
    assert_found(&platforms, "deleted", hash(12), None).await;
    assert_list(&platforms, &all).await;
}
