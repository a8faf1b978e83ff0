//! `POST {tokens}/{token_uid}/authorize` at an eMSP.

use ocpi_app::AuthorizeTokenRequest;
use ocpi_domain::{Party, TokenType};

use super::Call;
use crate::body::RequestBody;
use crate::failure::Failure;
use crate::server::respond::Reply;
use crate::wire::{Asked, Dialect, WireVersion};
use crate::{envelope, status};

pub(in crate::server) async fn authorize_token<V: WireVersion>(
    call: &Call<'_>,
    body: &mut RequestBody,
    owner: Option<(&str, &str)>,
    uid: &str,
) -> Result<Reply, Failure> {
    let server = call.server;
    let body = call.receive(body, server.limits.body_bytes_max).await?;
    let sent = V::read_location_references(&body)?;
    let token_type = call.token_type::<V>()?.unwrap_or(TokenType::Rfid);
    let is_long_path = owner.is_some();
    // An owner that is no party owns nothing: the Token is unknown.
    let owner = owner
        .map(|(country, party)| Party::new(country, party))
        .transpose();
    let owner = owner.map_err(|_| Failure::UnknownToken)?;
    let is_tutorial = call.context.caller.platform.profile.tutorial;
    let mut asked = Asked {
        dialect: Dialect {
            status: is_long_path || is_tutorial,
            connector_ids: is_tutorial,
        },
        ..Asked::default()
    };
    let location = sent.map(|sent| {
        asked.evses = sent.place.evse_uids.len();
        asked.connector_ids = sent.connector_ids;
        sent.place
    });
    let request = AuthorizeTokenRequest {
        owner,
        uid,
        token_type,
        location,
    };
    let answer = server.app.authorize_token(call.context, request).await?;
    let write = |out: &mut Vec<u8>| V::write_authorization_info(out, &answer, &asked);
    let body = envelope::success(write, call.now());
    let mut reply = Reply::new(status::of_success(false), body);
    reply.answering = Some(answer.info.token.party);
    Ok(reply)
}
