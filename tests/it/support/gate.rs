//! A store in which every authorization hangs.

use std::sync::Arc;

use async_trait::async_trait;
use ocpi_domain::{
    AuthorizationRecord, AuthorizationReference, Cursor, DateTime, Slot, SlotClaim, SlotOutcome,
};
use ocpi_memstore::MemStore;
use ocpi_ports::{
    AuthorizationRepository, RecordQuery, SlotQuery, StorageError, StoredRecord, SubjectLookup,
    SubjectQuery,
};
use tokio::sync::Semaphore;

/// Where an authorization hangs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum At {
    Load,
    Append,
}

/// The store behind a gate that never opens.
pub(crate) struct Gate {
    store: Arc<MemStore>,
    at: At,
    arrived: Semaphore,
}

impl Gate {
    pub(crate) fn new(store: &Arc<MemStore>, at: At) -> Arc<Gate> {
        Arc::new(Gate {
            store: Arc::clone(store),
            at,
            arrived: Semaphore::new(0),
        })
    }

    /// Waits until an authorization hangs.
    pub(crate) async fn arrival(&self) {
        self.arrived
            .acquire()
            .await
            .expect("nobody closes it")
            .forget();
    }

    async fn pass(&self, at: At) {
        if at == self.at {
            self.arrived.add_permits(1);
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait]
impl AuthorizationRepository for Gate {
    async fn load_authorization_subject<'q>(
        &self,
        query: &SubjectQuery<'q>,
    ) -> Result<SubjectLookup, StorageError> {
        self.pass(At::Load).await;
        self.store.load_authorization_subject(query).await
    }

    async fn append_record(&self, record: Arc<AuthorizationRecord>) -> Result<(), StorageError> {
        self.pass(At::Append).await;
        self.store.append_record(record).await
    }

    async fn append_record_with_slot(
        &self,
        record: Arc<AuthorizationRecord>,
        claim: SlotClaim,
    ) -> Result<SlotOutcome, StorageError> {
        self.pass(At::Append).await;
        self.store.append_record_with_slot(record, claim).await
    }

    async fn list_slots(&self, query: &SlotQuery) -> Result<Vec<Slot>, StorageError> {
        self.store.list_slots(query).await
    }

    async fn find_record(
        &self,
        reference: &AuthorizationReference,
    ) -> Result<Option<Arc<AuthorizationRecord>>, StorageError> {
        self.store.find_record(reference).await
    }

    async fn list_records(
        &self,
        query: &RecordQuery,
        before: Option<Cursor>,
        limit: usize,
    ) -> Result<Vec<StoredRecord>, StorageError> {
        self.store.list_records(query, before, limit).await
    }

    async fn forget_records(&self, moment: DateTime, max: usize) -> Result<usize, StorageError> {
        self.store.forget_records(moment, max).await
    }
}
