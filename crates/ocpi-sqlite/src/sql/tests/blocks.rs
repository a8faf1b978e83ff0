//! Lists of records, which leave out whole blocks.

use ocpi_domain::{AllowedType, AuthorizationRecord, Cursor, DateTime, PlatformId};
use ocpi_ports::{RecordQuery, StoredRecord};

use super::{Random, Store, after_ms, record};
use crate::sql::record_blocks::{BLOCK_BITS, block_of, may_match};
use crate::sql::records::{forget_records, list_records};

const COUNT: u64 = 3000;

/// Records of some platforms and uids, whose clock steps back now and then. One platform asks in
/// the second block only.
fn random_record(random: &mut Random, number: u64) -> AuthorizationRecord {
    let mut one = record(number);
    let step_back = if random.below(50) == 0 { 400 } else { 0 };
    one.at = after_ms(i64::try_from(number).unwrap() - step_back);
    let platforms = ["a", "b", "c", "d", "e"];
    one.platform = PlatformId::new(random.one_of::<&str>(&platforms)).unwrap();
    if (600..700).contains(&number) {
        one.platform = PlatformId::new("seldom").unwrap();
    }
    let uid = format!("Card-{}", random.below(60));
    one.token_uid = AuthorizationRecord::uid_as_asked(&uid);
    one.allowed = random
        .one_of(&[None, Some(AllowedType::Allowed), Some(AllowedType::Expired)])
        .to_owned();
    one
}

/// A store of random records, written in many transactions between restarts, the oldest of which
/// were forgotten; and those that are kept.
fn filled(random: &mut Random) -> (Store, Vec<AuthorizationRecord>) {
    let mut store = Store::new();
    let all: Vec<_> = (1..=COUNT)
        .map(|number| random_record(random, number))
        .collect();
    for some in all.chunks(350) {
        store.append(some);
        store.reload();
    }
    let forgotten = store
        .write(|store| forget_records(&store.db, &store.key, DateTime::MAX, 100))
        .unwrap();
    (store, all[forgotten..].to_vec())
}

fn random_query(random: &mut Random) -> RecordQuery {
    let mut moment = || {
        let ms = i64::try_from(random.below(COUNT + 200)).unwrap();
        (random.below(2) == 0).then(|| after_ms(ms - 100))
    };
    let (from, to) = (moment(), moment());
    let uid = format!("CARD-{}", random.below(62));
    let platform = random.one_of(&["a", "seldom", "nobody"]);
    RecordQuery {
        token_uid: (random.below(2) == 0).then(|| AuthorizationRecord::uid_as_asked(&uid)),
        from,
        to,
        platform: (random.below(2) == 0).then(|| PlatformId::new(platform).unwrap()),
        allowed: (random.below(3) == 0).then_some(AllowedType::Expired),
    }
}

fn matches(query: &RecordQuery, record: &AuthorizationRecord) -> bool {
    query
        .token_uid
        .as_ref()
        .is_none_or(|uid| *uid == record.token_uid)
        && query
            .platform
            .as_ref()
            .is_none_or(|platform| *platform == record.platform)
        && query.from.is_none_or(|from| record.at >= from)
        && query.to.is_none_or(|to| record.at < to)
        && query
            .allowed
            .is_none_or(|allowed| record.allowed == Some(allowed))
}

/// Holds: E-33.
#[test]
fn a_list_holds_what_a_look_at_every_record_finds() {
    let mut random = Random(0x1234_5678);
    let (store, kept) = filled(&mut random);
    for _ in 0..400 {
        let query = random_query(&mut random);
        let expected: Vec<_> = kept
            .iter()
            .rev()
            .filter(|one| matches(&query, one))
            .collect();
        let listed = list_records(&store.db, &query, None, usize::MAX).unwrap();
        let found: Vec<_> = listed.iter().map(|one| &*one.record).collect();
        assert_eq!(found, expected, "{query:?}");

        let limit = usize::try_from(1 + random.below(300)).unwrap();
        let mut crawled: Vec<StoredRecord> = Vec::new();
        let mut before = None;
        loop {
            let page = list_records(&store.db, &query, before, limit).unwrap();
            let Some(last) = page.last() else { break };
            before = Some(last.cursor);
            crawled.extend(page);
        }
        assert_eq!(crawled, listed, "{query:?}");
    }
    let all = RecordQuery::default();
    for (before, limit, expected) in [
        (u64::MAX, usize::MAX, kept.len()),
        (u64::MAX, 0, 0),
        (0, 9, 0),
        (1, 9, 0),
        (101, 9, 0),
        (102, 9, 1),
        (COUNT + 1, 9, 9),
    ] {
        let found = list_records(&store.db, &all, Some(Cursor(before)), limit).unwrap();
        assert_eq!(found.len(), expected, "{before}");
    }
}

/// Holds: E-33.
#[test]
fn blocks_that_cannot_match_are_left_out() {
    let mut random = Random(0x8765_4321);
    let (store, kept) = filled(&mut random);
    let full = block_of(i64::try_from(COUNT).unwrap());
    let looked_at = |query: &RecordQuery| -> Vec<i64> {
        let looked_at = |block: &i64| may_match(&store.db, *block, query).unwrap();
        (0..full).filter(looked_at).collect()
    };
    let between = |from: Option<i64>, to: Option<i64>| RecordQuery {
        from: from.map(after_ms),
        to: to.map(after_ms),
        ..RecordQuery::default()
    };
    let of_platform = |name| RecordQuery {
        platform: Some(PlatformId::new(name).unwrap()),
        ..RecordQuery::default()
    };
    assert_eq!(looked_at(&RecordQuery::default()), [0, 1, 2, 3, 4]);
    assert_eq!(looked_at(&of_platform("seldom")), [1]);
    assert_eq!(looked_at(&of_platform("SELDOM")), [0; 0]);
    assert_eq!(looked_at(&of_platform("nobody")), [0; 0]);
    // To the millisecond at both ends.
    for block in 0..full {
        let numbered = (COUNT - kept.len() as u64 + 1..).zip(&kept);
        let of_block = numbered.filter(|(number, _)| number >> BLOCK_BITS == block.unsigned_abs());
        let moments: Vec<i64> = of_block
            .map(|(_, one)| one.at.ms_since(after_ms(0)))
            .collect();
        let (first, last) = (
            *moments.iter().min().unwrap(),
            *moments.iter().max().unwrap(),
        );
        assert!(looked_at(&between(Some(last), None)).contains(&block));
        assert!(!looked_at(&between(Some(last + 1), None)).contains(&block));
        assert!(looked_at(&between(None, Some(first + 1))).contains(&block));
        // The first block was about records too that are forgotten.
        assert!(block == 0 || !looked_at(&between(None, Some(first))).contains(&block));
    }
    // What is left out has nothing that matches.
    for _ in 0..400 {
        let query = random_query(&mut random);
        let found = looked_at(&query);
        for (number, record) in (COUNT - kept.len() as u64 + 1..).zip(&kept) {
            let block = block_of(i64::try_from(number).unwrap());
            assert!(block == full || found.contains(&block) || !matches(&query, record));
        }
    }
    assert_eq!(full, 3000 >> BLOCK_BITS);
}
