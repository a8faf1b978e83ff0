//! Whose file it is, and of which schema.

use rusqlite::Connection;

use super::Store;
use crate::sql::record_chain::{ChainKey, check_key};
use crate::sql::schema::{MIGRATIONS, SchemaError, glance, migrate, require_ours};

pub(super) fn pragma(db: &Connection, name: &str) -> i64 {
    db.pragma_query_value(None, name, |row| row.get(0)).unwrap()
}

#[test]
fn an_empty_file_becomes_ours_and_a_second_start_changes_nothing() {
    let mut store = Store::new();
    assert_eq!(pragma(&store.db, "application_id"), 0x4F43_5049);
    let newest = i64::try_from(MIGRATIONS.len()).unwrap();
    assert_eq!(pragma(&store.db, "user_version"), newest);
    require_ours(&store.db).unwrap();
    glance(&store.db).unwrap();
    let before = store.db.total_changes();
    migrate(&mut store.db, &ChainKey::new(&[8; 32])).unwrap();
    assert_eq!(store.db.total_changes(), before);
}

#[test]
fn the_file_knows_the_key_that_it_was_made_with() {
    let store = Store::new();
    assert!(check_key(&store.db, &store.key).unwrap());
    assert!(!check_key(&store.db, &ChainKey::new(&[8; 32])).unwrap());
    assert_eq!(format!("{:?}", store.key), "ChainKey(..)");
}

#[test]
fn every_table_is_strict() {
    let store = Store::new();
    let sql = "SELECT group_concat(name) FROM pragma_table_list
               WHERE NOT strict AND name NOT LIKE 'sqlite_%'";
    let lax: Option<String> = store.db.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(lax, None);
}

/// Everything in the schema, in the order of its names.
pub(super) fn schema_of(db: &Connection) -> Vec<(String, String)> {
    let sql = "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name";
    let mut statement = db.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    rows.unwrap().map(Result::unwrap).collect()
}

#[test]
fn a_newer_schema_is_refused_and_stays() {
    let mut store = Store::new();
    store.db.pragma_update(None, "user_version", 999).unwrap();
    let refusals = [
        require_ours(&store.db),
        migrate(&mut store.db, &ChainKey::new(&[7; 32])),
    ];
    for refused in refusals {
        match refused {
            Err(SchemaError::Newer { found: 999, known }) => {
                assert_eq!(known, i64::try_from(MIGRATIONS.len()).unwrap());
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(pragma(&store.db, "user_version"), 999);
}

#[test]
fn the_database_of_another_program_is_refused_and_stays() {
    for sql in [
        "CREATE TABLE tokens (uid TEXT)",
        "CREATE TABLE tokens (uid TEXT); PRAGMA user_version = 1",
        "PRAGMA user_version = 1",
        "PRAGMA application_id = 1",
        "PRAGMA application_id = 1; PRAGMA user_version = 1",
        "CREATE TABLE t (x); PRAGMA application_id = 1329811529",
    ] {
        let mut db = Connection::open_in_memory().unwrap();
        db.execute_batch(sql).unwrap();
        let schema = |db: &Connection| {
            let sql = "SELECT count(*) FROM sqlite_schema";
            db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap()
        };
        let before = schema(&db);
        let refused = migrate(&mut db, &ChainKey::new(&[7; 32]));
        assert!(matches!(refused, Err(SchemaError::Foreign)), "{sql}");
        assert_eq!(schema(&db), before, "{sql}");
    }
    // What is to be put back must be a store, not an empty file.
    let empty = Connection::open_in_memory().unwrap();
    let refused = require_ours(&empty);
    assert!(matches!(refused, Err(SchemaError::Foreign)));
}

#[test]
fn a_glance_sees_that_a_table_is_gone() {
    for table in [
        "counters",
        "tokens",
        "authorizations",
        "accounts",
        "platforms",
        "presented_tokens",
        "carried_keys",
        "push_progress",
        "pull_progress",
        "seen_tokens",
        "sessions",
        "pending_slots",
        "locations",
    ] {
        let store = Store::new();
        store
            .db
            .execute_batch(&format!("DROP TABLE {table}"))
            .unwrap();
        assert!(glance(&store.db).is_err(), "{table}");
    }
}

#[test]
fn a_glance_sees_that_an_index_is_gone() {
    for index in [
        "tokens_key",
        "tokens_contract",
        "tokens_revision",
        "seen_tokens_platform",
    ] {
        let store = Store::new();
        store
            .db
            .execute_batch(&format!("DROP INDEX {index}"))
            .unwrap();
        assert!(glance(&store.db).is_err(), "{index}");
    }
}
