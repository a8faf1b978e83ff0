//! What there is, for programs.

use http::{Method, StatusCode};

use crate::answer;
use crate::endpoint::{Access, Call, Endpoint, Success};

pub(super) static ENDPOINTS: [Endpoint; 1] = [Endpoint {
    method: Method::GET,
    path: "/admin/v1/openapi.json",
    id: "getOpenApi",
    summary: "This document",
    access: Access::AdminToken,
    query: &[],
    headers: &[],
    body: None,
    successes: &[Success::json(200, "The document, OpenAPI 3.1.", "OpenApi")],
    refusals: &[],
    asks_store: false,
    handler: |call: Call<'_>| {
        Box::pin(async move {
            let document = call.server.openapi.clone();
            Ok(answer::bytes(StatusCode::OK, "application/json", document))
        })
    },
}];
