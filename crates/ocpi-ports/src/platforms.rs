//! The platforms that we know, what they present to us, and what we present to them.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use ocpi_domain::{
    CredentialsRole, CredentialsUse, DateTime, Endpoint, OcpiUrl, OcpiVersion, Platform,
    PlatformId, Revision,
};

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

/// A credentials token that we present to others, encrypted. It does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedToken(pub Box<[u8]>);

impl fmt::Debug for SealedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedToken({} bytes)", self.0.len())
    }
}

/// A credentials token that a platform may present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PresentedToken {
    /// Its hash.
    pub hash: TokenHash,
    /// What it is good for.
    pub good_for: CredentialsUse,
}

/// How we call a platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Its versions endpoint.
    pub versions_url: OcpiUrl,
    /// What we present to it.
    pub sealed_token: SealedToken,
    /// What it serves, as far as it was looked up: a connection that the operator configured is
    /// looked up when it is needed first.
    pub served: Option<Served>,
    /// How it presented itself; empty when it did not.
    pub presented: Vec<CredentialsRole>,
    /// Since when it is connected; a rotation leaves it as it is. What is known of how far the two
    /// sides are in step belongs to one connection.
    pub connected_at: DateTime,
}

/// What a platform serves in the version that we speak with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// The version.
    pub version: OcpiVersion,
    /// Where its modules are; each module and role once.
    pub endpoints: Vec<Endpoint>,
}

/// A platform with its credentials, as a store holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPlatform {
    /// The platform.
    pub platform: Arc<Platform>,
    /// What it may present to us.
    pub tokens: Vec<PresentedToken>,
    /// How we call it; `None` when we do not.
    pub connection: Option<Connection>,
}

impl StoredPlatform {
    /// A platform that presents nothing and is not called.
    pub fn new(platform: Platform) -> StoredPlatform {
        StoredPlatform {
            platform: Arc::new(platform),
            tokens: Vec::new(),
            connection: None,
        }
    }

    /// Whether it has a token that is good for everything.
    pub fn is_registered(&self) -> bool {
        let is_live = |token: &PresentedToken| token.good_for == CredentialsUse::Live;
        self.tokens.iter().any(is_live)
    }
}

/// Who presents a credentials token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenHolder {
    /// The platform.
    pub stored: Arc<StoredPlatform>,
    /// What the token is good for, whether or not its time is over.
    pub good_for: CredentialsUse,
}

/// Every platform at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformList {
    /// The platforms, in the order of their ids.
    pub platforms: Vec<Arc<StoredPlatform>>,
    /// The version of the whole list, for a write that must follow exactly this one.
    pub revision: Revision,
}

/// The platforms that we know, found by their id and by a token that they present.
///
/// There are hundreds, not millions, and they seldom change. What must hold between them, as that
/// no party is spoken for twice, a writer checks against the whole list, and writes on the
/// condition that the list is still as it was.
///
/// # Contract
///
/// 1. What was never put is absent, not an error: `absent_platform_is_none`.
/// 2. A platform is found by its id, exactly, and by the hash of each token that it presents, with
///    what that token is good for, whole as it was put: `platform_is_found_by_id_and_by_each_hash`.
/// 3. Put reports whether it created. Putting the same id again replaces everything: a hash that is
///    not in it any more finds nothing and is free: `replaced_platform_loses_its_former_hashes`.
/// 4. A hash that another platform has, or that stands twice in one, is a
///    [`StorageError::Conflict`], and nothing changes: `hash_of_another_platform_conflicts`.
/// 5. The list holds every platform in the order of their ids: `platforms_are_listed_by_id`.
/// 6. A put that follows a revision is a [`StorageError::Conflict`], and nothing changes, unless it
///    is that of the list now. Each put, each seeding that created and each delete that deleted
///    gives the list a revision greater than every one before it; nothing else changes it:
///    `put_that_follows_another_list_conflicts`.
/// 7. Of many puts at once that follow one revision exactly one is done:
///    `of_puts_that_follow_one_revision_one_is_done`.
/// 8. Delete reports whether there was one; afterwards neither id nor hash finds it:
///    `deleted_platform_is_gone`.
/// 9. An id is seeded once for the life of the store, and only when no platform has it and none
///    of it was deleted: after that seeding changes nothing: `platform_is_seeded_once`.
/// 10. What is known of the exchange of Tokens with a platform is deleted with it, and nothing is
///     kept of one that is not there: `deleted_platform_leaves_no_progress`.
/// 11. What was put, seeded and deleted, and the revision of the list, survive a restart of a
///     durable store: `platforms_survive_reopen`.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait PlatformRepository: Send + Sync {
    /// The platform of that id.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`], [`StorageError::Corrupt`].
    async fn find_platform(
        &self,
        id: &PlatformId,
    ) -> Result<Option<Arc<StoredPlatform>>, StorageError>;

    /// The platform that presents the token of that hash.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`], [`StorageError::Corrupt`].
    async fn find_token_holder(
        &self,
        hash: &TokenHash,
    ) -> Result<Option<TokenHolder>, StorageError>;

    /// Every platform.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`], [`StorageError::Corrupt`].
    async fn list_platforms(&self) -> Result<PlatformList, StorageError>;

    /// Creates or replaces a platform, its tokens and its connection; `true` when it was created.
    /// With `follows`, only when the list is at that revision.
    ///
    /// # Errors
    ///
    /// [`StorageError::Conflict`] when the list is at another revision, or a hash is taken;
    /// [`StorageError::Unavailable`].
    async fn put_platform(
        &self,
        platform: StoredPlatform,
        follows: Option<Revision>,
    ) -> Result<bool, StorageError>;

    /// Creates a platform, unless one of that id was ever seeded or deleted, or is there; `true`
    /// when it was created.
    ///
    /// # Errors
    ///
    /// [`StorageError::Conflict`] when it would be created and a hash is taken,
    /// [`StorageError::Unavailable`].
    async fn seed_platform(&self, platform: StoredPlatform) -> Result<bool, StorageError>;

    /// Deletes the platform with everything of it; `true` when there was one.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`].
    async fn delete_platform(&self, id: &PlatformId) -> Result<bool, StorageError>;
}
