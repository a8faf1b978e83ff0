//! Whether the records are those that were written.

use ocpi_ports::{ChainFault, ChainHead, ChainLink, ChainReport};
use rusqlite::{Connection, Row};

use super::SqlError;
use super::record_blocks;
use super::record_chain::{Anchor, ChainKey, EMPTY};
use super::record_row::{self, ChainRow, sealed_columns};
use super::state::Counters;

const ALL: &str = concat!(
    "SELECT number, ",
    sealed_columns!(),
    ", link FROM authorizations ORDER BY number"
);

/// Reads every record and computes the chain anew, up to the first fault. Call it in a
/// transaction; `durable_head` must have been the head before that began.
///
/// # Errors
///
/// [`SqlError::Sqlite`]; [`SqlError::Corrupt`] for what is no record at all.
pub(crate) fn verify(
    db: &Connection,
    key: &ChainKey,
    durable_head: ChainHead,
    head: Option<ChainLink>,
) -> Result<ChainReport, SqlError> {
    let counters = Counters::read(db)?;
    let anchor = Anchor::read(db, key)?;
    let mut audit = Audit {
        key,
        last: anchor.head,
        durable: Sought::new(durable_head.link, anchor.head),
        published: head.map(|link| Sought::new(link, anchor.head)),
        records: 0,
        oldest: None,
    };
    // A head from before the records that were forgotten since cannot be looked for.
    audit.durable.is_found |= durable_head.number < anchor.head.number;
    let fault = if anchor.is_sealed(key) {
        match audit.walk(db)? {
            None => audit
                .end(&counters)
                .or(record_blocks::find_hidden(db, audit.last.number)?),
            fault => fault,
        }
    } else {
        Some(ChainFault::Beginning)
    };
    Ok(ChainReport {
        records: audit.records,
        oldest: audit.oldest,
        head: counters.head,
        fault,
    })
}

/// A link that must be in the chain.
struct Sought {
    link: ChainLink,
    is_found: bool,
}

impl Sought {
    /// Every chain has the end of the empty one, and its own beginning.
    fn new(link: ChainLink, beginning: ChainHead) -> Sought {
        Sought {
            link,
            is_found: [EMPTY.link, beginning.link].contains(&link),
        }
    }

    fn look_at(&mut self, link: ChainLink) {
        self.is_found |= self.link == link;
    }

    fn fault(&self) -> Option<ChainFault> {
        let fault = ChainFault::Cut { link: self.link };
        (!self.is_found).then_some(fault)
    }
}

struct Audit<'a> {
    key: &'a ChainKey,
    /// The last one that was found to be as it was written.
    last: ChainHead,
    durable: Sought,
    published: Option<Sought>,
    records: u64,
    oldest: Option<u64>,
}

impl Audit<'_> {
    fn walk(&mut self, db: &Connection) -> Result<Option<ChainFault>, SqlError> {
        let mut statement = db.prepare_cached(ALL)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            if let Some(fault) = self.step(row)? {
                return Ok(Some(fault));
            }
        }
        Ok(None)
    }

    fn step(&mut self, row: &Row<'_>) -> Result<Option<ChainFault>, SqlError> {
        let found = record_row::read_link(row, self.key, self.last)?;
        let ChainRow {
            stored, expected, ..
        } = found;
        self.records += 1;
        self.oldest.get_or_insert(stored.number);
        if stored.number > expected.number {
            return Ok(Some(ChainFault::Missing {
                from: expected.number,
                to: stored.number - 1,
            }));
        }
        if stored != expected {
            return Ok(Some(ChainFault::Changed {
                number: stored.number,
                reference: found.reference()?,
            }));
        }
        self.last = stored;
        self.durable.look_at(stored.link);
        if let Some(published) = &mut self.published {
            published.look_at(stored.link);
        }
        Ok(None)
    }

    /// What is wrong with the end, when all records are as they were written.
    fn end(&self, counters: &Counters) -> Option<ChainFault> {
        let noted = counters.head;
        if noted.number > self.last.number {
            return Some(ChainFault::Cut { link: noted.link });
        }
        let is_noted = noted == self.last && counters.head_seal == self.key.head_seal(noted);
        let published = self.published.as_ref();
        self.durable
            .fault()
            .or((!is_noted).then_some(ChainFault::Ending))
            .or(published.and_then(Sought::fault))
    }
}
