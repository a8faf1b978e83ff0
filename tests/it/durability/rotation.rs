//! A rotation that SIGKILL breaks off: the pair works, or its operator has a way out.

use std::sync::{Arc, Mutex};

use serde_json::json;
use tokio::sync::Semaphore;

use crate::support::configured::Configured;
use crate::support::peer::{ByTheBook, Peer, Reply};

const VERSIONS: &str = "/ocpi/versions";
const MODULE: &str = "/ocpi/cpo/2.3.0/tokens/DE/TNM/X";

/// The other side: it answers a POST and a PUT with a token of its own, and waits before it
/// answers a PUT, when it is told to.
struct Other {
    peer: Peer,
    /// What we offered it last.
    offered: Arc<Mutex<String>>,
    /// A PUT has come.
    arrived: Arc<Semaphore>,
}

/// What it does with a PUT.
#[derive(Clone, Copy)]
enum Put {
    /// It takes what was offered, and its answer is on the way for ever.
    Hangs,
    /// It takes what was offered.
    IsAnswered,
}

impl Other {
    async fn start() -> Other {
        let other = Other {
            peer: Peer::start().await,
            offered: Arc::default(),
            arrived: Arc::new(Semaphore::new(0)),
        };
        other.does(Put::IsAnswered);
        other
    }

    fn does(&self, put: Put) {
        let mut book = ByTheBook::of(&self.peer, "their.first");
        book.knows.push("their.next".to_owned());
        let role = json!({
            "role": "EMSP",
            "business_details": {"name": "The other side"},
            "country_code": "DE",
            "party_id": "TNM",
        });
        let url = self.peer.versions_url();
        book.credentials = Some(json!({"token": "their.next", "url": url, "roles": [role]}));
        let (offered, arrived) = (Arc::clone(&self.offered), Arc::clone(&self.arrived));
        self.peer.does(move |asked| {
            let (book, offered) = (book.clone(), Arc::clone(&offered));
            let arrived = Arc::clone(&arrived);
            async move {
                if matches!(&*asked.method, "POST" | "PUT") {
                    let token = asked.json()["token"].as_str().map(str::to_owned);
                    *offered.lock().unwrap() = token.expect("a token");
                }
                if asked.method == "PUT" {
                    arrived.add_permits(1);
                    if matches!(put, Put::Hangs) {
                        std::future::pending::<Reply>().await;
                    }
                }
                book.answer(&asked)
            }
        });
    }

    fn offered(&self) -> String {
        self.offered.lock().unwrap().clone()
    }
}

/// Holds: C-09, C-10, C-25.
#[tokio::test]
async fn a_rotation_that_is_killed_leaves_tokens_that_work_and_is_made_good_by_another() {
    let other = Other::start().await;
    let server = Configured::plain("killed-rotation", "ABC", "");
    let program = server.serve().await;
    server.directory.write("token-a", "their.first");
    let url = other.peer.versions_url();
    let register = ["platform", "register", "peer", "--versions-url", &url];
    let register = [&register[..], &["--token-file", "token-a"]].concat();
    server.done(&register).await;
    let first = other.offered();
    assert!(server.admits(MODULE, &first).await);

    other.does(Put::Hangs);
    let rotating = server.start(
        &["platform", "rotate", "peer"],
        crate::support::configured::KEY,
    );
    other.arrived.acquire().await.expect("it comes").forget();
    let second = other.offered();
    assert_ne!(first, second);
    program.kill().await;
    let told = rotating.end().await;
    assert_ne!(told.code, Some(0), "nobody knows what became of it");

    // Whichever of the two the other side has, it gets in.
    let program = server.serve().await;
    for token in [&first, &second, &first] {
        assert!(server.admits(VERSIONS, token).await);
        assert!(server.admits(MODULE, token).await);
    }
    let shown = server.asked(&["platform", "show", "peer"]).await;
    assert_eq!(shown["registered"], true, "{shown}");
    let uses: Vec<&serde_json::Value> = shown["tokens"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|token| &token["use"])
        .collect();
    assert!(uses.contains(&&json!("live")) && uses.contains(&&json!("offered")));
    // The way out is to do it again.
    other.does(Put::IsAnswered);
    server.done(&["platform", "rotate", "peer"]).await;
    let third = other.offered();
    assert!(server.admits(MODULE, &third).await);
    for token in [&first, &second] {
        assert!(!server.admits(MODULE, token).await, "the new one was used");
    }
    assert_eq!(program.terminate().await.code, Some(0));
}

/// Holds: C-02, C-03, C-10.
#[tokio::test]
async fn a_registration_that_is_killed_leaves_a_platform_that_is_not_registered() {
    let other = Other::start().await;
    let server = Configured::plain("killed-registration", "ABC", "");
    let program = server.serve().await;
    let (told, arrived) = (Arc::clone(&other.offered), Arc::clone(&other.arrived));
    let book = ByTheBook::of(&other.peer, "their.first");
    other.peer.does(move |asked| {
        let (told, arrived, book) = (Arc::clone(&told), Arc::clone(&arrived), book.clone());
        async move {
            if asked.method == "POST" {
                let token = asked.json()["token"].as_str().map(str::to_owned);
                *told.lock().unwrap() = token.expect("a token");
                arrived.add_permits(1);
                std::future::pending::<Reply>().await;
            }
            book.answer(&asked)
        }
    });
    server.directory.write("token-a", "their.first");
    let url = other.peer.versions_url();
    let register = ["platform", "register", "peer", "--versions-url", &url];
    let register = [&register[..], &["--token-file", "token-a"]].concat();
    let registering = server.start(&register, crate::support::configured::KEY);
    other.arrived.acquire().await.expect("it comes").forget();
    program.kill().await;
    registering.end().await;

    let _program = server.serve().await;
    let shown = server.asked(&["platform", "show", "peer"]).await;
    assert_eq!(shown["registered"], false, "{shown}");
    assert_eq!(shown["connection"], json!(null), "{shown}");
    let offered = other.offered();
    assert!(!server.admits(MODULE, &offered).await, "no module for it");
    // And it can be done again.
    other.does(Put::IsAnswered);
    server.done(&register).await;
    assert!(!server.admits(VERSIONS, &offered).await);
    assert!(server.admits(MODULE, &other.offered()).await);
}
