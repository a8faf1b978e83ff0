//! The promise of [`TokenRepository`] on a uid whose party is not known.

use std::sync::Arc;

use ocpi_domain::{Party, StoredToken, TokenMarks, TokenType};

use super::Harness;
use super::fixtures::{
    UIDS_APART, assert_same, card, changed, create, kind, other, own, reopened, token, types_apart,
    uid, update,
};
use crate::{TokenRepository, TokenWrite};

type Repository = Arc<dyn TokenRepository>;

async fn find(tokens: &Repository, uid: &str, limit: usize) -> Vec<StoredToken> {
    let uid = self::uid(uid);
    let found = tokens.find_tokens_of_any_party(&uid, limit).await;
    found.unwrap()
}

/// Asserts that these are the Tokens of the uid in whatever case, and their first so many at any
/// limit.
async fn assert_found(tokens: &Repository, uid: &str, expected: &[&StoredToken]) {
    let count = expected.len();
    for spelled in [uid.to_owned(), uid.to_uppercase(), uid.to_lowercase()] {
        for limit in [0, 1, count / 2, count, count + 1, usize::MAX] {
            let found = find(tokens, &spelled, limit).await;
            let found: Vec<&StoredToken> = found.iter().collect();
            let expected = &expected[..limit.min(count)];
            assert_same(&found, &expected.to_vec());
        }
    }
}

/// Promise 17: by uid alone, the Tokens of every party and type are found, so many at most, in
/// creation order; without case, and an EMAID in every spelling.
///
/// Holds: W-20, E-35, T-69.
pub async fn uid_alone_finds_the_tokens_of_every_party<H: Harness>() {
    each_uid_has_its_own(&H::fresh().await.tokens()).await;
    separators_count_but_for_an_emaid(&H::fresh().await.tokens()).await;
    what_is_written_is_found_at_once(H::fresh().await).await;
}

async fn each_uid_has_its_own(tokens: &Repository) {
    assert_found(tokens, "CARD-1", &[]).await;
    let mixed = Party::new("nL", "zZz").unwrap();
    let mut stored = Vec::new();
    for (party, uid, token_type) in [
        (other(), "Card-1", TokenType::Other),
        (own(), "CARD-1", TokenType::Rfid),
        (mixed, "card-1", kind("Fleet é")),
        (own(), "CARD-10", TokenType::Rfid),
        (own(), "card-1", TokenType::AdHocUser),
        (mixed, "cARD-1", kind("FLEET é")),
        (other(), "CARD-1", TokenType::Rfid),
    ] {
        stored.push(create(tokens, token(party, uid, &token_type)).await);
    }
    // A change does not move it.
    stored[1] = update(tokens, &stored[1], |token| token.valid = false).await;
    let all = [0, 1, 2, 4, 5, 6].map(|place: usize| &stored[place]);
    assert_found(tokens, "CARD-1", &all).await;
    assert_found(tokens, "Card-10", &[&stored[3]]).await;
    for absent in ["CARD-", "CARD-2", "CARD1", "CARD*1", "C%", "CARD-_"] {
        assert_found(tokens, absent, &[]).await;
    }
    let mut apart = Vec::new();
    for uid in UIDS_APART {
        let ours = create(tokens, card(uid)).await;
        let theirs = create(tokens, token(other(), uid, &TokenType::Rfid)).await;
        apart.push([ours, theirs]);
    }
    for ([ours, theirs], uid) in apart.iter().zip(UIDS_APART) {
        assert_found(tokens, uid, &[ours, theirs]).await;
    }
    let mut of_type = Vec::new();
    for token_type in types_apart() {
        for party in [own(), other()] {
            of_type.push(create(tokens, token(party, "of-type", &token_type)).await);
        }
    }
    assert_found(tokens, "of-type", &of_type.iter().collect::<Vec<_>>()).await;
}

async fn separators_count_but_for_an_emaid(tokens: &Repository) {
    let mut stored = Vec::new();
    for (party, uid, token_type) in [
        (own(), "DE-TNM-C1", TokenType::Rfid),
        (own(), "de*tnm*c1", TokenType::Emaid),
        (other(), "DETNMC1", TokenType::Emaid),
        (other(), "DETNMC1", TokenType::Rfid),
        (own(), "DE-TNM-C1", kind("emaid")),
        (own(), "-DETNMC1*", TokenType::Emaid),
        (own(), "DETNMC10", TokenType::Emaid),
    ] {
        stored.push(create(tokens, token(party, uid, &token_type)).await);
    }
    for (spelled, expected) in [
        ("de-tnm-c1", &[0, 1, 2, 4, 5][..]),
        ("DEtnmC1", &[1, 2, 3, 5]),
        ("DE*TNM*C1", &[1, 2, 5]),
        ("D-E-T-N-M-C-1", &[1, 2, 5]),
        ("DETNMC1-0", &[6]),
        ("DETNM", &[]),
    ] {
        let expected: Vec<_> = expected
            .iter()
            .map(|place: &usize| &stored[*place])
            .collect();
        assert_found(tokens, spelled, &expected).await;
    }
}

/// Who remembers what was read, or that there was nothing, must notice every write.
async fn what_is_written_is_found_at_once<H: Harness>(store: H) {
    let tokens = store.tokens();
    assert_found(&tokens, "SEEN", &[]).await;
    let ours = create(&tokens, card("SEEN")).await;
    assert_found(&tokens, "SEEN", &[&ours]).await;
    let theirs = create(&tokens, token(other(), "seen", &TokenType::Rfid)).await;
    assert_found(&tokens, "SEEN", &[&ours, &theirs]).await;
    let write = TokenWrite {
        marks: TokenMarks {
            absent: true,
            ..TokenMarks::default()
        },
        ..changed(&theirs, |token| token.uid = uid("SEEN"))
    };
    let theirs = tokens.put_token(write).await.unwrap();
    assert_found(&tokens, "SEEN", &[&ours, &theirs]).await;
    let many = [
        changed(&ours, |token| token.valid = false),
        TokenWrite {
            token: Arc::new(token(other(), "S-E-E-N", &TokenType::Emaid)),
            marks: TokenMarks::default(),
            follows: None,
        },
    ];
    let put = tokens.put_tokens(many.to_vec()).await.unwrap();
    let found = find(&tokens, "SEEN", usize::MAX).await;
    let [first, second, third] = &found[..] else {
        panic!("three are due, not {found:?}");
    };
    assert_eq!([Some(first.revision), Some(third.revision)], put[..]);
    assert_same(second, &theirs);
    assert!(second.marks.absent && !first.token.valid);
    drop(tokens);

    let Some(store) = reopened(store).await else {
        return;
    };
    assert_found(&store.tokens(), "SEEN", &[first, second, third]).await;
}
