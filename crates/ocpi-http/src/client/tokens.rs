//! Tokens at a CPO, and the question to an eMSP.
//!
//! Spec: 2.3.0 `mod_tokens`.

use http::Method;
use ocpi_domain::json::RawObject;
use ocpi_domain::{
    LocationReferences, OcpiUrl, OcpiVersion, Party, Token, TokenKey, TokenType, TokenUid,
};
use ocpi_ports::{RemoteAuthorization, RemoteCall, RemoteError};

use super::OutboundClient;
use super::authorization;
use super::quote::Secrets;
use super::request::{Module, Outgoing, Repeat};
use super::target;
use crate::status::{is_nothing_of_peer, is_unknown_token_of_peer};
use crate::wire::WireVersion;
use crate::wire::object::write_json;

impl OutboundClient {
    pub(super) async fn put_token_as<V: WireVersion>(
        &self,
        call: &RemoteCall,
        endpoint: &OcpiUrl,
        token: &Token,
    ) -> Result<(), RemoteError> {
        let mut body = Vec::new();
        V::write_token(&mut body, token);
        self.write_token::<V>(call, Method::PUT, endpoint, token, body)
            .await
    }

    pub(super) async fn patch_token_as<V: WireVersion>(
        &self,
        call: &RemoteCall,
        endpoint: &OcpiUrl,
        token: &Token,
    ) -> Result<(), RemoteError> {
        let body = changes::<V>(token);
        self.write_token::<V>(call, Method::PATCH, endpoint, token, body)
            .await
    }

    /// Sends a Token, whole or but for its identity: twice is once.
    async fn write_token<V: WireVersion>(
        &self,
        call: &RemoteCall,
        method: Method,
        endpoint: &OcpiUrl,
        token: &Token,
        body: Vec<u8>,
    ) -> Result<(), RemoteError> {
        let url = url_of_token::<V>(endpoint, token.party, &token.uid, &token.token_type)?;
        let mut request = Outgoing::once(method, url, Some(body), Module::Functional);
        request.repeat = Repeat::Idempotent;
        let secrets = Secrets::of([&call.token]);
        let answered = self.transport.send(call, &request, &secrets).await?;
        answered.success(&secrets).map(|_| ())
    }

    pub(super) async fn get_token_as<V: WireVersion>(
        &self,
        call: &RemoteCall,
        endpoint: &OcpiUrl,
        key: &TokenKey,
    ) -> Result<Option<Token>, RemoteError> {
        let url = url_of_token::<V>(endpoint, key.party, &key.uid, &key.token_type)?;
        let secrets = Secrets::of([&call.token]);
        let request = Outgoing::get(url, Module::Functional);
        let answered = self.transport.send(call, &request, &secrets).await?;
        let success = match answered.success(&secrets) {
            // "Not yours" looks the same: either way there is none that we could read.
            Err(RemoteError::Refused { http, code, .. })
                if is_nothing_of_peer(http) || is_unknown_token_of_peer(http, code) =>
            {
                return Ok(None);
            }
            success => success?,
        };
        let Some(sent) = success.optional_object()? else {
            return Ok(None);
        };
        let patch = V::read_token(sent.get().as_bytes(), key.party)
            .map_err(|failure| success.unreadable(&failure.to_string()))?;
        let token =
            Token::try_from(patch).map_err(|error| success.unreadable(&error.to_string()))?;
        if token.uid != key.uid {
            return Err(success.unreadable("`uid`: it is that of another Token"));
        }
        Ok(Some(with_own_type::<V>(token, key)))
    }

    pub(super) async fn authorize_token_as<V: WireVersion>(
        &self,
        call: &RemoteCall,
        endpoint: &OcpiUrl,
        uid: &TokenUid,
        token_type: &TokenType,
        location: Option<&LocationReferences>,
    ) -> Result<Option<RemoteAuthorization>, RemoteError> {
        let mut body = Vec::new();
        match location {
            Some(location) => V::write_location_references(&mut body, location),
            // Some servers fail on no body at all.
            None => body.extend_from_slice(b"{}"),
        }
        let shown = V::VERSION.shown_type(token_type);
        let parameters = [("type", shown.as_str())];
        let url = target::below(endpoint, &[uid.as_str(), "authorize"], &parameters)?;
        let request = Outgoing::once(Method::POST, url, Some(body), Module::Functional);
        let secrets = Secrets::of([&call.token]);
        let answered = self.questions.send(call, &request, &secrets).await?;
        match answered.success(&secrets) {
            Ok(success) => authorization::read::<V>(&success, location).map(Some),
            Err(RemoteError::Refused { http, code, .. })
                if is_unknown_token_of_peer(http, code) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// Every member of a Token but those that the URL says, and that no PATCH may change. In 2.1.1 no
/// URL says the type: it stays, so that a CPO that finds a Token of another type refuses.
fn changes<V: WireVersion>(token: &Token) -> Vec<u8> {
    let mut whole = Vec::new();
    V::write_token(&mut whole, token);
    let mut members: RawObject = match serde_json::from_slice(&whole) {
        Ok(members) => members,
        Err(error) => {
            // Our own Tokens always are objects; and a whole one is refused, not misunderstood.
            tracing::error!(%error, "a Token could not be taken apart");
            return whole;
        }
    };
    for name in ["country_code", "party_id", "uid"] {
        members.take(name);
    }
    if knows_type::<V>() {
        members.take("type");
    }
    let mut changes = Vec::with_capacity(whole.len());
    write_json(&mut changes, &members);
    changes
}

/// The Token, which came back under a type that may stand for others: it is the one that was asked
/// for.
fn with_own_type<V: WireVersion>(token: Token, key: &TokenKey) -> Token {
    if token.token_type != V::VERSION.shown_type(&key.token_type) {
        return token;
    }
    Token {
        token_type: key.token_type.clone(),
        ..token
    }
}

/// Where a CPO keeps a Token. 2.1.1 knows no type there.
fn url_of_token<V: WireVersion>(
    endpoint: &OcpiUrl,
    party: Party,
    uid: &TokenUid,
    token_type: &TokenType,
) -> Result<http::Uri, RemoteError> {
    let segments = [
        party.country_code.as_str(),
        party.party_id.as_str(),
        uid.as_str(),
    ];
    let shown = V::VERSION.shown_type(token_type);
    let parameters = [("type", shown.as_str())];
    target::below(
        endpoint,
        &segments,
        if knows_type::<V>() { &parameters } else { &[] },
    )
}

/// Whether the URL of a Token says its type.
fn knows_type<V: WireVersion>() -> bool {
    V::VERSION != OcpiVersion::V2_1_1
}
