//! Whether the other side has something of ours to answer.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a request is under way: time that passes meanwhile is the other side's, and all other
/// time is ours.
#[derive(Debug, Default)]
pub(super) struct UnderWay(AtomicBool);

impl UnderWay {
    pub(super) fn is_any(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// What `request` gives. One that is dropped before its end stays under way.
    pub(super) async fn during<T>(&self, request: impl Future<Output = T>) -> T {
        self.0.store(true, Ordering::Relaxed);
        let answer = request.await;
        self.0.store(false, Ordering::Relaxed);
        answer
    }
}
