//! The rows of the document: which cells each holds, and the requirements that say so.

use ocpi_domain::{NoAnswer, WhitelistType};

use super::cell::{
    COPIES, Cell, Command, Copied, EITHER, KINDS, Kind, NO_ANSWERS, Relation, Shown, WHITELISTS,
};

/// A row: its cells are those with any of the values of each member.
#[derive(Clone)]
pub(super) struct Row {
    /// The requirements that it is about.
    pub(super) ids: &'static str,
    /// What the driver is there for.
    pub(super) wanted: Wanted,
    pub(super) kinds: &'static [Kind],
    pub(super) copies: &'static [Copied],
    pub(super) whitelists: &'static [WhitelistType],
    pub(super) valid: &'static [bool],
    pub(super) prefer_cache: &'static [bool],
    pub(super) ask_unknown: &'static [bool],
    pub(super) no_answers: &'static [NoAnswer],
}

/// What the driver is there for.
#[derive(Clone, Copy)]
pub(super) enum Wanted {
    Start(&'static [Command]),
    Stop(&'static [Relation]),
}

impl Row {
    pub(super) fn holds(&self, cell: &Cell) -> bool {
        let is_wanted = match (self.wanted, cell.shown) {
            (Wanted::Start(commands), Shown::ToStart(command)) => commands.contains(&command),
            (Wanted::Stop(relations), Shown::ToStop(relation)) => relations.contains(&relation),
            _ => false,
        };
        // Without a copy there is no whitelist to be of the row, or not.
        let is_of_copy = cell.copied == Copied::Never
            || self.whitelists.contains(&cell.whitelist) && self.valid.contains(&cell.valid);
        is_wanted
            && is_of_copy
            && self.kinds.contains(&cell.kind)
            && self.copies.contains(&cell.copied)
            && self.prefer_cache.contains(&cell.prefer_cache)
            && self.ask_unknown.contains(&cell.ask_unknown)
            && self.no_answers.contains(&cell.no_answer)
    }
}

const APPS: &[Kind] = &[Kind::AppUser, Kind::AdHocUser];
const CARDS: &[Kind] = &[Kind::Rfid, Kind::Other, Kind::Emaid];
const NAMELESS: &[Kind] = &[Kind::Rfid, Kind::Other];
const NO_COPY: &[Copied] = &[Copied::Never, Copied::Absent];
const UNCOMMANDED: Wanted = Wanted::Start(&[Command::Never, Command::Old]);
const ALWAYS: &[WhitelistType] = &[WhitelistType::Always];
const ALLOWED: &[WhitelistType] = &[WhitelistType::Allowed];
const ALLOWED_OFFLINE: &[WhitelistType] = &[WhitelistType::AllowedOffline];
const NEVER: &[WhitelistType] = &[WhitelistType::Never];
const YES: &[bool] = &[true];
const NO: &[bool] = &[false];
const NOT_DENY: &[NoAnswer] = &[NoAnswer::ByWhitelist, NoAnswer::Allow];
const DENY: &[NoAnswer] = &[NoAnswer::Deny];

/// Of everything.
fn row(ids: &'static str, wanted: Wanted) -> Row {
    Row {
        ids,
        wanted,
        kinds: &KINDS,
        copies: &COPIES,
        whitelists: &WHITELISTS,
        valid: &EITHER,
        prefer_cache: &EITHER,
        ask_unknown: &EITHER,
        no_answers: &NO_ANSWERS,
    }
}

/// A driver who starts without a command, with a Token of which there is a copy.
fn with_copy(ids: &'static str, kinds: &'static [Kind]) -> Row {
    Row {
        kinds,
        copies: &[Copied::Listed],
        ..row(ids, UNCOMMANDED)
    }
}

/// A driver who starts without a command, with a Token of which there is no copy.
fn without_copy(ids: &'static str, kinds: &'static [Kind]) -> Row {
    Row {
        kinds,
        copies: NO_COPY,
        ..row(ids, UNCOMMANDED)
    }
}

/// Every row, in the order of the document.
pub(super) fn rows() -> Vec<Row> {
    let mut rows = vec![row("W-27", Wanted::Start(&[Command::Fresh]))];
    rows.extend(of_cards());
    rows.extend(of_users_of_apps());
    rows.extend(of_unknown_cards());
    rows.extend(of_stops());
    rows
}

fn of_cards() -> Vec<Row> {
    let of = |ids, whitelists, valid| Row {
        whitelists,
        valid,
        ..with_copy(ids, CARDS)
    };
    let unless_cached = Row {
        prefer_cache: NO,
        ..of("W-03, W-04", ALLOWED, YES)
    };
    vec![
        of("W-01", ALWAYS, YES),
        of("W-02", ALWAYS, NO),
        Row {
            prefer_cache: YES,
            ..of("W-03", ALLOWED, YES)
        },
        Row {
            no_answers: NOT_DENY,
            ..unless_cached.clone()
        },
        Row {
            no_answers: DENY,
            ..unless_cached
        },
        of("W-05, W-06", ALLOWED, NO),
        Row {
            no_answers: NOT_DENY,
            ..of("W-07, W-08", ALLOWED_OFFLINE, YES)
        },
        Row {
            no_answers: DENY,
            ..of("W-07, W-08", ALLOWED_OFFLINE, YES)
        },
        of("W-09, W-10", ALLOWED_OFFLINE, NO),
        Row {
            no_answers: &[NoAnswer::ByWhitelist, NoAnswer::Deny],
            ..of("W-11, W-12", NEVER, YES)
        },
        Row {
            no_answers: &[NoAnswer::Allow],
            ..of("W-11, W-12", NEVER, YES)
        },
        of("W-11, W-12", NEVER, NO),
    ]
}

fn of_users_of_apps() -> Vec<Row> {
    vec![
        Row {
            whitelists: &[
                WhitelistType::Always,
                WhitelistType::Allowed,
                WhitelistType::AllowedOffline,
            ],
            valid: YES,
            ..with_copy("W-27, W-01, W-04, W-08", APPS)
        },
        Row {
            whitelists: NEVER,
            valid: YES,
            ..with_copy("W-27, W-12", APPS)
        },
        Row {
            valid: NO,
            ..with_copy("W-27, W-02, W-06, W-10, W-12", APPS)
        },
        without_copy("W-27, W-14", APPS),
    ]
}

fn of_unknown_cards() -> Vec<Row> {
    vec![
        Row {
            ask_unknown: YES,
            ..without_copy("W-13, W-14, W-20", NAMELESS)
        },
        Row {
            ask_unknown: NO,
            ..without_copy("W-14, W-20", NAMELESS)
        },
        without_copy("W-13, W-14, W-20", &[Kind::Emaid]),
    ]
}

fn of_stops() -> Vec<Row> {
    let same_group = Wanted::Stop(&[Relation::SameGroup]);
    let not_together = Wanted::Stop(&[Relation::OtherGroup, Relation::OtherParty]);
    let other_group = Wanted::Stop(&[Relation::OtherGroup]);
    let other_party = Wanted::Stop(&[Relation::OtherParty]);
    let of_emsp = Wanted::Stop(&[Relation::SameGroup, Relation::OtherGroup]);
    let unknown = |ids, wanted, kinds| Row {
        kinds,
        copies: NO_COPY,
        ..row(ids, wanted)
    };
    let known = |wanted| Row {
        copies: &[Copied::Listed],
        ..row("W-29", wanted)
    };
    let asked = |wanted| {
        [
            Row {
                ask_unknown: YES,
                ..unknown("W-30", wanted, NAMELESS)
            },
            unknown("W-30", wanted, &[Kind::Emaid]),
        ]
    };
    let mut rows = vec![
        row("W-28", Wanted::Stop(&[Relation::Same])),
        known(same_group),
        known(not_together),
    ];
    rows.extend(asked(same_group));
    rows.extend(asked(other_group));
    rows.push(Row {
        ask_unknown: NO,
        ..unknown("W-30", of_emsp, NAMELESS)
    });
    rows.push(unknown("W-30, W-27", of_emsp, APPS));
    rows.push(unknown("W-29, W-30", other_party, &KINDS));
    rows
}
