//! The records of authorizations.

use std::sync::Arc;

use ocpi_domain::{AuthorizationRecord, AuthorizationReference, Cursor, DateTime};
use ocpi_ports::{RecordQuery, StoredRecord};

use super::OperatorError;
use crate::app::App;
use crate::deadline::{in_time, yield_now};

/// The most records that are forgotten at once, so that no write of another waits long.
const FORGOTTEN_AT_ONCE: usize = 1000;

impl App {
    /// At most `limit` records that match, the newest first; those appended before `before`,
    /// the cursor of the last one seen, when it is given.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Storage`].
    pub async fn list_authorizations(
        &self,
        query: &RecordQuery,
        before: Option<Cursor>,
        limit: usize,
    ) -> Result<Vec<StoredRecord>, OperatorError> {
        let store = &self.ports.authorizations;
        Ok(in_time(store.list_records(query, before, limit)).await?)
    }

    /// The record of that reference.
    ///
    /// # Errors
    ///
    /// [`OperatorError::UnknownAuthorization`], [`OperatorError::Storage`].
    pub async fn find_authorization(
        &self,
        reference: &AuthorizationReference,
    ) -> Result<Arc<AuthorizationRecord>, OperatorError> {
        let found = in_time(self.ports.authorizations.find_record(reference)).await?;
        found.ok_or(OperatorError::UnknownAuthorization)
    }

    /// Forgets the oldest records while they are of before that moment; how many they were.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Storage`]; some may be forgotten then.
    pub async fn forget_records(&self, before: DateTime) -> Result<u64, OperatorError> {
        let store = &self.ports.authorizations;
        let mut forgotten = 0;
        loop {
            let count = in_time(store.forget_records(before, FORGOTTEN_AT_ONCE)).await?;
            forgotten += count as u64;
            if count < FORGOTTEN_AT_ONCE {
                return Ok(forgotten);
            }
            yield_now().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use ocpi_ports::MockAuthorizationRepository;

    use super::*;
    use crate::Ports;
    use crate::operator::testing::{app, down, now, ports};

    /// What comes of forgetting when the store says this, one time after the other.
    async fn forget(said: Vec<Option<usize>>) -> Result<u64, OperatorError> {
        let said = Mutex::new(said.into_iter());
        let mut authorizations = MockAuthorizationRepository::new();
        authorizations
            .expect_forget_records()
            .returning(move |before, max| {
                assert_eq!((before, max), (now(), 1000));
                said.lock().unwrap().next().unwrap().ok_or_else(down)
            });
        let app = app(Ports {
            authorizations: Arc::new(authorizations),
            ..ports()
        });
        app.forget_records(now()).await
    }

    #[tokio::test]
    async fn records_are_forgotten_piece_by_piece() {
        assert_eq!(forget(vec![Some(0)]).await.unwrap(), 0);
        assert_eq!(forget(vec![Some(999)]).await.unwrap(), 999);
        let pieces = vec![Some(1000), Some(1000), Some(0)];
        assert_eq!(forget(pieces).await.unwrap(), 2000);
        let failed = forget(vec![Some(1000), None]).await;
        assert!(matches!(failed, Err(OperatorError::Storage(_))));
    }
}
