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
    AllowedType, AuthorizationReference, AuthorizationStatus, Credentials, CredentialsToken,
    DateWindow, DisplayText, Endpoint, InterfaceRole, LocationReferences, MessageId, ModuleId,
    OcpiUrl, OcpiVersion, Party, Role, Token, TokenKey, TokenType, TokenUid, Version,
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
    /// Theirs; `None` leaves it to a hub to find the one that is meant.
    pub to: Option<Party>,
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
    /// The finer status, which only some eMSPs send beside it.
    pub status: Option<AuthorizationStatus>,
    /// Where it may charge; `None` when that was not said.
    pub location: Option<LocationReferences>,
    /// The eMSP's name of the answer.
    pub authorization_reference: Option<AuthorizationReference>,
    /// A word to the driver.
    pub info: Option<DisplayText>,
    /// The Token, when it came whole.
    pub token: Option<Box<Token>>,
}

/// Which page of a CPO's or eMSP's list is fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemotePageRequest {
    /// The first one of the objects in that window, with so many objects at most.
    First {
        /// Over `last_updated`.
        window: DateWindow,
        /// Objects on a page; the other side may send fewer.
        limit: usize,
    },
    /// The one that the page before named as the next.
    At(OcpiUrl),
    /// The same, but from one object earlier: an object before it was taken out of the list. Where
    /// its URL does not say an offset it is the same page.
    OneBack(OcpiUrl),
}

/// A page of Tokens, as far as it can be read.
#[derive(Debug, Clone, PartialEq)]
pub struct RemoteTokenPage {
    /// Where it was asked for.
    pub url: OcpiUrl,
    /// The Tokens.
    pub tokens: Vec<Token>,
    /// How many objects of it cannot be read.
    pub left_out: usize,
    /// What is wrong with the first of those.
    pub left_out_reason: Option<String>,
    /// Where the next page is; `None` on the last one.
    pub next: Option<OcpiUrl>,
    /// Why the next page cannot be asked for, when there is one and it is not said so that it can
    /// be.
    pub next_fault: Option<String>,
    /// How many objects there are in all, when that was said.
    pub total: Option<u64>,
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
        /// How long it wants to be left alone, when it said so: `Retry-After`.
        retry_after: Option<Duration>,
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

impl RemoteError {
    /// Whether nobody answered who could: a CPO then does what is laid down for an eMSP that is
    /// offline. Everything else that is no success is an answer, and not a yes: a page of HTML with
    /// a success of HTTP, too.
    ///
    /// Spec: 2.3.0 `status_codes`, the codes of servers and hubs; `mod_tokens`, `WhitelistType`.
    pub fn is_no_answer(&self) -> bool {
        match self {
            RemoteError::Forbidden { .. }
            | RemoteError::Unreachable { .. }
            | RemoteError::TimedOut { .. }
            | RemoteError::Broken { .. }
            | RemoteError::Unauthorized { .. } => true,
            RemoteError::Refused { http, code, .. } => {
                // The server failed; a hub could not reach it, or lost its answer.
                let is_of_server = |code: u16| code / 1000 == 3 || matches!(code, 4002 | 4003);
                // Not for us, too slow, too many; the server or what is before it failed.
                matches!(http, 401 | 403 | 408 | 429 | 500..) || code.is_some_and(is_of_server)
            }
            RemoteError::TooLarge { .. } | RemoteError::Unreadable { .. } => false,
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

    /// Changes a Token in the store of a CPO, with all its members but those that identify it.
    ///
    /// # Errors
    ///
    /// [`RemoteError`].
    async fn patch_token(
        &self,
        call: &RemoteCall,
        endpoint: &OcpiUrl,
        token: &Token,
    ) -> Result<(), RemoteError>;

    /// A page of the Tokens of an eMSP whose `tokens` endpoint is `endpoint`; `owner` owns those
    /// that do not say it, as in 2.1.1; without one they are left out, as all that cannot be read.
    ///
    /// # Errors
    ///
    /// [`RemoteError`].
    async fn list_tokens(
        &self,
        call: &RemoteCall,
        endpoint: &OcpiUrl,
        owner: Option<Party>,
        page: &RemotePageRequest,
    ) -> Result<RemoteTokenPage, RemoteError>;

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

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(http: u16, code: Option<u16>) -> RemoteError {
        RemoteError::Refused {
            url: String::new(),
            http,
            code,
            message: None,
            retry_after: None,
        }
    }

    /// Holds: W-04, W-12, W-24, T-54, Q-12, Q-19.
    #[test]
    fn what_counts_as_offline_is_what_no_emsp_said() {
        let (url, reason) = (String::new, String::new);
        for silent in [
            RemoteError::Forbidden {
                url: url(),
                reason: reason(),
            },
            RemoteError::Unreachable {
                url: url(),
                reason: reason(),
            },
            RemoteError::TimedOut {
                url: url(),
                timeout_ms: 1,
            },
            RemoteError::Broken {
                url: url(),
                reason: reason(),
            },
            RemoteError::Unauthorized {
                url: url(),
                message: None,
            },
            refused(403, None),
            refused(403, Some(2001)),
            refused(408, None),
            refused(429, None),
            refused(500, None),
            refused(502, Some(2001)),
            refused(599, None),
            refused(200, Some(3000)),
            refused(200, Some(3999)),
            refused(404, Some(3001)),
            refused(200, Some(4002)),
            refused(200, Some(4003)),
        ] {
            assert!(silent.is_no_answer(), "{silent:?}");
        }
        for said in [
            refused(200, Some(2000)),
            refused(200, Some(2001)),
            refused(200, Some(2002)),
            refused(200, Some(4000)),
            refused(200, Some(4001)),
            refused(200, Some(4004)),
            refused(302, None),
            refused(400, None),
            refused(405, Some(2000)),
            refused(409, None),
            refused(422, None),
            RemoteError::TooLarge { url: url(), max: 1 },
            RemoteError::Unreadable {
                url: url(),
                reason: reason(),
            },
        ] {
            assert!(!said.is_no_answer(), "{said:?}");
        }
    }
}
