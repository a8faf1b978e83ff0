//! What is stored, in SQL: plain functions over a connection, inside whatever transaction the
//! caller opened. Statements are prepared once a connection.
//!
//! The schema stands in `migrations`. A number that only grows, such as a revision, is an `u64`
//! outside and SQLite's `i64` inside; see [`columns::integer`].

pub(crate) mod accounts;
pub(crate) mod cards;
pub(crate) mod carried_keys;
mod columns;
pub(crate) mod crowded_cards;
mod error;
pub(crate) mod locations;
mod platform_row;
pub(crate) mod platforms;
mod presented_tokens;
mod progress_json;
pub(crate) mod record_audit;
mod record_blocks;
pub(crate) mod record_chain;
mod record_row;
pub(crate) mod records;
pub(crate) mod schema;
pub(crate) mod session_lists;
mod session_row;
pub(crate) mod sessions;
pub(crate) mod slots;
pub(crate) mod state;
pub(crate) mod sync;
mod token_blocks;
pub(crate) mod token_changes;
pub(crate) mod token_contracts;
pub(crate) mod token_pages;
mod token_row;
pub(crate) mod tokens;

#[cfg(test)]
mod tests;

pub(crate) use error::SqlError;
