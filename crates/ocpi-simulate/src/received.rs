//! The Tokens that a CPO was sent.

use std::collections::BTreeMap;

use ocpi_domain::{Token, TokenKey, TokenPatch};

/// What a CPO has of a Token, and how it came.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// The Token as it is now.
    pub token: Token,
    /// How often it was sent, whole or in part, and taken.
    pub writes: u64,
    /// How often an older version was sent after a newer one. It was not taken.
    pub older_after_newer: u64,
}

/// The store of a CPO.
#[derive(Default)]
pub(crate) struct ReceivedTokens {
    pub(crate) tokens: BTreeMap<TokenKey, Received>,
    pub(crate) taken: u64,
    pub(crate) older_after_newer: u64,
}

/// What became of a Token that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Took {
    Created,
    Replaced,
    /// It is older than what there is.
    Older,
    /// There is none to patch.
    Unknown,
    Invalid(String),
}

impl ReceivedTokens {
    pub(crate) fn put(&mut self, token: Token) -> Took {
        let key = TokenKey {
            party: token.party,
            uid: token.uid.clone(),
            token_type: token.token_type.clone(),
        };
        match self.tokens.get_mut(&key) {
            None => {
                let received = Received {
                    token,
                    writes: 1,
                    older_after_newer: 0,
                };
                self.tokens.insert(key, received);
                self.taken += 1;
                Took::Created
            }
            Some(known) => {
                if token.last_updated < known.token.last_updated {
                    known.older_after_newer += 1;
                    self.older_after_newer += 1;
                    return Took::Older;
                }
                known.token = token;
                known.writes += 1;
                self.taken += 1;
                Took::Replaced
            }
        }
    }

    pub(crate) fn patch(&mut self, key: &TokenKey, patch: TokenPatch) -> Took {
        let Some(known) = self.tokens.get(key) else {
            return Took::Unknown;
        };
        match patch.apply_to(&known.token) {
            Ok(token) => self.put(token),
            Err(error) => Took::Invalid(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use ocpi_domain::Party;

    use super::*;

    #[test]
    fn an_older_version_after_a_newer_one_is_noticed_and_not_taken() {
        let party = Party::new("DE", "EMS").unwrap();
        let new = crate::card(party, 1, 1).unwrap();
        let older = Token {
            last_updated: new.last_updated.plus_ms(-1),
            valid: !new.valid,
            ..new.clone()
        };
        let mut received = ReceivedTokens::default();
        let took: Vec<Took> = [&new, &older, &new]
            .map(|token| received.put(token.clone()))
            .to_vec();
        assert_eq!(took, [Took::Created, Took::Older, Took::Replaced]);
        let only = received.tokens.values().next().unwrap();
        assert_eq!((only.writes, only.older_after_newer), (2, 1));
        assert_eq!(only.token, new);
        assert_eq!((received.taken, received.older_after_newer), (2, 1));
    }
}
