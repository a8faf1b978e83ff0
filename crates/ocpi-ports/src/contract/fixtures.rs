//! What the cases are made of.

use std::fmt::{Debug, Write};
use std::sync::Arc;

use ocpi_domain::{
    AuthorizationRecord, AuthorizationReference, DateTime, DateWindow, MessageId, Page,
    PageRequest, PageStart, Party, PlatformId, Rule, StoredToken, Token, TokenKey, TokenMarks,
    TokenType, TokenUid, UnknownFields, WhitelistType,
};
use tokio::sync::Barrier;

use super::Harness;
use crate::{StorageError, SubjectQuery, TokenQuery, TokenRepository, TokenWrite};

/// The party of most Tokens.
pub(super) fn own() -> Party {
    Party::new("CH", "ABC").unwrap()
}

/// Another party.
pub(super) fn other() -> Party {
    Party::new("DE", "ABC").unwrap()
}

/// Uids that are all different, though a number, a pattern, a trimmed text or a case folded by bits
/// would make some of them the same.
pub(super) const UIDS_APART: [&str; 28] = [
    "1",
    "01",
    "1.0",
    "1e0",
    "0x1",
    "+1",
    "NULL",
    "ABC",
    "abc ",
    " abc",
    "A_C",
    "a%",
    "%",
    "a?c",
    "?",
    "?1",
    "A*C",
    "*",
    "a-c",
    "it's",
    "it''s",
    "\"abc\"",
    "[@^]\\",
    "{`~}|",
    "a\\c",
    "a\\\\c",
    "a,c;--",
    "~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~",
];

/// Types that are all different: they are compared exactly.
pub(super) fn types_apart() -> Vec<TokenType> {
    let longest = "é".repeat(255);
    let unlisted = [
        "rfid", "Rfid", "RFID ", "EMAID ", "emaid", "1", "01", "é", "É", "e\u{301}", "%", "it's",
        &longest,
    ];
    let listed = [TokenType::Rfid, TokenType::Emaid, TokenType::Other];
    listed.into_iter().chain(unlisted.map(kind)).collect()
}

pub(super) fn uid(text: &str) -> TokenUid {
    TokenUid::new(text).unwrap()
}

/// A type, listed or not.
pub(super) fn kind(text: &str) -> TokenType {
    text.parse().unwrap()
}

pub(super) fn key(party: Party, uid: &str, token_type: &TokenType) -> TokenKey {
    TokenKey {
        party,
        uid: self::uid(uid),
        token_type: token_type.clone(),
    }
}

/// So many milliseconds after a moment that all cases share.
pub(super) fn after_ms(ms: i64) -> DateTime {
    DateTime::from_unix_ms(1_735_689_600_000 + ms).unwrap()
}

/// A Token with the required fields only.
pub(super) fn token(party: Party, uid: &str, token_type: &TokenType) -> Token {
    Token {
        party,
        uid: self::uid(uid),
        token_type: token_type.clone(),
        contract_id: "CHABC00000001".parse().unwrap(),
        visual_number: None,
        issuer: "Example".parse().unwrap(),
        group_id: None,
        valid: true,
        whitelist: WhitelistType::Never,
        language: None,
        default_profile_type: None,
        energy_contract: None,
        last_updated: after_ms(0),
        unknown: UnknownFields::default(),
    }
}

/// An RFID card of our own.
pub(super) fn card(uid: &str) -> Token {
    token(own(), uid, &TokenType::Rfid)
}

pub(super) async fn create(tokens: &Arc<dyn TokenRepository>, token: Token) -> StoredToken {
    let write = TokenWrite {
        token: Arc::new(token),
        marks: TokenMarks::default(),
        follows: None,
    };
    tokens.put_token(write).await.unwrap()
}

/// A write that follows `stored` and differs from it by `change`.
pub(super) fn changed(stored: &StoredToken, change: impl FnOnce(&mut Token)) -> TokenWrite {
    let mut token = Token::clone(&stored.token);
    change(&mut token);
    TokenWrite {
        token: Arc::new(token),
        marks: stored.marks,
        follows: Some(stored.revision),
    }
}

pub(super) async fn update(
    tokens: &Arc<dyn TokenRepository>,
    stored: &StoredToken,
    change: impl FnOnce(&mut Token),
) -> StoredToken {
    tokens.put_token(changed(stored, change)).await.unwrap()
}

/// The Tokens of these parties, of every type.
pub(super) fn of(parties: &[Party]) -> TokenQuery {
    TokenQuery {
        parties: parties.to_vec(),
        without_types: Vec::new(),
    }
}

/// A page of every moment.
pub(super) fn page(start: PageStart, limit: usize) -> PageRequest {
    PageRequest {
        start,
        limit,
        window: DateWindow::default(),
    }
}

/// All of our own Tokens.
pub(super) async fn list_own(tokens: &Arc<dyn TokenRepository>) -> Page<StoredToken> {
    let all = page(PageStart::Offset(0), usize::MAX);
    tokens.list_tokens(&of(&[own()]), &all).await.unwrap()
}

/// The uids of a page, in its order.
pub(super) fn uids(page: &Page<StoredToken>) -> Vec<&str> {
    page.items
        .iter()
        .map(|one| one.token.uid.as_str())
        .collect()
}

/// A question of nobody in particular, that names no place.
pub(super) fn question<'a>(
    parties: &'a [Party],
    uid: &'a TokenUid,
    token_type: &'a TokenType,
) -> SubjectQuery<'a> {
    SubjectQuery {
        parties,
        uid,
        token_type,
        platform: None,
        cpo_parties: &[],
        location: None,
        at: after_ms(0),
    }
}

/// Asserts that both are the same to the letter: equality alone ignores the case of many texts.
#[track_caller]
pub(super) fn assert_same<T: Debug + PartialEq>(found: &T, expected: &T) {
    assert_eq!(found, expected);
    assert_eq!(format!("{found:?}"), format!("{expected:?}"));
}

/// Asserts that a write was refused since something else is stored.
#[track_caller]
pub(super) fn assert_conflict<T: Debug>(result: &Result<T, StorageError>) {
    assert!(
        matches!(result, Err(StorageError::Conflict)),
        "a conflict is due, not {result:?}"
    );
}

pub(super) fn reference(text: &str) -> AuthorizationReference {
    AuthorizationReference::new(text).unwrap()
}

pub(super) fn platform_id(text: &str) -> PlatformId {
    PlatformId::new(text).unwrap()
}

/// The record of a question about an unknown card.
pub(super) fn record(reference: &str) -> AuthorizationRecord {
    AuthorizationRecord {
        reference: self::reference(reference),
        at: after_ms(0),
        platform: platform_id("peer"),
        request_id: MessageId::new("request").unwrap(),
        correlation_id: MessageId::new("correlation").unwrap(),
        token_party: None,
        token_uid: AuthorizationRecord::uid_as_asked("CARD-1"),
        token_type: TokenType::Rfid,
        asked: None,
        allowed_location: None,
        allowed: None,
        status: None,
        rule: Rule::UnknownToken,
        latency_us: 0,
        charge_point: None,
    }
}

/// Runs the tasks so that they start together, and gives what they gave, in their order.
pub(super) async fn together<T: Send + 'static>(
    tasks: Vec<impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let start = Arc::new(Barrier::new(tasks.len()));
    let running: Vec<_> = tasks
        .into_iter()
        .map(|task| {
            let start = Arc::clone(&start);
            tokio::spawn(async move {
                start.wait().await;
                task.await
            })
        })
        .collect();
    let mut results = Vec::with_capacity(running.len());
    for task in running {
        results.push(task.await.unwrap());
    }
    results
}

/// The store after a restart; `None` when it is volatile, as its harness must say.
pub(super) async fn reopened<H: Harness>(harness: H) -> Option<H> {
    let reopened = harness.reopen().await;
    assert_eq!(
        reopened.is_some(),
        H::DURABLE,
        "`Harness::DURABLE` and what `reopen` gives must agree"
    );
    reopened
}

/// `PREFIX000`, `PREFIX001` and so on.
pub(super) fn numbered(prefix: &str, count: usize) -> Vec<String> {
    (0..count)
        .map(|number| {
            let mut name = prefix.to_owned();
            write!(name, "{number:03}").unwrap();
            name
        })
        .collect()
}
