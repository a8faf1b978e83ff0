//! Rotation loses no request: the last sentence of C-09.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use ocpi_domain::{AllowedType, OcpiVersion, Role, Token, TokenKey, TokenType};
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::pair::Pair;
use crate::support::stores::Kind;
use crate::support::token::{card, with};
use crate::support::world::party;

/// How many clients each side has.
const CLIENTS: usize = 8;

/// How many rotations there are, from either side in turns.
const ROTATIONS: usize = 20;

/// How many calls each client begins and ends between two rotations, at least: none is overtaken
/// by two of them.
const BETWEEN: usize = 3;

/// Calls of both sides that go on until they are told to stop, and how many there were.
struct Load {
    pair: Arc<Pair>,
    /// By client.
    done: Arc<[AtomicUsize]>,
    stop: Arc<AtomicBool>,
    clients: JoinSet<Vec<String>>,
}

/// What fails of one call; nothing when all is well.
async fn call(pair: &Pair, token: &Token, client: usize) -> Option<String> {
    let key = TokenKey {
        party: party("CH", "ABC"),
        uid: token.uid.clone(),
        token_type: TokenType::Rfid,
    };
    let (emsp, cpo) = (&pair.emsp, &pair.cpo);
    match client % 3 {
        0 => {
            let put = emsp.world.app.put_token_at(&emsp.other, token).await;
            put.err().map(|error| format!("put: {error}"))
        }
        1 => match emsp.world.app.get_token_at(&emsp.other, &key).await {
            Ok(Some(_)) => None,
            other => Some(format!("get: {other:?}")),
        },
        _ => {
            let app = &cpo.world.app;
            let asked = app
                .authorize_at(&cpo.other, &key.uid, &TokenType::Rfid, None)
                .await;
            match asked {
                Ok(Some(answer)) if answer.allowed == AllowedType::Allowed => None,
                other => Some(format!("authorize: {other:?}")),
            }
        }
    }
}

impl Load {
    async fn start(pair: Pair) -> Load {
        let mut load = Load {
            pair: Arc::new(pair),
            done: (0..2 * CLIENTS).map(|_| AtomicUsize::new(0)).collect(),
            stop: Arc::default(),
            clients: JoinSet::new(),
        };
        for client in 0..2 * CLIENTS {
            let uid = format!("CARD-{client}");
            let token = with(card(&uid), &json!({"visual_number": "No 7"}));
            let token = load.pair.emsp.put_token(&token).await;
            let emsp = &load.pair.emsp;
            let put = emsp.world.app.put_token_at(&emsp.other, &token).await;
            put.expect("it is taken");
            let (pair, done) = (Arc::clone(&load.pair), Arc::clone(&load.done));
            let stop = Arc::clone(&load.stop);
            load.clients.spawn(async move {
                let mut faults = Vec::new();
                while !stop.load(Ordering::SeqCst) {
                    faults.extend(call(&pair, &token, client).await);
                    done[client].fetch_add(1, Ordering::SeqCst);
                }
                faults
            });
        }
        load
    }

    /// How many calls each client has made.
    fn counts(&self) -> Vec<usize> {
        let counts = self.done.iter();
        counts.map(|done| done.load(Ordering::SeqCst)).collect()
    }

    /// Waits until each client has made so many calls more.
    async fn calls(&self, more: usize) {
        let before = self.counts();
        let is_behind = |(before, now): (&usize, usize)| now < before + more;
        let mut look = tokio::time::interval(Duration::from_millis(1));
        while before.iter().zip(self.counts()).any(is_behind) {
            look.tick().await;
        }
    }

    /// How many calls there were, and what failed of them.
    async fn end(mut self) -> (usize, Vec<String>) {
        self.stop.store(true, Ordering::SeqCst);
        let mut faults = Vec::new();
        while let Some(ended) = self.clients.join_next().await {
            faults.extend(ended.expect("a client ends"));
        }
        (self.counts().iter().sum(), faults)
    }
}

async fn rotate_under_load(version: OcpiVersion, kind: Kind) {
    let pair = Pair::registered(version, kind, &Role::Cpo).await;
    let load = Load::start(pair).await;
    load.calls(BETWEEN).await;
    for number in 0..ROTATIONS {
        let role = if number % 2 == 0 {
            Role::Cpo
        } else {
            Role::Emsp
        };
        let (side, _) = load.pair.sides(&role);
        let before = side.presents().await;
        let app = &side.world.app;
        let rotated = app.rotate_credentials(&side.other, false).await;
        rotated.unwrap_or_else(|error| panic!("{version}: rotation {number}: {error}"));
        assert_ne!(before.expose(), side.presents().await.expose());
        load.calls(BETWEEN).await;
    }
    let (calls, faults) = load.end().await;
    assert!(calls >= ROTATIONS * BETWEEN * 2 * CLIENTS, "{calls}");
    assert!(
        faults.is_empty(),
        "{version}: {} of {calls} calls failed: {:#?}",
        faults.len(),
        faults.iter().take(5).collect::<Vec<_>>()
    );
}

/// Holds: C-09, C-06, C-08, C-10.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_call_of_either_side_fails_while_either_side_rotates() {
    for version in OcpiVersion::ALL {
        rotate_under_load(version, Kind::Memory).await;
    }
}

/// Holds: C-09.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_call_fails_on_a_durable_store_either() {
    rotate_under_load(OcpiVersion::V2_3_0, Kind::Sqlite).await;
}

/// Holds: C-24, C-09.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn when_both_rotate_at_once_one_does_or_none_and_the_pair_is_whole() {
    for version in OcpiVersion::ALL {
        let pair = Pair::registered(version, Kind::Memory, &Role::Emsp).await;
        let load = Load::start(pair).await;
        for _ in 0..10 {
            let rotate = async |role: Role| {
                let (side, _) = load.pair.sides(&role);
                let app = &side.world.app;
                app.rotate_credentials(&side.other, false).await.is_ok()
            };
            tokio::join!(rotate(Role::Cpo), rotate(Role::Emsp));
            load.calls(BETWEEN).await;
        }
        let (calls, faults) = load.end().await;
        let some = faults.iter().take(5).collect::<Vec<_>>();
        assert!(
            faults.is_empty(),
            "{version}: {} of {calls}: {some:#?}",
            faults.len()
        );
    }
}
