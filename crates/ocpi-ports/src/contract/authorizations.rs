//! The promises of [`AuthorizationRepository`].

use std::collections::BTreeSet;
use std::sync::Arc;

use ocpi_domain::{
    AllowedType, AuthorizationRecord, AuthorizationStatus, AuthorizationSubject, CiString, Cursor,
    LocationReferences, MessageId, Party, Rule, StoredToken, TokenType,
};

use super::Harness;
use super::fixtures::{
    after_ms, assert_conflict, assert_same, card, create, kind, numbered, other, own, platform_id,
    record, reference, reopened, together, token, uid, update,
};
use crate::{AuthorizationRepository, RecordQuery, StoredRecord, SubjectLookup};

type Repository = Arc<dyn AuthorizationRepository>;

async fn load(
    subjects: &Repository,
    parties: &[Party],
    uid: &str,
    token_type: &TokenType,
) -> SubjectLookup {
    subjects
        .load_authorization_subject(parties, &self::uid(uid), token_type)
        .await
        .unwrap()
}

/// The subject of a Token without account, where nothing charges.
fn subject_of(token: &StoredToken) -> SubjectLookup {
    SubjectLookup::One(Box::new(AuthorizationSubject {
        token: token.clone(),
        account: None,
        active_sessions: 0,
        known_evses: None,
    }))
}

/// Promise 1: a Token that no party of the question has is unknown.
///
/// Holds: E-12, E-14.
pub async fn subject_of_another_party_is_unknown<H: Harness>() {
    let store = H::fresh().await;
    let subjects = store.authorizations();
    let rfid = TokenType::Rfid;
    let unknown = load(&subjects, &[own()], "CARD-1", &rfid).await;
    assert_eq!(unknown, SubjectLookup::Unknown);
    let stored = create(&store.tokens(), card("CARD-1")).await;
    let third = Party::new("CH", "ABD").unwrap();
    for parties in [&[][..], &[other()], &[other(), third]] {
        let unknown = load(&subjects, parties, "CARD-1", &rfid).await;
        assert_eq!(unknown, SubjectLookup::Unknown, "{parties:?}");
    }
    let lower = Party::new("ch", "abc").unwrap();
    for parties in [&[own()][..], &[lower], &[other(), own(), third]] {
        let found = load(&subjects, parties, "CARD-1", &rfid).await;
        assert_same(&found, &subject_of(&stored));
    }
}

/// Promise 2: the uid is matched without case and the type exactly.
///
/// Holds: E-10, E-13, E-14, T-69.
pub async fn subject_is_found_by_uid_and_type<H: Harness>() {
    let store = H::fresh().await;
    let (tokens, subjects) = (store.tokens(), store.authorizations());
    let types = [TokenType::Rfid, TokenType::AppUser, kind("Fleet")];
    for token_type in &types {
        let stored = create(&tokens, token(own(), "Card-1a", token_type)).await;
        for spelled in ["Card-1a", "CARD-1A", "card-1a"] {
            let found = load(&subjects, &[own()], spelled, token_type).await;
            assert_same(&found, &subject_of(&stored));
        }
        // What was written last is what is read.
        let newer = update(&tokens, &stored, |token| token.valid = false).await;
        let found = load(&subjects, &[own()], "Card-1a", token_type).await;
        assert_same(&found, &subject_of(&newer));
    }
    for (spelled, token_type) in [
        ("Card-1a", TokenType::Other),
        ("Card-1a", TokenType::Emaid),
        ("Card-1a", TokenType::AdHocUser),
        ("Card-1a", kind("FLEET")),
        ("Card-1", TokenType::Rfid),
        // Separators count.
        ("Card1a", TokenType::Rfid),
        ("Card*1a", TokenType::AppUser),
        ("Card1a", kind("Fleet")),
    ] {
        let found = load(&subjects, &[own()], spelled, &token_type).await;
        assert_eq!(found, SubjectLookup::Unknown, "{spelled} {token_type}");
    }
}

/// Promise 2, of EMAID: separators do not count, and a uid that matches to the letter is
/// preferred.
///
/// Holds: E-35.
pub async fn emaid_is_found_without_separators<H: Harness>() {
    let store = H::fresh().await;
    let (tokens, subjects) = (store.tokens(), store.authorizations());
    let emaid = TokenType::Emaid;
    let both = [own(), other()];
    // An RFID card of that uid is another thing.
    create(&tokens, card("CHABCC1")).await;
    let dashed = create(&tokens, token(own(), "CH-ABC-C1", &emaid)).await;
    for asked in ["CH-ABC-C1", "ch*abc*c1", "CHabcC1", "C-H-A-B-C-C-1-"] {
        let found = load(&subjects, &both, asked, &emaid).await;
        assert_same(&found, &subject_of(&dashed));
    }
    for asked in ["CH-ABC-C2", "CHABC", "CH_ABC_C1", "CH ABC C1", "-"] {
        let found = load(&subjects, &both, asked, &emaid).await;
        assert_eq!(found, SubjectLookup::Unknown, "{asked}");
    }

    // Each of several spellings is found by its own letters, in one party and in two.
    let plain = create(&tokens, token(own(), "CHABCC1", &emaid)).await;
    let starred = create(&tokens, token(other(), "CH*ABC*C1", &emaid)).await;
    for (asked, stored) in [
        ("ch-abc-c1", &dashed),
        ("chabcc1", &plain),
        ("ch*abc*c1", &starred),
    ] {
        let found = load(&subjects, &both, asked, &emaid).await;
        assert_same(&found, &subject_of(stored));
    }
    // No letters decide between the two of one party, nor between the parties.
    for parties in [&both[..], &[own()]] {
        let found = load(&subjects, parties, "CHABC-C1", &emaid).await;
        assert_eq!(found, SubjectLookup::Ambiguous);
    }
    let found = load(&subjects, &[other()], "CHABC-C1", &emaid).await;
    assert_same(&found, &subject_of(&starred));
}

/// Promise 3: a uid and type that several of the parties have is ambiguous; the question that
/// names one of them is not.
///
/// Holds: E-12.
pub async fn subject_of_two_parties_is_ambiguous<H: Harness>() {
    let store = H::fresh().await;
    let (tokens, subjects) = (store.tokens(), store.authorizations());
    for token_type in [TokenType::Rfid, TokenType::Emaid, kind("FLEET")] {
        let ours = create(&tokens, token(own(), "CARD-1", &token_type)).await;
        let theirs = create(&tokens, token(other(), "card-1", &token_type)).await;
        for parties in [[own(), other()], [other(), own()]] {
            let found = load(&subjects, &parties, "CARD-1", &token_type).await;
            assert_eq!(found, SubjectLookup::Ambiguous);
        }
        for (parties, stored) in [
            (&[own()][..], &ours),
            (&[other()], &theirs),
            (&[own(), own()], &ours),
        ] {
            let found = load(&subjects, parties, "CARD-1", &token_type).await;
            assert_same(&found, &subject_of(stored));
        }
    }
    // Of another type, only one party has one.
    let app = create(&tokens, token(own(), "CARD-1", &TokenType::AppUser)).await;
    let found = load(&subjects, &[own(), other()], "CARD-1", &TokenType::AppUser).await;
    assert_same(&found, &subject_of(&app));
}

fn place(evse_uids: &[&str]) -> LocationReferences {
    LocationReferences {
        location_id: "loC 1".parse().unwrap(),
        evse_uids: evse_uids.iter().map(|uid| uid.parse().unwrap()).collect(),
    }
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
    let mut all = vec![record("reference-bare")];
    let mut every = |name: String, change: &dyn Fn(&mut AuthorizationRecord)| {
        let mut one = full.clone();
        one.reference = reference(&name);
        change(&mut one);
        all.push(one);
    };
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
    let mut all = Vec::new();
    for (place, name) in numbered("reference-", 36).into_iter().enumerate() {
        let mut one = record(&name);
        one.token_uid = asked(["card-1", "CARD-1", ""][place % 3]);
        one.platform = platform_id(["peer", "Peer"][place / 3 % 2]);
        one.at = after_ms([0, -1, 1, 2, 0, 1][place / 6]);
        all.insert(0, one);
    }
    let oldest_first: Vec<_> = all.iter().rev().cloned().collect();
    append_all(&records, &oldest_first).await;
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
                let query = RecordQuery {
                    token_uid: token_uid.map(asked),
                    from: from.map(after_ms),
                    to: to.map(after_ms),
                    platform: platform.map(platform_id),
                };
                let expected: Vec<_> = all.iter().filter(|one| asks_for(&query, one)).collect();
                let found = list(&records, &query).await;
                assert_same(&found.iter().collect(), &expected);
                assert_pages(&records, &query, &expected).await;
            }
        }
    }
}

fn asks_for(query: &RecordQuery, record: &AuthorizationRecord) -> bool {
    let uid = query.token_uid.as_ref();
    let platform = query.platform.as_ref();
    uid.is_none_or(|uid| *uid == record.token_uid)
        && platform.is_none_or(|platform| *platform == record.platform)
        && query.from.is_none_or(|from| record.at >= from)
        && query.to.is_none_or(|to| record.at < to)
}

/// Asserts that pages of two hold the same as the whole list.
async fn assert_pages(
    records: &Repository,
    query: &RecordQuery,
    expected: &[&AuthorizationRecord],
) {
    let mut before = None;
    for expected in expected.chunks(2) {
        let page = records.list_records(query, before, 2).await.unwrap();
        let found: Vec<_> = page.iter().map(|stored| &*stored.record).collect();
        assert_same(&found, &expected.to_vec());
        before = page.last().map(|last| last.cursor);
    }
    let rest = records.list_records(query, before, 2).await.unwrap();
    assert!(before.is_none() || rest.is_empty());
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

/// Promise 9: what was appended survives a restart of a durable store.
///
/// Holds: E-33.
pub async fn records_survive_reopen<H: Harness>() {
    let store = H::fresh().await;
    let records = store.authorizations();
    append_all(&records, &various_records()).await;
    let all = RecordQuery::default();
    let before = records.list_records(&all, None, usize::MAX).await.unwrap();
    drop(records);

    let Some(store) = reopened(store).await else {
        return;
    };
    let records = store.authorizations();
    let after = records.list_records(&all, None, usize::MAX).await.unwrap();
    assert_same(&after, &before);
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
}
