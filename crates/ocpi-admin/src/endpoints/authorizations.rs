//! The records of authorizations.

use http::Method;
use ocpi_app::FoundAuthorization;
use ocpi_domain::{AuthorizationRecord, DateTime};
use ocpi_ports::RecordQuery;
use serde::Serialize;

use super::parameters::{AFTER, LIMIT};
use super::sessions::SessionItem;
use crate::answer::{self, Answer};
use crate::endpoint::{Access, Call, Endpoint, Parameter, Refusal, Success};
use crate::failure::Failure;
use crate::page::Items;
use crate::schema;

pub(super) static ENDPOINTS: [Endpoint; 2] = [
    Endpoint {
        method: Method::GET,
        path: "/admin/v1/authorizations",
        id: "listAuthorizations",
        summary: "Records of authorize requests, the newest first: those that match every \
                  parameter",
        access: Access::AdminToken,
        query: &[
            Parameter {
                name: "token_uid",
                description: "The uid that was asked for, without case.",
                schema: schema::authorization::asked_uid,
            },
            Parameter {
                name: "from",
                description: "The first moment of the answer.",
                schema: schema::date_time,
            },
            Parameter {
                name: "to",
                description: "The first moment after it: exclusive.",
                schema: schema::date_time,
            },
            Parameter {
                name: "allowed",
                description: "The answer.",
                schema: schema::authorization::allowed,
            },
            Parameter {
                name: "platform",
                description: "Who asked.",
                schema: schema::platform::id,
            },
            LIMIT,
            AFTER,
        ],
        headers: &[],
        body: None,
        successes: &[Success::json(
            200,
            "A page of records.",
            "AuthorizationPage",
        )],
        refusals: &[],
        asks_store: true,
        handler: |call| Box::pin(list(call)),
    },
    Endpoint {
        method: Method::GET,
        path: "/admin/v1/authorizations/{reference}",
        id: "getAuthorization",
        summary: "The record of one authorize request, and the sessions that followed it",
        access: Access::AdminToken,
        query: &[],
        headers: &[],
        body: None,
        successes: &[Success::json(200, "The record.", "Authorization")],
        refusals: &[Refusal::new(
            404,
            "There is no record of that reference, or it was forgotten.",
        )],
        asks_store: true,
        handler: |call| Box::pin(get(call)),
    },
];

/// A record with what came of it.
#[derive(Serialize)]
pub(crate) struct Authorization<'a> {
    #[serde(flatten)]
    record: &'a AuthorizationRecord,
    sessions: Vec<SessionItem<'a>>,
}

impl<'a> Authorization<'a> {
    /// The authorization, its sessions as they stand at that moment.
    pub(crate) fn of(found: &'a FoundAuthorization, now: DateTime) -> Authorization<'a> {
        let sessions = found.sessions.iter();
        Authorization {
            record: &found.record,
            sessions: sessions.map(|it| SessionItem::of(it, now)).collect(),
        }
    }
}

async fn list(call: Call<'_>) -> Result<Answer, Failure> {
    let query = RecordQuery {
        token_uid: call.query.read("token_uid")?,
        from: call.query.moment("from")?,
        to: call.query.moment("to")?,
        platform: call.query.read("platform")?,
        allowed: call.query.read("allowed")?,
    };
    let (after, limit) = (call.query.after()?, call.query.limit()?);
    let app = &call.server.app;
    let found = app.list_authorizations(&query, after, limit + 1).await?;
    Ok(answer::found(&Items::first(
        found,
        limit,
        |last| last.cursor.0.to_string(),
        |stored| stored.record,
    )))
}

async fn get(call: Call<'_>) -> Result<Answer, Failure> {
    let reference = call.read_place("reference")?;
    let app = &call.server.app;
    let found = app.find_authorization(&reference).await?;
    Ok(answer::found(&Authorization::of(&found, app.now())))
}
