//! The promises of [`SessionRepository`](crate::SessionRepository) on lists of sessions, and on
//! forgetting them.

use std::sync::Arc;

use ocpi_domain::{
    Cursor, DateTime, DateWindow, PageRequest, PageStart, Party, PlatformId, SessionPhase,
    SlotHolder,
};
use serde_json::json;

use super::Harness;
use super::fixtures::{after_ms, assert_same, numbered, page, platform_id, reference};
use super::slot_fixtures::{
    Sessions, active, claim, cpo, end, first_word, first_word_of, holder, later, next_word,
    other_cpo, put, session, session_of, slots_of, take,
};
use crate::{SessionQuery, StoredSession};

/// What a page of these holds: the part of what matches, its total, and whether more follow.
async fn assert_page(
    sessions: &Sessions,
    parties: &[Party],
    request: &PageRequest,
    matching: &[&StoredSession],
) {
    let start = match request.start {
        PageStart::Offset(offset) => matching.len().min(usize::try_from(offset).unwrap()),
        PageStart::After(after) => matching.partition_point(|one| one.cursor <= after),
    };
    let end = matching.len().min(start.saturating_add(request.limit));
    let found = sessions.list_sessions(parties, request).await.unwrap();
    let items: Vec<_> = found.items.iter().collect();
    assert_same(&items, &matching[start..end].to_vec());
    assert_eq!(found.total, matching.len() as u64, "{request:?}");
    let next = (start < end && end < matching.len()).then(|| matching[end - 1].cursor);
    assert_eq!(found.next, next, "{request:?}");
}

/// Promise 6: the list of a party's sessions is in creation order, in pages by cursor and by
/// offset, with the total of what matches.
///
/// Holds: S-27, P-02, P-04, P-08, P-11, P-12, P-13.
pub async fn sessions_of_a_party_are_listed_in_creation_order<H: Harness>() {
    let sessions = H::fresh().await.sessions();
    let mut stored = Vec::new();
    for (place, id) in numbered("S-", 12).iter().enumerate() {
        // Neither ids nor moments are in the order of creation.
        let id = format!("{}{id}", ["b", "C", "a"][place % 3]);
        let party = [cpo(), other_cpo(), cpo(), Party::new("DE", "ALF").unwrap()][place % 4];
        let changed_at = after_ms([5, 0, 9, 2, 1][place % 5]);
        let members = json!({"last_updated": changed_at.to_string()});
        stored.push(put(&sessions, first_word(session_of(party, &id, members))).await);
    }
    assert_lists(&sessions, &stored).await;
    // An update does not move a session, whatever it changes.
    for place in [0, 11, 4, 0] {
        let id = stored[place].session.id().as_str().to_owned();
        let members = json!({"last_updated": after_ms(4).to_string(), "status": "COMPLETED"});
        let changed = session_of(stored[place].session.party(), &id, members);
        let word = next_word(&stored[place], |write| {
            write.session = Arc::new(changed);
            write.phase = SessionPhase::Ended;
        });
        stored[place] = put(&sessions, word).await;
        assert_lists(&sessions, &stored).await;
    }
    let far = [u64::MAX, u64::MAX - 1, i64::MAX.unsigned_abs()];
    for start in far.map(|far| [PageStart::Offset(far), PageStart::After(Cursor(far))]) {
        for start in start {
            let found = sessions
                .list_sessions(&[cpo()], &page(start, 9))
                .await
                .unwrap();
            assert_eq!((found.items.len(), found.total, found.next), (0, 6, None));
        }
    }
    new_sessions_come_at_the_end_of_a_crawl(&sessions, stored).await;
}

/// Asserts that every page of every list is what it must be of `stored`.
async fn assert_lists(sessions: &Sessions, stored: &[StoredSession]) {
    assert!(stored.is_sorted_by(|older, newer| older.cursor < newer.cursor));
    let lower = Party::new("nl", "alf").unwrap();
    let nobody = Party::new("NL", "ALG").unwrap();
    for parties in [
        vec![],
        vec![nobody],
        vec![cpo()],
        vec![lower, lower, nobody],
        vec![other_cpo(), cpo()],
    ] {
        for (from, to) in [
            (None, None),
            (Some(2), None),
            (None, Some(5)),
            (Some(2), Some(5)),
            (Some(5), Some(5)),
            (Some(9), Some(0)),
        ] {
            let window = DateWindow {
                from: from.map(after_ms),
                to: to.map(after_ms),
            };
            let matching: Vec<_> = stored
                .iter()
                .filter(|one| parties.contains(&one.session.party()))
                .filter(|one| window.contains(one.session.last_updated()))
                .collect();
            let starts = (0..=matching.len() as u64 + 1).map(PageStart::Offset);
            let after = stored.iter().map(|one| PageStart::After(one.cursor));
            for start in starts.chain(after) {
                for limit in [0, 1, 3, usize::MAX] {
                    let request = PageRequest {
                        start,
                        limit,
                        window,
                    };
                    assert_page(sessions, &parties, &request, &matching).await;
                }
            }
        }
    }
}

async fn new_sessions_come_at_the_end_of_a_crawl(
    sessions: &Sessions,
    mut expected: Vec<StoredSession>,
) {
    expected.retain(|one| one.session.party() == cpo());
    let (mut start, mut crawled) = (PageStart::Offset(0), Vec::new());
    loop {
        let request = page(start, 2);
        let found = sessions.list_sessions(&[cpo()], &request).await.unwrap();
        crawled.extend(found.items);
        let Some(next) = found.next else { break };
        start = PageStart::After(next);
        if crawled.len() == 4 {
            expected.push(put(sessions, first_word(session("A-NEW", json!({})))).await);
        }
    }
    assert_same(&crawled, &expected);
}

/// Promise 7: an operator's list is newest first, in pages that follow each other's cursors, and
/// holds what the query asks for only.
///
/// Holds: S-10, S-20, S-21, T-69.
pub async fn session_list_holds_what_the_query_asks_for<H: Harness>() {
    let sessions = H::fresh().await.sessions();
    let mut all = Vec::new();
    for (place, id) in numbered("S-", 48).iter().enumerate() {
        let phases = [
            SessionPhase::Waiting,
            SessionPhase::Ended,
            SessionPhase::Active { until: after_ms(1) },
            SessionPhase::Active { until: after_ms(9) },
        ];
        // The Token of the holder is the one that counts, whatever the session says.
        let said = json!({"cdr_token": {"uid": "SAID", "type": "RFID"}});
        let mut write = first_word(session(id, said));
        write.link.holder = [Some("card-1"), Some("CARD-1"), None][place % 3].map(holder);
        write.platform = platform_id(["peer", "Peer"][place / 3 % 2]);
        write.phase = phases[place / 6 % 4];
        all.push(put(&sessions, write).await);
    }
    // What was created first and changed last is in its place still, as it is now.
    all[0] = put(
        &sessions,
        next_word(&all[0], |write| write.phase = active()),
    )
    .await;
    all.reverse();
    let mut held = 0;
    for active in [None, Some(true), Some(false)] {
        for moment in [0, 1, 5, 9].map(after_ms) {
            for uid in [None, Some("Card-1"), Some("card"), Some("SAID"), Some("")] {
                for platform in [None, Some("peer"), Some("Peer"), Some("PEER")] {
                    let query = SessionQuery {
                        active: active.map(|active| (active, moment)),
                        token_uid: uid.map(|uid| uid.parse().unwrap()),
                        platform: platform.map(platform_id),
                    };
                    held += assert_newest(&sessions, &query, &all).await;
                }
            }
        }
    }
    assert!(held > 1000, "only {held} were asked for");
    let everything = SessionQuery::default();
    for before in [
        Some(Cursor(u64::MAX)),
        Some(Cursor(i64::MAX.unsigned_abs())),
    ] {
        let found = sessions.list_newest_sessions(&everything, before, usize::MAX);
        assert_same(&found.await.unwrap(), &all);
    }
    for before in [None, Some(all[3].cursor)] {
        let none = sessions.list_newest_sessions(&everything, before, 0).await;
        assert_eq!(none.unwrap(), []);
    }
}

fn asks_for(query: &SessionQuery, stored: &StoredSession) -> bool {
    let counts_at = |moment: DateTime| match stored.phase {
        SessionPhase::Active { until } => moment < until,
        SessionPhase::Waiting | SessionPhase::Ended => false,
    };
    let uid = stored
        .link
        .holder
        .as_ref()
        .map(|one| one.token.uid.as_str());
    let is_from = |platform: &PlatformId| *platform == stored.platform;
    query
        .active
        .is_none_or(|(active, moment)| counts_at(moment) == active)
        && query
            .token_uid
            .as_ref()
            .is_none_or(|asked| uid.is_some_and(|uid| uid.eq_ignore_ascii_case(asked.as_str())))
        && query.platform.as_ref().is_none_or(is_from)
}

/// Asserts that the list holds what the query asks for of `all`, at once and in pages; how many
/// these are.
async fn assert_newest(sessions: &Sessions, query: &SessionQuery, all: &[StoredSession]) -> usize {
    let expected: Vec<_> = all.iter().filter(|one| asks_for(query, one)).collect();
    let found = sessions.list_newest_sessions(query, None, usize::MAX).await;
    assert_same(&found.unwrap().iter().collect(), &expected);
    let mut before = None;
    for expected in expected.chunks(7) {
        let page = sessions
            .list_newest_sessions(query, before, 7)
            .await
            .unwrap();
        assert_same(&page.iter().collect(), &expected.to_vec());
        before = page.last().map(|last| last.cursor);
    }
    let rest = sessions
        .list_newest_sessions(query, before, 7)
        .await
        .unwrap();
    assert!(before.is_none() || rest.is_empty());
    expected.len()
}

/// Promise 8: sessions are forgotten that were received last before the moment and are not active
/// at it, so many at most; the others stay.
///
/// Holds: S-20, S-21, S-26.
pub async fn old_sessions_are_forgotten<H: Harness>() {
    let store = H::fresh().await;
    let (sessions, records) = (store.sessions(), store.authorizations());
    let forget = async |moment, max| sessions.forget_sessions(moment, max).await.unwrap();
    assert_eq!(forget(DateTime::MAX, usize::MAX).await, 0);
    let card = holder("CARD-1");
    let mut kept = put_old_and_new(&sessions, &card).await;
    let first = "0000-01-01T00:00:00Z".parse().unwrap();
    for (moment, max, gone) in [
        (first, usize::MAX, 0),
        (after_ms(0), usize::MAX, 0),
        (after_ms(10), 0, 0),
        (after_ms(10), 1, 1),
        (after_ms(10), 2, 2),
        (after_ms(10), 2, 1),
        (after_ms(10), usize::MAX, 0),
    ] {
        assert_eq!(forget(moment, max).await, gone, "{moment} {max}");
        if gone == 0 {
            continue;
        }
        kept = those_still_there(&sessions, kept).await;
        assert_kept(&sessions, &kept).await;
    }
    let ids: Vec<_> = kept.iter().map(|one| one.session.id().as_str()).collect();
    assert_eq!(ids, ["counts", "new", "again"]);
    let of_gone = sessions.find_sessions_of(&reference("R-old-1")).await;
    assert_eq!(of_gone.unwrap(), []);
    // The one that counts holds its slot on.
    let slots = slots_of(&records, &card).await;
    assert_eq!(slots.len(), 1);
    what_is_forgotten_may_come_again(&store, kept).await;
}

/// Sessions of the card and of nobody: those of a name that begins with `old` were received last
/// before the tenth millisecond, and are not active at it.
async fn put_old_and_new(sessions: &Sessions, card: &SlotHolder) -> Vec<StoredSession> {
    let until = |ms| SessionPhase::Active {
        until: after_ms(ms),
    };
    let mut stored = Vec::new();
    for (id, received_ms, phase) in [
        ("old-1", 0, SessionPhase::Ended),
        ("counts", 0, until(20)),
        ("old-2", 0, SessionPhase::Waiting),
        ("old-3", 9, until(10)),
        ("new", 10, SessionPhase::Ended),
        ("old-4", 1, until(5)),
    ] {
        let named = json!({"authorization_reference": format!("R-{id}")});
        let mut write = first_word_of(card, session(id, named));
        write.received_at = after_ms(received_ms);
        write.phase = phase;
        stored.push(put(sessions, write).await);
    }
    // What was received again is not old.
    let mut again = first_word(session("again", json!({})));
    again.phase = SessionPhase::Ended;
    let again = put(sessions, again).await;
    let again = next_word(&again, |write| write.received_at = after_ms(10));
    stored.push(put(sessions, again).await);
    stored
}

/// Those of `kept` that are found still, as they were; the others must be old.
async fn those_still_there(sessions: &Sessions, kept: Vec<StoredSession>) -> Vec<StoredSession> {
    let mut still = Vec::new();
    for one in kept {
        let found = sessions.find_session(&one.session.key()).await.unwrap();
        if found.is_some() {
            assert_same(&found.as_ref(), &Some(&one));
            still.push(one);
        } else {
            assert!(one.session.id().as_str().starts_with("old"), "{one:?}");
        }
    }
    still
}

/// Asserts that these are listed, and no other.
async fn assert_kept(sessions: &Sessions, kept: &[StoredSession]) {
    let all = page(PageStart::Offset(0), usize::MAX);
    let found = sessions.list_sessions(&[cpo()], &all).await.unwrap();
    assert_same(&found.items, &kept.to_vec());
    assert_eq!(found.total, kept.len() as u64);
    for (offset, one) in (0..).zip(kept) {
        let from = page(PageStart::Offset(offset), 1);
        let found = sessions.list_sessions(&[cpo()], &from).await.unwrap();
        assert_same(&found.items, &vec![one.clone()]);
    }
    let mut newest_first = kept.to_vec();
    newest_first.reverse();
    let found = sessions
        .list_newest_sessions(&SessionQuery::default(), None, usize::MAX)
        .await;
    assert_same(&found.unwrap(), &newest_first);
}

async fn what_is_forgotten_may_come_again<H: Harness>(store: &H, mut kept: Vec<StoredSession>) {
    let (sessions, card) = (store.sessions(), holder("CARD-2"));
    take(&store.authorizations(), "R-1", claim(&card, 1, "E1")).await;
    let again = put(&sessions, first_word_of(&card, session("old-1", json!({})))).await;
    assert_eq!(again.authorization, Some(reference("R-1")));
    assert!(
        kept.iter()
            .all(|one| one.cursor < again.cursor && one.revision < again.revision)
    );
    kept.push(again.clone());
    assert_kept(&sessions, &kept).await;
    // Of those that are forgotten, nothing counts on.
    let over = end(&sessions, &again).await;
    let forgotten = sessions.forget_sessions(later(), usize::MAX).await;
    assert_eq!(forgotten.unwrap(), kept.len());
    assert_kept(&sessions, &[]).await;
    for card in [card, holder("CARD-1")] {
        assert_eq!(slots_of(&store.authorizations(), &card).await, []);
    }
    let newest = put(&sessions, first_word(session("newest", json!({})))).await;
    assert!(newest.cursor > over.cursor && newest.revision > over.revision);
}
