//! How far the exchange of Tokens with each platform is.

use async_trait::async_trait;
use ocpi_domain::{DateTime, DateWindow, OcpiUrl, PlatformId, Revision, TokenKey};

use crate::StorageError;

/// How far our Tokens are known to a CPO.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushProgress {
    /// The connection that it is about, by its beginning; of another one nothing is known.
    pub connected_at: DateTime,
    /// What of ours the platform is to know, in words of the application: of anything else nothing
    /// is known.
    pub scope: String,
    /// Every change up to this revision is there, but those in `behind`.
    pub through: Revision,
    /// Tokens that the CPO refused, which are tried again later; their present state is sent then.
    pub behind: Vec<BehindToken>,
    /// When something was taken last.
    pub taken_at: Option<DateTime>,
}

/// A Token that a CPO refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BehindToken {
    /// The Token.
    pub key: TokenKey,
    /// How often it was refused.
    pub attempts: u32,
    /// When it is tried again.
    pub next_at: DateTime,
    /// What the CPO said, for the operator.
    pub reason: String,
}

/// How far we know the Tokens of an eMSP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullProgress {
    /// The connection that it is about, by its beginning; of another one nothing is known.
    pub connected_at: DateTime,
    /// What of the platform is to be known, in words of the application: of anything else nothing
    /// is known.
    pub scope: String,
    /// Where the next crawl of what changed begins: where the last crawl ended. `None` while none
    /// was finished.
    pub pulled_to: Option<DateTime>,
    /// When the last crawl of everything began that was finished.
    pub all_pulled_at: Option<DateTime>,
    /// The crawl under way, or broken off.
    pub crawl: Option<Crawl>,
}

/// A crawl of an eMSP's Tokens that is not finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crawl {
    /// When it began.
    pub began_at: DateTime,
    /// The last revision of our store when it began: a Token that was written later is not found
    /// absent by it.
    pub began_after: Revision,
    /// What it asks for; open when it asks for everything.
    pub window: DateWindow,
    /// The page that comes next; `None` for the first.
    pub next: Option<OcpiUrl>,
    /// How many objects there are, as the last page said it.
    pub total: Option<u64>,
    /// Pages that were taken.
    pub pages: u64,
    /// Tokens that were seen.
    pub seen: u64,
    /// Tokens that were new or changed.
    pub changed: u64,
    /// Objects that could not be read, or not be taken.
    pub left_out: u64,
    /// What is wrong with the first of those.
    pub left_out_reason: Option<String>,
}

/// What becomes of the marks of the Tokens that a crawl has seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeenTokens {
    /// They stay.
    Keep,
    /// These are added: a hash of each Token's key.
    Add(Vec<u64>),
    /// They are forgotten: a crawl begins, or is over.
    Clear,
}

/// How far the exchange of Tokens with each platform is, so that it goes on after a restart.
///
/// # Contract
///
/// 1. What was never put is absent: `absent_progress_is_none`.
/// 2. Progress reads back as it was put last, of each platform its own, push and pull apart:
///    `progress_reads_back_as_it_was_put_last`.
/// 3. What a crawl has seen is kept in the order of adding, added to and forgotten together with
///    the progress: `seen_tokens_are_kept_with_the_progress`.
/// 4. What was put survives a restart of a durable store: `progress_survives_reopen`.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait SyncRepository: Send + Sync {
    /// How far our Tokens are known to the platform.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`], [`StorageError::Corrupt`].
    async fn find_push(&self, id: &PlatformId) -> Result<Option<PushProgress>, StorageError>;

    /// Keeps how far our Tokens are known to the platform, instead of what was kept. Of a platform
    /// that is not there, or was deleted meanwhile, nothing is kept.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`].
    async fn put_push(&self, id: &PlatformId, progress: PushProgress) -> Result<(), StorageError>;

    /// How far we know the platform's Tokens.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`], [`StorageError::Corrupt`].
    async fn find_pull(&self, id: &PlatformId) -> Result<Option<PullProgress>, StorageError>;

    /// Keeps how far we know the platform's Tokens, instead of what was kept, and which of them a
    /// crawl has seen, both in one. It costs what is added, however much was added before. Of a
    /// platform that is not there, or was deleted meanwhile, nothing is kept.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`].
    async fn put_pull(
        &self,
        id: &PlatformId,
        progress: PullProgress,
        seen: SeenTokens,
    ) -> Result<(), StorageError>;

    /// Everything that the crawl under way has seen.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`], [`StorageError::Corrupt`].
    async fn list_seen(&self, id: &PlatformId) -> Result<Vec<u64>, StorageError>;
}
