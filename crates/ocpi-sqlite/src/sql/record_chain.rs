//! The chain over the records: links and seals, all under one key.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use ocpi_ports::{ChainHead, ChainLink};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, params};
use sha2::Sha256;

use super::SqlError;
use super::columns::{Columns, integer};
use super::state::Counters;

/// The key of the chain. It never prints.
#[derive(Clone)]
pub(crate) struct ChainKey(Hmac<Sha256>);

impl fmt::Debug for ChainKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChainKey(..)")
    }
}

/// The end of a chain without records.
pub(super) const EMPTY: ChainHead = ChainHead {
    number: 0,
    link: ChainLink([0; 32]),
};

/// What a hash is of, so that none passes for one of another purpose.
#[derive(Clone, Copy)]
enum Purpose {
    KeyCheck = 1,
    Record = 2,
    Head = 3,
    Anchor = 4,
}

impl ChainKey {
    /// The key of these bytes.
    pub(crate) fn new(key: &[u8; 32]) -> ChainKey {
        // A key shorter than a block is padded: the same as `new_from_slice`, which cannot fail.
        let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
        block[..32].copy_from_slice(key);
        ChainKey(Hmac::<Sha256>::new(&block))
    }

    fn hash(&self, message: &[u8]) -> [u8; 32] {
        self.0
            .clone()
            .chain_update(message)
            .finalize()
            .into_bytes()
            .into()
    }

    /// The link of the record that comes after `previous` and has these column values.
    pub(super) fn next(&self, previous: ChainHead, values: &[ValueRef<'_>]) -> ChainHead {
        let number = previous.number + 1;
        let mut message = Vec::with_capacity(640);
        message.push(Purpose::Record as u8);
        message.extend(previous.link.0);
        message.extend(number.to_be_bytes());
        for (place, value) in (0_u8..).zip(values) {
            // A column that is NULL is left out: one that is added later changes no link.
            match value {
                ValueRef::Null => {}
                ValueRef::Integer(value) => field(&mut message, place, b'i', &value.to_be_bytes()),
                ValueRef::Real(value) => field(&mut message, place, b'r', &value.to_be_bytes()),
                ValueRef::Text(value) => field(&mut message, place, b't', value),
                ValueRef::Blob(value) => field(&mut message, place, b'b', value),
            }
        }
        ChainHead {
            number,
            link: ChainLink(self.hash(&message)),
        }
    }

    /// The seal of the chain's end: without the key, nobody can make it end elsewhere.
    pub(super) fn head_seal(&self, head: ChainHead) -> [u8; 32] {
        self.seal(Purpose::Head, head, 0)
    }

    /// A hash of a place in the chain. Without the key nobody can move it.
    fn seal(&self, purpose: Purpose, head: ChainHead, ms: i64) -> [u8; 32] {
        let mut message = [0; 1 + 32 + 8 + 8];
        message[0] = purpose as u8;
        message[1..33].copy_from_slice(&head.link.0);
        message[33..41].copy_from_slice(&head.number.to_be_bytes());
        message[41..].copy_from_slice(&ms.to_be_bytes());
        self.hash(&message)
    }
}

/// Adds a value with its column, type and length, so that no other values read the same.
fn field(message: &mut Vec<u8>, column: u8, kind: u8, value: &[u8]) {
    message.extend([column, kind]);
    message.extend((value.len() as u64).to_be_bytes());
    message.extend(value);
}

/// Begins a chain without records in a new file.
pub(super) fn begin(db: &Connection, key: &ChainKey) -> rusqlite::Result<()> {
    db.execute(
        "INSERT INTO counters (id, last_revision, chain_number, chain_link, chain_seal, key_check)
         VALUES (1, 0, ?1, ?2, ?3, ?4)",
        params![
            integer(EMPTY.number),
            EMPTY.link.0,
            key.head_seal(EMPTY),
            key.hash(&[Purpose::KeyCheck as u8]),
        ],
    )
    .map(drop)
}

/// Whether the file was made with this key.
///
/// # Errors
///
/// [`SqlError::Sqlite`], [`SqlError::Corrupt`].
pub(crate) fn check_key(db: &Connection, key: &ChainKey) -> Result<bool, SqlError> {
    let check = Counters::read(db)?.key_check;
    let expected = key.0.clone().chain_update([Purpose::KeyCheck as u8]);
    Ok(expected.verify(&check.into()).is_ok())
}

/// Where the chain begins: the last record that was forgotten.
pub(super) struct Anchor {
    pub(super) head: ChainHead,
    forgotten_before_ms: i64,
    seal: [u8; 32],
}

impl Anchor {
    /// The anchor; that of a chain of which all is kept when there is none.
    pub(super) fn read(db: &Connection, key: &ChainKey) -> Result<Anchor, SqlError> {
        let mut statement = db.prepare_cached(
            "SELECT number, link, forgotten_before_ms, seal FROM authorization_anchor",
        )?;
        let read = |row: &Row<'_>| {
            let mut columns = Columns::new(row, "authorization_anchor", 0);
            Ok(Anchor {
                head: ChainHead {
                    number: columns.unsigned()?,
                    link: ChainLink(columns.bytes()?),
                },
                forgotten_before_ms: columns.integer()?,
                seal: columns.bytes()?,
            })
        };
        let found = statement.query_row([], |row| Ok(read(row))).optional()?;
        found.unwrap_or_else(|| Ok(Anchor::new(key, EMPTY, 0)))
    }

    /// The anchor after the records up to `head` were forgotten.
    pub(super) fn new(key: &ChainKey, head: ChainHead, forgotten_before_ms: i64) -> Anchor {
        Anchor {
            head,
            forgotten_before_ms,
            seal: key.seal(Purpose::Anchor, head, forgotten_before_ms),
        }
    }

    /// Whether it is as it was written.
    pub(super) fn is_sealed(&self, key: &ChainKey) -> bool {
        self.seal == key.seal(Purpose::Anchor, self.head, self.forgotten_before_ms)
    }

    pub(super) fn write(&self, db: &Connection) -> Result<(), SqlError> {
        let mut statement = db.prepare_cached(
            "INSERT OR REPLACE INTO authorization_anchor
                 (id, number, link, forgotten_before_ms, seal)
             VALUES (1, ?1, ?2, ?3, ?4)",
        )?;
        statement.execute(params![
            integer(self.head.number),
            self.head.link.0,
            self.forgotten_before_ms,
            self.seal,
        ])?;
        Ok(())
    }
}
