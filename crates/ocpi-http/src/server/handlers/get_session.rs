//! `GET {sessions}/{country_code}/{party_id}/{session_id}` at an eMSP.

use ocpi_domain::{SessionId, SessionKey};

use super::Call;
use crate::failure::Failure;
use crate::router::SessionPath;
use crate::server::respond::Reply;
use crate::wire::WireVersion;
use crate::{envelope, status};

pub(in crate::server) async fn get_session<V: WireVersion>(
    call: &Call<'_>,
    path: SessionPath<'_>,
) -> Result<Reply, Failure> {
    let party = call.cpo_party(path.owner).await?;
    let id = SessionId::new(path.id).map_err(|_| Failure::UnknownSession)?;
    let key = SessionKey { party, id };
    let session = call.server.app.get_session(call.context, &key).await?;
    let body = envelope::success(|out| V::write_session(out, &session), call.now());
    Ok(Reply::new(status::of_success(false), body))
}
