//! The Tokens of a contract, block by block.

use ocpi_domain::{CiString, Party, StoredToken};
use rusqlite::{Connection, params};

use super::SqlError;
use super::columns::Columns;
use super::token_blocks;
use super::token_row::{self, token_columns};

/// The Tokens of one block, by `tokens_contract`.
pub(super) const OF_BLOCK: &str = concat!(
    "SELECT ",
    token_columns!(),
    " FROM tokens AS t INDEXED BY tokens_contract
     WHERE position >> 11 = ?1 AND contract_id = ?2 AND country_code = ?3 AND party_id = ?4
     ORDER BY position LIMIT ?5"
);

/// The Tokens of that party and contract, so many at most, in creation order. It looks once into
/// each block that has Tokens of the party. Call it in a transaction.
///
/// # Errors
///
/// [`SqlError::Sqlite`], [`SqlError::Corrupt`].
pub(crate) fn find_tokens_by_contract(
    db: &Connection,
    party: Party,
    contract_id: &CiString<36>,
    limit: usize,
) -> Result<Vec<StoredToken>, SqlError> {
    let mut statement = db.prepare_cached(OF_BLOCK)?;
    let mut found = Vec::new();
    for block in token_blocks::counts(db, party, &[])?.into_keys() {
        if found.len() == limit {
            break;
        }
        let mut rows = statement.query(params![
            block,
            contract_id.as_str(),
            party.country_code.as_str(),
            party.party_id.as_str(),
            i64::try_from(limit - found.len()).unwrap_or(i64::MAX),
        ])?;
        while let Some(row) = rows.next()? {
            let (_, stored) = token_row::read(&mut Columns::new(row, "tokens", 0))?;
            found.push(stored);
        }
    }
    Ok(found)
}
