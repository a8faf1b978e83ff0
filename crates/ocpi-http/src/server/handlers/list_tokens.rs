//! `GET {tokens}` at an eMSP.

use super::Call;
use crate::failure::Failure;
use crate::pagination::AskedPage;
use crate::server::respond::Reply;
use crate::wire::WireVersion;
use crate::wire::object::write_list;
use crate::{envelope, status};

pub(in crate::server) async fn list_tokens<V: WireVersion>(
    call: &Call<'_>,
) -> Result<Reply, Failure> {
    let server = call.server;
    let asked = AskedPage::of(call.query, &server.limits)?;
    let page = server.app.list_tokens(call.context, &asked.request).await?;
    let write = |out: &mut Vec<u8>| {
        write_list(out, &page.items, |out, token| V::write_token(out, token));
    };
    let body = envelope::success(write, server.app.now());
    let mut reply = Reply::new(status::of_success(false), body);
    let path = call.parts.uri.path().trim_end_matches('/');
    reply.headers = asked.headers(&page, call.query, &server.public_url, path);
    Ok(reply)
}
