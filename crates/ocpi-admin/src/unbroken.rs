//! Work that goes on to its end, whoever goes away meanwhile.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::failure::Failure;

/// How many handshakes run at once; others wait for their turn.
const AT_ONCE_MAX: u32 = 16;

/// The handshakes that run.
///
/// One that breaks off between the other side's answer and our write leaves two sides that hold
/// different tokens. So each is a task of its own: a client that hangs up does not end it.
pub(crate) struct Handshakes {
    places: Arc<Semaphore>,
}

impl Handshakes {
    pub(crate) fn new() -> Handshakes {
        Handshakes {
            places: Arc::new(Semaphore::new(AT_ONCE_MAX as usize)),
        }
    }

    /// Runs `handshake` to its end.
    ///
    /// # Errors
    ///
    /// Those of the handshake, and [`Failure::Panicked`].
    pub(crate) async fn run<T, E>(
        &self,
        handshake: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> Result<T, Failure>
    where
        T: Send + 'static,
        E: Send + 'static,
        Failure: From<E>,
    {
        // Nobody closes the semaphore.
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        let task = tokio::spawn(async move {
            let _place = place;
            handshake.await
        });
        // A task ends before its end only by a panic, or with the whole server.
        let ended = task.await.map_err(|_| Failure::Panicked)?;
        Ok(ended?)
    }

    /// Waits for those that run, so long at most; `false` when some run still.
    pub(crate) async fn finish(&self, max: Duration) -> bool {
        let all = self.places.acquire_many(AT_ONCE_MAX);
        tokio::time::timeout(max, all).await.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use ocpi_app::OperatorError;
    use tokio::sync::oneshot;

    use super::*;

    type Ended = Result<(), OperatorError>;

    /// Holds: C-10. Who asked for a handshake may hang up; it is not cut in the middle.
    #[tokio::test(start_paused = true)]
    async fn a_handshake_ends_by_itself_alone() {
        let handshakes = Handshakes::new();
        let (go_on, told) = oneshot::channel::<()>();
        let (done, is_done) = oneshot::channel();
        let handshake = async move {
            told.await.unwrap();
            done.send(()).unwrap();
            Ended::Ok(())
        };
        {
            let mut asked = std::pin::pin!(handshakes.run(handshake));
            let first_look = std::future::poll_fn(|context| {
                std::task::Poll::Ready(asked.as_mut().poll(context).is_pending())
            });
            assert!(first_look.await);
        }
        assert!(!handshakes.finish(Duration::from_secs(1)).await);
        go_on.send(()).unwrap();
        is_done.await.unwrap();
        assert!(handshakes.finish(Duration::from_secs(1)).await);
    }

    #[tokio::test]
    async fn what_comes_of_a_handshake_comes_to_who_asked() {
        let handshakes = Handshakes::new();
        let done = handshakes.run(async { Ok::<_, OperatorError>(7) }).await;
        assert_eq!(done.unwrap(), 7);
        let refused = handshakes.run(async { Ended::Err(OperatorError::NotRegistered) });
        assert!(matches!(
            refused.await,
            Err(Failure::Operator(OperatorError::NotRegistered))
        ));
    }
}
