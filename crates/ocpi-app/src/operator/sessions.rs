//! The sessions that CPOs pushed.

use ocpi_domain::{Cursor, DateTime};
use ocpi_ports::{SessionQuery, StoredSession};

use super::OperatorError;
use super::forgetting::forget_all;
use crate::app::App;
use crate::deadline::in_time;

impl App {
    /// At most `limit` sessions that match, the newest first; those created before `before`, the
    /// cursor of the last one seen, when it is given.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Storage`].
    pub async fn list_newest_sessions(
        &self,
        query: &SessionQuery,
        before: Option<Cursor>,
        limit: usize,
    ) -> Result<Vec<StoredSession>, OperatorError> {
        let store = &self.ports.sessions;
        Ok(in_time(store.list_newest_sessions(query, before, limit)).await?)
    }

    /// Forgets the sessions that were received last before that moment and are not active at it;
    /// how many they were.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Storage`]; some may be forgotten then.
    pub async fn forget_sessions(&self, before: DateTime) -> Result<u64, OperatorError> {
        let store = &self.ports.sessions;
        forget_all(|max| store.forget_sessions(before, max)).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use ocpi_ports::MockSessionRepository;

    use super::*;
    use crate::Ports;
    use crate::testing::{app, down, now, ports};

    /// What comes of forgetting when the store says this, one time after the other.
    async fn forget(said: Vec<Option<usize>>) -> Result<u64, OperatorError> {
        let said = Mutex::new(said.into_iter());
        let mut sessions = MockSessionRepository::new();
        sessions
            .expect_forget_sessions()
            .returning(move |before, max| {
                assert_eq!((before, max), (now(), 1000));
                said.lock().unwrap().next().unwrap().ok_or_else(down)
            });
        let app = app(Ports {
            sessions: Arc::new(sessions),
            ..ports()
        });
        app.forget_sessions(now()).await
    }

    #[tokio::test]
    async fn sessions_are_forgotten_piece_by_piece() {
        assert_eq!(forget(vec![Some(0)]).await.unwrap(), 0);
        assert_eq!(forget(vec![Some(999)]).await.unwrap(), 999);
        let pieces = vec![Some(1000), Some(1000), Some(0)];
        assert_eq!(forget(pieces).await.unwrap(), 2000);
        let failed = forget(vec![Some(1000), None]).await;
        assert!(matches!(failed, Err(OperatorError::Storage(_))));
    }
}
