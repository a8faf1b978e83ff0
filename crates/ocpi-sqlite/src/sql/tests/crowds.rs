//! Cards with many Tokens: what is read of them, and at what cost.

use ocpi_domain::{Party, StoredToken, TokenMarks, TokenType, TokenUid};
use ocpi_ports::{SubjectLookup, TokenWrite};
use rusqlite::StatementStatus;

use super::{Random, Store, party, token};
use crate::sql::cards::{
    CARD_TOKENS_MAX, CardKey, CardToken, choose_subject, find_card, token_of, tokens_of_any_party,
    tokens_of_uid,
};
use crate::sql::crowded_cards::{self, CardQuestion, find_some};
use crate::sql::{cards, tokens};

const PARTIES: [&str; 4] = ["CHABC", "DEABC", "DEXYZ", "FRABC"];
const UIDS: [&str; 6] = ["AB12", "a-B12", "A*B12", "-ab12", "ab-12", "AB-1-2"];

fn types() -> Vec<TokenType> {
    let names = [
        "RFID", "EMAID", "OTHER", "APP_USER", "rfid", "Emaid", "FLEET", "é",
    ];
    names.map(|name| name.parse().unwrap()).to_vec()
}

/// A store with a card of many Tokens, and these in creation order.
fn crowd() -> (Store, Vec<StoredToken>) {
    let (mut store, mut random, mut stored) = (Store::new(), Random(11), Vec::new());
    for owner in PARTIES.iter().take(3) {
        for uid in UIDS.iter().take(5) {
            for token_type in types() {
                if random.below(3) > 0 {
                    stored.push(token(party(owner), uid, &token_type));
                }
            }
        }
    }
    for place in (1..stored.len()).rev() {
        let other = random.below(place as u64 + 1);
        stored.swap(place, usize::try_from(other).unwrap());
    }
    let stored: Vec<_> = stored.into_iter().map(|one| store.create(one)).collect();
    store.create(token(party("CHABC"), "AB-123", &TokenType::Emaid));
    assert!(stored.len() > 3 * CARD_TOKENS_MAX);
    (store, stored)
}

fn found(store: &Store, question: &CardQuestion) -> Vec<CardToken> {
    find_some(&store.db, question).unwrap()
}

fn plain<'a>(found: impl Iterator<Item = &'a CardToken>) -> Vec<StoredToken> {
    found.map(|one| one.token.clone()).collect()
}

/// Holds: E-35, K-03, W-20. Whoever makes a crowd of a card hides nobody in it.
#[test]
fn a_crowded_card_answers_as_if_it_were_read_whole() {
    let (store, stored) = crowd();
    let whole: Vec<_> = stored
        .iter()
        .map(|token| CardToken {
            token: token.clone(),
            account: None,
        })
        .collect();
    for uid in UIDS {
        let uid: TokenUid = uid.parse().unwrap();
        for limit in [0, 1, 7, usize::MAX] {
            let some = found(&store, &CardQuestion::OfAnyParty(uid.clone(), limit));
            let expected = plain(tokens_of_any_party(&whole, &uid).take(limit));
            assert_eq!(plain(tokens_of_any_party(&some, &uid)), expected);
        }
        for owner in PARTIES.map(party) {
            let some = found(&store, &CardQuestion::OfParty(owner, uid.clone()));
            let expected = plain(tokens_of_uid(&whole, owner, &uid));
            assert_eq!(plain(tokens_of_uid(&some, owner, &uid)), expected);
            for token_type in types() {
                let key = token(owner, uid.as_str(), &token_type).key();
                let some = found(&store, &CardQuestion::Token(key.clone()));
                assert_eq!(token_of(&some, &key), token_of(&whole, &key));
            }
        }
        for token_type in types() {
            for parties in [
                &["CHABC"][..],
                &["deabc", "DEabc"],
                &["CHABC", "DEXYZ"],
                &["FRABC"],
                &PARTIES,
            ] {
                let parties: Vec<_> = parties.iter().map(|text| party(text)).collect();
                let question =
                    CardQuestion::Subject(parties.clone(), uid.clone(), token_type.clone());
                let some = found(&store, &question);
                let chosen = |card: &[CardToken]| chosen(card, &parties, &uid, &token_type);
                assert_eq!(chosen(&some), chosen(&whole), "{uid} {token_type:?}");
            }
        }
    }
}

/// The Token that is meant, or whether there is none or more than one.
fn chosen(
    card: &[CardToken],
    parties: &[Party],
    uid: &TokenUid,
    token_type: &TokenType,
) -> Result<StoredToken, bool> {
    match choose_subject(card, parties, uid, token_type) {
        SubjectLookup::One(subject) => Ok(subject.token),
        SubjectLookup::Ambiguous => Err(true),
        SubjectLookup::Unknown => Err(false),
    }
}

/// Steps of SQLite in all that is asked about the card of one driver.
fn steps(store: &mut Store, stored: &StoredToken) -> i32 {
    let token = &stored.token;
    let card = find_card(&store.db, &CardKey::of(&token.uid)).unwrap();
    assert!(card.is_none_or(|card| card.len() <= CARD_TOKENS_MAX));
    for question in [
        CardQuestion::Token(token.key()),
        // Its own party has a crowd too.
        CardQuestion::OfParty(party("FRABC"), token.uid.clone()),
        CardQuestion::OfAnyParty(token.uid.clone(), 4),
        CardQuestion::Subject(vec![token.party], token.uid.clone(), TokenType::Rfid),
        CardQuestion::Subject(vec![token.party], token.uid.clone(), TokenType::Emaid),
    ] {
        assert!(find_some(&store.db, &question).is_ok());
    }
    tokens::find_tokens(&store.db, &[token.key()]).unwrap();
    store.update(stored, |token| token.valid = false);
    let statements = [
        cards::FIND,
        crowded_cards::BY_KEY,
        crowded_cards::EMAIDS_OF_PARTY,
        crowded_cards::EMAIDS,
        crowded_cards::UNLISTED,
        crowded_cards::OF_PARTY,
        crowded_cards::NEXT_OWNER,
        tokens::FIND,
        tokens::REPLACE,
    ];
    let steps = statements.map(|sql| {
        let statement = store.db.prepare_cached(sql).unwrap();
        statement.get_status(StatementStatus::VmStep)
    });
    steps.iter().sum()
}

/// Holds: W-20, E-35, C-23. Neither the driver nor who writes pays for the spellings and types that
/// somebody made up.
#[test]
fn a_question_about_a_crowded_card_costs_the_same_whatever_the_crowd() {
    let after = |count: usize| {
        let mut store = Store::new();
        let driver = store.create(token(party("CHABC"), "04AA", &TokenType::Rfid));
        store.create(token(party("FRABC"), "04AA", &TokenType::Rfid));
        let spelled = |number: usize| {
            let separators = (0..16).map(|bit| if number >> bit & 1 == 0 { '-' } else { '*' });
            format!("04AA{}", separators.collect::<String>())
        };
        store.write(|store| {
            for number in 0..count {
                let invented = format!("INVENTED-{number}").parse().unwrap();
                for (owner, uid, token_type) in [
                    ("DEABC", &*spelled(number), TokenType::Rfid),
                    ("CHABC", &*spelled(number), TokenType::Rfid),
                    ("DEABC", &*spelled(number), TokenType::Emaid),
                    ("DEABC", "04AA", invented),
                ] {
                    let write = TokenWrite {
                        token: token(party(owner), uid, &token_type).into(),
                        marks: TokenMarks::default(),
                        follows: None,
                    };
                    tokens::put_token(&store.db, &mut store.state, &write).unwrap();
                }
            }
        });
        steps(&mut store, &driver)
    };
    let (some, many) = (after(20), after(400));
    assert!(many <= some, "{some} steps, then {many}");
}
