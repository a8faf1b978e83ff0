//! The promises of [`AccountRepository`].

use std::sync::Arc;

use ocpi_domain::{Party, Revision, TokenAccount, TokenKey, TokenType};

use super::Harness;
use super::fixtures::{
    UIDS_APART, assert_conflict, assert_same, card, create, key, kind, other, own, question,
    reopened, together, token, types_apart, update,
};
use crate::{
    AccountRepository, AccountWrite, AuthorizationRepository, StoredAccount, SubjectLookup,
};

type Repository = Arc<dyn AccountRepository>;

fn account(json: &str) -> TokenAccount {
    serde_json::from_str(json).unwrap()
}

/// An account that blocks, to tell it from others.
fn blocked() -> TokenAccount {
    account(r#"{"blocked":true}"#)
}

/// An account that is told from others by a number.
fn of_number(number: usize) -> TokenAccount {
    account(&format!(r#"{{"concurrent_sessions_max":{number}}}"#))
}

/// An account that says something in every field.
fn full_account() -> TokenAccount {
    account(
        r#"{"blocked":true,"expires_at":"2027-01-01T00:00:00.001Z",
            "credit":{"balance":"-1234567890123456.10","currency":"eur"},
            "permitted_locations":[
                {"country_code":"nl","party_id":"aLf"},
                {"country_code":"NL","party_id":"ALF","location_id":"loC 1"},
                {"country_code":"NL","party_id":"ALF","location_id":"2","evse_uids":["b","A"]}],
            "denied_locations":[{"country_code":"BE","party_id":"BEC"}],
            "concurrent_sessions_max":4294967295,"concurrency_scope":"group"}"#,
    )
}

fn write(key: &TokenKey, account: &TokenAccount, follows: Option<Revision>) -> AccountWrite {
    AccountWrite {
        key: key.clone(),
        account: Arc::new(account.clone()),
        follows,
    }
}

async fn put(
    accounts: &Repository,
    key: &TokenKey,
    account: &TokenAccount,
    follows: Option<Revision>,
) -> Revision {
    let put = accounts.put_account(write(key, account, follows)).await;
    put.unwrap()
}

/// Puts the first account of that key.
async fn create_account(accounts: &Repository, key: &TokenKey, account: &TokenAccount) -> Revision {
    put(accounts, key, account, None).await
}

/// Asserts that exactly that account is found.
async fn assert_found(
    accounts: &Repository,
    key: &TokenKey,
    account: &TokenAccount,
    revision: Revision,
) {
    let found = accounts.find_account(key).await.unwrap();
    let expected = StoredAccount {
        account: Arc::new(account.clone()),
        revision,
    };
    assert_same(&found.as_ref(), &Some(&expected));
    // Decimals of another scale are equal, but they are not as they were put.
    let text = |account: &TokenAccount| serde_json::to_string(account).unwrap();
    let found = found.map(|found| text(&found.account));
    assert_eq!(found, Some(text(account)));
}

async fn assert_absent(accounts: &Repository, key: &TokenKey) {
    let found = accounts.find_account(key).await.unwrap();
    assert_eq!(found, None, "{key}");
}

/// Promise 1: what was never put is absent, not an error.
pub async fn absent_account_is_none<H: Harness>() {
    let accounts = H::fresh().await.accounts();
    let key = key(own(), "CARD-1", &TokenType::Rfid);
    assert_absent(&accounts, &key).await;
    assert!(!accounts.delete_account(&key).await.unwrap());
    assert_absent(&accounts, &key).await;
}

/// Accounts that between them say everything that an account can say.
fn various() -> Vec<TokenAccount> {
    [
        "{}",
        r#"{"blocked":true}"#,
        r#"{"expires_at":"0000-01-01T00:00:00Z"}"#,
        r#"{"expires_at":"9999-12-31T23:59:59.999Z"}"#,
        r#"{"permitted_locations":[]}"#,
        r#"{"permitted_locations":[{"country_code":"NL","party_id":"ALF"}]}"#,
        r#"{"denied_locations":[{"country_code":"NL","party_id":"ALF","location_id":"a\"%'_?"}]}"#,
        r#"{"credit":{"balance":"12.50","currency":"CHF"}}"#,
        r#"{"credit":{"balance":"12.5","currency":"CHF"}}"#,
        r#"{"credit":{"balance":"0.00","currency":"CHF"}}"#,
        r#"{"credit":{"balance":"0.1000000000000000000000000001","currency":"chf"}}"#,
        r#"{"credit":{"balance":"-79228162514264337593543950335","currency":"CHF"}}"#,
        r#"{"concurrent_sessions_max":0}"#,
        r#"{"concurrency_scope":"group"}"#,
    ]
    .into_iter()
    .map(account)
    .chain([full_account()])
    .collect()
}

/// Promise 2: the last one put is found as it was put, whatever the case of party and uid, by
/// exactly that type.
///
/// Holds: K-03, T-69, T-73.
pub async fn account_is_replaced_and_found_without_case<H: Harness>() {
    let accounts = H::fresh().await.accounts();
    let mixed = Party::new("cH", "aBc").unwrap();
    let keys = [
        key(own(), "Card-1a", &TokenType::Rfid),
        key(mixed, "CARD-1A", &TokenType::Rfid),
        key(mixed, "card-1a", &TokenType::Rfid),
    ];
    let mut follows = None;
    for (account, put_by) in various().iter().zip(keys.iter().cycle()) {
        let revision = put(&accounts, put_by, account, follows).await;
        for key in &keys {
            assert_found(&accounts, key, account, revision).await;
        }
        follows = Some(revision);
    }
    for absent in [
        key(other(), "Card-1a", &TokenType::Rfid),
        key(own(), "Card1a", &TokenType::Rfid),
        key(own(), "Card-1a", &TokenType::Other),
        key(own(), "Card-1a", &kind("rfid")),
    ] {
        assert_absent(&accounts, &absent).await;
    }
    // Of an EMAID, each spelling is a key of its own.
    let spelled = ["CH-ABC-1", "CHABC1"].map(|uid| key(own(), uid, &TokenType::Emaid));
    let dashed = create_account(&accounts, &spelled[0], &blocked()).await;
    assert_absent(&accounts, &spelled[1]).await;
    let plain = create_account(&accounts, &spelled[1], &of_number(1)).await;
    assert_found(&accounts, &spelled[0], &blocked(), dashed).await;
    assert_found(&accounts, &spelled[1], &of_number(1), plain).await;

    let of_uid = UIDS_APART.map(|uid| key(own(), uid, &TokenType::Rfid));
    let of_type = types_apart();
    let of_type = of_type.iter().map(|one| key(own(), "of-type", one));
    let apart: Vec<TokenKey> = of_uid.into_iter().chain(of_type).collect();
    let mut revisions = Vec::new();
    for (number, key) in apart.iter().enumerate() {
        revisions.push(create_account(&accounts, key, &of_number(number)).await);
    }
    for (number, (key, revision)) in apart.iter().zip(revisions).enumerate() {
        assert_found(&accounts, key, &of_number(number), revision).await;
    }
}

/// Promise 3: a write must follow the stored revision, else it is a conflict and nothing changes;
/// revisions only grow.
pub async fn account_write_that_follows_nothing_stored_conflicts<H: Harness>() {
    let accounts = H::fresh().await.accounts();
    let [sought, neighbour] = ["CARD-1", "CARD-2"].map(|uid| key(own(), uid, &TokenType::Rfid));
    for follows in [0, 1, u64::MAX] {
        let refused = write(&sought, &blocked(), Some(Revision(follows)));
        assert_conflict(&accounts.put_account(refused).await);
        assert_absent(&accounts, &sought).await;
    }

    let of_neighbour = create_account(&accounts, &neighbour, &blocked()).await;
    let first = create_account(&accounts, &sought, &blocked()).await;
    let second = put(&accounts, &sought, &full_account(), Some(first)).await;
    for follows in [
        None,
        Some(first),
        Some(of_neighbour),
        Some(Revision(second.0 + 1)),
        Some(Revision(u64::MAX)),
    ] {
        let spelled = key(own(), "card-1", &TokenType::Rfid);
        let refused = write(&spelled, &blocked(), follows);
        assert_conflict(&accounts.put_account(refused).await);
        assert_found(&accounts, &sought, &full_account(), second).await;
        assert_found(&accounts, &neighbour, &blocked(), of_neighbour).await;
    }

    // What is put again as it is has a new revision too.
    let third = put(&accounts, &sought, &full_account(), Some(second)).await;
    let elsewhere = key(other(), "CARD-1", &TokenType::Emaid);
    let mut revisions = vec![of_neighbour, first, second, third];
    revisions.push(create_account(&accounts, &elsewhere, &blocked()).await);
    // The newest of all is deleted, and in the end everything.
    for deleted in [&[&elsewhere][..], &[&elsewhere, &sought, &neighbour]] {
        let last = revisions.last().copied();
        for key in deleted {
            assert!(accounts.delete_account(key).await.unwrap());
        }
        let refused = write(&elsewhere, &blocked(), last);
        assert_conflict(&accounts.put_account(refused).await);
        assert_absent(&accounts, &elsewhere).await;
        revisions.push(create_account(&accounts, &elsewhere, &blocked()).await);
    }
    assert!(revisions.is_sorted_by(|a, b| a < b), "{revisions:?}");
    assert_rivals_succeed_once(&accounts, &sought).await;
}

/// Asserts that of many writers that follow one revision exactly one succeeds.
async fn assert_rivals_succeed_once(accounts: &Repository, key: &TokenKey) {
    const WRITERS: usize = 8;
    let mut follows = None;
    for _round in 0..10 {
        let rivals = (0..WRITERS).map(|number| {
            let accounts = Arc::clone(accounts);
            let write = write(key, &of_number(number), follows);
            async move { (number, accounts.put_account(write).await) }
        });
        let mut won = Vec::new();
        for (number, put) in together(rivals.collect()).await {
            match put {
                Ok(revision) => won.push((number, revision)),
                refused => assert_conflict(&refused),
            }
        }
        let [(winner, revision)] = won[..] else {
            panic!("one of the rivals succeeds, not {won:?}");
        };
        assert!(follows < Some(revision));
        follows = Some(revision);
        assert_found(accounts, key, &of_number(winner), revision).await;
    }
}

/// Promise 4: delete reports whether there was one, and afterwards there is none.
pub async fn deleted_account_is_gone<H: Harness>() {
    let store = H::fresh().await;
    let (accounts, subjects) = (store.accounts(), store.authorizations());
    let present = create(&store.tokens(), card("Card-1a")).await.token.key();
    let neighbours = [
        key(own(), "CARD-2", &TokenType::Rfid),
        key(own(), "CARD-1A", &TokenType::Other),
        key(own(), "CARD-1A", &kind("rfid")),
        key(own(), "CARD_1A", &TokenType::Rfid),
        key(other(), "CARD-1A", &TokenType::Rfid),
    ];
    let mut revisions = Vec::new();
    for neighbour in &neighbours {
        revisions.push(create_account(&accounts, neighbour, &blocked()).await);
    }
    for _round in 0..2 {
        create_account(&accounts, &present, &blocked()).await;
        assert!(subject_account(&subjects, &present).await.is_some());
        let spelled = key(own(), "CARD-1A", &TokenType::Rfid);
        assert!(accounts.delete_account(&spelled).await.unwrap());
        assert_absent(&accounts, &present).await;
        assert_eq!(subject_account(&subjects, &present).await, None);
        assert!(!accounts.delete_account(&present).await.unwrap());
    }
    for (neighbour, revision) in neighbours.iter().zip(revisions) {
        assert_found(&accounts, neighbour, &blocked(), revision).await;
    }
}

async fn load(subjects: &Arc<dyn AuthorizationRepository>, key: &TokenKey) -> SubjectLookup {
    subjects
        .load_authorization_subject(&question(&[key.party], &key.uid, &key.token_type))
        .await
        .unwrap()
}

/// The account with which that Token's subject is read.
async fn subject_account(
    subjects: &Arc<dyn AuthorizationRepository>,
    key: &TokenKey,
) -> Option<Arc<TokenAccount>> {
    match load(subjects, key).await {
        SubjectLookup::One(subject) => subject.account,
        missing => panic!("the Token of {key} is {missing:?}"),
    }
}

/// Promise 5: a Token's subject is read with its account, whichever was written first.
///
/// Holds: E-17, E-35.
pub async fn subject_is_read_with_its_account<H: Harness>() {
    let store = H::fresh().await;
    let (tokens, accounts, subjects) = (store.tokens(), store.accounts(), store.authorizations());
    let early = key(own(), "early", &TokenType::Rfid);
    create_account(&accounts, &early, &full_account()).await;
    assert_eq!(load(&subjects, &early).await, SubjectLookup::Unknown);
    create(&tokens, card("EARLY")).await;
    let read = subject_account(&subjects, &early).await;
    assert_same(&read.as_deref(), &Some(&full_account()));

    let late = create(&tokens, card("LATE")).await;
    let late_key = late.token.key();
    assert_eq!(subject_account(&subjects, &late_key).await, None);
    // Those of its neighbours are not its own.
    for neighbour in [
        key(other(), "LATE", &TokenType::Rfid),
        key(own(), "LATE", &TokenType::Other),
        key(own(), "LATE", &kind("rfid")),
        key(own(), "LATER", &TokenType::Rfid),
    ] {
        create_account(&accounts, &neighbour, &blocked()).await;
        assert_eq!(subject_account(&subjects, &late_key).await, None);
    }
    let mut follows = None;
    for credit in ["12.50", "0.00"] {
        let account = account(&format!(
            r#"{{"credit":{{"balance":"{credit}","currency":"EUR"}}}}"#
        ));
        follows = Some(put(&accounts, &late_key, &account, follows).await);
        let read = subject_account(&subjects, &late_key).await;
        assert_same(&read.as_deref(), &Some(&account));
    }
    let refused = write(&late_key, &blocked(), None);
    assert_conflict(&accounts.put_account(refused).await);
    update(&tokens, &late, |token| token.valid = false).await;
    let read = subject_account(&subjects, &late_key).await;
    assert!(read.is_some_and(|read| !read.blocked));

    // Asked without separators: the account of the Token that was found.
    create(&tokens, token(own(), "CH-ABC-1", &TokenType::Emaid)).await;
    let stored = key(own(), "ch-abc-1", &TokenType::Emaid);
    let asked = key(own(), "CHABC1", &TokenType::Emaid);
    create_account(&accounts, &asked, &full_account()).await;
    assert_eq!(subject_account(&subjects, &asked).await, None);
    create_account(&accounts, &stored, &blocked()).await;
    let read = subject_account(&subjects, &asked).await;
    assert_eq!(read.as_deref(), Some(&blocked()));
}

/// Promise 6: what was put survives a restart of a durable store.
pub async fn accounts_survive_reopen<H: Harness>() {
    let store = H::fresh().await;
    let accounts = store.accounts();
    let [kept, replaced, deleted] =
        ["KEPT", "REPLACED", "DELETED"].map(|uid| key(own(), uid, &TokenType::Rfid));
    create(&store.tokens(), card("KEPT")).await;
    let of_kept = create_account(&accounts, &kept, &full_account()).await;
    let former = create_account(&accounts, &replaced, &full_account()).await;
    let of_replaced = put(&accounts, &replaced, &blocked(), Some(former)).await;
    // The newest of all is one that is gone.
    let gone = create_account(&accounts, &deleted, &full_account()).await;
    assert!(accounts.delete_account(&deleted).await.unwrap());
    drop(accounts);

    let Some(store) = reopened(store).await else {
        return;
    };
    let accounts = store.accounts();
    assert_found(&accounts, &kept, &full_account(), of_kept).await;
    assert_found(&accounts, &replaced, &blocked(), of_replaced).await;
    assert_absent(&accounts, &deleted).await;
    let subject = subject_account(&store.authorizations(), &kept).await;
    assert_same(&subject.as_deref(), &Some(&full_account()));
    for (key, follows) in [
        (&kept, None),
        (&replaced, Some(former)),
        (&deleted, Some(gone)),
    ] {
        let refused = write(key, &TokenAccount::default(), follows);
        assert_conflict(&accounts.put_account(refused).await);
    }
    // The revisions go on after the greatest that ever was.
    let newest = put(&accounts, &kept, &blocked(), Some(of_kept)).await;
    assert!(newest > gone, "{newest:?} after {gone:?}");
    assert_found(&accounts, &kept, &blocked(), newest).await;

    // Nor do they begin anew when nothing is left.
    for key in [&kept, &replaced] {
        assert!(accounts.delete_account(key).await.unwrap());
    }
    drop(accounts);
    let Some(store) = reopened(store).await else {
        panic!("a durable store opens again and again");
    };
    let accounts = store.accounts();
    assert_absent(&accounts, &kept).await;
    let last = create_account(&accounts, &deleted, &blocked()).await;
    assert!(last > newest, "{last:?} after {newest:?}");
}
