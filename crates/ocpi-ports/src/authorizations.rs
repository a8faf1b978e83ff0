//! What an authorization reads, and the record that it leaves.

use std::sync::Arc;

use async_trait::async_trait;
use ocpi_domain::{
    AllowedType, AuthorizationRecord, AuthorizationReference, AuthorizationSubject, CiString,
    ConcurrencyScope, Cursor, DateTime, LocationReferences, Party, PlatformId, Slot, SlotClaim,
    SlotHolder, SlotOutcome, SlotPlace, TokenType, TokenUid,
};

use crate::StorageError;

/// The question whose subject is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubjectQuery<'a> {
    /// The owners that it may mean.
    pub parties: &'a [Party],
    /// The uid.
    pub uid: &'a TokenUid,
    /// The type.
    pub token_type: &'a TokenType,
    /// Who asks; without one, nothing is held at the place of the question.
    pub platform: Option<&'a PlatformId>,
    /// The CPOs that the place may belong to.
    pub cpo_parties: &'a [Party],
    /// The place, when the question names one.
    pub location: Option<&'a LocationReferences>,
    /// The moment of the question.
    pub at: DateTime,
}

/// Which slots are looked for: those that count against a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotQuery {
    /// The Token, and its group.
    pub holder: SlotHolder,
    /// Whose slots count.
    pub scope: ConcurrencyScope,
    /// The place of the question; what is held at the same place does not count. Without one,
    /// everything counts.
    pub place: Option<SlotPlace>,
    /// The moment of the question.
    pub at: DateTime,
}

/// What is found of the Token that a question is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubjectLookup {
    /// None of the parties has it.
    Unknown,
    /// One party has it.
    One(Box<AuthorizationSubject>),
    /// Several match equally well: of several parties, or, of EMAID only, of one party in several
    /// spellings of which none is that of the question.
    Ambiguous,
}

/// A record and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// Its place in the order of appending.
    pub cursor: Cursor,
    /// The record.
    pub record: Arc<AuthorizationRecord>,
}

/// Which records a list holds: those that match every filter that is set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordQuery {
    /// The uid that was asked for, legal or not.
    pub token_uid: Option<CiString<64>>,
    /// The first moment of the answer.
    pub from: Option<DateTime>,
    /// The first moment after it: exclusive.
    pub to: Option<DateTime>,
    /// Who asked.
    pub platform: Option<PlatformId>,
    /// The answer.
    pub allowed: Option<AllowedType>,
}

/// The questions of drivers and the evidence of their answers.
///
/// # Contract
///
/// 1. A Token that no party of the question has is unknown: `subject_of_another_party_is_unknown`.
/// 2. The uid is matched without case and the type exactly; only for EMAID, separators do not
///    count, and a uid that matches to the letter is preferred:
///    `subject_is_found_by_uid_and_type`, `emaid_is_found_without_separators`.
/// 3. A uid and type that several of the parties have is ambiguous; the question that names one
///    of them is not, however often it names it: `subject_of_two_parties_is_ambiguous`.
/// 4. A record reads back as it was appended, by its reference without case and in the list:
///    `record_reads_back_as_it_was_appended`.
/// 5. A reference that was used before, in whatever case, is a [`StorageError::Conflict`], and
///    the first record stays: `used_reference_conflicts`.
/// 6. Records are listed newest first by the order of appending, in pages that follow each
///    other's cursors:
///    `records_are_listed_newest_first`.
/// 7. A list holds what the query asks for only, the uid without case and the platform exactly:
///    `record_list_holds_what_the_query_asks_for`.
/// 8. Concurrent appends all stay: `concurrent_appends_lose_nothing`.
/// 9. Records are forgotten oldest first, so many at most, up to the first that is not of before
///    the moment; those after it stay, and the reference of a forgotten one finds nothing:
///    `oldest_records_are_forgotten`.
/// 10. What was appended survives a restart of a durable store: `records_survive_reopen`.
/// 11. A subject is read with the number of slots that count against the question when its account
///     sets a limit, and with none otherwise: `subject_is_read_with_its_slots`.
/// 12. Of many claims at different places as many get a slot as the limit permits, and never more,
///     however they run beside each other; the record of each other one is appended with
///     `NOT_ALLOWED`, `CONCURRENT_TX` and no place:
///     `of_rival_claims_as_many_as_the_limit_get_a_slot`.
/// 13. A claim at the place that is held already gets it, and is not counted twice; a slot ends
///     with its time: `same_place_is_held_once`, `pending_slot_ends_with_its_time`.
/// 14. Those of a Token's group count when the scope is the group:
///     `slots_of_the_group_count_in_its_scope`.
/// 15. A claim whose record conflicts takes no slot: `conflicting_claim_takes_no_slot`.
/// 16. The slots that count are listed with what holds them: `slots_that_count_are_listed`.
/// 17. Pending slots survive a restart of a durable store: `pending_slots_survive_reopen`.
/// 18. A subject says whether some account limits its group, from the write of such an account on
///     and after a restart: `subject_says_whether_groups_are_limited`.
///
/// A volatile store may forget its oldest records unasked; how many it keeps is its
/// configuration.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait AuthorizationRepository: Send + Sync {
    /// Everything stored that the decision about this Token depends on, read together.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`], [`StorageError::Corrupt`].
    async fn load_authorization_subject<'q>(
        &self,
        query: &SubjectQuery<'q>,
    ) -> Result<SubjectLookup, StorageError>;

    /// Keeps the evidence of an answer. The answer may leave when this returns.
    ///
    /// # Errors
    ///
    /// [`StorageError::Conflict`] for a reference that was used before,
    /// [`StorageError::Unavailable`].
    async fn append_record(&self, record: Arc<AuthorizationRecord>) -> Result<(), StorageError>;

    /// Takes the slot that an ALLOWED needs and keeps its evidence, both or neither. When no slot
    /// is free, the evidence is [`refused_for_concurrency`] instead. The moment is the record's
    /// `at`, and the slot is held under its reference.
    ///
    /// [`refused_for_concurrency`]: AuthorizationRecord::refused_for_concurrency
    ///
    /// # Errors
    ///
    /// As [`append_record`](AuthorizationRepository::append_record); no slot is taken then.
    async fn append_record_with_slot(
        &self,
        record: Arc<AuthorizationRecord>,
        claim: SlotClaim,
    ) -> Result<SlotOutcome, StorageError>;

    /// The slots that count against a question, oldest first.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`].
    async fn list_slots(&self, query: &SlotQuery) -> Result<Vec<Slot>, StorageError>;

    /// The record of that reference.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`], [`StorageError::Corrupt`].
    async fn find_record(
        &self,
        reference: &AuthorizationReference,
    ) -> Result<Option<Arc<AuthorizationRecord>>, StorageError>;

    /// At most `limit` records that match, the newest first; those appended before `before` when
    /// it is given.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`], [`StorageError::Corrupt`].
    async fn list_records(
        &self,
        query: &RecordQuery,
        before: Option<Cursor>,
        limit: usize,
    ) -> Result<Vec<StoredRecord>, StorageError>;

    /// Forgets the oldest records, at most `max`, while they are of before `moment`; how many
    /// they were.
    ///
    /// # Errors
    ///
    /// [`StorageError::Unavailable`].
    async fn forget_records(&self, moment: DateTime, max: usize) -> Result<usize, StorageError>;
}
