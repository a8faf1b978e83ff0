//! An end to waiting.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use ocpi_ports::StorageError;
use tokio::time::error::Elapsed;

/// The longest that a store may take for anything but an authorization.
const STORE_MAX: Duration = Duration::from_secs(10);

/// What `work` gives within `max`.
///
/// Work that is done when it is first looked at, as with a store in memory, sets no timer.
///
/// # Errors
///
/// [`Elapsed`] when it takes longer.
pub(crate) async fn within<T>(max: Duration, work: impl Future<Output = T>) -> Result<T, Elapsed> {
    let mut work = pin!(work);
    let first_look = poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await;
    match first_look {
        Poll::Ready(done) => Ok(done),
        Poll::Pending => tokio::time::timeout(max, work).await,
    }
}

/// What `work` gives, in the time that a store may take.
///
/// # Errors
///
/// Those of `work`, and [`StorageError::Unavailable`] when the store hangs.
pub(crate) async fn in_time<T, E: From<StorageError>>(
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let hung = |elapsed: Elapsed| Err(StorageError::Unavailable(elapsed.into()).into());
    within(STORE_MAX, work).await.unwrap_or_else(hung)
}

/// Lets others run first.
pub(crate) async fn yield_now() {
    let mut yielded = false;
    poll_fn(|context| {
        if yielded {
            return Poll::Ready(());
        }
        yielded = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
