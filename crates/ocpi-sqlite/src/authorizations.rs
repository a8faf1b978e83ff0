//! The questions of drivers and the evidence of their answers as their port.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use ocpi_domain::{
    AuthorizationRecord, AuthorizationReference, AuthorizationSubject, Cursor, DateTime, Slot,
    SlotClaim, SlotHolder, SlotOutcome, SlotPlace,
};
use ocpi_ports::{
    AuthorizationRepository, RecordQuery, SlotQuery, StorageError, StoredRecord, SubjectLookup,
    SubjectQuery,
};

use crate::scans::at_one_moment;
use crate::sql::cards;
use crate::sql::crowded_cards::CardQuestion;
use crate::sql::{records, slots};
use crate::store::SqliteStore;

#[async_trait]
impl AuthorizationRepository for SqliteStore {
    async fn load_authorization_subject<'q>(
        &self,
        query: &SubjectQuery<'q>,
    ) -> Result<SubjectLookup, StorageError> {
        let SubjectQuery { parties, uid, .. } = *query;
        let question =
            || CardQuestion::Subject(parties.to_vec(), uid.clone(), query.token_type.clone());
        let card = self.card(uid, question).await?;
        let mut lookup = cards::choose_subject(&card, parties, uid, query.token_type);
        if let SubjectLookup::One(subject) = &mut lookup {
            if let Some(asked) = query.location {
                let known = self
                    .locations
                    .known_evses(query.cpo_parties, &asked.location_id);
                subject.known_evses = known.await?;
            }
            subject.active_sessions = self.count_slots(subject, query);
            subject.groups_are_limited = self.published.limits_groups.load(Ordering::Acquire);
        }
        Ok(lookup)
    }

    async fn append_record(&self, record: Arc<AuthorizationRecord>) -> Result<(), StorageError> {
        self.writer
            .write(move |transaction| {
                records::append(
                    transaction.db,
                    transaction.state,
                    transaction.chain_key,
                    &record,
                )
            })
            .await
    }

    async fn append_record_with_slot(
        &self,
        record: Arc<AuthorizationRecord>,
        claim: SlotClaim,
    ) -> Result<SlotOutcome, StorageError> {
        self.writer
            .write(move |transaction| {
                let slots = transaction.changes_slots();
                slots::append_with_slot(
                    transaction.db,
                    transaction.state,
                    transaction.chain_key,
                    slots,
                    (&record, &claim),
                )
            })
            .await
    }

    async fn list_slots(&self, query: &SlotQuery) -> Result<Vec<Slot>, StorageError> {
        let SlotQuery {
            holder,
            scope,
            place,
            at,
        } = query;
        let table = self.published.slots.lock();
        let counted = table.counted(holder, *scope, place.as_ref(), *at);
        let mut found: Vec<Slot> = counted.cloned().collect();
        drop(table);
        found.sort_unstable_by_key(|slot| slot.id);
        Ok(found)
    }

    async fn find_record(
        &self,
        reference: &AuthorizationReference,
    ) -> Result<Option<Arc<AuthorizationRecord>>, StorageError> {
        let reference = reference.clone();
        let find = move |db: &_| records::find_record(db, &reference);
        Ok(self.lookups.run(find).await?.map(Arc::new))
    }

    async fn list_records(
        &self,
        query: &RecordQuery,
        before: Option<Cursor>,
        limit: usize,
    ) -> Result<Vec<StoredRecord>, StorageError> {
        let query = query.clone();
        self.scans
            .run(move |db| at_one_moment(db, |db| records::list_records(db, &query, before, limit)))
            .await
    }

    async fn forget_records(&self, moment: DateTime, max: usize) -> Result<usize, StorageError> {
        self.writer
            .write(move |transaction| {
                records::forget_records(transaction.db, transaction.chain_key, moment, max)
            })
            .await
    }
}

impl SqliteStore {
    /// How many slots count against the question: none, unless the account sets a limit.
    fn count_slots(&self, subject: &AuthorizationSubject, query: &SubjectQuery<'_>) -> u32 {
        let account = subject.account.as_deref();
        let Some(account) = account.filter(|account| account.concurrent_sessions_max.is_some())
        else {
            return 0;
        };
        let holder = SlotHolder::of(&subject.token.token);
        let place = query.platform.map(|platform| {
            let known = subject.known_evses.as_deref();
            SlotPlace::of_question(platform.clone(), query.location, known)
        });
        let table = self.published.slots.lock();
        table.count(&holder, account.concurrency_scope, place.as_ref(), query.at)
    }
}
