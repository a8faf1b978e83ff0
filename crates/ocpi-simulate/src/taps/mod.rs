//! Taps at charge points: the question of the operator's API, many times, and how long the answers
//! took.

mod latencies;
mod options;
mod report;
mod run;

pub use latencies::Latencies;
pub use options::TapsOptions;
pub use report::Report;
pub use run::{TapsError, run};
