//! The limits of Tokens.

use http::Method;
use ocpi_app::{OperatorError, Written};
use ocpi_domain::TokenAccount;
use ocpi_ports::StoredAccount;
use serde_json::{Map, Value};

use super::parameters::ACCOUNT_TYPE;
use crate::answer::{self, Answer};
use crate::endpoint::{Access, BodyKind, Call, Content, Endpoint, Parameter, Refusal, Success};
use crate::failure::Failure;
use crate::merge_patch;
use crate::precondition::{follows, with_etag};
use crate::schema::text;

const PATH: &str = "/admin/v1/accounts/{country_code}/{party_id}/{uid}";

const REVISION: &[Parameter] = &[Parameter {
    name: "ETag",
    description: "The revision of the account, for `If-Match`.",
    schema: text,
}];

const FOLLOWS: &[Parameter] = &[Parameter {
    name: "If-Match",
    description: "Write only when the account is still at the revision of this `ETag`.",
    schema: text,
}];

const fn account(status: u16, when: &'static str) -> Success {
    Success {
        status,
        when,
        content: Content::Json("TokenAccount"),
        headers: REVISION,
    }
}

const NOT_HOSTED: Refusal = Refusal::new(404, "The party is not hosted here as eMSP.");

const UNKNOWN: Refusal = Refusal::new(
    404,
    "There is no such account, or the party is not hosted here as eMSP.",
);

const CHANGED: Refusal = Refusal::new(412, "The account is not at the revision of `If-Match`.");

pub(super) static ENDPOINTS: [Endpoint; 4] = [
    Endpoint {
        method: Method::GET,
        path: PATH,
        id: "getAccount",
        summary: "The limits of one Token",
        access: Access::AdminToken,
        query: &[ACCOUNT_TYPE],
        headers: &[],
        body: None,
        successes: &[account(200, "The account.")],
        refusals: &[UNKNOWN],
        asks_store: true,
        handler: |call| Box::pin(get(call)),
    },
    Endpoint {
        method: Method::PUT,
        path: PATH,
        id: "putAccount",
        summary: "Creates or replaces the limits of one Token, which need not exist yet",
        access: Access::AdminToken,
        query: &[ACCOUNT_TYPE],
        headers: FOLLOWS,
        body: Some(BodyKind::Json("TokenAccount")),
        successes: &[
            account(200, "The account; there was one before."),
            account(201, "The account; it is new."),
        ],
        refusals: &[NOT_HOSTED, CHANGED],
        asks_store: true,
        handler: |call| Box::pin(put(call)),
    },
    Endpoint {
        method: Method::PATCH,
        path: PATH,
        id: "patchAccount",
        summary: "Changes some limits of one Token; `null` removes a limit (RFC 7396)",
        access: Access::AdminToken,
        query: &[ACCOUNT_TYPE],
        headers: FOLLOWS,
        body: Some(BodyKind::MergePatch("TokenAccountPatch")),
        successes: &[
            account(200, "The account; there was one before."),
            account(201, "The account; it is new."),
        ],
        refusals: &[NOT_HOSTED, CHANGED],
        asks_store: true,
        handler: |call| Box::pin(patch(call)),
    },
    Endpoint {
        method: Method::DELETE,
        path: PATH,
        id: "deleteAccount",
        summary: "Deletes the limits of one Token: only the Token itself limits it then",
        access: Access::AdminToken,
        query: &[ACCOUNT_TYPE],
        headers: &[],
        body: None,
        successes: &[Success::empty("It is deleted.")],
        refusals: &[UNKNOWN],
        asks_store: true,
        handler: |call| Box::pin(delete(call)),
    },
];

async fn get(call: Call<'_>) -> Result<Answer, Failure> {
    let stored = call.server.app.find_account(&call.token_key()?).await?;
    let found = answer::found(&stored.account);
    Ok(with_etag(found, stored.revision))
}

async fn put(mut call: Call<'_>) -> Result<Answer, Failure> {
    let (key, follows) = (call.token_key()?, follows(call.headers)?);
    let account: TokenAccount = call.read_body().await?;
    let app = &call.server.app;
    let (written, revision) = app.put_account(key, account.clone(), follows).await?;
    Ok(with_etag(answer::written(written, &account), revision))
}

async fn patch(mut call: Call<'_>) -> Result<Answer, Failure> {
    let (key, follows) = (call.token_key()?, follows(call.headers)?);
    let patch: Map<String, Value> = call.read_body().await?;
    let change = |account: TokenAccount| merge_patch::apply(&account, &patch);
    let app = &call.server.app;
    let Some(follows) = follows else {
        let (written, stored) = app.update_account(key, change).await?;
        return Ok(shown(written, &stored));
    };
    let stored = match app.find_account(&key).await {
        // Whether it is at that revision is found out when it is written.
        Ok(stored) => stored,
        Err(OperatorError::UnknownAccount) => return Err(OperatorError::Changed.into()),
        Err(error) => return Err(error.into()),
    };
    let account = change(TokenAccount::clone(&stored.account)).map_err(OperatorError::from)?;
    let (written, revision) = app.put_account(key, account.clone(), Some(follows)).await?;
    Ok(with_etag(answer::written(written, &account), revision))
}

fn shown(written: Written, stored: &StoredAccount) -> Answer {
    with_etag(answer::written(written, &stored.account), stored.revision)
}

async fn delete(call: Call<'_>) -> Result<Answer, Failure> {
    call.server.app.delete_account(&call.token_key()?).await?;
    Ok(answer::deleted())
}
