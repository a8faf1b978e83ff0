//! How far the exchange of Tokens is, and the changes of Tokens.

use ocpi_domain::{DateWindow, Platform, PlatformId, Revision, StoredToken, TokenType};
use ocpi_ports::{
    BehindToken, Crawl, PullProgress, PushProgress, SeenTokens, StoredPlatform, TokenWrite,
};

use super::writing::content;
use super::{Random, Store, after_ms, party, token};
use crate::sql::{SqlError, sync, token_changes, tokens};

const PARTIES: [&str; 3] = ["CHABC", "DEABC", "CHXYZ"];

fn id(text: &str) -> PlatformId {
    text.parse().unwrap()
}

fn pull() -> PullProgress {
    PullProgress {
        connected_at: after_ms(1),
        scope: "2.3.0".to_owned(),
        pulled_to: Some(after_ms(2)),
        all_pulled_at: None,
        crawl: None,
    }
}

fn push() -> PushProgress {
    PushProgress {
        connected_at: after_ms(1),
        scope: "2.3.0".to_owned(),
        through: Revision(7),
        behind: vec![BehindToken {
            key: token(party("CHABC"), "CARD", &TokenType::Rfid).key(),
            attempts: 2,
            next_at: after_ms(3),
            reason: "no".to_owned(),
        }],
        taken_at: None,
    }
}

/// A store with the platform `peer`.
fn with_peer() -> Store {
    let store = Store::new();
    let peer = StoredPlatform::new(Platform::new(id("peer")));
    store.put_platform(&peer, None).unwrap();
    store
}

impl Store {
    fn put_pull(&self, seen: &SeenTokens) {
        sync::put_pull(&self.db, &id("peer"), &pull(), seen).unwrap();
    }

    fn rows_of_seen(&self) -> i64 {
        let sql = "SELECT count(*) FROM seen_tokens";
        self.db.query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

/// What is known already must not be written again with each page of a long crawl.
///
/// Holds: P-18.
#[test]
fn what_a_crawl_has_seen_is_added_a_row_at_a_time() {
    let store = with_peer();
    let changes = |seen: &SeenTokens| {
        let before = store.db.total_changes();
        store.put_pull(seen);
        store.db.total_changes() - before
    };
    let page = &SeenTokens::Add((0..1000).collect());
    let first = changes(page);
    for _ in 0..100 {
        assert_eq!(changes(page), first);
    }
    assert_eq!(store.rows_of_seen(), 101);
    assert_eq!(
        changes(&SeenTokens::Add(Vec::new())),
        changes(&SeenTokens::Keep)
    );
    store.put_pull(&SeenTokens::Clear);
    assert_eq!(store.rows_of_seen(), 0);
}

/// A write that is rolled back takes what was seen and the progress with it.
///
/// Holds: P-18.
#[test]
fn progress_and_what_was_seen_are_written_together_or_not_at_all() {
    let mut store = with_peer();
    store.put_pull(&SeenTokens::Add(vec![1]));
    let before = content(&store);
    for seen in &[SeenTokens::Add(vec![2]), SeenTokens::Clear] {
        store.fail(|store| store.put_pull(seen));
        assert_eq!(content(&store), before);
    }
    assert_eq!(sync::list_seen(&store.db, &id("peer")).unwrap(), [1]);
}

/// The names in the JSON are words of the file, so none may ever change.
///
/// Holds: T-98.
#[test]
fn progress_of_this_release_is_read_by_every_later_one() {
    let store = with_peer();
    store.tamper(
        r#"INSERT INTO push_progress (platform, connected_at_ms, scope, through, behind) VALUES
           ('peer', 1735689600001, '2.3.0', 7, '[{"country_code":"CH","party_id":"ABC","uid":"CARD",
               "type":"RFID","attempts":2,"next_at":"2025-01-01T00:00:00.003Z","reason":"no"}]')"#,
    );
    let found = sync::find_push(&store.db, &id("peer")).unwrap();
    assert_eq!(found, Some(push()));
    store.tamper(
        r#"INSERT INTO pull_progress (platform, connected_at_ms, scope, pulled_to_ms, crawl) VALUES
           ('peer', 1735689600001, '2.3.0', 1735689600002, '{"began_at":"2025-01-01T00:00:00.004Z",
               "began_after":5,"from":null,"to":"2025-01-01T00:00:00.005Z",
               "next":"https://peer.example/t?offset=50","total":9,"pages":1,"seen":2,
               "changed":3,"left_out":4,"left_out_reason":"x"}')"#,
    );
    let expected = PullProgress {
        crawl: Some(Crawl {
            began_at: after_ms(4),
            began_after: Revision(5),
            window: DateWindow {
                from: None,
                to: Some(after_ms(5)),
            },
            next: Some("https://peer.example/t?offset=50".parse().unwrap()),
            total: Some(9),
            pages: 1,
            seen: 2,
            changed: 3,
            left_out: 4,
            left_out_reason: Some("x".to_owned()),
        }),
        ..pull()
    };
    let found = sync::find_pull(&store.db, &id("peer")).unwrap();
    assert_eq!(found, Some(expected));
    store.tamper(
        "INSERT INTO seen_tokens (platform, hashes)
         VALUES ('peer', x'00000000000000010200000000000000')",
    );
    let seen = sync::list_seen(&store.db, &id("peer")).unwrap();
    assert_eq!(seen, [1, 2 << 56]);
}

#[test]
fn progress_that_cannot_be_read_is_named() {
    let store = with_peer();
    sync::put_push(&store.db, &id("peer"), &push()).unwrap();
    store.put_pull(&SeenTokens::Add(vec![1]));
    let crawl = r#"{"began_at":"2025-01-01T00:00:00Z"}"#;
    for (table, change, named) in [
        (
            "push_progress",
            "behind = '{}'",
            "row \"peer\", column behind: ",
        ),
        (
            "push_progress",
            "through = -1",
            "row \"peer\", column through: ",
        ),
        (
            "push_progress",
            "taken_at_ms = 1 << 60",
            "row \"peer\", column taken_at_ms: ",
        ),
        (
            "pull_progress",
            &format!("crawl = '{crawl}'"),
            "row \"peer\", column crawl: missing field ",
        ),
        (
            "pull_progress",
            "pulled_to_ms = 1 << 60",
            "row \"peer\", column pulled_to_ms: ",
        ),
        (
            "seen_tokens",
            "hashes = x'01'",
            "row 1, column hashes: must be 8 bytes of each",
        ),
    ] {
        store.db.execute_batch("SAVEPOINT tampering").unwrap();
        store.tamper(&format!("UPDATE {table} SET {change}"));
        let failed = [
            sync::find_push(&store.db, &id("peer")).err(),
            sync::find_pull(&store.db, &id("peer")).err(),
            sync::list_seen(&store.db, &id("peer")).err(),
        ];
        let failed: Vec<_> = failed.into_iter().flatten().collect();
        let named = format!("table {table}, {named}");
        match &failed[..] {
            [SqlError::Corrupt(why)] => assert!(why.starts_with(&named), "{why}"),
            other => panic!("{change}: {other:?}"),
        }
        store.db.execute_batch("ROLLBACK TO tampering").unwrap();
    }
}

/// A store of random Tokens, of which many were written again; each as it is now.
fn filled(random: &mut Random) -> (Store, Vec<StoredToken>) {
    let mut store = Store::new();
    let mut all = Vec::new();
    for place in 0..1000 {
        let (owner, uid) = (*random.one_of(&PARTIES), format!("card-{place}"));
        all.push(store.create(token(party(owner), &uid, &TokenType::Rfid)));
    }
    for step in 0..1500 {
        // Some hundred are written again and again, and others never.
        let place = usize::try_from(random.below(700) * random.below(2) + 100).unwrap();
        let mut changed = (*all[place].token).clone();
        changed.valid = step % 2 == 0;
        let write = TokenWrite {
            token: changed.into(),
            marks: all[place].marks,
            follows: Some(all[place].revision),
        };
        let put = |store: &mut Store| tokens::put_token(&store.db, &mut store.state, &write);
        all[place] = store.write(put).unwrap();
        if step % 10 == 0 {
            // Others take revisions too.
            store.write(|store| store.state.touch());
        }
    }
    all.sort_unstable_by_key(|stored| stored.revision);
    (store, all)
}

/// Holds: E-40, T-98.
#[test]
fn changes_are_what_a_look_at_every_token_finds() {
    let mut random = Random(0x1357_9BDF);
    let (store, all) = filled(&mut random);
    let newest = store.state.last_revision;
    for _ in 0..150 {
        let asked = PARTIES.iter().filter(|_| random.below(2) == 0);
        let asked: Vec<_> = asked.map(|text| party(&text.to_lowercase())).collect();
        let after = Revision(random.below(newest + 100));
        let limit = usize::try_from(random.below(700)).unwrap();
        let due = all.iter().filter(|one| one.revision > after);
        let due: Vec<_> = due.filter(|one| asked.contains(&one.token.party)).collect();
        let found = token_changes::list(&store.db, &asked, after, limit).unwrap();
        let listed: Vec<_> = found.tokens.iter().collect();
        assert_eq!(listed, due[..limit.min(due.len())]);
        let next = due.get(limit).map(|one| one.revision.0);
        assert_eq!(found.more, next.is_some());
        let through = next.map_or(newest.max(after.0), |next| next - 1);
        assert_eq!(found.through, Revision(through));
        let count = token_changes::count(&store.db, &asked, after).unwrap();
        assert_eq!(count, due.len() as u64);
    }
    assert_eq!(
        token_changes::last_revision(&store.db).unwrap(),
        Revision(newest)
    );
}
