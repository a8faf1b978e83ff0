//! Blocks of positions, and how many Tokens each has: what a list's total and an offset are found
//! by, without looking at the Tokens.

use std::collections::{BTreeMap, HashMap};

use ocpi_domain::{Party, Token, TokenType};
use rusqlite::{Connection, params};

use super::SqlError;
use super::columns::Columns;

/// A block is 2^11 positions. The indexes `tokens_listed` and `tokens_contract` say the same.
const BLOCK_BITS: u32 = 11;

/// The block of that position.
pub(super) fn block_of(position: i64) -> i64 {
    position >> BLOCK_BITS
}

/// What a transaction created, until it is saved.
#[derive(Clone, Default)]
pub(super) struct NewTokens(HashMap<(i64, Party, TokenType), i64>);

impl NewTokens {
    /// A Token was created at that position.
    pub(super) fn add(&mut self, position: i64, token: &Token) {
        let group = (block_of(position), token.party, token.token_type.clone());
        *self.0.entry(group).or_default() += 1;
    }

    pub(super) fn save(&mut self, db: &Connection) -> Result<(), SqlError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut statement = db.prepare_cached(
            "INSERT INTO token_blocks (country_code, party_id, block, type, tokens)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET tokens = tokens + excluded.tokens",
        )?;
        for ((block, party, token_type), tokens) in self.0.drain() {
            statement.execute(params![
                party.country_code.as_str(),
                party.party_id.as_str(),
                block,
                token_type.as_str(),
                tokens,
            ])?;
        }
        Ok(())
    }
}

/// How many Tokens of other types than those the party has in each block.
pub(super) fn counts(
    db: &Connection,
    party: Party,
    without_types: &[TokenType],
) -> Result<BTreeMap<i64, u64>, SqlError> {
    let mut counts = BTreeMap::new();
    let mut statement = db.prepare_cached(
        "SELECT block, type, tokens FROM token_blocks WHERE country_code = ?1 AND party_id = ?2",
    )?;
    let Party {
        country_code,
        party_id,
    } = party;
    let mut rows = statement.query([country_code.as_str(), party_id.as_str()])?;
    while let Some(row) = rows.next()? {
        let mut columns = Columns::new(row, "token_blocks", 0);
        let block = columns.integer()?;
        let token_type = columns.text()?;
        if without_types
            .iter()
            .all(|left_out| left_out.as_str() != token_type)
        {
            *counts.entry(block).or_default() += columns.unsigned()?;
        }
    }
    Ok(counts)
}
