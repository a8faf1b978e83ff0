//! A page of an eMSP's Tokens, into the store.

use std::collections::HashMap;
use std::sync::Arc;

use ocpi_domain::{OcpiVersion, Party, Role, StoredToken, Token, TokenKey, TokenMarks};
use ocpi_ports::{StorageError, StoredPlatform};

use super::seen::hash_of;
use crate::addressed_token::shows_others_as;
use crate::app::App;
use crate::deadline::in_time;
use crate::outbound::TokensOfEmsp;
use crate::token_update::{NewToken, Update, WRITE_ATTEMPTS_MAX, marked_present};

/// The most Tokens of one write, whatever a platform puts on a page.
const WRITES_MAX: usize = 500;

/// What came of a page.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) created: u64,
    pub(super) updated: u64,
    pub(super) unchanged: u64,
    /// Older than what is stored.
    pub(super) stale: u64,
    /// Tokens that are not the platform's to send.
    pub(super) not_ours: u64,
    /// What is wrong with the first of those.
    pub(super) not_ours_reason: Option<String>,
    /// All objects that were not taken.
    pub(super) left_out: u64,
    /// What stands for the Tokens of the page.
    pub(super) seen: Vec<u64>,
}

impl App {
    /// Stores the Tokens, as if each had been put by its owner.
    pub(super) async fn take_tokens(
        &self,
        emsp: &TokensOfEmsp,
        tokens: Vec<Token>,
    ) -> Result<Taken, StorageError> {
        let mut taken = Taken::default();
        let new = self.own_of_page(emsp, tokens, &mut taken).await?;
        for new in new.chunks(WRITES_MAX) {
            let mut open: Vec<&NewToken> = new.iter().collect();
            let mut attempts = 0;
            while !open.is_empty() {
                open = self.take_once(open, emsp.version(), &mut taken).await?;
                attempts += 1;
                if attempts == WRITE_ATTEMPTS_MAX && !open.is_empty() {
                    return Err(StorageError::Conflict);
                }
            }
        }
        Ok(taken)
    }

    /// The Tokens that the platform may send, each once; of several of one key the newest.
    async fn own_of_page(
        &self,
        emsp: &TokensOfEmsp,
        tokens: Vec<Token>,
        taken: &mut Taken,
    ) -> Result<Vec<NewToken>, StorageError> {
        let mut own: Vec<NewToken> = Vec::with_capacity(tokens.len());
        let mut places: HashMap<TokenKey, usize> = HashMap::with_capacity(tokens.len());
        let mut may_send: HashMap<Party, bool> = HashMap::new();
        for token in tokens {
            let (party, key) = (token.party, token.key());
            let may = if let Some(may) = may_send.get(&party) {
                *may
            } else {
                let may = self.may_send(emsp.stored(), party).await?;
                may_send.insert(party, may);
                may
            };
            if !may {
                taken.not_ours += 1;
                taken.seen.push(hash_of(&key));
                taken.not_ours_reason.get_or_insert_with(|| {
                    format!("{key}: the platform does not speak for {party} as an eMSP here")
                });
                continue;
            }
            let new = NewToken {
                token: Arc::new(token),
                marks: TokenMarks::default(),
                version: emsp.version(),
            };
            match places.get(&key) {
                Some(place) if own[*place].token.last_updated <= new.token.last_updated => {
                    own[*place] = new;
                }
                Some(_) => {}
                None => {
                    places.insert(key, own.len());
                    own.push(new);
                }
            }
        }
        Ok(own)
    }

    /// Whether the platform may send Tokens of `party`: it speaks for it, and we do not.
    async fn may_send(&self, stored: &StoredPlatform, party: Party) -> Result<bool, StorageError> {
        let platform = &stored.platform;
        if self.hosting.hosts(party, &Role::Emsp) {
            return Ok(false);
        }
        if platform.holds(party, &Role::Emsp) {
            return Ok(true);
        }
        Ok(platform.is_open_hub() && self.passes_on_for(platform, party, &Role::Emsp).await?)
    }

    /// One attempt to store them; those that another writer came between.
    async fn take_once<'a>(
        &self,
        open: Vec<&'a NewToken>,
        version: OcpiVersion,
        taken: &mut Taken,
    ) -> Result<Vec<&'a NewToken>, StorageError> {
        let now = self.now();
        let stored = self.find_to_replace_many(&open, version).await?;
        let mut writes = Vec::with_capacity(open.len());
        let mut to_write = Vec::with_capacity(open.len());
        for (new, stored) in open.into_iter().zip(stored) {
            let key = stored.as_ref().map(|stored| stored.token.key());
            let seen = hash_of(&key.unwrap_or_else(|| new.token.key()));
            match new.update(stored.as_ref(), now) {
                Update::Unchanged => {
                    taken.unchanged += 1;
                    taken.seen.push(seen);
                }
                Update::Stale => {
                    if let Some(write) = stored.as_ref().and_then(marked_present) {
                        to_write.push((new, seen, false));
                        writes.push(write);
                    } else {
                        taken.stale += 1;
                        taken.seen.push(seen);
                    }
                }
                Update::Write(write) => {
                    to_write.push((new, seen, write.follows.is_none()));
                    writes.push(write);
                }
            }
        }
        if writes.is_empty() {
            return Ok(Vec::new());
        }
        let written = in_time(self.ports.tokens.put_tokens(writes)).await?;
        let mut conflicts = Vec::new();
        for ((new, seen, is_new), written) in to_write.into_iter().zip(written) {
            if written.is_none() {
                conflicts.push(new);
                continue;
            }
            taken.seen.push(seen);
            if is_new {
                taken.created += 1;
            } else {
                taken.updated += 1;
            }
        }
        Ok(conflicts)
    }

    /// The Tokens that these replace: those of their keys, else the only ones that the version
    /// shows under those keys.
    async fn find_to_replace_many(
        &self,
        new: &[&NewToken],
        version: OcpiVersion,
    ) -> Result<Vec<Option<StoredToken>>, StorageError> {
        let keys: Vec<TokenKey> = new.iter().map(|new| new.token.key()).collect();
        let mut stored = in_time(self.ports.tokens.find_tokens(&keys)).await?;
        for (key, stored) in keys.iter().zip(&mut stored) {
            if stored.is_none() && shows_others_as(version, &key.token_type) {
                let shown = self.find_shown(key.party, &key.uid, &key.token_type, version);
                let only = <[StoredToken; 1]>::try_from(in_time(shown).await?);
                *stored = only.ok().map(|[only]| only);
            }
        }
        Ok(stored)
    }
}
