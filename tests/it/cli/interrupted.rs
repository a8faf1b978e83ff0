//! `token import`, when it is interrupted: nothing that was acknowledged is sent again, and
//! nothing that was not is left out.

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::{asked, csv, done, run, server};
use crate::support::answer::PATIENCE;
use crate::support::program::{Directory, Program};

/// Lines that are sent to a server at once.
const CHUNK: usize = 1000;

/// The operator's end of a server that a test plays.
struct Played {
    listener: TcpListener,
    url: String,
}

/// A part of an import, to be acknowledged.
struct Part {
    lines: Vec<String>,
    stream: TcpStream,
}

impl Played {
    async fn start() -> Played {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        Played { listener, url }
    }

    /// The next part, received whole.
    async fn part(&self) -> Part {
        let accepted = timeout(PATIENCE, self.listener.accept()).await;
        let (mut stream, _) = accepted.expect("in time").expect("a connection");
        let mut received = Vec::new();
        loop {
            let text = String::from_utf8_lossy(&received).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                assert!(head.starts_with("POST /admin/v1/tokens/import "), "{head}");
                let head = head.to_ascii_lowercase();
                assert!(head.contains("authorization: bearer admin"), "{head}");
                let (_, length) = head.split_once("content-length: ").expect("a length");
                let length = length.lines().next().expect("a line");
                if body.len() == length.parse::<usize>().expect("a number") {
                    let lines = body.lines().map(str::to_owned).collect();
                    return Part { lines, stream };
                }
            }
            let read = stream
                .read_buf(&mut received)
                .await
                .expect("it can be read");
            assert!(read > 0, "the request is complete");
        }
    }
}

impl Part {
    fn first(&self) -> &str {
        self.lines.first().expect("a part has lines")
    }

    async fn acknowledge(mut self) {
        let count = self.lines.len();
        let body = json!({
            "lines": count, "created": count, "updated": 0, "unchanged": 0, "refused": 0,
            "refusals": [],
        });
        let body = body.to_string();
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream
            .write_all(answer.as_bytes())
            .await
            .expect("it is read");
    }
}

/// A file of three parts, and the command that imports it.
struct Import {
    directory: Directory,
    played: Played,
}

impl Import {
    async fn new(name: &str) -> Import {
        let directory = Directory::new(name);
        let uids: Vec<String> = (0..3 * CHUNK).map(|number| format!("T{number}")).collect();
        let uids: Vec<&str> = uids.iter().map(String::as_str).collect();
        directory.write("tokens.csv", &csv(&uids));
        let played = Played::start().await;
        Import { directory, played }
    }

    fn start(&self, more: &[&str]) -> Program {
        let import = [
            "token",
            "import",
            "tokens.csv",
            "--admin-url",
            &self.played.url,
        ];
        Program::start_in(&self.directory, &[&import, more].concat(), &[])
    }

    fn has_state(&self) -> bool {
        let state = self.directory.path().join("tokens.csv.import-state");
        state.exists()
    }
}

fn names(part: &Part, number: usize) -> bool {
    part.first().contains(&format!("\"T{number}\""))
}

/// Beyond the protocol: killed while a part was not acknowledged, an import goes on with it.
#[tokio::test]
async fn a_killed_import_goes_on_after_what_was_acknowledged() {
    let import = Import::new("import-killed").await;
    let program = import.start(&[]);
    import.played.part().await.acknowledge().await;
    let second = import.played.part().await;
    assert!(names(&second, CHUNK), "{}", second.first());
    program.signal("KILL").await;
    program.end().await;
    let program = import.start(&[]);
    for number in [CHUNK, 2 * CHUNK] {
        let part = import.played.part().await;
        assert!(names(&part, number), "{number}: {}", part.first());
        part.acknowledge().await;
    }
    let ended = program.end().await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("3,000 created"), "{}", ended.stdout);
    assert!(!import.has_state(), "nothing is left to be done");
}

/// Beyond the protocol: Ctrl-C waits for the part in flight, and says how to go on.
#[tokio::test]
async fn an_import_that_is_told_to_stop_says_how_to_go_on() {
    let import = Import::new("import-stopped").await;
    let mut program = import.start(&[]);
    let first = import.played.part().await;
    program.signal("INT").await;
    program.logs("stopping").await;
    first.acknowledge().await;
    let ended = program.end().await;
    assert_eq!(ended.code, Some(4), "{}", ended.stderr);
    assert!(ended.stdout.contains("1,000 created"), "{}", ended.stdout);
    assert!(
        ended.stderr.contains("stopped after line 1001"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("--restart"), "{}", ended.stderr);
    assert!(import.has_state());
    // Told to begin anew, it does.
    let mut program = import.start(&["--restart"]);
    let first = import.played.part().await;
    assert!(names(&first, 0), "{}", first.first());
    program.signal("INT").await;
    program.logs("stopping").await;
    program.signal("INT").await;
    assert_eq!(
        program.end().await.code,
        Some(130),
        "who signals twice does not wait"
    );
}

/// Beyond the protocol: another file, or another store, is not gone on with.
#[tokio::test]
async fn an_import_goes_on_only_when_file_and_store_are_the_same() {
    let import = Import::new("import-changed").await;
    let mut program = import.start(&[]);
    let first = import.played.part().await;
    program.signal("INT").await;
    program.logs("stopping").await;
    first.acknowledge().await;
    program.end().await;
    let elsewhere = run(&import.directory, &["token", "import", "tokens.csv"]).await;
    assert_eq!(elsewhere.code, Some(1), "{}", elsewhere.stderr);
    assert!(
        elsewhere.stderr.contains("another store"),
        "{}",
        elsewhere.stderr
    );
    import.directory.write("tokens.csv", &csv(&["T"]));
    let changed = import.start(&[]).end().await;
    assert_eq!(changed.code, Some(1), "{}", changed.stderr);
    for said in [
        "import-state",
        "line 1001",
        "the file was changed",
        "--restart",
    ] {
        assert!(changed.stderr.contains(said), "{said}: {}", changed.stderr);
    }
}

/// Beyond the protocol: a server that ends meanwhile costs nothing but time; what it held is
/// imported by the command itself.
#[tokio::test]
async fn an_import_begun_through_a_server_ends_without_it() {
    let directory = Directory::new("import-handover");
    let uids: Vec<String> = (0..2 * CHUNK).map(|number| format!("T{number}")).collect();
    let uids: Vec<&str> = uids.iter().map(String::as_str).collect();
    directory.write("tokens.csv", &csv(&uids));
    let program = server(&directory, true).await.expect("it runs");
    let import = Program::start_in(&directory, &["token", "import", "tokens.csv"], &[]);
    program.signal("KILL").await;
    program.end().await;
    let ended = import.end().await;
    // It may have been done before, or have found nobody at all.
    assert!(
        matches!(ended.code, Some(0 | 6)),
        "{:?}: {}",
        ended.code,
        ended.stderr
    );
    done(&directory, &["token", "import", "tokens.csv"]).await;
    done(&directory, &["token", "export", "all.jsonl"]).await;
    let all = std::fs::read_to_string(directory.path().join("all.jsonl")).expect("it is there");
    assert_eq!(all.lines().count(), 2 * CHUNK);
    let again = asked(&directory, &["token", "import", "tokens.csv"]).await;
    assert_eq!(again["unchanged"], 2 * CHUNK);
}
