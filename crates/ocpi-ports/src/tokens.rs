//! The Tokens: ours, and our copies of others'.

use std::sync::Arc;

use async_trait::async_trait;
use ocpi_domain::{
    CiString, Page, PageRequest, Party, Revision, StoredToken, Token, TokenKey, TokenMarks,
    TokenType, TokenUid,
};

use crate::StorageError;

/// A Token to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenWrite {
    /// The Token.
    pub token: Arc<Token>,
    /// What in it was not sent by its owner.
    pub marks: TokenMarks,
    /// The revision that this write follows; `None` when there must be no Token of that key yet.
    pub follows: Option<Revision>,
}

/// Which Tokens a list holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenQuery {
    /// The owners.
    pub parties: Vec<Party>,
    /// Types that are left out.
    pub without_types: Vec<TokenType>,
}

/// Tokens in the order of their last change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedTokens {
    /// Each as it is now, once, in the order of their revisions.
    pub tokens: Vec<StoredToken>,
    /// Every change up to this revision is in here, or was before it.
    pub through: Revision,
    /// Whether there are changes after it.
    pub more: bool,
}

/// The Tokens, found by key and by uid, and listed in creation order.
///
/// # Contract
///
/// 1. What was never put is absent, not an error: `absent_token_is_none`.
/// 2. A Token is found by its whole key: party and uid without case, the type exactly; separators
///    count, for EMAID too:
///    `token_is_found_by_its_whole_key_without_case`.
/// 3. A Token reads back as it was put, marks and unknown fields included:
///    `token_reads_back_as_it_was_put`.
/// 4. By party and uid, the Tokens of every type are found: `uid_finds_every_type_of_one_party`.
/// 5. A write must follow the stored revision (`None`: there is nothing stored), else it is a
///    [`StorageError::Conflict`] and nothing changes: `write_that_follows_nothing_stored_conflicts`.
/// 6. Each write gets a revision greater than every one before it: `revisions_only_grow`.
/// 7. Of many writers that follow one revision exactly one succeeds; of many writers of different
///    keys all do: `of_rival_writers_one_succeeds`, `concurrent_writers_lose_nothing`.
/// 8. A list is in creation order, and an update does not move a Token:
///    `list_is_in_creation_order_and_updates_do_not_move`.
/// 9. Pages that follow each other's cursors hold every Token once, and Tokens created during
///    the crawl come at its end: `crawl_by_cursor_misses_and_repeats_nothing`.
/// 10. A page by offset is the page by cursor at that place: `offset_and_cursor_agree`.
/// 11. The window is from inclusive, to exclusive, over `last_updated`:
///     `window_is_from_inclusive_to_exclusive`.
/// 12. The total counts what matches the query and the window, whatever the start and limit, and
///     follows updates: `total_counts_what_matches`.
/// 13. A list holds the Tokens of the parties asked for only, and none of the types left out:
///     `list_holds_what_the_query_asks_for`.
/// 14. Limit 0 and a start past the end, however far, give an empty page with the right total and
///     no `next`: `empty_pages_keep_the_total`.
/// 15. Many are found and put as each alone would be; of many writes those that conflict change
///     nothing, and the others stand; a key that is written twice conflicts with itself:
///     `many_are_found_and_put_as_each_alone`.
/// 16. The Tokens of a party's contract are found by its id without case, of whatever uid and type,
///     in creation order: `tokens_are_found_by_their_contract`.
/// 17. By uid alone, the Tokens of every party and type are found, so many at most, in creation order;
///     without case, and an EMAID in every spelling: `uid_alone_finds_the_tokens_of_every_party`.
/// 18. Tokens are listed in the order of their last change, each once and as it is now, after a
///     revision; those of other parties are passed over, and what was passed over is not looked at
///     again by who goes on from `through`: `changes_are_listed_in_their_order_each_once`.
/// 19. Who follows the changes while others write misses none: `changes_under_way_are_not_missed`.
/// 20. The changes after a revision are counted: `changes_are_counted`.
/// 21. The last revision is not before that of any Token, and before that of every later write:
///     `last_revision_is_before_every_later_write`.
/// 22. What was put survives a restart of a durable store, with its revision and its place:
///     `tokens_survive_reopen`.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait TokenRepository: Send + Sync {
    /// The Token of that key.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`], [`StorageError::Corrupt`].
    async fn find_token(&self, key: &TokenKey) -> Result<Option<StoredToken>, StorageError>;

    /// The Tokens of that party and uid, of whatever type, in creation order.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`], [`StorageError::Corrupt`].
    async fn find_tokens_by_uid(
        &self,
        party: Party,
        uid: &TokenUid,
    ) -> Result<Vec<StoredToken>, StorageError>;

    /// The Tokens of that party and contract, so many at most, in creation order. For what is asked
    /// seldom: it may cost some milliseconds among millions.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`], [`StorageError::Corrupt`].
    async fn find_tokens_by_contract(
        &self,
        party: Party,
        contract_id: &CiString<36>,
        limit: usize,
    ) -> Result<Vec<StoredToken>, StorageError>;

    /// The Tokens of that uid, of whatever party and type, so many at most, in creation order.
    /// Without case; and of the type EMAID without the separators `-` and `*`, on either side. As
    /// fast as by the whole key: a driver waits at a charge point.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`], [`StorageError::Corrupt`].
    async fn find_tokens_of_any_party(
        &self,
        uid: &TokenUid,
        limit: usize,
    ) -> Result<Vec<StoredToken>, StorageError>;

    /// The Tokens of those parties that changed after `after`, `limit` of them at most, in the order
    /// of their last change. It costs what it returns and passes over, wherever it begins.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`], [`StorageError::Corrupt`].
    async fn list_changed_tokens(
        &self,
        parties: &[Party],
        after: Revision,
        limit: usize,
    ) -> Result<ChangedTokens, StorageError>;

    /// How many Tokens of those parties changed after `after`. It may cost time linear in the number.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`], [`StorageError::Corrupt`].
    async fn count_changed_tokens(
        &self,
        parties: &[Party],
        after: Revision,
    ) -> Result<u64, StorageError>;

    /// A revision that no Token has exceeded yet, and every later write will.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`].
    async fn last_revision(&self) -> Result<Revision, StorageError>;

    /// Creates the Token, or replaces the revision that the write follows.
    ///
    /// # Errors
    ///
    /// [`StorageError::Conflict`] when another revision, or none, is stored;
    /// [`StorageError::Unavailable`].
    async fn put_token(&self, write: TokenWrite) -> Result<StoredToken, StorageError>;

    /// The Tokens of those keys, each at the place of its key.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`], [`StorageError::Corrupt`].
    async fn find_tokens(
        &self,
        keys: &[TokenKey],
    ) -> Result<Vec<Option<StoredToken>>, StorageError>;

    /// Many writes in one, durable together: for each the new revision, or `None` when it
    /// conflicted.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`]; nothing was changed then.
    async fn put_tokens(
        &self,
        writes: Vec<TokenWrite>,
    ) -> Result<Vec<Option<Revision>>, StorageError>;

    /// One page of the Tokens that match.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`], [`StorageError::Corrupt`].
    async fn list_tokens(
        &self,
        query: &TokenQuery,
        page: &PageRequest,
    ) -> Result<Page<StoredToken>, StorageError>;
}
