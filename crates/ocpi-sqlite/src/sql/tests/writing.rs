//! What a write that is refused, or taken back, leaves behind.

use std::fmt::Write;

use ocpi_domain::{PlatformId, Revision, TokenAccount, TokenMarks, TokenType};
use ocpi_ports::{AccountWrite, ChainHead, RecordQuery, TokenWrite};

use super::{Store, party, record, records, token};
use crate::sql::cards::{CardKey, find_card};
use crate::sql::records::list_records;
use crate::sql::{SqlError, accounts, tokens};

/// Everything in the file, as text.
pub(super) fn content(store: &Store) -> String {
    let sql =
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite%'";
    let mut tables = store.db.prepare(sql).unwrap();
    let tables = tables.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let mut content = String::new();
    for table in tables.map(Result::unwrap) {
        let mut statement = store.db.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            content += &table;
            for column in 0..columns {
                write!(content, " {:?}", row.get_ref(column).unwrap()).unwrap();
            }
            content += "\n";
        }
    }
    content
}

/// Holds: E-26.
#[test]
fn a_used_reference_leaves_nothing_and_the_transaction_goes_on() {
    let mut store = Store::new();
    store.append(&records(3));
    let (before, head) = (content(&store), store.state.chain);
    store.write(|store| {
        for used in ["reference-000002", "REFERENCE-000002"] {
            let mut second = record(9);
            second.reference = used.parse().unwrap();
            assert!(matches!(store.try_append(&second), Err(SqlError::Conflict)));
        }
    });
    assert_eq!(content(&store), before);
    assert_eq!(store.state.chain, head);
    store.write(|store| {
        store.try_append(&record(4)).unwrap();
        assert!(matches!(
            store.try_append(&record(4)),
            Err(SqlError::Conflict)
        ));
        store.try_append(&record(5)).unwrap();
    });
    assert_eq!(store.state.chain.number, 5);
    assert_eq!(store.audit().fault, None);
}

/// A conflict where a block ends writes what the block is about, and no more.
#[test]
fn a_used_reference_at_the_end_of_a_block_leaves_the_records_as_they_were() {
    let mut store = Store::new();
    store.append(&records(511));
    for _round in 0..2 {
        let refused = store.write(|store| store.try_append(&record(7)));
        assert!(matches!(refused, Err(SqlError::Conflict)));
        store.reload();
    }
    store.append(&[record(512)]);
    assert_eq!(store.audit().fault, None);
    let query = RecordQuery {
        platform: Some(PlatformId::new("peer").unwrap()),
        ..RecordQuery::default()
    };
    let found = list_records(&store.db, &query, None, usize::MAX).unwrap();
    assert_eq!(found.len(), 512);
}

#[test]
fn a_transaction_that_is_taken_back_is_as_if_it_never_was() {
    let mut store = Store::new();
    store.append(&records(500));
    let before = (content(&store), store.state.chain);
    let write = TokenWrite {
        token: token(party("CHABC"), "CARD", &TokenType::Rfid).into(),
        marks: TokenMarks::default(),
        follows: None,
    };
    store.fail(|store| {
        for number in 501..600 {
            store.try_append(&record(number)).unwrap();
        }
        tokens::put_token(&store.db, &mut store.state, &write).unwrap();
    });
    assert_eq!((content(&store), store.state.chain), before);
    store.append(&records(600)[500..]);
    store.create(token(party("CHABC"), "CARD", &TokenType::Rfid));
    assert_eq!(store.audit().fault, None);
    let sql = "SELECT sum(tokens) FROM token_blocks";
    let counted: i64 = store.db.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(counted, 1);
}

#[test]
fn writes_that_follow_nothing_stored_leave_nothing() {
    let mut store = Store::new();
    let stored = store.create(token(party("CHABC"), "CARD", &TokenType::Rfid));
    let key = stored.token.key();
    let account = |follows| AccountWrite {
        key: key.clone(),
        account: TokenAccount::default().into(),
        follows,
    };
    let first = account(None);
    let put = |store: &mut Store| accounts::put_account(&store.db, &mut store.state, &first);
    let put = store.write(put).unwrap();
    let before = (content(&store), store.state.last_revision);
    for follows in [
        None,
        Some(Revision(0)),
        Some(Revision(99)),
        Some(Revision(u64::MAX)),
    ] {
        let write = TokenWrite {
            token: token(party("chabc"), "card", &TokenType::Rfid).into(),
            marks: TokenMarks::default(),
            follows,
        };
        let refused = store.write(|store| tokens::put_token(&store.db, &mut store.state, &write));
        assert!(matches!(refused, Err(SqlError::Conflict)));
        let write = account(follows);
        let refused =
            store.write(|store| accounts::put_account(&store.db, &mut store.state, &write));
        assert!(matches!(refused, Err(SqlError::Conflict)));
        assert_eq!((content(&store), store.state.last_revision), before);
    }
    assert!(put > stored.revision);
}

#[test]
fn only_what_changed_is_saved() {
    let mut store = Store::new();
    store.append(&records(1));
    let before = store.db.total_changes();
    store.write(|_| ());
    assert_eq!(store.db.total_changes(), before);
    store.write(|store| store.state.touch());
    assert_eq!(store.db.total_changes(), before + 1);
    store.write(|_| ());
    assert_eq!(store.db.total_changes(), before + 1);
}

#[test]
fn what_the_writer_keeps_is_found_again() {
    let mut store = Store::new();
    store.append(&records(3));
    store.create(token(party("CHABC"), "CARD", &TokenType::Rfid));
    let (chain, revision) = (store.state.chain, store.state.last_revision);
    store.reload();
    assert_eq!(
        (store.state.chain, store.state.last_revision),
        (chain, revision)
    );
    assert_ne!(
        chain,
        ChainHead {
            number: 3,
            ..Store::new().state.chain
        }
    );
}

#[test]
fn what_cannot_be_read_is_named() {
    let mut store = Store::new();
    store.create(token(party("CHABC"), "CARD-1", &TokenType::Rfid));
    let stored = store.create(token(party("CHABC"), "CARD-2", &TokenType::Rfid));
    store.append(&records(2));
    let card = CardKey::of(&stored.token.uid);
    let write = AccountWrite {
        key: stored.token.key(),
        account: TokenAccount::default().into(),
        follows: None,
    };
    accounts::put_account(&store.db, &mut store.state, &write).unwrap();
    for (table, change, named) in [
        ("tokens", "whitelist = 'OFTEN'", "row 2, column whitelist: "),
        ("tokens", "uid = ''", "row 2, column uid: must not be empty"),
        ("tokens", "uid = 'é'", "row 2, column uid: "),
        ("tokens", "rest = '{'", "row 2, column rest: "),
        (
            "tokens",
            "last_updated_ms = 1 << 60",
            "row 2, column last_u",
        ),
        ("tokens", "revision = -1", "row 2, column revision: "),
        (
            "accounts",
            "account = '[]'",
            "row \"CARD-2\", column account: ",
        ),
        (
            "authorizations",
            "rule = 'x'",
            "row 2, column rule: must be ",
        ),
        (
            "authorizations",
            "request_id = ''",
            "row 2, column request_id: ",
        ),
        (
            "authorizations",
            "asked = '{}'",
            "row 2, column asked: missing",
        ),
        (
            "authorizations",
            "token_party_id = 'ABC'",
            "row 2, column token_",
        ),
        (
            "counters",
            "chain_link = x'00'",
            "row 1, column chain_link: ",
        ),
    ] {
        let sql = format!("UPDATE {table} SET {change}");
        store.db.execute_batch("SAVEPOINT tampering").unwrap();
        store.tamper(&sql);
        let failed = [
            find_card(&store.db, &card).err(),
            list_records(&store.db, &RecordQuery::default(), None, 9).err(),
            super::WriteState::load(&store.db).err(),
        ];
        let failed: Vec<_> = failed.into_iter().flatten().collect();
        let named = format!("table {table}, {named}");
        match &failed[..] {
            [SqlError::Corrupt(why)] => assert!(why.starts_with(&named), "{why}"),
            other => panic!("{sql}: {other:?}"),
        }
        store.db.execute_batch("ROLLBACK TO tampering").unwrap();
    }
}
