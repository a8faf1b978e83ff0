//! `PUT {sessions}/{country_code}/{party_id}/{session_id}` at an eMSP.

use ocpi_app::{PutSessionRequest, Written};
use ocpi_domain::{InvalidField, SessionId};

use super::Call;
use crate::body::RequestBody;
use crate::failure::Failure;
use crate::router::SessionPath;
use crate::server::respond::Reply;
use crate::wire::WireVersion;
use crate::{envelope, status};

pub(in crate::server) async fn put_session<V: WireVersion>(
    call: &Call<'_>,
    body: &mut RequestBody,
    path: SessionPath<'_>,
) -> Result<Reply, Failure> {
    let party = call.cpo_party(path.owner).await?;
    let body = call
        .receive(body, call.server.limits.body_bytes_max)
        .await?;
    let members = V::read_session(&body, party)?;
    let id = SessionId::new(path.id).map_err(|error| InvalidField::new("id", error.to_string()))?;
    let request = PutSessionRequest { party, id, members };
    let written = call.server.app.put_session(call.context, request).await?;
    let status = status::of_success(written == Written::Created);
    Ok(Reply::new(status, envelope::done(call.now())))
}
