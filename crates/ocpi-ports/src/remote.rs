//! The other side, when we call it.

#![cfg_attr(
    feature = "mock",
    expect(
        clippy::ref_option_ref,
        reason = "mockall looks at each argument by reference"
    )
)]

use std::time::Duration;

use async_trait::async_trait;
use ocpi_domain::{
    AllowedType, AuthorizationReference, Credentials, CredentialsToken, DisplayText, Endpoint,
    InterfaceRole, LocationReferences, MessageId, ModuleId, OcpiUrl, OcpiVersion, Party, Role,
    Token, TokenKey, TokenType, TokenUid, Version,
};

/// How our credentials token stands in the `Authorization` header of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenEncoding {
    /// Base64, as 2.2.1 and 2.3.0 say.
    Base64,
    /// As it is, as 2.1.1 says.
    Raw,
}

/// What one call of the other side needs beside its object.
#[derive(Debug, Clone)]
pub struct RemoteCall {
    /// What we present.
    pub token: CredentialsToken,
    /// How it is encoded.
    pub encoding: TokenEncoding,
    /// The version in which objects are written and read; for a list of versions without meaning.
    pub version: OcpiVersion,
    /// What the other side is, CPO or eMSP: 2.1.1 does not say it.
    pub peer_role: Role,
    /// Our party and theirs, for functional modules of 2.2.1 and 2.3.0.
    pub routing: Option<RemoteRouting>,
    /// What all requests of one operation have in common.
    pub correlation_id: MessageId,
    /// How long the whole call may take, with its redirects.
    pub timeout: Duration,
}

/// Between which parties a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RemoteRouting {
    /// Ours.
    pub from: Party,
    /// Theirs.
    pub to: Party,
}

/// Where a module is served, as its platform says it. 2.1.1 does not say the role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedEndpoint {
    /// The module.
    pub identifier: ModuleId,
    /// Which end of its interface, when that was said in words that we know.
    pub role: Option<InterfaceRole>,
    /// Where.
    pub url: OcpiUrl,
}

/// The answer of an eMSP to "may this Token charge here?". Only `allowed` is always there: peers
/// leave out more than OCPI lets them.
#[derive(Debug, Clone, PartialEq)]
pub struct RemoteAuthorization {
    /// The answer.
    pub allowed: AllowedType,
    /// Where it may charge; `None` when that was not said.
    pub location: Option<LocationReferences>,
    /// The eMSP's name of the answer.
    pub authorization_reference: Option<AuthorizationReference>,
    /// A word to the driver.
    pub info: Option<DisplayText>,
    /// The Token, when it came whole.
    pub token: Option<Box<Token>>,
}

/// Why a call came to nothing. The text is for the operator: it says what the other side did, and
/// never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RemoteError {
    /// Our own rules forbid the URL, or the address that it leads to. Nothing was sent.
    #[error("{url} must not be called: {reason}")]
    Forbidden {
        /// The URL.
        url: String,
        /// Which rule, and how to change it.
        reason: String,
    },
    /// There is no connection, so nothing was sent: no such name, nobody listens, TLS failed.
    #[error("{url} cannot be reached: {reason}")]
    Unreachable {
        /// The URL.
        url: String,
        /// Why.
        reason: String,
    },
    /// There was no whole answer in time.
    #[error("{url} did not answer within {timeout_ms} ms")]
    TimedOut {
        /// The URL.
        url: String,
        /// What was granted, milliseconds.
        timeout_ms: u64,
    },
    /// The connection broke before the answer was whole.
    #[error("{url}: the connection broke before the answer was whole: {reason}")]
    Broken {
        /// The URL.
        url: String,
        /// How.
        reason: String,
    },
    /// HTTP 401: our token, or the form in which it was sent, is not known there.
    #[error("{url} does not know our credentials token (HTTP 401){}", message.as_ref().map(|text| format!(": {text}")).unwrap_or_default())]
    Unauthorized {
        /// The URL.
        url: String,
        /// What the other side said to it.
        message: Option<String>,
    },
    /// An answer that is no success.
    #[error("{url} refused: HTTP {http}{}{}", code.map(|code| format!(", status_code {code}")).unwrap_or_default(), message.as_ref().map(|text| format!(", {text}")).unwrap_or_default())]
    Refused {
        /// The URL.
        url: String,
        /// The HTTP status.
        http: u16,
        /// The `status_code` of the envelope, when there was one.
        code: Option<u16>,
        /// What the other side said.
        message: Option<String>,
    },
    /// An answer of more bytes than are taken.
    #[error("{url} answered with more than {max} bytes")]
    TooLarge {
        /// The URL.
        url: String,
        /// What is taken.
        max: usize,
    },
    /// A success whose content is not what it should be.
    #[error("{url} answered with what cannot be read: {reason}")]
    Unreadable {
        /// The URL.
        url: String,
        /// What is wrong.
        reason: String,
    },
}

impl RemoteError {
    /// Whether the other side may have done what was asked, without our knowing.
    pub fn may_be_done(&self) -> bool {
        match self {
            RemoteError::Forbidden { .. }
            | RemoteError::Unreachable { .. }
            | RemoteError::Unauthorized { .. } => false,
            // A gateway may have lost the answer, and a server may fail after its work. The first
            // three of the server's special codes are refusals of a registration.
            RemoteError::Refused { http, code, .. } => {
                let is_fault = |code: u16| code / 1000 == 3 && !(1..=3).contains(&(code % 1000));
                *http >= 500 || code.is_some_and(is_fault)
            }
            RemoteError::TimedOut { .. }
            | RemoteError::Broken { .. }
            | RemoteError::TooLarge { .. }
            | RemoteError::Unreadable { .. } => true,
        }
    }
}

/// The other side, when we call it. Each method is one request, with its redirects; none is sent
/// again when it fails, but once when there was no connection.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait RemotePlatform: Send + Sync {
    /// The versions that it lists and whose URLs are some; others are left out.
    ///
    /// # Errors
    ///
    /// [`RemoteError`].
    async fn list_versions(
        &self,
        call: &RemoteCall,
        url: &OcpiUrl,
    ) -> Result<Vec<Version>, RemoteError>;

    /// The endpoints of one version, each as it is listed; those that cannot be read are left out.
    ///
    /// # Errors
    ///
    /// [`RemoteError`].
    async fn list_endpoints(
        &self,
        call: &RemoteCall,
        url: &OcpiUrl,
    ) -> Result<Vec<OfferedEndpoint>, RemoteError>;

    /// Registers with it: sends our credentials, and gets its own.
    ///
    /// # Errors
    ///
    /// [`RemoteError`].
    async fn post_credentials(
        &self,
        call: &RemoteCall,
        url: &OcpiUrl,
        ours: &Credentials,
    ) -> Result<Credentials, RemoteError>;

    /// Replaces our credentials, and gets new ones of its own.
    ///
    /// # Errors
    ///
    /// [`RemoteError`].
    async fn put_credentials(
        &self,
        call: &RemoteCall,
        url: &OcpiUrl,
        ours: &Credentials,
    ) -> Result<Credentials, RemoteError>;

    /// Ends the registration.
    ///
    /// # Errors
    ///
    /// [`RemoteError`].
    async fn delete_credentials(&self, call: &RemoteCall, url: &OcpiUrl)
    -> Result<(), RemoteError>;

    /// Puts a Token into the store of a CPO whose `tokens` endpoint is `endpoint`.
    ///
    /// # Errors
    ///
    /// [`RemoteError`].
    async fn put_token(
        &self,
        call: &RemoteCall,
        endpoint: &OcpiUrl,
        token: &Token,
    ) -> Result<(), RemoteError>;

    /// The copy of a Token that a CPO has; `None` when it has none, or says that it has none.
    ///
    /// # Errors
    ///
    /// [`RemoteError`].
    async fn get_token(
        &self,
        call: &RemoteCall,
        endpoint: &OcpiUrl,
        key: &TokenKey,
    ) -> Result<Option<Token>, RemoteError>;

    /// Asks an eMSP whose `tokens` endpoint is `endpoint` whether a Token may charge there; `None`
    /// when it does not know the Token.
    ///
    /// # Errors
    ///
    /// [`RemoteError`].
    async fn authorize_token<'a>(
        &self,
        call: &RemoteCall,
        endpoint: &OcpiUrl,
        uid: &TokenUid,
        token_type: &TokenType,
        location: Option<&'a LocationReferences>,
    ) -> Result<Option<RemoteAuthorization>, RemoteError>;
}

impl OfferedEndpoint {
    /// The endpoint, with `assumed` as its role when none was said.
    pub fn with_role(self, assumed: InterfaceRole) -> Endpoint {
        Endpoint {
            identifier: self.identifier,
            role: self.role.unwrap_or(assumed),
            url: self.url,
        }
    }
}
