//! Cards: what an authorization reads, together.
//!
//! A card is all Tokens whose uid is one EMAID: equal without case, `-` and `*`. So whatever the
//! type of the question, and whosever the Token, the answer is within one card. One with many Tokens
//! is crowded, and not read whole.

use ocpi_domain::{AuthorizationSubject, Party, StoredToken, TokenKey, TokenType, TokenUid};
use ocpi_ports::{StoredAccount, SubjectLookup};
use rusqlite::{Connection, Row};

use super::SqlError;
use super::accounts;
use super::columns::Columns;
use super::token_row::{self, TOKEN_COLUMNS};

/// What a card is found by: the uid in upper case, without separators.
///
/// As long as the longest, so that asking for a card allocates nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct CardKey {
    letters: [u8; 36],
    length: u8,
}

impl CardKey {
    /// The card that a Token of that uid is on.
    pub(crate) fn of(uid: &TokenUid) -> CardKey {
        let mut key = CardKey {
            letters: [0; 36],
            length: 0,
        };
        for (place, byte) in key.letters.iter_mut().zip(uid.emaid_bytes()) {
            *place = byte;
            key.length += 1;
        }
        key
    }

    fn text(&self) -> &str {
        let letters = &self.letters[..usize::from(self.length)];
        // Only ASCII gets in.
        std::str::from_utf8(letters).unwrap_or_default()
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

/// The most Tokens of a card that is read whole.
pub(crate) const CARD_TOKENS_MAX: usize = 16;

/// The SELECT of Tokens with their accounts, as [`read_card_token`] wants it.
macro_rules! card_token_columns {
    () => {
        card_token_columns!("")
    };
    ($index:literal) => {
        concat!(
            "SELECT ",
            $crate::sql::token_row::token_columns!(),
            ", a.uid, a.revision, a.account
             FROM tokens AS t ",
            $index,
            " LEFT JOIN accounts AS a
               ON a.uid = t.uid AND a.type = t.type
                 AND a.country_code = t.country_code AND a.party_id = t.party_id"
        )
    };
}
pub(super) use card_token_columns;

pub(super) const FIND: &str = concat!(card_token_columns!(), " WHERE t.uid_key = ?1 LIMIT ?2");

/// The Tokens of that card with their accounts, in creation order; none is no card. `None` when it
/// is crowded.
///
/// # Errors
///
/// [`SqlError::Sqlite`], [`SqlError::Corrupt`].
pub(crate) fn find_card(
    db: &Connection,
    key: &CardKey,
) -> Result<Option<Vec<CardToken>>, SqlError> {
    let mut statement = db.prepare_cached(FIND)?;
    let most = i64::try_from(CARD_TOKENS_MAX + 1).unwrap_or(i64::MAX);
    let mut rows = statement.query((key.text(), most))?;
    let mut card = Vec::new();
    while let Some(row) = rows.next()? {
        card.push(read_card_token(row)?);
    }
    if card.len() > CARD_TOKENS_MAX {
        return Ok(None);
    }
    // Nearly always there is one, and nothing to put in order.
    card.sort_unstable_by_key(|(position, _)| *position);
    Ok(Some(card.into_iter().map(|(_, token)| token).collect()))
}

/// A row of what is selected by [`card_token_columns`]: the Token, and its position.
pub(super) fn read_card_token(row: &Row<'_>) -> Result<(i64, CardToken), SqlError> {
    let (position, token) = token_row::read(&mut Columns::new(row, "tokens", 0))?;
    let account = accounts::read_joined(&mut Columns::new(row, "accounts", TOKEN_COLUMNS))?;
    Ok((position, CardToken { token, account }))
}

const NEXT_KEYS: &str = "SELECT position, uid FROM tokens
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
        keys.push(CardKey::of(&columns.parse()?));
    }
    Ok((keys, last))
}

/// The Token of that key on its card.
pub(crate) fn token_of<'a>(card: &'a [CardToken], key: &TokenKey) -> Option<&'a CardToken> {
    card.iter().find(|one| one.token.token.has_key(key))
}

/// The Tokens of that party and uid on its card, of whatever type; separators count.
pub(crate) fn tokens_of_uid<'a>(
    card: &'a [CardToken],
    party: Party,
    uid: &'a TokenUid,
) -> impl Iterator<Item = &'a CardToken> {
    let is_asked_for =
        move |one: &&CardToken| one.token.token.party == party && one.token.token.uid == *uid;
    card.iter().filter(is_asked_for)
}

/// The Tokens of that uid on its card, of whatever party and type; separators count, but for an
/// EMAID.
pub(crate) fn tokens_of_any_party<'a>(
    card: &'a [CardToken],
    uid: &'a TokenUid,
) -> impl Iterator<Item = &'a CardToken> {
    card.iter().filter(|one| {
        let token = &one.token.token;
        token.token_type == TokenType::Emaid || token.uid == *uid
    })
}

/// What the question of these parties about that uid and type means: `card` is that of the uid.
pub(crate) fn choose_subject(
    card: &[CardToken],
    parties: &[Party],
    uid: &TokenUid,
    token_type: &TokenType,
) -> SubjectLookup {
    let is_emaid = *token_type == TokenType::Emaid;
    let (mut to_the_letter, mut otherwise) = (Found::Nothing, Found::Nothing);
    for one in card {
        let token = &one.token.token;
        if token.token_type != *token_type || !parties.contains(&token.party) {
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
