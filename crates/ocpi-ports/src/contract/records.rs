//! The promises of [`AuthorizationRepository`] on the records.

use std::collections::BTreeSet;
use std::sync::Arc;

use ocpi_domain::{
    AllowedType, AuthorizationRecord, AuthorizationStatus, ChargePointRecord, CiString, Cursor,
    DateTime, DecisionSource, LocationReferences, MessageId, Party, Purpose, Rule,
};

use super::Harness;
use super::fixtures::{
    UIDS_APART, after_ms, assert_conflict, assert_same, kind, numbered, platform_id, record,
    reference, reopened, together, types_apart,
};
use crate::{AuthorizationRepository, RecordQuery, StoredRecord};

type Repository = Arc<dyn AuthorizationRepository>;

fn place(evse_uids: &[&str]) -> LocationReferences {
    LocationReferences {
        location_id: "loC 1".parse().unwrap(),
        evse_uids: evse_uids.iter().map(|uid| uid.parse().unwrap()).collect(),
    }
}

/// What copies one optional field of a record from another.
const OPTIONAL_FIELDS: [fn(&mut AuthorizationRecord, &AuthorizationRecord); 6] = [
    |to, from| to.token_party = from.token_party,
    |to, from| to.asked.clone_from(&from.asked),
    |to, from| to.allowed_location.clone_from(&from.allowed_location),
    |to, from| to.allowed = from.allowed,
    |to, from| to.status = from.status,
    |to, from| to.charge_point.clone_from(&from.charge_point),
];

/// References that are all different, though a case folded by bits would make some the same.
const REFERENCES_APART: [&str; 9] = [
    "[@^]\\",
    "{`~}|",
    "1",
    "01",
    "1.0",
    "r%",
    "r?",
    "it's -- \"",
    " ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~ ",
];

/// An answer to a charge point that says everything.
fn full_answer() -> ChargePointRecord {
    ChargePointRecord {
        cpo: Party::new("nl", "cPo").unwrap(),
        purpose: Purpose::Stop,
        source: DecisionSource::StopRule,
        reason: "Öko \"AG\" is offline; it's\n".repeat(40),
        decided_by: Some(platform_id("Peer-3")),
        contract_id: Some("nl-tNm-C1".parse().unwrap()),
        group_id: Some("gRoup 1".parse().unwrap()),
        authorization_reference: Some(reference("Theirs")),
        stops: Some(reference("reference-Bare")),
    }
}

/// Answers to charge points that between them say everything that one can say.
fn answers_to_charge_points() -> Vec<ChargePointRecord> {
    let full = full_answer();
    let bare = ChargePointRecord {
        purpose: Purpose::Start,
        source: DecisionSource::Offline,
        reason: String::new(),
        decided_by: None,
        contract_id: None,
        group_id: None,
        authorization_reference: None,
        stops: None,
        ..full.clone()
    };
    let mut all = vec![full.clone(), bare.clone()];
    let optional: [fn(&mut ChargePointRecord, &ChargePointRecord); 5] = [
        |to, from| to.decided_by.clone_from(&from.decided_by),
        |to, from| to.contract_id.clone_from(&from.contract_id),
        |to, from| to.group_id.clone_from(&from.group_id),
        |to, from| {
            to.authorization_reference
                .clone_from(&from.authorization_reference);
        },
        |to, from| to.stops.clone_from(&from.stops),
    ];
    for copy in optional {
        for (one, other) in [(&full, &bare), (&bare, &full)] {
            let mut changed = one.clone();
            copy(&mut changed, other);
            all.push(changed);
        }
    }
    all.extend(DecisionSource::ALL.iter().map(|source| ChargePointRecord {
        source: *source,
        ..bare.clone()
    }));
    all
}

/// Records that between them say everything that a record can say.
fn various_records() -> Vec<AuthorizationRecord> {
    let mut full = record("Reference-Full");
    full.at = "9999-12-31T23:59:59.999Z".parse().unwrap();
    full.platform = platform_id("Peer-2");
    full.request_id = MessageId::new(&"~".repeat(128)).unwrap();
    full.correlation_id = MessageId::new("!\"'%").unwrap();
    full.token_party = Some(Party::new("ch", "aBc").unwrap());
    full.token_uid = AuthorizationRecord::uid_as_asked(&"caRd \n".repeat(11));
    full.token_type = kind("Fleet é");
    full.asked = Some(place(&["b", "A"]));
    full.allowed_location = Some(place(&[]));
    full.latency_us = 1 << 40;
    let bare = record("reference-bare");
    let mut complete = full.clone();
    complete.allowed = Some(AllowedType::Allowed);
    complete.status = Some(AuthorizationStatus::Accepted);
    complete.charge_point = Some(Box::new(full_answer()));
    let mut all = vec![bare.clone()];
    for (number, copy) in OPTIONAL_FIELDS.iter().enumerate() {
        for (name, one, other) in [("with", &bare, &complete), ("without", &complete, &bare)] {
            let mut changed = one.clone();
            changed.reference = reference(&format!("{name}-{number}"));
            copy(&mut changed, other);
            all.push(changed);
        }
    }
    for (name, uid) in REFERENCES_APART.iter().zip(UIDS_APART) {
        let mut one = record(name);
        one.at = "0000-01-01T00:00:00Z".parse().unwrap();
        one.token_uid = asked(uid);
        one.latency_us = i64::MAX.unsigned_abs();
        all.push(one);
    }
    let mut every = |name: String, change: &dyn Fn(&mut AuthorizationRecord)| {
        let mut one = full.clone();
        one.reference = reference(&name);
        change(&mut one);
        all.push(one);
    };
    for (number, token_type) in types_apart().into_iter().enumerate() {
        every(format!("t-{number}"), &|record| {
            record.token_type = token_type.clone();
        });
    }
    for rule in Rule::ALL {
        every(format!("r-{rule}"), &|record| record.rule = *rule);
    }
    for allowed in AllowedType::ALL {
        every(format!("a-{allowed}"), &|record| {
            record.allowed = Some(*allowed);
        });
    }
    for status in AuthorizationStatus::ALL {
        every(format!("s-{status}"), &|record| {
            record.status = Some(*status);
        });
    }
    for (number, answer) in answers_to_charge_points().into_iter().enumerate() {
        every(format!("c-{number}"), &|record| {
            record.charge_point = Some(Box::new(answer.clone()));
        });
    }
    all
}

async fn append_all(records: &Repository, all: &[AuthorizationRecord]) {
    for record in all {
        let record = Arc::new(record.clone());
        records.append_record(record).await.unwrap();
    }
}

fn record_of(stored: StoredRecord) -> AuthorizationRecord {
    Arc::unwrap_or_clone(stored.record)
}

/// The records that match, the newest first, without their places.
async fn list(records: &Repository, query: &RecordQuery) -> Vec<AuthorizationRecord> {
    let found = records.list_records(query, None, usize::MAX).await.unwrap();
    found.into_iter().map(record_of).collect()
}

/// Promise 4: a record reads back as it was appended, by its reference and in the list.
///
/// Holds: E-33, T-69.
pub async fn record_reads_back_as_it_was_appended<H: Harness>() {
    let records = H::fresh().await.authorizations();
    let absent = reference("reference-bare");
    assert_eq!(records.find_record(&absent).await.unwrap(), None);
    let mut all = various_records();
    append_all(&records, &all).await;
    for expected in &all {
        let name = expected.reference.as_str();
        for spelled in [name.to_owned(), name.to_uppercase(), name.to_lowercase()] {
            let found = records.find_record(&reference(&spelled)).await.unwrap();
            assert_same(&found.as_deref(), &Some(expected));
        }
    }
    let absent = reference("reference");
    assert_eq!(records.find_record(&absent).await.unwrap(), None);
    all.reverse();
    assert_same(&list(&records, &RecordQuery::default()).await, &all);
}

/// Promise 5: a reference that was used before is a conflict, and the first record stays.
///
/// Holds: E-26, E-34.
pub async fn used_reference_conflicts<H: Harness>() {
    let records = H::fresh().await.authorizations();
    let first = record("Reference-1");
    append_all(&records, &[first.clone(), record("reference-2")]).await;
    for spelled in ["Reference-1", "REFERENCE-1"] {
        let mut second = record(spelled);
        second.latency_us = 9;
        assert_conflict(&records.append_record(Arc::new(second)).await);
        let found = records.find_record(&first.reference).await.unwrap();
        assert_same(&found.as_deref(), &Some(&first));
        let listed = list(&records, &RecordQuery::default()).await;
        assert_same(&listed, &vec![record("reference-2"), first.clone()]);
    }
    append_all(&records, &[record("reference-3")]).await;
}

/// Promise 6: records are listed newest first, in pages that follow each other's cursors.
///
/// Holds: E-33.
pub async fn records_are_listed_newest_first<H: Harness>() {
    let records = H::fresh().await.authorizations();
    let all = RecordQuery::default();
    let mut expected = Vec::new();
    for (place, name) in numbered("Z-", 11).into_iter().enumerate() {
        let mut one = record(&name);
        // The order is that of appending, not that of the moments or references.
        one.at = after_ms([5, 1, 9][place % 3]);
        one.reference = reference(&format!("{}{name}", ["b", "C", "a"][place % 3]));
        append_all(&records, std::slice::from_ref(&one)).await;
        expected.insert(0, one);
    }
    let mut before = None;
    let mut crawled: Vec<StoredRecord> = Vec::new();
    for expected_length in [4, 4, 3, 0] {
        let page = records.list_records(&all, before, 4).await.unwrap();
        assert_eq!(page.len(), expected_length);
        before = page.last().map(|last| last.cursor).or(before);
        crawled.extend(page);
        // Appended during the crawl: newer than all that it still comes to.
        let name = format!("new-{}", crawled.len() + expected_length);
        append_all(&records, &[record(&name)]).await;
    }
    assert!(crawled.is_sorted_by(|newer, older| newer.cursor > older.cursor));
    let crawled: Vec<_> = crawled.into_iter().map(record_of).collect();
    assert_same(&crawled, &expected);

    let everything = records.list_records(&all, None, usize::MAX).await.unwrap();
    assert_eq!(everything.len(), 15);
    for past_the_newest in [u64::MAX, 1 << 63, i64::MAX.unsigned_abs()] {
        let before = Some(Cursor(past_the_newest));
        let found = records.list_records(&all, before, usize::MAX).await;
        assert_same(&found.unwrap(), &everything);
    }
    for before in [None, Some(everything[3].cursor)] {
        let none = records.list_records(&all, before, 0).await.unwrap();
        assert_eq!(none, []);
    }
}

fn asked(uid: &str) -> CiString<64> {
    AuthorizationRecord::uid_as_asked(uid)
}

/// Promise 7: a list holds what the query asks for only.
///
/// Holds: E-33, T-69.
pub async fn record_list_holds_what_the_query_asks_for<H: Harness>() {
    let records = H::fresh().await.authorizations();
    let answers = [
        None,
        Some(AllowedType::Allowed),
        Some(AllowedType::NotAllowed),
    ];
    let mut all = Vec::new();
    for (place, name) in numbered("reference-", 72).into_iter().enumerate() {
        let mut one = record(&name);
        one.token_uid = asked(["card-1", "CARD-1", ""][place % 3]);
        one.platform = platform_id(["peer", "Peer"][place / 3 % 2]);
        one.at = after_ms([0, -1, 1, 2][place / 6 % 4]);
        one.allowed = answers[place / 24];
        all.insert(0, one);
    }
    let oldest_first: Vec<_> = all.iter().rev().cloned().collect();
    append_all(&records, &oldest_first).await;
    let mut held = 0;
    for token_uid in [None, Some("Card-1"), Some(""), Some("card")] {
        for platform in [None, Some("peer"), Some("Peer"), Some("PEER")] {
            for (from, to) in [
                (None, None),
                (Some(0), None),
                (None, Some(1)),
                (Some(0), Some(1)),
                (Some(1), Some(1)),
                (Some(2), Some(-1)),
            ] {
                for allowed in answers.into_iter().chain([Some(AllowedType::Blocked)]) {
                    let query = RecordQuery {
                        token_uid: token_uid.map(asked),
                        from: from.map(after_ms),
                        to: to.map(after_ms),
                        platform: platform.map(platform_id),
                        allowed,
                    };
                    held += assert_lists(&records, &query, &all).await;
                }
            }
        }
    }
    assert!(held > 1000, "only {held} were asked for");
    assert_every_uid_is_found(&records).await;
}

/// Asserts that the records of each uid are found by it alone, as it was asked for.
async fn assert_every_uid_is_found(records: &Repository) {
    let longest = "é".repeat(63);
    let longest = ["x", "y"].map(|end| longest.clone() + end);
    let uids: Vec<&str> = UIDS_APART
        .into_iter()
        .chain(["CARD-1 ", "card_1", "card?1", "card%"])
        .chain(longest.iter().map(String::as_str))
        .collect();
    let mut appended = Vec::new();
    for (uid, name) in uids.iter().zip(numbered("of-uid-", uids.len())) {
        let mut one = record(&name);
        one.token_uid = asked(uid);
        append_all(records, std::slice::from_ref(&one)).await;
        appended.push(one);
    }
    for expected in &appended {
        let query = RecordQuery {
            token_uid: Some(expected.token_uid.clone()),
            ..RecordQuery::default()
        };
        assert_same(&list(records, &query).await, &vec![expected.clone()]);
    }
    // Of one that is too long, what is kept finds it.
    let query = RecordQuery {
        token_uid: Some(asked(&(longest[0].clone() + " and more"))),
        ..RecordQuery::default()
    };
    let found = list(records, &query).await;
    assert_eq!(found.len(), 1);
}

fn asks_for(query: &RecordQuery, record: &AuthorizationRecord) -> bool {
    let uid = query.token_uid.as_ref();
    let platform = query.platform.as_ref();
    uid.is_none_or(|uid| *uid == record.token_uid)
        && platform.is_none_or(|platform| *platform == record.platform)
        && query.from.is_none_or(|from| record.at >= from)
        && query.to.is_none_or(|to| record.at < to)
        && query
            .allowed
            .is_none_or(|allowed| record.allowed == Some(allowed))
}

/// Asserts that the list holds what the query asks for of `all`, the newest first, at once and in
/// pages; how many these are.
async fn assert_lists(
    records: &Repository,
    query: &RecordQuery,
    all: &[AuthorizationRecord],
) -> usize {
    let expected: Vec<_> = all.iter().filter(|one| asks_for(query, one)).collect();
    let found = list(records, query).await;
    assert_same(&found.iter().collect(), &expected);
    let mut before = None;
    for expected in expected.chunks(5) {
        let page = records.list_records(query, before, 5).await.unwrap();
        let found: Vec<_> = page.iter().map(|stored| &*stored.record).collect();
        assert_same(&found, &expected.to_vec());
        before = page.last().map(|last| last.cursor);
    }
    let rest = records.list_records(query, before, 5).await.unwrap();
    assert!(before.is_none() || rest.is_empty());
    expected.len()
}

/// Promise 8: concurrent appends all stay, and of several with one reference the first only.
///
/// Holds: E-26, E-33.
pub async fn concurrent_appends_lose_nothing<H: Harness>() {
    const EACH: usize = 25;
    const WRITERS: usize = 8;
    let records = H::fresh().await.authorizations();
    let writers = numbered("writer", WRITERS).into_iter().map(|name| {
        let records = Arc::clone(&records);
        async move {
            let mut won = 0;
            for (round, reference) in numbered(&name, EACH).iter().enumerate() {
                append_all(&records, &[record(reference)]).await;
                let rival = Arc::new(record(&format!("rival{round:03}")));
                match records.append_record(rival).await {
                    Ok(()) => won += 1,
                    refused => assert_conflict(&refused),
                }
            }
            won
        }
    });
    let won: usize = together(writers.collect()).await.into_iter().sum();
    assert_eq!(won, EACH);
    let listed = records
        .list_records(&RecordQuery::default(), None, usize::MAX)
        .await
        .unwrap();
    assert!(listed.is_sorted_by(|newer, older| newer.cursor > older.cursor));
    let found: BTreeSet<_> = listed.iter().map(|one| &one.record.reference).collect();
    let mut expected: BTreeSet<_> = numbered("rival", EACH)
        .iter()
        .map(|n| reference(n))
        .collect();
    for name in numbered("writer", WRITERS) {
        expected.extend(numbered(&name, EACH).iter().map(|name| reference(name)));
    }
    assert_eq!(found, expected.iter().collect());
    assert_eq!(listed.len(), expected.len());
    for name in &expected {
        assert!(records.find_record(name).await.unwrap().is_some(), "{name}");
    }
}

/// Forgets, and gives how many were forgotten.
async fn forget(records: &Repository, moment: DateTime, max: usize) -> usize {
    records.forget_records(moment, max).await.unwrap()
}

/// Promise 9: records are forgotten oldest first, so many at most, up to the first that is not of
/// before the moment.
///
/// Holds: E-33.
pub async fn oldest_records_are_forgotten<H: Harness>() {
    let records = H::fresh().await.authorizations();
    assert_eq!(forget(&records, DateTime::MAX, usize::MAX).await, 0);
    // In the order of appending, which is not that of the moments.
    let mut all = Vec::new();
    for (name, ms) in numbered("Reference-", 8)
        .iter()
        .zip([0, 3, 2, 1, 7, 4, 0, 7])
    {
        let mut one = record(name);
        one.at = after_ms(ms);
        one.token_uid = asked(["CARD-1", "CARD-2"][all.len() % 2]);
        all.push(one);
    }
    append_all(&records, &all).await;
    let query = RecordQuery::default();
    let listed = records.list_records(&query, None, usize::MAX).await;
    let places: Vec<Cursor> = listed.unwrap().iter().rev().map(|one| one.cursor).collect();

    let first = "0000-01-01T00:00:00Z".parse().unwrap();
    let mut gone = 0;
    for (moment, max, expected) in [
        (first, usize::MAX, 0),
        (after_ms(0), usize::MAX, 0),
        (after_ms(9), 0, 0),
        (after_ms(3), usize::MAX, 1),
        // The moment itself is not before it, and what is behind stays with it.
        (after_ms(3), usize::MAX, 0),
        (after_ms(4), 2, 2),
        (after_ms(7), usize::MAX, 1),
        (after_ms(7), 9, 0),
        (after_ms(8), 1, 1),
        (DateTime::MAX, 2, 2),
        (DateTime::MAX, usize::MAX, 1),
        (DateTime::MAX, usize::MAX, 0),
    ] {
        assert_eq!(
            forget(&records, moment, max).await,
            expected,
            "{moment} {max}"
        );
        gone += expected;
        assert_kept(&records, &all, gone, &places).await;
    }
    assert_eq!(gone, all.len());

    // What comes next is newer than all that ever were, for those who still hold their places.
    let mut newest = record("newest");
    newest.at = DateTime::MAX;
    append_all(&records, std::slice::from_ref(&newest)).await;
    assert_same(&list(&records, &query).await, &vec![newest.clone()]);
    for before in places {
        let older = records.list_records(&query, Some(before), usize::MAX);
        assert_eq!(older.await.unwrap(), []);
    }
    assert_eq!(forget(&records, DateTime::MAX, usize::MAX).await, 0);
    let found = records.find_record(&newest.reference).await.unwrap();
    assert_same(&found.as_deref(), &Some(&newest));
}

/// Asserts that the first `gone` of `all` are nowhere found, and that the others, at those places,
/// are found as before.
async fn assert_kept(
    records: &Repository,
    all: &[AuthorizationRecord],
    gone: usize,
    places: &[Cursor],
) {
    let (forgotten, kept) = all.split_at(gone);
    for one in forgotten {
        let found = records.find_record(&one.reference).await.unwrap();
        assert_eq!(found, None);
    }
    for one in kept {
        let found = records.find_record(&one.reference).await.unwrap();
        assert_same(&found.as_deref(), &Some(one));
    }
    let newest_first: Vec<_> = kept.iter().rev().cloned().collect();
    for token_uid in [None, Some("CARD-1"), Some("card-2")] {
        let query = RecordQuery {
            token_uid: token_uid.map(asked),
            ..RecordQuery::default()
        };
        assert_lists(records, &query, &newest_first).await;
    }
    let query = RecordQuery::default();
    for (place, cursor) in places.iter().enumerate() {
        let older = records.list_records(&query, Some(*cursor), usize::MAX);
        let older = older.await.unwrap();
        assert_eq!(older.len(), place.saturating_sub(gone));
    }
}

/// Promise 10: what was appended survives a restart of a durable store, and what was forgotten
/// stays so.
///
/// Holds: E-33.
pub async fn records_survive_reopen<H: Harness>() {
    let store = H::fresh().await;
    let records = store.authorizations();
    let mut oldest = record("oldest");
    oldest.at = "0000-01-01T00:00:00Z".parse().unwrap();
    append_all(&records, std::slice::from_ref(&oldest)).await;
    append_all(&records, &various_records()).await;
    assert_eq!(forget(&records, DateTime::MAX, 1).await, 1);
    let all = RecordQuery::default();
    let before = records.list_records(&all, None, usize::MAX).await.unwrap();
    drop(records);

    let Some(store) = reopened(store).await else {
        return;
    };
    let records = store.authorizations();
    let after = records.list_records(&all, None, usize::MAX).await.unwrap();
    assert_same(&after, &before);
    assert_eq!(records.find_record(&oldest.reference).await.unwrap(), None);
    for expected in various_records() {
        let found = records.find_record(&expected.reference).await.unwrap();
        assert_same(&found.as_deref(), &Some(&expected));
        assert_conflict(&records.append_record(Arc::new(expected)).await);
    }
    let newest = record("newest");
    append_all(&records, std::slice::from_ref(&newest)).await;
    let after = records.list_records(&all, None, 1).await.unwrap();
    assert_same(&*after[0].record, &newest);
    assert!(after[0].cursor > before[0].cursor);
    drop(records);
    places_go_on_when_no_record_is_left(H::fresh().await).await;
}

/// Asserts that what is appended after a restart is newer than all that were forgotten before.
async fn places_go_on_when_no_record_is_left<H: Harness>(store: H) {
    let records = store.authorizations();
    append_all(&records, &[record("first"), record("second")]).await;
    let all = RecordQuery::default();
    let newest = records.list_records(&all, None, 1).await.unwrap();
    assert_eq!(forget(&records, DateTime::MAX, usize::MAX).await, 2);
    drop(records);

    let Some(store) = reopened(store).await else {
        panic!("a durable store can be opened again");
    };
    let records = store.authorizations();
    assert_eq!(list(&records, &all).await, []);
    let second = records.find_record(&reference("second")).await;
    assert_eq!(second.unwrap(), None);
    append_all(&records, &[record("third")]).await;
    let after = records.list_records(&all, None, usize::MAX).await.unwrap();
    assert_eq!(after.len(), 1);
    assert!(after[0].cursor > newest[0].cursor);
}
