//! The sessions as their port.

use async_trait::async_trait;
use ocpi_domain::{AuthorizationReference, Cursor, DateTime, Page, PageRequest, Party, SessionKey};
use ocpi_ports::{SessionQuery, SessionRepository, SessionWrite, StorageError, StoredSession};

use crate::scans::at_one_moment;
use crate::sql::{session_lists, sessions};
use crate::store::SqliteStore;

#[async_trait]
impl SessionRepository for SqliteStore {
    async fn find_session(&self, key: &SessionKey) -> Result<Option<StoredSession>, StorageError> {
        let key = key.clone();
        self.lookups
            .run(move |db| sessions::find_session(db, &key))
            .await
    }

    async fn put_session(&self, write: SessionWrite) -> Result<StoredSession, StorageError> {
        self.writer
            .write(move |transaction| {
                let slots = transaction.changes_slots();
                sessions::put_session(transaction.db, transaction.state, slots, &write)
            })
            .await
    }

    async fn list_sessions(
        &self,
        parties: &[Party],
        page: &PageRequest,
    ) -> Result<Page<StoredSession>, StorageError> {
        let (parties, page) = (parties.to_vec(), *page);
        let list = move |db: &_| session_lists::list_sessions(db, &parties, &page);
        self.scans.run(move |db| at_one_moment(db, list)).await
    }

    async fn list_newest_sessions(
        &self,
        query: &SessionQuery,
        before: Option<Cursor>,
        limit: usize,
    ) -> Result<Vec<StoredSession>, StorageError> {
        let query = query.clone();
        self.scans
            .run(move |db| session_lists::list_newest_sessions(db, &query, before, limit))
            .await
    }

    async fn find_sessions_of(
        &self,
        reference: &AuthorizationReference,
    ) -> Result<Vec<StoredSession>, StorageError> {
        let reference = reference.clone();
        self.scans
            .run(move |db| sessions::find_sessions_of(db, &reference))
            .await
    }

    async fn forget_sessions(&self, moment: DateTime, max: usize) -> Result<usize, StorageError> {
        self.writer
            .write(move |transaction| {
                let slots = transaction.changes_slots();
                sessions::forget_sessions(transaction.db, slots, moment, max)
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, mpsc};
    use std::time::Duration;

    use ocpi_domain::LocationKey;
    use ocpi_ports::{AuthorizationRepository, LocationRepository};

    use super::*;
    use crate::store::SqliteOptions;

    /// Beyond the protocol: one CPO that lists must not keep another from pushing.
    #[tokio::test]
    async fn what_a_push_looks_up_does_not_wait_for_lists() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(SqliteOptions {
            path: folder.path().join("ocpi.db"),
            chain_key: [7; 32],
            cache_bytes_max: 1024 * 1024,
            wal_bytes_max: 1024 * 1024,
        })
        .unwrap();
        // As many as there are threads for them, and some that wait.
        let (ends, lists): (Vec<_>, Vec<_>) = (0..4)
            .map(|_| {
                let (end, ended) = mpsc::channel::<()>();
                let list = move |_: &_| Ok(ended.recv_timeout(Duration::from_secs(10)));
                let store = Arc::clone(&store);
                let list = tokio::spawn(async move { store.scans.run(list).await });
                (end, list)
            })
            .unzip();
        tokio::task::yield_now().await;
        let party = Party::new("NL", "ALF").unwrap();
        let session = SessionKey {
            party,
            id: "S1".parse().unwrap(),
        };
        let location = LocationKey {
            party,
            id: "LOC1".parse().unwrap(),
        };
        let reference = "R1".parse().unwrap();
        let (session, location, record) = tokio::join!(
            store.find_session(&session),
            store.find_location(&location),
            store.find_record(&reference),
        );
        drop(ends);
        assert_eq!(session.unwrap(), None);
        assert_eq!(location.unwrap(), None);
        assert_eq!(record.unwrap(), None);
        for list in lists {
            let ended = list.await.unwrap().unwrap();
            assert_eq!(ended, Err(mpsc::RecvTimeoutError::Disconnected));
        }
    }
}
