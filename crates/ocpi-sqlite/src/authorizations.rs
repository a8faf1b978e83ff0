//! The questions of drivers and the evidence of their answers as their port.

use std::sync::Arc;

use async_trait::async_trait;
use ocpi_domain::{
    AuthorizationRecord, AuthorizationReference, Cursor, DateTime, Party, TokenType, TokenUid,
};
use ocpi_ports::{AuthorizationRepository, RecordQuery, StorageError, StoredRecord, SubjectLookup};

use crate::scans::at_one_moment;
use crate::sql::cards::{self, CardKey};
use crate::sql::records;
use crate::store::SqliteStore;

#[async_trait]
impl AuthorizationRepository for SqliteStore {
    async fn load_authorization_subject(
        &self,
        parties: &[Party],
        uid: &TokenUid,
        token_type: &TokenType,
    ) -> Result<SubjectLookup, StorageError> {
        let mut found = Vec::with_capacity(parties.len());
        for (place, party) in parties.iter().enumerate() {
            // A question may name a party more than once.
            if !parties[..place].contains(party) {
                found.push(self.cards.find(CardKey::of(*party, uid)).await?);
            }
        }
        Ok(cards::choose_subject(&found, uid, token_type))
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

    async fn find_record(
        &self,
        reference: &AuthorizationReference,
    ) -> Result<Option<Arc<AuthorizationRecord>>, StorageError> {
        let reference = reference.clone();
        let find = move |db: &_| records::find_record(db, &reference);
        Ok(self.scans.run(find).await?.map(Arc::new))
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
