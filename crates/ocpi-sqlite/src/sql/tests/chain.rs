//! What an audit sees.

use ocpi_ports::{ChainFault, ChainHead, ChainLink, ChainReport};

use super::{Store, record, records};
use crate::sql::record_audit::verify;
use crate::sql::record_chain::ChainKey;
use crate::sql::{SqlError, state};

/// How many records the store has.
const COUNT: u64 = 30;

fn filled() -> Store {
    let mut store = Store::new();
    store.append(&records(COUNT));
    store
}

impl Store {
    /// The audit of a store that was opened after it was changed.
    pub(super) fn audit(&self) -> ChainReport {
        let head = state::Counters::read(&self.db).unwrap().head;
        verify(&self.db, &self.key, head, None).unwrap()
    }

    /// The audit by a store that had it open all the time.
    fn audit_open(&self, published: Option<ChainLink>) -> ChainReport {
        verify(&self.db, &self.key, self.state.chain, published).unwrap()
    }

    pub(super) fn link_of(&self, number: u64) -> ChainLink {
        let sql = format!("SELECT link FROM authorizations WHERE number = {number}");
        ChainLink(self.db.query_row(&sql, [], |row| row.get(0)).unwrap())
    }
}

fn changed(number: u64) -> ChainFault {
    moved(number, number)
}

/// Holds: E-33.
#[test]
fn what_was_not_changed_verifies_with_every_head_that_was_published() {
    let mut store = Store::new();
    let nothing = store.audit_open(Some(store.state.chain.link));
    assert_eq!(
        (nothing.records, nothing.oldest, nothing.fault),
        (0, None, None)
    );
    let mut published = vec![store.state.chain.link];
    for number in 1..=COUNT {
        store.append(&[record(number)]);
        published.push(store.state.chain.link);
    }
    for head in published {
        let report = store.audit_open(Some(head));
        let expected = ChainReport {
            records: COUNT,
            oldest: Some(1),
            head: store.state.chain,
            fault: None,
        };
        assert_eq!(report, expected);
    }
    // A head of before what was appended since is one of them.
    let durable = store.state.chain;
    store.append(&[record(COUNT + 1)]);
    let report = verify(&store.db, &store.key, durable, None).unwrap();
    assert_eq!((report.fault, report.head.number), (None, COUNT + 1));
}

/// Holds: E-33.
#[test]
fn a_change_of_any_column_of_any_record_shows() {
    let store = filled();
    let sql = "SELECT name, type FROM pragma_table_info('authorizations') WHERE name <> 'number'";
    let columns: Vec<(String, String)> = {
        let mut columns = store.db.prepare(sql).unwrap();
        let read = columns.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        read.unwrap().map(Result::unwrap).collect()
    };
    assert_eq!(columns.len(), 17);
    for (column, kind) in columns {
        let other = match &*kind {
            "INTEGER" => format!("{column} + 1"),
            "BLOB" => "zeroblob(32)".to_owned(),
            // From NULL to empty is a change too.
            _ => format!("iif({column} IS NULL, '', {column} || 'x')"),
        };
        for number in [1, 7, COUNT] {
            store.db.execute_batch("SAVEPOINT tampering").unwrap();
            store.tamper(&format!(
                "UPDATE authorizations SET {column} = {other} WHERE number = {number}"
            ));
            match store.audit().fault {
                Some(ChainFault::Changed { number: found, .. }) => assert_eq!(found, number),
                fault => panic!("{column} of {number}: {fault:?}"),
            }
            store.db.execute_batch("ROLLBACK TO tampering").unwrap();
        }
    }
    assert_eq!(store.audit().fault, None);
}

/// Holds: E-33.
#[test]
fn values_that_move_between_columns_show() {
    for change in [
        "request_id = correlation_id, correlation_id = request_id",
        "request_id = request_id || 'c', correlation_id = substr(correlation_id, 2)",
        "asked = allowed_location, allowed_location = asked",
        // As the one would be followed by the other, but for its length.
        "asked = asked || char(14) || 't' || allowed_location, allowed_location = NULL",
        "status = allowed, allowed = NULL",
    ] {
        let mut store = Store::new();
        let mut one = record(1);
        one.asked = serde_json::from_str(r#"{"location_id":"L"}"#).unwrap();
        one.allowed_location = serde_json::from_str(r#"{"location_id":"M"}"#).unwrap();
        one.allowed = Some(ocpi_domain::AllowedType::Blocked);
        store.append(&[one]);
        store.tamper(&format!("UPDATE authorizations SET {change}"));
        assert_eq!(store.audit().fault, Some(changed(1)), "{change}");
    }
}

/// Holds: E-33.
#[test]
fn a_change_of_an_answer_to_a_charge_point_shows() {
    for change in [
        "charge_point = NULL",
        "charge_point = ''",
        "charge_point = replace(charge_point, 'offline', 'command')",
        "charge_point = charge_point || ' '",
        "allowed_location = charge_point, charge_point = NULL",
    ] {
        let mut store = Store::new();
        let mut one = record(1);
        one.charge_point = Some(Box::new(ocpi_domain::ChargePointRecord {
            cpo: super::party("NLCPO"),
            purpose: ocpi_domain::Purpose::Start,
            source: ocpi_domain::DecisionSource::Offline,
            reason: "DE/TNM is away".to_owned(),
            decided_by: None,
            contract_id: None,
            group_id: None,
            authorization_reference: None,
            stops: None,
        }));
        store.append(&[one]);
        assert_eq!(store.audit().fault, None);
        store.tamper(&format!("UPDATE authorizations SET {change}"));
        assert_eq!(store.audit().fault, Some(changed(1)), "{change}");
    }
}

/// Holds: E-33.
#[test]
fn a_reference_that_is_none_any_more_is_shown_as_far_as_it_goes() {
    for (text, shown) in [("''", "?"), ("'#NA'", "?"), ("'a' || char(10)", "a?")] {
        let store = filled();
        store.tamper(&format!(
            "UPDATE authorizations SET reference = {text} WHERE number = 3"
        ));
        let expected = ChainFault::Changed {
            number: 3,
            reference: shown.parse().unwrap(),
        };
        assert_eq!(store.audit().fault, Some(expected));
    }
}

/// The record that was `reference` before, at another number.
fn moved(number: u64, reference: u64) -> ChainFault {
    let reference = record(reference).reference;
    ChainFault::Changed { number, reference }
}

/// Holds: E-33.
#[test]
fn records_that_are_missing_or_in_another_order_show() {
    let missing = |from, to| ChainFault::Missing { from, to };
    let all_gone = ChainFault::Cut {
        link: filled().state.chain.link,
    };
    for (changes, expected) in [
        (
            &["DELETE FROM authorizations WHERE number = 12"][..],
            missing(12, 12),
        ),
        (
            &["DELETE FROM authorizations WHERE number BETWEEN 12 AND 29"],
            missing(12, 29),
        ),
        (
            &["DELETE FROM authorizations WHERE number <= 5"],
            missing(1, 5),
        ),
        (&["DELETE FROM authorizations"], all_gone),
        (
            &["UPDATE authorizations SET number = number + 100 WHERE number > 20"],
            missing(21, 120),
        ),
        (
            &["UPDATE authorizations SET number = 0 WHERE number = 1"],
            moved(0, 1),
        ),
        (
            &[
                "UPDATE authorizations SET number = 1000 WHERE number = 4",
                "UPDATE authorizations SET number = 4 WHERE number = 9",
                "UPDATE authorizations SET number = 9 WHERE number = 1000",
            ],
            moved(4, 9),
        ),
    ] {
        let mut store = filled();
        for sql in changes {
            store.tamper(sql);
        }
        let expected = Some(expected);
        assert_eq!(store.audit().fault, expected, "{changes:?}");
        assert_eq!(store.audit_open(None).fault, expected, "{changes:?}");
        // Going on does not heal it, where a store goes on at all.
        if state::WriteState::load(&store.db).is_ok() {
            store.reload();
            store.append(&[record(COUNT + 1)]);
            assert!(store.audit().fault.is_some(), "{changes:?}");
        }
    }
}

/// Holds: E-33.
#[test]
fn a_cut_tail_shows() {
    let cut = |store: &Store| {
        store.tamper("DELETE FROM authorizations WHERE number > 20");
    };
    let note = "UPDATE counters SET chain_number = 20,
        chain_link = (SELECT link FROM authorizations WHERE number = 20)";

    // Without care.
    let store = filled();
    let head = store.state.chain.link;
    cut(&store);
    let fault = Some(ChainFault::Cut { link: head });
    assert_eq!(store.audit().fault, fault);

    // With the note of the end changed: it is sealed.
    store.tamper(note);
    assert_eq!(store.audit().fault, Some(ChainFault::Ending));
    assert_eq!(store.audit_open(None).fault, fault);

    // With an end that was noted once, seal and all: the head that was published shows it.
    let mut store = Store::new();
    store.append(&records(20));
    let seal = store.seal_of_end();
    store.append(&records(COUNT)[20..]);
    let head = store.state.chain.link;
    cut(&store);
    store.tamper(note);
    store
        .db
        .execute("UPDATE counters SET chain_seal = ?1", [seal])
        .unwrap();
    assert_eq!(
        store.audit_open(None).fault,
        Some(ChainFault::Cut { link: head })
    );
    store.reload();
    assert_eq!(store.audit_open(None).fault, None);
    let fault = Some(ChainFault::Cut { link: head });
    assert_eq!(store.audit_open(Some(head)).fault, fault);
    // And other records in their place do not hide it.
    let others: Vec<_> = (21..40).map(|number| record(number + 100)).collect();
    store.append(&others);
    assert_eq!(store.audit_open(None).fault, None);
    assert_eq!(store.audit_open(Some(head)).fault, fault);
}

/// Holds: E-33.
#[test]
fn an_end_that_was_noted_before_the_newest_records_shows() {
    let mut store = Store::new();
    store.append(&records(20));
    let ChainHead { number, link } = store.state.chain;
    let seal = store.seal_of_end();
    store.append(&records(COUNT)[20..]);
    let sql = "UPDATE counters SET chain_number = ?1, chain_link = ?2, chain_seal = ?3";
    let number = i64::try_from(number).unwrap();
    store
        .db
        .execute(sql, rusqlite::params![number, link.0, seal])
        .unwrap();
    assert_eq!(store.audit().fault, Some(ChainFault::Ending));
    // The next record would be one that is there.
    match state::WriteState::load(&store.db) {
        Err(SqlError::Corrupt(why)) => assert!(why.contains("counters") && why.contains("20")),
        _ => panic!("it must not be opened"),
    }
}

/// Holds: E-33.
#[test]
fn records_made_anew_with_another_key_show() {
    let mut store = filled();
    let own = std::mem::replace(&mut store.key, ChainKey::new(&[8; 32]));
    // From the 11th on, by somebody who has the program but not the key.
    store.tamper("DELETE FROM authorizations WHERE number > 10");
    store.state.chain = ChainHead {
        number: 10,
        link: store.link_of(10),
    };
    store.append(&records(COUNT)[10..]);
    store.key = own;
    assert_eq!(store.audit().fault, Some(changed(11)));
    assert_eq!(store.audit().records, 11);
}

/// Holds: E-33.
#[test]
fn a_record_that_lists_would_leave_out_shows() {
    for tamper in [
        "DELETE FROM authorization_blocks WHERE block = 1",
        "UPDATE authorization_blocks SET first_at_ms = last_at_ms WHERE block = 1",
        "UPDATE authorization_blocks SET platform = 'nobody' WHERE block = 1",
    ] {
        let mut store = Store::new();
        let all: Vec<_> = (1..=1500).map(record).collect();
        store.append(&all);
        assert_eq!(store.audit().fault, None);
        store.tamper(tamper);
        assert_eq!(
            store.audit().fault,
            Some(ChainFault::Hidden { number: 512 }),
            "{tamper}"
        );
    }
}
