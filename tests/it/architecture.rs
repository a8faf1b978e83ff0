//! Who may depend on whom: the table of `docs/architecture.md`, held by what cargo says.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

use crate::support::repository::{expect_none, files, root};

/// Every package of ours, and which of ours it may use. The packages of tests and benchmarks may
/// use all, but beside this only as tests do, and nothing may use them.
const MAY_USE: [(&str, &[&str]); 11] = [
    ("ocpi-domain", &[]),
    ("ocpi-ports", &["ocpi-domain"]),
    ("ocpi-app", &["ocpi-domain", "ocpi-ports"]),
    ("ocpi-http", &["ocpi-app", "ocpi-domain", "ocpi-ports"]),
    ("ocpi-admin", &["ocpi-app", "ocpi-domain", "ocpi-ports"]),
    ("ocpi-memstore", &["ocpi-domain", "ocpi-ports"]),
    ("ocpi-sqlite", &["ocpi-domain", "ocpi-ports"]),
    // A peer that shared more with what it tries out would share its mistakes.
    ("ocpi-simulate", &["ocpi-domain"]),
    (
        "ocpi-server",
        &[
            "ocpi-admin",
            "ocpi-app",
            "ocpi-domain",
            "ocpi-http",
            "ocpi-memstore",
            "ocpi-ports",
            "ocpi-simulate",
            "ocpi-sqlite",
        ],
    ),
    ("ocpi-tests", &[]),
    // It has the other platforms of its runs in its own process.
    ("ocpi-bench", &["ocpi-domain", "ocpi-simulate"]),
];

const RUNTIMES: &[&str] = &[
    "tokio",
    "tokio-util",
    "async-std",
    "smol",
    "async-executor",
    "futures",
    "futures-executor",
    "futures-util",
    "futures-core",
    "async-trait",
    "mio",
];
const HTTP: &[&str] = &[
    "http",
    "http-body",
    "hyper",
    "hyper-util",
    "h2",
    "httparse",
    "axum",
    "actix-web",
    "warp",
    "tower",
    "reqwest",
    "tower-service",
    "ureq",
    "rustls",
    "rustls-native-certs",
    "rustls-webpki",
    "hyper-rustls",
    "tokio-rustls",
    "url",
];
/// TLS is rustls with ring: no second C build, and nothing to patch on the host.
const OTHER_TLS: &[&str] = &[
    "native-tls",
    "openssl",
    "openssl-sys",
    "aws-lc-rs",
    "aws-lc-sys",
    "boring",
];
const DATABASES: &[&str] = &[
    "rusqlite",
    "libsqlite3-sys",
    "sqlx",
    "sqlx-core",
    "postgres",
    "tokio-postgres",
    "diesel",
    "redb",
    "fjall",
    "sled",
    "rocksdb",
    "heed",
    "deadpool",
];
const LOGGING: &[&str] = &[
    "tracing",
    "tracing-core",
    "tracing-subscriber",
    "log",
    "env_logger",
    "slog",
];
const MOCKING: &[&str] = &[
    "mockall",
    "mockall_derive",
    "mockito",
    "wiremock",
    "proptest",
    "rcgen",
];

/// What must not be anywhere below a crate of a layer.
const MUST_NOT_REACH: [(&str, &[&[&str]]); 10] = [
    (
        "ocpi-domain",
        &[RUNTIMES, HTTP, DATABASES, LOGGING, MOCKING],
    ),
    (
        "ocpi-ports",
        &[HTTP, DATABASES, LOGGING, MOCKING, &["tokio"]],
    ),
    ("ocpi-app", &[HTTP, DATABASES, MOCKING]),
    ("ocpi-memstore", &[HTTP, MOCKING]),
    ("ocpi-sqlite", &[HTTP, MOCKING]),
    ("ocpi-http", &[DATABASES, MOCKING, OTHER_TLS]),
    ("ocpi-admin", &[DATABASES, MOCKING, OTHER_TLS]),
    ("ocpi-simulate", &[DATABASES, MOCKING, OTHER_TLS]),
    ("ocpi-server", &[MOCKING, OTHER_TLS]),
    ("ocpi-tests", &[OTHER_TLS]),
];

/// What cargo says when asked; it must need no network for it.
fn cargo(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO"));
    let output = command
        .args(arguments)
        .arg("--offline")
        .current_dir(root())
        .output();
    let output = output.expect("cargo runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {arguments:?}: {said}");
    String::from_utf8(output.stdout).expect("cargo writes UTF-8")
}

/// Every package of the workspace, by name.
pub(crate) fn packages() -> BTreeMap<String, Value> {
    let metadata = cargo(&["metadata", "--format-version", "1", "--no-deps"]);
    let metadata: Value = serde_json::from_str(&metadata).expect("metadata is JSON");
    let packages = metadata["packages"].as_array().expect("packages").clone();
    let name = |package: &Value| package["name"].as_str().expect("a name").to_owned();
    packages
        .into_iter()
        .map(|package| (name(&package), package))
        .collect()
}

/// The dependencies of a package that are not for its tests or its build only.
fn normal_dependencies(package: &Value) -> impl Iterator<Item = &Value> {
    let dependencies = package["dependencies"].as_array().expect("dependencies");
    dependencies
        .iter()
        .filter(|dependency| dependency["kind"].is_null())
}

fn name(dependency: &Value) -> &str {
    dependency["name"].as_str().expect("a name")
}

#[test]
fn every_crate_uses_of_ours_only_what_the_table_permits() {
    let packages = packages();
    let mut faults = Vec::new();
    let table: BTreeMap<_, _> = MAY_USE.into_iter().collect();
    for known in table.keys().filter(|known| !packages.contains_key(**known)) {
        faults.push(format!("{known} is in the table, but not in the workspace"));
    }
    for (package, description) in &packages {
        let Some(permitted) = table.get(package.as_str()) else {
            faults.push(format!("{package} is not in the table"));
            continue;
        };
        let ours = normal_dependencies(description)
            .map(name)
            .filter(|name| packages.contains_key(*name));
        for used in ours.filter(|used| !permitted.contains(used)) {
            faults.push(format!("{package} must not use {used}"));
        }
    }
    expect_none(&faults, "the table of docs/architecture.md is broken");
}

#[test]
fn nothing_of_another_layer_is_anywhere_below_a_crate() {
    let mut faults = Vec::new();
    for (package, denied) in MUST_NOT_REACH {
        let tree = cargo(&["tree", "-p", package, "-e", "normal", "--prefix", "none"]);
        let reached: Vec<&str> = tree
            .lines()
            .filter_map(|line| line.split(' ').next())
            .collect();
        assert_eq!(
            reached.first(),
            Some(&package),
            "the tree starts at its root"
        );
        for name in denied
            .iter()
            .copied()
            .flatten()
            .filter(|name| reached.contains(name))
        {
            faults.push(format!("{package} reaches {name}"));
        }
    }
    expect_none(&faults, "layers are mixed");
}

/// tokio's timers, locks and tasks are for the use cases: what must go on when the asker has gone
/// is a task of its own. Its sockets, its files and its processes are not.
#[test]
fn the_use_cases_take_of_tokio_only_time_sync_and_tasks() {
    let packages = packages();
    let tokio: Vec<&Value> = normal_dependencies(&packages["ocpi-app"])
        .filter(|dependency| name(dependency) == "tokio")
        .collect();
    assert_eq!(tokio.len(), 1);
    let features = tokio[0]["features"].as_array().expect("features");
    let excess: Vec<&Value> = features
        .iter()
        .filter(|feature| !["time", "sync", "rt"].iter().any(|taken| feature == taken))
        .collect();
    assert!(excess.is_empty(), "{excess:?}");
    assert_eq!(tokio[0]["uses_default_features"], true, "which are none");
}

/// The ports' mocks and their contract are for tests: nobody gets them without asking.
#[test]
fn what_the_ports_need_for_tests_is_optional() {
    let packages = packages();
    for dependency in normal_dependencies(&packages["ocpi-ports"]) {
        let is_for_tests = matches!(name(dependency), "mockall" | "serde_json" | "tokio");
        assert_eq!(dependency["optional"], is_for_tests, "{}", name(dependency));
    }
    assert_eq!(packages["ocpi-ports"]["features"].get("default"), None);
}

/// The adapters that drive know the ports' types, as errors; only the use cases call a port. The
/// client is driven: it is a port's other side, and has ports of its own to live on.
#[test]
fn driving_adapters_reach_no_repository() {
    let mut faults = Vec::new();
    for file in files(&["crates/ocpi-http/src", "crates/ocpi-admin/src"], "rs") {
        let is_driven = file.path.starts_with("crates/ocpi-http/src/client/");
        for (number, line) in file.lines() {
            let calls_a_port = line.contains("dyn ") && !is_driven;
            if line.contains("Repository") || calls_a_port {
                faults.push(format!("{}:{number}: {line}", file.path));
            }
        }
    }
    expect_none(&faults, "a driving adapter must go through App");
}
