//! How what is waited for stands.

use serde_json::Value;

use crate::cli::import::grouped;
use crate::cli::show::text_of;

/// Which way Tokens go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// Ours to a CPO.
    Push,
    /// An eMSP's to us.
    Pull,
}

impl Direction {
    /// Its name in the API.
    pub(super) fn name(self) -> &'static str {
        match self {
            Direction::Push => "push",
            Direction::Pull => "pull",
        }
    }

    /// What there is to say when it goes to or from nobody.
    pub(super) fn nobody(self) -> String {
        let (what, role) = match self {
            Direction::Push => ("pushed to", "a CPO"),
            Direction::Pull => ("pulled from", "an eMSP"),
        };
        format!("Tokens are {what} nobody: no platform that is {role} can be called\n")
    }
}

/// How it stands with one platform, or with several: the worst comes last, and what is waited for
/// after that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// It is over, and all went well.
    Done,
    /// It is over; some Tokens were refused, or left out.
    Partly,
    /// The platform failed, and is left alone for a while.
    Failed,
    /// It is not over.
    Waiting,
}

/// How many looks in a row must find nothing to do before a push counts as done that was never seen
/// to run: what was asked for begins within one.
const LOOKS: u32 = 3;

/// A platform whose push or pull is waited for.
pub(super) struct Waited {
    direction: Direction,
    platform: String,
    everything: bool,
    before: Value,
    now: Value,
    has_run: bool,
    looks: u32,
    standing: Standing,
}

impl Waited {
    /// Begins with how it stands before it is asked for; `None` when Tokens do not go that way.
    pub(super) fn begin(direction: Direction, item: &Value, everything: bool) -> Option<Waited> {
        let before = &item[direction.name()];
        (!before.is_null()).then(|| Waited {
            direction,
            platform: text_of(&item["platform"]),
            everything,
            before: before.clone(),
            now: before.clone(),
            has_run: false,
            looks: 0,
            standing: Standing::Waiting,
        })
    }

    /// Whether this item is of the platform.
    pub(super) fn is_of(&self, item: &Value) -> bool {
        item["platform"] == self.platform.as_str()
    }

    /// Looks at it again. One that is gone, or is not dealt with so any more, failed.
    pub(super) fn look(&mut self, item: Option<&Value>) {
        if self.standing != Standing::Waiting {
            return;
        }
        self.looks += 1;
        let Some(now) = item.map(|item| &item[self.direction.name()]) else {
            self.standing = Standing::Failed;
            return;
        };
        if now.is_null() {
            self.standing = Standing::Failed;
            return;
        }
        self.now = now.clone();
        self.standing = match now["state"].as_str() {
            Some("running") => {
                self.has_run = true;
                Standing::Waiting
            }
            Some("backing_off") if self.has_failed_anew() => Standing::Failed,
            Some("idle") if self.is_over() => self.outcome(),
            _ => Standing::Waiting,
        };
    }

    /// How it stands.
    pub(super) fn standing(&self) -> Standing {
        self.standing
    }

    /// A failure of before is not one of what was asked for.
    fn has_failed_anew(&self) -> bool {
        ["failures", "next_at"]
            .iter()
            .any(|name| self.now[name] != self.before[name])
    }

    fn is_over(&self) -> bool {
        match self.direction {
            Direction::Push => {
                let has_begun = self.has_run || self.looks >= LOOKS;
                has_begun && number(&self.now, "pending") <= behind(&self.now)
            }
            Direction::Pull => {
                let name = if self.everything {
                    "all_pulled_at"
                } else {
                    "pulled_at"
                };
                self.now[name] != self.before[name]
            }
        }
    }

    fn outcome(&self) -> Standing {
        let is_whole = match self.direction {
            Direction::Push => behind(&self.now) == 0,
            // What changed may have come while everything cannot be read to its end.
            Direction::Pull => number(&self.now, "left_out") == 0 && self.now["failure"].is_null(),
        };
        if is_whole {
            Standing::Done
        } else {
            Standing::Partly
        }
    }

    /// Tokens that are done, and Tokens in all as far as that is known.
    pub(super) fn progress(&self) -> (u64, Option<u64>) {
        match self.direction {
            Direction::Push => {
                let done = self.taken();
                (done, Some(done + number(&self.now, "pending")))
            }
            Direction::Pull => (number(&self.now, "seen"), self.now["total"].as_u64()),
        }
    }

    /// Tokens that the platform took since it was asked for.
    fn taken(&self) -> u64 {
        let taken = number(&self.now, "taken");
        taken.saturating_sub(number(&self.before, "taken"))
    }

    /// What came of it, in a line or two.
    pub(super) fn summary(&self) -> String {
        let counts = match self.direction {
            Direction::Push => format!(
                "{} tokens sent, {} to be sent",
                grouped(self.taken()),
                grouped(number(&self.now, "pending")),
            ),
            Direction::Pull => format!(
                "{} tokens seen, {} new or changed, {} left out",
                grouped(number(&self.now, "seen")),
                grouped(number(&self.now, "changed")),
                grouped(number(&self.now, "left_out")),
            ),
        };
        let ended = match self.standing {
            Standing::Done | Standing::Partly => "done",
            Standing::Failed => "failed",
            Standing::Waiting => "not over",
        };
        let trouble = trouble(self.direction, &self.now);
        let trouble = trouble.filter(|_| self.standing != Standing::Done);
        let trouble = trouble.map(|it| format!("  {it}\n")).unwrap_or_default();
        format!("{}: {ended}: {counts}\n{trouble}", self.platform)
    }
}

/// What an operator should know of a push or a pull that does not go well.
pub(super) fn trouble(direction: Direction, view: &Value) -> Option<String> {
    if let Some(failure) = view["failure"].as_str() {
        return Some(failure.to_owned());
    }
    match direction {
        Direction::Push => {
            let first = &view["behind"][0];
            let token = crate::cli::show::name_of(&first["token"], "uid");
            let reason = first["reason"].as_str()?;
            Some(format!("{} refused, as {token}: {reason}", behind(view)))
        }
        Direction::Pull => {
            let reason = view["left_out_reason"].as_str()?;
            Some(format!("{} left out: {reason}", number(view, "left_out")))
        }
    }
}

fn number(view: &Value, name: &str) -> u64 {
    view[name].as_u64().unwrap_or(0)
}

/// Tokens that the CPO refused.
fn behind(view: &Value) -> u64 {
    let refused = view["behind"].as_array().map_or(0, Vec::len);
    u64::try_from(refused).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
