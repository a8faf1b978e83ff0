//! Proof that the records are those that were written.

use async_trait::async_trait;
use ocpi_ports::{ChainHead, ChainLink, ChainReport, RecordAudit, StorageError};

use crate::scans::at_one_moment;
use crate::sql::record_audit;
use crate::store::SqliteStore;

#[async_trait]
impl RecordAudit for SqliteStore {
    fn head(&self) -> ChainHead {
        *self.published.head.lock()
    }

    async fn verify(&self, head: Option<ChainLink>) -> Result<ChainReport, StorageError> {
        let key = self.chain_key.clone();
        let durable = RecordAudit::head(self);
        self.long_scans
            .run(move |db| at_one_moment(db, |db| record_audit::verify(db, &key, durable, head)))
            .await
    }
}
