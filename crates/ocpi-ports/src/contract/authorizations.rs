//! The promises of [`AuthorizationRepository`] on what an authorization reads.

use std::sync::Arc;

use ocpi_domain::{AuthorizationSubject, Party, StoredToken, TokenType};

use super::Harness;
use super::fixtures::{
    UIDS_APART, assert_same, card, create, kind, other, own, token, types_apart, uid, update,
};
use crate::{AuthorizationRepository, SubjectLookup};

type Repository = Arc<dyn AuthorizationRepository>;

async fn load(
    subjects: &Repository,
    parties: &[Party],
    uid: &str,
    token_type: &TokenType,
) -> SubjectLookup {
    subjects
        .load_authorization_subject(parties, &self::uid(uid), token_type)
        .await
        .unwrap()
}

/// The subject of a Token without account, where nothing charges.
fn subject_of(token: &StoredToken) -> SubjectLookup {
    SubjectLookup::One(Box::new(AuthorizationSubject {
        token: token.clone(),
        account: None,
        active_sessions: 0,
        known_evses: None,
    }))
}

/// Promise 1: a Token that no party of the question has is unknown.
///
/// Holds: E-12, E-14.
pub async fn subject_of_another_party_is_unknown<H: Harness>() {
    let store = H::fresh().await;
    let subjects = store.authorizations();
    let rfid = TokenType::Rfid;
    let unknown = load(&subjects, &[own()], "CARD-1", &rfid).await;
    assert_eq!(unknown, SubjectLookup::Unknown);
    let stored = create(&store.tokens(), card("CARD-1")).await;
    let third = Party::new("CH", "ABD").unwrap();
    for parties in [&[][..], &[other()], &[other(), third]] {
        let unknown = load(&subjects, parties, "CARD-1", &rfid).await;
        assert_eq!(unknown, SubjectLookup::Unknown, "{parties:?}");
    }
    let lower = Party::new("ch", "abc").unwrap();
    for parties in [&[own()][..], &[lower], &[other(), own(), third]] {
        let found = load(&subjects, parties, "CARD-1", &rfid).await;
        assert_same(&found, &subject_of(&stored));
    }
}

/// Promise 2: the uid is matched without case and the type exactly.
///
/// Holds: E-10, E-13, E-14, T-69.
pub async fn subject_is_found_by_uid_and_type<H: Harness>() {
    let store = H::fresh().await;
    let (tokens, subjects) = (store.tokens(), store.authorizations());
    let types = [TokenType::Rfid, TokenType::AppUser, kind("Fleet")];
    for token_type in &types {
        let stored = create(&tokens, token(own(), "Card-1a", token_type)).await;
        for spelled in ["Card-1a", "CARD-1A", "card-1a"] {
            let found = load(&subjects, &[own()], spelled, token_type).await;
            assert_same(&found, &subject_of(&stored));
        }
        // What was written last is what is read.
        let newer = update(&tokens, &stored, |token| token.valid = false).await;
        let found = load(&subjects, &[own()], "Card-1a", token_type).await;
        assert_same(&found, &subject_of(&newer));
    }
    for (spelled, token_type) in [
        ("Card-1a", TokenType::Other),
        ("Card-1a", TokenType::Emaid),
        ("Card-1a", TokenType::AdHocUser),
        ("Card-1a", kind("FLEET")),
        ("Card-1", TokenType::Rfid),
        // Separators count.
        ("Card1a", TokenType::Rfid),
        ("Card*1a", TokenType::AppUser),
        ("Card1a", kind("Fleet")),
    ] {
        let found = load(&subjects, &[own()], spelled, &token_type).await;
        assert_eq!(found, SubjectLookup::Unknown, "{spelled} {token_type}");
    }
    let mut apart = Vec::new();
    for uid in UIDS_APART {
        apart.push(create(&tokens, token(other(), uid, &TokenType::Rfid)).await);
    }
    for token_type in types_apart() {
        apart.push(create(&tokens, token(other(), "of-type", &token_type)).await);
    }
    for stored in &apart {
        let key = stored.token.key();
        let found = load(&subjects, &[other()], key.uid.as_str(), &key.token_type).await;
        assert_same(&found, &subject_of(stored));
    }
}

/// Promise 2, of EMAID: separators do not count, and a uid that matches to the letter is
/// preferred.
///
/// Holds: E-35.
pub async fn emaid_is_found_without_separators<H: Harness>() {
    let store = H::fresh().await;
    let (tokens, subjects) = (store.tokens(), store.authorizations());
    let emaid = TokenType::Emaid;
    let both = [own(), other()];
    // An RFID card of that uid is another thing.
    create(&tokens, card("CHABCC1")).await;
    let dashed = create(&tokens, token(own(), "CH-ABC-C1", &emaid)).await;
    for asked in ["CH-ABC-C1", "ch*abc*c1", "CHabcC1", "C-H-A-B-C-C-1-"] {
        let found = load(&subjects, &both, asked, &emaid).await;
        assert_same(&found, &subject_of(&dashed));
    }
    for asked in ["CH-ABC-C2", "CHABC", "CH_ABC_C1", "CH ABC C1", "-"] {
        let found = load(&subjects, &both, asked, &emaid).await;
        assert_eq!(found, SubjectLookup::Unknown, "{asked}");
    }

    // Each of several spellings is found by its own letters, in one party and in two.
    let plain = create(&tokens, token(own(), "CHABCC1", &emaid)).await;
    let starred = create(&tokens, token(other(), "CH*ABC*C1", &emaid)).await;
    for (asked, stored) in [
        ("ch-abc-c1", &dashed),
        ("chabcc1", &plain),
        ("ch*abc*c1", &starred),
    ] {
        let found = load(&subjects, &both, asked, &emaid).await;
        assert_same(&found, &subject_of(stored));
    }
    // No letters decide between the two of one party, nor between the parties.
    for parties in [&both[..], &[own()]] {
        let found = load(&subjects, parties, "CHABC-C1", &emaid).await;
        assert_eq!(found, SubjectLookup::Ambiguous);
    }
    let found = load(&subjects, &[other()], "CHABC-C1", &emaid).await;
    assert_same(&found, &subject_of(&starred));
}

/// Promise 3: a uid and type that several of the parties have is ambiguous; the question that
/// names one of them is not.
///
/// Holds: E-12.
pub async fn subject_of_two_parties_is_ambiguous<H: Harness>() {
    let store = H::fresh().await;
    let (tokens, subjects) = (store.tokens(), store.authorizations());
    for token_type in [TokenType::Rfid, TokenType::Emaid, kind("FLEET")] {
        let ours = create(&tokens, token(own(), "CARD-1", &token_type)).await;
        let theirs = create(&tokens, token(other(), "card-1", &token_type)).await;
        for parties in [[own(), other()], [other(), own()]] {
            let found = load(&subjects, &parties, "CARD-1", &token_type).await;
            assert_eq!(found, SubjectLookup::Ambiguous);
        }
        for (parties, stored) in [
            (&[own()][..], &ours),
            (&[other()], &theirs),
            (&[own(), own()], &ours),
        ] {
            let found = load(&subjects, parties, "CARD-1", &token_type).await;
            assert_same(&found, &subject_of(stored));
        }
    }
    // Of another type, only one party has one.
    let app = create(&tokens, token(own(), "CARD-1", &TokenType::AppUser)).await;
    let found = load(&subjects, &[own(), other()], "CARD-1", &TokenType::AppUser).await;
    assert_same(&found, &subject_of(&app));
}
