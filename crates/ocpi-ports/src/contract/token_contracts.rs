//! The promise of [`TokenRepository`] on the Tokens of a contract.

use std::sync::Arc;

use ocpi_domain::{Party, StoredToken, Token, TokenMarks, TokenType};

use super::Harness;
use super::fixtures::{
    UIDS_APART, assert_same, create, kind, list_own, numbered, other, own, reopened, token, update,
};
use crate::{TokenRepository, TokenWrite};

type Repository = Arc<dyn TokenRepository>;

/// A Token of that contract.
fn of_contract(party: Party, uid: &str, token_type: &TokenType, contract_id: &str) -> Token {
    let mut token = token(party, uid, token_type);
    token.contract_id = contract_id.parse().unwrap();
    token
}

async fn find(
    tokens: &Repository,
    party: Party,
    contract_id: &str,
    limit: usize,
) -> Vec<StoredToken> {
    let contract_id = contract_id.parse().unwrap();
    let found = tokens.find_tokens_by_contract(party, &contract_id, limit);
    found.await.unwrap()
}

/// Asserts that these are the Tokens of the contract, and their first so many at any limit.
async fn assert_found(
    tokens: &Repository,
    (party, contract_id): (Party, &str),
    expected: &[&StoredToken],
) {
    let count = expected.len();
    for limit in [0, 1, count / 2, count, count + 1, usize::MAX] {
        let found = find(tokens, party, contract_id, limit).await;
        let found: Vec<&StoredToken> = found.iter().collect();
        let expected = &expected[..limit.min(count)];
        assert_same(&found, &expected.to_vec());
    }
}

/// Promise 16: the Tokens of a party's contract are found by its id without case, of whatever uid
/// and type, in creation order.
///
/// Holds: S-12, T-69.
pub async fn tokens_are_found_by_their_contract<H: Harness>() {
    each_contract_has_its_own(&H::fresh().await.tokens()).await;
    a_token_may_change_its_contract(&H::fresh().await.tokens()).await;
    they_are_found_among_thousands(H::fresh().await).await;
}

async fn each_contract_has_its_own(tokens: &Repository) {
    assert_found(tokens, (own(), "NL-TNM-C1"), &[]).await;
    let mixed = Party::new("cH", "aBc").unwrap();
    let mut stored = Vec::new();
    for (party, uid, token_type, contract_id) in [
        (own(), "B", TokenType::Rfid, "NL-TNM-C1"),
        (other(), "B", TokenType::Rfid, "NL-TNM-C1"),
        (mixed, "A", TokenType::Emaid, "nl-tnm-c1"),
        (own(), "A", TokenType::Rfid, "NLTNMC1"),
        (own(), "A", kind("Fleet"), "Nl-Tnm-C1"),
        (own(), "C", TokenType::Rfid, "NL-TNM-C10"),
        (own(), "B", TokenType::AppUser, "NL-TNM-C1"),
    ] {
        stored.push(create(tokens, of_contract(party, uid, &token_type, contract_id)).await);
    }
    let own_ones = [&stored[0], &stored[2], &stored[4], &stored[6]];
    for (party, contract_id) in [
        (own(), "NL-TNM-C1"),
        (mixed, "nl-TNM-c1"),
        (Party::new("ch", "abc").unwrap(), "nl-tnm-c1"),
    ] {
        assert_found(tokens, (party, contract_id), &own_ones).await;
    }
    assert_found(tokens, (other(), "nl-tnm-c1"), &[&stored[1]]).await;
    assert_found(tokens, (own(), "NLTNMC1"), &[&stored[3]]).await;
    for absent in ["NL-TNM-C", "NL-TNM-C1 ", "NL*TNM*C1", "%", "NL-TNM-C_"] {
        assert_found(tokens, (own(), absent), &[]).await;
    }
    let nobody = Party::new("FR", "ABC").unwrap();
    assert_found(tokens, (nobody, "NL-TNM-C1"), &[]).await;

    let mut apart = Vec::new();
    for (contract_id, uid) in UIDS_APART
        .into_iter()
        .zip(numbered("APART", UIDS_APART.len()))
    {
        let token = of_contract(own(), &uid, &TokenType::Rfid, contract_id);
        apart.push((contract_id, create(tokens, token).await));
    }
    for (contract_id, expected) in &apart {
        for spelled in [contract_id.to_uppercase(), contract_id.to_lowercase()] {
            assert_found(tokens, (own(), &spelled), &[expected]).await;
        }
    }
}

async fn a_token_may_change_its_contract(tokens: &Repository) {
    let mut stored = Vec::new();
    for uid in ["1", "2", "3"] {
        stored.push(create(tokens, of_contract(own(), uid, &TokenType::Rfid, "FIRST")).await);
    }
    // It changes, keeps its contract, has it spelled in another way, and changes back.
    for contract_id in ["SECOND", "SECOND", "second", "FIRST"] {
        let change = |token: &mut Token| {
            token.contract_id = contract_id.parse().unwrap();
            token.valid = !token.valid;
        };
        stored[1] = update(tokens, &stored[1], change).await;
        let [first, changed, last] = &stored[..] else {
            unreachable!("there are three")
        };
        if contract_id == "FIRST" {
            assert_found(tokens, (own(), "first"), &[first, changed, last]).await;
            assert_found(tokens, (own(), "second"), &[]).await;
        } else {
            assert_found(tokens, (own(), "first"), &[first, last]).await;
            assert_found(tokens, (own(), "second"), &[changed]).await;
        }
    }
}

async fn they_are_found_among_thousands<H: Harness>(store: H) {
    const COUNT: usize = 9_000;
    let tokens = store.tokens();
    let contract_of = |place: usize| match place {
        // Far from each other, beside each other, and the last of all.
        7 | 8_191 | 8_192 => "RARE".to_owned(),
        _ if place == COUNT - 1 => "rare".to_owned(),
        10 | 5_000..5_100 => "MANY".to_owned(),
        _ => format!("C-{place}"),
    };
    let mut writes = Vec::new();
    for place in 0..COUNT {
        let party = if place % 2 == 0 { other() } else { own() };
        let (uid, contract_id) = (format!("U-{place}"), contract_of(place));
        for party in [Some(own()), (party != own()).then_some(party)] {
            let token = party.map(|it| of_contract(it, &uid, &TokenType::Rfid, &contract_id));
            writes.extend(token.map(|token| TokenWrite {
                token: Arc::new(token),
                marks: TokenMarks::default(),
                follows: None,
            }));
        }
    }
    tokens.put_tokens(writes).await.unwrap();
    let all = list_own(&tokens).await.items;
    assert_eq!(all.len(), COUNT);
    let rare = [&all[7], &all[8_191], &all[8_192], &all[COUNT - 1]];
    let many: Vec<&StoredToken> = all[10..11].iter().chain(&all[5_000..5_100]).collect();
    assert_found(&tokens, (own(), "Rare"), &rare).await;
    assert_found(&tokens, (own(), "many"), &many).await;
    assert_found(&tokens, (own(), "c-8193"), &[&all[8_193]]).await;
    assert_found(&tokens, (other(), "c-8193"), &[]).await;
    assert_eq!(find(&tokens, other(), "MANY", usize::MAX).await.len(), 51);
    drop(tokens);

    let Some(store) = reopened(store).await else {
        return;
    };
    assert_found(&store.tokens(), (own(), "Rare"), &rare).await;
}
