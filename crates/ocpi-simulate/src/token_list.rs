//! The Tokens of an eMSP, in the order in which they were created.

use std::collections::HashMap;
use std::sync::Arc;

use ocpi_domain::{DateTime, DateWindow, Party, Token, TokenType};

use crate::cards;
use crate::options::PeerTokens;

/// The Tokens. Cards are made when they are looked at; only those that changed are kept.
pub(crate) struct TokenList {
    party: Party,
    seed: u64,
    /// The numbers of the cards that there are, ascending.
    cards: Vec<u32>,
    /// Those of them that are not as they were made.
    changed: HashMap<u32, Arc<Token>>,
    /// The others, which were created after the cards.
    given: Vec<Arc<Token>>,
    /// Where each of them is.
    given_at: HashMap<Name, usize>,
    /// The last moment of a change.
    last_change: DateTime,
}

/// The uid in lower case, and the type.
type Name = (String, TokenType);

/// Where a Token is.
enum Place {
    Card(u32),
    Given(usize),
}

/// A part of the list.
pub(crate) struct Slice {
    pub(crate) tokens: Vec<Arc<Token>>,
    pub(crate) total: usize,
}

fn name(uid: &str, token_type: &TokenType) -> Name {
    (uid.to_ascii_lowercase(), token_type.clone())
}

impl TokenList {
    pub(crate) fn new(party: Party, seed: u64, tokens: PeerTokens) -> TokenList {
        let mut list = TokenList {
            party,
            seed,
            cards: Vec::new(),
            changed: HashMap::new(),
            given: Vec::new(),
            given_at: HashMap::new(),
            last_change: DateTime::UNIX_EPOCH,
        };
        match tokens {
            PeerTokens::Generated(count) => list.cards = (0..count).collect(),
            PeerTokens::Given(tokens) => {
                for token in tokens {
                    list.put(token);
                }
            }
        }
        list
    }

    pub(crate) fn len(&self) -> usize {
        self.cards.len() + self.given.len()
    }

    /// The Token of that uid and type.
    pub(crate) fn find(&self, uid: &str, token_type: &TokenType) -> Option<Arc<Token>> {
        match self.place(uid, token_type)? {
            Place::Card(number) => self.card(number),
            Place::Given(index) => self.given.get(index).cloned(),
        }
    }

    /// Puts a Token in the place of the one of its uid and type, or at the end.
    pub(crate) fn put(&mut self, token: Token) {
        self.last_change = self.last_change.max(token.last_updated);
        match self.place(token.uid.as_str(), &token.token_type) {
            Some(Place::Card(number)) => {
                self.changed.insert(number, Arc::new(token));
            }
            Some(Place::Given(index)) => {
                if let Some(place) = self.given.get_mut(index) {
                    *place = Arc::new(token);
                }
            }
            None => {
                let name = name(token.uid.as_str(), &token.token_type);
                self.given_at.insert(name, self.given.len());
                self.given.push(Arc::new(token));
            }
        }
    }

    /// Changes the Token of that uid and type at `now`, or a little later: no two changes are at
    /// one moment. What identifies it stays.
    pub(crate) fn change(
        &mut self,
        uid: &str,
        token_type: &TokenType,
        now: DateTime,
        change: impl FnOnce(&mut Token),
    ) -> Option<Arc<Token>> {
        let before = self.find(uid, token_type)?;
        let mut token = Token::clone(&before);
        change(&mut token);
        token.party = before.party;
        token.uid = before.uid.clone();
        token.token_type = before.token_type.clone();
        let after_all = self.last_change.max(before.last_updated).plus_ms(1);
        token.last_updated = now.max(after_all);
        self.put(token);
        self.find(uid, token_type)
    }

    /// Takes the Token of that uid and type out of the list, which costs time linear in its length.
    pub(crate) fn remove(&mut self, uid: &str, token_type: &TokenType) -> bool {
        match self.place(uid, token_type) {
            None => false,
            Some(Place::Card(number)) => {
                self.cards.retain(|card| *card != number);
                self.changed.remove(&number);
                true
            }
            Some(Place::Given(index)) => {
                self.given.remove(index);
                let at = self
                    .given
                    .iter()
                    .enumerate()
                    .map(|(index, token)| (name(token.uid.as_str(), &token.token_type), index));
                self.given_at = at.collect();
                true
            }
        }
    }

    /// The Tokens of a window, from `offset` on, `limit` at most. Where the window is open it costs
    /// what it returns, wherever it begins.
    pub(crate) fn slice(&self, window: DateWindow, offset: usize, limit: usize) -> Slice {
        if window.is_open() {
            let places = offset..offset.saturating_add(limit).min(self.len());
            return Slice {
                tokens: places.filter_map(|place| self.at(place)).collect(),
                total: self.len(),
            };
        }
        let matching = (0..self.len()).filter(|place| {
            let changed = self.changed_at(*place);
            changed.is_some_and(|moment| window.contains(moment))
        });
        let mut total = 0;
        let mut tokens = Vec::new();
        for place in matching {
            if total >= offset && tokens.len() < limit {
                tokens.extend(self.at(place));
            }
            total += 1;
        }
        Slice { tokens, total }
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<Arc<Token>> {
        self.slice(DateWindow::default(), 0, usize::MAX).tokens
    }

    fn place(&self, uid: &str, token_type: &TokenType) -> Option<Place> {
        let card = cards::number_of(self.seed, uid)
            .filter(|_| *token_type == TokenType::Rfid)
            .filter(|number| self.cards.binary_search(number).is_ok());
        let given = || self.given_at.get(&name(uid, token_type)).copied();
        card.map(Place::Card).or_else(|| given().map(Place::Given))
    }

    fn at(&self, place: usize) -> Option<Arc<Token>> {
        match self.cards.get(place) {
            Some(number) => self.card(*number),
            None => self.given.get(place - self.cards.len()).cloned(),
        }
    }

    fn changed_at(&self, place: usize) -> Option<DateTime> {
        match self.cards.get(place) {
            Some(number) => Some(match self.changed.get(number) {
                Some(token) => token.last_updated,
                None => cards::changed_at(*number),
            }),
            None => Some(self.given.get(place - self.cards.len())?.last_updated),
        }
    }

    fn card(&self, number: u32) -> Option<Arc<Token>> {
        match self.changed.get(&number) {
            Some(token) => Some(Arc::clone(token)),
            None => cards::card(self.party, self.seed, number).map(Arc::new),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{card, card_uid};

    fn party() -> Party {
        Party::new("DE", "EMS").unwrap()
    }

    fn uids(list: &TokenList) -> Vec<String> {
        let all = list.all();
        all.iter().map(|token| token.uid.to_string()).collect()
    }

    #[test]
    fn a_change_moves_no_token_and_gives_it_a_moment_of_its_own() {
        let mut list = TokenList::new(party(), 1, PeerTokens::Generated(3));
        let mut other = card(party(), 2, 0).unwrap();
        other.last_updated = "2026-06-01T00:00:00Z".parse().unwrap();
        list.put(other.clone());
        let before = uids(&list);
        let now = "2026-05-01T00:00:00Z".parse().unwrap();
        for uid in [card_uid(1, 1), other.uid.to_string()] {
            let changed = list
                .change(&uid, &TokenType::Rfid, now, |token| {
                    token.valid = !token.valid;
                })
                .unwrap();
            assert!(changed.last_updated > other.last_updated);
        }
        assert_eq!(uids(&list), before);
        let moments: std::collections::HashSet<_> =
            list.all().iter().map(|token| token.last_updated).collect();
        assert_eq!(moments.len(), 4);
        let window = DateWindow {
            from: Some(other.last_updated),
            to: None,
        };
        assert_eq!(list.slice(window, 0, 10).total, 2);
        assert_eq!(list.slice(window, 1, 10).tokens.len(), 1);
    }

    #[test]
    fn what_is_taken_out_is_gone_and_what_is_put_again_is_at_the_end() {
        let mut list = TokenList::new(party(), 1, PeerTokens::Generated(3));
        let rfid = TokenType::Rfid;
        let first = card(party(), 1, 0).unwrap();
        assert!(list.remove(first.uid.as_str(), &rfid));
        assert!(!list.remove(first.uid.as_str(), &rfid));
        assert!(list.find(first.uid.as_str(), &rfid).is_none());
        list.put(first.clone());
        let expected = [card_uid(1, 1), card_uid(1, 2), card_uid(1, 0)];
        assert_eq!(uids(&list), expected);
        assert_eq!(
            list.find(first.uid.as_str(), &rfid).as_deref(),
            Some(&first)
        );
        assert!(list.remove(first.uid.as_str(), &rfid));
        assert_eq!(list.len(), 2);
    }
}
