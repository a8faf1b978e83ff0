//! The questions of drivers and the evidence of their answers as their port.

use std::sync::Arc;

use async_trait::async_trait;
use ocpi_domain::{
    AuthorizationRecord, AuthorizationReference, AuthorizationSubject, Cursor, Party, TokenType,
    TokenUid,
};
use ocpi_ports::{AuthorizationRepository, RecordQuery, StorageError, StoredRecord, SubjectLookup};

use crate::store::{MemStore, Subjects};
use crate::token_table::Found;

#[async_trait]
impl AuthorizationRepository for MemStore {
    async fn load_authorization_subject(
        &self,
        parties: &[Party],
        uid: &TokenUid,
        token_type: &TokenType,
    ) -> Result<SubjectLookup, StorageError> {
        let hash = self.hasher.of_uid(uid, token_type);
        let subjects = self.subjects.read();
        let Subjects { tokens, accounts } = &*subjects;
        let token = match tokens.find_subject(parties, uid, token_type, hash) {
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
        drop(subjects);
        Ok(SubjectLookup::One(Box::new(AuthorizationSubject {
            token,
            account,
            active_sessions: 0,
            known_evses: None,
        })))
    }

    async fn append_record(&self, record: Arc<AuthorizationRecord>) -> Result<(), StorageError> {
        let hash = self.hasher.of_text(record.reference.as_str());
        let appended = self.records.lock().append(record, hash);
        // The forgotten record is dropped here, where no lock is held.
        appended.map(|_forgotten| ())
    }

    async fn find_record(
        &self,
        reference: &AuthorizationReference,
    ) -> Result<Option<Arc<AuthorizationRecord>>, StorageError> {
        let hash = self.hasher.of_text(reference.as_str());
        Ok(self.records.lock().find(reference, hash).cloned())
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
            let next = self
                .records
                .lock()
                .look_on(query, before, limit, &mut found);
            let Some(next) = next else {
                return Ok(found);
            };
            before = next;
            tokio::task::yield_now().await;
        }
    }
}
