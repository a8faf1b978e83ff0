//! The platforms that we know.

mod fields;
mod shown;
mod write;

use http::Method;
use ocpi_domain::PlatformId;
use ocpi_ports::StoredPlatform;

use self::write::Write;
use super::parameters::{AFTER, LIMIT};
use crate::answer::{self, Answer};
use crate::endpoint::{Access, BodyKind, Call, Endpoint, Refusal, Success};
use crate::failure::Failure;
use crate::page::Items;

pub(crate) use self::fields::AUTHORIZE_TIMEOUT_MS_MAX;
pub(crate) use self::shown::{BREAKER_STATES, Shown, USES};
pub(super) use self::write::secret;

const PATH: &str = "/admin/v1/platforms/{id}";

pub(super) const UNKNOWN: Refusal = Refusal::new(404, "There is no such platform.");

pub(super) static ENDPOINTS: [Endpoint; 4] = [
    Endpoint {
        method: Method::GET,
        path: "/admin/v1/platforms",
        id: "listPlatforms",
        summary: "The platforms that this server knows, by their ids",
        access: Access::AdminToken,
        query: &[LIMIT, AFTER],
        headers: &[],
        body: None,
        successes: &[Success::json(200, "A page of platforms.", "PlatformPage")],
        refusals: &[],
        asks_store: true,
        handler: |call| Box::pin(list(call)),
    },
    Endpoint {
        method: Method::GET,
        path: PATH,
        id: "getPlatform",
        summary: "One platform",
        access: Access::AdminToken,
        query: &[],
        headers: &[],
        body: None,
        successes: &[Success::json(200, "The platform.", "Platform")],
        refusals: &[UNKNOWN],
        asks_store: true,
        handler: |call| Box::pin(get(call)),
    },
    Endpoint {
        method: Method::PUT,
        path: PATH,
        id: "putPlatform",
        summary: "Creates or replaces a platform; without a `credentials_token` it keeps what it \
                  presents, and without a `versions_url` how it is called",
        access: Access::AdminToken,
        query: &[],
        headers: &[],
        body: Some(BodyKind::Json("PlatformWrite")),
        successes: &[
            Success::json(200, "The platform; it was there before.", "Platform"),
            Success::json(201, "The platform; it is new.", "Platform"),
        ],
        refusals: &[Refusal::new(
            409,
            "Another platform could prove itself by that `credentials_token`, or speaks for one \
             of the parties in that role; or tokens are written while a handshake is under way.",
        )],
        asks_store: true,
        handler: |call| Box::pin(put(call)),
    },
    Endpoint {
        method: Method::DELETE,
        path: PATH,
        id: "deletePlatform",
        summary: "Deletes a platform: it can prove itself no more, and is not told",
        access: Access::AdminToken,
        query: &[],
        headers: &[],
        body: None,
        successes: &[Success::empty("It is deleted.")],
        refusals: &[UNKNOWN],
        asks_store: true,
        handler: |call| Box::pin(delete(call)),
    },
];

/// The platform as it is now.
pub(super) fn shown<'a>(call: &Call<'_>, stored: &'a StoredPlatform) -> Shown<'a> {
    Shown::of(stored, call.server.app.breaker(&stored.platform.id))
}

async fn list(call: Call<'_>) -> Result<Answer, Failure> {
    let after: Option<PlatformId> = call.query.read("after")?;
    let limit = call.query.limit()?;
    let mut platforms = call.server.app.list_platforms().await?;
    platforms.retain(|stored| {
        after
            .as_ref()
            .is_none_or(|after| stored.platform.id > *after)
    });
    let page = Items::first(
        platforms.iter().collect(),
        limit,
        |last| last.platform.id.to_string(),
        |stored| shown(&call, stored),
    );
    Ok(answer::found(&page))
}

async fn get(call: Call<'_>) -> Result<Answer, Failure> {
    let id = call.read_place("id")?;
    let stored = call.server.app.find_platform(&id).await?;
    Ok(answer::found(&shown(&call, &stored)))
}

async fn put(mut call: Call<'_>) -> Result<Answer, Failure> {
    let id: PlatformId = call.read_place("id")?;
    let write: Write = call.read_body().await?;
    let (written, stored) = call.server.app.put_platform(write.into_put(id)?).await?;
    Ok(answer::written(written, &shown(&call, &stored)))
}

async fn delete(call: Call<'_>) -> Result<Answer, Failure> {
    let id = call.read_place("id")?;
    call.server.app.delete_platform(&id).await?;
    Ok(answer::deleted())
}

/// Whether a platform is written with this body.
#[cfg(test)]
pub(crate) fn reads(body: &serde_json::Value) -> bool {
    let write = crate::json::read::<Write>(body.to_string().as_bytes());
    let id = PlatformId::new("peer").unwrap();
    write.is_ok_and(|write| write.into_put(id).is_ok())
}
