//! Push and pull against other sides whose every step a test decides, in a time that is paused.

mod list;
mod other_side;
mod patch;
mod pull;
mod pull_broken;
mod pull_failures;
mod push;
mod push_failures;
mod push_scope;
mod push_suspects;
mod push_watched;
mod reconcile;
mod requests;
mod world;

use std::time::Duration;

use crate::testing::peer::later;

/// Lets so many seconds pass; whoever waits for less goes on meanwhile.
async fn seconds(count: u64) {
    later(Duration::from_secs(count)).await;
}
