//! `PATCH {sessions}/{country_code}/{party_id}/{session_id}` at an eMSP.

use ocpi_app::PatchSessionRequest;
use ocpi_domain::SessionId;

use super::Call;
use crate::body::RequestBody;
use crate::failure::Failure;
use crate::router::SessionPath;
use crate::server::respond::Reply;
use crate::wire::WireVersion;
use crate::{envelope, status};

pub(in crate::server) async fn patch_session<V: WireVersion>(
    call: &Call<'_>,
    body: &mut RequestBody,
    path: SessionPath<'_>,
) -> Result<Reply, Failure> {
    let party = call.cpo_party(path.owner).await?;
    let body = call
        .receive(body, call.server.limits.body_bytes_max)
        .await?;
    let members = V::read_session(&body, party)?;
    let id = SessionId::new(path.id).map_err(|_| Failure::UnknownSession)?;
    let request = PatchSessionRequest { party, id, members };
    call.server.app.patch_session(call.context, request).await?;
    Ok(Reply::new(
        status::of_success(false),
        envelope::done(call.now()),
    ))
}
