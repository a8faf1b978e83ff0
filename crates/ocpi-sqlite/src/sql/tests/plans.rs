//! That statements find what they want by an index, and put nothing in order.

use super::Store;
use crate::sql::{
    accounts, cards, crowded_cards, locations, presented_tokens, record_blocks, records,
    session_lists, session_row, sessions, slots, sync, token_changes, token_contracts, token_pages,
    tokens,
};

/// How the account of a Token is found.
const ACCOUNT: &str =
    "SEARCH a USING PRIMARY KEY (uid=? AND type=? AND country_code=? AND party_id=?) LEFT-JOIN";

/// The steps of SQLite's plan.
fn plan(store: &Store, sql: &str) -> Vec<String> {
    let sql = format!("EXPLAIN QUERY PLAN {sql}");
    let mut statement = store.db.prepare(&sql).unwrap();
    let mut rows = statement.raw_query();
    let mut steps = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        steps.push(row.get("detail").unwrap());
    }
    steps
}

#[test]
fn every_statement_that_is_often_asked_goes_by_an_index() {
    let store = Store::new();
    let listed = "SEARCH tokens USING COVERING INDEX tokens_listed \
        (<expr>=? AND country_code=? AND party_id=? AND last_updated_ms";
    for (sql, expected) in [
        (
            accounts::LIMIT_GROUPS,
            &[
                "SCAN CONSTANT ROW".to_owned(),
                "SCALAR SUBQUERY 1".to_owned(),
                "SCAN accounts USING INDEX accounts_group_limits".to_owned(),
            ][..],
        ),
        (
            token_pages::COUNT,
            &[format!("{listed}>? AND last_updated_ms<?)")],
        ),
        (
            token_pages::POSITIONS,
            &[format!("{listed}>? AND last_updated_ms<?)")],
        ),
        (
            token_pages::HAS_OTHERS,
            &[
                "SCAN CONSTANT ROW".to_owned(),
                "SCALAR SUBQUERY 1".to_owned(),
                format!("{listed}<?)"),
                "SCALAR SUBQUERY 2".to_owned(),
                format!("{listed}>?)"),
            ],
        ),
        (
            token_contracts::OF_BLOCK,
            &["SEARCH t USING INDEX tokens_contract (<expr>=? AND contract_id=?)".to_owned()],
        ),
        (
            records::FIND,
            &[
                "SEARCH authorizations USING INDEX authorizations_reference (reference=?)"
                    .to_owned(),
            ],
        ),
        (
            records::LIST,
            &["SEARCH authorizations USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)".to_owned()],
        ),
        (
            records::LIST_UID,
            &["SEARCH authorizations USING INDEX authorizations_uid \
               (<expr>=? AND token_uid=? AND rowid<?)"
                .to_owned()],
        ),
        (
            record_blocks::IS_OF_PLATFORM,
            &["SEARCH authorization_blocks USING PRIMARY KEY (block=? AND platform=?)".to_owned()],
        ),
        (
            record_blocks::IS_OF_TIME,
            &["SEARCH authorization_blocks USING PRIMARY KEY (block=?)".to_owned()],
        ),
    ] {
        assert_eq!(plan(&store, sql), expected, "{sql}");
    }
}

#[test]
fn every_statement_about_a_card_goes_by_an_index() {
    let store = Store::new();
    let key = "tokens_key (uid_key=? AND country_code=? AND party_id=? AND type=? AND <expr>=?)";
    let owners = "SEARCH tokens USING COVERING INDEX tokens_key (uid_key=?";
    for (sql, expected) in [
        (tokens::FIND, &[format!("SEARCH t USING INDEX {key}")][..]),
        (
            tokens::REPLACE,
            &[format!("SEARCH tokens USING INDEX {key}")],
        ),
        (
            tokens::RESPELL,
            &[format!("SEARCH tokens USING INDEX {key}")],
        ),
        (
            cards::FIND,
            &[
                "SEARCH t USING INDEX tokens_key (uid_key=?)".to_owned(),
                ACCOUNT.to_owned(),
            ],
        ),
        (
            crowded_cards::BY_KEY,
            &[format!("SEARCH t USING INDEX {key}"), ACCOUNT.to_owned()],
        ),
        (
            crowded_cards::EMAIDS_OF_PARTY,
            &[
                "SEARCH t USING INDEX tokens_key (uid_key=? AND country_code=? AND party_id=? AND type=?)".to_owned(),
                ACCOUNT.to_owned(),
            ],
        ),
        (
            crowded_cards::EMAIDS,
            &[
                "SEARCH t USING INDEX tokens_emaid (uid_key=?)".to_owned(),
                ACCOUNT.to_owned(),
            ],
        ),
        (
            crowded_cards::UNLISTED,
            &[
                "SEARCH t USING INDEX tokens_unlisted (uid=?)".to_owned(),
                ACCOUNT.to_owned(),
            ],
        ),
        (
            crowded_cards::OF_PARTY,
            &[
                "SEARCH t USING INDEX tokens_key (uid_key=? AND country_code=? AND party_id=?)".to_owned(),
                ACCOUNT.to_owned(),
            ],
        ),
        (
            crowded_cards::NEXT_OWNER,
            &[
                "COMPOUND QUERY".to_owned(),
                "LEFT-MOST SUBQUERY".to_owned(),
                "CO-ROUTINE (subquery-1)".to_owned(),
                format!("{owners} AND country_code=? AND party_id>?)"),
                "SCAN (subquery-1)".to_owned(),
                "UNION ALL".to_owned(),
                "CO-ROUTINE (subquery-3)".to_owned(),
                format!("{owners} AND country_code>?)"),
                "SCAN (subquery-3)".to_owned(),
            ],
        ),
    ] {
        assert_eq!(plan(&store, sql), expected, "{sql}");
    }
}

/// How many indexes the statement writes.
fn indexes_written(store: &Store, sql: &str) -> usize {
    let mut statement = store.db.prepare(&format!("EXPLAIN {sql}")).unwrap();
    let mut rows = statement.raw_query();
    let mut written = 0;
    while let Some(row) = rows.next().unwrap() {
        written += usize::from(row.get::<_, String>("opcode").unwrap() == "IdxInsert");
    }
    written
}

/// What an eMSP sends again day by day is Tokens that are as they were but for their time: the
/// place of each in `tokens_key` and `tokens_contract` would be a page of its own. In
/// `tokens_revision`, new places come at the end.
#[test]
fn a_token_that_keeps_its_key_and_contract_is_written_into_two_indexes() {
    let store = Store::new();
    assert_eq!(indexes_written(&store, tokens::REPLACE), 2);
    // That of unlisted types only for these.
    assert_eq!(indexes_written(&store, tokens::RESPELL), 5);
}

#[test]
fn every_statement_about_sessions_goes_by_an_index() {
    let store = Store::new();
    let key = "sessions_key (country_code=? AND party_id=? AND id=?)";
    let row = "SEARCH sessions USING INTEGER PRIMARY KEY (rowid=?)";
    let listed = "SEARCH sessions USING COVERING INDEX sessions_listed \
        (country_code=? AND party_id=?";
    let location = "locations USING INDEX sqlite_autoindex_locations_1 \
        (country_code=? AND party_id=? AND id=?)";
    for (sql, expected) in [
        (sessions::FIND, format!("SEARCH sessions USING INDEX {key}")),
        (
            sessions::BEFORE,
            format!("SEARCH sessions USING INDEX {key}"),
        ),
        (session_row::REPLACE, row.to_owned()),
        (session_row::RELINK, row.to_owned()),
        (sessions::FORGET, row.to_owned()),
        (
            sessions::OLDEST,
            "SEARCH sessions USING INDEX sessions_received (received_at_ms<?)".to_owned(),
        ),
        (
            sessions::OF_AUTHORIZATION,
            "SEARCH sessions USING INDEX sessions_authorization (authorization=?)".to_owned(),
        ),
        (session_lists::COUNT, format!("{listed})")),
        (
            session_lists::POSITIONS,
            format!("{listed} AND position>?)"),
        ),
        (
            session_lists::NEWEST,
            "SEARCH sessions USING INTEGER PRIMARY KEY (rowid<?)".to_owned(),
        ),
        (
            session_lists::NEWEST_ACTIVE,
            "SEARCH sessions USING INDEX sessions_active (position<?)".to_owned(),
        ),
        (
            session_lists::NEWEST_OF_TOKEN,
            "SEARCH sessions USING INDEX sessions_token (token_uid=? AND rowid<?)".to_owned(),
        ),
        (
            session_lists::NEWEST_OF_PLATFORM,
            "SEARCH sessions USING INDEX sessions_platform (platform=? AND rowid<?)".to_owned(),
        ),
        (
            slots::OF_SESSIONS,
            "SCAN sessions USING INDEX sessions_active".to_owned(),
        ),
        (
            slots::FREE,
            "SEARCH pending_slots USING INTEGER PRIMARY KEY (rowid=?)".to_owned(),
        ),
        (locations::FIND, format!("SEARCH {location}")),
        (locations::REPLACE, format!("SEARCH {location}")),
    ] {
        assert_eq!(plan(&store, sql), [expected], "{sql}");
    }
}

#[test]
fn every_statement_about_presented_tokens_goes_by_an_index() {
    let store = Store::new();
    let of_platform = "presented_tokens USING PRIMARY KEY (platform=?)";
    for (sql, expected) in [
        (
            presented_tokens::OF_PLATFORM,
            format!("SEARCH {of_platform}"),
        ),
        (presented_tokens::DELETE, format!("SEARCH {of_platform}")),
        (
            presented_tokens::HAS_OTHER_HOLDER,
            "SEARCH presented_tokens USING INDEX sqlite_autoindex_presented_tokens_1 (hash=?)"
                .to_owned(),
        ),
    ] {
        assert_eq!(plan(&store, sql), [expected], "{sql}");
    }
}

#[test]
fn every_statement_about_the_exchange_of_tokens_goes_by_an_index() {
    let store = Store::new();
    let seen = "SEARCH seen_tokens USING INDEX seen_tokens_platform (platform=?)";
    for (sql, expected) in [
        (
            token_changes::AFTER,
            "SEARCH tokens USING COVERING INDEX tokens_revision (revision>?)",
        ),
        (
            sync::FIND_PUSH,
            "SEARCH push_progress USING PRIMARY KEY (platform=?)",
        ),
        (
            sync::FIND_PULL,
            "SEARCH pull_progress USING PRIMARY KEY (platform=?)",
        ),
        (sync::SEEN, seen),
        (sync::FORGET_SEEN, seen),
    ] {
        assert_eq!(plan(&store, sql), [expected], "{sql}");
    }
}
