//! The use case over a cell: a whole application, a store in memory, and an eMSP that says what the
//! cell says.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use ocpi_app::{App, ChargePointRequest, StartedBy, Wanted};
use ocpi_domain::authorization::ocpp::Ocpp201Status;
use ocpi_domain::{
    AllowedType, AuthMethod, DateTime, DecisionSource, NoAnswer, Profile, Role, Token, TokenMarks,
    TokenType,
};
use ocpi_memstore::MemStore;
use ocpi_ports::{
    MockRemotePlatform, RemoteAuthorization, RemoteError, TokenRepository, TokenWrite,
};
use serde_json::json;

use super::cell::{Cell, Command, Copied, EITHER, Emsp, NO_ANSWERS, Relation, Shown};
use crate::support::clock::START;
use crate::support::remote::connected;
use crate::support::token::{card, with};
use crate::support::world::{WorldBuilder, hosted, party, platform};

/// How long a command counts, milliseconds.
const COMMAND_MS: i64 = 15 * 60 * 1000;

/// What became of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) accepts: bool,
    pub(super) source: DecisionSource,
    /// How often an eMSP was asked.
    pub(super) asked: usize,
    /// What a charge point is told.
    pub(super) ocpp: Ocpp201Status,
    pub(super) auth_method: Option<AuthMethod>,
}

/// What the operator has set: one application each.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Settings {
    prefer_cache: bool,
    ask_unknown: bool,
    no_answer: NoAnswer,
}

impl Settings {
    pub(super) fn of(cell: &Cell) -> Settings {
        Settings {
            prefer_cache: cell.prefer_cache,
            ask_unknown: cell.ask_unknown,
            no_answer: cell.no_answer,
        }
    }

    pub(super) fn all() -> impl Iterator<Item = Settings> {
        let pairs = EITHER
            .into_iter()
            .flat_map(|one| EITHER.map(|other| (one, other)));
        pairs.flat_map(|(prefer_cache, ask_unknown)| {
            NO_ANSWERS.map(|no_answer| Settings {
                prefer_cache,
                ask_unknown,
                no_answer,
            })
        })
    }
}

/// What an eMSP says of a uid, and how often it was asked.
type Script = Arc<Mutex<HashMap<String, (Cell, usize)>>>;

/// An application of a CPO that knows one eMSP.
pub(super) struct Stage {
    app: Arc<App>,
    store: Arc<MemStore>,
    script: Script,
}

/// The uid of a cell; of an EMAID it says the eMSP.
fn uid_of(number: usize, cell: &Cell) -> String {
    match cell.kind.token_type() {
        TokenType::Emaid => format!("DE*TNM*C{number:08}"),
        _ => format!("C{number:08}"),
    }
}

/// The Token of a cell.
fn token_of(uid: &str, cell: &Cell) -> Token {
    let group = match cell.shown {
        Shown::ToStop(Relation::OtherGroup) => "OTHERS",
        _ => "FLEET",
    };
    let changes = json!({
        "country_code": "DE", "party_id": "TNM", "type": cell.kind.token_type(),
        "group_id": group, "valid": cell.valid, "whitelist": cell.whitelist,
    });
    serde_json::from_value(with(card(uid), &changes)).expect("a Token")
}

fn says(uid: &str, cell: &Cell) -> Result<Option<RemoteAuthorization>, RemoteError> {
    let allowed = match cell.emsp {
        Emsp::Allows => AllowedType::Allowed,
        Emsp::Refuses => AllowedType::Blocked,
        Emsp::DoesNotKnow => return Ok(None),
        Emsp::IsSilent => {
            return Err(RemoteError::TimedOut {
                url: "https://emsp.example.com".to_owned(),
                timeout_ms: 1500,
            });
        }
    };
    Ok(Some(RemoteAuthorization {
        allowed,
        status: None,
        location: None,
        authorization_reference: None,
        info: None,
        token: Some(Box::new(token_of(uid, cell))),
    }))
}

impl Stage {
    pub(super) async fn of(settings: Settings) -> Stage {
        let script = Script::default();
        let mut remote = MockRemotePlatform::new();
        let asking = Arc::clone(&script);
        remote
            .expect_authorize_token()
            .returning(move |_, _, uid, _, _| {
                let mut script = asking.lock().expect("nobody panics with it");
                let (cell, asked) = script.get_mut(uid.as_str()).expect("a card of the script");
                *asked += 1;
                says(uid.as_str(), cell)
            });
        let mut builder = WorldBuilder::new();
        builder.hosted = vec![hosted("NL", "ALF", &[Role::Cpo])];
        let profile = Profile {
            prefer_cache: settings.prefer_cache,
            ask_unknown: settings.ask_unknown,
            no_answer: settings.no_answer,
            ..Profile::default()
        };
        let emsp = platform("emsp", profile, &[("DE", "TNM", Role::Emsp)]);
        builder.platforms = vec![connected(emsp)];
        // A breaker is another matter: here each question is the first.
        builder.options.charge_point.breaker_failures = u32::MAX;
        let store = Arc::clone(&builder.store);
        let ports = |ports| ocpi_app::Ports {
            remote: Arc::new(remote),
            ..ports
        };
        let (app, _) = builder.ports(ports).build().await;
        Stage { app, store, script }
    }

    /// Prepares what is known of the cards of these cells, and what the eMSP says of them.
    pub(super) async fn know(&self, cells: &[Cell]) {
        let cells = || cells.iter().enumerate();
        let copied = cells().filter(|(_, cell)| cell.copied != Copied::Never);
        let writes = copied.map(|(number, cell)| TokenWrite {
            token: Arc::new(token_of(&uid_of(number, cell), cell)),
            marks: TokenMarks {
                absent: cell.copied == Copied::Absent,
                ..TokenMarks::default()
            },
            follows: None,
        });
        let written = self.store.put_tokens(writes.collect()).await;
        let written = written.expect("the store writes");
        assert!(written.iter().all(Option::is_some), "each once");
        let mut script = self.script.lock().expect("nobody panics with it");
        script.extend(cells().map(|(number, cell)| (uid_of(number, cell), (*cell, 0))));
    }

    /// What becomes of the cell of this number.
    pub(super) async fn decide(&self, number: usize, cell: &Cell) -> Outcome {
        let uid = uid_of(number, cell);
        let now: DateTime = START.parse().expect("a moment");
        let wanted = match cell.shown {
            Shown::ToStart(command) => Wanted::Start {
                commanded_at: match command {
                    Command::Never => None,
                    Command::Fresh => Some(now.plus_ms(1 - COMMAND_MS)),
                    Command::Old => Some(now.plus_ms(-COMMAND_MS)),
                },
            },
            Shown::ToStop(relation) => Wanted::Stop(StartedBy::Token {
                party: match relation {
                    Relation::OtherParty => party("FR", "XYZ"),
                    _ => party("DE", "TNM"),
                },
                uid: match relation {
                    Relation::Same => uid.parse().expect("a uid"),
                    _ => "STARTED".parse().expect("a uid"),
                },
                token_type: cell.kind.token_type(),
                group_id: Some("FLEET".parse().expect("a group")),
            }),
        };
        let request = ChargePointRequest {
            cpo: None,
            uid: uid.parse().expect("a uid"),
            token_type: Some(cell.kind.token_type()),
            location_id: "LOC1".parse().expect("a location"),
            evse_uid: Some("E1".parse().expect("an EVSE")),
            wanted,
        };
        let answered = self.app.authorize_at_charge_point(request).await;
        let answer = answered.unwrap_or_else(|error| panic!("{cell:?}: {error}"));
        assert!(!answer.reason.is_empty(), "{cell:?}: it says why");
        let script = self.script.lock().expect("nobody panics with it");
        Outcome {
            accepts: answer.allowed == AllowedType::Allowed,
            source: answer.source,
            asked: script[&uid].1,
            ocpp: answer.ocpp_2_0_1,
            auth_method: answer.auth_method,
        }
    }
}
