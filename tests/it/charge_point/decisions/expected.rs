//! The requirements W, written down a second time: in the order in which they stand, one after the
//! other, and without a line of the code that decides.

use ocpi_domain::authorization::ocpp::Ocpp201Status;
use ocpi_domain::{AuthMethod, DecisionSource, NoAnswer, WhitelistType};

use super::cell::{Cell, Command, Copied, Emsp, Kind, Relation, Shown};
use super::run::Outcome;

/// What must become of it.
pub(super) fn expected(cell: &Cell) -> Outcome {
    match cell.shown {
        Shown::ToStart(command) => to_start(cell, command),
        Shown::ToStop(relation) => to_stop(cell, relation),
    }
}

fn accept(source: DecisionSource, asked: usize) -> Outcome {
    let auth_method = match source {
        DecisionSource::RealTime | DecisionSource::FanOut => Some(AuthMethod::AuthRequest),
        DecisionSource::Whitelist | DecisionSource::Offline => Some(AuthMethod::Whitelist),
        DecisionSource::Command => Some(AuthMethod::Command),
        DecisionSource::StopRule => None,
    };
    Outcome {
        accepts: true,
        source,
        asked,
        ocpp: Ocpp201Status::Accepted,
        auth_method,
    }
}

fn refuse(source: DecisionSource, asked: usize, ocpp: Ocpp201Status) -> Outcome {
    Outcome {
        accepts: false,
        source,
        asked,
        ocpp,
        auth_method: None,
    }
}

/// What the answer of the eMSP decides; `None` when there is none.
fn answer(cell: &Cell, source: DecisionSource) -> Option<Outcome> {
    match cell.emsp {
        Emsp::Allows => Some(accept(source, 1)),
        Emsp::Refuses => Some(refuse(source, 1, Ocpp201Status::Blocked)),
        Emsp::DoesNotKnow => Some(refuse(source, 1, Ocpp201Status::Unknown)),
        Emsp::IsSilent => None,
    }
}

/// Whether somebody may be asked about a card of which there is no copy.
fn may_ask_about_unknown(cell: &Cell) -> bool {
    match cell.kind {
        // W-20: to the flagged only.
        Kind::Rfid | Kind::Other => cell.ask_unknown,
        // W-20: to the party in the prefix, which is its own card.
        Kind::Emaid => true,
        // W-27.
        Kind::AppUser | Kind::AdHocUser => false,
    }
}

fn to_start(cell: &Cell, command: Command) -> Outcome {
    // W-27: a command is the eMSP's authorization, and counts for 15 minutes.
    if command == Command::Fresh {
        return accept(DecisionSource::Command, 0);
    }
    if cell.copied != Copied::Listed {
        // W-13, W-14.
        if !may_ask_about_unknown(cell) {
            let source = if cell.kind.is_of_app() {
                DecisionSource::Whitelist
            } else {
                DecisionSource::Offline
            };
            return refuse(source, 0, Ocpp201Status::Unknown);
        }
        let nobody = refuse(DecisionSource::Offline, 1, Ocpp201Status::Unknown);
        return answer(cell, DecisionSource::FanOut).unwrap_or(nobody);
    }
    // what our own copy refuses is blocked. X-38: of one that is good, and might have been
    // accepted by whom we cannot ask, nothing is known.
    let refused = if cell.valid {
        Ocpp201Status::Unknown
    } else {
        Ocpp201Status::Blocked
    };
    let whitelist = |accepts: bool| {
        if accepts {
            accept(DecisionSource::Whitelist, 0)
        } else {
            refuse(DecisionSource::Whitelist, 0, refused)
        }
    };
    let accepted_offline = match cell.whitelist {
        // W-01 and W-02; W-04 and W-06; W-08 and W-10.
        WhitelistType::Always | WhitelistType::Allowed | WhitelistType::AllowedOffline => {
            cell.valid
        }
        // W-12.
        WhitelistType::Never => false,
    };
    // W-01, W-02: whatever else is so.
    if cell.whitelist == WhitelistType::Always {
        return whitelist(cell.valid);
    }
    // W-27: never a question about users of apps.
    if cell.kind.is_of_app() {
        return whitelist(accepted_offline);
    }
    // W-03: the CPO's choice.
    if cell.whitelist == WhitelistType::Allowed && cell.valid && cell.prefer_cache {
        return whitelist(true);
    }
    // W-03, W-05, W-07, W-09, W-11, and the rows of those that are offline.
    answer(cell, DecisionSource::RealTime).unwrap_or_else(|| {
        let is_accepted = match cell.no_answer {
            NoAnswer::ByWhitelist => accepted_offline,
            NoAnswer::Allow => cell.valid,
            NoAnswer::Deny => false,
        };
        if is_accepted {
            accept(DecisionSource::Offline, 1)
        } else {
            refuse(DecisionSource::Offline, 1, refused)
        }
    })
}

fn to_stop(cell: &Cell, relation: Relation) -> Outcome {
    let may = match relation {
        // W-28.
        Relation::Same => return accept(DecisionSource::StopRule, 0),
        // W-29.
        Relation::SameGroup => true,
        Relation::OtherGroup | Relation::OtherParty => false,
    };
    // W-30: a card without a copy is asked about once, to learn its group.
    let asked = usize::from(cell.copied != Copied::Listed);
    // Only those are asked who could say that it is of the group: those of the session's eMSP, who
    // is not connected where it is another one.
    let is_in_vain = relation == Relation::OtherParty || !may_ask_about_unknown(cell);
    if asked == 1 && is_in_vain {
        return refuse(DecisionSource::StopRule, 0, Ocpp201Status::Unknown);
    }
    if asked == 1 && matches!(cell.emsp, Emsp::DoesNotKnow | Emsp::IsSilent) {
        return refuse(DecisionSource::StopRule, 1, Ocpp201Status::Unknown);
    }
    if may {
        accept(DecisionSource::StopRule, asked)
    } else {
        refuse(DecisionSource::StopRule, asked, Ocpp201Status::Blocked)
    }
}
