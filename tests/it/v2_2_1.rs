//! What is other in 2.2.1: the types of Tokens, prices, and hubs.

mod sessions;
mod tokens;

use serde_json::Value;

use crate::support::http::{Request, Response};
use crate::support::world::{TOKEN, World};

/// Sends a request whose body is this JSON.
async fn send(world: &World, method: &str, target: &str, body: &Value) -> Response {
    let request = Request::new(method, target).token(TOKEN).json(body);
    world.send(&request).await
}
