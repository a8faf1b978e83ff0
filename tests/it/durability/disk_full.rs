//! No room for another page.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tokio::process::Command;

use super::ledger::{Answer, Ledger};
use super::load::{Load, Plan};
use crate::support::durable::{Server, StoreFile, metric};
use crate::support::http::{Connection, Request, Response};
use crate::support::program::{Directory, executable};
use crate::support::token::{SENDER, card, copy, question};
use crate::support::world::TOKEN;

/// Clients that go on until nothing fits any more.
const FILLING: Plan = Plan {
    clients: 4,
    refusals_max: 20,
    note_bytes: 2000,
};

/// Questions that are asked while there is no room.
const QUESTIONS: usize = 10;

/// What keeps the store from growing.
enum Room {
    /// The most bytes of a file, for this process; a write beyond them fails by EFBIG.
    FileSize,
    /// A small file system; a write beyond it fails by ENOSPC.
    Disk(Mount),
}

/// A small file system in memory, mounted as long as the value lives.
struct Mount(PathBuf);

impl Mount {
    /// `None` when this user may not mount.
    async fn new(folder: &Path) -> Option<Mount> {
        let mount = Mount(folder.to_owned());
        run(&format!(
            "mount -t tmpfs -o size=3m tmpfs '{}'",
            folder.display()
        ))
        .await
        .then_some(mount)
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // Lazily: a server that a failed test left may hold files in it.
        let _ = std::process::Command::new("umount")
            .arg("-l")
            .arg(&self.0)
            .stderr(std::process::Stdio::null())
            .status();
    }
}

/// Whether a command of the shell succeeds.
async fn run(command: &str) -> bool {
    let output = Command::new("sh").args(["-c", command]).output().await;
    output.expect("a shell runs").status.success()
}

impl Room {
    /// A server that has hardly any.
    async fn serve(&self, file: &StoreFile) -> Server {
        match self {
            Room::FileSize => {
                // A shell that ignores the signal of a file that is too long hands that on to what
                // it becomes. The unit is 512 bytes, as POSIX says.
                let limit = r#"trap "" XFSZ; ulimit -S -f 3072; exec "$@""#;
                let starter = ["sh", "-c", limit, "sh"];
                Server::of(file.program_by(&starter, executable())).await
            }
            Room::Disk(_) => file.serve().await,
        }
    }

    /// Gives the running server more.
    async fn enlarge(&self, server: &Server) {
        let command = match self {
            Room::FileSize => format!("prlimit --pid {} --fsize=unlimited:", server.program.id()),
            Room::Disk(mount) => format!("mount -o remount,size=64m '{}'", mount.0.display()),
        };
        assert!(run(&command).await, "{command}");
    }
}

/// Fills the store until nothing can be written any more, not even a record.
async fn fill(server: &Server) -> Ledger {
    let load = Load::start(server, Ledger::default(), FILLING, 1).await;
    let mut ledger = load.end(&"without room").await;
    let tokens = ledger.tokens.len();
    assert!(tokens > 100, "{tokens} tokens are too many");
    let mut refusals = 0;
    while refusals < FILLING.refusals_max {
        let answer = ask(server, &mut ledger, "UNKNOWN").await;
        refusals = match answer.codes() {
            (200, 3000) => refusals + 1,
            codes => {
                assert_eq!(codes, (404, 2004));
                0
            }
        };
    }
    ledger
}

/// Asks whether a Token may charge, and notes the answer.
async fn ask(server: &Server, ledger: &mut Ledger, uid: &str) -> Response {
    let id = format!("question-{}", ledger.number());
    let request = Request::new("POST", &question(uid))
        .token(TOKEN)
        .header("X-Request-ID", &id);
    ledger.questions.insert(id.clone(), Answer::None);
    let response = Connection::open(server.ocpi).await.send(&request).await;
    if response.codes() == (200, 3000) {
        ledger.questions_refused += 1;
    } else {
        let allowed = match response.status {
            404 => Value::Null,
            _ => response.data()["allowed"].take(),
        };
        ledger.questions.insert(id, Answer::Given(allowed, None));
    }
    response
}

/// What a server without room still does, and what it does not.
async fn assert_careful(server: &Server, ledger: &mut Ledger) {
    // Nobody may charge without a record of it.
    let mut stored = ledger.tokens.values().filter(|kept| kept.is_certain());
    let kept = stored.find(|kept| kept.acknowledged["valid"] == true);
    let token = kept.expect("some Token is valid").acknowledged.clone();
    let uid = token["uid"].as_str().expect("a uid");
    for uid in [uid, "UNKNOWN"].into_iter().cycle().take(QUESTIONS) {
        let answer = ask(server, ledger, uid).await;
        assert_eq!(answer.codes(), (200, 3000), "{uid}");
        assert!(answer.data().is_null(), "{uid}: {}", answer.json());
    }
    let failures = metric(
        &server.metrics().await,
        "ocpi_authorization_record_failures_total",
    );
    let refused = u64::try_from(ledger.questions_refused).expect("a small number");
    assert_eq!(
        failures,
        Some(refused),
        "each that cannot be recorded counts"
    );
    ledger
        .tokens
        .entry("NEW".to_owned())
        .or_default()
        .begin(card("NEW"));
    let put = server.call("PUT", &copy("NEW"), Some(&card("NEW"))).await;
    assert_eq!(put.codes(), (200, 3000), "{}", put.message());

    let ready = server.ask("/health/ready").await;
    assert_eq!(ready.status, 503);
    let problem = ready.json();
    assert_eq!(problem["status"], 503, "{problem}");
    let detail = problem["detail"].as_str().expect("it says why");
    assert!(
        detail.contains("stor") || detail.contains("record"),
        "{problem}"
    );
    assert_eq!(server.ask("/health/live").await.status, 200);

    // Who only reads does not notice.
    let shown = server.call("GET", &copy(uid), None).await;
    assert_eq!((shown.codes(), shown.data()), ((200, 1000), token));
    let list = server.call("GET", SENDER, None).await;
    assert_eq!(list.codes(), (200, 1000));
    for target in ["/admin/v1/tokens", "/admin/v1/authorizations"] {
        assert_eq!(server.ask(target).await.status, 200, "{target}");
    }
}

/// Holds: E-33. When the store cannot grow, nothing acknowledged is lost, nobody may charge without
/// a record, the operator is told, and all goes on when there is room again: at once, or after a
/// start.
#[tokio::test]
async fn a_store_that_cannot_grow_refuses_and_loses_nothing() {
    let directory = Directory::new("small-disk");
    let mut rooms = vec![Room::FileSize];
    // Mounting is for root alone, a limit for everybody.
    rooms.extend(Mount::new(directory.path()).await.map(Room::Disk));
    for (number, room) in rooms.iter().enumerate() {
        let file = match room {
            Room::FileSize => StoreFile::new("file-too-large"),
            Room::Disk(mount) => StoreFile::within(&mount.0),
        };
        let server = room.serve(&file).await;
        let mut ledger = fill(&server).await;
        assert_careful(&server, &mut ledger).await;
        room.enlarge(&server).await;
        let answer = ask(&server, &mut ledger, "UNKNOWN").await;
        assert_eq!(answer.codes(), (404, 2004), "it works again");
        ledger
            .check(&server, &format_args!("more room {number}"))
            .await;
        let ended = server.stop().await;
        assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
        let server = file.serve().await;
        ledger
            .check(&server, &format_args!("a start {number}"))
            .await;
        server.stop().await;
    }
}

/// Holds: E-33. As above, but the server is killed while there is no room, and started again before
/// there is any: what is stored can still be read.
#[tokio::test]
async fn a_server_killed_without_room_has_lost_nothing_either() {
    let file = StoreFile::new("killed-without-room");
    let server = Room::FileSize.serve(&file).await;
    let mut ledger = fill(&server).await;
    assert_careful(&server, &mut ledger).await;
    server.kill().await;
    let server = Room::FileSize.serve(&file).await;
    ledger.questions_refused = 0;
    assert_careful(&server, &mut ledger).await;
    server.kill().await;
    let server = file.serve().await;
    ledger.check(&server, &"with more room").await;
    ledger.check_all(&server, &"with more room").await;
}
