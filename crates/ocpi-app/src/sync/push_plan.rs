//! What is sent to a CPO next.

use std::collections::{HashMap, HashSet};

use ocpi_domain::{Revision, StoredToken, TokenKey};
use ocpi_ports::{ChangedTokens, PushProgress};

use super::behind::{self, BEHIND_MAX};
use super::push_batch::Item;
use super::trouble::Failure;
use crate::app::App;
use crate::deadline::in_time;
use crate::outbound::TokensOfCpo;

/// The most Tokens that are read and sent before it is kept how far we are.
pub(super) const BATCH: usize = 500;

/// What is known of the batch under way; of what came before the store knows.
#[derive(Default)]
pub(super) struct Batch {
    /// What of it is done: taken, or refused.
    pub(super) done: HashMap<TokenKey, Revision>,
    /// With which the platform failed, and how often while that told something of the Token.
    pub(super) suspects: HashMap<TokenKey, u32>,
    /// Whether everything is to be sent anew.
    pub(super) again: bool,
    /// Whether the operator asked: those that wait for themselves are tried now.
    pub(super) is_asked: bool,
    /// Whether the platform failed with what was sent last, too little to tell whether it fails
    /// with all: what comes new is sent, what failed waits for itself.
    pub(super) in_doubt: bool,
}

/// What is sent in one round.
pub(super) struct Planned {
    pub(super) items: Vec<Item>,
    pub(super) changed: ChangedTokens,
}

impl App {
    /// What is sent: the next changes, and the refused ones whose time has come.
    pub(super) async fn plan_push(
        &self,
        cpo: &TokensOfCpo,
        progress: &mut PushProgress,
        batch: &mut Batch,
    ) -> Result<Planned, Failure> {
        let store = &self.ports.tokens;
        let is_full = progress.behind.len() >= BEHIND_MAX;
        let changed = if is_full {
            // First those that wait; whoever refuses them all gets no more to refuse.
            ChangedTokens {
                tokens: Vec::new(),
                through: progress.through,
                more: true,
            }
        } else {
            let parties = self.pushed_parties(cpo.stored(), cpo.version());
            in_time(store.list_changed_tokens(&parties, progress.through, BATCH)).await?
        };
        let in_batch: HashMap<TokenKey, Revision> = changed
            .tokens
            .iter()
            .map(|stored| (stored.token.key(), stored.revision))
            .collect();
        let now = self.now();
        let waits: HashSet<&TokenKey> = progress
            .behind
            .iter()
            .filter(|behind| batch.in_doubt && behind.next_at > now)
            .map(|behind| &behind.key)
            .collect();
        let due = progress
            .behind
            .iter()
            .filter(|behind| behind.next_at <= now);
        let due = due.filter(|behind| !in_batch.contains_key(&behind.key));
        let due: Vec<TokenKey> = due.take(BATCH).map(|behind| behind.key.clone()).collect();
        let waiting = in_time(store.find_tokens(&due)).await?;
        batch
            .done
            .retain(|key, revision| in_batch.get(key) == Some(revision));
        batch
            .suspects
            .retain(|key, _| in_batch.contains_key(key) || due.contains(key));
        let mut to_send: Vec<StoredToken> = Vec::new();
        for stored in changed.tokens.iter().cloned() {
            let key = stored.token.key();
            if batch.done.get(&key) != Some(&stored.revision) && !waits.contains(&key) {
                to_send.push(stored);
            }
        }
        for (key, stored) in due.iter().zip(waiting) {
            match stored {
                // The cursor comes to it, and it is sent then.
                Some(stored) if stored.revision > changed.through && !is_full => {}
                Some(stored) => to_send.push(stored),
                None => behind::forget(progress, key),
            }
        }
        // Those that failed before come last, so that they hold up no others.
        to_send.sort_by_key(|stored| batch.suspects.contains_key(&stored.token.key()));
        let mut items = Vec::with_capacity(to_send.len());
        for stored in to_send {
            let (key, revision) = (stored.token.key(), stored.revision);
            match in_time(self.listed_as(stored, cpo.version())).await? {
                Some(token) => items.push(Item {
                    token,
                    key,
                    revision,
                }),
                None => behind::forget(progress, &key),
            }
        }
        Ok(Planned { items, changed })
    }
}
