//! Proving who calls by the keyed hash of the credentials token.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ocpi_domain::{Caller, CredentialsToken, CredentialsUse, PlatformId};
use ocpi_ports::{
    Authenticator, Clock, PlatformRepository, PresentedToken, StorageError, StoredPlatform,
    TokenHash, TokenHolder,
};

use crate::credentials::live_token;
use crate::credentials_hash::CredentialsHash;
use crate::deadline::within;
use crate::platform_update::find;

/// The authenticator of the reference server: tokens are stored only as a keyed hash.
///
/// Looking up a hash that only we can compute tells a caller nothing by its timing. A token that was
/// replaced is good until its successor is used for the first time, and no longer than 5 minutes.
pub struct HashedTokens {
    hash: CredentialsHash,
    platforms: Arc<dyn PlatformRepository>,
    clock: Arc<dyn Clock>,
}

/// How long the end of a replaced token is waited for.
const RETIRING_MAX: Duration = Duration::from_millis(100);

impl HashedTokens {
    /// Looks platforms up in `platforms`, by the hashes that `hash` makes.
    pub fn new(
        hash: CredentialsHash,
        platforms: Arc<dyn PlatformRepository>,
        clock: Arc<dyn Clock>,
    ) -> HashedTokens {
        HashedTokens {
            hash,
            platforms,
            clock,
        }
    }
}

#[async_trait]
impl Authenticator for HashedTokens {
    async fn find_caller(
        &self,
        presented: &CredentialsToken,
    ) -> Result<Option<Caller>, StorageError> {
        let hash = self.hash.hash(presented);
        let Some(holder) = self.platforms.find_token_holder(&hash).await? else {
            return Ok(None);
        };
        let TokenHolder { stored, good_for } = holder;
        if !good_for.is_good_at(self.clock.now()) {
            return Ok(None);
        }
        if good_for == CredentialsUse::Live && stored.tokens.iter().any(is_former) {
            // Who calls is known by now: a store that is slow to write keeps nobody waiting.
            let retiring = self.retire_former(&stored.platform.id, hash);
            let _ = within(RETIRING_MAX, retiring).await;
        }
        Ok(Some(Caller {
            platform: Arc::clone(&stored.platform),
            credentials: good_for,
        }))
    }
}

fn is_former(token: &PresentedToken) -> bool {
    matches!(token.good_for, CredentialsUse::Former { .. })
}

impl HashedTokens {
    /// Ends what the live token of that hash replaced, now that the platform has it. Should that
    /// fail, the next use of the token does it, or the end of its time.
    async fn retire_former(&self, id: &PlatformId, live: TokenHash) {
        match self.write_without_former(id, live).await {
            Ok(true) => tracing::info!(
                target: "ocpi::credentials",
                platform = %id, token_hash = ?live,
                "a platform uses its new token; the former one has ended",
            ),
            Ok(false) | Err(StorageError::Conflict) => {}
            Err(error) => tracing::warn!(
                target: "ocpi::credentials",
                platform = %id,
                cause = std::error::Error::source(&error).map(tracing::field::display),
                "a replaced token could not be ended; it ends within 5 minutes: {error}",
            ),
        }
    }

    /// Whether something was written.
    async fn write_without_former(
        &self,
        id: &PlatformId,
        live: TokenHash,
    ) -> Result<bool, StorageError> {
        let list = self.platforms.list_platforms().await?;
        let Some(stored) = find(&list, id) else {
            return Ok(false);
        };
        // Replaced itself meanwhile, it ends nothing.
        let is_live = stored.tokens.contains(&live_token(live));
        if !is_live || !stored.tokens.iter().any(is_former) {
            return Ok(false);
        }
        let mut new = StoredPlatform::clone(stored);
        new.tokens.retain(|token| !is_former(token));
        self.platforms
            .put_platform(new, Some(list.revision))
            .await?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use ocpi_domain::Platform;
    use ocpi_ports::MockPlatformRepository;

    use super::*;
    use crate::testing::peer::token;
    use crate::testing::{KnownPlatforms, TestClock, down, now, platform, ports};

    fn presenting(text: &str, good_for: CredentialsUse) -> PresentedToken {
        let hash = ports().credentials_hash.hash(&token(text));
        PresentedToken { hash, good_for }
    }

    fn former(text: &str) -> PresentedToken {
        let until = now().plus_ms(300_000);
        presenting(text, CredentialsUse::Former { until })
    }

    fn stored(tokens: Vec<PresentedToken>) -> StoredPlatform {
        StoredPlatform {
            tokens,
            ..StoredPlatform::new(platform("peer"))
        }
    }

    fn tokens(platforms: Arc<dyn PlatformRepository>, clock: &Arc<TestClock>) -> HashedTokens {
        let hash = ports().credentials_hash;
        HashedTokens::new(hash, platforms, Arc::clone(clock) as _)
    }

    /// Holds: T-01, C-02, C-09, C-10.
    #[tokio::test]
    async fn a_token_is_good_until_its_end() {
        let until = now().plus_ms(1000);
        for good_for in [
            CredentialsUse::Registration { until },
            CredentialsUse::Offered {
                until,
                replaces: false,
            },
            CredentialsUse::Offered {
                until,
                replaces: true,
            },
            CredentialsUse::Former { until },
            CredentialsUse::Live,
        ] {
            let known = KnownPlatforms::of(vec![stored(vec![presenting("abc", good_for)])]);
            let clock = Arc::new(TestClock::default());
            let tokens = tokens(known, &clock);
            clock.pass_ms(999);
            let caller = tokens.find_caller(&token("abc")).await.unwrap().unwrap();
            assert_eq!(caller.credentials, good_for);
            assert_eq!(caller.platform.id.as_str(), "peer");
            assert_eq!(tokens.find_caller(&token("abd")).await.unwrap(), None);
            clock.pass_ms(1);
            let is_good = tokens.find_caller(&token("abc")).await.unwrap().is_some();
            assert_eq!(is_good, good_for == CredentialsUse::Live, "{good_for:?}");
        }
    }

    /// Holds: C-09. What every request does, reads once and writes nothing.
    #[tokio::test]
    async fn a_connection_at_rest_is_only_read() {
        let mut platforms = MockPlatformRepository::new();
        platforms
            .expect_find_token_holder()
            .times(3)
            .returning(|_| {
                let good_for = CredentialsUse::Live;
                let stored = Arc::new(stored(vec![presenting("abc", good_for)]));
                Ok(Some(TokenHolder { stored, good_for }))
            });
        let tokens = tokens(Arc::new(platforms), &Arc::default());
        for _ in 0..3 {
            assert!(tokens.find_caller(&token("abc")).await.unwrap().is_some());
        }
    }

    /// Holds: C-09.
    #[tokio::test]
    async fn the_first_use_of_the_live_token_ends_the_former_ones_and_nothing_else() {
        let until = now().plus_ms(300_000);
        let offered = presenting(
            "new",
            CredentialsUse::Offered {
                until,
                replaces: true,
            },
        );
        let live = presenting("live", CredentialsUse::Live);
        let all = vec![live, former("old"), offered, former("older")];
        let known = KnownPlatforms::of(vec![stored(all.clone())]);
        let tokens = tokens(Arc::clone(&known) as _, &Arc::default());
        for text in ["old", "new", "older"] {
            assert!(tokens.find_caller(&token(text)).await.unwrap().is_some());
            assert_eq!(known.get("peer").tokens, all, "{text}");
        }
        for _ in 0..2 {
            assert!(tokens.find_caller(&token("live")).await.unwrap().is_some());
            assert_eq!(known.get("peer").tokens, [live, offered]);
        }
        assert_eq!(known.writes(), 1);
        assert_eq!(tokens.find_caller(&token("old")).await.unwrap(), None);
    }

    /// Holds: C-09. The caller proved itself, whatever became of the former token.
    #[tokio::test]
    async fn a_former_token_that_cannot_be_ended_is_ended_by_the_next_use() {
        let live = presenting("live", CredentialsUse::Live);
        let known = KnownPlatforms::of(vec![stored(vec![live, former("old")])]);
        let tokens = tokens(Arc::clone(&known) as _, &Arc::default());
        known.before_next_put(|_| Err(down()));
        // Another platform is written at the same moment.
        known.before_next_put(|platforms| {
            platforms.push(Arc::new(StoredPlatform::new(platform("x"))));
            Ok(())
        });
        for _ in 0..2 {
            assert!(tokens.find_caller(&token("live")).await.unwrap().is_some());
            assert_eq!(known.get("peer").tokens.len(), 2);
        }
        assert!(tokens.find_caller(&token("live")).await.unwrap().is_some());
        assert_eq!(known.get("peer").tokens, [live]);
    }

    /// Holds: C-09. A rotation that comes between the look and the write makes the token a former
    /// one itself: it must not end itself.
    #[tokio::test]
    async fn a_token_that_was_replaced_meanwhile_ends_nothing() {
        let before = stored(vec![
            presenting("live", CredentialsUse::Live),
            former("old"),
        ]);
        let after = stored(vec![
            presenting("next", CredentialsUse::Live),
            former("live"),
        ]);
        let holder = TokenHolder {
            stored: Arc::new(before),
            good_for: CredentialsUse::Live,
        };
        let mut platforms = MockPlatformRepository::new();
        platforms
            .expect_find_token_holder()
            .returning(move |_| Ok(Some(holder.clone())));
        platforms
            .expect_list_platforms()
            .times(1)
            .returning(move || {
                Ok(ocpi_ports::PlatformList {
                    platforms: vec![Arc::new(after.clone())],
                    revision: ocpi_domain::Revision(7),
                })
            });
        let tokens = tokens(Arc::new(platforms), &Arc::default());
        let caller = tokens.find_caller(&token("live")).await.unwrap().unwrap();
        assert_eq!(*caller.platform, Platform::new("peer".parse().unwrap()));
    }
}
