//! `token`

use http::Method;
use serde_json::{Value, json};

use crate::cli::args::{TokenArgs, TokenCommand, TokenFieldArgs};
use crate::cli::client::{Client, unreadable};
use crate::cli::request::Request;
use crate::cli::{accounts, export, import, show};
use crate::exit::{Exit, Failure};
use crate::system;

pub(super) async fn run(
    client: &Client,
    command: TokenCommand,
    is_json: bool,
) -> Result<Exit, Failure> {
    match command {
        TokenCommand::Import(args) => import::run(client, args, is_json).await,
        TokenCommand::Export { output, party } => export::tokens(client, output, party).await,
        TokenCommand::Get(token) => get(client, &token, is_json).await,
        TokenCommand::Put { token, fields } => put(client, &token, &fields, is_json).await,
        TokenCommand::Block(token) => set_blocked(client, token, true, is_json).await,
        TokenCommand::Unblock(token) => set_blocked(client, token, false, is_json).await,
    }
}

async fn get(client: &Client, token: &TokenArgs, is_json: bool) -> Result<Exit, Failure> {
    let found = find(client, token).await?;
    if is_json {
        show::json(&found);
    } else {
        show::members(&parsed(&found)?);
    }
    Ok(Exit::Done)
}

async fn find(client: &Client, token: &TokenArgs) -> Result<bytes::Bytes, Failure> {
    let request = Request::new(Method::GET, "tokens").token(token);
    client.send(request).await?.bytes().await
}

async fn put(
    client: &Client,
    token: &TokenArgs,
    fields: &TokenFieldArgs,
    is_json: bool,
) -> Result<Exit, Failure> {
    let mut object = b"{".to_vec();
    for (column, text) in fields.fields() {
        column
            .write(text.as_bytes(), &mut object)
            .map_err(|error| {
                let detail = format!("--{}: {error}", column.name().replace('_', "-"));
                Failure::new(Exit::Usage, detail)
            })?;
    }
    object.push(b'}');
    let request = Request::new(Method::PUT, "tokens")
        .token(token)
        .body("application/json", object);
    let answer = client.send(request).await?;
    let done = if answer.is_created() {
        "created"
    } else {
        "replaced"
    };
    if is_json {
        show::json(&answer.bytes().await?);
    } else {
        system::print(&format!("{}: {done}\n", token.token));
    }
    Ok(Exit::Done)
}

/// The Token must be there: a block of a misspelt one would be taken for a block.
async fn set_blocked(
    client: &Client,
    mut token: TokenArgs,
    is_blocked: bool,
    is_json: bool,
) -> Result<Exit, Failure> {
    let found = parsed(&find(client, &token).await?)?;
    token.token_type = found["type"].as_str().and_then(|text| text.parse().ok());
    accounts::patch(client, &token, &json!({"blocked": is_blocked}), is_json).await
}

/// The JSON of an answer.
pub(super) fn parsed(text: &[u8]) -> Result<Value, Failure> {
    serde_json::from_slice(text).map_err(|error| unreadable(&error))
}
