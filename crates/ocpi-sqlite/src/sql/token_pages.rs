//! Lists of Tokens in creation order, block by block.
//!
//! What is counted a block (`token_blocks`) gives the total and leads an offset to its block;
//! within a block, the index `tokens_listed` gives what matches.

use std::collections::{BTreeMap, BTreeSet};

use ocpi_domain::{
    Cursor, DateTime, DateWindow, Page, PageRequest, PageStart, Party, StoredToken, TokenType,
};
use ocpi_ports::TokenQuery;
use rusqlite::{CachedStatement, Connection};

use super::SqlError;
use super::columns::{Columns, integer};
use super::token_blocks::{self, block_of};
use super::token_row::{self, token_columns};

/// One page of the Tokens that match. Call it in a transaction.
///
/// # Errors
///
/// [`SqlError::Sqlite`], [`SqlError::Corrupt`].
pub(crate) fn list_tokens(
    db: &Connection,
    query: &TokenQuery,
    page: &PageRequest,
) -> Result<Page<StoredToken>, SqlError> {
    let listing = Listing::new(db, query, page.window);
    let counts = listing.counts()?;
    let mut positions = listing.positions(&counts, page)?;
    // One more was looked for: it tells that the list goes on.
    let goes_on = positions.len() > page.limit;
    positions.truncate(page.limit);
    let last = positions.last().filter(|_| goes_on);
    Ok(Page {
        items: read_all(db, &positions)?,
        total: counts.values().sum(),
        next: last.map(|position| Cursor(position.unsigned_abs())),
    })
}

const READ: &str = concat!(
    "SELECT ",
    token_columns!(),
    " FROM tokens AS t WHERE position = ?1"
);

/// The Tokens at those positions, in that order.
pub(super) fn read_all(db: &Connection, positions: &[i64]) -> Result<Vec<StoredToken>, SqlError> {
    let mut statement = db.prepare_cached(READ)?;
    let mut read = |position: &i64| {
        statement.query_row([*position], |row| {
            Ok(token_row::read(&mut Columns::new(row, "tokens", 0)))
        })?
    };
    positions
        .iter()
        .map(|position| read(position).map(|(_, stored)| stored))
        .collect()
}

/// The Tokens of one block and party, by `tokens_listed`.
macro_rules! of_block {
    ($found:literal, $matching:literal) => {
        concat!(
            "SELECT ",
            $found,
            " FROM tokens INDEXED BY tokens_listed
             WHERE position >> 11 = ?1 AND country_code = ?2 AND party_id = ?3",
            $matching
        )
    };
}

/// How many are in the window.
pub(super) const COUNT: &str = of_block!(
    "count(*)",
    " AND last_updated_ms >= ?4 AND last_updated_ms < ?5"
);

/// Whether some are before or after the window.
pub(super) const HAS_OTHERS: &str = concat!(
    "SELECT EXISTS (",
    of_block!("1", " AND last_updated_ms < ?4"),
    ") OR EXISTS (",
    of_block!("1", " AND last_updated_ms >= ?5"),
    ")"
);

/// Where those in the window are, after the position ?6.
pub(super) const POSITIONS: &str = of_block!(
    "position",
    " AND last_updated_ms >= ?4 AND last_updated_ms < ?5 AND position > ?6"
);

/// What matches.
struct Listing<'a> {
    db: &'a Connection,
    parties: BTreeSet<Party>,
    without_types: &'a [TokenType],
    window: DateWindow,
}

impl<'a> Listing<'a> {
    fn new(db: &'a Connection, query: &'a TokenQuery, window: DateWindow) -> Listing<'a> {
        Listing {
            db,
            parties: query.parties.iter().copied().collect(),
            without_types: &query.without_types,
            window,
        }
    }

    /// How many match in each block that has some.
    fn counts(&self) -> Result<BTreeMap<i64, u64>, SqlError> {
        let mut counts = BTreeMap::new();
        for party in &self.parties {
            let kept = token_blocks::counts(self.db, *party, self.without_types)?;
            for (block, tokens) in kept {
                let tokens = if self.window.is_open() {
                    tokens
                } else {
                    self.count_in_window(block, *party, tokens)?
                };
                if tokens > 0 {
                    *counts.entry(block).or_default() += tokens;
                }
            }
        }
        Ok(counts)
    }

    /// How many of so many Tokens are in the window.
    fn count_in_window(&self, block: i64, party: Party, tokens: u64) -> Result<u64, SqlError> {
        // A window over years has whole blocks in it, which need no counting.
        let mut has_others = self.db.prepare_cached(HAS_OTHERS)?;
        self.bind(&mut has_others, block, party)?;
        let mut rows = has_others.raw_query();
        if let Some(row) = rows.next()?
            && !row.get::<_, bool>(0)?
        {
            return Ok(tokens);
        }
        drop(rows);
        let mut count = self.prepare(COUNT)?;
        self.bind(&mut count, block, party)?;
        self.bind_types(&mut count, 6)?;
        let mut rows = count.raw_query();
        match rows.next()? {
            Some(row) => Columns::new(row, "tokens", 0).unsigned(),
            None => Ok(0),
        }
    }

    /// The positions of the page, and of one more when there is one.
    fn positions(
        &self,
        counts: &BTreeMap<i64, u64>,
        page: &PageRequest,
    ) -> Result<Vec<i64>, SqlError> {
        let mut positions = Vec::new();
        if page.limit == 0 {
            return Ok(positions);
        }
        let wanted = page.limit.saturating_add(1);
        let (after, mut skip) = match page.start {
            PageStart::Offset(offset) => (0, offset),
            PageStart::After(Cursor(position)) => (integer(position), 0),
        };
        for (block, tokens) in counts.range(block_of(after)..) {
            if skip >= *tokens {
                skip -= tokens;
                continue;
            }
            let found = self.positions_in(*block, after)?;
            let skipped = usize::try_from(skip).unwrap_or(usize::MAX);
            let missing = wanted - positions.len();
            positions.extend(found.into_iter().skip(skipped).take(missing));
            skip = 0;
            if positions.len() == wanted {
                break;
            }
        }
        Ok(positions)
    }

    /// The positions in a block that match and are after `after`, in their order.
    fn positions_in(&self, block: i64, after: i64) -> Result<Vec<i64>, SqlError> {
        let mut statement = self.prepare(POSITIONS)?;
        let mut positions = Vec::new();
        for party in &self.parties {
            self.bind(&mut statement, block, *party)?;
            statement.raw_bind_parameter(6, after)?;
            self.bind_types(&mut statement, 7)?;
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next()? {
                positions.push(row.get(0)?);
            }
        }
        positions.sort_unstable();
        Ok(positions)
    }

    /// The statement, with the types that are left out.
    fn prepare(&self, sql: &str) -> Result<CachedStatement<'a>, SqlError> {
        Ok(match self.without_types.len() {
            0 => self.db.prepare_cached(sql)?,
            types => {
                let places = vec!["?"; types].join(", ");
                let sql = format!("{sql} AND type NOT IN ({places})");
                self.db.prepare_cached(&sql)?
            }
        })
    }

    /// Binds the parameters 1 to 5.
    fn bind(
        &self,
        statement: &mut CachedStatement<'_>,
        block: i64,
        party: Party,
    ) -> Result<(), SqlError> {
        let DateWindow { from, to } = self.window;
        statement.raw_bind_parameter(1, block)?;
        statement.raw_bind_parameter(2, party.country_code.as_str())?;
        statement.raw_bind_parameter(3, party.party_id.as_str())?;
        statement.raw_bind_parameter(4, from.map_or(i64::MIN, DateTime::unix_ms))?;
        statement.raw_bind_parameter(5, to.map_or(i64::MAX, DateTime::unix_ms))?;
        Ok(())
    }

    /// Binds the types that are left out, from parameter `first` on.
    fn bind_types(
        &self,
        statement: &mut CachedStatement<'_>,
        first: usize,
    ) -> Result<(), SqlError> {
        for (place, token_type) in (first..).zip(self.without_types) {
            statement.raw_bind_parameter(place, token_type.as_str())?;
        }
        Ok(())
    }
}
