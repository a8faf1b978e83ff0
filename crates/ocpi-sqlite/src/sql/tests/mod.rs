//! What the SQL promises beside the contract of the ports, which the store as a whole is held to.

mod blocks;
mod chain;
mod crowds;
mod forgetting;
mod migrations;
mod plans;
mod platforms;
mod schema;
mod session_lists;
mod sessions;
mod slots;
mod sync;
mod tokens;
mod writing;

use ocpi_domain::{
    AuthorizationRecord, DateTime, MessageId, Party, PlatformId, Rule, Token, TokenMarks,
    TokenType, UnknownFields, WhitelistType,
};
use ocpi_ports::TokenWrite;
use rusqlite::Connection;

use super::record_chain::ChainKey;
use super::slots::SharedSlots;
use super::state::WriteState;
use super::{SqlError, records, schema as sql_schema, slots as sql_slots, tokens as sql_tokens};

/// A store in memory, and what its writer keeps.
struct Store {
    db: Connection,
    state: WriteState,
    slots: SharedSlots,
    key: ChainKey,
}

impl Store {
    fn new() -> Store {
        let mut db = Connection::open_in_memory().unwrap();
        db.pragma_update(None, "trusted_schema", false).unwrap();
        let key = ChainKey::new(&[7; 32]);
        sql_schema::migrate(&mut db, &key).unwrap();
        Store::of(db, key)
    }

    fn of(db: Connection, key: ChainKey) -> Store {
        let state = WriteState::load(&db).unwrap();
        let slots = SharedSlots::new(sql_slots::load(&db).unwrap());
        Store {
            db,
            state,
            slots,
            key,
        }
    }

    /// As after a restart.
    fn reload(&mut self) {
        self.state = WriteState::load(&self.db).unwrap();
        self.slots = SharedSlots::new(sql_slots::load(&self.db).unwrap());
    }

    /// Runs `write` in a transaction of its own.
    fn write<T>(&mut self, write: impl FnOnce(&mut Store) -> T) -> T {
        self.db.execute_batch("BEGIN IMMEDIATE").unwrap();
        let result = write(self);
        self.state.save(&self.db, &self.key).unwrap();
        self.db.execute_batch("COMMIT").unwrap();
        self.slots.lock().commit();
        result
    }

    /// Runs `write` in a transaction that fails in the end.
    fn fail<T>(&mut self, write: impl FnOnce(&mut Store) -> T) -> T {
        let saved = self.state.clone();
        self.db.execute_batch("BEGIN IMMEDIATE").unwrap();
        let result = write(self);
        self.state.save(&self.db, &self.key).unwrap();
        self.db.execute_batch("ROLLBACK").unwrap();
        self.slots.lock().roll_back();
        self.state = saved;
        result
    }

    fn try_append(&mut self, record: &AuthorizationRecord) -> Result<(), SqlError> {
        records::append(&self.db, &mut self.state, &self.key, record)
    }

    /// The seal of the end of the chain, as it is stored.
    fn seal_of_end(&self) -> Vec<u8> {
        let sql = "SELECT chain_seal FROM counters";
        self.db.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// Appends the records in transactions of seven.
    fn append(&mut self, all: &[AuthorizationRecord]) {
        for some in all.chunks(7) {
            self.write(|store| {
                for record in some {
                    store.try_append(record).unwrap();
                }
            });
        }
    }

    fn create(&mut self, token: Token) -> ocpi_domain::StoredToken {
        let write = TokenWrite {
            token: token.into(),
            marks: TokenMarks::default(),
            follows: None,
        };
        self.write(|store| sql_tokens::put_token(&store.db, &mut store.state, &write).unwrap())
    }

    /// Changes the file behind the store's back.
    fn tamper(&self, sql: &str) {
        let count = self.db.execute(sql, []).unwrap();
        assert!(count > 0, "{sql}");
    }
}

/// The same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        let place = self.below(all.len() as u64);
        &all[usize::try_from(place).unwrap()]
    }
}

fn after_ms(ms: i64) -> DateTime {
    DateTime::from_unix_ms(1_735_689_600_000 + ms).unwrap()
}

fn party(text: &str) -> Party {
    Party::new(&text[..2], &text[2..]).unwrap()
}

fn token(party: Party, uid: &str, token_type: &TokenType) -> Token {
    Token {
        party,
        uid: uid.parse().unwrap(),
        token_type: token_type.clone(),
        contract_id: "CHABC00000001".parse().unwrap(),
        visual_number: None,
        issuer: "Example".parse().unwrap(),
        group_id: None,
        valid: true,
        whitelist: WhitelistType::Never,
        language: None,
        default_profile_type: None,
        energy_contract: None,
        last_updated: after_ms(0),
        unknown: UnknownFields::default(),
    }
}

/// The record of that number: a question about an unknown card.
fn record(number: u64) -> AuthorizationRecord {
    AuthorizationRecord {
        reference: format!("reference-{number:06}").parse().unwrap(),
        at: after_ms(i64::try_from(number).unwrap()),
        platform: PlatformId::new("peer").unwrap(),
        request_id: MessageId::new("request").unwrap(),
        correlation_id: MessageId::new("correlation").unwrap(),
        token_party: None,
        token_uid: AuthorizationRecord::uid_as_asked("CARD-1"),
        token_type: TokenType::Rfid,
        asked: None,
        allowed_location: None,
        allowed: None,
        status: None,
        rule: Rule::UnknownToken,
        latency_us: 7,
        charge_point: None,
    }
}

fn records(count: u64) -> Vec<AuthorizationRecord> {
    (1..=count).map(record).collect()
}
