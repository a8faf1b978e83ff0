//! The records of authorizations.

use std::sync::Arc;

use ocpi_domain::{AuthorizationRecord, AuthorizationReference, Cursor, DateTime};
use ocpi_ports::{RecordQuery, StoredRecord, StoredSession};

use super::OperatorError;
use super::forgetting::forget_all;
use crate::app::App;
use crate::deadline::in_time;

/// An authorization, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundAuthorization {
    /// The evidence of the answer.
    pub record: Arc<AuthorizationRecord>,
    /// The sessions that followed it, in creation order.
    pub sessions: Vec<StoredSession>,
}

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

    /// The record of that reference, and the sessions that followed.
    ///
    /// # Errors
    ///
    /// [`OperatorError::UnknownAuthorization`], [`OperatorError::Storage`].
    pub async fn find_authorization(
        &self,
        reference: &AuthorizationReference,
    ) -> Result<FoundAuthorization, OperatorError> {
        let found = in_time(self.ports.authorizations.find_record(reference)).await?;
        let record = found.ok_or(OperatorError::UnknownAuthorization)?;
        let sessions = in_time(self.ports.sessions.find_sessions_of(reference)).await?;
        Ok(FoundAuthorization { record, sessions })
    }

    /// Forgets the oldest records while they are of before that moment; how many they were.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Storage`]; some may be forgotten then.
    pub async fn forget_records(&self, before: DateTime) -> Result<u64, OperatorError> {
        let store = &self.ports.authorizations;
        forget_all(|max| store.forget_records(before, max)).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use ocpi_domain::{Revision, SessionPhase};
    use ocpi_ports::{MockAuthorizationRepository, MockSessionRepository, SessionLink};
    use serde_json::json;

    use super::*;
    use crate::Ports;
    use crate::testing::{app, down, now, ports, session};

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

    /// Holds: S-11.
    #[tokio::test]
    async fn an_authorization_is_found_with_the_sessions_that_followed() {
        let mut authorizations = MockAuthorizationRepository::new();
        authorizations
            .expect_find_record()
            .returning(|reference| Ok((reference.as_str() == "REF-1").then(|| Arc::new(record()))));
        let mut sessions = MockSessionRepository::new();
        sessions.expect_find_sessions_of().returning(|reference| {
            assert_eq!(reference.as_str(), "REF-1");
            Ok(vec![followed()])
        });
        let app = app(Ports {
            authorizations: Arc::new(authorizations),
            sessions: Arc::new(sessions),
            ..ports()
        });
        let found = app.find_authorization(&"REF-1".parse().unwrap()).await;
        let found = found.unwrap();
        assert_eq!(*found.record, record());
        assert_eq!(found.sessions, [followed()]);
        let unknown = app.find_authorization(&"REF-2".parse().unwrap()).await;
        assert!(matches!(unknown, Err(OperatorError::UnknownAuthorization)));
    }

    fn record() -> AuthorizationRecord {
        serde_json::from_value(json!({
            "reference": "REF-1", "at": now(), "platform": "peer", "request_id": "Q",
            "correlation_id": "C", "token_uid": "CARD", "token_type": "RFID", "token_party": null,
            "asked": null, "allowed_location": null, "allowed": "ALLOWED", "status": "ACCEPTED",
            "rule": "all_passed", "latency_us": 0
        }))
        .unwrap()
    }

    fn followed() -> StoredSession {
        StoredSession {
            cursor: Cursor(1),
            session: session(&json!({})),
            platform: "peer".parse().unwrap(),
            link: SessionLink::default(),
            phase: SessionPhase::Ended,
            authorization: "REF-1".parse().ok(),
            received_at: now(),
            revision: Revision(1),
        }
    }
}
