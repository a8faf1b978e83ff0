//! The promises of [`PlatformRepository`].

use std::sync::Arc;

use ocpi_domain::{AuthEncoding, Party, PartyRole, Platform, Profile, Role};

use super::Harness;
use super::fixtures::{assert_conflict, assert_same, other, own, platform_id, reopened};
use crate::{PlatformRepository, TokenHash};

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

/// Asserts that the platform is found in both ways, or in neither.
async fn assert_found(
    platforms: &Arc<dyn PlatformRepository>,
    id: &str,
    hash: TokenHash,
    expected: Option<&Platform>,
) {
    let by_id = platforms.find_platform(&platform_id(id)).await.unwrap();
    assert_same(&by_id.as_deref(), &expected);
    let by_hash = platforms.find_platform_by_token_hash(&hash).await.unwrap();
    assert_same(&by_hash.as_deref(), &expected);
}

/// Promise 1: what was never put is absent, not an error.
///
/// Holds: T-01.
pub async fn absent_platform_is_none<H: Harness>() {
    let platforms = H::fresh().await.platforms();
    assert_found(&platforms, "peer", HASHES[0], None).await;
    platforms
        .put_platform(platform("other"), HASHES[1])
        .await
        .unwrap();
    assert_found(&platforms, "peer", HASHES[0], None).await;
}

/// Promise 2: a platform is found by its id and by its hash after it was put.
///
/// Holds: T-01, T-12.
pub async fn platform_is_found_by_id_and_by_hash<H: Harness>() {
    let platforms = H::fresh().await.platforms();
    for (platform, hash) in various().into_iter().zip(HASHES) {
        platforms.put_platform(platform, hash).await.unwrap();
    }
    for (platform, hash) in various().iter().zip(HASHES) {
        assert_found(&platforms, platform.id.as_str(), hash, Some(platform)).await;
    }
    assert_found(&platforms, "PEER", UNUSED, None).await;
}

/// Promise 3: putting the same id again replaces the platform, and the former hash finds nothing.
///
/// Holds: T-13.
pub async fn replaced_platform_loses_its_former_hash<H: Harness>() {
    let platforms = H::fresh().await.platforms();
    let [full, ..] = various();
    let bare = platform("peer");
    let put = async |platform: &Platform, hash| {
        let put = platforms.put_platform(platform.clone(), hash).await;
        put.unwrap();
    };
    put(&full, HASHES[0]).await;
    put(&bare, HASHES[1]).await;
    assert_found(&platforms, "peer", HASHES[1], Some(&bare)).await;
    let former = platforms.find_platform_by_token_hash(&HASHES[0]).await;
    assert_eq!(former.unwrap(), None);
    // The same hash again, and then one that another platform had before.
    put(&full, HASHES[1]).await;
    assert_found(&platforms, "peer", HASHES[1], Some(&full)).await;
    let second = platform("second");
    put(&second, HASHES[0]).await;
    put(&full, HASHES[2]).await;
    put(&second, HASHES[1]).await;
    assert_found(&platforms, "second", HASHES[1], Some(&second)).await;
    assert_found(&platforms, "peer", HASHES[2], Some(&full)).await;
    let former = platforms.find_platform_by_token_hash(&HASHES[0]).await;
    assert_eq!(former.unwrap(), None);
}

/// Promise 4: a hash that another platform has is a conflict, and nothing changes.
///
/// Holds: T-12.
pub async fn hash_of_another_platform_conflicts<H: Harness>() {
    let platforms = H::fresh().await.platforms();
    let [full, second, third, _] = various();
    for (platform, hash) in [(&full, HASHES[0]), (&second, HASHES[1])] {
        let put = platforms.put_platform(platform.clone(), hash).await;
        put.unwrap();
    }
    // A new platform, and one that has a hash of its own.
    for refused in [&third, &platform(second.id.as_str())] {
        let put = platforms.put_platform(refused.clone(), HASHES[0]).await;
        assert_conflict(&put);
        assert_found(&platforms, full.id.as_str(), HASHES[0], Some(&full)).await;
        assert_found(&platforms, second.id.as_str(), HASHES[1], Some(&second)).await;
        let absent = platforms.find_platform(&third.id).await.unwrap();
        assert_eq!(absent, None);
    }
}

/// Promise 5: what was put survives a restart of a durable store.
///
/// Holds: T-12.
pub async fn platforms_survive_reopen<H: Harness>() {
    let store = H::fresh().await;
    let platforms = store.platforms();
    platforms
        .put_platform(platform("peer"), UNUSED)
        .await
        .unwrap();
    for (platform, hash) in various().into_iter().zip(HASHES) {
        platforms.put_platform(platform, hash).await.unwrap();
    }
    drop(platforms);

    let Some(store) = reopened(store).await else {
        return;
    };
    let platforms = store.platforms();
    for (platform, hash) in various().iter().zip(HASHES) {
        assert_found(&platforms, platform.id.as_str(), hash, Some(platform)).await;
    }
    let found = platforms.find_platform_by_token_hash(&UNUSED).await;
    assert_eq!(found.unwrap(), None);
    let taken = platforms.put_platform(platform("new"), HASHES[3]).await;
    assert_conflict(&taken);
}
