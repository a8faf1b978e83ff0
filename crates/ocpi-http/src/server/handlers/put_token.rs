//! `PUT {tokens}/{country_code}/{party_id}/{token_uid}` at a CPO.

use ocpi_app::{PutTokenRequest, Written};
use ocpi_domain::{InvalidField, TokenUid};

use super::Call;
use crate::body::RequestBody;
use crate::failure::Failure;
use crate::server::respond::Reply;
use crate::wire::WireVersion;
use crate::{envelope, status};

pub(in crate::server) async fn put_token<V: WireVersion>(
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
    let uid = TokenUid::new(uid).map_err(|error| InvalidField::new("uid", error.to_string()))?;
    let request = PutTokenRequest {
        party,
        uid,
        token_type,
        fields,
    };
    let written = call.server.app.put_token(call.context, request).await?;
    let status = status::of_success(written == Written::Created);
    Ok(Reply::new(status, envelope::done(call.now())))
}
