//! `charge-point`

use http::Method;
use serde_json::{Value, json};

use crate::cli::args::{ChargePointArgs, ChargePointCommand};
use crate::cli::client::Client;
use crate::cli::request::Request;
use crate::cli::show;
use crate::cli::show::{name_of, text_of};
use crate::cli::tokens::parsed;
use crate::exit::{Exit, Failure};
use crate::system;

pub(super) async fn run(
    client: &Client,
    command: ChargePointCommand,
    is_json: bool,
) -> Result<Exit, Failure> {
    let ChargePointCommand::Authorize(args) = command;
    let request = Request::new(Method::POST, "charge-point/authorize").json(&asked(&args));
    let text = client.send(request).await?.bytes().await?;
    if is_json {
        show::json(&text);
    } else {
        show_answer(&parsed(&text)?);
    }
    Ok(Exit::Done)
}

/// The question as the API reads it: what is not given is left out.
fn asked(args: &ChargePointArgs) -> Value {
    let mut asked = json!({"uid": args.uid, "location_id": args.location});
    let mut add = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            asked[name] = value;
        }
    };
    add("type", args.token_type.as_ref().map(|it| json!(it)));
    add("evse_uid", args.evse.as_ref().map(|it| json!(it)));
    add("cpo", args.cpo.map(|it| json!(it)));
    add("commanded_at", args.commanded_at.map(|it| json!(it)));
    let session = session(args);
    add("purpose", session.is_some().then(|| json!("stop")));
    add("session", session);
    asked
}

/// The session that is to be stopped.
fn session(args: &ChargePointArgs) -> Option<Value> {
    if let Some(reference) = &args.stops {
        return Some(json!({"reference": reference}));
    }
    let name = args.stops_token.as_ref()?;
    let mut token = json!(name.party);
    token["uid"] = json!(name.uid);
    if let Some(token_type) = &args.stops_type {
        token["type"] = json!(token_type);
    }
    if let Some(group) = &args.stops_group {
        token["group_id"] = json!(group);
    }
    Some(json!({"token": token}))
}

fn show_answer(answer: &Value) {
    let shown = |name: &str| text_of(&answer[name]);
    let said = format!(
        "{} ({}): {}",
        shown("allowed"),
        shown("source"),
        shown("reason")
    );
    system::print(&format!("{said}\n\n"));
    let rows = [
        (
            "OCPP 1.6",
            text_of(&answer["ocpp_1_6"]["start_transaction"]),
        ),
        ("OCPP 2.0.1", text_of(&answer["ocpp_2_0_1"]["status"])),
        ("token", name_of(&answer["token"], "uid")),
        ("contract_id", text_of(&answer["token"]["contract_id"])),
        ("group_id", text_of(&answer["token"]["group_id"])),
        ("info", text_of(&answer["info"]["text"])),
        ("decided_by", shown("decided_by")),
        ("auth_method", shown("auth_method")),
        ("reference", shown("reference")),
        ("authorization_reference", shown("authorization_reference")),
        ("elapsed_ms", shown("elapsed_ms")),
    ];
    let rows: Vec<[String; 2]> = rows
        .into_iter()
        .map(|(name, value)| [name.to_owned(), value])
        .collect();
    show::names_and_values(&rows);
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(subcommand)]
        command: ChargePointCommand,
    }

    fn asked_by(line: &str) -> Result<Value, clap::Error> {
        let words = "charge-point authorize".split(' ').chain(line.split(' '));
        let ChargePointCommand::Authorize(args) = Line::try_parse_from(words)?.command;
        Ok(asked(&args))
    }

    /// Holds: W-21, W-29. What is given is asked, and nothing is made up.
    #[test]
    fn a_line_becomes_the_question_that_it_says() {
        for (line, expected) in [
            (
                "CARD --location LOC",
                json!({"uid": "CARD", "location_id": "LOC"}),
            ),
            (
                "CARD --location LOC --evse E1 --type RFID --cpo NL/ALF \
                 --commanded-at 2026-01-01T00:00:00Z",
                json!({
                    "uid": "CARD",
                    "location_id": "LOC",
                    "evse_uid": "E1",
                    "type": "RFID",
                    "cpo": {"country_code": "NL", "party_id": "ALF"},
                    "commanded_at": "2026-01-01T00:00:00Z",
                }),
            ),
            (
                "CARD --location LOC --stops R-1",
                json!({
                    "uid": "CARD",
                    "location_id": "LOC",
                    "purpose": "stop",
                    "session": {"reference": "R-1"},
                }),
            ),
            (
                "CARD --location LOC --stops-token DE/TNM/OTHER --stops-type RFID --stops-group G",
                json!({
                    "uid": "CARD",
                    "location_id": "LOC",
                    "purpose": "stop",
                    "session": {"token": {
                        "country_code": "DE",
                        "party_id": "TNM",
                        "uid": "OTHER",
                        "type": "RFID",
                        "group_id": "G",
                    }},
                }),
            ),
        ] {
            assert_eq!(asked_by(line).unwrap(), expected, "{line}");
        }
        for line in [
            "CARD",
            "CARD --location LOC --stops R-1 --stops-token DE/TNM/OTHER",
            "CARD --location LOC --stops R-1 --commanded-at 2026-01-01T00:00:00Z",
            "CARD --location LOC --stops-group G",
        ] {
            assert!(asked_by(line).is_err(), "{line}");
        }
    }
}
