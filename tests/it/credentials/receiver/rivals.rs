//! Many at once: C-24.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ocpi_domain::CredentialsUse;
use serde_json::json;
use tokio::sync::Semaphore;

use crate::credentials::stage::{PEER, Stage, endpoint, given};
use crate::support::answer::assert_refused;
use crate::support::http::{Request, Response};
use crate::support::pair::id;
use crate::support::peer::ByTheBook;
use crate::support::token::all_at_once;
use crate::support::world::presented;

const RIVALS: usize = 24;

/// As many requests of one platform are called back for at once; the others wait for their turn.
const AT_ONCE: usize = 4;

/// Sends these at once; none goes on before so many of them were called back for the list.
async fn together(
    stage: &Stage,
    requests: &[Request],
    tokens: Vec<String>,
    at_once: usize,
) -> Vec<Response> {
    let (arrived, open) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
    let mut book = ByTheBook::of(&stage.peer, "nobody");
    book.knows = tokens;
    stage.peer.does(move |asked| {
        let (arrived, open) = (Arc::clone(&arrived), Arc::clone(&open));
        let reply = book.answer(&asked);
        async move {
            if asked.target == "/ocpi/versions" {
                if arrived.fetch_add(1, Ordering::SeqCst) + 1 == at_once {
                    open.close();
                }
                // Closed is open: nobody waits any more.
                let _ = open.acquire().await;
            }
            reply
        }
    });
    all_at_once(&stage.world, requests).await
}

/// Holds: C-24, C-02, T-49.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_posts_with_one_token_one_registers_and_the_others_are_405() {
    let stage = Stage::new().await;
    let token = |number: usize| format!("their.token~{number}");
    let requests: Vec<Request> = (0..RIVALS)
        .map(|number| {
            let body = stage.credentials("2.3.0", &json!({"token": token(number)}));
            Request::new("POST", &endpoint("2.3.0"))
                .token(&stage.bootstrap)
                .json(&body)
        })
        .collect();
    let answers = together(&stage, &requests, (0..RIVALS).map(token).collect(), AT_ONCE).await;
    let (mut winners, mut losers) = (Vec::new(), 0);
    for (number, answer) in answers.iter().enumerate() {
        match answer.status {
            200 => winners.push((number, given(answer))),
            // The token was spent before anybody asked whose it is.
            401 => assert_refused(answer, (401, 2000), &number),
            _ => {
                assert_refused(answer, (405, 2000), &number);
                losers += 1;
            }
        }
    }
    assert!(losers >= AT_ONCE - 1, "{losers}");
    let [(number, ours)] = winners.as_slice() else {
        panic!("{} won", winners.len());
    };
    assert_eq!(stage.ours().await, Some(token(*number)));
    let live = presented(ours, CredentialsUse::Live);
    assert_eq!(stage.stored().await.tokens, [live]);
}

/// Holds: C-24, C-06, C-08.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_rotations_at_once_the_pair_that_stays_is_one_of_one_answer() {
    let stage = Stage::new().await;
    let live = stage.register("2.3.0").await;
    let token = |number: usize| format!("their.token~{number}");
    let requests: Vec<Request> = (0..RIVALS)
        .map(|number| {
            let body = stage.credentials("2.3.0", &json!({"token": token(number)}));
            Request::new("PUT", &endpoint("2.3.0"))
                .token(&live)
                .json(&body)
        })
        .collect();
    let answers = together(&stage, &requests, (0..RIVALS).map(token).collect(), AT_ONCE).await;
    let ours = stage.ours().await;
    let mut is_of_the_pair = Vec::new();
    for (number, answer) in answers.iter().enumerate() {
        match answer.status {
            200 => {
                let given = given(answer);
                let live = presented(&given, CredentialsUse::Live);
                if stage.stored().await.tokens.contains(&live) {
                    is_of_the_pair.push(number);
                }
            }
            // The token was replaced so often meanwhile that its grace is over.
            401 => assert_refused(answer, (401, 2000), &number),
            405 => assert_refused(answer, (405, 2000), &number),
            status => panic!("{number}: {status} {}", answer.message()),
        }
    }
    let [number] = is_of_the_pair.as_slice() else {
        panic!("{is_of_the_pair:?} are live");
    };
    assert_eq!(ours, Some(token(*number)), "both are of one exchange");
    // Whoever rotates without end gathers no end of tokens.
    assert!(stage.stored().await.tokens.len() <= 4);
}

/// Holds: C-24, C-20.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_platforms_that_register_one_party_one_gets_it() {
    let stage = Stage::new().await;
    let mut requests = Vec::new();
    for number in 0..8 {
        let name = id(&format!("{PEER}-{number}"));
        let row = ocpi_domain::Platform::new(name.clone());
        stage.world.know(row).await;
        let bootstrap = crate::credentials::stage::issue(&stage.world, &name).await;
        let body = stage.credentials("2.3.0", &json!({"token": "their.token"}));
        requests.push(
            Request::new("POST", &endpoint("2.3.0"))
                .token(&bootstrap)
                .json(&body),
        );
    }
    let answers = together(
        &stage,
        &requests,
        vec!["their.token".to_owned()],
        requests.len(),
    )
    .await;
    let registered = answers.iter().filter(|it| it.codes() == (200, 1000));
    assert_eq!(registered.count(), 1);
    for answer in answers.iter().filter(|it| it.codes() != (200, 1000)) {
        assert_refused(answer, (200, 2001), &"the party is taken");
    }
}
