//! Platforms, what they present, and what a change of the secret key writes.

use ocpi_domain::{CredentialsUse, DateTime, NoAnswer, Platform, Profile, PushTokens, Revision};
use ocpi_ports::{Connection, PresentedToken, SealedToken, StoredPlatform, TokenHash};

use super::writing::content;
use super::{Store, after_ms, record};
use crate::sql::{SqlError, carried_keys, platforms};

/// A platform that is called, and presents a token of that hash.
fn platform(id: &str, hash: u8) -> StoredPlatform {
    StoredPlatform {
        tokens: vec![PresentedToken {
            hash: TokenHash([hash; 32]),
            good_for: CredentialsUse::Live,
        }],
        connection: Some(Connection {
            versions_url: "https://peer.example/versions".parse().unwrap(),
            sealed_token: sealed(hash),
            served: None,
            presented: Vec::new(),
            connected_at: after_ms(3),
        }),
        ..StoredPlatform::new(Platform::new(id.parse().unwrap()))
    }
}

/// A platform that is not called.
fn silent(id: &str, hash: u8) -> StoredPlatform {
    StoredPlatform {
        connection: None,
        ..platform(id, hash)
    }
}

fn sealed(byte: u8) -> SealedToken {
    SealedToken([byte; 60].into())
}

impl Store {
    pub(super) fn put_platform(
        &self,
        stored: &StoredPlatform,
        follows: Option<Revision>,
    ) -> Result<(bool, Revision), SqlError> {
        platforms::put_platform(&self.db, stored, follows)
    }

    pub(super) fn platforms(&self) -> Vec<StoredPlatform> {
        let listed = platforms::list_platforms(&self.db).unwrap();
        listed.iter().map(|one| (**one).clone()).collect()
    }

    fn list_revision(&self) -> Revision {
        platforms::list_revision(&self.db).unwrap()
    }
}

/// What a transaction refuses leaves nothing in it, for the others in it go on.
///
/// Holds: C-03, T-12.
#[test]
fn a_platform_that_is_refused_breaks_no_transaction() {
    let mut store = Store::new();
    let (one, two) = (platform("one", 1), platform("two", 2));
    store.write(|store| {
        let (is_new, revision) = store.put_platform(&one, None).unwrap();
        assert!(is_new);
        let before = content(store);
        let mut twice = two.clone();
        twice.tokens.push(twice.tokens[0]);
        for refused in [&platform("two", 1), &twice] {
            let put = store.put_platform(refused, Some(revision));
            assert!(matches!(put, Err(SqlError::Conflict)));
            let seeded = platforms::seed_platform(&store.db, refused);
            assert!(matches!(seeded, Err(SqlError::Conflict)));
        }
        for follows in [Revision(revision.0 - 1), Revision(revision.0 + 1)] {
            let put = store.put_platform(&two, Some(follows));
            assert!(matches!(put, Err(SqlError::Conflict)));
        }
        assert_eq!(content(store), before);
        store.try_append(&record(1)).unwrap();
    });
    assert_eq!(store.platforms(), [one]);
    let seeded = platforms::seed_platform(&store.db, &two).unwrap();
    assert_eq!(seeded, Some(store.list_revision()));
}

/// A profile and a connection that an older release wrote have fewer members.
#[test]
fn a_platform_of_an_older_release_is_read() {
    let store = Store::new();
    store.tamper(
        r#"INSERT INTO platforms (id, roles, profile, connection, sealed_token)
           VALUES ('old', '[]', '{"tutorial":true}', '{"versions_url":"https://p"}', x'01')"#,
    );
    let old = store.platforms().remove(0);
    let profile = old.platform.profile;
    let strict = Profile::default();
    assert_eq!(
        Profile {
            tutorial: false,
            ..profile
        },
        strict
    );
    assert!(profile.tutorial);
    let connection = old.connection.unwrap();
    assert_eq!(connection.versions_url.as_str(), "https://p");
    assert_eq!((connection.served, connection.presented.len()), (None, 0));
    assert_eq!(connection.connected_at, DateTime::UNIX_EPOCH);
}

/// What a profile says are words of the file, so none may ever change.
#[test]
fn a_profile_of_this_release_is_read_by_every_later_one() {
    let store = Store::new();
    store.tamper(
        r#"INSERT INTO platforms (id, roles, profile) VALUES
           ('one', '[]', '{"prefer_cache":true,"ask_unknown":true,"no_answer":"allow",
               "authorize_timeout_ms":7,"push_tokens":"patch","no_pull":true}'),
           ('two', '[]', '{"no_answer":"deny","push_tokens":"off"}'),
           ('zwo', '[]', '{"no_answer":"by_whitelist","push_tokens":"put"}')"#,
    );
    let strict = Profile::default();
    let expected = [
        Profile {
            prefer_cache: true,
            ask_unknown: true,
            no_answer: NoAnswer::Allow,
            authorize_timeout_ms: Some(7),
            push_tokens: PushTokens::Patch,
            no_pull: true,
            ..strict
        },
        Profile {
            no_answer: NoAnswer::Deny,
            push_tokens: PushTokens::Off,
            ..strict
        },
        strict,
    ];
    let found = store.platforms();
    let found: Vec<Profile> = found.iter().map(|one| one.platform.profile).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_platform_that_cannot_be_read_is_named() {
    let store = Store::new();
    store.put_platform(&platform("one", 1), None).unwrap();
    let served = r#"{"versions_url":"https://p","served":{"version":"9.9","endpoints":[]}}"#;
    for (table, change, named) in [
        ("platforms", "roles = '{}'", "column roles: "),
        ("platforms", "hub = '\"CHABC\"'", "column hub: "),
        (
            "platforms",
            "allowed_parties = '['",
            "column allowed_parties: ",
        ),
        ("platforms", "connection = '{}'", "column connection: "),
        (
            "platforms",
            &format!("connection = '{served}'"),
            "column sealed_token: version 9.9 is not spoken here",
        ),
        (
            "platforms",
            "sealed_token = NULL",
            "column sealed_token: must be there when there is a connection, and only then",
        ),
        (
            "platforms",
            "connection = NULL",
            "column sealed_token: must be there when there is a connection, and only then",
        ),
        (
            "presented_tokens",
            "hash = x'00'",
            "column hash: must be 32 bytes",
        ),
        ("presented_tokens", "good_for = 'x'", "column good_for: "),
        (
            "presented_tokens",
            "good_for = 'former'",
            "column until_ms: ",
        ),
    ] {
        store.db.execute_batch("SAVEPOINT tampering").unwrap();
        store.tamper(&format!("UPDATE {table} SET {change}"));
        let named = format!("table {table}, row \"one\", {named}");
        match platforms::list_platforms(&store.db) {
            Err(SqlError::Corrupt(why)) => assert!(why.starts_with(&named), "{why}"),
            other => panic!("{change}: {other:?}"),
        }
        store.db.execute_batch("ROLLBACK TO tampering").unwrap();
    }
}

/// Beyond the protocol: with half of it done, one of the two keys would open nothing, and neither
/// the rest.
#[test]
fn a_change_of_the_key_is_whole_or_not_at_all() {
    let mut store = Store::new();
    let all = [platform("a", 1), silent("b", 2), platform("c", 3)];
    for stored in &all {
        store.put_platform(stored, None).unwrap();
    }
    let new = |id: &str, byte| (id.parse().unwrap(), sealed(byte));
    let before = (content(&store), store.list_revision());
    for refused in [
        &[][..],
        &[new("a", 11)],
        &[new("a", 11), new("c", 13), new("b", 12)],
        &[new("a", 11), new("c", 13), new("d", 14)],
    ] {
        let change = |store: &mut Store| carried_keys::change(&store.db, b"carried", refused);
        assert!(matches!(store.write(change), Err(SqlError::Conflict)));
        assert_eq!((content(&store), store.list_revision()), before);
    }
    let resealed = [new("c", 13), new("a", 11)];
    let change = |store: &mut Store| {
        let changed = carried_keys::change(&store.db, b"carried", &resealed);
        changed.unwrap()
    };
    store.fail(change);
    assert_eq!((content(&store), store.list_revision()), before);
    assert_eq!(carried_keys::read(&store.db).unwrap(), None);

    let (changed, revision) = store.write(change);
    let mut expected = all.clone();
    for (place, byte) in [(0, 11), (2, 13)] {
        expected[place].connection.as_mut().unwrap().sealed_token = sealed(byte);
    }
    assert_eq!(store.platforms(), expected);
    let changed: Vec<_> = changed.iter().map(|one| (**one).clone()).collect();
    assert_eq!(changed, [expected[0].clone(), expected[2].clone()]);
    // Who read the tokens before must not write them back.
    assert_eq!(revision, store.list_revision());
    assert!(revision > before.1);
    let carried = carried_keys::read(&store.db).unwrap();
    assert_eq!(carried.as_deref(), Some(&b"carried"[..]));
    let again = carried_keys::change(&store.db, b"again", &resealed);
    assert!(again.unwrap().1 > revision);
    let carried = carried_keys::read(&store.db).unwrap();
    assert_eq!(carried.as_deref(), Some(&b"again"[..]));
}

/// What a token is good for is a word of the file, so none may ever change.
#[test]
fn the_uses_of_a_token_have_the_names_of_every_release() {
    let store = Store::new();
    let until = after_ms(7);
    let uses = [
        CredentialsUse::Registration { until },
        CredentialsUse::Offered {
            until,
            replaces: false,
        },
        CredentialsUse::Offered {
            until,
            replaces: true,
        },
        CredentialsUse::Live,
        CredentialsUse::Former { until },
    ];
    let mut stored = silent("one", 0);
    let token = |(good_for, byte)| PresentedToken {
        hash: TokenHash([byte; 32]),
        good_for,
    };
    stored.tokens = uses.into_iter().zip(0..).map(token).collect();
    store.put_platform(&stored, None).unwrap();
    let sql = "SELECT group_concat(good_for || ' ' || ifnull(until_ms - 1735689600000, '-'))
               FROM (SELECT * FROM presented_tokens ORDER BY place)";
    let written: String = store.db.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(
        written,
        "registration 7,offered 7,replacing 7,live -,former 7"
    );
    assert_eq!(store.platforms(), [stored]);
}
