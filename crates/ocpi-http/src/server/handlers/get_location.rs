//! `GET {locations}/{country_code}/{party_id}/{location_id}[/{evse_uid}[/{connector_id}]]` at an
//! eMSP.

use super::{Call, location_target};
use crate::failure::Failure;
use crate::router::LocationPath;
use crate::server::respond::Reply;
use crate::wire::WireVersion;
use crate::{envelope, status};

pub(in crate::server) async fn get_location<V: WireVersion>(
    call: &Call<'_>,
    path: LocationPath<'_>,
) -> Result<Reply, Failure> {
    let party = call.cpo_party(path.owner).await?;
    let target = location_target::<V>(party, path).map_err(|_| Failure::UnknownLocation)?;
    let object = call.server.app.get_location(call.context, &target).await?;
    let body = envelope::success(|out| V::write_location(out, &object), call.now());
    Ok(Reply::new(status::of_success(false), body))
}
