//! What the operator asks for, and what wakes the exchange.

use ocpi_domain::{Party, PlatformId, Role};
use ocpi_ports::StoredPlatform;

use crate::app::App;
use crate::operator::OperatorError;

impl App {
    /// Asks for a push to the platform, or to all, at once and whatever pause is on; `again` sends
    /// every Token anew.
    ///
    /// # Errors
    ///
    /// [`OperatorError::UnknownPlatform`], [`OperatorError::NotSynced`] when Tokens are not
    /// pushed to it; [`OperatorError::Storage`].
    pub async fn request_push(
        &self,
        id: Option<&PlatformId>,
        again: bool,
    ) -> Result<(), OperatorError> {
        let check = |stored: &StoredPlatform| self.check_push_target(stored);
        for id in self.asked_platforms(id, "not pushed to", check).await? {
            self.syncs.ask_push(&id, again);
        }
        Ok(())
    }

    /// Asks for a pull from the platform, or from all, at once; `all` fetches everything, not only
    /// what changed.
    ///
    /// # Errors
    ///
    /// [`OperatorError::UnknownPlatform`], [`OperatorError::NotSynced`] when Tokens are not
    /// pulled from it; [`OperatorError::Storage`].
    pub async fn request_pull(
        &self,
        id: Option<&PlatformId>,
        all: bool,
    ) -> Result<(), OperatorError> {
        let check = |stored: &StoredPlatform| self.check_pull_target(stored);
        for id in self.asked_platforms(id, "not pulled from", check).await? {
            self.syncs.ask_pull(&id, all);
        }
        Ok(())
    }

    /// The platform that was named, or all for which `check` holds.
    async fn asked_platforms(
        &self,
        id: Option<&PlatformId>,
        not: &str,
        check: impl Fn(&StoredPlatform) -> Result<(), String>,
    ) -> Result<Vec<PlatformId>, OperatorError> {
        let Some(id) = id else {
            let mut platforms = self.list_platforms().await?;
            platforms.retain(|stored| check(stored).is_ok());
            return Ok(platforms
                .iter()
                .map(|stored| stored.platform.id.clone())
                .collect());
        };
        let stored = self.find_platform(id).await?;
        check(&stored).map_err(|why| {
            OperatorError::NotSynced(format!("Tokens are {not} the platform {id}: {why}"))
        })?;
        Ok(vec![id.clone()])
    }

    /// Tells that a Token of `party` was written: when it is one of ours, others are to know it.
    pub(crate) fn token_changed(&self, party: Party) {
        if self.hosting.hosts(party, &Role::Emsp) {
            self.own_tokens_changed();
        }
    }

    /// Tells that Tokens of ours were written.
    pub(crate) fn own_tokens_changed(&self) {
        self.syncs.pushes.send_replace(());
    }

    /// Tells that a platform was written.
    pub(crate) fn platforms_changed(&self) {
        self.syncs.platforms_changed.notify_one();
    }
}
