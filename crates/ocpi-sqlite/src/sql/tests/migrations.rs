//! Files of older releases.

use ocpi_domain::{
    AuthEncoding, AuthorizationRecord, CredentialsUse, DateTime, PartyRole, Platform, Revision,
    StoredToken, TokenMarks, TokenType,
};
use ocpi_ports::{ChainFault, PresentedToken, StoredPlatform, TokenHash};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, params};

use super::schema::{pragma, schema_of};
use super::{Store, party, record, records, token};
use crate::sql::columns::integer;
use crate::sql::platforms::{list_revision, seed_platform};
use crate::sql::record_chain::ChainKey;
use crate::sql::record_row::{self, RecordTexts};
use crate::sql::schema::{MIGRATIONS, glance, migrate, require_ours, take_steps};
use crate::sql::token_contracts::find_tokens_by_contract;
use crate::sql::tokens::find_tokens;
use crate::sql::{carried_keys, token_changes};

/// How many columns of a record were sealed before the fourth schema.
const SEALED_BEFORE_4: usize = 15;

impl Store {
    /// Appends records in one transaction, as a release before the fourth schema did.
    fn append_as_before_4(&mut self, all: &[AuthorizationRecord]) {
        self.write(|store| {
            for record in all {
                let texts = RecordTexts::of(record).unwrap();
                let values = record_row::values(record, &texts);
                let sealed = &values[..SEALED_BEFORE_4];
                let head = store.key.next(store.state.chain, sealed);
                let open = &mut store.state.open_block;
                open.make_room(&store.db, head.number).unwrap();
                open.add(&record.platform, record.at.unix_ms());
                let sql = "INSERT INTO authorizations VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,
                           ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)";
                let mut statement = store.db.prepare_cached(sql).unwrap();
                let number = integer(head.number);
                statement.raw_bind_parameter(1, number).unwrap();
                let link = [ValueRef::Blob(&head.link.0)];
                for (place, value) in (2..).zip(sealed.iter().chain(&link)) {
                    let value = ToSqlOutput::Borrowed(*value);
                    statement.raw_bind_parameter(place, value).unwrap();
                }
                statement.raw_execute().unwrap();
                drop(statement);
                store.state.move_head(head);
            }
        });
    }

    /// Creates a card of CH/ABC, as a release before the fourth schema did.
    fn create_as_before_4(&mut self) -> StoredToken {
        let token = token(party("CHABC"), "CARD", &TokenType::Rfid);
        self.write(|store| {
            let revision = store.state.next_revision();
            let sql = "INSERT INTO tokens VALUES (1, ?1, 'CH', 'ABC', 'CARD', 'CARD', 'RFID', ?2,
                       NULL, ?3, NULL, 1, 'NEVER', NULL, ?4, 0, 1, NULL)";
            let values = params![
                integer(revision.0),
                token.contract_id.as_str(),
                token.issuer.as_str(),
                token.last_updated.unix_ms(),
            ];
            store.db.execute(sql, values).unwrap();
            store.state.new_tokens.add(1, &token);
            store.state.give_revision();
            StoredToken {
                token: token.into(),
                marks: TokenMarks {
                    inferred_last_updated: true,
                    ..TokenMarks::default()
                },
                revision,
            }
        })
    }
}

/// A file of so many steps, with 600 records and a Token.
fn older(steps: usize) -> (Store, StoredToken) {
    let mut db = Connection::open_in_memory().unwrap();
    let key = ChainKey::new(&[7; 32]);
    take_steps(&mut db, &key, &MIGRATIONS[..steps]).unwrap();
    assert_eq!(pragma(&db, "user_version"), i64::try_from(steps).unwrap());
    let mut older = Store {
        state: crate::sql::state::WriteState::load(&db).unwrap(),
        slots: crate::sql::slots::SharedSlots::default(),
        db,
        key,
    };
    older.append_as_before_4(&records(600));
    let stored = older.create_as_before_4();
    (older, stored)
}

impl Store {
    /// As the next release opens it.
    fn migrated(mut self) -> Store {
        migrate(&mut self.db, &self.key).unwrap();
        Store::of(self.db, self.key)
    }
}

/// Beyond the protocol: an update of the server loses nothing of what older releases stored. A
/// platform of theirs counts as registered.
///
/// Holds: C-20, E-33, T-12.
#[test]
fn a_file_of_any_older_schema_becomes_one_of_the_present_with_all_that_is_in_it() {
    for steps in 1..MIGRATIONS.len() {
        let (older, stored) = older(steps);
        let (head, party) = (older.state.chain, stored.token.party);
        match steps {
            1 | 2 => put_platforms_of_schema_2(&older.db),
            _ => put_platform_of_schema_3(&older.db),
        }

        let mut store = older.migrated();
        assert_eq!(schema_of(&store.db), schema_of(&Store::new().db));
        require_ours(&store.db).unwrap();
        glance(&store.db).unwrap();
        assert_eq!(store.state.chain, head);
        assert_eq!((store.audit().records, store.audit().fault), (600, None));
        store.append(&[record(601)]);
        assert_eq!((store.audit().records, store.audit().fault), (601, None));
        let found = find_tokens(&store.db, &[stored.token.key()]).unwrap();
        assert_eq!(found, [Some(stored.clone())]);
        let contract = &stored.token.contract_id;
        let found = find_tokens_by_contract(&store.db, party, contract, 9);
        assert_eq!(found.unwrap(), std::slice::from_ref(&stored));
        // It goes to a CPO that knows nothing yet.
        let changed = token_changes::list(&store.db, &[party], Revision(0), 9).unwrap();
        assert_eq!(changed.tokens, std::slice::from_ref(&stored));
        assert!(changed.through >= stored.revision && !changed.more);
        match steps {
            1 | 2 => assert_platforms_of_schema_2(&mut store),
            _ => assert_platform_of_schema_3(&store),
        }
        super::sessions::put_and_find_one(&mut store);
    }
}

/// What the fourth schema added to a record is as sealed as the rest, in records of before too:
/// nobody shall put words into them.
///
/// Holds: E-33.
#[test]
fn what_is_added_to_a_record_of_an_older_release_shows() {
    let (older, _) = older(MIGRATIONS.len() - 1);
    let store = older.migrated();
    for number in [1, 300, 600] {
        store.db.execute_batch("SAVEPOINT tampering").unwrap();
        store.tamper(&format!(
            "UPDATE authorizations SET charge_point = '{{}}' WHERE number = {number}"
        ));
        match store.audit().fault {
            Some(ChainFault::Changed { number: found, .. }) => assert_eq!(found, number),
            fault => panic!("{fault:?}"),
        }
        store.db.execute_batch("ROLLBACK TO tampering").unwrap();
    }
    assert_eq!(store.audit().fault, None);
}

/// A platform that is called, as releases of the third schema wrote it.
fn put_platform_of_schema_3(db: &Connection) {
    db.execute_batch(
        r#"INSERT INTO platforms (id, roles, profile, connection, sealed_token) VALUES
            ('peer', '[]', '{"tutorial":false,"fill_owner":true,"strict_from":false}',
             '{"versions_url":"https://p"}', x'01');"#,
    )
    .unwrap();
}

/// It is as it was: what was not said has its default, and is connected since ever.
fn assert_platform_of_schema_3(store: &Store) {
    let [peer] = &store.platforms()[..] else {
        panic!("there is one");
    };
    let mut expected = Platform::new("peer".parse().unwrap());
    expected.profile.fill_owner = true;
    assert_eq!(*peer.platform, expected);
    let connection = peer.connection.as_ref().unwrap();
    assert_eq!(connection.connected_at, DateTime::from_unix_ms(0).unwrap());
}

/// Platforms as releases before the third schema wrote them: one with a token that it presents,
/// one without, and one that was seeded and deleted.
fn put_platforms_of_schema_2(db: &Connection) {
    db.execute_batch(
        r#"INSERT INTO platforms (id, token_hash, roles, profile) VALUES
            ('hashless', NULL, '[]', '{}'),
            ('peer', unhex(replace(hex(zeroblob(32)), '00', 'ab')),
             '[{"country_code":"ch","party_id":"ABC","role":"CPO"},
               {"country_code":"NL","party_id":"TNM","role":"HUB"}]',
             '{"tutorial":true,"fill_owner":false,"strict_from":true,"auth_encoding":"raw"}');
           INSERT INTO seeded_platforms (id) VALUES ('peer'), ('gone');"#,
    )
    .unwrap();
}

/// They are as they were, with what they presented as the token of their connection.
fn assert_platforms_of_schema_2(store: &mut Store) {
    let hashless = StoredPlatform::new(Platform::new("hashless".parse().unwrap()));
    let mut peer = Platform::new("peer".parse().unwrap());
    let role = |party, role: &str| PartyRole {
        party,
        role: role.parse().unwrap(),
    };
    peer.roles = vec![role(party("chABC"), "CPO"), role(party("NLTNM"), "HUB")];
    peer.profile.tutorial = true;
    peer.profile.strict_from = true;
    peer.profile.auth_encoding = AuthEncoding::Raw;
    let peer = StoredPlatform {
        tokens: vec![PresentedToken {
            hash: TokenHash([0xab; 32]),
            good_for: CredentialsUse::Live,
        }],
        ..StoredPlatform::new(peer)
    };
    let expected = vec![hashless, peer];
    let found = store.platforms();
    assert_eq!(found, expected);
    assert_eq!(format!("{found:?}"), format!("{expected:?}"));
    assert_eq!(list_revision(&store.db).unwrap(), Revision(0));
    assert_eq!(carried_keys::read(&store.db).unwrap(), None);
    for id in ["peer", "gone"] {
        let again = StoredPlatform::new(Platform::new(id.parse().unwrap()));
        let seeded = store.write(|store| seed_platform(&store.db, &again));
        assert_eq!(seeded.unwrap(), None);
    }
    let [_, peer] = &expected[..] else {
        unreachable!("there are two")
    };
    let put = store.write(|store| store.put_platform(peer, Some(Revision(0))));
    assert_eq!(put.unwrap(), (false, Revision(1)));
}
