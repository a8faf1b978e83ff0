//! The platforms that we know.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use ocpi_domain::{Platform, PlatformId};

use crate::StorageError;

/// The keyed hash of a credentials token that others present to us; the token itself is never
/// stored.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash(pub [u8; 32]);

/// The first bytes only: enough to tell two apart in a log.
impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .take(4)
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The platforms that we know, found by their id and by the token that they present.
///
/// # Contract
///
/// 1. What was never put is absent, not an error: `absent_platform_is_none`.
/// 2. A platform is found by its id, exactly, and by its hash, as it was put:
///    `platform_is_found_by_id_and_by_hash`.
/// 3. Put reports whether it created. Putting the same id again replaces the platform; with
///    another hash, the former one finds nothing and is free; without a hash, it keeps the one
///    that it has: `replaced_platform_loses_its_former_hash`, `put_without_a_hash_keeps_it`.
/// 4. A hash that another platform has is a [`StorageError::Conflict`], and nothing changes:
///    `hash_of_another_platform_conflicts`.
/// 5. The list holds every platform in the order of their ids: `platforms_are_listed_by_id`.
/// 6. Delete reports whether there was one; afterwards neither id nor hash finds it:
///    `deleted_platform_is_gone`.
/// 7. An id is seeded once for the life of the store, and only when no platform has it and none
///    of it was deleted: after that seeding changes nothing: `platform_is_seeded_once`.
/// 8. What was put, seeded and deleted survives a restart of a durable store:
///    `platforms_survive_reopen`.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait PlatformRepository: Send + Sync {
    /// The platform of that id.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`], [`StorageError::Corrupt`].
    async fn find_platform(&self, id: &PlatformId) -> Result<Option<Arc<Platform>>, StorageError>;

    /// The platform whose token has that hash.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`], [`StorageError::Corrupt`].
    async fn find_platform_by_token_hash(
        &self,
        hash: &TokenHash,
    ) -> Result<Option<Arc<Platform>>, StorageError>;

    /// Every platform, in the order of their ids: there are hundreds, not millions.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`], [`StorageError::Corrupt`].
    async fn list_platforms(&self) -> Result<Vec<Arc<Platform>>, StorageError>;

    /// Creates or replaces a platform, and the hash of the token that it presents when one is
    /// given; `true` when it was created.
    ///
    /// # Errors
    ///
    /// [`StorageError::Conflict`] when another platform has that hash,
    /// [`StorageError::Unavailable`].
    async fn put_platform(
        &self,
        platform: Platform,
        hash: Option<TokenHash>,
    ) -> Result<bool, StorageError>;

    /// Creates a platform, unless one of that id was ever seeded or deleted, or is there; `true` when it was
    /// created.
    ///
    /// # Errors
    ///
    /// [`StorageError::Conflict`] when it would be created and another platform has that hash,
    /// [`StorageError::Unavailable`].
    async fn seed_platform(
        &self,
        platform: Platform,
        hash: TokenHash,
    ) -> Result<bool, StorageError>;

    /// Deletes the platform and its hash; `true` when there was one.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`].
    async fn delete_platform(&self, id: &PlatformId) -> Result<bool, StorageError>;
}
