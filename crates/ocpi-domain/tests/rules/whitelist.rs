//! What a CPO does with its own copy of a Token: W-01 to W-14, and who may stop a session.

use ocpi_domain::{
    CachedToken, CiString, RealTime, SessionToken, TokenKey, WhitelistDecision, WhitelistType,
    may_stop_session, whitelist_decision,
};

use crate::support::party;
use RealTime::{Offline, Online};
use WhitelistDecision::{Accept, Ask, Refuse};
use WhitelistType::{Allowed, AllowedOffline, Always, Never};

/// A row of the table. `None` is "any", but for `whitelist`, where it is the unknown Token.
struct Row {
    id: &'static str,
    whitelist: Option<WhitelistType>,
    valid: Option<bool>,
    real_time: Option<RealTime>,
    decision: WhitelistDecision,
    /// Where the choice is the CPO's: what it does when it prefers its own copy.
    prefer_cache: WhitelistDecision,
}

const fn row(
    id: &'static str,
    whitelist: Option<WhitelistType>,
    valid: Option<bool>,
    real_time: Option<RealTime>,
    decision: WhitelistDecision,
) -> Row {
    Row {
        id,
        whitelist,
        valid,
        real_time,
        decision,
        prefer_cache: decision,
    }
}

const TABLE: [Row; 14] = [
    row("W-01", Some(Always), Some(true), None, Accept),
    row("W-02", Some(Always), Some(false), None, Refuse),
    Row {
        prefer_cache: Accept,
        ..row("W-03", Some(Allowed), Some(true), Some(Online), Ask)
    },
    row("W-04", Some(Allowed), Some(true), Some(Offline), Accept),
    row("W-05", Some(Allowed), Some(false), Some(Online), Ask),
    row("W-06", Some(Allowed), Some(false), Some(Offline), Refuse),
    row("W-07", Some(AllowedOffline), Some(true), Some(Online), Ask),
    row(
        "W-08",
        Some(AllowedOffline),
        Some(true),
        Some(Offline),
        Accept,
    ),
    row("W-09", Some(AllowedOffline), Some(false), Some(Online), Ask),
    row(
        "W-10",
        Some(AllowedOffline),
        Some(false),
        Some(Offline),
        Refuse,
    ),
    row("W-11", Some(Never), None, Some(Online), Ask),
    row("W-12", Some(Never), None, Some(Offline), Refuse),
    row("W-13", None, None, Some(Online), Ask),
    row("W-14", None, None, Some(Offline), Refuse),
];

impl Row {
    fn speaks_of(&self, token: Option<CachedToken>, real_time: RealTime) -> bool {
        let valid = token.map(|token| token.valid);
        self.whitelist == token.map(|token| token.whitelist)
            && (self.valid.is_none() || self.valid == valid)
            && self.real_time.is_none_or(|named| named == real_time)
    }
}

fn every_token() -> impl Iterator<Item = Option<CachedToken>> {
    let known = [Always, Allowed, AllowedOffline, Never]
        .into_iter()
        .flat_map(|whitelist| [true, false].map(|valid| Some(CachedToken { whitelist, valid })));
    known.chain([None])
}

/// Holds: W-01, W-02, W-03, W-04, W-05, W-06, W-07, W-08, W-09, W-10, W-11, W-12, W-13, W-14,
/// Z-02, Z-03.
#[test]
fn every_question_is_decided_by_the_one_row_of_the_table_that_speaks_of_it() {
    let mut questions_of = [0; TABLE.len()];
    for token in every_token() {
        for real_time in [Online, Offline] {
            let mut rows = TABLE
                .iter()
                .zip(&mut questions_of)
                .filter(|(row, _)| row.speaks_of(token, real_time));
            let (row, questions) = rows.next().unwrap();
            assert!(
                rows.next().is_none(),
                "two rows for {token:?} {real_time:?}"
            );
            *questions += 1;
            for (prefer_cache, decision) in [(false, row.decision), (true, row.prefer_cache)] {
                assert_eq!(
                    whitelist_decision(token, real_time, prefer_cache),
                    decision,
                    "{}: {token:?} {real_time:?}, prefer_cache {prefer_cache}",
                    row.id
                );
            }
        }
    }
    assert!(
        !questions_of.contains(&0),
        "a row without a question: {questions_of:?}"
    );
}

/// Holds: W-01, W-02, W-03.
#[test]
fn the_cpo_has_a_choice_in_one_row_only() {
    let chosen = every_token()
        .flat_map(|token| [(token, Online), (token, Offline)])
        .filter(|&(token, real_time)| {
            whitelist_decision(token, real_time, true)
                != whitelist_decision(token, real_time, false)
        });
    let valid_and_allowed = CachedToken {
        whitelist: Allowed,
        valid: true,
    };
    assert_eq!(
        chosen.collect::<Vec<_>>(),
        [(Some(valid_and_allowed), Online)]
    );
}

fn key(owner: &str, uid: &str, token_type: &str) -> TokenKey {
    TokenKey {
        party: party(owner),
        uid: uid.parse().unwrap(),
        token_type: token_type.parse().unwrap(),
    }
}

/// Whether `stopping` may stop the session of `started`; each is a key and a group.
fn may_stop(started: (&TokenKey, Option<&str>), stopping: (&TokenKey, Option<&str>)) -> bool {
    let group = |group: Option<&str>| group.map(|text| CiString::new(text).unwrap());
    let (group_started, group_stopping) = (group(started.1), group(stopping.1));
    may_stop_session(
        SessionToken {
            key: started.0,
            group_id: group_started.as_ref(),
        },
        SessionToken {
            key: stopping.0,
            group_id: group_stopping.as_ref(),
        },
    )
}

/// Holds: W-28, K-03, T-69.
#[test]
fn same_token_may_always_stop_its_session() {
    let started = key("CH/ABC", "CARD1", "RFID");
    for (name, stopping) in [
        ("the same", key("CH/ABC", "CARD1", "RFID")),
        ("in another case", key("ch/abc", "card1", "RFID")),
    ] {
        for group in [None, Some(""), Some("#NA"), Some("G1")] {
            assert!(
                may_stop((&started, Some("G1")), (&stopping, group)),
                "{name}, {group:?}"
            );
            assert!(
                may_stop((&started, None), (&stopping, group)),
                "{name}, {group:?}"
            );
        }
    }
}

/// Holds: W-29, T-69, T-72.
#[test]
fn another_token_may_stop_a_session_of_its_own_group_and_party_only() {
    let started = key("CH/ABC", "CARD1", "RFID");
    let (mine, yours) = ("CH/ABC", "CH/XYZ");
    for (name, owner, group_started, group_stopping, may) in [
        ("same group, same party", mine, Some("G1"), Some("G1"), true),
        (
            "same group in another case",
            "ch/abc",
            Some("Group"),
            Some("gROUP"),
            true,
        ),
        (
            "same group, other party",
            yours,
            Some("G1"),
            Some("G1"),
            false,
        ),
        (
            "same group, other country",
            "DE/ABC",
            Some("G1"),
            Some("G1"),
            false,
        ),
        ("other group", mine, Some("G1"), Some("G2"), false),
        ("group not available", mine, Some("#NA"), Some("#NA"), false),
        ("empty group", mine, Some(""), Some(""), false),
        ("no group", mine, None, None, false),
        ("no group at the start", mine, None, Some("G1"), false),
        ("no group at the stop", mine, Some("G1"), None, false),
    ] {
        let stopping = key(owner, "CARD2", "RFID");
        assert_eq!(
            may_stop((&started, group_started), (&stopping, group_stopping)),
            may,
            "{name}"
        );
    }
}

/// Holds: W-29, K-03.
#[test]
fn token_of_another_type_or_party_is_another_token() {
    let started = key("CH/ABC", "CARD1", "RFID");
    for stopping in [
        key("CH/ABC", "CARD1", "APP_USER"),
        key("CH/XYZ", "CARD1", "RFID"),
        key("DE/ABC", "CARD1", "RFID"),
        key("CH/ABC", "CARD2", "RFID"),
    ] {
        assert!(!may_stop((&started, None), (&stopping, None)), "{stopping}");
    }
}
