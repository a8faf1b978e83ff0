//! Forgetting what is old, piece by piece.

use std::future::Future;

use ocpi_ports::StorageError;

use super::OperatorError;
use crate::deadline::{in_time, yield_now};

/// The most that is forgotten at once, so that no write of another waits long.
const FORGOTTEN_AT_ONCE: usize = 1000;

/// Has a store forget, so many at most each time, until there is nothing left to forget; how many
/// they were.
pub(super) async fn forget_all<F>(forget: impl Fn(usize) -> F) -> Result<u64, OperatorError>
where
    F: Future<Output = Result<usize, StorageError>>,
{
    let mut forgotten = 0;
    loop {
        let count = in_time(forget(FORGOTTEN_AT_ONCE)).await?;
        forgotten += count as u64;
        if count < FORGOTTEN_AT_ONCE {
            return Ok(forgotten);
        }
        yield_now().await;
    }
}
