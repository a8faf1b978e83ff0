//! A CPO's copies of Tokens: `docs/protocol.md`, section K.

mod addressing;
mod patch;
mod put;
mod rivals;
mod stale;

use serde_json::Value;

use crate::support::http::{Request, Response};
use crate::support::world::{TOKEN, World};

/// Sends a request that must be refused with these codes: nothing may be shown, and nothing
/// written.
async fn refused(
    world: &World,
    method: &str,
    target: &str,
    body: Option<&Value>,
    codes: (u16, u64),
) -> Response {
    let before = world.snapshot().await;
    let request = Request::new(method, target).token(TOKEN);
    let response = world
        .send(
            &body
                .iter()
                .fold(request, |request, body| request.json(body)),
        )
        .await;
    let said = response.message();
    let sent = body.map(Value::to_string).unwrap_or_default();
    assert_eq!(response.codes(), codes, "{method} {target} {sent}: {said}");
    assert!(
        !said.is_empty(),
        "{method} {target} {sent}: a refusal says why"
    );
    assert_eq!(
        response.json().get("data"),
        None,
        "{method} {target} {sent}"
    );
    assert_eq!(
        world.snapshot().await,
        before,
        "{method} {target} {sent}: written"
    );
    response
}

/// Sends a write that must be taken, with HTTP status 200 and no `data`.
async fn taken(world: &World, method: &str, target: &str, body: &Value) {
    let response = world.call(method, target, Some(body)).await;
    assert_eq!(
        response.codes(),
        (200, 1000),
        "{target} {body}: {}",
        response.message()
    );
    assert_eq!(response.json().get("data"), None, "{target} {body}");
}
