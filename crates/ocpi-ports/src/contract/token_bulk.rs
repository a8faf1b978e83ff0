//! The promise of [`TokenRepository`] on many Tokens at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use ocpi_domain::{Revision, StoredToken, Token, TokenKey, TokenMarks, TokenType};

use super::Harness;
use super::fixtures::{
    UIDS_APART, assert_conflict, assert_same, card, changed, create, key, kind, list_own, numbered,
    other, own, question, together, token, types_apart, uid, uids, update,
};
use crate::{SubjectLookup, TokenRepository, TokenWrite};

type Repository = Arc<dyn TokenRepository>;

/// The write of a Token of a key that is not there yet.
fn creation(token: Token) -> TokenWrite {
    TokenWrite {
        token: Arc::new(token),
        marks: TokenMarks::default(),
        follows: None,
    }
}

/// What is stored by a write that got that revision.
fn stored_by(write: &TokenWrite, revision: Revision) -> StoredToken {
    StoredToken {
        token: Arc::clone(&write.token),
        marks: write.marks,
        revision,
    }
}

/// Asserts that each key finds what is expected at its place, as it does alone.
async fn assert_found(tokens: &Repository, keys: &[TokenKey], expected: &[Option<&StoredToken>]) {
    let found = tokens.find_tokens(keys).await.unwrap();
    let found: Vec<Option<&StoredToken>> = found.iter().map(Option::as_ref).collect();
    assert_same(&found, &expected.to_vec());
    for (key, expected) in keys.iter().zip(expected) {
        let alone = tokens.find_token(key).await.unwrap();
        assert_same(&alone.as_ref(), expected);
    }
}

/// Promise 15: many are found and put as each alone would be; of many writes those that conflict
/// change nothing, and the others stand.
///
/// Holds: K-03, K-31, P-08, T-69.
pub async fn many_are_found_and_put_as_each_alone<H: Harness>() {
    each_is_found_at_the_place_of_its_key(&H::fresh().await.tokens()).await;
    conflicts_leave_the_others(&H::fresh().await).await;
    thousands_fit(&H::fresh().await.tokens()).await;
    of_rivals_one_puts_each_key(&H::fresh().await.tokens()).await;
}

async fn each_is_found_at_the_place_of_its_key(tokens: &Repository) {
    assert_eq!(tokens.find_tokens(&[]).await.unwrap(), []);
    assert_eq!(tokens.put_tokens(vec![]).await.unwrap(), []);
    let of_uid = UIDS_APART.map(|uid| token(own(), uid, &TokenType::Rfid));
    let of_type = types_apart();
    let of_type = of_type.iter().map(|one| token(own(), "of-type", one));
    let mut writes: Vec<TokenWrite> = of_uid.into_iter().chain(of_type).map(creation).collect();
    for (number, write) in writes.iter_mut().enumerate() {
        write.marks.synthetic_contract_id = number % 2 == 1;
        write.marks.inferred_last_updated = number % 3 == 1;
        write.marks.absent = number % 5 == 1;
    }
    let revisions = tokens.put_tokens(writes.clone()).await.unwrap();
    let revisions: Vec<Revision> = revisions.into_iter().map(Option::unwrap).collect();
    assert!(revisions.is_sorted_by(|a, b| a < b), "{revisions:?}");
    let stored: Vec<StoredToken> = writes
        .iter()
        .zip(&revisions)
        .map(|(write, revision)| stored_by(write, *revision))
        .collect();
    assert_same(&list_own(tokens).await.items, &stored);

    // The last first, each in another spelling too, and between them what is not there.
    let (mut keys, mut expected) = (Vec::new(), Vec::new());
    for one in stored.iter().rev() {
        let found = one.token.key();
        let uid = found.uid.as_str();
        let spelled = [uid.to_lowercase(), uid.to_uppercase()];
        let spelled = spelled.map(|uid| key(own(), &uid, &found.token_type));
        let absent = [
            key(other(), uid, &found.token_type),
            key(own(), uid, &kind("rFID")),
        ];
        keys.extend([vec![found], spelled.to_vec(), absent.to_vec()].concat());
        expected.extend([Some(one), Some(one), Some(one), None, None]);
    }
    assert_found(tokens, &keys, &expected).await;
}

/// Writes in one call, and which of them stand, when of A there is this newest revision after a
/// former one, of B this one, and of C one.
fn standing_and_conflicting(
    former: &StoredToken,
    a: &StoredToken,
    b: &StoredToken,
) -> [(TokenWrite, bool); 14] {
    let second = |uid: &str| {
        let mut token = card(uid);
        token.issuer = "Second".parse().unwrap();
        creation(token)
    };
    let follows = |uid: &str, revision: u64| TokenWrite {
        follows: Some(Revision(revision)),
        ..creation(card(uid))
    };
    let of_other = token(other(), "NEW", &TokenType::Rfid);
    let of_type = token(own(), "NEW", &kind("rfid"));
    [
        (creation(card("New")), true),
        (changed(former, |_| ()), false),
        (second("B"), false),
        (changed(b, |token| token.valid = false), true),
        (second("NEW"), false),
        (changed(b, |_| ()), false),
        (follows("LATE", 0), false),
        (follows("LATE", u64::MAX), false),
        // The writes of it before this one changed nothing.
        (creation(card("LATE")), true),
        (changed(a, |token| token.valid = true), true),
        (follows("C", u64::MAX), false),
        (follows("C", 0), false),
        (creation(of_other), true),
        (creation(of_type), true),
    ]
}

async fn conflicts_leave_the_others<H: Harness>(store: &H) {
    let tokens = store.tokens();
    let former = create(&tokens, card("A")).await;
    let b = create(&tokens, card("B")).await;
    let c = create(&tokens, card("C")).await;
    let a = update(&tokens, &former, |token| token.valid = false).await;
    // Who remembers what was read must notice.
    assert_eq!(subject(store, "NEW").await, None);
    assert_eq!(subject(store, "b").await.as_ref(), Some(&b));

    let writes = standing_and_conflicting(&former, &a, &b);
    let put = writes.iter().map(|(write, _)| write.clone()).collect();
    let revisions = tokens.put_tokens(put).await.unwrap();
    let put: Vec<bool> = revisions.iter().map(Option::is_some).collect();
    assert_eq!(put, writes.each_ref().map(|(_, stands)| *stands));
    let mut grown = vec![a.revision];
    grown.extend(revisions.iter().flatten());
    assert!(grown.is_sorted_by(|a, b| a < b), "{grown:?}");

    let standing = writes.iter().zip(revisions);
    let standing = standing.filter_map(|((write, _), revision)| Some(stored_by(write, revision?)));
    let standing: Vec<StoredToken> = standing.collect();
    let [new, b, late, a, of_other, of_type] = &standing[..] else {
        panic!("six of the writes stand, not {standing:?}");
    };
    for one in [a, b, &c, new, late, of_other, of_type] {
        assert_found(&tokens, &[one.token.key()], &[Some(one)]).await;
    }
    let listed = list_own(&tokens).await;
    let expected = [a, b, &c, new, late, of_type].map(StoredToken::clone);
    assert_same(&listed.items, &expected.to_vec());
    assert_eq!(listed.total, 6);
    for (uid, stored) in [("new", new), ("A", a), ("B", b), ("C", &c)] {
        assert_same(&subject(store, uid).await.as_ref(), &Some(stored));
    }
    let again = tokens.put_tokens(vec![changed(&former, |_| ()), creation(card("NEW"))]);
    assert_eq!(again.await.unwrap(), [None, None]);
    assert_conflict(&tokens.put_token(creation(card("New"))).await);
    let newest = update(&tokens, new, |token| token.valid = false).await;
    assert!(Some(&newest.revision) > grown.last());
}

/// The card of that uid as an authorization reads it.
async fn subject<H: Harness>(store: &H, uid: &str) -> Option<StoredToken> {
    let (parties, uid) = ([own()], self::uid(uid));
    let subjects = store.authorizations();
    let asked = question(&parties, &uid, &TokenType::Rfid);
    let found = subjects.load_authorization_subject(&asked);
    match found.await.unwrap() {
        SubjectLookup::One(subject) => Some(subject.token),
        _ => None,
    }
}

/// More in one call than a statement takes arguments.
async fn thousands_fit(tokens: &Repository) {
    const COUNT: usize = 12_000;
    let names = numbered("U", COUNT);
    let writes = names.iter().map(|uid| creation(card(uid))).collect();
    let revisions = tokens.put_tokens(writes).await.unwrap();
    assert_eq!(revisions.len(), COUNT);
    assert!(revisions.is_sorted_by(|a, b| a < b) && revisions[0].is_some());
    let keys: Vec<TokenKey> = names.iter().map(|uid| card(uid).key()).collect();
    let found = tokens.find_tokens(&keys).await.unwrap();
    let found: Vec<Option<Revision>> = found.into_iter().map(|one| Some(one?.revision)).collect();
    assert!(found == revisions, "each is at the place of its key");
    let listed = list_own(tokens).await;
    assert!(uids(&listed) == names, "they are listed as they were put");
    assert_eq!(listed.total, COUNT as u64);
}

async fn of_rivals_one_puts_each_key(tokens: &Repository) {
    const WRITERS: usize = 8;
    const SHARED: usize = 40;
    let writers = numbered("W", WRITERS)
        .into_iter()
        .enumerate()
        .map(|(writer, name)| {
            let tokens = Arc::clone(tokens);
            let mut uids = numbered("SHARED", SHARED);
            uids.rotate_left(writer * SHARED / WRITERS);
            uids.extend(numbered(&name, 9));
            async move {
                let writes: Vec<TokenWrite> = uids
                    .iter()
                    .map(|uid| {
                        let mut token = card(uid);
                        token.issuer = name.parse().unwrap();
                        creation(token)
                    })
                    .collect();
                let revisions = tokens.put_tokens(writes.clone()).await.unwrap();
                let stored = writes.iter().zip(revisions);
                let stored = stored.filter_map(|(write, put)| Some(stored_by(write, put?)));
                stored.collect::<Vec<StoredToken>>()
            }
        });
    let stored = together(writers.collect()).await.concat();
    // One of the rivals put each key, and that one's Token is there.
    let revisions: BTreeSet<Revision> = stored.iter().map(|one| one.revision).collect();
    assert_eq!(revisions.len(), stored.len());
    assert_eq!(stored.len(), SHARED + WRITERS * 9);
    assert_eq!(list_own(tokens).await.total, stored.len() as u64);
    let keys: Vec<TokenKey> = stored.iter().map(|one| one.token.key()).collect();
    let expected: Vec<Option<&StoredToken>> = stored.iter().map(Some).collect();
    assert_found(tokens, &keys, &expected).await;
}
