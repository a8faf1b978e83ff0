//! What a decision depends on.

use ocpi_domain::{NoAnswer, TokenType, WhitelistType};

/// What the driver is at the charge point for, and with what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// To start, so long after a command of the eMSP.
    ToStart(Command),
    /// To stop a session that a Token began to which the one shown is this.
    ToStop(Relation),
}

impl Shown {
    pub(super) fn is_stop(self) -> bool {
        matches!(self, Shown::ToStop(_))
    }
}

/// The last command to start for this Token and this EVSE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    Never,
    /// A millisecond before it ceases to count.
    Fresh,
    /// At the millisecond at which it does not count any more.
    Old,
}

/// What the Token that is shown is to the one that began the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Same,
    /// Of the same group of the same eMSP.
    SameGroup,
    /// Of another group of the same eMSP.
    OtherGroup,
    /// Of a group of the same name, but of another eMSP.
    OtherParty,
}

/// The kind of Token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Rfid,
    Other,
    Emaid,
    AppUser,
    AdHocUser,
}

impl Kind {
    pub(super) fn is_of_app(self) -> bool {
        matches!(self, Kind::AppUser | Kind::AdHocUser)
    }

    pub(super) fn token_type(self) -> TokenType {
        match self {
            Kind::Rfid => TokenType::Rfid,
            Kind::Other => TokenType::Other,
            Kind::Emaid => TokenType::Emaid,
            Kind::AppUser => TokenType::AppUser,
            Kind::AdHocUser => TokenType::AdHocUser,
        }
    }
}

/// The CPO's copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Copied {
    Never,
    Listed,
    /// The eMSP lists it no more.
    Absent,
}

/// What the eMSP says when it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Emsp {
    Allows,
    Refuses,
    DoesNotKnow,
    IsSilent,
}

/// Everything that a decision depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) shown: Shown,
    pub(super) kind: Kind,
    pub(super) copied: Copied,
    /// Of the copy; without one of no meaning.
    pub(super) whitelist: WhitelistType,
    /// Of the copy; without one of no meaning.
    pub(super) valid: bool,
    pub(super) emsp: Emsp,
    pub(super) prefer_cache: bool,
    pub(super) ask_unknown: bool,
    pub(super) no_answer: NoAnswer,
}

pub(super) const COMMANDS: [Command; 3] = [Command::Never, Command::Fresh, Command::Old];
pub(super) const RELATIONS: [Relation; 4] = [
    Relation::Same,
    Relation::SameGroup,
    Relation::OtherGroup,
    Relation::OtherParty,
];
pub(super) const KINDS: [Kind; 5] = [
    Kind::Rfid,
    Kind::Other,
    Kind::Emaid,
    Kind::AppUser,
    Kind::AdHocUser,
];
pub(super) const COPIES: [Copied; 3] = [Copied::Never, Copied::Listed, Copied::Absent];
pub(super) const WHITELISTS: [WhitelistType; 4] = [
    WhitelistType::Always,
    WhitelistType::Allowed,
    WhitelistType::AllowedOffline,
    WhitelistType::Never,
];
pub(super) const EMSPS: [Emsp; 4] = [
    Emsp::Allows,
    Emsp::Refuses,
    Emsp::DoesNotKnow,
    Emsp::IsSilent,
];
pub(super) const NO_ANSWERS: [NoAnswer; 3] =
    [NoAnswer::ByWhitelist, NoAnswer::Allow, NoAnswer::Deny];
pub(super) const EITHER: [bool; 2] = [true, false];

/// Every copy: whether there is one, its whitelist, and whether it is valid.
fn copies() -> impl Iterator<Item = (Copied, WhitelistType, bool)> {
    let of = |copied| {
        let each = move |whitelist| EITHER.map(|valid| (copied, whitelist, valid));
        WHITELISTS.into_iter().flat_map(each)
    };
    let none = (Copied::Never, WhitelistType::Always, true);
    std::iter::once(none)
        .chain(of(Copied::Listed))
        .chain(of(Copied::Absent))
}

/// Every cell.
pub(super) fn cells() -> impl Iterator<Item = Cell> {
    let starts = COMMANDS.into_iter().map(Shown::ToStart);
    let shown = starts.chain(RELATIONS.into_iter().map(Shown::ToStop));
    let shown = shown.flat_map(|shown| KINDS.map(|kind| (shown, kind)));
    let copied = shown.flat_map(|of| copies().map(move |copy| (of, copy)));
    let asked = copied.flat_map(|of| EMSPS.map(move |emsp| (of, emsp)));
    let preferring = asked.flat_map(|of| EITHER.map(move |prefers| (of, prefers)));
    let asking = preferring.flat_map(|of| EITHER.map(move |asks| (of, asks)));
    let all = asking.flat_map(|of| NO_ANSWERS.map(move |no_answer| (of, no_answer)));
    all.map(|(of, no_answer)| {
        let ((of, prefer_cache), ask_unknown) = of;
        let (((shown, kind), (copied, whitelist, valid)), emsp) = of;
        Cell {
            shown,
            kind,
            copied,
            whitelist,
            valid,
            emsp,
            prefer_cache,
            ask_unknown,
            no_answer,
        }
    })
}
