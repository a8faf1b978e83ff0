//! A store that takes no registration.

use std::sync::Arc;

use async_trait::async_trait;
use ocpi_app::Ports;
use ocpi_domain::{CredentialsUse, Platform, PlatformId, Revision};
use ocpi_ports::{
    PlatformList, PlatformRepository, StorageError, StoredPlatform, TokenHash, TokenHolder,
};
use serde_json::json;

use super::{assert_fault, unavailable};
use crate::support::http::Request;
use crate::support::pair::id;
use crate::support::peer::{ByTheBook, Peer};
use crate::support::world::{WorldBuilder, presented};

/// The platforms as they are, in a store that takes no write.
struct ReadOnly(Arc<dyn PlatformRepository>);

#[async_trait]
impl PlatformRepository for ReadOnly {
    async fn find_platform(
        &self,
        id: &PlatformId,
    ) -> Result<Option<Arc<StoredPlatform>>, StorageError> {
        self.0.find_platform(id).await
    }

    async fn find_token_holder(
        &self,
        hash: &TokenHash,
    ) -> Result<Option<TokenHolder>, StorageError> {
        self.0.find_token_holder(hash).await
    }

    async fn list_platforms(&self) -> Result<PlatformList, StorageError> {
        self.0.list_platforms().await
    }

    async fn put_platform(
        &self,
        _: StoredPlatform,
        _: Option<Revision>,
    ) -> Result<bool, StorageError> {
        unavailable()
    }

    async fn seed_platform(&self, _: StoredPlatform) -> Result<bool, StorageError> {
        unavailable()
    }

    async fn delete_platform(&self, _: &PlatformId) -> Result<bool, StorageError> {
        unavailable()
    }
}

/// Holds: T-46, C-03.
#[tokio::test]
async fn credentials_that_cannot_be_written_are_200_and_3000_and_change_nothing() {
    let until = "2026-01-02T00:00:00Z".parse().expect("a moment");
    for (method, good_for) in [
        ("POST", CredentialsUse::Registration { until }),
        ("PUT", CredentialsUse::Live),
        ("DELETE", CredentialsUse::Live),
    ] {
        let peer = Peer::start().await;
        let book = ByTheBook::of(&peer, "their.token");
        peer.answers(move |asked| book.answer(asked));
        let mut builder = WorldBuilder::alone();
        builder.platforms.push(StoredPlatform {
            tokens: vec![presented("our.token", good_for)],
            ..StoredPlatform::new(Platform::new(id("peer")))
        });
        let world = builder
            .ports(|ports| Ports {
                platforms: Arc::new(ReadOnly(ports.platforms)),
                ..ports
            })
            .start()
            .await;
        let before = world.platforms.list_platforms().await.expect("a list");
        let body = json!({"token": "their.token", "url": peer.versions_url(), "roles": [{
            "role": "EMSP", "business_details": {"name": "The other side"},
            "country_code": "DE", "party_id": "TNM",
        }]});
        let request = Request::new(method, "/ocpi/2.3.0/credentials")
            .token("our.token")
            .json(&body);
        assert_fault(&world.send(&request).await, (200, 3000), method);
        let after = world.platforms.list_platforms().await.expect("a list");
        assert_eq!(before, after, "{method}");
    }
}
