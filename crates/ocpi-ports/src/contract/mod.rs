//! The suite that every storage adapter must pass.
//!
//! Each promise under `# Contract` of a port is held by a case of the same name, a plain
//! function over a [`Harness`]. An adapter implements the harness for its tests, depends on
//! `tokio` (features `macros` and `rt-multi-thread`) there, and calls one macro, which makes one
//! test of each case; a failure so names the broken promise:
//!
//! ```text
//! ocpi_ports::storage_contract!(MyHarness);
//! ```
//!
//! No case waits for time to pass, none is left out for an adapter that cannot keep its promise,
//! and none depends on another: each has a fresh store. What an adapter may choose is a constant
//! of its harness, and the suite asserts it in both directions.
//!
//! The cases are listed once, in the macro; a test holds the list, the promises of the ports and
//! the functions here to each other.

#![expect(
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a case fails by panicking, as every test does"
)]

mod fixtures;
mod platform_fixtures;
mod slot_fixtures;

pub mod accounts;
pub mod authorizations;
pub mod health;
pub mod locations;
pub mod platform_lists;
pub mod platforms;
pub mod records;
pub mod session_lists;
pub mod session_slots;
pub mod sessions;
pub mod slots;
pub mod sync;
pub mod token_bulk;
pub mod token_changes;
pub mod token_contracts;
pub mod token_lists;
pub mod token_uids;
pub mod tokens;

#[cfg(test)]
mod agreement;

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    AccountRepository, AuthorizationRepository, LocationRepository, PlatformRepository,
    SessionRepository, StoreHealth, SyncRepository, TokenRepository,
};

/// A store under test. All of its ports look at the same store.
#[async_trait]
pub trait Harness: Send + Sized {
    /// Whether what was written outlives the process: then [`reopen`](Harness::reopen) must give
    /// the store again with everything in it, else it must give `None`.
    const DURABLE: bool;

    /// An empty store that nobody else uses.
    async fn fresh() -> Self;

    /// The port of the Tokens.
    fn tokens(&self) -> Arc<dyn TokenRepository>;

    /// The port of the accounts.
    fn accounts(&self) -> Arc<dyn AccountRepository>;

    /// The port of the authorizations.
    fn authorizations(&self) -> Arc<dyn AuthorizationRepository>;

    /// The port of the sessions.
    fn sessions(&self) -> Arc<dyn SessionRepository>;

    /// The port of the Locations.
    fn locations(&self) -> Arc<dyn LocationRepository>;

    /// The port of the platforms.
    fn platforms(&self) -> Arc<dyn PlatformRepository>;

    /// The port of the exchange of Tokens.
    fn sync(&self) -> Arc<dyn SyncRepository>;

    /// The port of the store's health.
    fn health(&self) -> Arc<dyn StoreHealth>;

    /// Closes the store and opens it again, as a restart of the process would; `None` when the
    /// store is volatile. The suite has dropped every port before.
    async fn reopen(self) -> Option<Self>;
}

/// The names of the cases, by the module that holds them.
pub const CASES: &[(&str, &[&str])] = crate::storage_contract!(@cases @names);

/// Makes one `#[tokio::test]` of each case of the contract, for the [`Harness`] given; see
/// [`contract`](crate::contract).
#[macro_export]
macro_rules! storage_contract {
    // The list of all cases, handed to one of the rules below.
    (@cases $($rule:tt)+) => {
        $crate::storage_contract! { $($rule)+;
            tokens {
                absent_token_is_none
                token_is_found_by_its_whole_key_without_case
                token_reads_back_as_it_was_put
                uid_finds_every_type_of_one_party
                write_that_follows_nothing_stored_conflicts
                revisions_only_grow
                of_rival_writers_one_succeeds
                concurrent_writers_lose_nothing
                tokens_survive_reopen
            }
            token_lists {
                list_is_in_creation_order_and_updates_do_not_move
                crawl_by_cursor_misses_and_repeats_nothing
                offset_and_cursor_agree
                window_is_from_inclusive_to_exclusive
                total_counts_what_matches
                list_holds_what_the_query_asks_for
                empty_pages_keep_the_total
            }
            token_bulk {
                many_are_found_and_put_as_each_alone
            }
            token_contracts {
                tokens_are_found_by_their_contract
            }
            token_uids {
                uid_alone_finds_the_tokens_of_every_party
            }
            token_changes {
                changes_are_listed_in_their_order_each_once
                changes_under_way_are_not_missed
                changes_are_counted
                last_revision_is_before_every_later_write
            }
            accounts {
                absent_account_is_none
                account_is_replaced_and_found_without_case
                account_write_that_follows_nothing_stored_conflicts
                deleted_account_is_gone
                subject_is_read_with_its_account
                accounts_survive_reopen
            }
            authorizations {
                subject_of_another_party_is_unknown
                subject_is_found_by_uid_and_type
                emaid_is_found_without_separators
                subject_of_two_parties_is_ambiguous
                subject_is_read_with_its_slots
                subject_says_whether_groups_are_limited
            }
            records {
                record_reads_back_as_it_was_appended
                used_reference_conflicts
                records_are_listed_newest_first
                record_list_holds_what_the_query_asks_for
                concurrent_appends_lose_nothing
                oldest_records_are_forgotten
                records_survive_reopen
            }
            slots {
                of_rival_claims_as_many_as_the_limit_get_a_slot
                same_place_is_held_once
                pending_slot_ends_with_its_time
                slots_of_the_group_count_in_its_scope
                conflicting_claim_takes_no_slot
                slots_that_count_are_listed
                pending_slots_survive_reopen
            }
            sessions {
                absent_session_is_none
                session_reads_back_as_it_was_put
                session_write_that_follows_nothing_stored_conflicts
                sessions_and_slots_survive_reopen
            }
            session_slots {
                session_holds_a_slot_while_it_counts
                session_takes_the_place_of_its_pending_slot
            }
            session_lists {
                sessions_of_a_party_are_listed_in_creation_order
                session_list_holds_what_the_query_asks_for
                old_sessions_are_forgotten
            }
            locations {
                absent_location_is_none
                location_reads_back_as_it_was_put
                location_write_that_follows_nothing_stored_conflicts
                subject_is_read_with_its_location
                locations_survive_reopen
            }
            platforms {
                absent_platform_is_none
                platform_is_found_by_id_and_by_each_hash
                replaced_platform_loses_its_former_hashes
                hash_of_another_platform_conflicts
                deleted_platform_is_gone
                platform_is_seeded_once
                platforms_survive_reopen
            }
            platform_lists {
                platforms_are_listed_by_id
                put_that_follows_another_list_conflicts
                of_puts_that_follow_one_revision_one_is_done
            }
            sync {
                absent_progress_is_none
                progress_reads_back_as_it_was_put_last
                seen_tokens_are_kept_with_the_progress
                deleted_platform_leaves_no_progress
                progress_survives_reopen
            }
            health {
                working_store_is_healthy
            }
        }
    };
    (@names; $($room:ident { $($case:ident)+ })+) => {
        &[$((stringify!($room), &[$(stringify!($case)),+])),+]
    };
    (@tests $harness:ty; $($room:ident { $($case:ident)+ })+) => {
        $($(
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $case() {
                $crate::contract::$room::$case::<$harness>().await;
            }
        )+)+
    };
    ($harness:ty) => {
        $crate::storage_contract! { @cases @tests $harness }
    };
}
