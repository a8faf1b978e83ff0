//! What is left out of a list that a peer sent.

/// How many elements are left out, and why the first one is: a list may be long, and a line of
/// the log for each of them would let a peer fill it.
#[derive(Debug, Default)]
pub(super) struct LeftOut {
    pub(super) count: usize,
    pub(super) first: Option<String>,
}

impl LeftOut {
    /// Counts one more. Only the reason of the first is asked for.
    pub(super) fn note(&mut self, reason: impl FnOnce() -> String) {
        self.count += 1;
        self.first.get_or_insert_with(reason);
    }
}
