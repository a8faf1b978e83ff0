//! Tokens on their way: how far they are, and asking for more.

use http::{Method, StatusCode};
use ocpi_app::{BehindView, PlatformSync, PullView, PushView, RunState};
use ocpi_domain::{DateTime, PlatformId};
use serde::{Deserialize, Serialize};

use super::slots::TokenName;
use crate::answer::{self, Answer};
use crate::endpoint::{Access, BodyKind, Call, Endpoint, Refusal, Success};
use crate::failure::Failure;
use crate::page::Items;

const PATH: &str = "/admin/v1/sync";

pub(super) static ENDPOINTS: [Endpoint; 2] = [
    Endpoint {
        method: Method::GET,
        path: PATH,
        id: "getSync",
        summary: "How far the exchange of Tokens is with each platform that they are pushed to or \
                  pulled from",
        access: Access::AdminToken,
        query: &[],
        headers: &[],
        body: None,
        successes: &[Success::json(200, "All of them.", "PlatformSyncPage")],
        refusals: &[],
        asks_store: true,
        handler: |call| Box::pin(list(call)),
    },
    Endpoint {
        method: Method::POST,
        path: PATH,
        id: "requestSync",
        summary: "Asks for a push to, or a pull from, one platform or all, at once and whatever \
                  pause is on",
        access: Access::AdminToken,
        query: &[],
        headers: &[],
        body: Some(BodyKind::Json("SyncRequest")),
        successes: &[Success::json(
            202,
            "It is asked for; how far the exchange is now.",
            "PlatformSyncPage",
        )],
        refusals: &[
            Refusal::new(404, "There is no such platform."),
            Refusal::new(
                409,
                "Tokens are not exchanged with the platform so; `detail` says why.",
            ),
        ],
        asks_store: true,
        handler: |call| Box::pin(request(call)),
    },
];

/// What is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SyncRequest {
    what: Direction,
    platform: Option<PlatformId>,
    #[serde(default)]
    everything: bool,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Direction {
    Push,
    Pull,
}

/// How far the exchange with one platform is.
#[derive(Serialize)]
pub(crate) struct ShownSync<'a> {
    platform: &'a PlatformId,
    push: Option<ShownPush<'a>>,
    pull: Option<ShownPull<'a>>,
}

#[derive(Serialize)]
struct ShownPush<'a> {
    state: &'static str,
    pending: u64,
    behind_since: Option<DateTime>,
    taken_at: Option<DateTime>,
    taken: u64,
    failures: u32,
    failure: Option<&'a str>,
    next_at: Option<DateTime>,
    behind: Vec<ShownBehind<'a>>,
}

#[derive(Serialize)]
struct ShownBehind<'a> {
    token: TokenName<'a>,
    attempts: u32,
    next_at: DateTime,
    reason: &'a str,
}

#[derive(Serialize)]
struct ShownPull<'a> {
    state: &'static str,
    all: Option<bool>,
    pages: u64,
    seen: u64,
    total: Option<u64>,
    changed: u64,
    left_out: u64,
    left_out_reason: Option<&'a str>,
    pulled_at: Option<DateTime>,
    all_pulled_at: Option<DateTime>,
    failures: u32,
    failure: Option<&'a str>,
    next_at: Option<DateTime>,
}

/// The names of what can be done with a platform now.
pub(crate) const STATES: [&str; 3] = ["idle", "running", "backing_off"];

fn name_of(state: RunState) -> &'static str {
    let [idle, running, backing_off] = STATES;
    match state {
        RunState::Idle => idle,
        RunState::Running => running,
        RunState::BackingOff => backing_off,
    }
}

impl<'a> From<&'a PlatformSync> for ShownSync<'a> {
    fn from(sync: &'a PlatformSync) -> ShownSync<'a> {
        ShownSync {
            platform: &sync.platform,
            push: sync.push.as_ref().map(Into::into),
            pull: sync.pull.as_ref().map(Into::into),
        }
    }
}

impl<'a> From<&'a PushView> for ShownPush<'a> {
    fn from(push: &'a PushView) -> ShownPush<'a> {
        ShownPush {
            state: name_of(push.state),
            pending: push.pending,
            behind_since: push.behind_since,
            taken_at: push.taken_at,
            taken: push.taken,
            failures: push.failures,
            failure: push.failure.as_deref(),
            next_at: push.next_at,
            behind: push.behind.iter().map(Into::into).collect(),
        }
    }
}

impl<'a> From<&'a BehindView> for ShownBehind<'a> {
    fn from(behind: &'a BehindView) -> ShownBehind<'a> {
        ShownBehind {
            token: (&behind.key).into(),
            attempts: behind.attempts,
            next_at: behind.next_at,
            reason: &behind.reason,
        }
    }
}

impl<'a> From<&'a PullView> for ShownPull<'a> {
    fn from(pull: &'a PullView) -> ShownPull<'a> {
        ShownPull {
            state: name_of(pull.state),
            all: pull.all,
            pages: pull.pages,
            seen: pull.seen,
            total: pull.total,
            changed: pull.changed,
            left_out: pull.left_out,
            left_out_reason: pull.left_out_reason.as_deref(),
            pulled_at: pull.pulled_at,
            all_pulled_at: pull.all_pulled_at,
            failures: pull.failures,
            failure: pull.failure.as_deref(),
            next_at: pull.next_at,
        }
    }
}

/// Everything in one page: there are as many items as platforms, and those are hundreds.
pub(crate) fn page(platforms: &[PlatformSync]) -> Items<ShownSync<'_>> {
    Items {
        items: platforms.iter().map(Into::into).collect(),
        next: None,
    }
}

async fn list(call: Call<'_>) -> Result<Answer, Failure> {
    let platforms = call.server.app.sync_status().await?;
    Ok(answer::found(&page(&platforms)))
}

async fn request(mut call: Call<'_>) -> Result<Answer, Failure> {
    let asked: SyncRequest = call.read_body().await?;
    let app = &call.server.app;
    let platform = asked.platform.as_ref();
    match asked.what {
        Direction::Push => app.request_push(platform, asked.everything).await?,
        Direction::Pull => app.request_pull(platform, asked.everything).await?,
    }
    let platforms = app.sync_status().await?;
    Ok(answer::json(StatusCode::ACCEPTED, &page(&platforms)))
}

/// Whether this body is taken for a request.
#[cfg(test)]
pub(crate) fn reads(body: &serde_json::Value) -> bool {
    crate::json::read::<SyncRequest>(body.to_string().as_bytes()).is_ok()
}
