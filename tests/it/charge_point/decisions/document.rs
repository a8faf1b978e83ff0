//! The rows as a document.

use std::collections::BTreeMap;
use std::fmt::Write;

use ocpi_domain::{NoAnswer, WhitelistType};

use super::cell::{
    COPIES, Command, Copied, EITHER, EMSPS, Emsp, KINDS, Kind, NO_ANSWERS, RELATIONS, Relation,
    WHITELISTS,
};
use super::rows::{Row, Wanted};
use super::run::Outcome;

const HEAD: &str = "\
# What a charge point is answered: the table

Written by a test from the code that runs (`tests/it/charge_point/decisions.rs`); another fails when the two differ.
`UPDATE_DECISIONS=1 cargo test -p ocpi-tests --test it charge_point::decisions` writes it anew. What the words mean, and what to
set, is in [charge-point.md](charge-point.md); the numbers are those of [protocol.md](protocol.md).

How to read it:

- A row stands for every card, copy and setting that its left half names; `any` is each of them. The last four columns
  say what becomes of the driver by what the eMSP says **if** it is asked: `ask:` marks the cells in which it is.
- *copy* `none`: the CPO never had one, or a complete crawl of the eMSP's Tokens did not find it any more.
- *StartSession*: the eMSP's own command for this Token at this EVSE; `fresh` is less than 15 minutes old.
- *no answer*: no connection, no time, an answer that says that the eMSP cannot answer now, or a breaker that is open.
- In brackets: what decided (`source` of the answer), and the status of OCPP 2.0.1.
- An eMSP is asked about a card of which there is no copy when its profile says `ask_unknown`; about an EMAID, that of
  its prefix is. At a stop only that of the session is: no other can say that both cards are of one group.
";

/// The whole document.
pub(super) fn document(
    rows: &[Row],
    outcomes: &BTreeMap<usize, BTreeMap<Emsp, Outcome>>,
    cells: usize,
) -> String {
    let mut text = HEAD.to_owned();
    text.push_str("\n## To start\n\n");
    text.push_str(
        "| Requirements | StartSession | Token | copy | whitelist | valid | settings | eMSP allows | eMSP refuses | \
         eMSP does not know it | no answer |\n|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for (number, row) in rows.iter().enumerate() {
        if let Wanted::Start(commands) = row.wanted {
            let command = if commands.contains(&Command::Fresh) {
                "fresh"
            } else {
                "none, or older"
            };
            line(&mut text, command, row, &outcomes[&number]);
        }
    }
    text.push_str("\n## To stop\n\n");
    text.push_str(
        "| Requirements | to the Token that started | Token | copy | whitelist | valid | settings | eMSP allows | \
         eMSP refuses | eMSP does not know it | no answer |\n|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for (number, row) in rows.iter().enumerate() {
        if let Wanted::Stop(relations) = row.wanted {
            let relation = named(relations, &RELATIONS, |relation| match relation {
                Relation::Same => "the same",
                Relation::SameGroup => "same group of the same eMSP",
                Relation::OtherGroup => "other group",
                Relation::OtherParty => "other eMSP",
            });
            line(&mut text, &relation, row, &outcomes[&number]);
        }
    }
    let count = rows.len();
    let _ = write!(
        text,
        "\n{cells} cells, all of them run, in {count} rows: 3 ages of a StartSession or 4 relations to the Token that \
         started; 5 types of Tokens;\nno copy, or one that is listed or not, with 4 whitelists, valid or not; 4 words of \
         the eMSP; and `prefer_cache`,\n`ask_unknown` and `no_answer` of its profile.\n",
    );
    text
}

fn line(text: &mut String, shown: &str, row: &Row, outcomes: &BTreeMap<Emsp, Outcome>) {
    let kinds = named(row.kinds, &KINDS, |kind| match kind {
        Kind::Rfid => "RFID",
        Kind::Other => "OTHER",
        Kind::Emaid => "EMAID",
        Kind::AppUser => "APP_USER",
        Kind::AdHocUser => "AD_HOC_USER",
    });
    let copies = if row.copies.len() == COPIES.len() {
        "any"
    } else if row.copies.contains(&Copied::Listed) {
        "yes"
    } else {
        "none"
    };
    let (mut whitelists, mut valid) = (String::from("-"), String::from("-"));
    if copies != "none" {
        whitelists = named(row.whitelists, &WHITELISTS, WhitelistType::as_str);
        valid = named(
            row.valid,
            &EITHER,
            |valid| if *valid { "yes" } else { "no" },
        );
    }
    let settings = settings(row);
    let ids = row.ids;
    let _ = write!(
        text,
        "| {ids} | {shown} | {kinds} | {copies} | {whitelists} | {valid} | {settings} |"
    );
    for emsp in EMSPS {
        let _ = write!(text, " {} |", said(&outcomes[&emsp]));
    }
    text.push('\n');
}

/// The values by their names; `any` when they are all.
fn named<T>(values: &[T], all: &[T], name: impl Fn(&T) -> &'static str) -> String {
    if values.len() == all.len() {
        return "any".to_owned();
    }
    let names: Vec<&str> = values.iter().map(name).collect();
    names.join(", ")
}

/// What must be set for the row.
fn settings(row: &Row) -> String {
    let mut set = Vec::new();
    for (name, values) in [
        ("prefer_cache", row.prefer_cache),
        ("ask_unknown", row.ask_unknown),
    ] {
        if let [value] = values {
            set.push(format!("`{name} = {value}`"));
        }
    }
    if row.no_answers.len() < NO_ANSWERS.len() {
        let values: Vec<&str> = row.no_answers.iter().map(NoAnswer::as_str).collect();
        set.push(format!("`no_answer` = {}", values.join(" or ")));
    }
    if set.is_empty() {
        return "any".to_owned();
    }
    set.join(", ")
}

fn said(outcome: &Outcome) -> String {
    let asked = if outcome.asked > 0 { "ask: " } else { "" };
    let decision = if outcome.accepts {
        "**accept**"
    } else {
        "refuse"
    };
    let (source, ocpp) = (outcome.source.as_str(), outcome.ocpp.as_str());
    format!("{asked}{decision} ({source}, {ocpp})")
}
