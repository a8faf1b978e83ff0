//! The Tokens of the eMSPs hosted here.

use std::str::FromStr;

use http::Method;
use ocpi_app::{ListOwnTokens, PutOwnToken};
use ocpi_domain::{TokenPatch, TokenUid};

use super::parameters::{AFTER, LIMIT, TOKEN_TYPE};
use crate::answer::{self, Answer};
use crate::endpoint::{Access, BodyKind, Call, Endpoint, Parameter, Refusal, Success};
use crate::failure::Failure;
use crate::page::Items;
use crate::schema;

const NOT_HOSTED: &str = "The party is not hosted here as eMSP.";

pub(super) static ENDPOINTS: [Endpoint; 3] = [
    Endpoint {
        method: Method::GET,
        path: "/admin/v1/tokens",
        id: "listTokens",
        summary: "Tokens of the eMSPs hosted here, in creation order",
        access: Access::AdminToken,
        query: &[
            Parameter {
                name: "party",
                description: "Of this eMSP, as `CH/ABC`; else of every one hosted here.",
                schema: schema::party_text,
            },
            Parameter {
                name: "uid",
                description: "Of this uid, of whatever type.",
                schema: schema::token::uid,
            },
            LIMIT,
            AFTER,
        ],
        headers: &[],
        body: None,
        successes: &[Success::json(200, "A page of Tokens.", "TokenPage")],
        refusals: &[Refusal::new(404, NOT_HOSTED)],
        asks_store: true,
        handler: |call| Box::pin(list(call)),
    },
    Endpoint {
        method: Method::GET,
        path: "/admin/v1/tokens/{country_code}/{party_id}/{uid}",
        id: "getToken",
        summary: "One Token",
        access: Access::AdminToken,
        query: &[TOKEN_TYPE],
        headers: &[],
        body: None,
        successes: &[Success::json(200, "The Token.", "Token")],
        refusals: &[Refusal::new(
            404,
            "There is no such Token, or the party is not hosted here as eMSP.",
        )],
        asks_store: true,
        handler: |call| Box::pin(get(call)),
    },
    Endpoint {
        method: Method::PUT,
        path: "/admin/v1/tokens/{country_code}/{party_id}/{uid}",
        id: "putToken",
        summary: "Creates or replaces a Token",
        access: Access::AdminToken,
        query: &[
            Parameter {
                name: "type",
                description: "The type of the Token; else its own `type` counts, and without \
                              that, RFID.",
                schema: schema::token::token_type,
            },
            Parameter {
                name: "unknown_fields",
                description: "`keep` stores fields that OCPI does not name; without it they are \
                              refused, since most are slips.",
                schema: schema::token::unknown_fields,
            },
        ],
        headers: &[],
        body: Some(BodyKind::Json("TokenWrite")),
        successes: &[
            Success::json(
                200,
                "The Token as it is stored; it was there before.",
                "Token",
            ),
            Success::json(201, "The Token as it is stored; it is new.", "Token"),
        ],
        refusals: &[
            Refusal::new(404, NOT_HOSTED),
            Refusal::new(409, "The Token that is stored says a later `last_updated`."),
        ],
        asks_store: true,
        handler: |call| Box::pin(put(call)),
    },
];

async fn list(call: Call<'_>) -> Result<Answer, Failure> {
    let request = ListOwnTokens {
        party: call.query.party()?,
        uid: call.query.read("uid")?,
        after: call.query.after()?,
        limit: call.query.limit()?,
    };
    let page = call.server.app.list_own_tokens(request).await?;
    Ok(answer::found(&Items {
        items: page.items,
        next: page.next.map(|place| place.0.to_string()),
    }))
}

async fn get(call: Call<'_>) -> Result<Answer, Failure> {
    let (party, uid) = (call.party()?, call.read_place::<TokenUid>("uid")?);
    let token_type = call.query.read("type")?;
    let app = &call.server.app;
    let token = app.find_own_token(party, &uid, token_type.as_ref()).await?;
    Ok(answer::found(&token))
}

async fn put(mut call: Call<'_>) -> Result<Answer, Failure> {
    let keeps_unknown = call.query.read::<KeepUnknown>("unknown_fields")?.is_some();
    let request = PutOwnToken {
        party: call.party()?,
        uid: call.read_place("uid")?,
        token_type: call.query.read("type")?,
        fields: call.read_body::<TokenPatch>().await?,
    };
    let unknown = request.fields.unknown.entries();
    if let Some((name, _)) = unknown.first().filter(|_| !keeps_unknown) {
        let why = "OCPI names no such field of a Token; send `?unknown_fields=keep` to store it";
        return Err(Failure::invalid(&format!("`{name}`"), why));
    }
    let (written, token) = call.server.app.put_own_token(request).await?;
    Ok(answer::written(written, &token))
}

/// `unknown_fields=keep`.
struct KeepUnknown;

impl FromStr for KeepUnknown {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<KeepUnknown, &'static str> {
        (text == "keep")
            .then_some(KeepUnknown)
            .ok_or("must be `keep`")
    }
}
