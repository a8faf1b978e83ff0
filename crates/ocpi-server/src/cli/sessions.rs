//! `session`

use http::Method;
use serde_json::Value;

use crate::cli::args::SessionCommand;
use crate::cli::client::Client;
use crate::cli::request::Request;
use crate::cli::show;
use crate::cli::show::{name_of, place_with_evse, text_of};
use crate::cli::tokens::parsed;
use crate::exit::{Exit, Failure};
use crate::system;

pub(super) async fn run(
    client: &Client,
    command: SessionCommand,
    is_json: bool,
) -> Result<Exit, Failure> {
    let SessionCommand::List {
        active,
        token_uid,
        platform,
        limit,
        after,
    } = command;
    let request = Request::new(Method::GET, "sessions")
        .query("active", active.then_some(true))
        .query("token_uid", token_uid)
        .query("platform", platform)
        .query("limit", Some(limit))
        .query("after", after);
    let page = client.send(request).await?.bytes().await?;
    if is_json {
        show::json(&page);
    } else {
        show_page(&parsed(&page)?);
    }
    Ok(Exit::Done)
}

fn show_page(page: &Value) {
    show_items(page["items"].as_array().map_or(&[], Vec::as_slice));
    if let Some(next) = page["next"].as_str() {
        system::print(&format!("there are more: --after {next}\n"));
    }
}

/// Prints sessions, one a line.
pub(super) fn show_items(items: &[Value]) {
    let rows = items.iter().map(|item| {
        let session = &item["session"];
        [
            text_of(&session["start_date_time"]),
            name_of(session, "id"),
            token_of(item),
            place_with_evse(session),
            text_of(&session["status"]),
            text_of(&item["active_until"]),
            text_of(&item["platform"]),
        ]
    });
    let names = [
        "STARTED",
        "SESSION",
        "TOKEN",
        "AT",
        "STATUS",
        "ACTIVE UNTIL",
        "PLATFORM",
    ];
    show::table(names, rows.collect());
}

/// Whose session it is, and whether we know that Token.
fn token_of(item: &Value) -> String {
    let token = name_of(&item["token"], "uid");
    match item["token_known"].as_bool() {
        Some(true) => token,
        _ => format!("{token} (unknown)"),
    }
}
