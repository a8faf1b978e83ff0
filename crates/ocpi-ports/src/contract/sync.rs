//! The promises of [`SyncRepository`].

use std::sync::Arc;

use ocpi_domain::{DateTime, DateWindow, Revision, TokenType};

use super::Harness;
use super::fixtures::{after_ms, assert_same, kind, numbered, other, own, platform_id, reopened};
use super::fixtures::{key, types_apart};
use super::platform_fixtures::{create, delete, platform, replace};
use crate::{BehindToken, Crawl, PullProgress, PushProgress, SeenTokens, SyncRepository};

type Repository = Arc<dyn SyncRepository>;

/// Ids of platforms that are all different.
const IDS: [&str; 3] = ["peer", "Peer", "peer."];

/// A store with these platforms.
async fn with_platforms<H: Harness>() -> H {
    let store = H::fresh().await;
    for id in IDS {
        create(&store.platforms(), &platform(id, &[])).await;
    }
    store
}

async fn put_push(sync: &Repository, id: &str, progress: &PushProgress) {
    let put = sync.put_push(&platform_id(id), progress.clone()).await;
    put.unwrap();
}

async fn put_pull(sync: &Repository, id: &str, progress: &PullProgress, seen: SeenTokens) {
    let put = sync
        .put_pull(&platform_id(id), progress.clone(), seen)
        .await;
    put.unwrap();
}

async fn assert_push(sync: &Repository, id: &str, expected: Option<&PushProgress>) {
    let found = sync.find_push(&platform_id(id)).await.unwrap();
    assert_same(&found.as_ref(), &expected);
}

async fn assert_pull(sync: &Repository, id: &str, expected: Option<&PullProgress>) {
    let found = sync.find_pull(&platform_id(id)).await.unwrap();
    assert_same(&found.as_ref(), &expected);
}

async fn assert_seen(sync: &Repository, id: &str, expected: &[u64]) {
    let seen = sync.list_seen(&platform_id(id)).await.unwrap();
    assert!(seen == expected, "{} of {}", seen.len(), expected.len());
}

async fn assert_nothing(sync: &Repository, id: &str) {
    assert_push(sync, id, None).await;
    assert_pull(sync, id, None).await;
    assert_seen(sync, id, &[]).await;
}

fn behind(uid: &str, token_type: &TokenType, reason: &str) -> BehindToken {
    BehindToken {
        key: key(other(), uid, token_type),
        attempts: u32::MAX,
        next_at: after_ms(1),
        reason: reason.to_owned(),
    }
}

/// Progress that between them says everything.
fn various_pushes() -> Vec<PushProgress> {
    let bare = PushProgress {
        connected_at: DateTime::UNIX_EPOCH,
        scope: String::new(),
        through: Revision(0),
        behind: Vec::new(),
        taken_at: None,
    };
    let mut full = PushProgress {
        connected_at: after_ms(-1),
        scope: "2.3.0 \"CH/ABC\" é".to_owned(),
        through: Revision(i64::MAX.unsigned_abs()),
        behind: vec![
            behind("card-1", &TokenType::Rfid, ""),
            behind(
                "cARD \"1'",
                &kind("Fleet é"),
                "Öko \"AG\"; said: it's\n<html>",
            ),
            BehindToken {
                key: key(own(), "card-1", &TokenType::Emaid),
                attempts: 0,
                next_at: DateTime::MAX,
                reason: "no".repeat(2000),
            },
        ],
        taken_at: Some(after_ms(7)),
    };
    let types = types_apart();
    let many = types.iter().zip(numbered("U", types.len()));
    full.behind
        .extend(many.map(|(token_type, uid)| behind(&uid, token_type, "again")));
    let mut taken = bare.clone();
    taken.taken_at = Some(DateTime::UNIX_EPOCH);
    vec![bare, full, taken]
}

fn full_crawl() -> Crawl {
    Crawl {
        began_at: after_ms(3),
        began_after: Revision(u64::MAX),
        window: DateWindow {
            from: Some(DateTime::UNIX_EPOCH),
            to: Some(DateTime::MAX),
        },
        next: Some(
            "HTTPS://Peer.Example:443/T?offset=2&x=%20'"
                .parse()
                .unwrap(),
        ),
        total: Some(u64::MAX),
        pages: 1 << 40,
        seen: 2 << 40,
        changed: 3 << 40,
        left_out: 4 << 40,
        left_out_reason: Some("`uid` must be \"a\" 'text'\n".to_owned()),
    }
}

/// Progress that between them says everything.
fn various_pulls() -> Vec<PullProgress> {
    let bare_crawl = Crawl {
        window: DateWindow::default(),
        next: None,
        total: None,
        pages: 0,
        seen: 0,
        changed: 0,
        left_out: 0,
        left_out_reason: None,
        ..full_crawl()
    };
    let half_open = DateWindow {
        from: Some(after_ms(1)),
        to: None,
    };
    let crawls = [
        None,
        Some(full_crawl()),
        Some(bare_crawl.clone()),
        Some(Crawl {
            window: half_open,
            ..bare_crawl
        }),
    ];
    let moments = [None, Some(after_ms(5)), Some(DateTime::MAX)];
    let progress = |(place, crawl): (usize, Option<Crawl>)| PullProgress {
        connected_at: [DateTime::UNIX_EPOCH, after_ms(-7)][place % 2],
        scope: ["", "2.1.1 NL/EMS"][place % 2].to_owned(),
        pulled_to: moments[place % 3],
        all_pulled_at: moments[(place + 1) % 3],
        crawl,
    };
    crawls.into_iter().enumerate().map(progress).collect()
}

/// Promise 1: what was never put is absent.
///
/// Holds: T-98.
pub async fn absent_progress_is_none<H: Harness>() {
    let store = with_platforms::<H>().await;
    let sync = store.sync();
    for id in ["peer", "Peer", "nobody"] {
        assert_nothing(&sync, id).await;
    }
    // One says nothing of the others.
    put_push(&sync, "peer", &various_pushes()[1]).await;
    put_pull(&sync, "Peer", &various_pulls()[1], SeenTokens::Add(vec![7])).await;
    assert_pull(&sync, "peer", None).await;
    assert_seen(&sync, "peer", &[]).await;
    assert_push(&sync, "Peer", None).await;
    assert_nothing(&sync, "peer.").await;
}

/// Promise 2: progress reads back as it was put last, of each platform its own, push and pull
/// apart.
///
/// Holds: T-98, P-15.
pub async fn progress_reads_back_as_it_was_put_last<H: Harness>() {
    let store = with_platforms::<H>().await;
    let (sync, pushes, pulls) = (store.sync(), various_pushes(), various_pulls());
    let of = |step: usize, place: usize| {
        let place = step + place;
        (&pushes[place % pushes.len()], &pulls[place % pulls.len()])
    };
    for step in 0..12 {
        for (place, id) in IDS.into_iter().enumerate() {
            let (push, pull) = of(step, place);
            put_push(&sync, id, push).await;
            put_pull(&sync, id, pull, SeenTokens::Keep).await;
        }
        // A platform that is changed keeps what is known of it.
        replace(&store.platforms(), &platform(IDS[step % 3], &[])).await;
        for (place, id) in IDS.into_iter().enumerate() {
            let (push, pull) = of(step, place);
            assert_push(&sync, id, Some(push)).await;
            assert_pull(&sync, id, Some(pull)).await;
        }
    }
}

/// Promise 3: what a crawl has seen is kept in the order of adding, added to and forgotten
/// together with the progress.
///
/// Holds: P-18.
pub async fn seen_tokens_are_kept_with_the_progress<H: Harness>() {
    let store = with_platforms::<H>().await;
    let (sync, pulls) = (store.sync(), various_pulls());
    put_pull(&sync, "Peer", &pulls[0], SeenTokens::Add(vec![1])).await;
    let mut expected = Vec::new();
    for round in 0..2_u64 {
        let pieces = [vec![], vec![u64::MAX, 0, 5, 5], vec![1 << 63], vec![5]];
        // More in one piece, and more pieces, than fit one page of a file.
        let many = (0..40).map(|piece| (0..500).map(|it| (piece * 500 + it) ^ round).collect());
        for (step, piece) in pieces.into_iter().chain(many).enumerate() {
            let pull = &pulls[step % pulls.len()];
            expected.extend_from_slice(&piece);
            put_pull(&sync, "peer", pull, SeenTokens::Add(piece)).await;
            assert_pull(&sync, "peer", Some(pull)).await;
            put_pull(&sync, "peer", &pulls[1], SeenTokens::Keep).await;
            put_push(&sync, "peer", &various_pushes()[0]).await;
            if step % 8 == 0 {
                assert_seen(&sync, "peer", &expected).await;
            }
        }
        assert_seen(&sync, "peer", &expected).await;
        put_pull(&sync, "peer", &pulls[2], SeenTokens::Clear).await;
        assert_pull(&sync, "peer", Some(&pulls[2])).await;
        assert_seen(&sync, "peer", &[]).await;
        assert_seen(&sync, "Peer", &[1]).await;
        expected.clear();
    }
}

/// The promise of [`PlatformRepository`](crate::PlatformRepository): what is known of the exchange
/// of Tokens with a platform is deleted with it, and nothing is kept of one that is not there.
///
/// Holds: T-98.
pub async fn deleted_platform_leaves_no_progress<H: Harness>() {
    let store = with_platforms::<H>().await;
    let (sync, push, pull) = (store.sync(), &various_pushes()[1], &various_pulls()[1]);
    let seen = || SeenTokens::Add(vec![1, 2, 3]);
    for id in ["peer", "Peer"] {
        put_push(&sync, id, push).await;
        put_pull(&sync, id, pull, seen()).await;
    }
    assert!(delete(&store.platforms(), "peer").await);
    assert_nothing(&sync, "peer").await;
    // Who was at it does not bring anything back, neither now nor for another one of that id.
    put_push(&sync, "peer", push).await;
    put_pull(&sync, "peer", pull, seen()).await;
    assert_nothing(&sync, "peer").await;
    create(&store.platforms(), &platform("peer", &[])).await;
    assert_nothing(&sync, "peer").await;
    put_pull(&sync, "peer", pull, seen()).await;
    for id in ["peer", "Peer"] {
        assert_pull(&sync, id, Some(pull)).await;
        assert_seen(&sync, id, &[1, 2, 3]).await;
    }
    assert_push(&sync, "Peer", Some(push)).await;
}

/// Promise 4: what was put survives a restart of a durable store.
///
/// Holds: T-98.
pub async fn progress_survives_reopen<H: Harness>() {
    let store = with_platforms::<H>().await;
    let (sync, pushes, pulls) = (store.sync(), various_pushes(), various_pulls());
    put_push(&sync, "peer", &pushes[1]).await;
    put_pull(&sync, "peer", &pulls[1], SeenTokens::Add(vec![9, 1])).await;
    put_pull(&sync, "peer", &pulls[3], SeenTokens::Add(vec![9])).await;
    put_pull(&sync, "Peer", &pulls[1], SeenTokens::Add(vec![2])).await;
    put_pull(&sync, "Peer", &pulls[0], SeenTokens::Clear).await;
    drop(sync);

    let Some(store) = reopened(store).await else {
        return;
    };
    let sync = store.sync();
    assert_push(&sync, "peer", Some(&pushes[1])).await;
    assert_pull(&sync, "peer", Some(&pulls[3])).await;
    put_pull(&sync, "peer", &pulls[3], SeenTokens::Add(vec![0])).await;
    assert_seen(&sync, "peer", &[9, 1, 9, 0]).await;
    assert_push(&sync, "Peer", None).await;
    assert_pull(&sync, "Peer", Some(&pulls[0])).await;
    assert_seen(&sync, "Peer", &[]).await;
    assert_nothing(&sync, "peer.").await;
}
