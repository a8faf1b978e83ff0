//! The sessions that CPOs pushed.

use http::Method;
use ocpi_domain::{AuthorizationReference, CiString, DateTime, PlatformId, Session, SessionPhase};
use ocpi_ports::{SessionQuery, StoredSession};
use serde::Serialize;

use super::parameters::{AFTER, LIMIT};
use super::slots::TokenName;
use crate::answer::{self, Answer};
use crate::endpoint::{Access, Call, Endpoint, Parameter, Success};
use crate::failure::Failure;
use crate::page::Items;
use crate::schema;

pub(super) static ENDPOINTS: [Endpoint; 1] = [Endpoint {
    method: Method::GET,
    path: "/admin/v1/sessions",
    id: "listSessions",
    summary: "Sessions that CPOs pushed, the newest first: those that match every parameter",
    access: Access::AdminToken,
    query: &[
        Parameter {
            name: "active",
            description: "Whether they count as active now.",
            schema: schema::session::active,
        },
        Parameter {
            name: "token_uid",
            description: "The uid of the Token that they count for, without case.",
            schema: schema::session::token_uid,
        },
        Parameter {
            name: "platform",
            description: "Who pushed them last.",
            schema: schema::platform::id,
        },
        LIMIT,
        AFTER,
    ],
    headers: &[],
    body: None,
    successes: &[Success::json(200, "A page of sessions.", "SessionPage")],
    refusals: &[],
    asks_store: true,
    handler: |call| Box::pin(list(call)),
}];

/// A session as the operator sees it: as its CPO sent it, and what we make of it.
#[derive(Serialize)]
pub(crate) struct SessionItem<'a> {
    session: &'a Session,
    platform: &'a PlatformId,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<TokenName<'a>>,
    token_known: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_id: Option<&'a CiString<36>>,
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    active_until: Option<DateTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_reference: Option<&'a AuthorizationReference>,
    received_at: DateTime,
}

impl<'a> SessionItem<'a> {
    /// The session as it stands at that moment.
    pub(crate) fn of(stored: &'a StoredSession, now: DateTime) -> SessionItem<'a> {
        let holder = stored.link.holder.as_ref();
        let active = stored.is_active_at(now);
        SessionItem {
            session: &stored.session,
            platform: &stored.platform,
            token: holder.map(|holder| (&holder.token).into()),
            token_known: stored.link.token_is_known,
            group_id: holder.and_then(|holder| holder.group_id.as_ref()),
            active,
            active_until: match stored.phase {
                SessionPhase::Active { until } if active => Some(until),
                SessionPhase::Active { .. } | SessionPhase::Waiting | SessionPhase::Ended => None,
            },
            authorization_reference: stored.authorization.as_ref(),
            received_at: stored.received_at,
        }
    }
}

async fn list(call: Call<'_>) -> Result<Answer, Failure> {
    let app = &call.server.app;
    let now = app.now();
    let query = SessionQuery {
        active: call.query.read("active")?.map(|active| (active, now)),
        token_uid: call.query.read("token_uid")?,
        platform: call.query.read("platform")?,
    };
    let (after, limit) = (call.query.after()?, call.query.limit()?);
    let found = app.list_newest_sessions(&query, after, limit + 1).await?;
    let place = |last: &&StoredSession| last.cursor.0.to_string();
    let found = found.iter().collect();
    Ok(answer::found(&Items::first(
        found,
        limit,
        place,
        |stored| SessionItem::of(stored, now),
    )))
}
