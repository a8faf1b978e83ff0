//! One handler a route: read, call the use case, write.

mod authorize_token;
mod credentials;
mod get_location;
mod get_session;
mod get_token;
mod list_sessions;
mod list_tokens;
mod patch_location;
mod patch_session;
mod patch_token;
mod put_location;
mod put_session;
mod put_token;
pub(super) mod versions;

use bytes::Bytes;
use http::request::Parts;
use ocpi_app::{LocationPart, LocationTarget, RequestContext};
use ocpi_domain::{
    ConnectorId, CredentialsToken, DateTime, EvseUid, InvalidField, LocationId, LocationKey, Page,
    Party, TokenType,
};

use super::Server;
use super::respond::Reply;
use crate::body::RequestBody;
use crate::failure::Failure;
use crate::pagination::AskedPage;
use crate::query::Query;
use crate::router::LocationPath;
use crate::wire::object::write_list;
use crate::wire::{WireVersion, ids, shown_moment};
use crate::{envelope, status};

pub(super) use authorize_token::authorize_token;
pub(super) use credentials::credentials;
pub(super) use get_location::get_location;
pub(super) use get_session::get_session;
pub(super) use get_token::get_token;
pub(super) use list_sessions::list_sessions;
pub(super) use list_tokens::list_tokens;
pub(super) use patch_location::patch_location;
pub(super) use patch_session::patch_session;
pub(super) use patch_token::patch_token;
pub(super) use put_location::put_location;
pub(super) use put_session::put_session;
pub(super) use put_token::put_token;

/// What every handler is given.
pub(super) struct Call<'a> {
    pub(super) server: &'a Server,
    pub(super) parts: &'a Parts,
    pub(super) context: &'a RequestContext,
    /// The credentials token of the request.
    pub(super) presented: &'a CredentialsToken,
    pub(super) query: &'a Query<'a>,
}

impl Call<'_> {
    /// The moment, as the version of the request writes it.
    fn now(&self) -> DateTime {
        shown_moment(self.context.version, self.server.app.now())
    }

    /// The `type` of the URL, also under the name that an older table gives it.
    fn token_type<V: WireVersion>(&self) -> Result<Option<TokenType>, Failure> {
        let text = self
            .query
            .get("type")
            .or_else(|| self.query.get("token_type"));
        text.map(V::read_token_type).transpose()
    }

    /// The owner that a URL names, when its Tokens are the caller's. What is no party is nobody's.
    async fn owner(&self, (country_code, party_id): (&str, &str)) -> Result<Party, Failure> {
        let party = Party::new(country_code, party_id).map_err(|_| Failure::PartyNotHeld)?;
        self.server.app.require_owner(self.context, party).await?;
        Ok(party)
    }

    /// The CPO that a URL names, when the caller speaks for it. What is no party is nobody's.
    async fn cpo_party(&self, (country_code, party_id): (&str, &str)) -> Result<Party, Failure> {
        let party = Party::new(country_code, party_id).map_err(|_| Failure::PartyNotHeld)?;
        self.server
            .app
            .require_cpo_party(self.context, party)
            .await?;
        Ok(party)
    }

    /// Receives the whole body, of at most `bytes_max` bytes.
    async fn receive(&self, body: &mut RequestBody, bytes_max: usize) -> Result<Bytes, Failure> {
        let limits = &self.server.limits;
        body.receive(&self.parts.headers, limits, bytes_max).await
    }
}

/// A page, its elements written by `write`, and the headers that lead on.
fn list_reply<T>(
    call: &Call<'_>,
    asked: &AskedPage,
    page: &Page<T>,
    write: impl Fn(&mut Vec<u8>, &T),
) -> Reply {
    let server = call.server;
    let write_all = |out: &mut Vec<u8>| write_list(out, &page.items, write);
    let body = envelope::success(write_all, call.now());
    let mut reply = Reply::new(status::of_success(false), body);
    let path = call.parts.uri.path().trim_end_matches('/');
    reply.headers = asked.headers(page, call.query, &server.public_url, path);
    reply
}

/// What a URL addresses below the `locations` of that CPO.
fn location_target<V: WireVersion>(
    party: Party,
    path: LocationPath<'_>,
) -> Result<LocationTarget, InvalidField> {
    ids::check("id", path.id, V::ID_MAX)?;
    if let Some((uid, _)) = path.part {
        ids::check("uid", uid, V::ID_MAX)?;
    }
    let refused = |field, reason: String| InvalidField::new(field, reason);
    let id = LocationId::new(path.id).map_err(|error| refused("id", error.to_string()))?;
    let evse = |uid| EvseUid::new(uid).map_err(|error| refused("uid", error.to_string()));
    let connector = |id| ConnectorId::new(id).map_err(|error| refused("id", error.to_string()));
    let part = match path.part {
        None => LocationPart::Whole,
        Some((uid, None)) => LocationPart::Evse(evse(uid)?),
        Some((uid, Some(id))) => LocationPart::Connector(evse(uid)?, connector(id)?),
    };
    Ok(LocationTarget {
        key: LocationKey { party, id },
        part,
    })
}
