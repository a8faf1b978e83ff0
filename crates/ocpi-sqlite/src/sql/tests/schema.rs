//! Whose file it is, and of which schema.

use ocpi_domain::{AuthEncoding, CredentialsUse, PartyRole, Platform, Revision, TokenType};
use ocpi_ports::{PresentedToken, StoredPlatform, TokenHash};
use rusqlite::Connection;

use super::{Store, party, record, records, token};
use crate::sql::carried_keys;
use crate::sql::platforms::{list_revision, seed_platform};
use crate::sql::record_chain::{ChainKey, check_key};
use crate::sql::schema::{MIGRATIONS, SchemaError, glance, migrate, require_ours, take_steps};
use crate::sql::token_contracts::find_tokens_by_contract;
use crate::sql::tokens::find_tokens;

fn pragma(db: &Connection, name: &str) -> i64 {
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
fn schema_of(db: &Connection) -> Vec<(String, String)> {
    let sql = "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name";
    let mut statement = db.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    rows.unwrap().map(Result::unwrap).collect()
}

/// Beyond the protocol: an update of the server loses nothing of what older releases stored. A
/// platform of theirs counts as registered.
///
/// Holds: C-20, T-12.
#[test]
fn a_file_of_any_older_schema_becomes_one_of_the_present_with_all_that_is_in_it() {
    for steps in 1..MIGRATIONS.len() {
        let mut db = Connection::open_in_memory().unwrap();
        let key = ChainKey::new(&[7; 32]);
        take_steps(&mut db, &key, &MIGRATIONS[..steps]).unwrap();
        assert_eq!(pragma(&db, "user_version"), i64::try_from(steps).unwrap());
        let mut older = Store {
            state: crate::sql::state::WriteState::load(&db).unwrap(),
            slots: crate::sql::slots::SharedSlots::default(),
            db,
            key: key.clone(),
        };
        older.append(&records(600));
        let stored = older.create(token(party("CHABC"), "CARD", &TokenType::Rfid));
        let head = older.state.chain;
        if steps < 3 {
            put_platforms_of_schema_2(&older.db);
        }

        migrate(&mut older.db, &key).unwrap();
        let mut store = Store::of(older.db, key);
        assert_eq!(schema_of(&store.db), schema_of(&Store::new().db));
        require_ours(&store.db).unwrap();
        glance(&store.db).unwrap();
        assert_eq!(store.state.chain, head);
        store.append(&[record(601)]);
        let report = store.audit();
        assert_eq!((report.records, report.fault), (601, None));
        let found = find_tokens(&store.db, &[stored.token.key()]).unwrap();
        assert_eq!(found, [Some(stored.clone())]);
        let contract = &stored.token.contract_id;
        let found = find_tokens_by_contract(&store.db, stored.token.party, contract, 9);
        assert_eq!(found.unwrap(), [stored]);
        assert_platforms_of_schema_2(&mut store);
        super::sessions::put_and_find_one(&mut store);
    }
}

/// Platforms as releases before the third schema wrote them: one with a token that it presents,
/// one without, and one that was seeded and deleted.
fn put_platforms_of_schema_2(db: &Connection) {
    db.execute_batch(
        r#"INSERT INTO platforms (id, token_hash, roles, profile) VALUES
            ('hashless', NULL, '[]', '{}'),
            ('peer', unhex(replace(hex(zeroblob(32)), '00', 'ab')),
             '[{"country_code":"ch","party_id":"ABC","role":"CPO"},
               {"country_code":"NL","party_id":"TNM","role":"HUB"}]',
             '{"tutorial":true,"fill_owner":false,"strict_from":true,"auth_encoding":"raw"}');
           INSERT INTO seeded_platforms (id) VALUES ('peer'), ('gone');"#,
    )
    .unwrap();
}

/// They are as they were, with what they presented as the token of their connection.
fn assert_platforms_of_schema_2(store: &mut Store) {
    let hashless = StoredPlatform::new(Platform::new("hashless".parse().unwrap()));
    let mut peer = Platform::new("peer".parse().unwrap());
    let role = |party, role: &str| PartyRole {
        party,
        role: role.parse().unwrap(),
    };
    peer.roles = vec![role(party("chABC"), "CPO"), role(party("NLTNM"), "HUB")];
    peer.profile.tutorial = true;
    peer.profile.strict_from = true;
    peer.profile.auth_encoding = AuthEncoding::Raw;
    let peer = StoredPlatform {
        tokens: vec![PresentedToken {
            hash: TokenHash([0xab; 32]),
            good_for: CredentialsUse::Live,
        }],
        ..StoredPlatform::new(peer)
    };
    let expected = vec![hashless, peer];
    let found = store.platforms();
    assert_eq!(found, expected);
    assert_eq!(format!("{found:?}"), format!("{expected:?}"));
    assert_eq!(list_revision(&store.db).unwrap(), Revision(0));
    assert_eq!(carried_keys::read(&store.db).unwrap(), None);
    for id in ["peer", "gone"] {
        let again = StoredPlatform::new(Platform::new(id.parse().unwrap()));
        let seeded = store.write(|store| seed_platform(&store.db, &again));
        assert_eq!(seeded.unwrap(), None);
    }
    let [_, peer] = &expected[..] else {
        unreachable!("there are two")
    };
    let put = store.write(|store| store.put_platform(peer, Some(Revision(0))));
    assert_eq!(put.unwrap(), (false, Revision(1)));
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
