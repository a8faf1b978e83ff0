//! The promises of [`TokenRepository`] on single Tokens.

use std::collections::BTreeSet;
use std::sync::Arc;

use ocpi_domain::{
    PageStart, Party, Revision, StoredToken, Token, TokenKey, TokenMarks, TokenType,
};
use serde_json::json;

use super::Harness;
use super::fixtures::{
    UIDS_APART, assert_conflict, assert_same, card, changed, create, key, kind, list_own, numbered,
    of, other, own, page, reopened, together, token, types_apart, uid, uids, update,
};
use crate::{StorageError, TokenRepository, TokenWrite};

/// Promise 1: what was never put is absent, not an error.
///
/// Holds: K-29, E-14.
pub async fn absent_token_is_none<H: Harness>() {
    let tokens = H::fresh().await.tokens();
    let absent = key(own(), "CARD-1", &TokenType::Rfid);
    assert_eq!(tokens.find_token(&absent).await.unwrap(), None);
    create(&tokens, card("CARD-2")).await;
    assert_eq!(tokens.find_token(&absent).await.unwrap(), None);
    let by_uid = tokens.find_tokens_by_uid(own(), &absent.uid);
    assert!(by_uid.await.unwrap().is_empty());
}

/// Promise 2: a Token is found by its whole key, party and uid without case, the type exactly.
///
/// Holds: K-03, K-32, T-69, D-08.
pub async fn token_is_found_by_its_whole_key_without_case<H: Harness>() {
    let tokens = H::fresh().await.tokens();
    let mixed = Party::new("cH", "aBc").unwrap();
    let fleet = kind("Fleet-Card");
    let keys = [
        (mixed, "Card-1a", TokenType::Rfid),
        (mixed, "Card-1a", TokenType::Other),
        (mixed, "Card-1a", fleet.clone()),
        (mixed, "Card-1a", kind("FLEET-CARD")),
        (mixed, "Card1a", TokenType::Rfid),
        (mixed, "Card-1a", TokenType::Emaid),
        (mixed, "Card1a", TokenType::Emaid),
        (other(), "Card-1a", TokenType::Rfid),
    ];
    let mut stored = Vec::new();
    for (party, uid, token_type) in &keys {
        let mut one = token(*party, uid, token_type);
        one.valid = false;
        stored.push(create(&tokens, one).await);
    }
    for ((party, uid, token_type), expected) in keys.iter().zip(&stored) {
        for spelled in [uid.to_uppercase(), uid.to_lowercase(), (*uid).to_owned()] {
            for party in [*party, lower_case(*party)] {
                let found = tokens.find_token(&key(party, &spelled, token_type)).await;
                assert_same(&found.unwrap().as_ref(), &Some(expected));
            }
        }
    }
    for absent in [
        key(other(), "Card-1a", &fleet),
        key(own(), "Card-1", &TokenType::Rfid),
        key(own(), "Card-1a", &TokenType::AppUser),
        key(own(), "Card-1a", &kind("fleet-card")),
        key(own(), "Card*1a", &TokenType::Emaid),
    ] {
        assert_eq!(tokens.find_token(&absent).await.unwrap(), None, "{absent}");
    }
    // The same key in another case is no new Token.
    let write = TokenWrite {
        token: Arc::new(token(own(), "CARD-1A", &TokenType::Rfid)),
        marks: TokenMarks::default(),
        follows: None,
    };
    assert_conflict(&tokens.put_token(write).await);

    let mut apart = Vec::new();
    for uid in UIDS_APART {
        apart.push(create(&tokens, card(uid)).await);
    }
    for expected in &apart {
        let key = expected.token.key();
        let found = tokens.find_token(&key).await.unwrap();
        assert_same(&found.as_ref(), &Some(expected));
        let by_uid = tokens.find_tokens_by_uid(own(), &key.uid).await;
        assert_same(&by_uid.unwrap(), &vec![expected.clone()]);
    }
}

fn lower_case(party: Party) -> Party {
    let lower = |text: &str| text.to_ascii_lowercase();
    let country_code = lower(party.country_code.as_str());
    Party::new(&country_code, &lower(party.party_id.as_str())).unwrap()
}

/// A Token that fills every field, and uses what the types permit.
fn full_token() -> Token {
    serde_json::from_str(
        r##"{"country_code":"ch","party_id":"aBc","uid":"Uid 1~!","type":"Fleet-Ausweis é",
            "contract_id":"ch-aBc-C1","visual_number":"N° 1 日本","issuer":"#NA","group_id":"gRoup",
            "valid":false,"whitelist":"ALLOWED_OFFLINE","language":"dE",
            "default_profile_type":"GREEN",
            "energy_contract":{"supplier_name":"Öko \"AG\"","contract_id":"E-1"},
            "last_updated":"2024-02-29T23:59:59.007Z",
            "auth_method":"AUTH_REQUEST","x":{"b":[1.10,2e3,null],"a":"\u00e9'; --"},"a":false,
            "Uid":"another","z":{ "b" : 12345678901234567890.10 , "b":"\u0000\/" },"":1e400}"##,
    )
    .unwrap()
}

/// What copies one optional field of a Token from another.
const OPTIONAL_FIELDS: [fn(&mut Token, &Token); 6] = [
    |to, from| to.visual_number.clone_from(&from.visual_number),
    |to, from| to.group_id.clone_from(&from.group_id),
    |to, from| to.language = from.language,
    |to, from| to.default_profile_type = from.default_profile_type,
    |to, from| to.energy_contract.clone_from(&from.energy_contract),
    |to, from| to.unknown.clone_from(&from.unknown),
];

/// Tokens that between them say everything that a Token can say, each with its own uid.
fn various_tokens() -> Vec<Token> {
    let (full, bare) = (full_token(), card("bare"));
    let mut all = vec![full.clone(), bare.clone()];
    for copy in OPTIONAL_FIELDS {
        for (one, other) in [(&full, &bare), (&bare, &full)] {
            let mut changed = one.clone();
            copy(&mut changed, other);
            all.push(changed);
        }
    }
    for fields in [
        json!({"energy_contract": {"supplier_name": "Without a contract_id"}}),
        // There, but empty, is not absent.
        json!({"contract_id": "", "visual_number": "", "issuer": "", "group_id": "",
            "energy_contract": {"supplier_name": "", "contract_id": ""}}),
        json!({"visual_number": " ", "issuer": "a ", "group_id": " a ", "contract_id": " "}),
        // As long as can be, in characters of one to four bytes.
        json!({"contract_id": "C".repeat(36), "visual_number": "\u{1d11e}".repeat(64),
            "issuer": "日".repeat(64), "group_id": "~".repeat(36), "type": "é".repeat(255),
            "energy_contract": {"supplier_name": "é".repeat(64), "contract_id": "e".repeat(64)},
            "last_updated": "9999-12-31T23:59:59.999Z", "unknown": "\u{1d11e}".repeat(3000)}),
        json!({"last_updated": "0000-01-01T00:00:00Z"}),
        json!({"last_updated": "1969-12-31T23:59:59.999Z", "type": "rfid"}),
        json!({"whitelist": "ALWAYS", "default_profile_type": "CHEAP", "type": "EMAID"}),
        json!({"whitelist": "ALLOWED", "default_profile_type": "FAST", "type": "APP_USER"}),
        json!({"whitelist": "NEVER", "default_profile_type": "REGULAR", "type": "OTHER"}),
        json!({"valid": false, "type": "AD_HOC_USER"}),
    ] {
        let mut token = serde_json::to_value(&bare).unwrap();
        let known = token.as_object_mut().unwrap();
        known.extend(fields.as_object().unwrap().clone());
        all.push(serde_json::from_value(token).unwrap());
    }
    for (token, name) in all.iter_mut().zip(numbered("Uid 1~!-", 99)) {
        token.uid = uid(&name);
    }
    all
}

/// Promise 3: a Token reads back as it was put, marks and unknown fields included.
///
/// Holds: K-16, K-33, T-63, T-69, T-72, D-08.
pub async fn token_reads_back_as_it_was_put<H: Harness>() {
    let tokens = H::fresh().await.tokens();
    let every_mark = [
        (false, false, true),
        (false, true, false),
        (true, false, true),
        (true, true, false),
        (true, true, true),
        (false, false, false),
    ];
    for original in various_tokens() {
        let key = original.key();
        let mut follows = None;
        for (synthetic_contract_id, inferred_last_updated, absent) in every_mark {
            // From one round to the next the Token loses and regains its optional fields.
            let put = if synthetic_contract_id == inferred_last_updated {
                original.clone()
            } else {
                token(original.party, original.uid.as_str(), &original.token_type)
            };
            let marks = TokenMarks {
                synthetic_contract_id,
                inferred_last_updated,
                absent,
            };
            let write = TokenWrite {
                token: Arc::new(put.clone()),
                marks,
                follows,
            };
            let stored = tokens.put_token(write).await.unwrap();
            let expected = StoredToken {
                token: Arc::new(put),
                marks,
                revision: stored.revision,
            };
            follows = Some(stored.revision);
            assert_same(&stored, &expected);
            assert_reads_back(&tokens, &key, &expected).await;
        }
    }
}

/// Asserts that every way to read gives `expected`.
async fn assert_reads_back(
    tokens: &Arc<dyn TokenRepository>,
    key: &TokenKey,
    expected: &StoredToken,
) {
    let found = tokens.find_token(key).await.unwrap().unwrap();
    assert_same(&found, expected);
    let written = serde_json::to_string(&*expected.token).unwrap();
    assert_eq!(serde_json::to_string(&*found.token).unwrap(), written);
    let by_uid = tokens.find_tokens_by_uid(key.party, &key.uid).await;
    assert_same(&by_uid.unwrap(), &vec![expected.clone()]);
    let all = page(PageStart::Offset(0), usize::MAX);
    let listed = tokens.list_tokens(&of(&[key.party]), &all).await.unwrap();
    let listed = listed.items.into_iter().find(|one| one.token.has_key(key));
    assert_same(&listed.as_ref(), &Some(expected));
}

/// Promise 4: by party and uid, the Tokens of every type are found.
///
/// Holds: K-03, K-11.
pub async fn uid_finds_every_type_of_one_party<H: Harness>() {
    let tokens = H::fresh().await.tokens();
    let types = [
        TokenType::Rfid,
        TokenType::Emaid,
        kind("FLEET"),
        TokenType::AdHocUser,
        kind("fleet"),
        TokenType::Other,
        TokenType::AppUser,
    ];
    let mut expected = Vec::new();
    for token_type in &types {
        create(&tokens, token(own(), "CHABC1", token_type)).await;
        create(&tokens, token(other(), "CH-abc-1", token_type)).await;
        expected.push(create(&tokens, token(own(), "CH-abc-1", token_type)).await);
    }
    expected[0] = update(&tokens, &expected[0], |token| token.valid = false).await;
    for spelled in ["CH-abc-1", "ch-ABC-1"] {
        let found = tokens.find_tokens_by_uid(own(), &uid(spelled)).await;
        assert_same(&found.unwrap(), &expected);
    }
    for absent in ["CH-abc-2", "CH*abc*1", "CH-abc1"] {
        let found = tokens.find_tokens_by_uid(own(), &uid(absent)).await;
        assert!(found.unwrap().is_empty(), "{absent}");
    }
    let mut expected = Vec::new();
    for token_type in types_apart() {
        expected.push(create(&tokens, token(own(), "of-type", &token_type)).await);
    }
    let found = tokens.find_tokens_by_uid(own(), &uid("OF-TYPE")).await;
    assert_same(&found.unwrap(), &expected);
    for one in &expected {
        let found = tokens.find_token(&one.token.key()).await.unwrap();
        assert_same(&found.as_ref(), &Some(one));
    }
}

/// Promise 5: a write must follow the stored revision, else it is a conflict and nothing changes.
///
/// Holds: K-31.
pub async fn write_that_follows_nothing_stored_conflicts<H: Harness>() {
    let tokens = H::fresh().await.tokens();
    let mut write = TokenWrite {
        token: Arc::new(card("CARD-1")),
        marks: TokenMarks::default(),
        follows: Some(Revision(0)),
    };
    for follows in [0, 1, u64::MAX] {
        write.follows = Some(Revision(follows));
        assert_conflict(&tokens.put_token(write.clone()).await);
        let found = tokens.find_token(&write.token.key()).await;
        assert_eq!(found.unwrap(), None);
        assert_eq!(list_own(&tokens).await.total, 0);
    }

    let neighbour = create(&tokens, card("CARD-2")).await;
    let first = create(&tokens, card("CARD-1")).await;
    let second = update(&tokens, &first, |token| token.valid = false).await;
    let next = Revision(second.revision.0 + 1);
    for follows in [
        None,
        Some(first.revision),
        Some(neighbour.revision),
        Some(next),
        Some(Revision(u64::MAX)),
    ] {
        let refused = TokenWrite {
            follows,
            ..changed(&second, |token| token.issuer = "Other".parse().unwrap())
        };
        assert_conflict(&tokens.put_token(refused).await);
        let found = tokens.find_token(&second.token.key()).await.unwrap();
        assert_same(&found.as_ref(), &Some(&second));
        let listed = list_own(&tokens).await;
        assert_same(&listed.items, &vec![neighbour.clone(), second.clone()]);
        assert_eq!(listed.total, 2);
    }
    update(&tokens, &second, |token| token.valid = true).await;
}

/// Promise 6: each write gets a revision greater than every one before it.
///
/// Holds: K-31.
pub async fn revisions_only_grow<H: Harness>() {
    let tokens = H::fresh().await.tokens();
    let one = create(&tokens, card("CARD-1")).await;
    let two = create(&tokens, token(other(), "CARD-1", &TokenType::Emaid)).await;
    let one_again = update(&tokens, &one, |_| ()).await;
    assert_conflict(&tokens.put_token(changed(&one, |_| ())).await);
    let three = create(&tokens, card("CARD-3")).await;
    let two_again = update(&tokens, &two, |token| token.valid = false).await;
    let revisions = [&one, &two, &one_again, &three, &two_again].map(|stored| stored.revision);
    assert!(revisions.is_sorted_by(|a, b| a < b), "{revisions:?}");
    for stored in [&one_again, &two_again, &three] {
        let found = tokens.find_token(&stored.token.key()).await.unwrap();
        assert_eq!(found.unwrap().revision, stored.revision);
    }
}

/// How many tasks write at once.
const WRITERS: usize = 8;

/// Promise 7, of one revision: of many writers that follow it exactly one succeeds.
///
/// Holds: K-31.
pub async fn of_rival_writers_one_succeeds<H: Harness>() {
    let tokens = H::fresh().await.tokens();
    let mut follows = None;
    for _round in 0..20 {
        let rivals = numbered("writer", WRITERS).into_iter().map(|name| {
            let mut token = card("CARD-1");
            token.issuer = name.parse().unwrap();
            let write = TokenWrite {
                token: Arc::new(token),
                marks: TokenMarks::default(),
                follows,
            };
            let tokens = Arc::clone(&tokens);
            async move { tokens.put_token(write).await }
        });
        let (won, lost): (Vec<_>, Vec<_>) = together(rivals.collect())
            .await
            .into_iter()
            .partition(Result::is_ok);
        lost.iter().for_each(assert_conflict);
        assert_eq!((won.len(), lost.len()), (1, WRITERS - 1));
        let winner = won.into_iter().next().unwrap().unwrap();
        follows = Some(winner.revision);
        let listed = list_own(&tokens).await;
        assert_same(&listed.items, &vec![winner]);
        assert_eq!(listed.total, 1);
    }
}

/// Promise 7, of different keys: all writers succeed; and who tries again until it succeeds loses
/// no update of another.
///
/// Holds: K-31.
pub async fn concurrent_writers_lose_nothing<H: Harness>() {
    const EACH: usize = 25;
    let tokens = H::fresh().await.tokens();
    let shared = create(&tokens, card("SHARED")).await.token.key();
    let writers = numbered("W", WRITERS).into_iter().map(|name| {
        let (tokens, shared) = (Arc::clone(&tokens), shared.clone());
        async move {
            let mut stored = Vec::new();
            for uid in numbered(&name, EACH) {
                stored.push(create(&tokens, card(&uid)).await);
                add_one(&tokens, &shared).await;
            }
            stored
        }
    });
    let stored = together(writers.collect()).await.concat();

    let revisions: BTreeSet<_> = stored.iter().map(|one| one.revision).collect();
    assert_eq!(revisions.len(), WRITERS * EACH);
    for one in &stored {
        let found = tokens.find_token(&one.token.key()).await.unwrap();
        assert_same(&found.as_ref(), &Some(one));
    }
    let listed = list_own(&tokens).await;
    assert_eq!(listed.total, (WRITERS * EACH + 1) as u64);
    let unique: BTreeSet<_> = uids(&listed).into_iter().collect();
    assert_eq!(unique.len(), WRITERS * EACH + 1);
    let shared = tokens.find_token(&shared).await.unwrap().unwrap();
    assert_eq!(count(&shared), WRITERS * EACH);
}

/// The number in the Token's visual number.
fn count(stored: &StoredToken) -> usize {
    let number = stored.token.visual_number.as_ref();
    number.map_or(0, |number| number.as_str().parse().unwrap())
}

/// Adds one to the number of that Token, again and again until no other writer is between.
async fn add_one(tokens: &Arc<dyn TokenRepository>, key: &TokenKey) {
    loop {
        let stored = tokens.find_token(key).await.unwrap().unwrap();
        let number = (count(&stored) + 1).to_string();
        let write = changed(&stored, |token| {
            token.visual_number = Some(number.parse().unwrap());
        });
        match tokens.put_token(write).await {
            Ok(_) => return,
            Err(StorageError::Conflict) => tokio::task::yield_now().await,
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// Promise 22: what was put survives a restart, with its revision and its place.
///
/// Holds: K-31, P-08.
pub async fn tokens_survive_reopen<H: Harness>() {
    let store = H::fresh().await;
    let tokens = store.tokens();
    let first = create(&tokens, card("CARD-1")).await;
    let many = various_tokens().into_iter().map(|token| TokenWrite {
        token: Arc::new(token),
        marks: TokenMarks {
            synthetic_contract_id: true,
            inferred_last_updated: false,
            absent: true,
        },
        follows: None,
    });
    let put = tokens.put_tokens(many.collect()).await.unwrap();
    assert!(put.iter().all(Option::is_some));
    create(&tokens, token(own(), "CHABC-1", &TokenType::Emaid)).await;
    let changed = update(&tokens, &first, |token| token.valid = false).await;
    let before = list_own(&tokens).await;
    let page_of_one = page(PageStart::Offset(0), 1);
    let cursor = tokens.list_tokens(&of(&[own()]), &page_of_one).await;
    let cursor = cursor.unwrap().next.unwrap();
    drop(tokens);

    let Some(store) = reopened(store).await else {
        return;
    };
    let tokens = store.tokens();
    assert_same(&list_own(&tokens).await, &before);
    for stored in &before.items {
        assert_reads_back(&tokens, &stored.token.key(), stored).await;
    }
    let rest = page(PageStart::After(cursor), usize::MAX);
    let rest = tokens.list_tokens(&of(&[own()]), &rest).await.unwrap();
    assert_same(&rest.items, &before.items[1..].to_vec());
    // The revisions go on where they ended, and the newest Token comes last.
    for follows in [None, Some(first.revision)] {
        let write = TokenWrite {
            token: Arc::new(card("CARD-1")),
            marks: TokenMarks::default(),
            follows,
        };
        assert_conflict(&tokens.put_token(write).await);
    }
    let newest = create(&tokens, card("A-CARD")).await;
    assert!(newest.revision > changed.revision);
    let after = list_own(&tokens).await;
    assert_eq!(after.total, before.total + 1);
    assert_same(&after.items.last(), &Some(&newest));
    store.health().check().await.unwrap();
}
