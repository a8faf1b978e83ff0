//! `explain`

use http::Method;
use serde_json::{Value, json};

use crate::cli::args::ExplainArgs;
use crate::cli::client::Client;
use crate::cli::request::Request;
use crate::cli::show;
use crate::cli::show::{name_of, place_of, place_with_evse, text_of};
use crate::cli::tokens::parsed;
use crate::exit::{Exit, Failure};
use crate::system;

pub(super) async fn run(
    client: &Client,
    question: ExplainArgs,
    is_json: bool,
) -> Result<Exit, Failure> {
    let request = Request::new(Method::POST, "explain").json(&asked(&question));
    let text = client.send(request).await?.bytes().await?;
    if is_json {
        show::json(&text);
    } else {
        show_explanation(&parsed(&text)?);
    }
    Ok(Exit::Done)
}

/// The question as the API reads it: what is not given is left out.
fn asked(question: &ExplainArgs) -> Value {
    let token = &question.token;
    let mut asked = json!({
        "country_code": token.token.party.country_code,
        "party_id": token.token.party.party_id,
        "uid": token.token.uid,
    });
    let mut add = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            asked[name] = value;
        }
    };
    add("type", token.token_type.as_ref().map(|it| json!(it)));
    add(
        "location_id",
        question.location.as_ref().map(|it| json!(it)),
    );
    add(
        "evse_uids",
        (!question.evse.is_empty()).then(|| json!(question.evse)),
    );
    add("cpo", question.cpo.as_ref().map(|it| json!(it)));
    add("platform", question.platform.as_ref().map(|it| json!(it)));
    add("at", question.at.map(|it| json!(it)));
    asked
}

fn show_explanation(explanation: &Value) {
    let shown = |name: &str| text_of(&explanation[name]);
    let mut answer = if explanation["allowed"].is_null() {
        format!(
            "no decision but an OCPI error, by the rule {}",
            shown("rule")
        )
    } else {
        format!(
            "{} ({}), by the rule {}",
            shown("allowed"),
            shown("status"),
            shown("rule")
        )
    };
    if !explanation["location"].is_null() {
        answer = format!("{answer}, at {}", place_of(&explanation["location"]));
    }
    if let Some(text) = explanation["info"]["text"].as_str() {
        answer = format!("{answer}: {text}");
    }
    system::print(&format!("{answer}\n\n"));
    let steps = explanation["trail"].as_array();
    let rows = steps.into_iter().flatten().map(|step| {
        [
            text_of(&step["rule"]),
            text_of(&step["outcome"]),
            step["detail"].as_str().unwrap_or_default().to_owned(),
        ]
    });
    show::table(["RULE", "OUTCOME", "DETAIL"], rows.collect());
    if let Some(slots) = explanation["slots"].as_array() {
        show_slots(slots);
    }
}

/// What counts against the limit of sessions at once.
fn show_slots(slots: &[Value]) {
    if slots.is_empty() {
        return;
    }
    system::print("\nSessions that count, and authorizations that wait for theirs:\n");
    let rows = slots.iter().map(|slot| {
        let (kind, name) = if slot["session"].is_null() {
            ("authorization", text_of(&slot["authorization_reference"]))
        } else {
            ("session", name_of(&slot["session"], "id"))
        };
        [
            kind.to_owned(),
            name,
            name_of(&slot["token"], "uid"),
            place_with_evse(slot),
            text_of(&slot["platform"]),
            text_of(&slot["until"]),
        ]
    });
    let names = ["HELD BY", "NAME", "TOKEN", "AT", "PLATFORM", "UNTIL"];
    show::table(names, rows.collect());
}
