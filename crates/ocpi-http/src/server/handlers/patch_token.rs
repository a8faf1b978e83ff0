//! `PATCH {tokens}/{country_code}/{party_id}/{token_uid}` at a CPO.

use ocpi_app::PatchTokenRequest;
use ocpi_domain::TokenUid;

use super::Call;
use crate::body::RequestBody;
use crate::failure::Failure;
use crate::server::respond::Reply;
use crate::wire::WireVersion;
use crate::{envelope, status};

pub(in crate::server) async fn patch_token<V: WireVersion>(
    call: &Call<'_>,
    body: &mut RequestBody,
    path_owner: (&str, &str),
    uid: &str,
) -> Result<Reply, Failure> {
    let party = call.owner(path_owner).await?;
    let token_type = call.token_type::<V>()?;
    let body = call
        .receive(body, call.server.limits.body_bytes_max)
        .await?;
    let fields = V::receive_token(&body, party)?;
    let uid = TokenUid::new(uid).map_err(|_| Failure::UnknownToken)?;
    let request = PatchTokenRequest {
        party,
        uid,
        token_type,
        fields,
    };
    call.server.app.patch_token(call.context, request).await?;
    Ok(Reply::new(
        status::of_success(false),
        envelope::done(call.now()),
    ))
}
