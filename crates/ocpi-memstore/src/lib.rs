//! The store in memory: every port of storage on one [`MemStore`].
//!
//! It is the fast one, for tests, for demos and for a CPO whose copies are fetched again at every
//! start, and it is the reference for every other store. The path of an authorization takes each
//! lock that it needs for a few hundred nanoseconds; long lists are read in pieces, with no lock
//! held between them.
//!
//! What is deliberately absent: durability, and old records and sessions: it keeps the newest
//! only, so that it does not grow without end.
//!
//! Start with [`MemStore::new`]; then `index.rs` and `token_table.rs` for how a Token is found,
//! and `sessions.rs` for how a session and its slot change together.

mod account_table;
mod accounts;
mod authorizations;
mod change_log;
mod chunks;
mod contract_hashes;
mod index;
mod location_table;
mod locations;
mod packed_record;
mod paging;
mod places;
mod platforms;
mod record_ring;
mod session_scan;
mod session_table;
mod sessions;
mod short_lock;
mod store;
mod sync;
mod token_changes;
mod token_scan;
mod token_table;
mod tokens;

pub use store::{MemStore, MemStoreOptions};
