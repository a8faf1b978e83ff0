//! Tokens and their lists.

use std::sync::Arc;

use ocpi_domain::{
    Cursor, DateWindow, PageRequest, PageStart, Party, StoredToken, Token, TokenAccount, TokenType,
};
use ocpi_ports::{AccountWrite, SubjectLookup, TokenQuery, TokenWrite};

use super::{Random, Store, after_ms, party, token};
use crate::sql::cards::{
    CardKey, choose_subject, find_card, token_of, tokens_of_any_party, tokens_of_uid,
};
use crate::sql::token_pages::list_tokens;
use crate::sql::{accounts, tokens};

const PARTIES: [&str; 3] = ["CHABC", "DEABC", "CHXYZ"];

fn types() -> [TokenType; 4] {
    [
        TokenType::Rfid,
        TokenType::AppUser,
        TokenType::Emaid,
        "Fleet".parse().unwrap(),
    ]
}

impl Store {
    pub(super) fn update(
        &mut self,
        stored: &StoredToken,
        change: impl FnOnce(&mut Token),
    ) -> StoredToken {
        let mut token = Token::clone(&stored.token);
        change(&mut token);
        let write = TokenWrite {
            token: token.into(),
            marks: stored.marks,
            follows: Some(stored.revision),
        };
        self.write(|store| tokens::put_token(&store.db, &mut store.state, &write).unwrap())
    }
}

/// A store of random Tokens in several blocks, in the order of their creation.
fn filled(random: &mut Random) -> (Store, Vec<StoredToken>) {
    let mut store = Store::new();
    let mut all = Vec::new();
    for place in 0..5000 {
        let owner = match place {
            // One party has Tokens in the second block only.
            2500..2600 => "CHXYZ",
            _ => random.one_of(&["CHABC", "chAbc", "DEABC"]),
        };
        let token_type = random.one_of(&types()).clone();
        let mut one = token(party(owner), &format!("card-{place}"), &token_type);
        one.last_updated = after_ms(i64::try_from(random.below(1000)).unwrap());
        all.push(store.create(one));
    }
    for _ in 0..500 {
        let place = usize::try_from(random.below(5000)).unwrap();
        let ms = i64::try_from(random.below(1000)).unwrap();
        all[place] = store.update(&all[place], |token| token.last_updated = after_ms(ms));
    }
    (store, all)
}

fn random_query(random: &mut Random) -> (TokenQuery, DateWindow) {
    let some = |random: &mut Random, count: u64| random.below(count) == 0;
    let parties = PARTIES.iter().filter(|_| some(random, 2));
    let parties: Vec<Party> = parties.map(|text| party(text)).collect();
    let without_types = types().into_iter().filter(|_| some(random, 3)).collect();
    let mut moment = || {
        let ms = i64::try_from(random.below(1400)).unwrap() - 200;
        (random.below(2) == 0).then(|| after_ms(ms))
    };
    let window = DateWindow {
        from: moment(),
        to: moment(),
    };
    let query = TokenQuery {
        parties,
        without_types,
    };
    (query, window)
}

/// Holds: P-02, P-04, P-07, P-08.
#[test]
fn a_list_holds_what_a_look_at_every_token_finds() {
    let mut random = Random(0x2468_ACE0);
    let (store, all) = filled(&mut random);
    for _ in 0..150 {
        let (query, window) = random_query(&mut random);
        let expected: Vec<&StoredToken> = all
            .iter()
            .filter(|one| query.parties.contains(&one.token.party))
            .filter(|one| !query.without_types.contains(&one.token.token_type))
            .filter(|one| window.contains(one.token.last_updated))
            .collect();
        let list = |start, limit| {
            let page = PageRequest {
                start,
                limit,
                window,
            };
            list_tokens(&store.db, &query, &page).unwrap()
        };
        let offset = random.below(expected.len() as u64 + 10);
        let limit = usize::try_from(1 + random.below(2500)).unwrap();
        let mut start = PageStart::Offset(offset);
        let mut rest = expected.iter().skip(usize::try_from(offset).unwrap());
        loop {
            let page = list(start, limit);
            assert_eq!(page.total, expected.len() as u64, "{query:?} {window:?}");
            let found: Vec<_> = page.items.iter().collect();
            let due: Vec<_> = rest.by_ref().take(limit).copied().collect();
            assert_eq!(found, due, "{query:?} {window:?} {start:?}");
            assert_eq!(page.next.is_some(), rest.len() > 0);
            let Some(next) = page.next else { break };
            start = PageStart::After(next);
        }
        for start in [
            PageStart::Offset(u64::MAX),
            PageStart::After(Cursor(u64::MAX)),
        ] {
            let page = list(start, usize::MAX);
            assert_eq!((page.items.len(), page.next), (0, None));
            assert_eq!(page.total, expected.len() as u64);
        }
        let page = list(PageStart::Offset(0), 0);
        assert_eq!((page.items.len(), page.next), (0, None));
    }
}

/// Whether a statement of that key is written into the index again is not seen from outside, but
/// that each spelling is found is.
///
/// Holds: K-03, T-69.
#[test]
fn a_token_whose_key_is_spelled_in_another_way_is_found_by_it() {
    let mut store = Store::new();
    let mut stored = store.create(token(party("CHABC"), "CH-abc-1", &TokenType::Emaid));
    for (owner, uid) in [
        ("chABC", "CH-abc-1"),
        ("chabc", "CH-abc-1"),
        ("chabc", "ch-abc-1"),
        ("chabc", "ch-abc-1"),
        ("CHABC", "ch-abc-1"),
    ] {
        stored = store.update(&stored, |token| {
            token.party = party(owner);
            token.uid = uid.parse().unwrap();
        });
        let found = tokens::find_tokens(&store.db, &[stored.token.key()]).unwrap();
        let found = found[0].as_ref().unwrap();
        assert_eq!(found, &stored);
        assert_eq!(format!("{found:?}"), format!("{stored:?}"));
    }
    let sql = "SELECT count(*) || group_concat(uid) || (SELECT sum(tokens) FROM token_blocks) FROM tokens";
    let row: String = store.db.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(row, "1ch-abc-11");
}

/// Holds: E-35, K-03, W-20.
#[test]
fn a_card_is_every_spelling_and_type_of_every_party() {
    let mut store = Store::new();
    let (ours, theirs) = (party("CHABC"), party("DEABC"));
    let mut expected = Vec::new();
    for (uid, token_type) in [
        ("CH-ABC-1", TokenType::Emaid),
        ("CHABC1", TokenType::Rfid),
        ("chabc1", TokenType::Emaid),
        ("CH*ABC*1", TokenType::Emaid),
    ] {
        expected.push(store.create(token(theirs, uid, &token_type)));
        store.create(token(ours, &format!("{uid}2"), &token_type));
        expected.push(store.create(token(ours, uid, &token_type)));
    }
    let key = CardKey::of(&"c-HABC-1".parse().unwrap());
    let card = find_card(&store.db, &key).unwrap().unwrap();
    let found: Vec<_> = card.iter().map(|one| one.token.clone()).collect();
    assert_eq!(found, expected);
    for one in &expected {
        assert_eq!(token_of(&card, &one.token.key()).unwrap().token, *one);
    }
    let plain = &expected[2].token.uid;
    let of_uid: Vec<_> = tokens_of_uid(&card, party("chabc"), plain).collect();
    assert_eq!(of_uid, [&card[3], &card[5]]);
    let of_any: Vec<_> = tokens_of_any_party(&card, plain).collect();
    assert_eq!(of_any, card.iter().collect::<Vec<_>>());
    let starred = "CH*abc*1".parse().unwrap();
    let of_any: Vec<_> = tokens_of_any_party(&card, &starred).collect();
    let emaids = [0, 1, 4, 5, 6, 7].map(|place: usize| &card[place]);
    assert_eq!(of_any, emaids);
    assert!(token_of(&card, &token(ours, "CH-ABC1", &TokenType::Emaid).key()).is_none());
    assert!(card[0].bytes() > 400);

    let choose = |parties: &[Party], uid: &str, token_type| {
        let uid = uid.parse().unwrap();
        match choose_subject(&card, parties, &uid, &token_type) {
            SubjectLookup::One(subject) => Ok(subject.token),
            SubjectLookup::Ambiguous => Err("ambiguous"),
            SubjectLookup::Unknown => Err("unknown"),
        }
    };
    for (uid, token_type, place) in [
        ("ch-abc-1", TokenType::Emaid, 1),
        ("CHABC1", TokenType::Emaid, 5),
        ("CHABC1", TokenType::Rfid, 3),
    ] {
        let chosen = choose(&[ours, ours], uid, token_type.clone());
        assert_eq!(chosen.as_ref(), Ok(&expected[place]));
        let chosen = choose(&[theirs], uid, token_type.clone());
        assert_eq!(chosen.as_ref(), Ok(&expected[place - 1]));
        let chosen = choose(&[theirs, ours], uid, token_type.clone());
        assert_eq!(chosen, Err("ambiguous"));
        let chosen = choose(&[party("FRABC")], uid, token_type);
        assert_eq!(chosen, Err("unknown"));
    }
    let chosen = choose(&[ours], "CHABC-1", TokenType::Emaid);
    assert_eq!(chosen, Err("ambiguous"));
}

/// Holds: E-17.
#[test]
fn an_account_comes_with_the_token_of_its_own_spelling() {
    let mut store = Store::new();
    let ours = party("CHABC");
    let dashed = store
        .create(token(ours, "CH-ABC-1", &TokenType::Emaid))
        .token;
    store.create(token(ours, "CHABC1", &TokenType::Emaid));
    let account: TokenAccount = serde_json::from_str(
        r#"{"blocked":true,"expires_at":"2027-01-01T00:00:00Z",
            "credit":{"balance":"-1.50","currency":"EUR"}}"#,
    )
    .unwrap();
    let write = AccountWrite {
        key: token(party("chabc"), "ch-abc-1", &TokenType::Emaid).key(),
        account: Arc::new(account.clone()),
        follows: None,
    };
    let put = |store: &mut Store| accounts::put_account(&store.db, &mut store.state, &write);
    let revision = store.write(put).unwrap();
    let card = find_card(&store.db, &CardKey::of(&dashed.uid))
        .unwrap()
        .unwrap();
    let found = card[0].account.as_ref().unwrap();
    assert_eq!((&*found.account, found.revision), (&account, revision));
    assert_eq!(card[1].account, None);
    // What an operator filters by.
    let sql = "SELECT uid FROM accounts WHERE blocked AND expires_at < '2028'
               AND credit_balance = '-1.50' AND credit_currency = 'EUR'";
    let uid: String = store.db.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(uid, "ch-abc-1");
}

/// Holds: T-63.
#[test]
fn what_has_no_column_is_kept_to_the_letter() {
    let mut store = Store::new();
    for text in [
        r#""default_profile_type":"GREEN""#,
        r#""energy_contract":{"supplier_name":"\u00d6ko \"AG\"","contract_id":"1"}"#,
        r#""x":{"b":[1.10, 2e3 ,null],"a":"\u00e9'; --"},"a\"\\":false,"default_profile_type":"FAST""#,
    ] {
        let bare = token(
            party("CHABC"),
            &format!("C{}", text.len()),
            &TokenType::Rfid,
        );
        let json = serde_json::to_string(&bare)
            .unwrap()
            .replacen('{', &format!("{{{text},"), 1);
        let token: Token = serde_json::from_str(&json).unwrap();
        let stored = store.create(token);
        let found = tokens::find_tokens(&store.db, &[stored.token.key()]).unwrap();
        let found = found[0].as_ref().unwrap();
        let written = |one: &StoredToken| serde_json::to_string(&*one.token).unwrap();
        assert_eq!(written(found), written(&stored));
        assert!(found.token.is_identical(&stored.token));
    }
}
