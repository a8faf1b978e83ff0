//! `PATCH {locations}/{country_code}/{party_id}/{location_id}[/{evse_uid}[/{connector_id}]]` at an
//! eMSP.

use super::{Call, location_target};
use crate::body::RequestBody;
use crate::failure::Failure;
use crate::router::LocationPath;
use crate::server::respond::Reply;
use crate::wire::WireVersion;
use crate::{envelope, status};

pub(in crate::server) async fn patch_location<V: WireVersion>(
    call: &Call<'_>,
    body: &mut RequestBody,
    path: LocationPath<'_>,
) -> Result<Reply, Failure> {
    let party = call.cpo_party(path.owner).await?;
    let server = call.server;
    let body = call
        .receive(body, server.limits.location_body_bytes_max)
        .await?;
    let members = V::read_location(&body, path.part.is_none().then_some(party))?;
    let target = location_target::<V>(party, path).map_err(|_| Failure::UnknownLocation)?;
    let patching = server.app.patch_location(call.context, target, members);
    patching.await?;
    Ok(Reply::new(
        status::of_success(false),
        envelope::done(call.now()),
    ))
}
