//! The promises of [`AccountRepository`].

use std::sync::Arc;

use ocpi_domain::{TokenAccount, TokenKey, TokenType};

use super::Harness;
use super::fixtures::{assert_same, card, create, key, kind, other, own, reopened, token, update};
use crate::{AccountRepository, AuthorizationRepository, SubjectLookup};

fn account(json: &str) -> TokenAccount {
    serde_json::from_str(json).unwrap()
}

/// An account that blocks, to tell it from others.
fn blocked() -> TokenAccount {
    account(r#"{"blocked":true}"#)
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

/// Promise 1: what was never put is absent, not an error.
pub async fn absent_account_is_none<H: Harness>() {
    let accounts = H::fresh().await.accounts();
    let key = key(own(), "CARD-1", &TokenType::Rfid);
    assert_eq!(accounts.find_account(&key).await.unwrap(), None);
    assert!(!accounts.delete_account(&key).await.unwrap());
    assert_eq!(accounts.find_account(&key).await.unwrap(), None);
}

/// Promise 2: put reports whether it created; the last one put is found as it was put, whatever
/// the case of the key.
///
/// Holds: K-03, T-69, T-73.
pub async fn account_is_replaced_and_found_without_case<H: Harness>() {
    let accounts = H::fresh().await.accounts();
    let mixed = ocpi_domain::Party::new("cH", "aBc").unwrap();
    let keys = [
        key(own(), "Card-1a", &TokenType::Rfid),
        key(mixed, "CARD-1A", &TokenType::Rfid),
        key(mixed, "card-1a", &TokenType::Rfid),
    ];
    let mut created = true;
    for put in [
        blocked(),
        full_account(),
        TokenAccount::default(),
        account(r#"{"permitted_locations":[]}"#),
        account(r#"{"credit":{"balance":"12.50","currency":"CHF"}}"#),
        account(r#"{"concurrent_sessions_max":0}"#),
    ] {
        let put_by = if created { &keys[0] } else { &keys[1] };
        assert_eq!(
            accounts.put_account(put_by, put.clone()).await.unwrap(),
            created
        );
        created = false;
        for key in &keys {
            let found = accounts.find_account(key).await.unwrap().unwrap();
            assert_same(&*found, &put);
            // Decimals of another scale are equal, but they are not as they were put.
            let written = serde_json::to_string(&put).unwrap();
            assert_eq!(serde_json::to_string(&*found).unwrap(), written);
        }
    }
    for absent in [
        key(other(), "Card-1a", &TokenType::Rfid),
        key(own(), "Card1a", &TokenType::Rfid),
        key(own(), "Card-1a", &TokenType::Other),
        key(own(), "Card-1a", &kind("rfid")),
    ] {
        let found = accounts.find_account(&absent).await.unwrap();
        assert_eq!(found, None, "{absent}");
    }
    // Of an EMAID, each spelling is a key of its own.
    let spelled = ["CH-ABC-1", "CHABC1"].map(|uid| key(own(), uid, &TokenType::Emaid));
    assert!(accounts.put_account(&spelled[0], blocked()).await.unwrap());
    assert_eq!(accounts.find_account(&spelled[1]).await.unwrap(), None);
    let free = TokenAccount::default();
    assert!(accounts.put_account(&spelled[1], free).await.unwrap());
    let found = accounts.find_account(&spelled[0]).await.unwrap();
    assert!(found.unwrap().blocked);
}

/// Promise 3: delete reports whether there was one, and afterwards there is none.
pub async fn deleted_account_is_gone<H: Harness>() {
    let store = H::fresh().await;
    let (accounts, subjects) = (store.accounts(), store.authorizations());
    let present = create(&store.tokens(), card("Card-1a")).await.token.key();
    let neighbours = [
        key(own(), "CARD-2", &TokenType::Rfid),
        key(own(), "CARD-1A", &TokenType::Other),
        key(own(), "CARD-1A", &kind("rfid")),
        key(other(), "CARD-1A", &TokenType::Rfid),
    ];
    for neighbour in &neighbours {
        accounts.put_account(neighbour, blocked()).await.unwrap();
    }
    for _round in 0..2 {
        assert!(accounts.put_account(&present, blocked()).await.unwrap());
        assert!(subject_account(&subjects, &present).await.is_some());
        let spelled = key(own(), "CARD-1A", &TokenType::Rfid);
        assert!(accounts.delete_account(&spelled).await.unwrap());
        assert_eq!(accounts.find_account(&present).await.unwrap(), None);
        assert_eq!(subject_account(&subjects, &present).await, None);
        assert!(!accounts.delete_account(&present).await.unwrap());
    }
    for neighbour in &neighbours {
        let found = accounts.find_account(neighbour).await.unwrap();
        assert_eq!(found.as_deref(), Some(&blocked()), "{neighbour}");
    }
}

async fn load(subjects: &Arc<dyn AuthorizationRepository>, key: &TokenKey) -> SubjectLookup {
    subjects
        .load_authorization_subject(&[key.party], &key.uid, &key.token_type)
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

/// Promise 4: a Token's subject is read with its account, whichever was written first.
///
/// Holds: E-17, E-35.
pub async fn subject_is_read_with_its_account<H: Harness>() {
    let store = H::fresh().await;
    let (tokens, accounts, subjects) = (store.tokens(), store.accounts(), store.authorizations());
    let early = key(own(), "early", &TokenType::Rfid);
    let put = full_account();
    accounts.put_account(&early, put.clone()).await.unwrap();
    assert_eq!(load(&subjects, &early).await, SubjectLookup::Unknown);
    create(&tokens, card("EARLY")).await;
    assert_same(
        &subject_account(&subjects, &early).await.as_deref(),
        &Some(&put),
    );

    let late = create(&tokens, card("LATE")).await;
    let late_key = late.token.key();
    assert_eq!(subject_account(&subjects, &late_key).await, None);
    // Those of its neighbours are not its own.
    for neighbour in [
        key(other(), "LATE", &TokenType::Rfid),
        key(own(), "LATE", &TokenType::Other),
        key(own(), "LATER", &TokenType::Rfid),
    ] {
        accounts.put_account(&neighbour, blocked()).await.unwrap();
        assert_eq!(subject_account(&subjects, &late_key).await, None);
    }
    for credit in ["12.50", "0.00"] {
        let put = account(&format!(
            r#"{{"credit":{{"balance":"{credit}","currency":"EUR"}}}}"#
        ));
        accounts.put_account(&late_key, put.clone()).await.unwrap();
        let read = subject_account(&subjects, &late_key).await;
        assert_same(&read.as_deref(), &Some(&put));
    }
    update(&tokens, &late, |token| token.valid = false).await;
    assert!(subject_account(&subjects, &late_key).await.is_some());

    // Asked without separators: the account of the Token that was found.
    create(&tokens, token(own(), "CH-ABC-1", &TokenType::Emaid)).await;
    let stored = key(own(), "ch-abc-1", &TokenType::Emaid);
    let asked = key(own(), "CHABC1", &TokenType::Emaid);
    assert_eq!(subject_account(&subjects, &asked).await, None);
    accounts.put_account(&stored, blocked()).await.unwrap();
    let read = subject_account(&subjects, &asked).await;
    assert_eq!(read.as_deref(), Some(&blocked()));
}

/// Promise 5: what was put survives a restart of a durable store.
pub async fn accounts_survive_reopen<H: Harness>() {
    let store = H::fresh().await;
    let accounts = store.accounts();
    let [kept, replaced, deleted] =
        ["KEPT", "REPLACED", "DELETED"].map(|uid| key(own(), uid, &TokenType::Rfid));
    create(&store.tokens(), card("KEPT")).await;
    for key in [&kept, &replaced, &deleted] {
        accounts.put_account(key, full_account()).await.unwrap();
    }
    accounts.put_account(&replaced, blocked()).await.unwrap();
    accounts.delete_account(&deleted).await.unwrap();
    drop(accounts);

    let Some(store) = reopened(store).await else {
        return;
    };
    let accounts: Arc<dyn AccountRepository> = store.accounts();
    for (key, expected) in [(&kept, full_account()), (&replaced, blocked())] {
        let found = accounts.find_account(key).await.unwrap();
        assert_same(&found.as_deref(), &Some(&expected));
    }
    assert_eq!(accounts.find_account(&deleted).await.unwrap(), None);
    let subject = subject_account(&store.authorizations(), &kept).await;
    assert_same(&subject.as_deref(), &Some(&full_account()));
    assert!(!accounts.put_account(&kept, blocked()).await.unwrap());
}
