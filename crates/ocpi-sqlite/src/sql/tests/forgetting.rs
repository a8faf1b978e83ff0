//! Records that are forgotten, and those that somebody wants to be.

use ocpi_ports::{ChainFault, ChainHead, RecordQuery};

use super::{Store, after_ms, record, records};
use crate::sql::record_audit::verify;
use crate::sql::records::{find_record, forget_records, list_records};
use crate::sql::{SqlError, state};

/// More than one block.
const COUNT: u64 = 1200;

fn filled() -> Store {
    let mut store = Store::new();
    store.append(&records(COUNT));
    store
}

impl Store {
    fn try_forget(&mut self, before_ms: i64, max: usize) -> Result<usize, SqlError> {
        self.write(|store| forget_records(&store.db, &store.key, after_ms(before_ms), max))
    }

    fn forget(&mut self, before_ms: i64, max: usize) -> usize {
        self.try_forget(before_ms, max).unwrap()
    }

    fn count(&self) -> usize {
        let all = RecordQuery::default();
        list_records(&self.db, &all, None, usize::MAX)
            .unwrap()
            .len()
    }
}

/// Holds: E-33.
#[test]
fn the_chain_verifies_from_the_oldest_record_that_is_kept() {
    let mut store = filled();
    let tenth = store.link_of(10);
    for (before_ms, max, forgotten, oldest) in [
        (1, 100, 0, 1),
        (6, 100, 5, 6),
        (1000, 4, 4, 10),
        (1000, 0, 0, 10),
        (10, 100, 0, 10),
        (600, 1000, 590, 600),
        (1000, 1000, 400, 1000),
    ] {
        assert_eq!(store.forget(before_ms, max), forgotten);
        let report = store.audit();
        assert_eq!((report.oldest, report.fault), (Some(oldest), None));
        assert_eq!(report.records, COUNT - oldest + 1);
        assert_eq!(store.count() as u64, report.records);
        let gone = find_record(&store.db, &record(oldest - 1).reference);
        assert_eq!(gone.unwrap(), None);
        store.reload();
    }
    // The last that was forgotten is where the chain begins; of those before it nothing is left.
    let audit = |link| verify(&store.db, &store.key, store.state.chain, Some(link)).unwrap();
    let beginning = state_of_anchor(&store);
    assert_eq!(beginning.number, 999);
    assert_eq!(audit(beginning.link).fault, None);
    assert_eq!(audit(tenth).fault, Some(ChainFault::Cut { link: tenth }));
}

fn state_of_anchor(store: &Store) -> ChainHead {
    crate::sql::record_chain::Anchor::read(&store.db, &store.key)
        .unwrap()
        .head
}

/// Holds: E-33.
#[test]
fn a_chain_of_which_all_is_forgotten_goes_on() {
    let mut store = filled();
    assert_eq!(store.forget(1_000_000, usize::MAX), 1200);
    let report = store.audit();
    assert_eq!(
        (report.records, report.oldest, report.fault),
        (0, None, None)
    );
    assert_eq!(report.head.number, COUNT);
    store.reload();
    store.append(&[record(COUNT + 1)]);
    let report = store.audit();
    assert_eq!((report.oldest, report.fault), (Some(COUNT + 1), None));
    assert_eq!(store.count(), 1);
}

/// Holds: E-33.
#[test]
fn what_is_left_of_the_blocks_is_what_is_left_of_the_records() {
    let mut store = filled();
    let blocks = |store: &Store| -> Vec<i64> {
        let sql = "SELECT block FROM authorization_blocks ORDER BY block";
        let mut blocks = store.db.prepare(sql).unwrap();
        let read = blocks.query_map([], |row| row.get(0));
        read.unwrap().map(Result::unwrap).collect()
    };
    assert_eq!(blocks(&store), [0, 1]);
    store.forget(520, usize::MAX);
    assert_eq!(blocks(&store), [1]);
    store.forget(1190, usize::MAX);
    assert_eq!(blocks(&store), [0; 0]);
}

/// Holds: E-33.
#[test]
fn an_anchor_that_somebody_else_wrote_shows() {
    let mut store = filled();
    store.forget(6, usize::MAX);
    let old = "CREATE TABLE old AS SELECT * FROM authorization_anchor";
    store.db.execute_batch(old).unwrap();
    store.forget(20, usize::MAX);
    for sql in [
        "UPDATE authorization_anchor SET number = number + 1",
        "UPDATE authorization_anchor SET forgotten_before_ms = 0",
        "UPDATE authorization_anchor SET seal = zeroblob(32)",
        "UPDATE authorization_anchor SET (number, link) =
             (SELECT number, link FROM authorizations WHERE number = 100)",
        // The seal of the end is none of the beginning.
        "UPDATE authorization_anchor SET (number, link, seal, forgotten_before_ms) =
             (SELECT chain_number, chain_link, chain_seal, 0 FROM counters)",
    ] {
        store.db.execute_batch("SAVEPOINT tampering").unwrap();
        store.tamper(sql);
        assert_eq!(store.audit().fault, Some(ChainFault::Beginning), "{sql}");
        let refused = forget_records(&store.db, &store.key, after_ms(100), 9);
        assert!(matches!(refused, Err(SqlError::Corrupt(_))), "{sql}");
        store.db.execute_batch("ROLLBACK TO tampering").unwrap();
    }
    // One that was written once, and none.
    for (sql, from) in [
        (
            "INSERT OR REPLACE INTO authorization_anchor SELECT * FROM old",
            6,
        ),
        ("DELETE FROM authorization_anchor", 1),
    ] {
        store.tamper(sql);
        let expected = ChainFault::Missing { from, to: 19 };
        assert_eq!(store.audit().fault, Some(expected), "{sql}");
    }
}

/// Holds: E-33.
#[test]
fn nobody_gets_rid_of_a_record_by_making_it_look_old() {
    for sql in [
        "UPDATE authorizations SET at_ms = 0 WHERE number <= 100",
        "UPDATE authorizations SET at_ms = 0 WHERE number = 50",
        "DELETE FROM authorizations WHERE number BETWEEN 20 AND 30",
        "UPDATE authorizations SET link = zeroblob(32) WHERE number = 40",
    ] {
        let mut store = filled();
        store.tamper(sql);
        let before = store.audit();
        match store.try_forget(60, usize::MAX) {
            Err(SqlError::Corrupt(why)) => {
                assert!(why.contains("table authorizations, row"), "{why}");
            }
            other => panic!("{sql}: {other:?}"),
        }
        assert_eq!(store.audit(), before, "{sql}");
        assert!(before.fault.is_some());
    }
}

/// A durable head that was taken before all of its records were forgotten is no fault.
///
/// Holds: E-33.
#[test]
fn an_audit_bears_that_records_are_forgotten_while_it_begins() {
    let mut store = filled();
    let durable = store.state.chain;
    store.append(&[record(COUNT + 1), record(COUNT + 2)]);
    store.forget(1_000_000, usize::MAX);
    let report = verify(&store.db, &store.key, durable, None).unwrap();
    assert_eq!(report.fault, None);
    assert!(state::WriteState::load(&store.db).is_ok());
}
