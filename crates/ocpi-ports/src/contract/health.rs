//! The promise of [`StoreHealth`](crate::StoreHealth).

use super::Harness;
use super::fixtures::{card, create, list_own, uids};
use crate::RecordQuery;

/// Promise 1: a store that works says so, and asking changes nothing.
///
/// Holds: E-33.
pub async fn working_store_is_healthy<H: Harness>() {
    let store = H::fresh().await;
    store.health().check().await.unwrap();
    assert!(list_own(&store.tokens()).await.items.is_empty());
    create(&store.tokens(), card("CARD-1")).await;
    store.health().check().await.unwrap();
    store.health().check().await.unwrap();
    assert_eq!(uids(&list_own(&store.tokens()).await), ["CARD-1"]);
    let all = RecordQuery::default();
    let records = store.authorizations().list_records(&all, None, 9).await;
    assert!(records.unwrap().is_empty());
}
