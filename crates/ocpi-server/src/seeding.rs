//! The file seeds, the store rules: `[[platforms]]` creates a platform once, and what happened to
//! it since wins.

use std::sync::Arc;

use anyhow::{Context, bail};
use ocpi_app::Keys;
use ocpi_domain::{AuthEncoding, CredentialsUse, DateTime, Platform};
use ocpi_ports::{
    Clock, Connection, PlatformRepository, PresentedToken, Randomness, StorageError, StoredPlatform,
};

use crate::settings::{KnownConnection, KnownPlatform};
use crate::store::OpenStore;
use crate::system::{SystemClock, SystemRandomness};

/// Creates the platforms that the store never knew, and warns of those whose lines in the file
/// have no effect.
///
/// # Errors
///
/// When the store fails, or a new platform has the token, or a party in its role, of another one.
pub(crate) async fn seed(store: &OpenStore, known: &[KnownPlatform]) -> anyhow::Result<()> {
    let platforms = store.platforms();
    for known in known {
        let id = &known.platform.id;
        let difference = seed_one(&*platforms, store.keys(), known)
            .await
            .with_context(|| format!("[[platforms]] {id}"))?;
        if let Some(difference) = difference {
            tracing::warn!(
                platform = %id,
                "{difference}: what the file says of a platform counts once, then the store rules; \
                 change the platform by PUT /admin/v1/platforms/{id}",
            );
        }
    }
    Ok(())
}

/// Creates the platform, or says in which way the one that is there is not what the file says.
async fn seed_one(
    platforms: &dyn PlatformRepository,
    keys: &Keys,
    known: &KnownPlatform,
) -> anyhow::Result<Option<&'static str>> {
    let stored = platforms.find_platform(&known.platform.id).await?;
    if let Some(stored) = stored {
        return Ok(difference(keys, &stored, known));
    }
    // Nobody else writes yet: what holds now holds when it is written.
    let mut others = platforms.list_platforms().await?.platforms;
    // One that left speaks for nobody, whatever is kept of it.
    others.retain(|other| other.is_registered() || other.connection.is_some());
    for other in others {
        for held in &known.platform.roles {
            if other.platform.holds(held.party, &held.role) {
                let (party, role, other) = (held.party, &held.role, &other.platform.id);
                bail!("{other}, which the store has, speaks for {party} as {role} already");
            }
        }
    }
    match platforms
        .seed_platform(stored_of(
            keys,
            known,
            &SystemRandomness,
            SystemClock::new().now(),
        ))
        .await
    {
        Ok(true) => Ok(None),
        Ok(false) => Ok(Some("the platform was deleted")),
        Err(StorageError::Conflict) => bail!("another platform in the store has its token"),
        Err(error) => Err(error.into()),
    }
}

/// The platform as it is stored first.
fn stored_of(
    keys: &Keys,
    known: &KnownPlatform,
    randomness: &dyn Randomness,
    now: DateTime,
) -> StoredPlatform {
    let id = &known.platform.id;
    let presented = known
        .credentials_token
        .as_ref()
        .map(|token| PresentedToken {
            hash: keys.credentials_hash().hash(token),
            good_for: CredentialsUse::Live,
        });
    let called = |connection: &KnownConnection| Connection {
        versions_url: connection.versions_url.clone(),
        sealed_token: keys
            .credentials_seal()
            .seal(id, &connection.token, randomness),
        // It is looked up when it is needed first: the platform may not run yet.
        served: None,
        presented: Vec::new(),
        connected_at: now,
    };
    StoredPlatform {
        platform: Arc::new(known.platform.clone()),
        tokens: presented.into_iter().collect(),
        connection: known.connection.as_ref().map(called),
    }
}

/// What the file says of a platform that the store knew before, and is not so.
fn difference(keys: &Keys, stored: &StoredPlatform, known: &KnownPlatform) -> Option<&'static str> {
    let presents = |known| {
        let hash = keys.credentials_hash().hash(known);
        stored.tokens.iter().any(|token| token.hash == hash)
    };
    if !known.credentials_token.as_ref().is_none_or(presents) {
        return Some("the platform has another credentials token than in the file");
    }
    if !is_called_so(keys, stored, known) {
        return Some("the platform is called otherwise than the file says");
    }
    let mut platform = Platform::clone(&stored.platform);
    if known.platform.profile.auth_encoding == AuthEncoding::Auto {
        // It may have been found out since.
        platform.profile.auth_encoding = AuthEncoding::Auto;
    }
    (platform != known.platform)
        .then_some("roles, profile or other properties of the platform are others than in the file")
}

/// Whether the platform is called as the file says, when the file says it.
fn is_called_so(keys: &Keys, stored: &StoredPlatform, known: &KnownPlatform) -> bool {
    let Some(said) = &known.connection else {
        return true;
    };
    let Some(connection) = &stored.connection else {
        return false;
    };
    let seal = keys.credentials_seal();
    let presented = seal.open(&stored.platform.id, &connection.sealed_token);
    connection.versions_url == said.versions_url
        && presented.is_ok_and(|token| token.expose() == said.token.expose())
}

#[cfg(test)]
mod tests {
    use ocpi_app::SecretKey;
    use ocpi_domain::{CredentialsToken, OcpiUrl, Party, PartyRole, Role};
    use ocpi_memstore::{MemStore, MemStoreOptions};

    use super::*;

    fn keys() -> Keys {
        SecretKey::new(&[7; 32]).unwrap().keys(None).unwrap()
    }

    fn token(text: &str) -> CredentialsToken {
        CredentialsToken::new(text).unwrap()
    }

    /// A platform that speaks for NL/XYZ as CPO, presents `in-token` and is called with
    /// `out-token`.
    fn known(id: &str) -> KnownPlatform {
        let mut platform = Platform::new(id.parse().unwrap());
        platform.roles.push(PartyRole {
            party: Party::new("NL", "XYZ").unwrap(),
            role: Role::Cpo,
        });
        KnownPlatform {
            platform,
            credentials_token: Some(token("in-token")),
            connection: Some(KnownConnection {
                versions_url: OcpiUrl::new("https://peer.example/ocpi/versions").unwrap(),
                token: token("out-token"),
            }),
        }
    }

    async fn seeded(
        store: &MemStore,
        known: &KnownPlatform,
    ) -> anyhow::Result<Option<&'static str>> {
        seed_one(store, &keys(), known).await
    }

    /// Holds: C-20. A platform of the file is there as if it had registered, and a second start says
    /// nothing of it.
    #[tokio::test]
    async fn a_platform_is_seeded_once_with_all_that_the_file_says() {
        let store = MemStore::new(MemStoreOptions::default());
        for _ in 0..2 {
            assert_eq!(seeded(&store, &known("peer")).await.unwrap(), None);
        }
        let hash = keys().credentials_hash().hash(&token("in-token"));
        let holder = store.find_token_holder(&hash).await.unwrap().unwrap();
        assert_eq!(holder.good_for, CredentialsUse::Live);
        let connection = holder.stored.connection.as_ref().unwrap();
        assert_eq!(connection.served, None);
        let id = &holder.stored.platform.id;
        let presented = keys().credentials_seal().open(id, &connection.sealed_token);
        assert_eq!(presented.unwrap().expose(), "out-token");
        // How it wants to be called was found out since.
        let mut stored = StoredPlatform::clone(&holder.stored);
        let platform = Arc::make_mut(&mut stored.platform);
        platform.profile.auth_encoding = AuthEncoding::Raw;
        store.put_platform(stored, None).await.unwrap();
        assert_eq!(seeded(&store, &known("peer")).await.unwrap(), None);
    }

    /// Beyond the protocol: the store rules, and the operator is told where the file says otherwise.
    #[tokio::test]
    async fn what_the_file_says_otherwise_is_named() {
        let store = MemStore::new(MemStoreOptions::default());
        seeded(&store, &known("peer")).await.unwrap();
        let (mut presents, mut elsewhere, mut opened, mut spoken_for) =
            (known("peer"), known("peer"), known("peer"), known("peer"));
        presents.credentials_token = Some(token("another"));
        let url = OcpiUrl::new("https://elsewhere.example").unwrap();
        elsewhere.connection.as_mut().unwrap().versions_url = url;
        opened.connection.as_mut().unwrap().token = token("another");
        spoken_for.platform.roles.clear();
        for (known, said) in [
            (presents, "another credentials token"),
            (elsewhere, "called otherwise"),
            (opened, "called otherwise"),
            (spoken_for, "roles, profile or other"),
        ] {
            let difference = seeded(&store, &known).await.unwrap().unwrap();
            assert!(difference.contains(said), "{difference}");
        }
        let mut silent = known("peer");
        (silent.credentials_token, silent.connection) = (None, None);
        assert_eq!(seeded(&store, &silent).await.unwrap(), None);
        store.delete_platform(&silent.platform.id).await.unwrap();
        let difference = seeded(&store, &silent).await.unwrap();
        assert_eq!(difference, Some("the platform was deleted"));
    }

    /// Holds: C-20. Nobody gets a party or a token that a platform in the store has.
    #[tokio::test]
    async fn a_new_platform_takes_nothing_from_one_that_registered() {
        let store = MemStore::new(MemStoreOptions::default());
        seeded(&store, &known("registered")).await.unwrap();
        let refused = seeded(&store, &known("peer"))
            .await
            .unwrap_err()
            .to_string();
        assert!(
            refused.contains("registered, which the store has"),
            "{refused}"
        );
        let mut another = known("peer");
        another.platform.roles[0].role = Role::Emsp;
        let refused = seeded(&store, &another).await.unwrap_err().to_string();
        assert!(refused.contains("has its token"), "{refused}");
        another.credentials_token = Some(token("another"));
        assert_eq!(seeded(&store, &another).await.unwrap(), None);
    }
}
