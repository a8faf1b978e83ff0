//! The questions of drivers and the evidence of their answers as their port.

use std::sync::Arc;

use async_trait::async_trait;
use ocpi_domain::{
    AuthorizationRecord, AuthorizationReference, AuthorizationSubject, ConcurrencyScope, Cursor,
    DateTime, LocationEvses, Slot, SlotClaim, SlotHolder, SlotOutcome, SlotPlace, Token,
};
use ocpi_ports::{
    AuthorizationRepository, RecordQuery, SlotQuery, StorageError, StoredRecord, SubjectLookup,
    SubjectQuery,
};

use crate::locations::merged;
use crate::packed_record;
use crate::record_ring::PIECE;
use crate::store::{MemStore, Subjects};
use crate::token_table::Found;

#[async_trait]
impl AuthorizationRepository for MemStore {
    async fn load_authorization_subject<'q>(
        &self,
        query: &SubjectQuery<'q>,
    ) -> Result<SubjectLookup, StorageError> {
        let hash = self.hasher.of_uid(query.uid, query.token_type);
        let subjects = self.subjects.read();
        let Subjects {
            tokens,
            accounts,
            locations,
        } = &*subjects;
        let found = tokens.find_subject(query.parties, query.uid, query.token_type, hash);
        let token = match found {
            Found::Nothing => return Ok(SubjectLookup::Unknown),
            Found::Several => return Ok(SubjectLookup::Ambiguous),
            Found::One(entry) => entry.stored(),
        };
        let account = if accounts.is_empty() {
            None
        } else {
            // The account is that of the Token found, which may spell its uid in another way.
            accounts.find_of(&token.token, hash)
        };
        let groups_are_limited = accounts.limits_groups();
        let evses = self.evses_asked_for(locations, query);
        drop(subjects);
        let known_evses = merged(evses);
        // Who has no limit does not wait for the slots.
        let limited = account
            .as_ref()
            .filter(|account| account.concurrent_sessions_max.is_some());
        let active_sessions = limited.map_or(0, |account| {
            let scope = account.concurrency_scope;
            self.count_slots(query, &token.token, scope, known_evses.as_deref())
        });
        Ok(SubjectLookup::One(Box::new(AuthorizationSubject {
            token,
            account,
            active_sessions,
            groups_are_limited,
            known_evses,
        })))
    }

    async fn append_record(&self, record: Arc<AuthorizationRecord>) -> Result<(), StorageError> {
        self.append(&record)
    }

    async fn append_record_with_slot(
        &self,
        record: Arc<AuthorizationRecord>,
        claim: SlotClaim,
    ) -> Result<SlotOutcome, StorageError> {
        let outcome = self.append_with_slot(&record, &claim)?;
        if outcome == SlotOutcome::Full {
            self.append(&record.refused_for_concurrency())?;
        }
        Ok(outcome)
    }

    async fn list_slots(&self, query: &SlotQuery) -> Result<Vec<Slot>, StorageError> {
        let slots = self.slots.lock();
        let counted = slots.counted(&query.holder, query.scope, query.place.as_ref(), query.at);
        let mut found: Vec<Slot> = counted.cloned().collect();
        drop(slots);
        found.sort_unstable_by_key(|slot| slot.id);
        Ok(found)
    }

    async fn find_record(
        &self,
        reference: &AuthorizationReference,
    ) -> Result<Option<Arc<AuthorizationRecord>>, StorageError> {
        let hash = self.hasher.of_text(reference.as_str());
        let found = self
            .records
            .lock()
            .find(reference, hash)?
            .map(<[u8]>::to_vec);
        found.as_deref().map(packed_record::unpack).transpose()
    }

    async fn list_records(
        &self,
        query: &RecordQuery,
        before: Option<Cursor>,
        limit: usize,
    ) -> Result<Vec<StoredRecord>, StorageError> {
        let mut found = Vec::new();
        let mut before = before.map_or(u64::MAX, |cursor| cursor.0);
        loop {
            let (mut piece, left) = (Vec::new(), limit - found.len());
            let next = self
                .records
                .lock()
                .look_on(query, before, left, &mut piece)?;
            for record in piece {
                found.push(record.unpack()?);
            }
            let Some(next) = next else {
                return Ok(found);
            };
            before = next;
            tokio::task::yield_now().await;
        }
    }

    async fn forget_records(&self, moment: DateTime, max: usize) -> Result<usize, StorageError> {
        let mut forgotten = 0;
        loop {
            let piece = PIECE.min(max - forgotten);
            let gone = self.records.lock().forget_before(moment, piece)?;
            forgotten += gone;
            if gone < piece || forgotten == max {
                return Ok(forgotten);
            }
            tokio::task::yield_now().await;
        }
    }
}

impl MemStore {
    fn append(&self, record: &AuthorizationRecord) -> Result<(), StorageError> {
        let reference = &record.reference;
        let hash = self.hasher.of_text(reference.as_str());
        packed_record::pack(record, |packed| {
            self.records.lock().append(reference, hash, packed)
        })
    }

    /// Takes the slot and keeps the record, both or neither; nothing is kept when no slot is free.
    fn append_with_slot(
        &self,
        record: &AuthorizationRecord,
        claim: &SlotClaim,
    ) -> Result<SlotOutcome, StorageError> {
        let reference = &record.reference;
        let hash = self.hasher.of_text(reference.as_str());
        packed_record::pack(record, |packed| {
            let mut slots = self.slots.lock();
            let outcome = slots.claim(claim, reference, record.at);
            if outcome == SlotOutcome::Full {
                slots.commit();
                return Ok(outcome);
            }
            let appended = self.records.lock().append(reference, hash, packed);
            match appended {
                Ok(()) => slots.commit(),
                // Every change of others is committed: only this one is taken back.
                Err(_) => slots.roll_back(),
            }
            appended.map(|()| outcome)
        })
    }

    /// How many slots count against that question about that Token.
    fn count_slots(
        &self,
        query: &SubjectQuery<'_>,
        token: &Token,
        scope: ConcurrencyScope,
        known: Option<&LocationEvses>,
    ) -> u32 {
        let holder = SlotHolder::of(token);
        let place = query
            .platform
            .map(|platform| SlotPlace::of_question(platform.clone(), query.location, known));
        let slots = self.slots.lock();
        slots.count(&holder, scope, place.as_ref(), query.at)
    }
}

#[cfg(test)]
mod tests {
    use ocpi_domain::{MessageId, PlatformId, Rule, TokenMarks, TokenType};
    use ocpi_ports::{AccountRepository, AccountWrite, TokenRepository, TokenWrite};

    use super::*;

    fn record(number: usize) -> Arc<AuthorizationRecord> {
        let id = MessageId::new("id").unwrap();
        Arc::new(AuthorizationRecord {
            reference: AuthorizationReference::new(&format!("R-{number}")).unwrap(),
            at: DateTime::from_unix_ms(0).unwrap(),
            platform: PlatformId::new("peer").unwrap(),
            request_id: id.clone(),
            correlation_id: id,
            token_party: None,
            token_uid: AuthorizationRecord::uid_as_asked("CARD"),
            token_type: TokenType::Rfid,
            asked: None,
            allowed_location: None,
            allowed: None,
            status: None,
            rule: Rule::UnknownToken,
            latency_us: 0,
            charge_point: None,
        })
    }

    /// Holds: E-33.
    #[tokio::test]
    async fn as_many_are_forgotten_as_asked_for_however_many_pieces_that_are() {
        const COUNT: usize = 3 * PIECE;
        for max in [1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, COUNT, COUNT + 1] {
            let store = MemStore::default();
            for number in 0..COUNT {
                store.append_record(record(number)).await.unwrap();
            }
            let forgotten = store.forget_records(DateTime::MAX, max).await.unwrap();
            assert_eq!(forgotten, max.min(COUNT));
            let query = RecordQuery::default();
            let kept = store.list_records(&query, None, usize::MAX).await.unwrap();
            assert_eq!(kept.len(), COUNT - forgotten);
            let oldest = kept.last().map(|oldest| oldest.record.clone());
            assert_eq!(oldest, (max < COUNT).then(|| record(forgotten)));
        }
    }
    /// Whoever pushes sessions, lists them, or appends records keeps a question waiting only when
    /// its Token has a limit.
    ///
    /// Holds: E-29, E-31.
    #[tokio::test]
    async fn a_question_about_a_token_without_a_limit_waits_for_no_session_slot_or_record() {
        let store = Arc::new(MemStore::default());
        let token: Token = serde_json::from_str(
            r#"{"country_code":"CH","party_id":"ABC","uid":"CARD","type":"RFID","valid":true,
                "contract_id":"C","issuer":"I","whitelist":"NEVER",
                "last_updated":"2025-01-01T00:00:00Z"}"#,
        )
        .unwrap();
        let key = token.key();
        let write = TokenWrite {
            token: Arc::new(token),
            marks: TokenMarks::default(),
            follows: None,
        };
        store.put_token(write).await.unwrap();
        let write = AccountWrite {
            key: key.clone(),
            account: Arc::default(),
            follows: None,
        };
        store.put_account(write).await.unwrap();
        let (answers, answer) = std::sync::mpsc::channel();
        let others = (
            store.sessions.write(),
            store.slots.lock(),
            store.records.lock(),
        );
        let asked = Arc::clone(&store);
        std::thread::spawn(move || {
            let query = SubjectQuery {
                parties: &[key.party],
                uid: &key.uid,
                token_type: &key.token_type,
                platform: None,
                cpo_parties: &[],
                location: None,
                at: DateTime::MAX,
            };
            let runtime = tokio::runtime::Builder::new_current_thread().build();
            let found = asked.load_authorization_subject(&query);
            answers.send(runtime.unwrap().block_on(found)).unwrap();
        });
        let found = answer.recv_timeout(std::time::Duration::from_secs(10));
        drop(others);
        let Ok(Ok(SubjectLookup::One(subject))) = found else {
            panic!("the question waits for another lock: {found:?}");
        };
        assert_eq!((subject.active_sessions, subject.known_evses), (0, None));
    }
}
