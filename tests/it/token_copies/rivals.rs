//! Writes of one Token at the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use ocpi_app::Ports;
use ocpi_domain::{
    CiString, Page, PageRequest, Party, Revision, StoredToken, TokenKey, TokenMarks, TokenUid,
};
use ocpi_memstore::MemStore;
use ocpi_ports::{ChangedTokens, StorageError, TokenQuery, TokenRepository, TokenWrite};
use serde_json::{Value, json};
use tokio::sync::Barrier;

use crate::support::http::Request;
use crate::support::token::{all_at_once, card, copy, with};
use crate::support::world::{TOKEN, World, WorldBuilder};

/// How many writes start from the same reading.
const RIVALS: usize = 8;

/// A store whose first [`RIVALS`] readers all have read before any of them goes on: the worst
/// interleaving, in every run.
struct ReadTogether {
    store: Arc<MemStore>,
    readings: AtomicUsize,
    all_have_read: Barrier,
}

impl ReadTogether {
    async fn wait(&self) {
        if self.readings.fetch_add(1, Ordering::SeqCst) < RIVALS {
            self.all_have_read.wait().await;
        }
    }
}

#[async_trait]
impl TokenRepository for ReadTogether {
    async fn find_token(&self, key: &TokenKey) -> Result<Option<StoredToken>, StorageError> {
        let found = self.store.find_token(key).await;
        self.wait().await;
        found
    }

    async fn find_tokens_by_uid(
        &self,
        party: Party,
        uid: &TokenUid,
    ) -> Result<Vec<StoredToken>, StorageError> {
        let found = self.store.find_tokens_by_uid(party, uid).await;
        self.wait().await;
        found
    }

    async fn find_tokens_by_contract(
        &self,
        party: Party,
        contract_id: &CiString<36>,
        limit: usize,
    ) -> Result<Vec<StoredToken>, StorageError> {
        self.store
            .find_tokens_by_contract(party, contract_id, limit)
            .await
    }

    async fn find_tokens_of_any_party(
        &self,
        uid: &TokenUid,
        limit: usize,
    ) -> Result<Vec<StoredToken>, StorageError> {
        self.store.find_tokens_of_any_party(uid, limit).await
    }

    async fn list_changed_tokens(
        &self,
        parties: &[Party],
        after: Revision,
        limit: usize,
    ) -> Result<ChangedTokens, StorageError> {
        self.store.list_changed_tokens(parties, after, limit).await
    }

    async fn count_changed_tokens(
        &self,
        parties: &[Party],
        after: Revision,
    ) -> Result<u64, StorageError> {
        self.store.count_changed_tokens(parties, after).await
    }

    async fn last_revision(&self) -> Result<Revision, StorageError> {
        self.store.last_revision().await
    }

    async fn put_token(&self, write: TokenWrite) -> Result<StoredToken, StorageError> {
        self.store.put_token(write).await
    }

    async fn find_tokens(
        &self,
        keys: &[TokenKey],
    ) -> Result<Vec<Option<StoredToken>>, StorageError> {
        self.store.find_tokens(keys).await
    }

    async fn put_tokens(
        &self,
        writes: Vec<TokenWrite>,
    ) -> Result<Vec<Option<Revision>>, StorageError> {
        self.store.put_tokens(writes).await
    }

    async fn list_tokens(
        &self,
        query: &TokenQuery,
        page: &PageRequest,
    ) -> Result<Page<StoredToken>, StorageError> {
        self.store.list_tokens(query, page).await
    }
}

/// A world of rivals that has these Tokens.
async fn world_of_rivals(tokens: &[Value]) -> World {
    let builder = WorldBuilder::new();
    let store = Arc::clone(&builder.store);
    for token in tokens {
        let token = serde_json::from_value(token.clone()).unwrap();
        let write = TokenWrite {
            token: Arc::new(token),
            marks: TokenMarks::default(),
            follows: None,
        };
        store.put_token(write).await.unwrap();
    }
    let together = ReadTogether {
        store,
        readings: AtomicUsize::new(0),
        all_have_read: Barrier::new(RIVALS),
    };
    builder
        .ports(|ports| Ports {
            tokens: Arc::new(together),
            ..ports
        })
        .start()
        .await
}

/// Holds: K-17, K-31.
#[tokio::test]
async fn of_many_puts_of_one_new_token_exactly_one_creates_it() {
    let world = world_of_rivals(&[]).await;
    let requests: Vec<Request> = (0..RIVALS)
        .map(|n| with(card("U1"), &json!({"issuer": format!("I{n}"), "x_n": n})))
        .map(|token| Request::new("PUT", &copy("U1")).token(TOKEN).json(&token))
        .collect();
    let answers = all_at_once(&world, &requests).await;
    let created = answers
        .iter()
        .filter(|answer| answer.codes() == (201, 1000))
        .count();
    let replaced = answers
        .iter()
        .filter(|answer| answer.codes() == (200, 1000))
        .count();
    assert_eq!((created, replaced), (1, RIVALS - 1));
    let shown = world.shown(&copy("U1")).await;
    assert_eq!(
        shown["issuer"],
        format!("I{}", shown["x_n"]),
        "two writes were mixed"
    );
}

/// Holds: K-22, K-31.
#[tokio::test]
async fn patches_that_read_the_same_version_are_all_applied() {
    let world = world_of_rivals(&[card("U1")]).await;
    let requests: Vec<Request> = (0..RIVALS)
        .map(|n| json!({format!("x_{n}"): n, "last_updated": "2026-01-01T00:00:01Z"}))
        .map(|change| {
            Request::new("PATCH", &copy("U1"))
                .token(TOKEN)
                .json(&change)
        })
        .collect();
    for answer in all_at_once(&world, &requests).await {
        assert_eq!(answer.codes(), (200, 1000));
    }
    let shown = world.shown(&copy("U1")).await;
    for n in 0..RIVALS {
        assert_eq!(shown[format!("x_{n}")], n, "a write was lost");
    }
}

/// The one that comes late is compared with what came meanwhile, not with what it read.
///
/// Holds: K-27, K-31.
#[tokio::test]
async fn a_rival_that_became_stale_meanwhile_is_refused() {
    let world = world_of_rivals(&[card("U1")]).await;
    let requests: Vec<Request> = (0..RIVALS)
        .map(|n| json!({"issuer": format!("I{n}"), "last_updated": format!("2026-01-01T00:00:0{n}Z")}))
        .map(|change| Request::new("PATCH", &copy("U1")).token(TOKEN).json(&change))
        .collect();
    let answers = all_at_once(&world, &requests).await;
    let newest = RIVALS - 1;
    assert_eq!(
        answers[newest].codes(),
        (200, 1000),
        "the newest is never stale"
    );
    for answer in answers {
        let refused = answer.codes() == (200, 2001) && answer.message().contains("stale");
        assert!(
            refused || answer.codes() == (200, 1000),
            "{}",
            answer.message()
        );
    }
    assert_eq!(
        world.shown(&copy("U1")).await["issuer"],
        format!("I{newest}")
    );
}

/// Holds: K-31.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_patches_of_one_token_lose_nothing_and_no_reader_sees_half_of_one() {
    let world = World::start().await;
    world
        .push(&with(
            card("U1"),
            &json!({"issuer": "start", "visual_number": "start"}),
        ))
        .await;
    let requests: Vec<Request> = (0..40)
        .map(|n| {
            let name = format!("I{n}");
            let change = json!({
                format!("x_{n}"): n, "issuer": name, "visual_number": name, "last_updated": "2026-01-01T00:00:01Z",
            });
            Request::new("PATCH", &copy("U1"))
                .token(TOKEN)
                .json(&change)
        })
        .flat_map(|patch| [patch, Request::new("GET", &copy("U1")).token(TOKEN)])
        .collect();
    for answer in all_at_once(&world, &requests).await {
        assert_eq!(answer.codes(), (200, 1000));
        let data = answer.data();
        assert_eq!(
            data["issuer"], data["visual_number"],
            "half a write was seen"
        );
    }
    let shown = world.shown(&copy("U1")).await;
    for n in 0..40 {
        assert_eq!(shown[format!("x_{n}")], n, "a write was lost");
    }
    assert_eq!(shown["issuer"], shown["visual_number"]);
}
