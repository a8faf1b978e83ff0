//! `secret-key change`: the former key opens nothing any more, and nothing else is lost.

use serde_json::json;

use crate::support::configured::{Configured, KEY};
use crate::support::peer::{Asked, ByTheBook, Peer};

/// Other keys than [`KEY`].
const NEW: &str = "IB8eHRwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgE=";
const NEWEST: &str = "Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=";

/// The change of the key from one to another.
async fn change(server: &Configured, from: &str, to: &str) -> Option<i32> {
    let environment = [("OCPI_SECRET_KEY", from), ("OCPI_NEW_SECRET_KEY", to)];
    let changing = server.start_with(&["secret-key", "change"], &environment);
    let ended = changing.end().await;
    for key in [from, to] {
        assert!(!ended.stderr.contains(key), "{}", ended.stderr);
        assert!(!ended.stdout.contains(key), "{}", ended.stdout);
    }
    ended.code
}

/// A server that calls this platform, and is called by it.
fn server_of(name: &str, peer: &Peer) -> Configured {
    let platform = format!(
        r#"
[[platforms]]
id = "partner"
credentials_token = "partner-s3cret"
versions_url = "{}"
outbound_token = "their.token"
roles = [{{ role = "EMSP", country_code = "DE", party_id = "TNM" }}]
"#,
        peer.versions_url()
    );
    Configured::plain(name, "ABC", &platform)
}

/// With this key both sides of the connection are as they were.
async fn assert_whole(server: &Configured, peer: &Peer, key: &str) {
    let mut program = server.start(&[], key);
    program.addresses().await;
    let versions = "/ocpi/versions";
    assert!(server.admits(versions, "partner-s3cret").await, "the hash");
    assert!(!server.admits(versions, "another").await);
    peer.forget();
    let rotated = ["platform", "rotate", "partner"];
    let rotating = server.start(&rotated, key).end().await;
    // The platform refuses the PUT: what matters is what it was shown before.
    assert_eq!(rotating.code, Some(1), "{}", rotating.stderr);
    let asked = peer.asked();
    assert!(!asked.is_empty(), "{}", rotating.stderr);
    let presents = |asked: &Asked| asked.presents("their.token");
    assert!(asked.iter().all(presents), "{asked:?}");
    let ended = program.terminate().await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let report = server
        .start(&["audit", "verify", "--json"], key)
        .end()
        .await;
    assert_eq!(report.code, Some(0), "{}", report.stderr);
    let report: serde_json::Value = serde_json::from_str(&report.stdout).expect("JSON");
    assert_eq!(report["fault"], json!(null));
}

/// Holds: T-13.
#[tokio::test]
async fn after_a_change_the_new_key_has_all_and_the_former_one_nothing() {
    let peer = Peer::start().await;
    let book = ByTheBook::of(&peer, "their.token");
    peer.answers(move |asked| book.answer(asked));
    let server = server_of("secret-key", &peer);
    assert_whole(&server, &peer, KEY).await;
    for (from, to) in [(KEY, NEW), (NEW, NEWEST)] {
        assert_eq!(change(&server, from, to).await, Some(0));
        let refused = server.start(&[], from).end().await;
        assert_eq!(refused.code, Some(1), "{}", refused.stderr);
        assert!(refused.stderr.contains("secret"), "{}", refused.stderr);
        assert!(!refused.stderr.contains(from), "{}", refused.stderr);
        assert_whole(&server, &peer, to).await;
    }
}

/// Holds: T-13.
#[tokio::test]
async fn a_change_that_cannot_be_done_changes_nothing() {
    let peer = Peer::start().await;
    let book = ByTheBook::of(&peer, "their.token");
    peer.answers(move |asked| book.answer(asked));
    let server = server_of("secret-key-kept", &peer);
    assert_ne!(change(&server, KEY, NEW).await, Some(0), "no store yet");
    assert!(!server.directory.path().join("store.db").exists());
    let program = {
        let mut program = server.start(&[], KEY);
        program.addresses().await;
        program
    };
    let held = change(&server, KEY, NEW).await;
    assert_ne!(held, Some(0), "a server holds the store");
    assert_eq!(program.terminate().await.code, Some(0));
    for (from, to) in [(NEW, NEWEST), (KEY, KEY), (KEY, "short"), ("short", NEW)] {
        assert_ne!(change(&server, from, to).await, Some(0), "{from} {to}");
    }
    let environment = [("OCPI_SECRET_KEY", KEY)];
    let nothing = server.start_with(&["secret-key", "change"], &environment);
    let ended = nothing.end().await;
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("OCPI_NEW_SECRET_KEY"),
        "{}",
        ended.stderr
    );
    assert_whole(&server, &peer, KEY).await;
}
