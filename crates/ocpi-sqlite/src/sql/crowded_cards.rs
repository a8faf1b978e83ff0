//! Cards with too many Tokens to be read whole: of them only that is read which a question is about.
//!
//! A peer may spell one uid in many ways, and invent types, of its own parties only. What that costs
//! must not be paid by those who ask for a Token of another party, or in another spelling.

use ocpi_domain::{Party, TokenKey, TokenType, TokenUid};
use rusqlite::{Connection, Params};

use super::SqlError;
use super::cards::{CardToken, card_token_columns, read_card_token};
use super::columns::Columns;
use super::tokens::{of_token_key, uid_key};

/// What is asked of a card.
pub(crate) enum CardQuestion {
    /// The Token of that key.
    Token(TokenKey),
    /// The Tokens of that party and uid.
    OfParty(Party, TokenUid),
    /// The Tokens of that uid, and the EMAIDs in all its spellings, so many at most.
    OfAnyParty(TokenUid, usize),
    /// The Tokens of those parties, uid and type, and of an EMAID in other spellings: of these as
    /// many as show whether it is one.
    Subject(Vec<Party>, TokenUid, TokenType),
}

/// The types of which a party has one Token in one spelling, but for [`TokenType::Emaid`].
const LISTED: [TokenType; 4] = [
    TokenType::AdHocUser,
    TokenType::AppUser,
    TokenType::Other,
    TokenType::Rfid,
];

pub(super) const BY_KEY: &str = concat!(card_token_columns!(), " WHERE ", of_token_key!("t."));

/// Only the crowd of its own party is looked at.
pub(super) const OF_PARTY: &str = concat!(
    card_token_columns!(),
    " WHERE t.uid_key = ?1 AND t.country_code = ?2 AND t.party_id = ?3 AND t.uid = ?4"
);

pub(super) const EMAIDS_OF_PARTY: &str = concat!(
    card_token_columns!(),
    " WHERE t.uid_key = ?1 AND t.country_code = ?2 AND t.party_id = ?3 AND t.type = 'EMAID' LIMIT 2"
);

pub(super) const EMAIDS: &str = concat!(
    card_token_columns!("INDEXED BY tokens_emaid"),
    " WHERE t.uid_key = ?1 AND t.type = 'EMAID' ORDER BY t.position LIMIT ?2"
);

pub(super) const UNLISTED: &str = concat!(
    card_token_columns!("INDEXED BY tokens_unlisted"),
    " WHERE t.uid = ?1 AND t.type <> 'AD_HOC_USER' AND t.type <> 'APP_USER' AND t.type <> 'EMAID' AND t.type <> 'OTHER' AND t.type <> 'RFID'
     ORDER BY t.position LIMIT ?2"
);

/// A comparison of both columns at once would look at every Token of the owner before.
pub(super) const NEXT_OWNER: &str = "SELECT * FROM (
         SELECT country_code, party_id FROM tokens
         WHERE uid_key = ?1 AND country_code = ?2 AND party_id > ?3 ORDER BY party_id LIMIT 1
     ) UNION ALL SELECT * FROM (
         SELECT country_code, party_id FROM tokens
         WHERE uid_key = ?1 AND country_code > ?2 ORDER BY country_code, party_id LIMIT 1
     ) LIMIT 1";

/// The Tokens that the question is about, in creation order.
///
/// # Errors
///
/// [`SqlError::Sqlite`], [`SqlError::Corrupt`].
pub(crate) fn find_some(
    db: &Connection,
    question: &CardQuestion,
) -> Result<Vec<CardToken>, SqlError> {
    let mut found = Found {
        db,
        tokens: Vec::new(),
    };
    let mut most = usize::MAX;
    match question {
        CardQuestion::Token(key) => found.by_key(key.party, &key.uid, &key.token_type)?,
        CardQuestion::OfParty(party, uid) => {
            let (country, party) = (party.country_code, party.party_id);
            let texts = [
                &*uid_key(uid),
                country.as_str(),
                party.as_str(),
                uid.as_str(),
            ];
            found.add(OF_PARTY, texts)?;
        }
        CardQuestion::OfAnyParty(uid, limit) => {
            most = *limit;
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            for owner in owners(db, uid)? {
                for token_type in &LISTED {
                    found.by_key(owner, uid, token_type)?;
                }
            }
            found.add(EMAIDS, (uid_key(uid), most))?;
            found.add(UNLISTED, (uid.as_str(), most))?;
        }
        CardQuestion::Subject(parties, uid, token_type) => {
            for party in parties {
                found.by_key(*party, uid, token_type)?;
                if *token_type == TokenType::Emaid {
                    let (country, party) = (party.country_code, party.party_id);
                    let texts = (uid_key(uid), country.as_str(), party.as_str());
                    found.add(EMAIDS_OF_PARTY, texts)?;
                }
            }
        }
    }
    let mut tokens = found.tokens;
    tokens.sort_unstable_by_key(|(position, _)| *position);
    tokens.dedup_by_key(|(position, _)| *position);
    tokens.truncate(most);
    Ok(tokens.into_iter().map(|(_, token)| token).collect())
}

/// What was found, each with its position.
struct Found<'db> {
    db: &'db Connection,
    tokens: Vec<(i64, CardToken)>,
}

impl Found<'_> {
    fn by_key(
        &mut self,
        party: Party,
        uid: &TokenUid,
        token_type: &TokenType,
    ) -> Result<(), SqlError> {
        let texts = [
            &*uid_key(uid),
            party.country_code.as_str(),
            party.party_id.as_str(),
            uid.as_str(),
            token_type.as_str(),
        ];
        self.add(BY_KEY, texts)
    }

    fn add(&mut self, sql: &str, parameters: impl Params) -> Result<(), SqlError> {
        let mut statement = self.db.prepare_cached(sql)?;
        let mut rows = statement.query(parameters)?;
        while let Some(row) = rows.next()? {
            self.tokens.push(read_card_token(row)?);
        }
        Ok(())
    }
}

/// The parties that have a Token on the card of that uid; each is a step in the index, however many
/// Tokens it has.
fn owners(db: &Connection, uid: &TokenUid) -> Result<Vec<Party>, SqlError> {
    let mut statement = db.prepare_cached(NEXT_OWNER)?;
    let uid_key = uid_key(uid);
    let mut owners: Vec<Party> = Vec::new();
    loop {
        let last = owners.last();
        let country = last.map_or("", |last| last.country_code.as_str());
        let party = last.map_or("", |last| last.party_id.as_str());
        let mut rows = statement.query([&*uid_key, country, party])?;
        let Some(row) = rows.next()? else {
            return Ok(owners);
        };
        let mut columns = Columns::new(row, "tokens", 0);
        let owner = Party {
            country_code: columns.parse()?,
            party_id: columns.parse()?,
        };
        owners.push(owner);
    }
}
