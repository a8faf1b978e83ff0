//! What a CPO answers its own charge point, and on what ground.
//!
//! A driver shows a card to start, or to stop. [`start_decision`] and [`stop_decision`] say what
//! can be said without the eMSP; where they say `Ask`, its answer decides, and when none is to be
//! had they are asked again with what is so.
//!
//! Spec: 2.3.0 `mod_tokens`, `WhitelistType`; `mod_commands`, `StartSession`.

use crate::enums::closed_enum;
use crate::platform::NoAnswer;
use crate::token::{TokenKey, TokenType, TokenUid};
use crate::whitelist::{
    CachedToken, RealTime, SessionToken, WhitelistDecision, may_stop_session, whitelist_decision,
};

closed_enum!(
    /// What a driver at a charge point wants.
    Purpose {
        /// To start charging.
        Start = "start",
        /// To stop a session.
        Stop = "stop",
    }
);

closed_enum!(
    /// What an answer to a charge point rests on.
    DecisionSource {
        /// The answer of the Token's eMSP, given now.
        RealTime = "real_time",
        /// The CPO's own copy of the Token, which need not be asked about.
        Whitelist = "whitelist",
        /// The eMSP should have been asked, and there was no answer: what stands for that case.
        Offline = "offline",
        /// What the eMSPs said that were asked about an unknown card.
        FanOut = "fan_out",
        /// Whether a Token may stop the session.
        StopRule = "stop_rule",
        /// The eMSP's own command to start here.
        Command = "command",
    }
);

/// How long a command of an eMSP stands for its authorization of the Token, milliseconds: 15
/// minutes.
pub const COMMAND_COUNTS_MS: i64 = 15 * 60 * 1000;

/// What is known about a driver who wants to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StartFacts<'a> {
    /// The kind of Token.
    pub token_type: &'a TokenType,
    /// The CPO's own copy; `None` when it has none, or one that its owner lists no more.
    pub token: Option<CachedToken>,
    /// Whether an answer of the eMSP is to be had.
    pub real_time: RealTime,
    /// How long ago the eMSP sent a `StartSession` or `ReserveNow` for this Token and this EVSE,
    /// milliseconds; `None` when it did not.
    pub command_age_ms: Option<i64>,
    /// Whether the CPO accepts whitelist ALLOWED without asking.
    pub prefer_cache: bool,
    /// What becomes of a question without an answer.
    pub no_answer: NoAnswer,
}

/// What becomes of a driver who wants to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StartDecision {
    /// Accept, on this ground.
    Accept(DecisionSource),
    /// Refuse, on this ground.
    Refuse(DecisionSource),
    /// Ask the eMSP; its answer decides.
    Ask,
}

/// What becomes of a driver who wants to start.
///
/// A fresh command of the eMSP is its authorization. Users of apps are never asked about: the
/// eMSP starts for them. For all else the table of [`whitelist_decision`] stands; where it says to
/// ask and there is no answer, `no_answer` may say more than the Token does.
pub fn start_decision(facts: &StartFacts<'_>) -> StartDecision {
    let fresh = facts.command_age_ms.filter(|age| *age < COMMAND_COUNTS_MS);
    if fresh.is_some() {
        return StartDecision::Accept(DecisionSource::Command);
    }
    let is_of_app = matches!(facts.token_type, TokenType::AppUser | TokenType::AdHocUser);
    let online = whitelist_decision(facts.token, RealTime::Online, facts.prefer_cache);
    match online {
        WhitelistDecision::Accept => StartDecision::Accept(DecisionSource::Whitelist),
        WhitelistDecision::Refuse => StartDecision::Refuse(DecisionSource::Whitelist),
        WhitelistDecision::Ask if is_of_app && by_whitelist(facts.token) => {
            StartDecision::Accept(DecisionSource::Whitelist)
        }
        WhitelistDecision::Ask if is_of_app => StartDecision::Refuse(DecisionSource::Whitelist),
        WhitelistDecision::Ask if facts.real_time == RealTime::Online => StartDecision::Ask,
        WhitelistDecision::Ask if is_accepted_offline(facts) => {
            StartDecision::Accept(DecisionSource::Offline)
        }
        WhitelistDecision::Ask => StartDecision::Refuse(DecisionSource::Offline),
    }
}

/// Whether the copy alone lets the driver charge when nobody is asked.
fn by_whitelist(token: Option<CachedToken>) -> bool {
    let offline = whitelist_decision(token, RealTime::Offline, false);
    offline == WhitelistDecision::Accept
}

fn is_accepted_offline(facts: &StartFacts<'_>) -> bool {
    match facts.no_answer {
        NoAnswer::ByWhitelist => by_whitelist(facts.token),
        NoAnswer::Allow => facts.token.is_some_and(|token| token.valid),
        NoAnswer::Deny => false,
    }
}

/// What becomes of a driver who wants to stop a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StopDecision {
    /// Accept.
    Accept,
    /// Refuse.
    Refuse,
    /// Ask the eMSP once: only it can say the Token's group.
    Ask,
}

/// The card that is shown to stop a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShownToken<'a> {
    /// Its uid.
    pub uid: &'a TokenUid,
    /// Its type, when the charge point says it.
    pub token_type: Option<&'a TokenType>,
    /// The Token, when it is known: from a copy, or from the eMSP's answer.
    pub known: Option<SessionToken<'a>>,
}

/// What becomes of a driver who wants to stop the session that `started` began.
///
/// The same card always may: a driver must not be locked to the charge point. Another may when
/// both Tokens are of one group of one eMSP; of an unknown one only the eMSP can say that.
pub fn stop_decision(started: SessionToken<'_>, shown: &ShownToken<'_>) -> StopDecision {
    let TokenKey {
        uid, token_type, ..
    } = started.key;
    let is_same_uid = match token_type {
        TokenType::Emaid => shown.uid.is_same_emaid(uid),
        _ => shown.uid == uid,
    };
    let is_same_card = is_same_uid && shown.token_type.is_none_or(|shown| shown == token_type);
    match shown.known {
        _ if is_same_card => StopDecision::Accept,
        Some(known) if may_stop_session(started, known) => StopDecision::Accept,
        Some(_) => StopDecision::Refuse,
        None => StopDecision::Ask,
    }
}
