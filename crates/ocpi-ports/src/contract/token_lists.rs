//! The promises of [`TokenRepository`] on lists.

use std::sync::Arc;

use ocpi_domain::{
    Cursor, DateTime, DateWindow, Page, PageRequest, PageStart, Party, StoredToken, TokenType,
};

use super::Harness;
use super::fixtures::{
    after_ms, assert_conflict, assert_same, card, changed, create, kind, list_own, numbered, of,
    other, own, page, token, uids, update,
};
use crate::{TokenQuery, TokenRepository};

/// One page of our own Tokens.
async fn own_page(
    tokens: &Arc<dyn TokenRepository>,
    start: PageStart,
    limit: usize,
    window: DateWindow,
) -> Page<StoredToken> {
    let request = PageRequest {
        start,
        limit,
        window,
    };
    tokens.list_tokens(&of(&[own()]), &request).await.unwrap()
}

fn window(from: Option<DateTime>, to: Option<DateTime>) -> DateWindow {
    DateWindow { from, to }
}

/// Promise 8: a list is in creation order, and an update does not move a Token.
///
/// Holds: P-08, P-09.
pub async fn list_is_in_creation_order_and_updates_do_not_move<H: Harness>() {
    let tokens = H::fresh().await.tokens();
    let order = ["M", "a", "Z", "0", "b-1", "B1", "A-2"];
    let mut stored = Vec::new();
    for (uid, ms) in order.iter().zip([5, 3, 9, 1, 1, 7, 0]) {
        let mut one = card(uid);
        one.last_updated = after_ms(ms);
        stored.push(create(&tokens, one).await);
    }
    assert_eq!(uids(&list_own(&tokens).await), order);
    for (place, ms) in [(0, 100), (6, -100), (3, 50), (0, 200)] {
        stored[place] = update(&tokens, &stored[place], |token| {
            token.last_updated = after_ms(ms);
            token.valid = !token.valid;
        })
        .await;
        assert_same(&list_own(&tokens).await.items, &stored);
        assert_same(&list_own(&tokens).await.items, &stored);
    }
}

/// Promise 9: pages that follow each other's cursors hold every Token once, and Tokens created
/// during the crawl come at its end.
///
/// Holds: P-06, P-08, P-09.
pub async fn crawl_by_cursor_misses_and_repeats_nothing<H: Harness>() {
    let tokens = H::fresh().await.tokens();
    let mut expected = numbered("CARD", 18);
    let mut stored = Vec::new();
    for uid in &expected {
        create(&tokens, token(other(), uid, &TokenType::Rfid)).await;
        stored.push(create(&tokens, card(uid)).await);
    }
    let mut crawled: Vec<String> = Vec::new();
    let mut start = PageStart::Offset(0);
    let mut pages = 0;
    loop {
        let found = own_page(&tokens, start, 4, DateWindow::default()).await;
        assert_eq!(found.total, expected.len() as u64);
        crawled.extend(uids(&found).into_iter().map(str::to_owned));
        pages += 1;
        let Some(next) = found.next else { break };
        assert_eq!(found.items.len(), 4, "only the last page may be short");
        start = PageStart::After(next);
        if pages == 2 {
            // One behind the crawl and one before it change, and two are new: the crawl ends
            // with a full page.
            for place in [1, 12] {
                update(&tokens, &stored[place], |token| {
                    token.last_updated = after_ms(9);
                })
                .await;
            }
            for uid in ["A-NEW", "NEW"] {
                create(&tokens, card(uid)).await;
                expected.push(uid.to_owned());
            }
        }
        assert!(pages < 10, "the crawl does not end");
    }
    assert_eq!(crawled, expected);
    assert_eq!(pages, 5, "no page is empty");
}

/// Promise 10: a page by offset is the page by cursor at that place.
///
/// Holds: P-03, P-07.
pub async fn offset_and_cursor_agree<H: Harness>() {
    const COUNT: usize = 9;
    let tokens = H::fresh().await.tokens();
    let ours = numbered("CARD", 2 * COUNT);
    for (place, uid) in ours.iter().enumerate() {
        let mut one = card(uid);
        // Every second is outside the window of the second round.
        one.last_updated = after_ms(i64::from(place % 2 == 1));
        create(&tokens, one).await;
        create(&tokens, token(other(), uid, &TokenType::Rfid)).await;
    }
    for (window, step) in [
        (DateWindow::default(), 1),
        (window(Some(after_ms(1)), None), 2),
    ] {
        let matching: Vec<&String> = ours.iter().skip(step - 1).step_by(step).collect();
        for offset in 1..matching.len() {
            let before = own_page(&tokens, PageStart::Offset(0), offset, window).await;
            assert_eq!(uids(&before), matching[..offset]);
            let cursor = before.next.unwrap();
            for limit in [1, 2, matching.len() - offset, COUNT * 2] {
                let start = PageStart::Offset(offset as u64);
                let by_offset = own_page(&tokens, start, limit, window).await;
                let by_cursor = own_page(&tokens, PageStart::After(cursor), limit, window).await;
                assert_same(&by_offset, &by_cursor);
                let end = matching.len().min(offset + limit);
                assert_eq!(uids(&by_offset), matching[offset..end]);
                assert_eq!(by_offset.next.is_some(), end < matching.len());
                assert_eq!(by_offset.total, matching.len() as u64);
            }
        }
    }
}

/// Promise 11: the window is from inclusive, to exclusive, over `last_updated`.
///
/// Holds: P-02, P-13, E-02.
pub async fn window_is_from_inclusive_to_exclusive<H: Harness>() {
    let tokens = H::fresh().await.tokens();
    let mut last = None;
    for (uid, ms) in [("E", 2), ("A", -1), ("C", 0), ("D", 1), ("B", -1000)] {
        let mut one = card(uid);
        one.last_updated = after_ms(ms);
        one.valid = ms % 2 == 0;
        last = Some(create(&tokens, one).await);
    }
    let far = ("9999-12-31T23:59:59.999Z", "0000-01-01T00:00:00Z");
    let (end, begin) = (far.0.parse().unwrap(), far.1.parse().unwrap());
    for (from, to, expected) in [
        (None, None, &["E", "A", "C", "D", "B"][..]),
        (Some(after_ms(0)), None, &["E", "C", "D"]),
        (Some(after_ms(1)), None, &["E", "D"]),
        (None, Some(after_ms(0)), &["A", "B"]),
        (None, Some(after_ms(1)), &["A", "C", "B"]),
        (Some(after_ms(-1)), Some(after_ms(2)), &["A", "C", "D"]),
        (Some(after_ms(0)), Some(after_ms(1)), &["C"]),
        (Some(begin), Some(end), &["E", "A", "C", "D", "B"]),
        (Some(after_ms(3)), None, &[]),
        (None, Some(after_ms(-1000)), &[]),
        (Some(after_ms(0)), Some(after_ms(0)), &[]),
        (Some(after_ms(2)), Some(after_ms(-1)), &[]),
        (Some(end), Some(begin), &[]),
    ] {
        let window = window(from, to);
        let found = own_page(&tokens, PageStart::Offset(0), 9, window).await;
        assert_eq!(uids(&found), expected, "{window:?}");
        assert_eq!(found.total, expected.len() as u64, "{window:?}");
        assert_eq!(found.next, None);
    }
    update(&tokens, &last.unwrap(), |token| {
        token.last_updated = after_ms(0);
    })
    .await;
    let now = window(Some(after_ms(0)), Some(after_ms(1)));
    let found = own_page(&tokens, PageStart::Offset(0), 9, now).await;
    assert_eq!(uids(&found), ["C", "B"]);

    // The first and the last moment that there is.
    for (uid, moment) in [("LAST", end), ("FIRST", begin)] {
        let mut one = card(uid);
        one.last_updated = moment;
        create(&tokens, one).await;
    }
    for (from, to, expected) in [
        (Some(end), None, &["LAST"][..]),
        (None, Some(begin), &[]),
        (Some(begin), Some(after_ms(-1)), &["FIRST"]),
        (None, Some(after_ms(-1)), &["FIRST"]),
        (Some(after_ms(2)), None, &["E", "LAST"]),
        (Some(after_ms(2)), Some(end), &["E"]),
        (
            Some(begin),
            None,
            &["E", "A", "C", "D", "B", "LAST", "FIRST"],
        ),
    ] {
        let found = own_page(&tokens, PageStart::Offset(0), 9, window(from, to)).await;
        assert_eq!(uids(&found), expected, "{from:?} {to:?}");
        assert_eq!(found.total, expected.len() as u64);
    }
}

/// Promise 12: the total counts what matches the query and the window, whatever the start and
/// limit, and follows updates.
///
/// Holds: P-04.
pub async fn total_counts_what_matches<H: Harness>() {
    let tokens = H::fresh().await.tokens();
    let mut stored = Vec::new();
    for uid in numbered("CARD", 6) {
        stored.push(create(&tokens, card(&uid)).await);
        create(&tokens, token(other(), &uid, &TokenType::Rfid)).await;
    }
    let cursor = own_page(&tokens, PageStart::Offset(0), 2, DateWindow::default()).await;
    let cursor = cursor.next.unwrap();
    let newer = window(Some(after_ms(1)), None);
    let older = window(None, Some(after_ms(1)));
    let assert_totals = async |all: u64, new: u64| {
        for (window, total) in [
            (DateWindow::default(), all),
            (newer, new),
            (older, all - new),
        ] {
            for start in [
                PageStart::Offset(0),
                PageStart::Offset(3),
                PageStart::Offset(99),
                PageStart::After(cursor),
            ] {
                for limit in [0, 1, 2, 99] {
                    let found = own_page(&tokens, start, limit, window).await;
                    assert_eq!(found.total, total, "{window:?} {start:?} {limit}");
                }
            }
        }
    };
    assert_totals(6, 0).await;
    // Into the window, within it, and out of it again.
    for (ms, new) in [(1, 1), (7, 1), (0, 0), (5, 1)] {
        stored[2] = update(&tokens, &stored[2], |token| {
            token.last_updated = after_ms(ms);
        })
        .await;
        assert_totals(6, new).await;
    }
    let mut newest = card("NEW");
    newest.last_updated = after_ms(3);
    create(&tokens, newest).await;
    assert_totals(7, 2).await;
    let mut app = token(own(), "CARD000", &TokenType::AppUser);
    app.last_updated = after_ms(0);
    create(&tokens, app).await;
    assert_totals(8, 2).await;
    // A write that is refused does not count.
    let stale = stored[2].clone();
    stored[2] = update(&tokens, &stale, |_| ()).await;
    assert_conflict(&tokens.put_token(changed(&stale, |_| ())).await);
    assert_totals(8, 2).await;
}

/// Promise 13: a list holds the Tokens of the parties asked for only, and none of the types left
/// out.
///
/// Holds: E-02, E-03, E-04.
pub async fn list_holds_what_the_query_asks_for<H: Harness>() {
    let tokens = H::fresh().await.tokens();
    let third = Party::new("CH", "XYZ").unwrap();
    let types = [
        TokenType::Rfid,
        TokenType::AppUser,
        kind("FLEET"),
        TokenType::Emaid,
        kind("fleet"),
        TokenType::Other,
        TokenType::AdHocUser,
    ];
    let mut stored = Vec::new();
    for (place, token_type) in types.iter().enumerate() {
        for party in [other(), own(), third] {
            let mut one = token(party, "CARD", token_type);
            one.valid = place % 2 == 0;
            stored.push(create(&tokens, one).await);
        }
    }
    let lower = Party::new("ch", "abc").unwrap();
    let nobody = Party::new("CH", "ABD").unwrap();
    let shared = [TokenType::AdHocUser, TokenType::AppUser, TokenType::Emaid];
    for parties in [
        vec![],
        vec![nobody],
        vec![own()],
        vec![lower],
        vec![third, other()],
        vec![own(), own(), lower],
        vec![own(), other(), third, nobody],
    ] {
        for without_types in [
            vec![],
            shared.to_vec(),
            vec![kind("FLEET")],
            vec![kind("FLEET"), kind("unseen"), TokenType::Rfid],
            types.to_vec(),
        ] {
            let query = TokenQuery {
                parties: parties.clone(),
                without_types,
            };
            let expected: Vec<StoredToken> = stored
                .iter()
                .filter(|one| parties.contains(&one.token.party))
                .filter(|one| !query.without_types.contains(&one.token.token_type))
                .cloned()
                .collect();
            assert_lists(&tokens, &query, &expected).await;
        }
    }
}

/// Asserts that the list is `expected`, in one page and in pages of two, with a window and
/// without.
async fn assert_lists(
    tokens: &Arc<dyn TokenRepository>,
    query: &TokenQuery,
    expected: &[StoredToken],
) {
    for window in [DateWindow::default(), window(Some(after_ms(0)), None)] {
        for limit in [usize::MAX, 2] {
            let mut found = Vec::new();
            let mut start = PageStart::Offset(0);
            loop {
                let request = PageRequest {
                    start,
                    limit,
                    window,
                };
                let page = tokens.list_tokens(query, &request).await.unwrap();
                assert_eq!(page.total, expected.len() as u64, "{query:?}");
                found.extend(page.items);
                match page.next {
                    Some(next) if found.len() < expected.len() => start = PageStart::After(next),
                    next => {
                        assert_eq!(next, None, "{query:?}");
                        break;
                    }
                }
            }
            assert_same(&found, &expected.to_vec());
        }
    }
}

/// Promise 14: limit 0 and a start past the end give an empty page with the right total and no
/// `next`.
///
/// Holds: P-04, P-11, P-12.
pub async fn empty_pages_keep_the_total<H: Harness>() {
    let tokens = H::fresh().await.tokens();
    let windows = [
        DateWindow::default(),
        window(Some(after_ms(0)), Some(after_ms(1))),
    ];
    let far = [u64::MAX, u64::MAX - 1, 1 << 63, i64::MAX.unsigned_abs()];
    for count in [0, 5] {
        for uid in numbered("CARD", count) {
            create(&tokens, card(&uid)).await;
        }
        let total = count as u64;
        let starts = far.map(|far| [PageStart::Offset(far), PageStart::After(Cursor(far))]);
        let past_the_end = [PageStart::Offset(total), PageStart::Offset(total + 1)];
        for window in windows {
            for start in starts.iter().flatten().chain(&past_the_end) {
                for limit in [0, 1, usize::MAX] {
                    let found = own_page(&tokens, *start, limit, window).await;
                    assert_empty(&found, total);
                }
            }
            let found = own_page(&tokens, PageStart::Offset(0), 0, window).await;
            assert_empty(&found, total);
        }
    }
    // After the last that matches, where others follow that do not.
    create(&tokens, token(own(), "APP", &TokenType::AppUser)).await;
    let five = page(PageStart::Offset(0), 5);
    let last = tokens.list_tokens(&of(&[own()]), &five).await.unwrap();
    let cards = TokenQuery {
        parties: vec![own()],
        without_types: vec![TokenType::AppUser],
    };
    for limit in [0, 1, 9] {
        let after = page(PageStart::After(last.next.unwrap()), limit);
        let found = tokens.list_tokens(&cards, &after).await.unwrap();
        assert_empty(&found, 5);
    }
}

#[track_caller]
fn assert_empty(page: &Page<StoredToken>, total: u64) {
    assert_eq!(uids(page), [""; 0]);
    assert_eq!(page.total, total);
    assert_eq!(page.next, None);
}
