//! `sync`: how far Tokens are on their way, and asking for a push or a pull.

mod meter;
mod standing;

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use tokio::sync::watch;

use self::meter::Meter;
use self::standing::{Direction, Standing, Waited};
use crate::cli::args::{SyncArgs, SyncCommand};
use crate::cli::client::Client;
use crate::cli::request::Request;
use crate::cli::show;
use crate::cli::show::text_of;
use crate::cli::tokens::parsed;
use crate::exit::{Exit, Failure};
use crate::{signals, system};

/// How often it is looked at what is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(200);

pub(super) async fn run(
    client: &Client,
    command: SyncCommand,
    is_json: bool,
) -> Result<Exit, Failure> {
    match command {
        SyncCommand::Status => status(client, is_json).await,
        SyncCommand::Push(args) => exchange(client, Direction::Push, &args, is_json).await,
        SyncCommand::Pull(args) => exchange(client, Direction::Pull, &args, is_json).await,
    }
}

fn look() -> Request {
    Request::new(Method::GET, "sync")
}

async fn status(client: &Client, is_json: bool) -> Result<Exit, Failure> {
    let page = client.send(look()).await?.bytes().await?;
    if is_json {
        show::json(&page);
        return Ok(Exit::Done);
    }
    let page = parsed(&page)?;
    let rows: Vec<_> = items(&page).iter().flat_map(rows_of).collect();
    if rows.is_empty() {
        system::print(
            "Tokens are exchanged with nobody: no platform that is a CPO or an eMSP can be called\n",
        );
    } else {
        let names = [
            "PLATFORM", "WHAT", "STATE", "LEFT", "LAST", "NEXT", "TROUBLE",
        ];
        show::table(names, rows);
    }
    Ok(Exit::Done)
}

fn items(page: &Value) -> &[Value] {
    page["items"].as_array().map_or(&[], Vec::as_slice)
}

/// A line for each direction of a platform.
fn rows_of(item: &Value) -> Vec<[String; 7]> {
    let row = |direction: Direction, left: &Value, last: &str| {
        let view = &item[direction.name()];
        (!view.is_null()).then(|| {
            [
                text_of(&item["platform"]),
                direction.name().to_owned(),
                text_of(&view["state"]),
                text_of(left),
                text_of(&view[last]),
                text_of(&view["next_at"]),
                standing::trouble(direction, view).unwrap_or_else(|| "-".to_owned()),
            ]
        })
    };
    let (push, pull) = (&item["push"], &item["pull"]);
    let left = match (pull["total"].as_u64(), pull["seen"].as_u64()) {
        (Some(total), Some(seen)) => json!(total.saturating_sub(seen)),
        _ => Value::Null,
    };
    [
        row(Direction::Push, &push["pending"], "taken_at"),
        row(Direction::Pull, &left, "pulled_at"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Asks for a push or a pull, and waits for its end.
async fn exchange(
    client: &Client,
    direction: Direction,
    args: &SyncArgs,
    is_json: bool,
) -> Result<Exit, Failure> {
    if args.no_wait && client.is_in_process() {
        let detail = "sync --no-wait: the server must run, for nobody else goes on; start it, or \
                      leave --no-wait out";
        return Err(Failure::new(Exit::Unreachable, detail));
    }
    let before = parsed(&client.send(look()).await?.bytes().await?)?;
    let asked = json!({
        "what": direction.name(),
        "platform": args.platform,
        "everything": args.everything,
    });
    let request = Request::new(Method::POST, "sync").json(&asked);
    let page = client.send(request).await?.bytes().await?;
    if args.no_wait {
        if is_json {
            show::json(&page);
        } else {
            system::print("asked for; `ocpi-server sync status` says how far it is\n");
        }
        return Ok(Exit::Done);
    }
    let chosen = |item: &&Value| {
        let id = args.platform.as_ref();
        id.is_none_or(|id| item["platform"] == id.as_str())
    };
    let waited = items(&before).iter().filter(chosen);
    let waited = waited.filter_map(|item| Waited::begin(direction, item, args.everything));
    let mut waited: Vec<Waited> = waited.collect();
    if waited.is_empty() {
        if is_json {
            show::json(&page);
        } else {
            system::print(&direction.nobody());
        }
        return Ok(Exit::Done);
    }
    let ended = client
        .while_exchanging(wait(client, &mut waited, is_json))
        .await?;
    let page = client.send(look()).await?.bytes().await?;
    if is_json {
        show::json(&page);
    } else {
        for it in &waited {
            system::print(&it.summary());
        }
    }
    Ok(ended)
}

/// Looks at it until all that is waited for is over, or a signal comes.
async fn wait(client: &Client, waited: &mut [Waited], is_json: bool) -> Result<Exit, Failure> {
    let (stop_sender, mut stop) = watch::channel(false);
    signals::stop_on_signal(stop_sender)?;
    let mut meter = Meter::new(is_json);
    loop {
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => {
                meter.end();
                if !is_json {
                    system::print_to_stderr(how_it_goes_on(client));
                }
                return Ok(Exit::Partly);
            }
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        let page = parsed(&client.send(look()).await?.bytes().await?)?;
        for it in waited.iter_mut() {
            let item = items(&page).iter().find(|item| it.is_of(item));
            it.look(item);
        }
        meter.show(waited);
        let standings = waited.iter().map(Waited::standing);
        if let Some(worst) = standings.max().filter(|worst| *worst != Standing::Waiting) {
            meter.end();
            return Ok(match worst {
                Standing::Failed => Exit::Failed,
                Standing::Partly => Exit::Partly,
                Standing::Done | Standing::Waiting => Exit::Done,
            });
        }
    }
}

fn how_it_goes_on(client: &Client) -> &'static str {
    if client.is_in_process() {
        "stopped: what is done is kept, and the same command goes on from there\n"
    } else {
        "not waited for any more: the server goes on, and `ocpi-server sync status` says how far \
         it is\n"
    }
}
