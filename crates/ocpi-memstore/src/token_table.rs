//! The Tokens in creation order, with what finds and counts them.

use std::sync::Arc;

use hashbrown::HashMap;
use ocpi_domain::{
    CiString, DateTime, Party, Revision, StoredToken, Token, TokenKey, TokenMarks, TokenType,
    TokenUid,
};
use ocpi_ports::{StorageError, TokenWrite};

use crate::change_log::{Change, ChangeLog};
use crate::contract_hashes::ContractHashes;
use crate::index::{PlaceIndex, TextHash, TokenHashes};
use crate::places::Places;

/// A Token in its place. What a list asks for is copied out of the Token, so that reading a long
/// list does not visit every Token.
pub(crate) struct Entry {
    token: Arc<Token>,
    revision: Revision,
    pub(crate) last_updated: DateTime,
    pub(crate) party: Party,
    kind: Kind,
    marks: PackedMarks,
}

/// [`TokenMarks`] in one byte.
#[derive(Clone, Copy)]
struct PackedMarks(u8);

impl From<TokenMarks> for PackedMarks {
    fn from(marks: TokenMarks) -> PackedMarks {
        let TokenMarks {
            synthetic_contract_id,
            inferred_last_updated,
            absent,
        } = marks;
        let flags = [synthetic_contract_id, inferred_last_updated, absent];
        PackedMarks(
            flags
                .into_iter()
                .fold(0, |set, flag| set << 1 | u8::from(flag)),
        )
    }
}

impl From<PackedMarks> for TokenMarks {
    fn from(PackedMarks(set): PackedMarks) -> TokenMarks {
        TokenMarks {
            synthetic_contract_id: set & 4 != 0,
            inferred_last_updated: set & 2 != 0,
            absent: set & 1 != 0,
        }
    }
}

/// Some token types, as a set that is asked for each Token of a list.
pub(crate) struct TypeSet<'a> {
    listed: u8,
    unlisted: Vec<&'a TokenType>,
}

impl<'a> TypeSet<'a> {
    pub(crate) fn new(types: &'a [TokenType]) -> TypeSet<'a> {
        let is_unlisted = |token_type: &&TokenType| Kind::from(*token_type) == Kind::Unlisted;
        TypeSet {
            listed: types
                .iter()
                .filter(|token_type| !is_unlisted(token_type))
                .fold(0, |set, token_type| set | Kind::from(token_type).bit()),
            unlisted: types.iter().filter(is_unlisted).collect(),
        }
    }

    /// Whether it holds some unlisted types and not others, which are of one kind.
    fn divides_a_kind(&self) -> bool {
        !self.unlisted.is_empty()
    }

    /// Whether the Token's type is in the set.
    pub(crate) fn holds(&self, entry: &Entry) -> bool {
        if entry.kind == Kind::Unlisted {
            self.unlisted.contains(&&entry.token.token_type)
        } else {
            self.listed & entry.kind.bit() != 0
        }
    }
}

/// A [`TokenType`] in one byte: all that a peer may invent are one kind.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    AdHocUser,
    AppUser,
    Emaid,
    Other,
    Rfid,
    Unlisted,
}

impl Kind {
    fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl From<&TokenType> for Kind {
    fn from(token_type: &TokenType) -> Kind {
        match token_type {
            TokenType::AdHocUser => Kind::AdHocUser,
            TokenType::AppUser => Kind::AppUser,
            TokenType::Emaid => Kind::Emaid,
            TokenType::Other => Kind::Other,
            TokenType::Rfid => Kind::Rfid,
            TokenType::Unlisted(_) => Kind::Unlisted,
        }
    }
}

impl Entry {
    /// Asks for the texts of the Token, which an answer is about to write. Among a million Tokens
    /// each is a wait for memory, and together they are one wait.
    fn fetch_texts(&self) {
        let Token {
            contract_id,
            visual_number,
            issuer,
            group_id,
            ..
        } = &*self.token;
        let optional = [
            visual_number.as_ref().map(ocpi_domain::OcpiString::as_str),
            group_id.as_ref().map(CiString::as_str),
        ];
        let texts = [Some(contract_id.as_str()), Some(issuer.as_str())]
            .into_iter()
            .chain(optional);
        for text in texts.flatten() {
            std::hint::black_box(text.as_bytes().first().copied());
        }
    }

    /// The Token with its revision and marks.
    pub(crate) fn stored(&self) -> StoredToken {
        StoredToken {
            token: Arc::clone(&self.token),
            marks: self.marks.into(),
            revision: self.revision,
        }
    }

    /// The revision of its last write.
    pub(crate) fn revision(&self) -> u64 {
        self.revision.0
    }

    /// Whether the Token is of that type.
    fn is_of_type(&self, token_type: &TokenType) -> bool {
        self.kind == Kind::from(token_type)
            && (self.kind != Kind::Unlisted || self.token.token_type == *token_type)
    }
}

/// What a question finds.
#[derive(Clone, Copy)]
pub(crate) enum Found<'a> {
    Nothing,
    One(&'a Entry),
    Several,
}

impl<'a> Found<'a> {
    fn and(self, entry: &'a Entry) -> Found<'a> {
        match self {
            Found::Nothing => Found::One(entry),
            Found::One(_) | Found::Several => Found::Several,
        }
    }
}

/// All Tokens. None is ever taken out, so a place is for life, and is the cursor of a list.
#[derive(Default)]
pub(crate) struct TokenTable {
    entries: Places<Entry>,
    /// By uid alone: what has one uid, of whatever party and type, is found in one go.
    by_uid: PlaceIndex,
    contracts: ContractHashes,
    /// How many Tokens a party has of a kind, so that nobody counts for a list's total.
    totals: HashMap<(Party, Kind), u64>,
    changes: ChangeLog,
    last_revision: u64,
}

impl TokenTable {
    /// The Tokens in creation order.
    pub(crate) fn entries(&self) -> &Places<Entry> {
        &self.entries
    }

    /// How many Tokens these parties have of other types than those; `None` when they have to be
    /// counted one by one.
    pub(crate) fn total(&self, parties: &[Party], without_types: &TypeSet<'_>) -> Option<u64> {
        if without_types.divides_a_kind() {
            return None;
        }
        let totals = self.totals.iter().filter(|((party, kind), _)| {
            parties.contains(party) && without_types.listed & kind.bit() == 0
        });
        Some(totals.map(|(_, count)| count).sum())
    }

    fn place_of(
        &self,
        party: Party,
        uid: &TokenUid,
        token_type: &TokenType,
        hash: TextHash,
    ) -> Option<usize> {
        self.by_uid.candidates(hash).find(|place| {
            let entry = &self.entries[*place];
            entry.party == party && entry.is_of_type(token_type) && entry.token.uid == *uid
        })
    }

    /// The Token of that key, whose uid has that hash.
    pub(crate) fn find(&self, key: &TokenKey, hash: TextHash) -> Option<&Entry> {
        let place = self.place_of(key.party, &key.uid, &key.token_type, hash)?;
        Some(&self.entries[place])
    }

    /// The Token that a question about that uid and type means.
    pub(crate) fn find_subject(
        &self,
        parties: &[Party],
        uid: &TokenUid,
        token_type: &TokenType,
        hash: TextHash,
    ) -> Found<'_> {
        let is_emaid = *token_type == TokenType::Emaid;
        let (mut to_the_letter, mut otherwise) = (Found::Nothing, Found::Nothing);
        for place in self.by_uid.candidates(hash) {
            let entry = &self.entries[place];
            if !entry.is_of_type(token_type) || !parties.contains(&entry.party) {
                continue;
            }
            // Nearly always it is the one.
            entry.fetch_texts();
            if entry.token.uid == *uid {
                to_the_letter = to_the_letter.and(entry);
            } else if is_emaid && entry.token.uid.is_same_emaid(uid) {
                otherwise = otherwise.and(entry);
            }
        }
        match to_the_letter {
            Found::Nothing => otherwise,
            found => found,
        }
    }

    /// The Tokens of that party and uid, of whatever type, in creation order. An EMAID is found
    /// by another hash than the other types when its uid has separators.
    pub(crate) fn find_by_uid(
        &self,
        party: Party,
        uid: &TokenUid,
        hash: TextHash,
        emaid_hash: TextHash,
    ) -> Vec<&Entry> {
        let other_hash = (emaid_hash != hash).then_some(emaid_hash);
        let mut places: Vec<usize> = [Some(hash), other_hash]
            .into_iter()
            .flatten()
            .flat_map(|hash| self.by_uid.candidates(hash))
            .filter(|place| {
                let entry = &self.entries[*place];
                entry.party == party && entry.token.uid == *uid
            })
            .collect();
        places.sort_unstable();
        places
            .into_iter()
            .map(|place| &self.entries[place])
            .collect()
    }

    /// The Tokens of that uid, of whatever party and type, so many at most, in creation order. An
    /// EMAID of every spelling is one of them.
    pub(crate) fn find_of_any_party(
        &self,
        uid: &TokenUid,
        hash: TextHash,
        emaid_hash: TextHash,
        limit: usize,
    ) -> impl Iterator<Item = &Entry> {
        let other_hash = (emaid_hash != hash).then_some(emaid_hash);
        let mut places: Vec<usize> = [Some(hash), other_hash]
            .into_iter()
            .flatten()
            .flat_map(|hash| self.by_uid.candidates(hash))
            .filter(|place| {
                let entry = &self.entries[*place];
                let is_emaid = entry.kind == Kind::Emaid;
                entry.token.uid == *uid || is_emaid && entry.token.uid.is_same_emaid(uid)
            })
            .collect();
        places.sort_unstable();
        let found = places.into_iter().take(limit);
        found.map(|place| &self.entries[place])
    }

    /// The revision that was given last.
    pub(crate) fn last_revision(&self) -> u64 {
        self.last_revision
    }

    /// The Tokens whose last write is after that revision, in the order of those writes.
    pub(crate) fn changes_after(&self, revision: u64) -> impl Iterator<Item = &Entry> {
        let changes = self.changes.after(revision);
        changes.map(|change| &self.entries[change.place as usize])
    }

    /// Adds to `found`, up to `limit` in all, the Tokens of that party and contract in the piece
    /// from place `from` on, in creation order; gives where to look on, `None` at the end.
    pub(crate) fn find_by_contract(
        &self,
        (party, contract_id, hash): (Party, &CiString<36>, TextHash),
        from: usize,
        limit: usize,
        found: &mut Vec<StoredToken>,
    ) -> Option<usize> {
        for place in self.contracts.candidates(from, hash) {
            if found.len() >= limit {
                return None;
            }
            let entry = &self.entries[place];
            if entry.party == party && entry.token.contract_id == *contract_id {
                found.push(entry.stored());
            }
        }
        self.contracts.next_piece(from)
    }

    /// Refuses when so many more Tokens might not fit: a place is 32 bits.
    pub(crate) fn has_room_for(&self, count: usize) -> Result<(), StorageError> {
        u32::try_from(self.entries.len().saturating_add(count))
            .map(drop)
            .map_err(|full| StorageError::Unavailable(Box::new(full)))
    }

    /// Stores the Token when `follows` is what is there, and gives the Token that it replaces, to
    /// be dropped when the lock is free again.
    pub(crate) fn put(
        &mut self,
        write: TokenWrite,
        hashes: TokenHashes,
    ) -> Result<(StoredToken, Option<Arc<Token>>), StorageError> {
        let token = write.token;
        let party = token.party;
        let place = self.place_of(party, &token.uid, &token.token_type, hashes.uid);
        let stored = place.map(|place| self.entries[place].revision);
        if stored != write.follows {
            return Err(StorageError::Conflict);
        }
        // What can fail comes first: afterwards nothing is half done.
        let at = u32::try_from(place.unwrap_or(self.entries.len()))
            .map_err(|full| StorageError::Unavailable(Box::new(full)))?;
        let kind = Kind::from(&token.token_type);
        let entry = Entry {
            revision: Revision(self.last_revision + 1),
            last_updated: token.last_updated,
            party,
            kind,
            marks: write.marks.into(),
            token,
        };
        let written = entry.stored();
        let replaced = if let Some(place) = place {
            self.contracts.put(place, hashes.contract);
            self.changes.remove(self.entries[place].revision.0);
            Some(std::mem::replace(&mut self.entries[place], entry).token)
        } else {
            self.contracts.put(self.entries.len(), hashes.contract);
            self.entries.push(entry);
            self.by_uid.insert(hashes.uid, at);
            *self.totals.entry((party, kind)).or_default() += 1;
            None
        };
        self.last_revision += 1;
        self.changes.push(Change {
            revision: self.last_revision,
            place: at,
        });
        Ok((written, replaced))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl TokenTable {
        /// How many totals are kept.
        pub(crate) fn totals_kept(&self) -> usize {
            self.totals.len()
        }
    }

    /// A million Tokens are kept: what is added to each must stay small.
    #[test]
    fn an_entry_takes_half_a_cache_line() {
        assert_eq!(size_of::<Entry>(), 32);
    }
}
