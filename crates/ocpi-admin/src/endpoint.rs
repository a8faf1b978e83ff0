//! What an endpoint is: of this the router and the OpenAPI document are made, so that neither can
//! say what the other does not.

use futures_util::future::BoxFuture;
use http::{HeaderMap, Method};
use ocpi_domain::{CountryCode, Party, PartyId, TokenKey, TokenType, TokenUid};

use crate::answer::Answer;
use crate::body::RequestBody;
use crate::failure::Failure;
use crate::json;
use crate::path::Places;
use crate::query::Query;
use crate::schema::SchemaOf;
use crate::server::AdminServer;

/// One method of one path.
pub(crate) struct Endpoint {
    pub(crate) method: Method,
    /// The path, with a `{name}` for each segment that is a value.
    pub(crate) path: &'static str,
    /// The name of the operation, for those who generate clients.
    pub(crate) id: &'static str,
    /// What it does, in a few words.
    pub(crate) summary: &'static str,
    /// Who may call it.
    pub(crate) access: Access,
    /// The query parameters that it knows; others are refused.
    pub(crate) query: &'static [Parameter],
    /// The request headers that it heeds, beside those of every request.
    pub(crate) headers: &'static [Parameter],
    /// The body that it takes.
    pub(crate) body: Option<BodyKind>,
    /// How it answers when it does what was asked.
    pub(crate) successes: &'static [Success],
    /// What it may refuse, beside what [`Endpoint::refusals`] adds.
    pub(crate) refusals: &'static [Refusal],
    /// Whether it asks the store, which may fail.
    pub(crate) asks_store: bool,
    pub(crate) handler: Handler,
}

/// Who may call an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everybody who reaches the listener; unknown query parameters are of no interest.
    Open,
    /// The operator.
    AdminToken,
}

/// A query parameter or a header.
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) schema: SchemaOf,
}

/// A body that an endpoint takes.
pub(crate) enum BodyKind {
    /// One JSON object of this schema.
    Json(&'static str),
    /// A merge patch (RFC 7396) of this schema.
    MergePatch(&'static str),
    /// JSON lines, each an object of this schema, without end.
    Lines(&'static str),
}

impl BodyKind {
    /// The content types under which it may come.
    pub(crate) fn content_types(&self) -> &'static [&'static str] {
        match self {
            BodyKind::Json(_) => &["application/json"],
            BodyKind::MergePatch(_) => &["application/merge-patch+json", "application/json"],
            BodyKind::Lines(_) => &[
                "application/jsonl",
                "application/x-ndjson",
                "application/json",
            ],
        }
    }

    /// The content types, for a person.
    pub(crate) fn expected(&self) -> &'static str {
        match self {
            BodyKind::Json(_) => "application/json",
            BodyKind::MergePatch(_) => "application/merge-patch+json or application/json",
            BodyKind::Lines(_) => "application/jsonl, application/x-ndjson or application/json",
        }
    }
}

/// An answer of an endpoint that did what was asked.
pub(crate) struct Success {
    pub(crate) status: u16,
    pub(crate) when: &'static str,
    pub(crate) content: Content,
    /// Headers that it carries.
    pub(crate) headers: &'static [Parameter],
}

impl Success {
    /// An answer in JSON of this schema.
    pub(crate) const fn json(status: u16, when: &'static str, schema: &'static str) -> Success {
        Success {
            status,
            when,
            content: Content::Json(schema),
            headers: &[],
        }
    }

    /// An answer without content.
    pub(crate) const fn empty(when: &'static str) -> Success {
        Success {
            status: 204,
            when,
            content: Content::None,
            headers: &[],
        }
    }
}

/// What an answer holds.
pub(crate) enum Content {
    None,
    /// One JSON value of this schema.
    Json(&'static str),
    /// JSON lines, each an object of this schema.
    Lines(&'static str),
    /// Something else, of this content type.
    Text(&'static str),
}

/// An answer of an endpoint that did not do what was asked: a problem document.
#[derive(Clone, Copy)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) when: &'static str,
}

impl Refusal {
    pub(crate) const fn new(status: u16, when: &'static str) -> Refusal {
        Refusal { status, when }
    }
}

impl Endpoint {
    /// Everything that it may refuse.
    pub(crate) fn refusals(&self) -> Vec<Refusal> {
        let mut refusals = self.refusals.to_vec();
        if self.access == Access::AdminToken {
            refusals.extend([
                Refusal::new(
                    400,
                    "Something that was sent breaks a rule; `detail` names it.",
                ),
                Refusal::new(401, "The admin token is missing or wrong."),
                Refusal::new(403, "This server has no admin token."),
            ]);
        }
        match self.body {
            None => {}
            Some(BodyKind::Json(_) | BodyKind::MergePatch(_)) => refusals.extend([
                Refusal::new(408, "The body did not come in time."),
                Refusal::new(413, "The body is too large."),
                Refusal::new(415, "The body is of another content type, or encoded."),
            ]),
            Some(BodyKind::Lines(_)) => refusals.extend([
                Refusal::new(408, "Nothing more of the body came in time."),
                Refusal::new(415, "The body is of another content type, or encoded."),
            ]),
        }
        if self.asks_store {
            refusals.extend([
                Refusal::new(500, "A fault of this server; its log says more."),
                Refusal::new(503, "The store does not work now; the log says why."),
            ]);
        }
        refusals.sort_by_key(|refusal| refusal.status);
        refusals
    }
}

/// Does what an endpoint is for.
pub(crate) type Handler = for<'a> fn(Call<'a>) -> BoxFuture<'a, Result<Answer, Failure>>;

/// A request to an endpoint, as far as its handler sees it.
pub(crate) struct Call<'a> {
    pub(crate) server: &'a AdminServer,
    pub(crate) places: &'a Places<'a>,
    pub(crate) query: &'a Query<'a>,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a mut RequestBody,
}

impl Call<'_> {
    /// The segment of the path at the place `name`.
    pub(crate) fn place(&self, name: &str) -> &str {
        let found = self.places.iter().find(|(known, _)| *known == name);
        found.map_or("", |(_, value)| value)
    }

    /// What the segment at the place `name` must be.
    pub(crate) fn read_place<T: std::str::FromStr<Err: std::fmt::Display>>(
        &self,
        name: &str,
    ) -> Result<T, Failure> {
        let read = self.place(name).parse();
        read.map_err(|error| Failure::invalid(&format!("`{name}` of the path"), error))
    }

    /// The party that the path names.
    pub(crate) fn party(&self) -> Result<Party, Failure> {
        Ok(Party {
            country_code: self.read_place::<CountryCode>("country_code")?,
            party_id: self.read_place::<PartyId>("party_id")?,
        })
    }

    /// The Token that the path names; without `type` an RFID token.
    pub(crate) fn token_key(&self) -> Result<TokenKey, Failure> {
        let token_type = self.query.read::<TokenType>("type")?;
        Ok(TokenKey {
            party: self.party()?,
            uid: self.read_place::<TokenUid>("uid")?,
            token_type: token_type.unwrap_or(TokenType::Rfid),
        })
    }

    /// The body as a JSON object.
    pub(crate) async fn read_body<T: serde::de::DeserializeOwned>(&mut self) -> Result<T, Failure> {
        let body = self.body.receive(&self.server.options).await?;
        json::read(&body).map_err(|error| Failure::Invalid(format!("the body: {error}")))
    }
}
