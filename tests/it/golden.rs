//! Whole exchanges, kept as files: `tests/golden/<version>/<name>.json`.
//!
//! Time and ids belong to the world, so nothing in an answer is left out of the comparison but
//! `Date` and `Content-Length`, which HTTP adds. With `UPDATE_GOLDEN=1` the files are written
//! anew; what changed is then to be read against the specification, not only committed.

mod exchanges;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::support::http::{Request, Response};
use crate::support::world::World;

/// A request, what is stored before it, and its name.
struct Exchange {
    name: &'static str,
    world: World,
    request: Sent,
}

/// A request as its file shows it.
struct Sent {
    method: &'static str,
    target: String,
    headers: Vec<(&'static str, &'static str)>,
    body: Body,
}

/// What a request carries.
enum Body {
    Nothing,
    Json(Value),
    Text(&'static str),
}

impl Sent {
    fn request(&self) -> Request {
        let request = Request::new(self.method, &self.target);
        let request = self.headers.iter().fold(request, |request, (name, value)| {
            request.header(name, value)
        });
        match &self.body {
            Body::Nothing => request,
            Body::Json(body) => request.json(body),
            Body::Text(body) => request.body(*body),
        }
    }

    fn shown(&self) -> Value {
        let headers: Map<String, Value> = self
            .headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json!(value)))
            .collect();
        let mut shown = json!({"method": self.method, "target": self.target, "headers": headers});
        match &self.body {
            Body::Nothing => {}
            Body::Json(body) => shown["body"] = body.clone(),
            Body::Text(body) => shown["body_text"] = json!(body),
        }
        shown
    }
}

fn shown(response: &Response) -> Value {
    let headers: Map<String, Value> = response
        .headers()
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), json!(value)))
        .filter(|(name, _)| !matches!(name.as_str(), "date" | "content-length"))
        .collect();
    json!({"status": response.status, "headers": headers, "body": response.json()})
}

fn directory(version: &str) -> PathBuf {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    golden.join(version)
}

#[expect(clippy::disallowed_methods, reason = "the one switch of these tests")]
fn is_updating() -> bool {
    std::env::var_os("UPDATE_GOLDEN").is_some()
}

/// What differs from the files of a version; written anew before, when that was asked for.
async fn faults(version: &str, exchanges: Vec<Exchange>) -> Vec<String> {
    let directory = directory(version);
    let mut names = BTreeSet::new();
    let mut faults = Vec::new();
    for Exchange {
        name,
        world,
        request,
    } in exchanges
    {
        assert!(names.insert(format!("{name}.json")), "{name}: twice");
        let response = world.send(&request.request()).await;
        let found = json!({"request": request.shown(), "response": shown(&response)});
        let path = directory.join(format!("{name}.json"));
        if is_updating() {
            let text = serde_json::to_string_pretty(&found).unwrap() + "\n";
            fs::create_dir_all(&directory).unwrap();
            fs::write(&path, text).unwrap();
        }
        match fs::read_to_string(&path) {
            Ok(text) => {
                let expected: Value = serde_json::from_str(&text).unwrap();
                if expected != found {
                    faults.push(format!(
                        "{version} {name}: expected {expected:#}\nfound {found:#}"
                    ));
                }
            }
            Err(error) => faults.push(format!("{version} {name}: {error}")),
        }
    }
    for entry in fs::read_dir(&directory).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !names.contains(&name) {
            faults.push(format!("{version} {name}: no exchange has this name"));
        }
    }
    faults
}

/// Holds: T-20, T-21, T-22, T-24, T-25, T-30, T-31, T-32, T-33, T-34, T-36, T-37, T-38, T-39, T-40,
/// T-41, T-42, T-43, T-44, T-45, T-80, T-85, V-01, V-03, V-06, V-09, C-13, C-26, P-04, P-06, P-07,
/// E-18, E-19, E-29, X-07, X-20, X-22, X-35, S-02, S-25, S-27, L-03, L-04, L-08, D-11, D-12, D-13,
/// D-15.
#[tokio::test]
async fn every_exchange_is_as_its_file_says() {
    let faults = faults("2.3.0", exchanges::v2_3_0().await).await;
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Holds: V-01, V-03, V-06, C-13, C-26, M-06, M-12, E-19, T-38, T-39, T-40, T-85, D-10, D-11.
#[tokio::test]
async fn every_exchange_of_2_2_1_is_as_its_file_says() {
    let faults = faults("2.2.1", exchanges::v2_2_1::all().await).await;
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Holds: V-01, V-04, V-07, C-13, C-17, C-26, M-01, M-02, M-07, M-10, M-11, M-18, M-19, K-24, E-19,
/// E-25, T-39, T-40, T-53, T-66, T-86, D-01, D-03, D-04, D-10.
#[tokio::test]
async fn every_exchange_of_2_1_1_is_as_its_file_says() {
    let faults = faults("2.1.1", exchanges::v2_1_1::all().await).await;
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
