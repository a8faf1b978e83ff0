//! A page of the Tokens of an eMSP.
//!
//! Spec: 2.3.0 `mod_tokens`, Sender interface, GET method.

use ocpi_domain::{CountryCode, OcpiUrl, Party, PartyId, Token};
use ocpi_ports::{RemoteCall, RemoteError, RemotePageRequest, RemoteTokenPage};
use serde_json::value::RawValue;

use super::OutboundClient;
use super::left_out::LeftOut;
use super::quote::Secrets;
use super::request::{Module, Outgoing};
use super::{links, pages};
use crate::wire::WireVersion;

/// Bytes of a page that are taken, unless the operator allows more of every answer: enough for the
/// 10,000 Tokens that we ask for at most, at 1.6 KiB each.
const LIST_BYTES: usize = 16 * 1024 * 1024;

impl OutboundClient {
    pub(super) async fn list_tokens_as<V: WireVersion>(
        &self,
        call: &RemoteCall,
        endpoint: &OcpiUrl,
        owner: Option<Party>,
        page: &RemotePageRequest,
    ) -> Result<RemoteTokenPage, RemoteError> {
        let url = pages::url_of(endpoint, V::VERSION, page)?;
        let secrets = Secrets::of([&call.token]);
        let mut request = Outgoing::get(url, Module::Functional);
        request.answer_bytes = LIST_BYTES;
        let answered = self.transport.send(call, &request, &secrets).await?;
        let success = answered.success(&secrets)?;
        // What the page holds is good, even when it is not said where the next one is.
        let (next, next_fault) = match links::next(endpoint, &request.url, success.headers()) {
            Ok(next) => (next, None),
            Err(reason) => (None, Some(secrets.quote(&reason))),
        };
        let mut left_out = LeftOut::default();
        let mut tokens = Vec::new();
        for (index, object) in success.list_with_nulls()?.into_iter().enumerate() {
            match object.map_or_else(
                || Err("it is null".to_owned()),
                |object| read::<V>(object, owner),
            ) {
                Ok(token) => tokens.push(token),
                Err(reason) => left_out.note(|| {
                    let name = object.and_then(uid).map(|uid| format!(" (uid {uid})"));
                    let name = name.unwrap_or_default();
                    secrets.quote(&format!("object {}{name} of the page: {reason}", index + 1))
                }),
            }
        }
        success.log_left_out(&left_out);
        Ok(RemoteTokenPage {
            // With what it asks for it may be longer than a URL of OCPI.
            url: OcpiUrl::new(&request.url.to_string()).unwrap_or_else(|_| endpoint.clone()),
            tokens,
            left_out: left_out.count,
            left_out_reason: left_out.first,
            next,
            next_fault,
            total: pages::total(success.headers()),
        })
    }
}

/// The Token, when it is whole; of `owner` when it does not say whose it is.
///
/// # Errors
///
/// What is wrong with it.
fn read<V: WireVersion>(object: &RawValue, owner: Option<Party>) -> Result<Token, String> {
    let owner = owner.map_or_else(|| named_owner(object), Ok)?;
    let read = V::read_token(object.get().as_bytes(), owner);
    let mut fields = read.map_err(|failure| failure.to_string())?;
    if fields.country_code.is_none() && fields.party_id.is_none() {
        fields.country_code = Some(owner.country_code);
        fields.party_id = Some(owner.party_id);
    }
    Token::try_from(fields).map_err(|error| error.to_string())
}

/// The owner that the object names.
///
/// # Errors
///
/// It names none.
fn named_owner(object: &RawValue) -> Result<Party, String> {
    #[derive(serde::Deserialize)]
    struct Named {
        country_code: Option<CountryCode>,
        party_id: Option<PartyId>,
    }
    let named: Named = serde_json::from_str(object.get()).map_err(|error| error.to_string())?;
    let owner = named.country_code.zip(named.party_id);
    let owner = owner.map(|(country_code, party_id)| Party {
        country_code,
        party_id,
    });
    owner.ok_or_else(|| {
        "it does not say whose it is by `country_code` and `party_id`, and it may be that of \
         several eMSPs"
            .to_owned()
    })
}

/// The uid of an object that is no Token, when it has one.
fn uid(object: &RawValue) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Named {
        uid: String,
    }
    serde_json::from_str(object.get())
        .ok()
        .map(|Named { uid }| uid)
}
