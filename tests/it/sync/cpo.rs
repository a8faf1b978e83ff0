//! A CPO that keeps copies of Tokens, and every version of them that it was told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ocpi_domain::DateTime;
use serde_json::{Value, json};

use crate::support::peer::{Asked, Peer, Reply};
use crate::support::random::Random;

/// What a CPO was told of a Token.
#[derive(Default, Clone)]
pub(super) struct Told {
    /// As it is now.
    pub(super) token: Value,
    /// How often it was written.
    pub(super) writes: usize,
    last_updated: Option<DateTime>,
}

/// What it keeps, and how it behaves.
#[derive(Default)]
struct State {
    copies: BTreeMap<String, Told>,
    /// Tokens of which an older version came after a newer one.
    older_after_newer: Vec<String>,
    /// Of a hundred requests, so many fail.
    failing: usize,
    random: Option<Random>,
    /// Tokens that it refuses.
    refuses: Vec<String>,
}

/// A CPO.
pub(super) struct Cpo {
    pub(super) peer: Peer,
    state: Arc<Mutex<State>>,
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Which copy a request is about.
fn name_of(asked: &Asked) -> String {
    let (_, name) = asked.target.split_once("receiver/").expect("a copy");
    name.to_owned()
}

impl State {
    fn fault(&mut self) -> Option<Reply> {
        let failing = self.failing;
        let random = self.random.as_mut()?;
        if random.below(100) >= failing {
            return None;
        }
        let faults = [
            Reply::refused(500, 3000, "by chance"),
            Reply::refused(200, 3000, "by chance"),
            Reply::text(502, "text/html", "<html>Bad Gateway</html>"),
            Reply::refused(429, 2000, "slowly").header("Retry-After", "0"),
            Reply::text(503, "text/plain", ""),
        ];
        random.any(&faults).cloned()
    }

    fn write(&mut self, name: &str, token: Value) -> Reply {
        let told = self.copies.entry(name.to_owned()).or_default();
        let text = token["last_updated"].as_str().unwrap_or_default();
        let last_updated: DateTime = text.parse().expect("a moment");
        if told.last_updated.is_some_and(|known| known > last_updated) {
            self.older_after_newer.push(format!("{name}: {text}"));
        }
        let is_new = told.writes == 0;
        *told = Told {
            token,
            writes: told.writes + 1,
            last_updated: Some(last_updated),
        };
        Reply::refused(if is_new { 201 } else { 200 }, 1000, "Success")
    }

    fn answer(&mut self, asked: &Asked) -> Reply {
        let name = name_of(asked);
        let is_refused = self.refuses.iter().any(|uid| name.contains(uid.as_str()));
        if asked.method != "GET" && is_refused {
            return Reply::refused(200, 2001, "we do not like it");
        }
        // What fails may have been done, or not.
        let fault = self.fault();
        let is_done = self.random.as_mut().is_some_and(Random::coin);
        if let Some(fault) = fault.as_ref().filter(|_| !is_done) {
            return fault.clone();
        }
        let done = match (asked.method.as_str(), self.copies.get(&name)) {
            ("GET" | "PATCH", None) => Reply::refused(404, 2004, "no such token"),
            ("GET", Some(told)) => Reply::success(&told.token),
            ("PATCH", Some(told)) => {
                let mut token = told.token.clone();
                for (member, value) in asked.json().as_object().expect("an object") {
                    token[member] = value.clone();
                }
                self.write(&name, token)
            }
            ("PUT", _) => self.write(&name, asked.json()),
            _ => Reply::refused(405, 2000, "not offered"),
        };
        fault.unwrap_or(done)
    }
}

impl Cpo {
    pub(super) async fn start() -> Cpo {
        let cpo = Cpo {
            peer: Peer::start().await,
            state: Arc::default(),
        };
        let state = Arc::clone(&cpo.state);
        cpo.peer.answers(move |asked| lock(&state).answer(asked));
        cpo
    }

    /// Fails so many of a hundred requests from now on, by this seed.
    pub(super) fn fails(&self, of_hundred: usize, seed: u64) {
        let mut state = lock(&self.state);
        state.failing = of_hundred;
        state.random = Some(Random::new(seed));
    }

    /// Refuses these Tokens from now on.
    pub(super) fn refuses(&self, uids: &[&str]) {
        lock(&self.state).refuses = uids.iter().map(|uid| (*uid).to_owned()).collect();
    }

    /// Loses a copy.
    pub(super) fn loses(&self, uid: &str) {
        let mut state = lock(&self.state);
        state.copies.retain(|name, _| !name.contains(uid));
    }

    /// Its copies by uid.
    pub(super) fn copies(&self) -> BTreeMap<String, Value> {
        let state = lock(&self.state);
        let copies = state.copies.values().map(|told| {
            let uid = told.token["uid"].as_str().expect("a uid").to_owned();
            (uid, told.token.clone())
        });
        copies.collect()
    }

    /// How often this Token was written.
    pub(super) fn writes(&self, uid: &str) -> usize {
        let state = lock(&self.state);
        let of = |(name, told): (&String, &Told)| name.contains(uid).then_some(told.writes);
        state.copies.iter().filter_map(of).sum()
    }

    /// Tokens of which an older version came after a newer one.
    pub(super) fn older_after_newer(&self) -> Vec<String> {
        lock(&self.state).older_after_newer.clone()
    }
}

/// An object without what a version does not have.
pub(super) fn in_2_1_1(token: &Value) -> Value {
    let mut token = token.clone();
    let members = token.as_object_mut().expect("an object");
    for name in ["country_code", "party_id", "group_id"] {
        members.remove(name);
    }
    let contract = members.remove("contract_id").unwrap_or(json!(null));
    members.insert("auth_id".to_owned(), contract);
    token
}
