//! What a CPO answers its own charge point: W-01 to W-14, W-27 to W-30.

use ocpi_domain::{
    COMMAND_COUNTS_MS, CachedToken, CiString, DecisionSource, NoAnswer, RealTime, SessionToken,
    ShownToken, StartDecision, StartFacts, StopDecision, TokenKey, TokenType, WhitelistType,
    start_decision, stop_decision,
};

use crate::support::party;
use DecisionSource::{Command, Offline, Whitelist};
use StartDecision::{Accept, Ask, Refuse};

const NO_ANSWERS: [NoAnswer; 3] = [NoAnswer::ByWhitelist, NoAnswer::Allow, NoAnswer::Deny];

fn every_token() -> Vec<Option<CachedToken>> {
    let whitelists = [
        WhitelistType::Always,
        WhitelistType::Allowed,
        WhitelistType::AllowedOffline,
        WhitelistType::Never,
    ];
    let known = whitelists
        .into_iter()
        .flat_map(|whitelist| [true, false].map(|valid| Some(CachedToken { whitelist, valid })));
    known.chain([None]).collect()
}

/// Every question about a Token of that type without a fresh command.
fn every_question(token_type: &TokenType) -> Vec<StartFacts<'_>> {
    let mut questions = Vec::new();
    for token in every_token() {
        for real_time in [RealTime::Online, RealTime::Offline] {
            for prefer_cache in [false, true] {
                for no_answer in NO_ANSWERS {
                    for command_age_ms in [None, Some(COMMAND_COUNTS_MS)] {
                        questions.push(StartFacts {
                            token_type,
                            token,
                            real_time,
                            command_age_ms,
                            prefer_cache,
                            no_answer,
                        });
                    }
                }
            }
        }
    }
    questions
}

/// The table in other words: a second statement of the same rules.
fn expected(facts: &StartFacts<'_>) -> StartDecision {
    let is_online = facts.real_time == RealTime::Online;
    let Some(CachedToken { whitelist, valid }) = facts.token else {
        // W-13 and W-14.
        return if is_online { Ask } else { Refuse(Offline) };
    };
    match whitelist {
        // W-01 and W-02.
        WhitelistType::Always if valid => return Accept(Whitelist),
        WhitelistType::Always => return Refuse(Whitelist),
        // W-03.
        WhitelistType::Allowed if valid && facts.prefer_cache => return Accept(Whitelist),
        // W-03, W-05, W-07, W-09 and W-11.
        _ if is_online => return Ask,
        _ => {}
    }
    // W-04, W-06, W-08, W-10 and W-12, as far as the operator lays down nothing else.
    let accepts = match facts.no_answer {
        NoAnswer::ByWhitelist => whitelist != WhitelistType::Never,
        NoAnswer::Allow => true,
        NoAnswer::Deny => false,
    };
    if accepts && valid {
        Accept(Offline)
    } else {
        Refuse(Offline)
    }
}

/// Holds: W-01, W-02, W-03, W-04, W-05, W-06, W-07, W-08, W-09, W-10, W-11, W-12, W-13, W-14.
#[test]
fn every_card_is_decided_by_the_table() {
    for token_type in ["RFID", "OTHER", "EMAID", "X_TOMORROW"] {
        let token_type: TokenType = token_type.parse().unwrap();
        for facts in every_question(&token_type) {
            assert_eq!(start_decision(&facts), expected(&facts), "{facts:?}");
        }
    }
}

/// Holds: W-02, W-06, W-10, W-14. Whatever the operator lays down.
#[test]
fn nothing_unknown_or_not_valid_is_accepted_without_an_answer() {
    for token_type in [TokenType::Rfid, TokenType::AppUser, TokenType::AdHocUser] {
        for facts in every_question(&token_type) {
            let accepts = matches!(start_decision(&facts), Accept(_));
            assert!(
                !accepts || facts.token.is_some_and(|token| token.valid),
                "{facts:?}"
            );
        }
    }
}

/// Holds: W-11, W-12. NEVER is never answered from the copy, ALWAYS never asked about.
#[test]
fn never_is_never_of_the_copy_and_always_never_a_question() {
    for facts in every_question(&TokenType::Rfid) {
        let decision = start_decision(&facts);
        match facts.token.map(|token| token.whitelist) {
            Some(WhitelistType::Never) => assert!(
                !matches!(decision, Accept(Whitelist) | Refuse(Whitelist)),
                "{facts:?}"
            ),
            Some(WhitelistType::Always) => assert_ne!(decision, Ask, "{facts:?}"),
            _ => {}
        }
    }
}

/// Holds: W-27.
#[test]
fn users_of_apps_are_never_asked_about() {
    for token_type in [TokenType::AppUser, TokenType::AdHocUser] {
        for facts in every_question(&token_type) {
            let by_copy = facts
                .token
                .is_some_and(|token| token.valid && token.whitelist != WhitelistType::Never);
            let expected = if by_copy {
                Accept(Whitelist)
            } else {
                Refuse(Whitelist)
            };
            assert_eq!(start_decision(&facts), expected, "{facts:?}");
        }
    }
}

/// Holds: W-27. A command counts for less than 15 minutes, whatever else is so.
#[test]
fn a_fresh_command_is_the_authorization() {
    assert_eq!(COMMAND_COUNTS_MS, 900_000);
    for token_type in [TokenType::Rfid, TokenType::AppUser] {
        for facts in every_question(&token_type) {
            for age_ms in [0, 1, COMMAND_COUNTS_MS - 1] {
                let commanded = StartFacts {
                    command_age_ms: Some(age_ms),
                    ..facts
                };
                assert_eq!(start_decision(&commanded), Accept(Command), "{commanded:?}");
            }
        }
    }
}

fn key(owner: &str, uid: &str, token_type: &str) -> TokenKey {
    TokenKey {
        party: party(owner),
        uid: uid.parse().unwrap(),
        token_type: token_type.parse().unwrap(),
    }
}

/// What is said to a card that is shown at the session of `started`, of the group G1.
fn decide(
    started: &TokenKey,
    uid: &str,
    token_type: Option<&str>,
    known: Option<(&TokenKey, Option<&str>)>,
) -> StopDecision {
    let group = |text: &str| CiString::new(text).unwrap();
    let of_session = group("G1");
    let of_shown = known.and_then(|(_, text)| text.map(group));
    let token_type = token_type.map(|text| text.parse().unwrap());
    let shown = ShownToken {
        uid: &uid.parse().unwrap(),
        token_type: token_type.as_ref(),
        known: known.map(|(key, _)| SessionToken {
            key,
            group_id: of_shown.as_ref(),
        }),
    };
    let started = SessionToken {
        key: started,
        group_id: Some(&of_session),
    };
    stop_decision(started, &shown)
}

/// Holds: W-28, T-69, E-35.
#[test]
fn the_same_card_may_stop_whatever_is_known_of_it() {
    use StopDecision::{Accept, Ask};
    let card = key("CH/ABC", "CARD", "RFID");
    let emaid = key("CH/ABC", "CH-ABC-C1", "EMAID");
    let other = key("CH/XYZ", "CARD", "RFID");
    for (started, uid, token_type, known, expected) in [
        (&card, "CARD", None, None, Accept),
        (&card, "card", Some("RFID"), None, Accept),
        (&card, "CARD", Some("OTHER"), None, Ask),
        (&card, "CA-RD", None, None, Ask),
        // Somebody else's card of the same uid cannot be told from it.
        (&card, "CARD", None, Some((&other, None)), Accept),
        (&emaid, "chabcc1", Some("EMAID"), None, Accept),
        (&emaid, "CH*ABC*C1", None, None, Accept),
        (&emaid, "CH*ABC*C1", Some("RFID"), None, Ask),
    ] {
        assert_eq!(
            decide(started, uid, token_type, known),
            expected,
            "{uid} {token_type:?}"
        );
    }
}

/// Holds: W-29, W-30.
#[test]
fn another_card_may_stop_by_its_group_and_is_asked_about_when_it_is_unknown() {
    use StopDecision::{Accept, Ask, Refuse};
    let card = key("CH/ABC", "CARD", "RFID");
    let (ours, theirs) = (
        key("CH/ABC", "OTHER", "RFID"),
        key("CH/XYZ", "OTHER", "RFID"),
    );
    for (known, expected) in [
        (Some((&ours, Some("g1"))), Accept),
        (Some((&ours, Some("G2"))), Refuse),
        (Some((&ours, Some("#NA"))), Refuse),
        (Some((&ours, None)), Refuse),
        (Some((&theirs, Some("G1"))), Refuse),
        (None, Ask),
    ] {
        assert_eq!(decide(&card, "OTHER", None, known), expected, "{known:?}");
    }
}
