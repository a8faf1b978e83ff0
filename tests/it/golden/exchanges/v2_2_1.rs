//! The exchanges of 2.2.1: those of 2.3.0 with its types and prices, and what only it has.

use serde_json::json;

use super::super::{Body, Exchange};
use super::{credentials, exchange, newest, put_example, to_receiver, to_sender, world_of};
use crate::support::token::with;

/// The same exchange in 2.2.1.
fn older(exchange: Exchange) -> Exchange {
    let mut older = exchange;
    older.request.target = older.request.target.replace("2.3.0", "2.2.1");
    if let Body::Json(body) = &mut older.request.body
        && body.get("total_cost").is_some()
    {
        body["total_cost"] = json!({"excl_vat": 2.5, "incl_vat": 3.03});
    }
    older
}

/// Every exchange, in the order of the modules.
pub(in super::super) async fn all() -> Vec<Exchange> {
    let newest = newest().await.into_iter();
    // The list of sessions is the tutorial's, which is about 2.3.0.
    let mut all: Vec<Exchange> = newest
        .filter(|exchange| !exchange.name.starts_with("list_sessions"))
        .map(older)
        .collect();
    let emaid = [with(put_example(), &json!({"type": "EMAID"}))];
    let get = to_receiver("GET", "NL/TNM/012345678?type=EMAID", Body::Nothing);
    let ask = to_sender("POST", "/012345678/authorize?type=OTHER", Body::Nothing);
    let typed = Body::Json(with(put_example(), &json!({"type": "X_TOMORROW"})));
    let put = to_receiver("PUT", "NL/TNM/012345678", typed);
    all.extend([
        older(exchange(
            "get_token_of_a_newer_type",
            world_of(&emaid).await,
            get,
        )),
        older(exchange(
            "authorize_of_a_newer_type",
            world_of(&emaid).await,
            ask,
        )),
        older(exchange(
            "put_token_of_an_unknown_type",
            world_of(&[]).await,
            put,
        )),
    ]);
    all.extend(credentials::of("2.2.1").await);
    all
}
