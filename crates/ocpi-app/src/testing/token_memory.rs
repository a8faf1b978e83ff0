//! A store of Tokens in memory: the least that keeps the promises of its port.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use ocpi_domain::{
    CiString, Cursor, Page, PageRequest, PageStart, Party, Revision, StoredToken, TokenKey,
    TokenType, TokenUid,
};
use ocpi_ports::{ChangedTokens, StorageError, TokenQuery, TokenRepository, TokenWrite};

use super::down;

/// The Tokens, in the order of their creation.
#[derive(Default)]
pub(crate) struct TokenMemory(Mutex<State>);

#[derive(Default)]
struct State {
    tokens: Vec<StoredToken>,
    places: HashMap<TokenKey, usize>,
    revision: u64,
    /// How often it was counted what changed.
    counts: usize,
    /// Whether it answers nothing.
    is_down: bool,
}

impl TokenMemory {
    /// Fails from now on, or does not any more.
    pub(crate) fn set_down(&self, is_down: bool) {
        self.0.lock().unwrap().is_down = is_down;
    }

    /// How often it was counted what changed.
    pub(crate) fn counts(&self) -> usize {
        self.0.lock().unwrap().counts
    }

    /// Everything, as it is.
    pub(crate) fn all(&self) -> Vec<StoredToken> {
        self.0.lock().unwrap().tokens.clone()
    }

    fn open(&self) -> Result<MutexGuard<'_, State>, StorageError> {
        let state = self.0.lock().unwrap();
        if state.is_down {
            Err(down())
        } else {
            Ok(state)
        }
    }

    fn matching(
        &self,
        is_meant: impl Fn(&StoredToken) -> bool,
    ) -> Result<Vec<StoredToken>, StorageError> {
        let state = self.open()?;
        Ok(state
            .tokens
            .iter()
            .filter(|it| is_meant(it))
            .cloned()
            .collect())
    }
}

impl State {
    fn put(&mut self, write: TokenWrite) -> Option<StoredToken> {
        let key = write.token.key();
        let place = self.places.get(&key).copied();
        if place.map(|place| self.tokens[place].revision) != write.follows {
            return None;
        }
        self.revision += 1;
        let stored = StoredToken {
            token: write.token,
            marks: write.marks,
            revision: Revision(self.revision),
        };
        if let Some(place) = place {
            self.tokens[place] = stored.clone();
        } else {
            self.places.insert(key, self.tokens.len());
            self.tokens.push(stored.clone());
        }
        Some(stored)
    }
}

#[async_trait]
impl TokenRepository for TokenMemory {
    async fn find_token(&self, key: &TokenKey) -> Result<Option<StoredToken>, StorageError> {
        Ok(self.matching(|stored| stored.token.has_key(key))?.pop())
    }

    async fn find_tokens_by_uid(
        &self,
        party: Party,
        uid: &TokenUid,
    ) -> Result<Vec<StoredToken>, StorageError> {
        self.matching(|stored| stored.token.party == party && stored.token.uid == *uid)
    }

    async fn find_tokens_by_contract(
        &self,
        party: Party,
        contract_id: &CiString<36>,
        limit: usize,
    ) -> Result<Vec<StoredToken>, StorageError> {
        let mut found = self.matching(|stored| {
            stored.token.party == party && stored.token.contract_id == *contract_id
        })?;
        found.truncate(limit);
        Ok(found)
    }

    async fn find_tokens_of_any_party(
        &self,
        uid: &TokenUid,
        limit: usize,
    ) -> Result<Vec<StoredToken>, StorageError> {
        let mut found = self.matching(|stored| {
            let is_emaid = stored.token.token_type == TokenType::Emaid;
            stored.token.uid == *uid || is_emaid && stored.token.uid.is_same_emaid(uid)
        })?;
        found.truncate(limit);
        Ok(found)
    }

    async fn list_changed_tokens(
        &self,
        parties: &[Party],
        after: Revision,
        limit: usize,
    ) -> Result<ChangedTokens, StorageError> {
        let mut tokens = self
            .matching(|stored| stored.revision > after && parties.contains(&stored.token.party))?;
        tokens.sort_by_key(|stored| stored.revision);
        let more = tokens.len() > limit;
        tokens.truncate(limit);
        let last = Revision(self.open()?.revision);
        let through = tokens
            .last()
            .filter(|_| more)
            .map_or(last, |stored| stored.revision);
        Ok(ChangedTokens {
            tokens,
            through,
            more,
        })
    }

    async fn count_changed_tokens(
        &self,
        parties: &[Party],
        after: Revision,
    ) -> Result<u64, StorageError> {
        self.open()?.counts += 1;
        let changed = self
            .matching(|stored| stored.revision > after && parties.contains(&stored.token.party));
        Ok(changed?.len() as u64)
    }

    async fn last_revision(&self) -> Result<Revision, StorageError> {
        Ok(Revision(self.open()?.revision))
    }

    async fn put_token(&self, write: TokenWrite) -> Result<StoredToken, StorageError> {
        self.open()?.put(write).ok_or(StorageError::Conflict)
    }

    async fn find_tokens(
        &self,
        keys: &[TokenKey],
    ) -> Result<Vec<Option<StoredToken>>, StorageError> {
        let state = self.open()?;
        let place = |key| state.places.get(key).copied();
        Ok(keys
            .iter()
            .map(|key| Some(state.tokens[place(key)?].clone()))
            .collect())
    }

    async fn put_tokens(
        &self,
        writes: Vec<TokenWrite>,
    ) -> Result<Vec<Option<Revision>>, StorageError> {
        let mut state = self.open()?;
        let put = |write| state.put(write).map(|stored| stored.revision);
        Ok(writes.into_iter().map(put).collect())
    }

    async fn list_tokens(
        &self,
        query: &TokenQuery,
        page: &PageRequest,
    ) -> Result<Page<StoredToken>, StorageError> {
        let state = self.open()?;
        let matching: Vec<_> = (1..)
            .zip(&state.tokens)
            .filter(|(_, stored)| {
                let token = &stored.token;
                query.parties.contains(&token.party)
                    && !query.without_types.contains(&token.token_type)
                    && page.window.contains(token.last_updated)
            })
            .collect();
        let total = matching.len() as u64;
        let rest: Vec<_> = match page.start {
            PageStart::Offset(offset) => {
                let offset = usize::try_from(offset).unwrap_or(usize::MAX);
                matching.into_iter().skip(offset).collect()
            }
            PageStart::After(Cursor(after)) => matching
                .into_iter()
                .filter(|(place, _)| *place > after)
                .collect(),
        };
        let listed = &rest[..page.limit.min(rest.len())];
        let next = listed.last().filter(|_| listed.len() < rest.len());
        Ok(Page {
            items: listed
                .iter()
                .map(|(_, stored)| StoredToken::clone(stored))
                .collect(),
            total,
            next: next.map(|(place, _)| Cursor(*place)),
        })
    }
}
