//! A store in a file, servers on it, and what their operator asks them.

use std::ffi::{OsStr, OsString};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tokio::process::Command;

use super::http::{Connection, Request, Response};
use super::program::{Directory, Ended, Program, executable};
use super::token::SENDER;
use super::world::TOKEN;

const ADMIN_TOKEN: &str = "admin-s3cret";

/// The most items of a page, of peers and of the operator.
const PAGE: usize = 1000;

/// CH/ABC in both roles, one platform that speaks for it, and a write-ahead log so short that it
/// is copied into the file again and again.
const CONFIG: &str = r#"
listen = "127.0.0.1:0"
admin_listen = "127.0.0.1:0"
admin_token = "admin-s3cret"
secret_key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
log = "info,ocpi::authorization=off"

[limits]
page_size_max = 1000
store_wal_bytes_max = 1048576

[[parties]]
country_code = "CH"
party_id = "ABC"
roles = ["CPO", "EMSP"]
name = "Example"

[[platforms]]
id = "partner"
credentials_token = "your-token"
roles = [
    { role = "CPO", country_code = "CH", party_id = "ABC" },
    { role = "EMSP", country_code = "CH", party_id = "ABC" },
]
"#;

/// A store that does not exist yet, in a folder of its own, and the configuration of its servers.
pub(crate) struct StoreFile {
    folder: PathBuf,
    /// What is removed at the end, unless the folder is somebody else's.
    _directory: Option<Directory>,
}

impl StoreFile {
    /// In a new folder of this name.
    pub(crate) fn new(name: &str) -> StoreFile {
        let directory = Directory::new(name);
        StoreFile {
            folder: directory.path().to_owned(),
            _directory: Some(directory),
        }
    }

    /// In a folder that is there.
    pub(crate) fn within(folder: &Path) -> StoreFile {
        StoreFile {
            folder: folder.to_owned(),
            _directory: None,
        }
    }

    /// The file.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.join("ocpi.db")
    }

    /// A file that belongs to it, as that of `-wal`.
    pub(crate) fn beside(&self, ending: &str) -> PathBuf {
        let mut path: OsString = self.path().into();
        path.push(ending);
        path.into()
    }

    /// The text by which a message names the file.
    pub(crate) fn name(&self) -> String {
        self.path().display().to_string()
    }

    /// A server's command line without the program.
    pub(crate) fn arguments(&self) -> Vec<OsString> {
        let config = self.folder.join("ocpi.toml");
        if !config.exists() {
            std::fs::write(&config, CONFIG).expect("a file can be written");
        }
        let mut store = OsString::from("sqlite:");
        store.push(self.path());
        vec!["--config".into(), config.into(), "--store".into(), store]
    }

    /// A server on this store; whether it starts is to be seen.
    pub(crate) fn program(&self) -> Program {
        let mut command = Command::new(executable());
        command.args(self.arguments());
        Program::run(command)
    }

    /// A server on this store, started by another program, whose arguments come first.
    pub(crate) fn program_by(&self, starter: &[impl AsRef<OsStr>], program: &Path) -> Program {
        let mut command = match starter.split_first() {
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(program);
                command
            }
            None => Command::new(program),
        };
        command.args(self.arguments());
        Program::run(command)
    }

    /// A server on this store, started.
    pub(crate) async fn serve(&self) -> Server {
        Server::of(self.program()).await
    }
}

/// A server that runs.
pub(crate) struct Server {
    pub(crate) program: Program,
    pub(crate) ocpi: SocketAddr,
    pub(crate) admin: SocketAddr,
}

impl Server {
    /// Waits until it listens.
    pub(crate) async fn of(mut program: Program) -> Server {
        let (ocpi, admin) = program.addresses().await;
        Server {
            program,
            ocpi,
            admin,
        }
    }

    /// Sends a request of the platform.
    pub(crate) async fn call(&self, method: &str, target: &str, body: Option<&Value>) -> Response {
        let request = Request::new(method, target).token(TOKEN);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        Connection::open(self.ocpi).await.send(&request).await
    }

    /// Asks as the operator.
    pub(crate) async fn ask(&self, target: &str) -> Response {
        let request = of_operator("GET", target);
        Connection::open(self.admin).await.send(&request).await
    }

    /// Every Token that a peer sees, page by page; each page says how many there are.
    pub(crate) async fn tokens(&self) -> Vec<Value> {
        let mut tokens = Vec::new();
        loop {
            let target = format!("{SENDER}?limit={PAGE}&offset={}", tokens.len());
            let response = self.call("GET", &target, None).await;
            assert_eq!(response.codes(), (200, 1000), "{}", response.message());
            let Value::Array(page) = response.data() else {
                panic!("no list: {}", response.json());
            };
            tokens.extend(page);
            let total = response.header("X-Total-Count").expect("a list has one");
            let total: usize = total.parse().expect("a number");
            assert!(tokens.len() <= total, "{} of {total} tokens", tokens.len());
            if response.header("Link").is_none() {
                assert_eq!(tokens.len(), total, "the total and the listed tokens");
                return tokens;
            }
        }
    }

    /// The newest records, back to the first that is known, and without it.
    pub(crate) async fn records(&self, is_known: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut records = Vec::new();
        let mut after = String::new();
        loop {
            let page = self
                .page(&format!("/admin/v1/authorizations?limit={PAGE}{after}"))
                .await;
            for record in page["items"].as_array().expect("a list") {
                if is_known(record) {
                    return records;
                }
                records.push(record.clone());
            }
            let Some(next) = page["next"].as_str() else {
                return records;
            };
            after = format!("&after={next}");
        }
    }

    /// How many Tokens the operator sees.
    pub(crate) async fn count_of_own_tokens(&self) -> usize {
        let (mut count, mut after) = (0, String::new());
        loop {
            let page = self
                .page(&format!("/admin/v1/tokens?limit={PAGE}{after}"))
                .await;
            count += page["items"].as_array().expect("a list").len();
            let Some(next) = page["next"].as_str() else {
                return count;
            };
            after = format!("&after={next}");
        }
    }

    async fn page(&self, target: &str) -> Value {
        let response = self.ask(target).await;
        assert_eq!(response.status, 200, "{target}: {}", response.json());
        response.json()
    }

    /// The metrics.
    pub(crate) async fn metrics(&self) -> String {
        let response = self.ask("/metrics").await;
        assert_eq!(response.status, 200);
        String::from_utf8(response.body).expect("metrics are text")
    }

    /// Ends it on the spot, as a power cut of the process.
    pub(crate) async fn kill(self) -> Ended {
        self.program.kill().await
    }

    /// Asks it to end, and waits until it has.
    pub(crate) async fn stop(self) -> Ended {
        self.program.terminate().await
    }
}

/// A request of the operator.
pub(crate) fn of_operator(method: &str, target: &str) -> Request {
    Request::new(method, target).header("Authorization", &format!("Bearer {ADMIN_TOKEN}"))
}

/// The value of a metric without labels.
pub(crate) fn metric(metrics: &str, name: &str) -> Option<u64> {
    let value = metrics
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value?.parse().ok()
}

/// The link of the chain's head in the metrics; `None` while there is no record.
pub(crate) fn published_head(metrics: &str) -> Option<String> {
    metric(metrics, "ocpi_record_chain_number").filter(|number| *number > 0)?;
    let (_, rest) = metrics.split_once("\nocpi_record_chain_head_info{link=\"")?;
    let (link, _) = rest.split_once('"')?;
    Some(link.to_owned())
}
