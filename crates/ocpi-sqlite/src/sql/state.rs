//! What the one who writes keeps in memory, and saves with each transaction.

use ocpi_domain::Revision;
use ocpi_ports::{ChainHead, ChainLink};
use rusqlite::{Connection, OptionalExtension, params};

use super::SqlError;
use super::columns::{Columns, integer};
use super::record_blocks::OpenBlock;
use super::record_chain::ChainKey;
use super::token_blocks::NewTokens;

/// The one row of `counters`.
pub(super) struct Counters {
    pub(super) last_revision: u64,
    pub(super) head: ChainHead,
    pub(super) head_seal: [u8; 32],
    pub(super) key_check: [u8; 32],
}

impl Counters {
    pub(super) fn read(db: &Connection) -> Result<Counters, SqlError> {
        let mut statement = db.prepare_cached(
            "SELECT id, last_revision, chain_number, chain_link, chain_seal, key_check
             FROM counters",
        )?;
        statement
            .query_row([], |row| {
                Ok(Counters::of(&mut Columns::new(row, "counters", 0)))
            })
            .optional()?
            .unwrap_or_else(|| Err(SqlError::Corrupt("table counters has no row".to_owned())))
    }

    fn of(columns: &mut Columns<'_>) -> Result<Counters, SqlError> {
        columns.integer()?;
        Ok(Counters {
            last_revision: columns.unsigned()?,
            head: ChainHead {
                number: columns.unsigned()?,
                link: ChainLink(columns.bytes()?),
            },
            head_seal: columns.bytes()?,
            key_check: columns.bytes()?,
        })
    }
}

/// What the one who writes keeps in memory. After a transaction that was rolled back, it must be
/// as it was before it: keep a clone.
#[derive(Clone)]
pub(crate) struct WriteState {
    /// The revision that was given last.
    pub(crate) last_revision: u64,
    /// The end of the chain of records.
    pub(crate) chain: ChainHead,
    pub(super) open_block: OpenBlock,
    pub(super) new_tokens: NewTokens,
    is_changed: bool,
}

impl WriteState {
    /// What is stored.
    ///
    /// # Errors
    ///
    /// [`SqlError::Sqlite`], [`SqlError::Corrupt`].
    pub(crate) fn load(db: &Connection) -> Result<WriteState, SqlError> {
        let Counters {
            last_revision,
            head,
            ..
        } = Counters::read(db)?;
        let mut statement = db.prepare_cached("SELECT max(number) FROM authorizations")?;
        let newest: Option<i64> = statement.query_row([], |row| row.get(0))?;
        if newest > Some(integer(head.number)) {
            return Err(SqlError::Corrupt(format!(
                "table counters says that the last record is {}, but table authorizations goes on",
                head.number
            )));
        }
        Ok(WriteState {
            last_revision,
            chain: head,
            open_block: OpenBlock::load(db, head.number)?,
            new_tokens: NewTokens::default(),
            is_changed: false,
        })
    }

    /// Stores it, when something changed, with the end of the chain sealed: call it just before
    /// the commit.
    ///
    /// # Errors
    ///
    /// [`SqlError::Sqlite`].
    pub(crate) fn save(&mut self, db: &Connection, key: &ChainKey) -> Result<(), SqlError> {
        self.new_tokens.save(db)?;
        if !self.is_changed {
            return Ok(());
        }
        let mut statement = db.prepare_cached(
            "UPDATE counters
             SET last_revision = ?1, chain_number = ?2, chain_link = ?3, chain_seal = ?4",
        )?;
        statement.execute(params![
            integer(self.last_revision),
            integer(self.chain.number),
            self.chain.link.0,
            key.head_seal(self.chain),
        ])?;
        self.is_changed = false;
        Ok(())
    }

    /// Has the next [`save`](WriteState::save) write. SQLite does not write a row that stays as it
    /// is, so a revision is given to nobody.
    pub(crate) fn touch(&mut self) {
        self.give_revision();
    }

    /// The revision that the next write gets.
    pub(super) fn next_revision(&self) -> Revision {
        Revision(self.last_revision + 1)
    }

    /// It was given.
    pub(super) fn give_revision(&mut self) {
        self.last_revision += 1;
        self.is_changed = true;
    }

    /// A record was appended, and this is the end of the chain now.
    pub(super) fn move_head(&mut self, head: ChainHead) {
        self.chain = head;
        self.is_changed = true;
    }
}
