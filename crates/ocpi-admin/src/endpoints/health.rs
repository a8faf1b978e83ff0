//! Health and metrics: open to all who reach the listener.

use http::{Method, StatusCode};
use serde::Serialize;

use crate::answer::{self, Answer};
use crate::endpoint::{Access, Call, Content, Endpoint, Success};
use crate::failure::Failure;

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub(super) static ENDPOINTS: [Endpoint; 3] = [
    Endpoint {
        method: Method::GET,
        path: "/health/live",
        id: "isLive",
        summary: "Whether the server runs",
        access: Access::Open,
        query: &[],
        headers: &[],
        body: None,
        successes: &[Success::json(200, "It runs.", "Health")],
        refusals: &[],
        asks_store: false,
        handler: |_| Box::pin(async { Ok(healthy("live")) }),
    },
    Endpoint {
        method: Method::GET,
        path: "/health/ready",
        id: "isReady",
        summary: "Whether the server can answer: it is not stopping, and its store works",
        access: Access::Open,
        query: &[],
        headers: &[],
        body: None,
        successes: &[Success::json(200, "It can answer.", "Health")],
        refusals: &[],
        asks_store: true,
        handler: |call| Box::pin(ready(call)),
    },
    Endpoint {
        method: Method::GET,
        path: "/metrics",
        id: "getMetrics",
        summary: "What the server counts, for Prometheus",
        access: Access::Open,
        query: &[],
        headers: &[],
        body: None,
        successes: &[Success {
            status: 200,
            when: "The metrics in the text format of OpenMetrics.",
            content: Content::Text(OPENMETRICS),
            headers: &[],
        }],
        refusals: &[],
        asks_store: false,
        handler: |call| Box::pin(async move { metrics(&call) }),
    },
];

/// All is well.
#[derive(Serialize)]
pub(crate) struct Health {
    pub(crate) status: &'static str,
}

fn healthy(status: &'static str) -> Answer {
    answer::found(&Health { status })
}

async fn ready(call: Call<'_>) -> Result<Answer, Failure> {
    if *call.server.stopping.borrow() {
        return Err(Failure::NotReady(
            "the server is stopping: requests in flight are finished, no new ones are taken"
                .to_owned(),
        ));
    }
    match call.server.app.check_ready().await {
        Ok(()) => Ok(healthy("ready")),
        Err(error) => Err(Failure::NotReady(error.to_string())),
    }
}

fn metrics(call: &Call<'_>) -> Result<Answer, Failure> {
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &call.server.registry)
        .map_err(|_| Failure::Panicked)?;
    Ok(answer::bytes(StatusCode::OK, OPENMETRICS, text))
}
