//! A lock that is held for a microsecond.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A mutex for what takes a microsecond or less on the path of an authorization.
///
/// Who finds it held spins for a few microseconds before it sleeps. One that gives its processor
/// away at once, as `parking_lot` does, waits for its next turn there: measured with two workers on
/// two processors, that cost a third of the answers a second.
#[derive(Debug, Default)]
pub(crate) struct ShortLock<T>(Mutex<T>);

impl<T> ShortLock<T> {
    pub(crate) fn new(value: T) -> ShortLock<T> {
        ShortLock(Mutex::new(value))
    }

    /// The value, for this caller alone. A panic of another holder is no reason to refuse: what
    /// it left is whole, since nothing in between can fail.
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
