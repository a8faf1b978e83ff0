//! What a CPO does with its own copy of a Token: accept, refuse, or ask the eMSP.
//!
//! Spec: 2.3.0 `mod_tokens`, `WhitelistType`.

use crate::text::CiString;
use crate::token::{TokenKey, WhitelistType};

/// Whether the eMSP can be asked in real time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RealTime {
    /// It can.
    Online,
    /// No usable answer is to be had: no connection, no time, or an error.
    Offline,
}

/// What a CPO knows of a Token from its own copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CachedToken {
    /// When the CPO may decide alone.
    pub whitelist: WhitelistType,
    /// Whether the owner calls it valid.
    pub valid: bool,
}

/// What a CPO does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WhitelistDecision {
    /// Accept without the eMSP.
    Accept,
    /// Refuse without the eMSP.
    Refuse,
    /// Ask the eMSP; its answer decides.
    Ask,
}

/// What a CPO does about a driver who wants to start charging.
///
/// `token` is its own copy, `None` when it has none. `prefer_cache` is the CPO's choice for
/// whitelist ALLOWED: accept at once instead of asking.
pub fn whitelist_decision(
    token: Option<CachedToken>,
    real_time: RealTime,
    prefer_cache: bool,
) -> WhitelistDecision {
    use WhitelistDecision::{Accept, Ask, Refuse};

    let Some(CachedToken { whitelist, valid }) = token else {
        return match real_time {
            RealTime::Online => Ask,
            RealTime::Offline => Refuse,
        };
    };
    match (whitelist, valid, real_time) {
        (WhitelistType::Always, true, _)
        | (WhitelistType::Allowed | WhitelistType::AllowedOffline, true, RealTime::Offline) => {
            Accept
        }
        (WhitelistType::Allowed, true, RealTime::Online) if prefer_cache => Accept,
        (WhitelistType::Always, false, _)
        | (WhitelistType::Allowed | WhitelistType::AllowedOffline, false, RealTime::Offline)
        | (WhitelistType::Never, _, RealTime::Offline) => Refuse,
        (
            WhitelistType::Allowed | WhitelistType::AllowedOffline | WhitelistType::Never,
            _,
            RealTime::Online,
        ) => Ask,
    }
}

/// A Token at the stop of a session: the one that started it, or the one shown to stop it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionToken<'a> {
    /// What identifies it.
    pub key: &'a TokenKey,
    /// The group that it belongs to.
    pub group_id: Option<&'a CiString<36>>,
}

/// Whether `stopping` may stop the session that `started` began.
///
/// The same Token always may, even when it is no longer valid: a driver must not be locked to
/// the charge point. Another may when both belong to the same group of the same party.
pub fn may_stop_session(started: SessionToken<'_>, stopping: SessionToken<'_>) -> bool {
    let same_group = match (started.group_id, stopping.group_id) {
        (Some(one), Some(other)) => one == other && one.is_identity(),
        _ => false,
    };
    started.key == stopping.key || same_group && started.key.party == stopping.key.party
}
