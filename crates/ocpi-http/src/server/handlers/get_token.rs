//! `GET {tokens}/{country_code}/{party_id}/{token_uid}` at a CPO.

use ocpi_app::GetTokenRequest;
use ocpi_domain::TokenUid;

use super::Call;
use crate::failure::Failure;
use crate::server::respond::Reply;
use crate::wire::WireVersion;
use crate::{envelope, status};

pub(in crate::server) async fn get_token<V: WireVersion>(
    call: &Call<'_>,
    path_owner: (&str, &str),
    uid: &str,
) -> Result<Reply, Failure> {
    let party = call.owner(path_owner).await?;
    let token_type = call.token_type::<V>()?;
    let uid = TokenUid::new(uid).map_err(|_| Failure::UnknownToken)?;
    let request = GetTokenRequest {
        party,
        uid,
        token_type,
    };
    let token = call.server.app.get_token(call.context, &request).await?;
    let body = envelope::success(|out| V::write_token(out, &token), call.now());
    Ok(Reply::new(status::of_success(false), body))
}
