//! Tokens in the order of their last change.

use ocpi_domain::{Party, Revision};
use ocpi_ports::ChangedTokens;
use rusqlite::Connection;

use super::SqlError;
use super::columns::{Columns, integer};
use super::state::Counters;
use super::token_pages;

/// The changes after a revision, by `tokens_revision` alone. Who reads stops when it has enough.
pub(super) const AFTER: &str = "SELECT position, revision, country_code, party_id
     FROM tokens INDEXED BY tokens_revision WHERE revision > ?1 ORDER BY revision";

/// The last change of a Token.
struct Change {
    position: i64,
    revision: u64,
}

/// Gives the changes of those parties after `after` to `take`, in their order, as long as it wants
/// more.
fn each_after(
    db: &Connection,
    parties: &[Party],
    after: Revision,
    mut take: impl FnMut(Change) -> bool,
) -> Result<(), SqlError> {
    if parties.is_empty() {
        return Ok(());
    }
    let mut statement = db.prepare_cached(AFTER)?;
    let mut rows = statement.query([integer(after.0)])?;
    while let Some(row) = rows.next()? {
        let mut columns = Columns::new(row, "tokens", 0);
        let change = Change {
            position: columns.integer()?,
            revision: columns.unsigned()?,
        };
        let owner = Party {
            country_code: columns.parse()?,
            party_id: columns.parse()?,
        };
        if parties.contains(&owner) && !take(change) {
            break;
        }
    }
    Ok(())
}

/// The Tokens of those parties that changed after `after`, so many at most, in the order of their
/// last change. Call it in a transaction.
///
/// # Errors
///
/// [`SqlError::Sqlite`], [`SqlError::Corrupt`].
pub(crate) fn list(
    db: &Connection,
    parties: &[Party],
    after: Revision,
    limit: usize,
) -> Result<ChangedTokens, SqlError> {
    let (mut positions, mut next) = (Vec::new(), None);
    each_after(db, parties, after, |change| {
        if positions.len() < limit {
            positions.push(change.position);
        } else {
            next = Some(change.revision);
        }
        next.is_none()
    })?;
    Ok(ChangedTokens {
        tokens: token_pages::read_all(db, &positions)?,
        through: match next {
            Some(next) => Revision(next - 1),
            None => last_revision(db)?.max(after),
        },
        more: next.is_some(),
    })
}

/// How many Tokens of those parties changed after `after`. Call it in a transaction.
///
/// # Errors
///
/// [`SqlError::Sqlite`], [`SqlError::Corrupt`].
pub(crate) fn count(db: &Connection, parties: &[Party], after: Revision) -> Result<u64, SqlError> {
    let mut count = 0;
    each_after(db, parties, after, |_| {
        count += 1;
        true
    })?;
    Ok(count)
}

/// The revision that was given last, in the look at the file that `db` takes.
///
/// # Errors
///
/// [`SqlError::Sqlite`], [`SqlError::Corrupt`].
pub(crate) fn last_revision(db: &Connection) -> Result<Revision, SqlError> {
    Ok(Revision(Counters::read(db)?.last_revision))
}
