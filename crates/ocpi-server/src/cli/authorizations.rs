//! `authorizations`

use http::Method;
use serde_json::Value;

use crate::cli::args::{AuthorizationsCommand, FilterArgs};
use crate::cli::client::Client;
use crate::cli::request::Request;
use crate::cli::show::{place_of, text_of};
use crate::cli::tokens::parsed;
use crate::cli::{export, sessions, show};
use crate::exit::{Exit, Failure};
use crate::system;

pub(super) async fn run(
    client: &Client,
    command: AuthorizationsCommand,
    is_json: bool,
) -> Result<Exit, Failure> {
    match command {
        AuthorizationsCommand::List {
            filter,
            limit,
            after,
        } => {
            let request = list(&filter, limit, after.as_deref());
            let page = client.send(request).await?.bytes().await?;
            if is_json {
                show::json(&page);
            } else {
                show_page(&parsed(&page)?);
            }
        }
        AuthorizationsCommand::Export { output, filter } => {
            export::records(client, output, &filter).await?;
        }
        AuthorizationsCommand::Get { reference } => {
            let request = Request::new(Method::GET, "authorizations").segment(reference.as_str());
            let record = client.send(request).await?.bytes().await?;
            if is_json {
                show::json(&record);
            } else {
                show_record(parsed(&record)?);
            }
        }
    }
    Ok(Exit::Done)
}

/// Asks for a page of records.
pub(super) fn list(filter: &FilterArgs, limit: u32, after: Option<&str>) -> Request {
    Request::new(Method::GET, "authorizations")
        .query("token_uid", filter.token_uid.as_ref())
        .query("from", filter.from)
        .query("to", filter.to)
        .query("allowed", filter.allowed)
        .query("platform", filter.platform.as_ref())
        .query("limit", Some(limit))
        .query("after", after)
}

fn show_record(mut record: Value) {
    let mut take = |name: &str| record.as_object_mut().and_then(|it| it.remove(name));
    let (followed, charge_point) = (take("sessions"), take("charge_point"));
    show::members(&record);
    if let Some(charge_point) = charge_point {
        system::print("\nAt a charge point of ours:\n");
        show::members(&charge_point);
    }
    let followed = followed.as_ref().and_then(Value::as_array);
    if let Some(followed) = followed.filter(|sessions| !sessions.is_empty()) {
        system::print("\nThe sessions that followed:\n");
        sessions::show_items(followed);
    }
}

fn show_page(page: &Value) {
    let records = page["items"].as_array();
    let rows = records.into_iter().flatten().map(|record| {
        [
            text_of(&record["at"]),
            text_of(&record["reference"]),
            text_of(&record["token_uid"]),
            place_of(&record["asked"]),
            text_of(&record["allowed"]),
            text_of(&record["rule"]),
            text_of(&record["platform"]),
        ]
    });
    let names = [
        "AT",
        "REFERENCE",
        "TOKEN",
        "ASKED",
        "ALLOWED",
        "RULE",
        "PLATFORM",
    ];
    show::table(names, rows.collect());
    if let Some(next) = page["next"].as_str() {
        system::print(&format!("there are more: --after {next}\n"));
    }
}
