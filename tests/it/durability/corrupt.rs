//! Files that are not the store, or not all of it any more.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::durable::{Server, StoreFile};
use crate::support::token::{card, copy, question, with};

/// Bytes of a page of the store.
const PAGE_BYTES: usize = 4096;

/// Tokens of the store; every second one is not valid.
const TOKENS: usize = 400;

fn uid(number: usize) -> String {
    format!("TOKEN-{number}")
}

fn is_valid(number: usize) -> bool {
    number.is_multiple_of(2)
}

fn token(number: usize) -> Value {
    // Some are so long that they do not fit on one page.
    let longer = if number.is_multiple_of(50) { 6000 } else { 60 };
    let changes = json!({"valid": is_valid(number), "note": "x".repeat(longer)});
    with(card(&uid(number)), &changes)
}

/// A store with Tokens, accounts and records, closed in order.
async fn filled(name: &str) -> StoreFile {
    let file = StoreFile::new(name);
    let server = file.serve().await;
    for number in 0..TOKENS {
        let put = server
            .call("PUT", &copy(&uid(number)), Some(&token(number)))
            .await;
        assert_eq!(put.codes(), (201, 1000), "{}", put.message());
    }
    for number in 0..TOKENS / 2 {
        let answer = server.call("POST", &question(&uid(number)), None).await;
        assert_eq!(answer.codes(), (200, 1000), "{}", answer.message());
    }
    assert_eq!(server.stop().await.code, Some(0));
    file
}

/// The program must refuse to start on this store, name it, say this, and leave it alone.
async fn assert_refused(file: &StoreFile, says: &str, case: &str) {
    let before = fs::read(file.path()).expect("it is there");
    let ended = file.program().end().await;
    assert_eq!(ended.code, Some(1), "{case}: {}", ended.stderr);
    for said in [&*file.name(), says] {
        let stderr = &ended.stderr;
        assert!(stderr.contains(said), "{case}: no `{said}` in: {stderr}");
    }
    assert!(
        !ended.stderr.contains("panicked"),
        "{case}: {}",
        ended.stderr
    );
    let after = fs::read(file.path()).expect("it is there");
    assert!(before == after, "{case}: the file was changed");
}

/// What happened to a file, and what the refusal says of the way out.
type Damage = (&'static str, fn(&mut Vec<u8>), &'static str);

const DAMAGES: [Damage; 7] = [
    (
        "a header of other bytes",
        |bytes| bytes[..100].fill(0xA5),
        "restore",
    ),
    ("a header of zeros", |bytes| bytes[..100].fill(0), "restore"),
    (
        "half of the file",
        |bytes| bytes.truncate(bytes.len() / 2 / PAGE_BYTES * PAGE_BYTES),
        "restore",
    ),
    (
        "half of a page missing",
        |bytes| bytes.truncate(bytes.len() - PAGE_BYTES / 2),
        "restore",
    ),
    (
        "a text",
        |bytes| *bytes = b"country_code,party_id,uid\n".repeat(500),
        "restore",
    ),
    (
        "the first page alone",
        |bytes| bytes.truncate(PAGE_BYTES),
        "restore",
    ),
    (
        // `PRAGMA user_version` is here.
        "a newer schema",
        |bytes| bytes[60..64].copy_from_slice(&1_000_000_u32.to_be_bytes()),
        "newer release",
    ),
];

/// Beyond the protocol: a store that is not whole is refused with a way out, and left as it is, so
/// that what can be saved is still there.
#[tokio::test]
async fn a_damaged_file_is_refused_with_a_way_out_and_left_alone() {
    let file = filled("damaged").await;
    let good = fs::read(file.path()).expect("it is there");
    for (case, damage, says) in DAMAGES {
        let mut bytes = good.clone();
        damage(&mut bytes);
        fs::write(file.path(), bytes).expect("it can be written");
        assert_refused(&file, says, case).await;
    }
    fs::write(file.path(), good).expect("it can be written");
    let server = file.serve().await;
    assert_eq!(server.tokens().await.len(), TOKENS);
}

/// Beyond the protocol: the database of another program is not filled with tables of ours.
#[tokio::test]
async fn the_database_of_another_program_is_refused() {
    for (case, statements) in [
        ("with a table", "CREATE TABLE notes (text TEXT)"),
        (
            "with a number of its own",
            "CREATE TABLE notes (text TEXT); PRAGMA user_version = 1",
        ),
        (
            "with tables of our names",
            "CREATE TABLE tokens (text TEXT); PRAGMA user_version = 1",
        ),
        (
            "that says so",
            "CREATE TABLE notes (text TEXT); PRAGMA application_id = 7",
        ),
    ] {
        let file = StoreFile::new("foreign");
        let db = Connection::open(file.path()).expect("SQLite makes it");
        db.execute_batch(statements).expect("SQLite makes it");
        drop(db);
        assert_refused(&file, "another program", case).await;
    }
}

/// Beyond the protocol: with another secret key no platform would be known and no record be
/// verifiable, and new ones would be mixed with the old.
#[tokio::test]
async fn a_store_made_with_another_secret_key_is_refused() {
    let file = filled("another-key").await;
    let config = file.path().with_file_name("ocpi.toml");
    let text = fs::read_to_string(&config).expect("it is there");
    let other = text.replace("AAECAwQFBgcICQoL", "AAECAwQFBgcICQoM");
    assert_ne!(text, other);
    fs::write(&config, other).expect("it can be written");
    assert_refused(&file, "secret key", "another key").await;
    fs::write(&config, text).expect("it can be written");
    let server = file.serve().await;
    assert_eq!(server.tokens().await.len(), TOKENS);
}

/// What a server on a store with a damaged page may say: what is right, or that it cannot.
async fn assert_never_wrong(server: &Server, case: &str) -> usize {
    let mut failed = 0;
    for number in (0..TOKENS).step_by(7) {
        let answer = server.call("POST", &question(&uid(number)), None).await;
        match answer.codes() {
            (200, 1000) => {
                let right = if is_valid(number) {
                    "ALLOWED"
                } else {
                    "BLOCKED"
                };
                assert_eq!(answer.data()["allowed"], right, "{case}: {number}");
            }
            (200, 3000) => failed += 1,
            codes => panic!("{case}: {number}: {codes:?} {}", answer.message()),
        }
        let shown = server.call("GET", &copy(&uid(number)), None).await;
        match shown.codes() {
            (200, 1000) => assert_eq!(shown.data(), token(number), "{case}"),
            (200, 3000) => failed += 1,
            codes => panic!("{case}: {number}: {codes:?} {}", shown.message()),
        }
    }
    let unknown = server.call("POST", &question("UNKNOWN"), None).await;
    let codes = unknown.codes();
    assert!(
        codes == (404, 2004) || codes == (200, 3000),
        "{case}: {codes:?}"
    );
    failed += usize::from(codes.1 == 3000);

    let list = format!("{}?limit={TOKENS}", crate::support::token::SENDER);
    let list = server.call("GET", &list, None).await;
    match list.codes() {
        (200, 1000) => assert_eq!(
            list.data(),
            (0..TOKENS).map(token).collect::<Value>(),
            "{case}: the list"
        ),
        (200, 3000) => failed += 1,
        codes => panic!("{case}: the list: {codes:?} {}", list.message()),
    }
    let verified = server.ask("/admin/v1/audit/verify").await;
    match verified.status {
        200 => failed += usize::from(!verified.json()["fault"].is_null()),
        500 | 503 => failed += 1,
        status => panic!("{case}: verify: {status} {}", verified.json()),
    }
    failed
}

/// Holds: E-33. A page that is damaged where a start does not look leads to errors, never to a wrong
/// answer, least of all to an ALLOWED.
#[tokio::test]
async fn a_damaged_page_leads_to_errors_and_never_to_a_wrong_answer() {
    let file = filled("damaged-page").await;
    let good = fs::read(file.path()).expect("it is there");
    let pages = good.len() / PAGE_BYTES;
    assert!(pages > 50, "{pages} pages");
    let (mut refused, mut failed) = (0, 0);
    for (number, page) in (1..pages).step_by(pages / 25).enumerate() {
        let case = format!("page {} of {pages}", page + 1);
        let mut bytes = good.clone();
        let filler = if number.is_multiple_of(2) { 0 } else { 0xA5 };
        bytes[page * PAGE_BYTES..][..PAGE_BYTES].fill(filler);
        fs::write(file.path(), bytes).expect("it can be written");
        let mut program = file.program();
        if program.listens().await {
            let server = Server::of(program).await;
            failed += usize::from(assert_never_wrong(&server, &case).await > 0);
            let ended = server.stop().await;
            assert_eq!(ended.code, Some(0), "{case}: {}", ended.stderr);
            assert!(
                !ended.stderr.contains("panicked"),
                "{case}: {}",
                ended.stderr
            );
        } else {
            let ended = program.end().await;
            refused += 1;
            assert_eq!(ended.code, Some(1), "{case}: {}", ended.stderr);
            assert!(
                ended.stderr.contains(&file.name()),
                "{case}: {}",
                ended.stderr
            );
            assert!(
                !ended.stderr.contains("panicked"),
                "{case}: {}",
                ended.stderr
            );
        }
        remove_log(&file);
    }
    assert!(refused + failed > 10, "{refused} refused, {failed} failed");
}

fn remove_log(file: &StoreFile) {
    for ending in ["-wal", "-shm"] {
        remove(&file.beside(ending));
    }
}

fn remove(path: &Path) {
    if path.exists() {
        fs::remove_file(path).expect("it can be removed");
    }
}
