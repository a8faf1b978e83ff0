//! `kill -9` while Tokens are on their way to CPOs that fail.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use ocpi_domain::DateTime;
use ocpi_simulate::{Clock, Faults, Peer, PeerOptions, PeerRole};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::support::answer::PATIENCE;
use crate::support::clock::START;
use crate::support::configured::Configured;
use crate::support::durable::of_operator;
use crate::support::http::{Connection, Request};
use crate::support::program::Program;
use crate::support::random::{Random, fresh_seed};
use crate::support::world::party;

const CPOS: usize = 5;
const CHANGES: usize = 400;
const TOKENS: usize = 40;

/// The time of the CPOs, which is not looked at.
struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> DateTime {
        START.parse().expect("a moment")
    }

    fn elapsed_us(&self) -> u64 {
        0
    }
}

fn faults(text: &str) -> Faults {
    text.parse().expect("faults")
}

async fn cpo(number: usize, seed: u64) -> Peer {
    let party = party("NL", &format!("C{number:02}"));
    let mut options = PeerOptions::new(PeerRole::Cpo, party, Arc::new(Stopped));
    options.seed = seed;
    options.faults =
        faults("slow=0.05:20,reset=0.03,error_5xx=0.05,too_many=0.01:0,truncated=0.03,html=0.03");
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    Peer::start(options, listen).await.expect("it listens")
}

fn file(cpos: &[Peer]) -> String {
    let row = |(number, cpo): (usize, &Peer)| {
        format!(
            "[[platforms]]\nid = \"cpo-{number}\"\ncredentials_token = \"cpo-{number}.token\"\n\
             versions_url = \"{}\"\noutbound_token = \"{}\"\n\
             roles = [{{ role = \"CPO\", country_code = \"NL\", party_id = \"C{number:02}\" }}]\n",
            cpo.versions_url(),
            cpo.token(),
        )
    };
    cpos.iter().enumerate().map(row).collect()
}

/// The operator of a server.
struct Operator(Connection);

impl Operator {
    async fn of(program: &mut Program) -> Operator {
        let (_, admin) = program.addresses().await;
        Operator(Connection::open(admin).await)
    }

    async fn ask(&mut self, request: Request) -> Value {
        let response = self.0.send(&request).await;
        assert!(response.status < 300, "{}", response.json());
        response.json()
    }

    async fn change(&mut self, number: usize, random: &mut Random) {
        let uid = format!("CARD{:02}", random.below(TOKENS));
        let token = json!({
            "contract_id": uid, "issuer": format!("Change {number}"), "valid": random.coin(),
            "whitelist": "ALLOWED",
        });
        let target = format!("/admin/v1/tokens/CH/ABC/{uid}");
        self.ask(of_operator("PUT", &target).json(&token)).await;
    }

    async fn tokens(&mut self) -> BTreeMap<String, Value> {
        let target = "/admin/v1/tokens?limit=1000";
        let page = self.ask(of_operator("GET", target)).await;
        let items = page["items"].as_array().expect("items");
        let named = items.iter().map(|token| {
            let uid = token["uid"].as_str().expect("a uid").to_owned();
            (uid, token.clone())
        });
        named.collect()
    }
}

fn told(cpo: &Peer) -> BTreeMap<String, Value> {
    let received = cpo.received().into_values();
    let named = received.map(|it| (it.token.uid.as_str().to_owned(), json!(it.token)));
    named.collect()
}

/// Holds: E-40, E-41, T-98. CPOs that fail by a seed, and a `kill -9` while Tokens change: all come to
/// what is true, and none is told an older version after a newer.
///
/// `ocpi-bench push` does the same with more.
#[tokio::test]
async fn tokens_on_their_way_survive_kill_9() {
    let seed = fresh_seed();
    let mut random = Random::new(seed);
    let mut cpos = Vec::new();
    for number in 0..CPOS {
        cpos.push(cpo(number, random.next()).await);
    }
    let server = Configured::plain("killed-push", "ABC", &file(&cpos));
    let mut program = server.serve().await;
    let mut operator = Operator::of(&mut program).await;
    let kill_at = CHANGES / 4 + random.below(CHANGES / 2);
    for number in 0..CHANGES {
        if number == kill_at {
            program.kill().await;
            program = server.serve().await;
            operator = Operator::of(&mut program).await;
        }
        operator.change(number, &mut random).await;
    }
    for cpo in &cpos {
        cpo.set_faults(faults(""));
    }
    let truth = operator.tokens().await;
    assert!(truth.len() > TOKENS / 2, "{}", truth.len());
    for (number, cpo) in cpos.iter().enumerate() {
        // A Token that failed alone waits half a minute for its turn.
        let in_step = cpo.wait_until(|cpo| told(cpo) == truth);
        let came = timeout(3 * PATIENCE, in_step).await;
        assert!(came.is_ok(), "cpo-{number}, seed {seed}");
        assert_eq!(cpo.older_after_newer(), 0, "cpo-{number}, seed {seed}");
    }
    assert_eq!(program.terminate().await.code, Some(0));
}
