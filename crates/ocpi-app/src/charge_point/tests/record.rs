//! The evidence of an answer, and what becomes of one that has none.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ocpi_domain::{DecisionSource, PlatformId, Purpose, Revision, Rule};
use ocpi_ports::{
    MockAuthorizationRepository, MockStoreHealth, MockTokenRepository, PlatformList,
    PlatformRepository, StorageError, StoredPlatform, TokenHash, TokenHolder,
};
use prometheus_client::registry::Registry;
use serde_json::json;

use super::world::{World, copy, fails_with, ms_of, start};
use crate::testing::{CountedRandomness, KnownPlatforms, PausedClock, app_of, down, party, ports};
use crate::{App, ChargePointError, NotReady, Ports};

/// Holds: W-26, W-32, E-33.
#[tokio::test(start_paused = true)]
async fn an_answer_leaves_one_record_that_says_why() {
    let world = World::of_copy(&json!({"whitelist": "ALLOWED", "group_id": "G1"}));
    world.does("tnm", fails_with(503, None));
    let answer = world.answer(start()).await;
    let records = world.records.lock().unwrap();
    let [record] = records.as_slice() else {
        panic!("{records:?}");
    };
    assert_eq!(record.reference, answer.reference);
    assert_eq!(record.platform.as_str(), "charge-point");
    assert_eq!(record.token_party, Some(party("DE/TNM")));
    assert_eq!(record.token_uid.as_str(), "CARD");
    assert_eq!(record.rule, Rule::Offline);
    assert_eq!(record.allowed, Some(answer.allowed));
    let asked = record.asked.as_ref().unwrap();
    assert_eq!(asked.location_id.as_str(), "LOC1");
    assert_eq!(asked.evse_uids[0].as_str(), "E1");
    assert_eq!(record.allowed_location, record.asked);
    let kept = record.charge_point.as_ref().unwrap();
    assert_eq!(kept.cpo, party("NL/ALF"));
    assert_eq!(kept.purpose, Purpose::Start);
    assert_eq!(kept.source, DecisionSource::Offline);
    assert_eq!(kept.reason, answer.reason);
    assert_eq!(kept.decided_by, answer.decided_by);
    assert_eq!(kept.contract_id.as_ref().unwrap().as_str(), "CH-ABC-C1");
    assert_eq!(kept.group_id.as_ref().unwrap().as_str(), "G1");
    drop(records);
    let metrics = world.metrics();
    for line in [
        "ocpi_charge_point_authorizations_total{source=\"offline\",allowed=\"ALLOWED\"} 1",
        "ocpi_charge_point_authorization_duration_seconds_count 1",
    ] {
        assert!(metrics.contains(line), "{metrics}");
    }
}

fn app_with(authorizations: MockAuthorizationRepository, tokens: MockTokenRepository) -> Arc<App> {
    let ports = Ports {
        authorizations: Arc::new(authorizations),
        tokens: Arc::new(tokens),
        platforms: KnownPlatforms::of(vec![]),
        clock: Arc::new(PausedClock::new()),
        randomness: Arc::new(CountedRandomness::default()),
        ..ports()
    };
    Arc::new(app_of(ports, &mut Registry::default()))
}

fn always_known() -> MockTokenRepository {
    let mut tokens = MockTokenRepository::new();
    let known = copy(&json!({"whitelist": "ALWAYS"}));
    tokens
        .expect_find_tokens_of_any_party()
        .returning(move |_, _| Ok(vec![known.clone()]));
    tokens
}

/// Holds: E-33, W-32. No record, no answer: not even a refusal.
#[tokio::test(start_paused = true)]
async fn a_store_that_fails_leaves_the_charge_point_without_an_answer() {
    let mut failing = MockAuthorizationRepository::new();
    failing.expect_append_record().returning(|_| Err(down()));
    let app = app_with(failing, always_known());
    let answer = app.authorize_at_charge_point(start()).await;
    assert!(
        matches!(answer, Err(ChargePointError::Storage(_))),
        "{answer:?}"
    );
    let mut tokens = MockTokenRepository::new();
    tokens
        .expect_find_tokens_of_any_party()
        .returning(|_, _| Err(down()));
    let app = app_with(MockAuthorizationRepository::new(), tokens);
    let answer = app.authorize_at_charge_point(start()).await;
    assert!(
        matches!(answer, Err(ChargePointError::Storage(_))),
        "{answer:?}"
    );
}

/// A store whose list of platforms never comes.
struct Hanging;

#[async_trait]
impl PlatformRepository for Hanging {
    async fn find_platform(
        &self,
        _id: &PlatformId,
    ) -> Result<Option<Arc<StoredPlatform>>, StorageError> {
        std::future::pending().await
    }

    async fn find_token_holder(
        &self,
        _hash: &TokenHash,
    ) -> Result<Option<TokenHolder>, StorageError> {
        std::future::pending().await
    }

    async fn list_platforms(&self) -> Result<PlatformList, StorageError> {
        std::future::pending().await
    }

    async fn put_platform(
        &self,
        _platform: StoredPlatform,
        _follows: Option<Revision>,
    ) -> Result<bool, StorageError> {
        std::future::pending().await
    }

    async fn seed_platform(&self, _platform: StoredPlatform) -> Result<bool, StorageError> {
        std::future::pending().await
    }

    async fn delete_platform(&self, _id: &PlatformId) -> Result<bool, StorageError> {
        std::future::pending().await
    }
}

/// Holds: E-33, W-33. One that hangs has the budget, and the server is not ready then.
#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_ends_with_the_budget() {
    let mut health = MockStoreHealth::new();
    health.expect_check().returning(|| Ok(()));
    let ports = Ports {
        tokens: Arc::new(always_known()),
        platforms: Arc::new(Hanging),
        health: Arc::new(health),
        clock: Arc::new(PausedClock::new()),
        ..ports()
    };
    let app = Arc::new(app_of(ports, &mut Registry::default()));
    assert!(app.check_ready().await.is_ok());
    let (answer, ms) = ms_of(app.authorize_at_charge_point(start())).await;
    assert!(
        matches!(answer, Err(ChargePointError::TimedOut)),
        "{answer:?}"
    );
    assert_eq!(ms, Duration::from_secs(2).as_millis());
    assert!(matches!(app.check_ready().await, Err(NotReady::Record)));
}
