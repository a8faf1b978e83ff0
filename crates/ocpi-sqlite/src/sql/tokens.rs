//! The Tokens, found by their key and written.

use ocpi_domain::{CiString, LanguageCode, OcpiString, Revision, StoredToken, TokenKey, TokenUid};
use ocpi_ports::TokenWrite;
use rusqlite::{CachedStatement, Connection, OptionalExtension};

use super::SqlError;
use super::columns::{Columns, integer};
use super::state::WriteState;
use super::token_row::{self, token_columns};

/// The uid by which every spelling of an EMAID is found: upper case, without separators.
pub(super) fn uid_key(uid: &TokenUid) -> String {
    uid.emaid_bytes().map(char::from).collect()
}

/// A key as parameters 1 to 5: the uid's key, country, party, uid and type. In words of
/// `tokens_key`, so that other spellings of the uid are not looked at.
macro_rules! of_token_key {
    ($of:literal) => {
        concat!(
            $of,
            "uid_key = ?1 AND ",
            $of,
            "country_code = ?2 AND ",
            $of,
            "party_id = ?3 AND ",
            $of,
            "type = ?5 AND (CASE WHEN ",
            $of,
            "uid = ",
            $of,
            "uid_key THEN '' ELSE ",
            $of,
            "uid END) COLLATE NOCASE = (CASE WHEN ?4 = ?1 COLLATE NOCASE THEN '' ELSE ?4 END)"
        )
    };
}
pub(super) use of_token_key;

pub(super) const FIND: &str = concat!(
    "SELECT ",
    token_columns!(),
    " FROM tokens AS t WHERE ",
    of_token_key!("")
);

/// The Tokens of those keys, each at the place of its key.
///
/// # Errors
///
/// [`SqlError::Sqlite`], [`SqlError::Corrupt`].
pub(crate) fn find_tokens(
    db: &Connection,
    keys: &[TokenKey],
) -> Result<Vec<Option<StoredToken>>, SqlError> {
    let mut statement = db.prepare_cached(FIND)?;
    let mut find = |key: &TokenKey| {
        let uid_key = uid_key(&key.uid);
        let texts = [
            &*uid_key,
            key.party.country_code.as_str(),
            key.party.party_id.as_str(),
            key.uid.as_str(),
            key.token_type.as_str(),
        ];
        let found = statement
            .query_row(texts, |row| {
                Ok(token_row::read(&mut Columns::new(row, "tokens", 0)))
            })
            .optional()?;
        Ok(found.transpose()?.map(|(_, stored)| stored))
    };
    keys.iter().map(&mut find).collect()
}

const CREATE: &str = "INSERT INTO tokens (uid_key, country_code, party_id, uid, type, revision,
         contract_id, visual_number, issuer, group_id, valid, whitelist, language,
         last_updated_ms, synthetic_contract_id, inferred_last_updated, absent,
         rest)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
     ON CONFLICT DO NOTHING";

macro_rules! replace {
    ($also:literal, $where:literal) => {
        concat!(
            "UPDATE tokens SET revision = ?6, visual_number = ?8, issuer = ?9, group_id = ?10,
                 valid = ?11, whitelist = ?12, language = ?13, last_updated_ms = ?14,
                 synthetic_contract_id = ?15, inferred_last_updated = ?16, absent = ?17,
                 rest = ?18",
            $also,
            " WHERE ",
            of_token_key!(""),
            " AND revision = ?19",
            $where
        )
    };
}

/// Replaces a Token whose key and contract are spelled as before: `tokens_key` and
/// `tokens_contract` need no change then.
pub(super) const REPLACE: &str = replace!(
    "",
    " AND country_code = ?2 COLLATE BINARY AND party_id = ?3 COLLATE BINARY
      AND uid = ?4 COLLATE BINARY AND contract_id = ?7 COLLATE BINARY"
);

/// Replaces a Token whose key or contract is spelled in another way.
pub(super) const RESPELL: &str = replace!(
    ", country_code = ?2, party_id = ?3, uid = ?4, contract_id = ?7",
    ""
);

/// Creates the Token, or replaces the revision that the write follows.
///
/// # Errors
///
/// [`SqlError::Conflict`] when another revision, or none, is stored; [`SqlError::Sqlite`].
pub(crate) fn put_token(
    db: &Connection,
    state: &mut WriteState,
    write: &TokenWrite,
) -> Result<StoredToken, SqlError> {
    let revision = state.next_revision();
    if let Some(follows) = write.follows {
        let put = |sql| {
            let mut statement = bound(db, sql, write, revision)?;
            statement.raw_bind_parameter(19, integer(follows.0))?;
            Ok::<_, SqlError>(statement.raw_execute()? > 0)
        };
        if !put(REPLACE)? && !put(RESPELL)? {
            return Err(SqlError::Conflict);
        }
    } else {
        if bound(db, CREATE, write, revision)?.raw_execute()? == 0 {
            return Err(SqlError::Conflict);
        }
        state.new_tokens.add(db.last_insert_rowid(), &write.token);
    }
    state.give_revision();
    Ok(StoredToken {
        token: write.token.clone(),
        marks: write.marks,
        revision,
    })
}

/// The statement with the Token as its parameters 1 to 18.
fn bound<'db>(
    db: &'db Connection,
    sql: &str,
    write: &TokenWrite,
    revision: Revision,
) -> Result<CachedStatement<'db>, SqlError> {
    let token = &*write.token;
    let (uid_key, rest) = (uid_key(&token.uid), token_row::rest_of(token)?);
    let mut statement = db.prepare_cached(sql)?;
    let texts = [
        (1, Some(&*uid_key)),
        (2, Some(token.party.country_code.as_str())),
        (3, Some(token.party.party_id.as_str())),
        (4, Some(token.uid.as_str())),
        (5, Some(token.token_type.as_str())),
        (7, Some(token.contract_id.as_str())),
        (8, token.visual_number.as_ref().map(OcpiString::as_str)),
        (9, Some(token.issuer.as_str())),
        (10, token.group_id.as_ref().map(CiString::as_str)),
        (12, Some(token.whitelist.as_str())),
        (13, token.language.as_ref().map(LanguageCode::as_str)),
        (18, rest.as_deref()),
    ];
    for (place, text) in texts {
        statement.raw_bind_parameter(place, text)?;
    }
    let numbers = [
        (6, integer(revision.0)),
        (11, token.valid.into()),
        (14, token.last_updated.unix_ms()),
        (15, write.marks.synthetic_contract_id.into()),
        (16, write.marks.inferred_last_updated.into()),
        (17, write.marks.absent.into()),
    ];
    for (place, number) in numbers {
        statement.raw_bind_parameter(place, number)?;
    }
    Ok(statement)
}
