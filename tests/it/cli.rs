//! The commands of the operator, as a shell runs them: on the store itself when nobody holds it,
//! through the server that holds it otherwise.

mod accounts;
mod audit;
mod backup;
mod exits;
mod export;
mod import;
mod interrupted;
mod sessions;
mod sync;

use serde_json::Value;

use crate::support::program::{ANYWHERE, Directory, Ended, Program};

/// A command of the quickstart whose store is in `directory`.
async fn run(directory: &Directory, arguments: &[&str]) -> Ended {
    Program::start_in(directory, arguments, &[]).end().await
}

/// A command that must do what it is told; what it says.
async fn done(directory: &Directory, arguments: &[&str]) -> String {
    let ended = run(directory, arguments).await;
    assert_eq!(ended.code, Some(0), "{arguments:?}: {}", ended.stderr);
    ended.stdout
}

/// A command that must do what it is told and answer in JSON.
async fn asked(directory: &Directory, arguments: &[&str]) -> Value {
    let arguments = [arguments, &["--json"]].concat();
    let said = done(directory, &arguments).await;
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
}

/// A server of the quickstart whose store is in `directory`, when there is to be one.
async fn server(directory: &Directory, is_served: bool) -> Option<Program> {
    if !is_served {
        return None;
    }
    let mut program = Program::start_in(directory, &ANYWHERE, &[]);
    program.addresses().await;
    Some(program)
}

/// A file of Tokens that differ by their uid.
fn csv(uids: &[&str]) -> String {
    let names = "uid,contract_id,issuer,valid,whitelist,last_updated".to_owned();
    let line = |uid: &&str| format!("{uid},CH-{uid},Example,true,ALLOWED,2026-01-01T00:00:00Z");
    let lines: Vec<String> = std::iter::once(names)
        .chain(uids.iter().map(line))
        .collect();
    lines.join("\n")
}
