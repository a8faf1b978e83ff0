//! Cards that may charge one car at a time, and what their clients know of that.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::ledger::{Answer, Ledger};
use crate::support::durable::Server;
use crate::support::http::{Connection, Request};
use crate::support::token::question;
use crate::support::world::TOKEN;

/// A pending slot is held for three minutes; for so long it certainly counts.
const CERTAINLY_PENDING: Duration = Duration::from_secs(150);

/// What a card with a limit of 1 is doing, as far as its client was told.
#[derive(Debug, Clone)]
pub(super) enum Charging {
    /// Nothing.
    No,
    /// It was allowed at [`HERE`], under this reference.
    Allowed(String, Instant),
    /// It charges at [`HERE`], in the session of this id.
    Session(String),
    /// A request about it was not acknowledged.
    Unknown,
}

/// Where the cards charge.
pub(super) const HERE: &str = "E1";

/// Where they do not.
pub(super) const ELSEWHERE: &str = "E2";

impl Charging {
    /// Whether a question elsewhere must be refused; `None` when it cannot be told.
    pub(super) fn must_be_refused_elsewhere(&self) -> Option<bool> {
        match self {
            Charging::No => Some(false),
            Charging::Allowed(_, at) => (at.elapsed() < CERTAINLY_PENDING).then_some(true),
            Charging::Session(_) => Some(true),
            Charging::Unknown => None,
        }
    }
}

/// The place of a question.
pub(super) fn place(evse_uid: &str) -> Value {
    json!({"location_id": "LOC001", "evse_uids": [evse_uid]})
}

impl Ledger {
    /// Asks about every card of which it is known what it does. One that is not known is left alone
    /// from now on.
    pub(super) async fn check_cards(&mut self, server: &Server) -> Vec<String> {
        let mut faults = Vec::new();
        for (uid, charging) in std::mem::take(&mut self.cards) {
            let Some(is_refused) = charging.must_be_refused_elsewhere() else {
                continue;
            };
            let (evse_uid, expected) = if is_refused {
                (ELSEWHERE, "NOT_ALLOWED")
            } else {
                (HERE, "ALLOWED")
            };
            let id = format!("check-{}", self.number());
            let request = Request::new("POST", &question(&uid))
                .token(TOKEN)
                .header("X-Request-ID", &id)
                .json(&place(evse_uid));
            let response = Connection::open(server.ocpi).await.send(&request).await;
            let data = response.data();
            if data["allowed"] != expected {
                let found = response.json();
                faults.push(format!("card {uid}, {charging:?}, at {evse_uid}: {found}"));
                continue;
            }
            let reference = data["authorization_reference"].as_str().map(str::to_owned);
            let answer = Answer::Given(expected.into(), reference.clone());
            self.questions.insert(id, answer);
            let now = match reference {
                Some(reference) => Charging::Allowed(reference, Instant::now()),
                None => charging,
            };
            self.cards.insert(uid, now);
        }
        faults
    }
}
