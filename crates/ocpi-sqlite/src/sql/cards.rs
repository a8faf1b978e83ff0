//! Cards: what an authorization reads, together.
//!
//! A card is all Tokens of one party whose uid is one EMAID: equal without case, `-` and `*`. So
//! whatever the type of the question, the answer is within one card of each party.

use ocpi_domain::{AuthorizationSubject, Party, StoredToken, TokenKey, TokenType, TokenUid};
use ocpi_ports::{StoredAccount, SubjectLookup};
use rusqlite::{Connection, Row};

use super::SqlError;
use super::accounts;
use super::columns::Columns;
use super::token_row::{self, TOKEN_COLUMNS, token_columns};

/// What a card is found by: country, party and uid in upper case, the uid without separators.
///
/// As long as the longest, so that asking for a card allocates nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct CardKey {
    letters: [u8; 5 + 36],
    length: u8,
}

impl CardKey {
    /// The card that a Token of that party and uid is on.
    pub(crate) fn of(party: Party, uid: &TokenUid) -> CardKey {
        let [country_code, party_id] = [party.country_code.as_str(), party.party_id.as_str()];
        let party = country_code.bytes().chain(party_id.bytes());
        let bytes = party.map(|byte| byte.to_ascii_uppercase());
        let mut key = CardKey {
            letters: [0; 41],
            length: 0,
        };
        for (place, byte) in key.letters.iter_mut().zip(bytes.chain(uid.emaid_bytes())) {
            *place = byte;
            key.length += 1;
        }
        key
    }

    fn texts(&self) -> [&str; 3] {
        let letters = &self.letters[..usize::from(self.length)];
        // Only ASCII gets in.
        let letters = std::str::from_utf8(letters).unwrap_or_default();
        let text = |range| letters.get(range).unwrap_or_default();
        [text(5..letters.len()), text(0..2), text(2..5)]
    }
}

/// A Token on a card, and its limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CardToken {
    /// The Token.
    pub(crate) token: StoredToken,
    /// Its account, when it has one.
    pub(crate) account: Option<StoredAccount>,
}

impl CardToken {
    /// Bytes of memory, about.
    pub(crate) fn bytes(&self) -> u64 {
        // The structs with their reference counts, and the texts that most Tokens have.
        const BARE: usize = 640;
        let token = &self.token.token;
        let unknown = token.unknown.entries();
        let unknown = unknown
            .iter()
            .map(|(name, raw)| name.len() + raw.get().len());
        let places = self
            .account
            .iter()
            .flat_map(|stored| stored.account.places());
        let places = places.map(|place| match place {
            ocpi_domain::AccountPlace::Evses(_, _, evses) => 128 + 64 * evses.as_slice().len(),
            _ => 128,
        });
        (BARE + unknown.sum::<usize>() + places.sum::<usize>()) as u64
    }
}

pub(super) const FIND: &str = concat!(
    "SELECT ",
    token_columns!(),
    ", a.uid, a.revision, a.account
     FROM tokens AS t LEFT JOIN accounts AS a
       ON a.uid = t.uid AND a.type = t.type
         AND a.country_code = t.country_code AND a.party_id = t.party_id
     WHERE t.uid_key = ?1 AND t.country_code = ?2 AND t.party_id = ?3"
);

/// The Tokens of that card with their accounts, in creation order; none is no card.
///
/// # Errors
///
/// [`SqlError::Sqlite`], [`SqlError::Corrupt`].
pub(crate) fn find_card(db: &Connection, key: &CardKey) -> Result<Vec<CardToken>, SqlError> {
    let mut statement = db.prepare_cached(FIND)?;
    let mut rows = statement.query(key.texts())?;
    let mut card = Vec::new();
    while let Some(row) = rows.next()? {
        card.push(read(row)?);
    }
    // Nearly always there is one, and nothing to put in order.
    card.sort_unstable_by_key(|(position, _)| *position);
    Ok(card.into_iter().map(|(_, token)| token).collect())
}

fn read(row: &Row<'_>) -> Result<(i64, CardToken), SqlError> {
    let (position, token) = token_row::read(&mut Columns::new(row, "tokens", 0))?;
    let account = accounts::read_joined(&mut Columns::new(row, "accounts", TOKEN_COLUMNS))?;
    Ok((position, CardToken { token, account }))
}

const NEXT_KEYS: &str = "SELECT position, country_code, party_id, uid FROM tokens
     WHERE position > ?1 ORDER BY position LIMIT ?2";

/// The cards of the Tokens after that position, so many at most, and the position of the last.
///
/// # Errors
///
/// [`SqlError::Sqlite`], [`SqlError::Corrupt`].
pub(crate) fn next_keys(
    db: &Connection,
    after: i64,
    limit: usize,
) -> Result<(Vec<CardKey>, i64), SqlError> {
    let mut statement = db.prepare_cached(NEXT_KEYS)?;
    let mut rows = statement.query((after, i64::try_from(limit).unwrap_or(i64::MAX)))?;
    let (mut keys, mut last) = (Vec::with_capacity(limit), after);
    while let Some(row) = rows.next()? {
        let mut columns = Columns::new(row, "tokens", 0);
        last = columns.integer()?;
        let party = Party {
            country_code: columns.parse()?,
            party_id: columns.parse()?,
        };
        keys.push(CardKey::of(party, &columns.parse()?));
    }
    Ok((keys, last))
}

/// The Token of that key on its card.
pub(crate) fn token_of<'a>(card: &'a [CardToken], key: &TokenKey) -> Option<&'a CardToken> {
    card.iter().find(|one| one.token.token.has_key(key))
}

/// The Tokens of that uid on its card, of whatever type; separators count.
pub(crate) fn tokens_of_uid<'a>(
    card: &'a [CardToken],
    uid: &'a TokenUid,
) -> impl Iterator<Item = &'a CardToken> {
    card.iter().filter(|one| one.token.token.uid == *uid)
}

/// What the question about that uid and type means: `cards` are those of its uid, one of each
/// party of the question.
pub(crate) fn choose_subject<C: AsRef<[CardToken]>>(
    cards: &[C],
    uid: &TokenUid,
    token_type: &TokenType,
) -> SubjectLookup {
    let is_emaid = *token_type == TokenType::Emaid;
    let (mut to_the_letter, mut otherwise) = (Found::Nothing, Found::Nothing);
    for one in cards.iter().flat_map(AsRef::as_ref) {
        let token = &one.token.token;
        if token.token_type != *token_type {
            continue;
        }
        if token.uid == *uid {
            to_the_letter = to_the_letter.and(one);
        } else if is_emaid {
            otherwise = otherwise.and(one);
        }
    }
    match to_the_letter.or(otherwise) {
        Found::Nothing => SubjectLookup::Unknown,
        Found::Several => SubjectLookup::Ambiguous,
        Found::One(CardToken { token, account }) => {
            SubjectLookup::One(Box::new(AuthorizationSubject {
                token: token.clone(),
                account: account.as_ref().map(|stored| stored.account.clone()),
                active_sessions: 0,
                groups_are_limited: false,
                known_evses: None,
            }))
        }
    }
}

#[derive(Clone, Copy)]
enum Found<'a> {
    Nothing,
    One(&'a CardToken),
    Several,
}

impl<'a> Found<'a> {
    fn and(self, token: &'a CardToken) -> Found<'a> {
        match self {
            Found::Nothing => Found::One(token),
            Found::One(_) | Found::Several => Found::Several,
        }
    }

    fn or(self, other: Found<'a>) -> Found<'a> {
        match self {
            Found::Nothing => other,
            found => found,
        }
    }
}
