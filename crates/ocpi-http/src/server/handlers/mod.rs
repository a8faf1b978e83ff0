//! One handler a route: read, call the use case, write.

mod authorize_token;
pub(super) mod credentials;
mod get_token;
mod list_tokens;
mod patch_token;
mod put_token;
pub(super) mod versions;

use http::request::Parts;
use ocpi_app::RequestContext;
use ocpi_domain::{Party, TokenType};

use super::Server;
use crate::failure::Failure;
use crate::query::Query;
use crate::wire::WireVersion;

pub(super) use authorize_token::authorize_token;
pub(super) use get_token::get_token;
pub(super) use list_tokens::list_tokens;
pub(super) use patch_token::patch_token;
pub(super) use put_token::put_token;

/// What every handler is given.
pub(super) struct Call<'a> {
    pub(super) server: &'a Server,
    pub(super) parts: &'a Parts,
    pub(super) context: &'a RequestContext,
    pub(super) query: &'a Query<'a>,
}

impl Call<'_> {
    /// The `type` of the URL, also under the name that an older table gives it.
    fn token_type<V: WireVersion>(&self) -> Result<Option<TokenType>, Failure> {
        let text = self
            .query
            .get("type")
            .or_else(|| self.query.get("token_type"));
        text.map(V::read_token_type).transpose()
    }

    /// The owner that a URL names, when its Tokens are the caller's. What is no party is nobody's.
    fn owner(&self, (country_code, party_id): (&str, &str)) -> Result<Party, Failure> {
        let party = Party::new(country_code, party_id).map_err(|_| Failure::PartyNotHeld)?;
        self.server.app.require_owner(self.context, party)?;
        Ok(party)
    }
}
