//! What the cases about platforms are made of.

use std::sync::Arc;

use ocpi_domain::{
    AuthEncoding, CredentialsUse, DateTime, NoAnswer, OcpiVersion, Party, PartyRole, Platform,
    PlatformId, Profile, PushTokens, Role,
};
use serde_json::json;

use super::fixtures::{after_ms, assert_same, other, own, platform_id};
use crate::{
    Connection, PlatformList, PlatformRepository, PresentedToken, SealedToken, Served,
    StoredPlatform, TokenHash, TokenHolder,
};

pub(super) type Repository = Arc<dyn PlatformRepository>;

/// Hashes that differ in their last byte only.
pub(super) const fn hash(last: u8) -> TokenHash {
    let mut bytes = [0xff; 32];
    bytes[0] = 0;
    bytes[31] = last;
    TokenHash(bytes)
}

pub(super) fn live(hash: TokenHash) -> PresentedToken {
    PresentedToken {
        hash,
        good_for: CredentialsUse::Live,
    }
}

/// A platform with the defaults, one party, and a live token of each of these hashes.
pub(super) fn platform(id: &str, hashes: &[TokenHash]) -> StoredPlatform {
    let mut platform = Platform::new(platform_id(id));
    platform.roles.push(PartyRole {
        party: own(),
        role: Role::Cpo,
    });
    StoredPlatform {
        tokens: hashes.iter().copied().map(live).collect(),
        ..StoredPlatform::new(platform)
    }
}

/// A connection that says everything that one can say.
fn full_connection() -> Connection {
    let endpoints = json!([
        {"identifier": "tokens", "role": "SENDER", "url": "https://peer.example/ocpi/2.2.1/t?a=%20"},
        {"identifier": "tokens", "role": "RECEIVER", "url": "http://[2001:DB8::1]:8080/T/"},
        {"identifier": "x-Fleet é", "role": "SENDER", "url": "HTTPS://Peer.Example"},
    ]);
    let presented = json!([
        {"role": "CPO", "party_id": "aBc", "country_code": "nl",
         "business_details": {"name": "Öko \"AG\"; --", "website": "https://peer.example/",
            "logo": {"url": "https://peer.example/l.png", "width": 1, "x": [null]}}},
        {"role": "HUB", "party_id": "XYZ", "country_code": "DE", "business_details": {"name": "日"}},
    ]);
    Connection {
        versions_url: "https://peer.example:443/ocpi/versions".parse().unwrap(),
        sealed_token: SealedToken((0..=0xff).collect()),
        served: Some(Served {
            version: OcpiVersion::V2_2_1,
            endpoints: serde_json::from_value(endpoints).unwrap(),
        }),
        presented: serde_json::from_value(presented).unwrap(),
        connected_at: after_ms(7),
    }
}

/// A connection that was not used yet.
pub(super) fn bare_connection(sealed_token: &[u8]) -> Connection {
    Connection {
        versions_url: "http://p".parse().unwrap(),
        sealed_token: SealedToken(sealed_token.into()),
        served: None,
        presented: Vec::new(),
        connected_at: DateTime::UNIX_EPOCH,
    }
}

/// Profiles that between them say everything that one can say.
fn profiles() -> [Profile; 4] {
    let strict = Profile::default();
    [
        strict,
        Profile {
            tutorial: true,
            auth_encoding: AuthEncoding::Raw,
            prefer_cache: true,
            no_answer: NoAnswer::Allow,
            authorize_timeout_ms: Some(u32::MAX),
            push_tokens: PushTokens::Patch,
            ..strict
        },
        Profile {
            fill_owner: true,
            auth_encoding: AuthEncoding::Base64,
            ask_unknown: true,
            no_answer: NoAnswer::Deny,
            ..strict
        },
        Profile {
            strict_from: true,
            authorize_timeout_ms: Some(0),
            push_tokens: PushTokens::Off,
            no_pull: true,
            ..strict
        },
    ]
}

/// Platforms that between them say everything that a platform can say.
pub(super) fn various() -> [StoredPlatform; 4] {
    let mut all = ["peer", "Peer", "a.B_c-1", "d"].map(|id| platform(id, &[]));
    let until = after_ms(7);
    let uses = [
        &[CredentialsUse::Former { until }, CredentialsUse::Live][..],
        &[CredentialsUse::Registration {
            until: DateTime::MAX,
        }],
        &[
            CredentialsUse::Offered {
                until,
                replaces: true,
            },
            CredentialsUse::Former {
                until: after_ms(-1),
            },
            CredentialsUse::Live,
            CredentialsUse::Offered {
                until: after_ms(1),
                replaces: false,
            },
        ],
        &[],
    ];
    // Their order is neither that of the hashes nor the reverse of it.
    let mut hashes = [3, 0xff, 0, 5, 0x7f, 4, 1].map(hash).into_iter();
    for (stored, uses) in all.iter_mut().zip(uses) {
        let token = |(good_for, hash): (&CredentialsUse, _)| PresentedToken {
            hash,
            good_for: *good_for,
        };
        stored.tokens = uses.iter().zip(&mut hashes).map(token).collect();
    }
    let dutch = Party::new("nl", "aLf").unwrap();
    let [full, bare, dotted, last] = &mut all;
    full.connection = Some(full_connection());
    change(full, |platform| {
        let roles = [Role::Emsp, Role::Cpo, "HUB".parse().unwrap(), Role::Nsp];
        platform.roles = [other(), own(), dutch]
            .into_iter()
            .flat_map(|party| roles.clone().map(|role| PartyRole { party, role }))
            .collect();
        platform.hub = Some(dutch);
        platform.allowed_parties = Some(vec![other(), dutch]);
        platform.our_party = Some(own());
    });
    bare.connection = Some(bare_connection(b""));
    change(bare, |platform| {
        platform.roles.clear();
    });
    change(dotted, |platform| {
        // Nobody is another thing than everybody.
        platform.allowed_parties = Some(Vec::new());
    });
    last.connection = Some(Connection {
        served: Some(Served {
            version: OcpiVersion::V2_1_1,
            endpoints: Vec::new(),
        }),
        ..bare_connection(b"'")
    });
    for (stored, profile) in all.iter_mut().zip(profiles()) {
        change(stored, |platform| platform.profile = profile);
    }
    all
}

pub(super) fn change(stored: &mut StoredPlatform, change: impl FnOnce(&mut Platform)) {
    change(Arc::make_mut(&mut stored.platform));
}

/// Puts a platform, and asserts that this creates it.
pub(super) async fn create(platforms: &Repository, stored: &StoredPlatform) {
    let created = platforms.put_platform(stored.clone(), None).await;
    assert!(created.unwrap(), "{} was there", stored.platform.id);
}

/// Puts a platform, and asserts that this replaces one.
pub(super) async fn replace(platforms: &Repository, stored: &StoredPlatform) {
    let created = platforms.put_platform(stored.clone(), None).await;
    assert!(!created.unwrap(), "{} was not there", stored.platform.id);
}

pub(super) async fn seed(platforms: &Repository, stored: &StoredPlatform) -> bool {
    platforms.seed_platform(stored.clone()).await.unwrap()
}

pub(super) async fn delete(platforms: &Repository, id: &str) -> bool {
    platforms.delete_platform(&platform_id(id)).await.unwrap()
}

/// Asserts that the platform is found, by its id and by each of its hashes.
pub(super) async fn assert_found(platforms: &Repository, stored: &StoredPlatform) {
    let found = platforms.find_platform(&stored.platform.id).await.unwrap();
    assert_same(&found.as_deref(), &Some(stored));
    for token in &stored.tokens {
        let found = platforms.find_token_holder(&token.hash).await.unwrap();
        let expected = TokenHolder {
            stored: Arc::new(stored.clone()),
            good_for: token.good_for,
        };
        assert_same(&found, &Some(expected));
    }
}

/// Asserts that there is no platform of that id.
pub(super) async fn assert_absent(platforms: &Repository, id: &str) {
    let id = PlatformId::new(id).unwrap();
    assert_eq!(platforms.find_platform(&id).await.unwrap(), None);
}

/// Asserts that no platform presents a token of one of these hashes.
pub(super) async fn assert_nobodys(platforms: &Repository, hashes: &[TokenHash]) {
    for hash in hashes {
        assert_eq!(platforms.find_token_holder(hash).await.unwrap(), None);
    }
}

/// Asserts that there are exactly these platforms, and that they are listed in this order; gives
/// the list.
pub(super) async fn assert_list(
    platforms: &Repository,
    expected: &[&StoredPlatform],
) -> PlatformList {
    let list = platforms.list_platforms().await.unwrap();
    let listed: Vec<&StoredPlatform> = list.platforms.iter().map(|one| &**one).collect();
    assert_same(&listed, &expected.to_vec());
    for stored in expected {
        assert_found(platforms, stored).await;
    }
    list
}
