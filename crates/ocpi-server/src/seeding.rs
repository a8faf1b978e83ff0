//! The file seeds, the store rules: `[[platforms]]` creates a platform once, and what happened to
//! it since wins.

use anyhow::Context;
use ocpi_ports::{PlatformRepository, StorageError, TokenHash};

use crate::settings::KnownPlatform;
use crate::store::OpenStore;

/// Creates the platforms that the store never knew, and warns of those whose lines in the file
/// have no effect.
///
/// # Errors
///
/// When the store fails, or a new platform has the token of another one.
pub(crate) async fn seed(store: &OpenStore, known: &[KnownPlatform]) -> anyhow::Result<()> {
    let platforms = store.platforms();
    let credentials_hash = store.secret_key().credentials_hash();
    for known in known {
        let id = &known.platform.id;
        let hash = credentials_hash.hash(&known.credentials_token);
        let seeded = platforms.seed_platform(known.platform.clone(), hash).await;
        let difference = match seeded {
            Ok(true) => None,
            Ok(false) => difference(&*platforms, known, &hash)
                .await
                .with_context(|| format!("[[platforms]] {id}"))?,
            Err(StorageError::Conflict) => {
                anyhow::bail!("[[platforms]] {id}: another platform in the store has its token")
            }
            Err(error) => return Err(error).with_context(|| format!("[[platforms]] {id}")),
        };
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

/// What the file says of a platform that the store knew before, and is not so.
async fn difference(
    platforms: &dyn PlatformRepository,
    known: &KnownPlatform,
    hash: &TokenHash,
) -> Result<Option<&'static str>, StorageError> {
    let Some(stored) = platforms.find_platform(&known.platform.id).await? else {
        return Ok(Some("the platform was deleted"));
    };
    let by_token = platforms.find_platform_by_token_hash(hash).await?;
    Ok(match by_token {
        Some(found) if found.id == stored.id => (*stored != known.platform)
            .then_some("roles or profile of the platform are others than in the file"),
        _ => Some("the platform has another credentials token than in the file"),
    })
}
