//! Calling the platforms of others.
//!
//! [`OutboundClient`] sends what `ocpi-app` asks for, in the version of each call, and reads the
//! answer. What may be called is `policy`, how a call goes is `transport`, how tolerantly an answer
//! is read is `answer`; the other parts are one module of OCPI each.
//!
//! What is deliberately absent: rules, a memory of peers, and queues.

mod addresses;
mod answer;
mod authorization;
mod connector;
mod credentials;
mod failed;
mod left_out;
mod links;
mod list_tokens;
mod pages;
mod policy;
mod quote;
mod receive;
mod redirect;
mod request;
mod retry_after;
mod roots;
mod stream;
mod target;
mod tokens;
mod transport;
mod versions;

use std::sync::Arc;

use async_trait::async_trait;
use http::Method;
use ocpi_domain::{
    Credentials, LocationReferences, OcpiUrl, OcpiVersion, Party, Token, TokenKey, TokenType,
    TokenUid, Version,
};
use ocpi_ports::{
    OfferedEndpoint, Randomness, RemoteAuthorization, RemoteCall, RemoteError, RemotePageRequest,
    RemotePlatform, RemoteTokenPage,
};

use crate::wire::{V2_1_1, V2_2_1, V2_3_0};
use connector::Connector;
use policy::{SystemNames, UrlPolicy};
use transport::Transport;

/// What the operator permits to calls of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboundOptions {
    /// Call `http` URLs too: credentials tokens go in the clear.
    pub allow_http: bool,
    /// Connect to addresses that are not of the public Internet too: a peer that names them makes
    /// us call what stands beside us. Metadata, multicast, broadcast and unspecified addresses stay
    /// forbidden even so.
    pub allow_private_addresses: bool,
    /// Certificate authorities beside those of the system, PEM.
    pub extra_ca: Option<Vec<u8>>,
    /// Bytes of an answer, beyond [`RemoteError::TooLarge`].
    pub response_bytes_max: usize,
}

impl Default for OutboundOptions {
    fn default() -> OutboundOptions {
        OutboundOptions {
            allow_http: false,
            allow_private_addresses: false,
            extra_ca: None,
            response_bytes_max: 1024 * 1024,
        }
    }
}

/// Why there is no client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutboundClientError {
    /// The authorities of the operator cannot be read.
    #[error("`outbound.extra_ca` must be certificates in PEM form: {0}")]
    ExtraCa(String),
    /// TLS cannot be spoken at all.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}

/// The other side, over HTTP/1.1 and mostly TLS. Connections are kept for the next call.
pub struct OutboundClient {
    transport: Transport,
    /// For questions about drivers who wait. A connection belongs to the thread that made it: one
    /// that a busy exchange of Tokens made would make a driver wait for that thread.
    questions: Transport,
}

impl OutboundClient {
    /// A client that calls what `options` permit, and believes the certificate authorities of the
    /// system.
    ///
    /// # Errors
    ///
    /// [`OutboundClientError`].
    pub fn new(
        options: OutboundOptions,
        randomness: Arc<dyn Randomness>,
    ) -> Result<OutboundClient, OutboundClientError> {
        let OutboundOptions {
            allow_http,
            allow_private_addresses,
            extra_ca,
            response_bytes_max,
        } = options;
        let tls = roots::tls_config(roots::of_system(), extra_ca.as_deref())?;
        if tls.is_none() {
            tracing::warn!(
                "no certificate authority is known here: every call over https will fail; install \
                 those of the system, or set `outbound.extra_ca`"
            );
        }
        let policy = UrlPolicy::new(allow_http, allow_private_addresses);
        let connector = Connector::new(policy, Arc::new(SystemNames), tls);
        Ok(OutboundClient::by(
            connector,
            randomness,
            response_bytes_max,
        ))
    }

    fn by(
        connector: Connector,
        randomness: Arc<dyn Randomness>,
        response_bytes_max: usize,
    ) -> OutboundClient {
        let shared = Arc::clone(&randomness);
        OutboundClient {
            transport: Transport::new(connector.clone(), shared, response_bytes_max),
            questions: Transport::new(connector, randomness, response_bytes_max),
        }
    }
}

/// Runs `$method` of this client as the version of the call writes and reads objects.
macro_rules! in_version {
    ($client:ident.$method:ident($call:expr $(, $argument:expr)*)) => {
        match $call.version {
            OcpiVersion::V2_1_1 => $client.$method::<V2_1_1>($call $(, $argument)*).await,
            OcpiVersion::V2_2_1 => $client.$method::<V2_2_1>($call $(, $argument)*).await,
            OcpiVersion::V2_3_0 => $client.$method::<V2_3_0>($call $(, $argument)*).await,
        }
    };
}

#[async_trait]
impl RemotePlatform for OutboundClient {
    async fn list_versions(
        &self,
        call: &RemoteCall,
        url: &OcpiUrl,
    ) -> Result<Vec<Version>, RemoteError> {
        self.get_versions(call, url).await
    }

    async fn list_endpoints(
        &self,
        call: &RemoteCall,
        url: &OcpiUrl,
    ) -> Result<Vec<OfferedEndpoint>, RemoteError> {
        self.get_endpoints(call, url).await
    }

    async fn post_credentials(
        &self,
        call: &RemoteCall,
        url: &OcpiUrl,
        ours: &Credentials,
    ) -> Result<Credentials, RemoteError> {
        in_version!(self.exchange_credentials(call, Method::POST, url, ours))
    }

    async fn put_credentials(
        &self,
        call: &RemoteCall,
        url: &OcpiUrl,
        ours: &Credentials,
    ) -> Result<Credentials, RemoteError> {
        in_version!(self.exchange_credentials(call, Method::PUT, url, ours))
    }

    async fn delete_credentials(
        &self,
        call: &RemoteCall,
        url: &OcpiUrl,
    ) -> Result<(), RemoteError> {
        self.end_credentials(call, url).await
    }

    async fn put_token(
        &self,
        call: &RemoteCall,
        endpoint: &OcpiUrl,
        token: &Token,
    ) -> Result<(), RemoteError> {
        in_version!(self.put_token_as(call, endpoint, token))
    }

    async fn patch_token(
        &self,
        call: &RemoteCall,
        endpoint: &OcpiUrl,
        token: &Token,
    ) -> Result<(), RemoteError> {
        in_version!(self.patch_token_as(call, endpoint, token))
    }

    async fn list_tokens(
        &self,
        call: &RemoteCall,
        endpoint: &OcpiUrl,
        owner: Option<Party>,
        page: &RemotePageRequest,
    ) -> Result<RemoteTokenPage, RemoteError> {
        in_version!(self.list_tokens_as(call, endpoint, owner, page))
    }

    async fn get_token(
        &self,
        call: &RemoteCall,
        endpoint: &OcpiUrl,
        key: &TokenKey,
    ) -> Result<Option<Token>, RemoteError> {
        in_version!(self.get_token_as(call, endpoint, key))
    }

    async fn authorize_token<'a>(
        &self,
        call: &RemoteCall,
        endpoint: &OcpiUrl,
        uid: &TokenUid,
        token_type: &TokenType,
        location: Option<&'a LocationReferences>,
    ) -> Result<Option<RemoteAuthorization>, RemoteError> {
        in_version!(self.authorize_token_as(call, endpoint, uid, token_type, location))
    }
}

#[cfg(test)]
mod tests;
