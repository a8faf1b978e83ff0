//! An end to waiting.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::error::Elapsed;

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
