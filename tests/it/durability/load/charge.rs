//! Cards that may charge one car at a time: asked about, charging, and done.

use serde_json::{Value, json};
use tokio::time::Instant;

use super::super::cards::{Charging, ELSEWHERE, HERE, place};
use super::super::ledger::{Answer, account};
use super::{Client, Outcome, exchange};
use crate::support::durable::of_operator;
use crate::support::http::Request;
use crate::support::push::{SESSIONS, session};
use crate::support::token::{card, with};
use crate::support::world::TOKEN;

/// Cards of one client that may charge one car at a time.
const CARDS: usize = 3;

impl Client {
    /// Goes on with any of its cards.
    pub(super) async fn charge(&mut self) -> Outcome {
        let start = format!("L{}-", self.number);
        let known: Vec<(String, Charging)> = {
            let ledger = self.ledger();
            let own = ledger.cards.range(start.clone()..);
            own.take_while(|(uid, _)| uid.starts_with(&start))
                .filter(|(_, charging)| !matches!(charging, Charging::Unknown))
                .map(|(uid, charging)| (uid.clone(), charging.clone()))
                .collect()
        };
        if known.len() < CARDS {
            return self.make_card().await;
        }
        let (uid, charging) = self.random.any(&known).expect("it has some").clone();
        let elsewhere = self.random.coin();
        match charging {
            Charging::Allowed(..) | Charging::Session(_)
                if elsewhere && charging.must_be_refused_elsewhere() == Some(true) =>
            {
                self.ask_card(&uid, charging, ELSEWHERE).await
            }
            Charging::Allowed(reference, _) => self.begin(&uid, &reference).await,
            Charging::Session(id) => self.end(&uid, &id).await,
            Charging::No | Charging::Unknown => self.ask_card(&uid, Charging::No, HERE).await,
        }
    }

    /// Makes a card and its account.
    async fn make_card(&mut self) -> Outcome {
        let uid = format!("L{}-{}", self.number, self.ledger().number());
        let made = self.put(&uid, card(&uid), 201).await;
        if !matches!(made, Outcome::Acknowledged) {
            return made;
        }
        let limit = json!({
            "blocked": false, "concurrent_sessions_max": 1, "concurrency_scope": "token",
        });
        let request = of_operator("PUT", &account(&uid))
            .header("Content-Type", "application/json")
            .json(&limit);
        let limited = self.put_account(&uid, request, limit).await;
        if matches!(limited, Outcome::Acknowledged) {
            self.now(&uid, Charging::No);
        }
        limited
    }

    /// What is known of a card from now on.
    fn now(&self, uid: &str, charging: Charging) {
        self.ledger().cards.insert(uid.to_owned(), charging);
    }

    /// Asks whether a card may charge; the answer must be right.
    async fn ask_card(&mut self, uid: &str, before: Charging, evse_uid: &str) -> Outcome {
        let is_allowed = evse_uid == HERE;
        let mut after = before;
        if is_allowed {
            self.now(uid, Charging::Unknown);
        }
        let outcome = self
            .question(uid, &place(evse_uid), |response| {
                assert_eq!(response.codes(), (200, 1000), "{uid}");
                let data = response.data();
                let allowed = if is_allowed { "ALLOWED" } else { "NOT_ALLOWED" };
                assert_eq!(data["allowed"], allowed, "{uid} {after:?} at {evse_uid}");
                let reference = data["authorization_reference"].as_str().map(str::to_owned);
                if let Some(reference) = &reference {
                    after = Charging::Allowed(reference.clone(), Instant::now());
                }
                Answer::Given(allowed.into(), reference)
            })
            .await;
        if matches!(outcome, Outcome::Acknowledged) {
            self.now(uid, after);
        }
        outcome
    }

    /// The card charges: its session begins.
    async fn begin(&mut self, uid: &str, reference: &str) -> Outcome {
        let number = self.ledger().number();
        let id = format!("S-{number}");
        // A session counts from the moment of its last update, so that must be of today.
        let request = Request::new("GET", "/ocpi/versions").token(TOKEN);
        let Some(response) = exchange(&mut self.ocpi, &request).await else {
            return Outcome::Broken;
        };
        let body = with(
            session(&id, uid),
            &json!({
                "country_code": "CH",
                "party_id": "ABC",
                "location_id": "LOC001",
                "evse_uid": HERE,
                "authorization_reference": reference,
                "last_updated": response.json()["timestamp"],
            }),
        );
        let request = Request::new("PUT", &target(&id)).token(TOKEN).json(&body);
        self.write_session(uid, &id, request, body, 201, Charging::Session(id.clone()))
            .await
    }

    /// The car has charged: its session ends.
    async fn end(&mut self, uid: &str, id: &str) -> Outcome {
        let before = self.ledger().sessions[id].acknowledged.clone();
        let change = json!({"status": "COMPLETED", "last_updated": before["last_updated"]});
        let request = Request::new("PATCH", &target(id))
            .token(TOKEN)
            .json(&change);
        let after = with(before, &change);
        self.write_session(uid, id, request, after, 200, Charging::No)
            .await
    }

    fn begin_session(&self, id: &str, session: Value) {
        let mut ledger = self.ledger();
        let kept = ledger.sessions.entry(id.to_owned()).or_default();
        kept.begin(session);
    }

    async fn write_session(
        &mut self,
        uid: &str,
        id: &str,
        request: Request,
        session: Value,
        status: u16,
        after: Charging,
    ) -> Outcome {
        self.now(uid, Charging::Unknown);
        self.begin_session(id, session);
        let Some(response) = exchange(&mut self.ocpi, &request).await else {
            return Outcome::Broken;
        };
        match response.codes() {
            (found, 1000) if found == status => {
                let mut ledger = self.ledger();
                let kept = ledger.sessions.get_mut(id).expect("it was begun");
                kept.acknowledge();
                ledger.cards.insert(uid.to_owned(), after);
                Outcome::Acknowledged
            }
            (200, 3000) => Outcome::Refused,
            codes => panic!("{id}: {codes:?} {}", response.message()),
        }
    }
}

fn target(id: &str) -> String {
    format!("{SESSIONS}/CH/ABC/{id}")
}
