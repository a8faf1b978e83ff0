//! Whatever an eMSP answers: who is let through was allowed in so many words.

use ocpi_domain::{AllowedType, DecisionSource, Profile};
use serde_json::{Value, json};

use super::stage::{Stage, StageBuilder, allowing, emsp, foreign};
use crate::support::peer::{Peer, Reply};
use crate::support::random::{Random, fresh_seed};

/// Answers of one run.
const ANSWERS: usize = 1500;

/// The envelope of a success, with this `data`.
fn envelope(data: &Value) -> Value {
    json!({"data": data, "status_code": 1000, "timestamp": "2026-01-01T12:00:00Z"})
}

/// What an answer must come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// A well-formed ALLOWED for here.
    Allowed,
    /// The eMSP says that it cannot answer: as if there were none.
    NoAnswer,
    /// All else.
    Refused,
}

/// An answer that a peer might give, and what it must come to.
struct Generated {
    status: u16,
    content_type: &'static str,
    text: String,
    meaning: Meaning,
}

/// Statuses of HTTP: successes, those that say that there is no answer, and refusals.
const SUCCESSES: [u16; 3] = [200, 201, 202];
const NO_ANSWERS: [u16; 8] = [401, 403, 408, 429, 500, 502, 503, 504];
const REFUSALS: [u16; 7] = [400, 404, 405, 409, 410, 415, 422];

fn any_data(random: &mut Random) -> (Value, Meaning) {
    let words = [
        json!("BLOCKED"),
        json!("EXPIRED"),
        json!("NO_CREDIT"),
        json!("NOT_ALLOWED"),
        json!("allowed"),
        json!("ALLOWED "),
        json!("ACCEPTED"),
        json!(""),
        json!(null),
        json!(true),
        json!(1),
        json!(["ALLOWED"]),
        json!({"value": "ALLOWED"}),
    ];
    // What is said of the place, and whether ours is among it.
    let places = [
        (Value::Null, true),
        (json!({"location_id": "LOC1"}), true),
        (json!({"location_id": "loc1", "evse_uids": []}), true),
        (
            json!({"location_id": "LOC1", "evse_uids": ["E2", "e1"]}),
            true,
        ),
        (json!({"location_id": "LOC1", "evse_uids": ["E2"]}), false),
        (json!({"location_id": "LOC2", "evse_uids": ["E1"]}), false),
        (json!({"location_id": "LOC2"}), false),
    ];
    let (location, is_here) = random.any(&places).expect("some").clone();
    let mut data = allowing(&foreign("CARD", &json!({})), &json!({"location": location}));
    let mut meaning = if is_here {
        Meaning::Allowed
    } else {
        Meaning::Refused
    };
    match random.below(6) {
        0 | 1 => {}
        2 => {
            data.as_object_mut().expect("an object").remove("allowed");
            meaning = Meaning::Refused;
        }
        _ => {
            data["allowed"] = random.any(&words).expect("some").clone();
            meaning = Meaning::Refused;
        }
    }
    match random.below(8) {
        // Some wrap it, and some send less than the whole.
        0 => (json!([data]), meaning),
        1 => (json!([data, data]), Meaning::Refused),
        2 => (json!({"authorization": data}), Meaning::Refused),
        3 => {
            let fewer = json!({"allowed": data.get("allowed"), "location": data.get("location")});
            (fewer, meaning)
        }
        4 => {
            let none = [json!(null), json!([]), json!("ALLOWED"), json!({})];
            (random.any(&none).expect("some").clone(), Meaning::Refused)
        }
        _ => (data, meaning),
    }
}

fn generated(random: &mut Random) -> Generated {
    let (data, mut meaning) = any_data(random);
    let mut body = envelope(&data);
    match random.below(10) {
        0 => {
            let codes = [3000, 3001, 3002, 3003, 3999, 4002, 4003];
            body["status_code"] = json!(random.any(&codes));
            meaning = Meaning::NoAnswer;
        }
        1 => {
            let codes = [2000, 2001, 2002, 2003, 2004, 4000, 4001];
            body["status_code"] = json!(random.any(&codes));
            meaning = Meaning::Refused;
        }
        2 => {
            let codes = [
                json!("one"),
                json!(null),
                json!(1000.5),
                json!([1000]),
                json!(0),
            ];
            body["status_code"] = random.any(&codes).expect("some").clone();
            meaning = Meaning::Refused;
        }
        _ => {}
    }
    let mut text = body.to_string();
    let mut content_type = "application/json";
    match random.below(10) {
        0 => {
            text.truncate(random.below(text.len()));
            meaning = Meaning::Refused;
        }
        1 => {
            content_type = "text/html";
            text = format!("<html><body>{text}</body></html>");
            meaning = Meaning::Refused;
        }
        2 => {
            text.push_str(", and more");
            meaning = Meaning::Refused;
        }
        // T-61: what type is said does not matter.
        3 => content_type = "text/plain",
        _ => {}
    }
    let mut status = *random.any(&SUCCESSES).expect("some");
    match random.below(8) {
        // But a code that names the Token as unknown is heard under any status.
        0 if body["status_code"] == json!(1000) => {
            status = *random.any(&NO_ANSWERS).expect("some");
            meaning = Meaning::NoAnswer;
        }
        // An envelope that says more than its HTTP status is read by the status.
        1 if meaning != Meaning::NoAnswer => {
            status = *random.any(&REFUSALS).expect("some");
            meaning = Meaning::Refused;
        }
        _ => {}
    }
    Generated {
        status,
        content_type,
        text,
        meaning,
    }
}

/// A CPO that asks each time anew, with copies of the cards NEVER and ALLOWED.
async fn stage(peer: &Peer) -> Stage {
    let builder = StageBuilder::new().emsp(Profile::default(), peer);
    let stage = builder
        .options(|options| {
            options.breaker_failures = u32::MAX;
            options.same_question_ms = 0;
        })
        .start()
        .await;
    for whitelist in ["NEVER", "ALLOWED"] {
        let changes = json!({"whitelist": whitelist});
        stage.copy(&foreign(whitelist, &changes)).await;
    }
    stage
}

/// Holds: W-23, W-24, W-25, W-22, W-12, W-04, T-55, Q-04, Q-17, Q-19. Answers of every kind, by a
/// seed: only a well-formed ALLOWED for this EVSE lets a driver through whose card must be asked
/// about, and only where there is no answer at all the copy decides of one that need not.
#[tokio::test]
async fn only_a_well_formed_allowed_is_one() {
    let seed = fresh_seed();
    let mut random = Random::new(seed);
    let peer = emsp(Reply::refused(404, 2004, "nothing yet")).await;
    let stage = stage(&peer).await;
    let mut counts = [0; 3];
    for number in 0..ANSWERS {
        let answer = generated(&mut random);
        let reply = Reply::text(answer.status, answer.content_type, answer.text.clone());
        peer.answers(move |_| reply.clone());
        let case = format!(
            "{number} of seed {seed}: {} {}: {:?}",
            answer.status, answer.text, answer.meaning
        );
        counts[answer.meaning as usize] += 1;
        let (allowed, source) = stage.starts("NEVER").await;
        let is_allowed = answer.meaning == Meaning::Allowed;
        assert_eq!(allowed == AllowedType::Allowed, is_allowed, "{case}");
        let is_offline = answer.meaning == Meaning::NoAnswer;
        assert_eq!(source == DecisionSource::Offline, is_offline, "{case}");
        let (allowed, _) = stage.starts("ALLOWED").await;
        let is_accepted = is_allowed || is_offline;
        assert_eq!(allowed == AllowedType::Allowed, is_accepted, "{case}");
    }
    assert!(counts.iter().all(|count| *count > 20), "{counts:?}");
}

/// Holds: W-25. An answer that breaks off anywhere is none that allows.
#[tokio::test]
async fn no_part_of_an_allowed_is_one() {
    let peer = emsp(Reply::refused(404, 2004, "nothing yet")).await;
    let stage = stage(&peer).await;
    let whole = envelope(&allowing(&foreign("NEVER", &json!({})), &json!({}))).to_string();
    for length in 0..=whole.len() {
        let reply = Reply::text(200, "application/json", whole[..length].to_owned());
        peer.answers(move |_| reply.clone());
        let (allowed, source) = stage.starts("NEVER").await;
        let is_whole = length == whole.len();
        assert_eq!(allowed == AllowedType::Allowed, is_whole, "{length}");
        assert_eq!(source, DecisionSource::RealTime, "{length}: it answered");
    }
}

/// Holds: Q-12, W-25. Whatever bytes come: none of them is an ALLOWED by chance.
#[tokio::test]
async fn no_bytes_by_chance_are_an_allowed() {
    let seed = fresh_seed();
    let mut random = Random::new(seed);
    let peer = emsp(Reply::refused(404, 2004, "nothing yet")).await;
    let stage = stage(&peer).await;
    let whole = envelope(&allowing(&foreign("NEVER", &json!({})), &json!({}))).to_string();
    for number in 0..300 {
        let mut bytes = whole.clone().into_bytes();
        for _ in 0..=random.below(6) {
            let place = random.below(bytes.len());
            bytes[place] = u8::try_from(random.below(256)).expect("a byte");
        }
        // What it says after all, read by another hand.
        let read: Option<Value> = serde_json::from_slice(&bytes).ok();
        let says = read.filter(|read| {
            let code = read["status_code"].as_u64().unwrap_or_default();
            (1000..2000).contains(&code) && read["data"]["allowed"] == "ALLOWED"
        });
        let reply = Reply::text(200, "application/json", bytes);
        peer.answers(move |_| reply.clone());
        let (allowed, _) = stage.starts("NEVER").await;
        assert!(
            allowed != AllowedType::Allowed || says.is_some(),
            "{number} of seed {seed}"
        );
    }
}
