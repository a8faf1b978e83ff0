//! Tokens on their way: ours to every CPO, and every eMSP's to us.
//!
//! Spec: 2.3.0 `mod_tokens`; `transport_and_format`, Pagination and Offline behaviour.

mod asked;
mod back_off;
mod behind;
mod breaks;
mod crawl;
mod fetch_page;
mod metrics;
mod pause;
mod pull;
mod push;
mod push_batch;
mod push_count;
mod push_note;
mod push_plan;
mod reconcile;
mod run;
mod running;
mod schedule;
mod seen;
mod state;
mod status;
mod take_page;
mod targets;
#[cfg(test)]
mod tests;
mod trouble;

pub use status::{BehindView, PlatformSync, PullView, PushView, RunState};

pub(crate) use state::Syncs;

/// What the operator may set of the exchange of Tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncOptions {
    /// How many Tokens are on their way to one platform at once.
    pub push_in_flight_max: usize,
    /// How many platforms Tokens are pushed to at once.
    pub push_platforms_max: usize,
    /// The first pause after a failure of a platform, milliseconds; each in a row doubles it.
    pub back_off_ms: u64,
    /// The longest such pause, milliseconds.
    pub back_off_ms_max: u64,
    /// How often what changed at an eMSP is fetched, milliseconds; each time up to a quarter more.
    pub pull_interval_ms: u64,
    /// How often everything is fetched, milliseconds; each time up to a quarter more.
    pub pull_all_interval_ms: u64,
    /// Tokens on a page that we ask for.
    pub pull_page_size: usize,
    /// How long before the end of the last crawl the next one begins, milliseconds: by so much the
    /// clocks of the two sides may differ.
    pub pull_overlap_ms: i64,
}

impl Default for SyncOptions {
    fn default() -> SyncOptions {
        SyncOptions {
            push_in_flight_max: 8,
            push_platforms_max: 64,
            back_off_ms: 1000,
            back_off_ms_max: 5 * 60 * 1000,
            pull_interval_ms: 6 * 60 * 60 * 1000,
            pull_all_interval_ms: 7 * 24 * 60 * 60 * 1000,
            pull_page_size: 500,
            pull_overlap_ms: 10 * 60 * 1000,
        }
    }
}
