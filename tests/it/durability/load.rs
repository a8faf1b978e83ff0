//! Clients that write and ask as fast as they are answered, and note what they were told.

mod charge;

use std::fmt::Display;
use std::sync::{Arc, Mutex, MutexGuard};

use ocpi_domain::DateTime;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::ledger::{Answer, Kept, Ledger, account};
use crate::support::answer::PATIENCE;
use crate::support::durable::{Server, of_operator, published_head};
use crate::support::http::{Connection, Request, Response};
use crate::support::random::Random;
use crate::support::token::{card, copy, question, with};
use crate::support::world::TOKEN;

/// Tokens of one client that have an account.
const ACCOUNTS: usize = 5;

/// Tokens of one import.
const IMPORTED: usize = 10;

/// What the clients do.
#[derive(Clone, Copy)]
pub(super) struct Plan {
    /// How many there are, each with a connection to either listener.
    pub(super) clients: usize,
    /// One that the store refuses so often in a row ends.
    pub(super) refusals_max: usize,
    /// Bytes that make each Token longer.
    pub(super) note_bytes: usize,
}

/// Eight clients that go on until their server ends. A disk that hangs for a moment makes it refuse
/// what is not written in time; nothing is acknowledged by that.
pub(super) const BUSY: Plan = Plan {
    clients: 8,
    refusals_max: usize::MAX,
    note_bytes: 0,
};

/// Clients at work.
pub(super) struct Load {
    ledger: Arc<Mutex<Ledger>>,
    clients: JoinSet<()>,
    acknowledged: UnboundedReceiver<()>,
}

impl Load {
    /// Clients that work until their connections end.
    pub(super) async fn start(server: &Server, ledger: Ledger, plan: Plan, seed: u64) -> Load {
        let (sender, acknowledged) = unbounded_channel();
        let mut random = Random::new(seed);
        let mut load = Load {
            ledger: Arc::new(Mutex::new(ledger)),
            clients: JoinSet::new(),
            acknowledged,
        };
        for number in 0..plan.clients {
            let client = Client {
                plan,
                number,
                random: Random::new(random.next()),
                ledger: Arc::clone(&load.ledger),
                ocpi: Connection::open(server.ocpi).await,
                admin: Connection::open(server.admin).await,
                acknowledged: sender.clone(),
            };
            load.clients.spawn(client.run());
        }
        load
    }

    /// Waits until so many more requests were acknowledged; `false` when the clients end before.
    pub(super) async fn acknowledged(&mut self, count: usize) -> bool {
        for _ in 0..count {
            let next = timeout(PATIENCE, self.acknowledged.recv()).await;
            if !next.is_ok_and(|next| next.is_some()) {
                return false;
            }
        }
        true
    }

    /// Waits until every client has ended; what they know.
    pub(super) async fn end(mut self, when: &impl Display) -> Ledger {
        while let Some(ended) = timeout(PATIENCE, self.clients.join_next())
            .await
            .expect("the clients end")
        {
            ended.unwrap_or_else(|wrong| panic!("{when}: {wrong}"));
        }
        let ledger = Arc::into_inner(self.ledger).expect("no client has it any more");
        ledger.into_inner().expect("no client panicked")
    }
}

/// How a request ended.
enum Outcome {
    Acknowledged,
    /// It needed nothing of the store.
    Looked,
    /// The store could not do it.
    Refused,
    /// No answer came.
    Broken,
}

/// One client. Its Tokens are its own, so it knows how they are; one that it does not know of, since
/// a write of it was refused, it leaves alone.
struct Client {
    plan: Plan,
    number: usize,
    random: Random,
    ledger: Arc<Mutex<Ledger>>,
    ocpi: Connection,
    admin: Connection,
    acknowledged: UnboundedSender<()>,
}

impl Client {
    async fn run(mut self) {
        let mut refusals = 0;
        loop {
            match self.step().await {
                Outcome::Acknowledged => {
                    refusals = 0;
                    // Who no longer counts has killed the server.
                    let _ = self.acknowledged.send(());
                }
                Outcome::Looked => {}
                Outcome::Refused => {
                    refusals += 1;
                    if refusals == self.plan.refusals_max {
                        return;
                    }
                }
                Outcome::Broken => return,
            }
        }
    }

    async fn step(&mut self) -> Outcome {
        let own = self.own_tokens();
        let some = self.random.any(&own).cloned();
        let Some(some) = some else {
            return self.put_new().await;
        };
        match self.random.below(24) {
            0..4 => self.put_new().await,
            4..8 => self.put_again(&some).await,
            8..11 => self.patch(&some).await,
            11..15 => self.authorize(&some).await,
            15 => self.authorize_unknown().await,
            16 => self.look_at_head().await,
            17 => self.import().await,
            18..22 => self.charge().await,
            _ => {
                let with_account = &own[..own.len().min(ACCOUNTS)];
                let some = self.random.any(with_account).expect("it has one").clone();
                self.write_account(&some).await
            }
        }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().expect("no client panicked")
    }

    fn uid(&self, number: i64) -> String {
        format!("C{}-{number}", self.number)
    }

    fn own_tokens(&self) -> Vec<String> {
        let start = format!("C{}-", self.number);
        let ledger = self.ledger();
        let own = ledger.tokens.range(start.clone()..);
        own.take_while(|(uid, _)| uid.starts_with(&start))
            .filter(|(uid, kept)| {
                let account = ledger.accounts.get(*uid);
                let is_certain = kept.is_certain() && account.is_none_or(Kept::is_certain);
                is_certain && !kept.acknowledged.is_null()
            })
            .map(|(uid, _)| uid.clone())
            .collect()
    }

    /// What changes in a Token with every write.
    fn news(&mut self) -> (i64, Value) {
        let number = self.ledger().number();
        let start: DateTime = "2026-01-01T00:00:00Z".parse().expect("a time");
        let now = DateTime::from_unix_ms(start.unix_ms() + number * 1000).expect("a time");
        let news = json!({
            "visual_number": format!("V-{number}"),
            "valid": self.random.coin(),
            "note": "-".repeat(self.plan.note_bytes),
            "last_updated": now.to_string(),
        });
        (number, news)
    }

    async fn put_new(&mut self) -> Outcome {
        let (number, news) = self.news();
        let uid = self.uid(number);
        self.put(&uid, with(card(&uid), &news), 201).await
    }

    async fn put_again(&mut self, uid: &str) -> Outcome {
        let (_, news) = self.news();
        self.put(uid, with(card(uid), &news), 200).await
    }

    async fn put(&mut self, uid: &str, token: Value, status: u16) -> Outcome {
        let request = Request::new("PUT", &copy(uid)).token(TOKEN).json(&token);
        self.begin_token(uid, token);
        let response = exchange(&mut self.ocpi, &request).await;
        self.token_written(uid, response, status)
    }

    async fn patch(&mut self, uid: &str) -> Outcome {
        let (_, news) = self.news();
        let before = self.ledger().tokens[uid].acknowledged.clone();
        self.begin_token(uid, with(before, &news));
        let request = Request::new("PATCH", &copy(uid)).token(TOKEN).json(&news);
        let response = exchange(&mut self.ocpi, &request).await;
        self.token_written(uid, response, 200)
    }

    fn begin_token(&self, uid: &str, token: Value) {
        let mut ledger = self.ledger();
        ledger
            .tokens
            .entry(uid.to_owned())
            .or_default()
            .begin(token);
    }

    fn token_written(&self, uid: &str, response: Option<Response>, status: u16) -> Outcome {
        let Some(response) = response else {
            return Outcome::Broken;
        };
        match response.codes() {
            (found, 1000) if found == status => {
                let mut ledger = self.ledger();
                let kept = ledger.tokens.get_mut(uid).expect("it was begun");
                kept.acknowledge();
                Outcome::Acknowledged
            }
            (200, 3000) => Outcome::Refused,
            codes => panic!("{uid}: {codes:?} {}", response.message()),
        }
    }

    /// The answer must be that of the Token and the account as they were acknowledged last.
    async fn authorize(&mut self, uid: &str) -> Outcome {
        let blocked = {
            let ledger = self.ledger();
            let account = ledger.accounts.get(uid);
            let blocked = account.is_some_and(|kept| kept.acknowledged["blocked"] == true);
            blocked || ledger.tokens[uid].acknowledged["valid"] == false
        };
        let allowed = if blocked { "BLOCKED" } else { "ALLOWED" };
        self.question(uid, &somewhere(), |response| {
            assert_eq!(response.codes(), (200, 1000), "{uid}");
            let data = response.data();
            assert_eq!(data["allowed"], allowed, "{uid}");
            let reference = data["authorization_reference"].as_str();
            Answer::Given(allowed.into(), reference.map(str::to_owned))
        })
        .await
    }

    async fn authorize_unknown(&mut self) -> Outcome {
        let uid = format!("UNKNOWN-{}", self.random.below(100));
        self.question(&uid, &somewhere(), |response| {
            assert_eq!(response.codes(), (404, 2004), "{uid}");
            Answer::Given(Value::Null, None)
        })
        .await
    }

    async fn question(
        &mut self,
        uid: &str,
        place: &Value,
        read: impl FnOnce(&Response) -> Answer,
    ) -> Outcome {
        let id = format!("request-{}", self.ledger().number());
        self.ledger().questions.insert(id.clone(), Answer::None);
        let request = Request::new("POST", &question(uid))
            .token(TOKEN)
            .header("X-Request-ID", &id)
            .json(place);
        let Some(response) = exchange(&mut self.ocpi, &request).await else {
            return Outcome::Broken;
        };
        if response.codes() == (200, 3000) {
            assert!(response.data().is_null(), "{uid}: {}", response.json());
            self.ledger().questions_refused += 1;
            return Outcome::Refused;
        }
        let answer = read(&response);
        self.ledger().questions.insert(id, answer);
        Outcome::Acknowledged
    }

    async fn look_at_head(&mut self) -> Outcome {
        let request = of_operator("GET", "/metrics");
        let Some(response) = exchange(&mut self.admin, &request).await else {
            return Outcome::Broken;
        };
        assert_eq!(response.status, 200);
        let metrics = String::from_utf8(response.body).expect("metrics are text");
        if let Some(head) = published_head(&metrics) {
            self.ledger().published_head = Some(head);
        }
        Outcome::Looked
    }

    async fn import(&mut self) -> Outcome {
        let mut lines = String::new();
        let mut uids = Vec::new();
        for _ in 0..IMPORTED {
            let (number, news) = self.news();
            let uid = self.uid(number);
            let token = with(card(&uid), &news);
            lines.push_str(&token.to_string());
            lines.push('\n');
            self.begin_token(&uid, token);
            uids.push(uid);
        }
        let request = of_operator("POST", "/admin/v1/tokens/import")
            .header("Content-Type", "application/jsonl")
            .body(lines);
        let Some(response) = exchange(&mut self.admin, &request).await else {
            return Outcome::Broken;
        };
        if response.status == 503 {
            return Outcome::Refused;
        }
        assert_eq!(response.status, 200, "{}", response.json());
        assert_eq!(response.json()["created"], IMPORTED, "{}", response.json());
        let mut ledger = self.ledger();
        for uid in uids {
            let kept = ledger.tokens.get_mut(&uid).expect("it was begun");
            kept.acknowledge();
        }
        Outcome::Acknowledged
    }

    async fn write_account(&mut self, uid: &str) -> Outcome {
        let before = self.account(uid);
        let whole = json!({
            "blocked": self.random.coin(),
            "credit": {"balance": format!("{}.50", self.random.below(1000)), "currency": "EUR"},
            "concurrency_scope": "token",
        });
        let patch = json!({"blocked": self.random.coin()});
        match self.random.below(5) {
            0 if !before.is_null() => {
                let request = of_operator("DELETE", &account(uid));
                self.put_account(uid, request, Value::Null).await
            }
            1 | 2 if !before.is_null() => {
                let request = of_operator("PATCH", &account(uid))
                    .header("Content-Type", "application/merge-patch+json")
                    .json(&patch);
                self.put_account(uid, request, with(before, &patch)).await
            }
            _ => {
                let request = of_operator("PUT", &account(uid))
                    .header("Content-Type", "application/json")
                    .json(&whole);
                self.put_account(uid, request, whole).await
            }
        }
    }

    fn account(&self, uid: &str) -> Value {
        let ledger = self.ledger();
        let kept = ledger.accounts.get(uid);
        kept.map(|kept| kept.acknowledged.clone())
            .unwrap_or_default()
    }

    fn begin_account(&self, uid: &str, account: Value) {
        let mut ledger = self.ledger();
        let kept = ledger.accounts.entry(uid.to_owned()).or_default();
        kept.begin(account);
    }

    async fn put_account(&mut self, uid: &str, request: Request, after: Value) -> Outcome {
        let expected = match (self.account(uid), &after) {
            (_, Value::Null) => 204,
            (Value::Null, _) => 201,
            _ => 200,
        };
        self.begin_account(uid, after);
        let Some(response) = exchange(&mut self.admin, &request).await else {
            return Outcome::Broken;
        };
        if response.status == 503 {
            return Outcome::Refused;
        }
        let body = String::from_utf8_lossy(&response.body);
        assert_eq!(response.status, expected, "{uid}: {body}");
        let mut ledger = self.ledger();
        let kept = ledger.accounts.get_mut(uid).expect("it was begun");
        kept.acknowledge();
        Outcome::Acknowledged
    }
}

/// The place of a question whose place is all the same.
fn somewhere() -> Value {
    json!({"location_id": "LOC001"})
}

/// The answer to a request; `None` when the server ended before it was complete.
async fn exchange(connection: &mut Connection, request: &Request) -> Option<Response> {
    connection.send_bytes(&request.bytes()).await.ok()?;
    connection.receive().await
}
