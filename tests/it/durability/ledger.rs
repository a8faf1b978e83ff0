//! What a client knows of a store: what it was told is done, and what it may have done besides.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Display;

use serde_json::Value;

use super::cards::Charging;
use crate::support::durable::Server;
use crate::support::push::SESSIONS;

/// An object of the store. `Value::Null` is one that is not there.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// As the last acknowledged write left it.
    pub(super) acknowledged: Value,
    /// What writes since then would have made of it, whose answer did not come, or was no.
    open: Vec<Value>,
}

impl Kept {
    /// Whether it is known how it is.
    pub(super) fn is_certain(&self) -> bool {
        self.open.is_empty()
    }

    /// The object is about to be written.
    pub(super) fn begin(&mut self, value: Value) {
        self.open.push(value);
    }

    /// The write begun last was acknowledged.
    pub(super) fn acknowledge(&mut self) {
        self.acknowledged = self.open.pop().expect("a write was begun");
        self.open.clear();
    }

    /// The store was looked at: from now on it must stay so. What it shows must be the last that
    /// was acknowledged, or a later write.
    fn settle(&mut self, found: &Value) -> Result<(), String> {
        let Kept { acknowledged, open } = self;
        if found != acknowledged && !open.contains(found) {
            let or = if open.is_empty() {
                String::new()
            } else {
                format!(" or one of {}", Value::Array(open.clone()))
            };
            return Err(format!("is {found}, and must be {acknowledged}{or}"));
        }
        self.acknowledged = found.clone();
        self.open.clear();
        Ok(())
    }
}

/// The answer to a question whether a Token may charge.
#[derive(Debug)]
pub(super) enum Answer {
    /// None came, or it could not be recorded.
    None,
    /// One that must have its record: its `allowed`, and its reference when it has one.
    Given(Value, Option<String>),
}

/// What a client knows of a store.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// By uid.
    pub(super) tokens: BTreeMap<String, Kept>,
    /// By the uid of the Token.
    pub(super) accounts: BTreeMap<String, Kept>,
    /// The sessions of CH/ABC, by id.
    pub(super) sessions: BTreeMap<String, Kept>,
    /// What the cards that may charge one car at a time are doing, by uid.
    pub(super) cards: BTreeMap<String, Charging>,
    /// By `X-Request-ID`.
    pub(super) questions: HashMap<String, Answer>,
    /// Questions that the server, since it was started, answered 3000.
    pub(super) questions_refused: usize,
    /// The head of the chain that was published last, and is not looked for yet.
    pub(super) published_head: Option<String>,
    /// Heads that were published before, and were in the chain then.
    heads: Vec<String>,
    /// The requests whose records were seen already.
    seen: HashSet<String>,
    numbers: i64,
}

impl Ledger {
    /// A number that was not given before.
    pub(super) fn number(&mut self) -> i64 {
        self.numbers += 1;
        self.numbers
    }

    /// Compares a server's whole store with what is known, and takes over what it shows.
    pub(super) async fn check(&mut self, server: &Server, when: &impl Display) {
        let mut faults = self.check_tokens(server).await;
        faults.extend(self.check_accounts(server).await);
        faults.extend(self.check_sessions(server).await);
        faults.extend(self.check_cards(server).await);
        faults.extend(self.check_records(server).await);
        assert!(faults.is_empty(), "{when}:\n{}", faults.join("\n"));
        if let Some(head) = self.published_head.take() {
            self.check_chain(server, &head, when).await;
            self.heads.push(head);
        }
        let ready = server.ask("/health/ready").await;
        assert_eq!(ready.status, 200, "{when}: {}", ready.json());
    }

    /// Checks what a look at the newest leaves out: that every record is still there, every head
    /// that was looked for is still in the chain, and the operator sees as many Tokens as a peer.
    pub(super) async fn check_all(&mut self, server: &Server, when: &impl Display) {
        self.seen.clear();
        let faults = self.check_records(server).await;
        assert!(faults.is_empty(), "{when}:\n{}", faults.join("\n"));
        for head in &self.heads {
            self.check_chain(server, head, when).await;
        }
        let tokens = self.tokens.values();
        let stored = tokens.filter(|kept| !kept.acknowledged.is_null()).count();
        assert_eq!(server.count_of_own_tokens().await, stored, "{when}");
    }

    async fn check_tokens(&mut self, server: &Server) -> Vec<String> {
        let mut faults = Vec::new();
        let mut found: BTreeMap<String, Value> = BTreeMap::new();
        for token in server.tokens().await {
            let uid = token["uid"].as_str().expect("a uid").to_owned();
            if found.insert(uid.clone(), token).is_some() {
                faults.push(format!("token {uid} is listed twice"));
            }
        }
        for (uid, kept) in &mut self.tokens {
            let token = found.remove(uid).unwrap_or_default();
            if let Err(fault) = kept.settle(&token) {
                faults.push(format!("token {uid} {fault}"));
            }
        }
        let strangers = found.into_keys();
        faults.extend(strangers.map(|uid| format!("nobody sent token {uid}")));
        faults
    }

    async fn check_accounts(&mut self, server: &Server) -> Vec<String> {
        let mut faults = Vec::new();
        for (uid, kept) in &mut self.accounts {
            let response = server.ask(&account(uid)).await;
            let found = match response.status {
                200 => response.json(),
                404 => Value::Null,
                status => panic!("account {uid}: {status} {}", response.json()),
            };
            if let Err(fault) = kept.settle(&found) {
                faults.push(format!("account {uid} {fault}"));
            }
        }
        faults
    }

    async fn check_sessions(&mut self, server: &Server) -> Vec<String> {
        let mut faults = Vec::new();
        for (id, kept) in &mut self.sessions {
            let target = format!("{SESSIONS}/CH/ABC/{id}");
            let response = server.call("GET", &target, None).await;
            let found = match response.status {
                200 => response.data(),
                404 => Value::Null,
                status => panic!("session {id}: {status} {}", response.json()),
            };
            if let Err(fault) = kept.settle(&found) {
                faults.push(format!("session {id} {fault}"));
            }
        }
        faults
    }

    /// Every answer has its record, and every record its question. A record that was seen once is
    /// not looked for again, since records never change: the chain says so.
    async fn check_records(&mut self, server: &Server) -> Vec<String> {
        let mut faults = Vec::new();
        let is_known = |record: &Value| self.seen.contains(request_id(record));
        let records = server.records(is_known).await;
        let mut found: HashMap<&str, &Value> = HashMap::new();
        for record in &records {
            let id = request_id(record);
            if found.insert(id, record).is_some() {
                faults.push(format!("{id} is recorded twice"));
            }
            if !self.questions.contains_key(id) {
                faults.push(format!("nobody asked {id}"));
            }
        }
        for (id, answer) in &self.questions {
            let Answer::Given(allowed, reference) = answer else {
                continue;
            };
            match found.get(id.as_str()) {
                None if self.seen.contains(id) => {}
                None => faults.push(format!("{id} was answered {allowed} and has no record")),
                Some(record) => {
                    let is_other = reference
                        .as_ref()
                        .is_some_and(|reference| record["reference"] != **reference);
                    if record["allowed"] != *allowed || is_other {
                        faults.push(format!(
                            "{id} was answered {allowed} as {reference:?}, and recorded: {record}"
                        ));
                    }
                }
            }
        }
        self.seen
            .extend(records.iter().map(request_id).map(str::to_owned));
        faults
    }

    async fn check_chain(&self, server: &Server, head: &str, when: &impl Display) {
        let response = server
            .ask(&format!("/admin/v1/audit/verify?head={head}"))
            .await;
        let report = response.json();
        assert_eq!(response.status, 200, "{when}: {report}");
        assert!(report["fault"].is_null(), "{when}: head {head}: {report}");
        // None was ever forgotten.
        let records = self.seen.len();
        assert_eq!(report["records"], records, "{when}: {report}");
        assert_eq!(report["head"]["number"], records, "{when}: {report}");
    }
}

fn request_id(record: &Value) -> &str {
    record["request_id"].as_str().expect("a record has one")
}

/// Where the operator finds the account of a Token.
pub(super) fn account(uid: &str) -> String {
    format!("/admin/v1/accounts/CH/ABC/{uid}?type=RFID")
}
