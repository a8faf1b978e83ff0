//! The platform's own server: the library's mock peer, with credentials tokens that can change.

use std::error::Error;
use std::sync::Arc;

use ocpi_kit::VersionNumber;
use ocpi_kit::server::{InMemoryTokenStore, OcpiRouter};
use ocpi_kit::testkit::{MockPeer, registered_peer};
use ocpi_kit::transport::CredentialsToken;
use ocpi_kit::types::{PartyRef, Url};
use ocpi_kit::v2_3_0::credentials::Credentials;
use ocpi_kit::v2_3_0::types::Role;

use crate::given::Given;

/// The platform as we see it.
pub struct OtherSide {
    mock: MockPeer,
    role: Role,
    tokens: Arc<InMemoryTokenStore>,
}

impl OtherSide {
    /// Serves until the program ends.
    pub async fn serve(given: &Given) -> Result<OtherSide, Box<dyn Error>> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let base = Url::new(format!("http://{}", listener.local_addr()?))?;
        let (mock, role) = match given.role.as_str() {
            "CPO" => (MockPeer::cpo(base.clone()), Role::Cpo),
            _ => (MockPeer::msp(base.clone()), Role::Emsp),
        };
        let tokens = Arc::new(InMemoryTokenStore::new());
        let version = version(given);
        let router = OcpiRouter::new(version, base, tokens.clone());
        let router = mock.mount(router).build();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(OtherSide { mock, role, tokens })
    }

    /// What it is.
    pub fn role(&self) -> Role {
        self.role.clone()
    }

    /// Its party.
    pub fn party(&self) -> PartyRef {
        self.mock.party().clone()
    }

    /// Its credentials with `token`, which is the only one good from now on.
    pub fn credentials(&self, token: &str) -> Result<Credentials, Box<dyn Error>> {
        let token = CredentialsToken::new(token)?;
        let mut credentials = self.mock.credentials();
        credentials.token = token.to_credentials_field();
        if !self.tokens.rotate("us", token.clone()) {
            self.tokens.insert(token, registered_peer("us", Vec::new()));
        }
        Ok(credentials)
    }
}

/// The version that is spoken.
pub fn version(given: &Given) -> VersionNumber {
    match given.version.as_str() {
        "2.2.1" => VersionNumber::V2_2_1,
        _ => VersionNumber::V2_3_0,
    }
}
