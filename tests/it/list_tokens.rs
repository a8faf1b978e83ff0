//! An eMSP's list of Tokens: `docs/protocol.md`, sections P and E.1.

mod crawl;
mod filters;
mod pages;
mod visible;

use serde_json::{Value, json};

use crate::support::http::{Request, Response};
use crate::support::token::{SENDER, card, with};
use crate::support::world::{PUBLIC_URL, TOKEN, World};

/// A page, as far as tests look at it.
struct Page {
    uids: Vec<String>,
    total: String,
    limit: String,
    /// The target of the next page, below the public URL.
    next: Option<String>,
}

/// Reads a page, which must be a success with both of its headers.
fn page(target: &str, response: &Response) -> Page {
    assert_eq!(
        response.codes(),
        (200, 1000),
        "{target}: {}",
        response.message()
    );
    let data = response.data();
    let tokens = data
        .as_array()
        .unwrap_or_else(|| panic!("{target}: {data} is no array"));
    let uid = |token: &Value| token["uid"].as_str().expect("a uid").to_owned();
    let header = |name| {
        response
            .header(name)
            .unwrap_or_else(|| panic!("{target}: {name}"))
    };
    let next = response.header("Link").map(|link| {
        let url = link
            .strip_prefix('<')
            .and_then(|link| link.strip_suffix(">; rel=\"next\""));
        let url = url.unwrap_or_else(|| panic!("{target}: {link}"));
        let below = url.strip_prefix(PUBLIC_URL);
        below
            .unwrap_or_else(|| panic!("{target}: {url} is not below the public URL"))
            .to_owned()
    });
    Page {
        uids: tokens.iter().map(uid).collect(),
        total: header("X-Total-Count").to_owned(),
        limit: header("X-Limit").to_owned(),
        next,
    }
}

/// Asks for a page at this target.
async fn get(world: &World, target: &str) -> Page {
    page(target, &world.call("GET", target, None).await)
}

/// Asks for the list with this query.
async fn list(world: &World, query: &str) -> Page {
    get(world, &format!("{SENDER}?{query}")).await
}

/// The parameters of a target, in their order.
fn parameters(target: &str) -> Vec<&str> {
    let (_, query) = target.split_once('?').expect("a query");
    query.split('&').collect()
}

/// Pushes the Tokens `T000`, `T001`, ... in this order; each is as old as its number in seconds.
async fn push_many(world: &World, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let moment = format!("2025-12-01T00:{:02}:{:02}Z", number / 60, number % 60);
        world
            .push(&with(card(&uid(number)), &json!({"last_updated": moment})))
            .await;
    }
}

fn uid(number: usize) -> String {
    format!("T{number:03}")
}

fn uids(numbers: std::ops::Range<usize>) -> Vec<String> {
    numbers.map(uid).collect()
}

/// A request for the list as the platform of [`TOKEN`].
fn request(query: &str) -> Request {
    Request::new("GET", &format!("{SENDER}?{query}")).token(TOKEN)
}
