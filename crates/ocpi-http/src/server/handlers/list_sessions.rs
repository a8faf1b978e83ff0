//! `GET {sessions}` at an eMSP: the tutorial's; OCPI lists sessions at a CPO only.

use super::{Call, list_reply};
use crate::failure::Failure;
use crate::pagination::AskedPage;
use crate::server::respond::Reply;
use crate::wire::WireVersion;

/// The most sessions of a page. A long one has a hundred kilobytes, and may have some megabytes.
const PAGE_SIZE_MAX: usize = 100;

pub(in crate::server) async fn list_sessions<V: WireVersion>(
    call: &Call<'_>,
) -> Result<Reply, Failure> {
    let mut asked = AskedPage::of(call.query, &call.server.limits)?;
    asked.request.limit = asked.request.limit.min(PAGE_SIZE_MAX);
    let app = &call.server.app;
    let page = app.list_sessions(call.context, &asked.request).await?;
    Ok(list_reply(call, &asked, &page, |out, session| {
        V::write_session(out, session);
    }))
}
