//! `GET {tokens}` at an eMSP.

use super::{Call, list_reply};
use crate::failure::Failure;
use crate::pagination::AskedPage;
use crate::server::respond::Reply;
use crate::wire::WireVersion;

pub(in crate::server) async fn list_tokens<V: WireVersion>(
    call: &Call<'_>,
) -> Result<Reply, Failure> {
    let asked = AskedPage::of(call.query, &call.server.limits)?;
    let app = &call.server.app;
    let page = app.list_tokens(call.context, &asked.request).await?;
    Ok(list_reply(call, &asked, &page, |out, token| {
        V::write_token(out, token);
    }))
}
