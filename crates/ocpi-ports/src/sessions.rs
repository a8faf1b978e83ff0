//! The sessions that CPOs push to us.

use std::sync::Arc;

use async_trait::async_trait;
use ocpi_domain::{
    AuthorizationReference, CiString, Cursor, DateTime, Page, PageRequest, Party, PlatformId,
    Revision, Session, SessionKey, SessionPhase, SlotHolder,
};

use crate::StorageError;

/// Whose session it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionLink {
    /// The Token that it counts for, with its group at the time of the link; `None` when it cannot
    /// be told whose it is.
    pub holder: Option<SlotHolder>,
    /// Whether there was such a Token here. A session of an unknown one is kept too.
    pub token_is_known: bool,
}

/// A session to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionWrite {
    /// The session.
    pub session: Arc<Session>,
    /// Who pushed it.
    pub platform: PlatformId,
    /// Whose it is.
    pub link: SessionLink,
    /// Where it stands.
    pub phase: SessionPhase,
    /// Whether it begins with this word of it: it was not heard of before, or was waiting.
    pub begins: bool,
    /// The moment of the push.
    pub received_at: DateTime,
    /// The revision that this write follows; `None` when there must be no session of that key yet.
    pub follows: Option<Revision>,
}

/// A session as a store holds it. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSession {
    /// Its place in the order of creation.
    pub cursor: Cursor,
    /// The session.
    pub session: Arc<Session>,
    /// Who pushed it last.
    pub platform: PlatformId,
    /// Whose it is.
    pub link: SessionLink,
    /// Where it stands.
    pub phase: SessionPhase,
    /// The authorization that it followed: the one that its CPO names, else the one that was known
    /// before, else the one whose pending slot it took with this word.
    pub authorization: Option<AuthorizationReference>,
    /// The moment of the last push.
    pub received_at: DateTime,
    /// The version, for a write that must follow exactly this one.
    pub revision: Revision,
}

impl StoredSession {
    /// Whether it counts as active at that moment.
    pub fn is_active_at(&self, moment: DateTime) -> bool {
        match self.phase {
            SessionPhase::Active { until } => until > moment,
            SessionPhase::Waiting | SessionPhase::Ended => false,
        }
    }
}

/// Which sessions an operator looks for: those that match every filter that is set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionQuery {
    /// Whether they count as active, and at which moment.
    pub active: Option<(bool, DateTime)>,
    /// The uid of the Token that they count for, without case.
    pub token_uid: Option<CiString<64>>,
    /// Who pushed them last.
    pub platform: Option<PlatformId>,
}

/// The sessions, and the slots that they hold.
///
/// The slots themselves are [`SlotTable`](ocpi_domain::SlotTable)'s; a store keeps one, and makes
/// it as durable as the sessions and the records.
///
/// # Contract
///
/// 1. What was never put is absent, not an error: `absent_session_is_none`.
/// 2. A session is found by its party and id, both without case, as it was put:
///    `session_reads_back_as_it_was_put`.
/// 3. A write must follow the stored revision (`None`: there is nothing stored), else it is a
///    [`StorageError::Conflict`] and nothing changes, no slot either; each write gets a revision
///    greater than every one before it: `session_write_that_follows_nothing_stored_conflicts`.
/// 4. A session that counts holds a slot from its write on, and none from the write on that ends
///    it, or has it wait: `session_holds_a_slot_while_it_counts`.
/// 5. A session that begins takes the place of the pending slot that stood for it, and is found by
///    the reference of that slot as by the one that its CPO names:
///    `session_takes_the_place_of_its_pending_slot`.
/// 6. The list of a party's sessions is in creation order, in pages by cursor and by offset, with
///    the total of what matches: `sessions_of_a_party_are_listed_in_creation_order`.
/// 7. An operator's list is newest first, in pages that follow each other's cursors, and holds
///    what the query asks for only: `session_list_holds_what_the_query_asks_for`.
/// 8. Sessions are forgotten that were received last before the moment and are not active at it,
///    so many at most; the others stay: `old_sessions_are_forgotten`.
/// 9. What was put survives a restart of a durable store, with the slots that it holds:
///    `sessions_and_slots_survive_reopen`.
///
/// A volatile store may forget its oldest sessions that are over unasked; how many it keeps is its
/// configuration.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait SessionRepository: Send + Sync {
    /// The session of that key.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`], [`StorageError::Corrupt`].
    async fn find_session(&self, key: &SessionKey) -> Result<Option<StoredSession>, StorageError>;

    /// Creates the session, or replaces the revision that the write follows, and takes and frees
    /// the slots that this takes and frees, all in one.
    ///
    /// # Errors
    ///
    /// [`StorageError::Conflict`] when another revision, or none, is stored;
    /// [`StorageError::Unavailable`].
    async fn put_session(&self, write: SessionWrite) -> Result<StoredSession, StorageError>;

    /// One page of the sessions of those CPOs, in creation order.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`], [`StorageError::Corrupt`].
    async fn list_sessions(
        &self,
        parties: &[Party],
        page: &PageRequest,
    ) -> Result<Page<StoredSession>, StorageError>;

    /// At most `limit` sessions that match, the newest first; those created before `before` when
    /// it is given.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`], [`StorageError::Corrupt`].
    async fn list_newest_sessions(
        &self,
        query: &SessionQuery,
        before: Option<Cursor>,
        limit: usize,
    ) -> Result<Vec<StoredSession>, StorageError>;

    /// The sessions that followed that authorization, at most 100, in creation order.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`], [`StorageError::Corrupt`].
    async fn find_sessions_of(
        &self,
        reference: &AuthorizationReference,
    ) -> Result<Vec<StoredSession>, StorageError>;

    /// Forgets sessions, at most `max`, that were received last before `moment` and are not
    /// active at it; how many they were.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`].
    async fn forget_sessions(&self, moment: DateTime, max: usize) -> Result<usize, StorageError>;
}
