//! Every cell of the table of decisions, run through the use case itself: `docs/charge-point-table.md`.
//!
//! What comes out is compared twice: with what the requirements W say, written down once more in
//! `expected`, and with the rows of the document, which name those requirements. A row holds cells
//! of one outcome only, and each cell stands in exactly one.

mod cell;
mod document;
mod expected;
mod rows;
mod run;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use ocpi_domain::{DecisionSource, WhitelistType};
use tokio::sync::OnceCell;

use crate::support::repository::{expect_none, read, root};
use cell::{Cell, Copied, Emsp, Shown, cells};
use expected::expected;
use rows::rows;
use run::{Outcome, Settings, Stage};

const DOCUMENT: &str = "docs/charge-point-table.md";

/// Every cell with what becomes of it; run once.
async fn decided() -> &'static [(Cell, Outcome)] {
    static DECIDED: OnceCell<Vec<(Cell, Outcome)>> = OnceCell::const_new();
    DECIDED.get_or_init(decide).await
}

async fn decide() -> Vec<(Cell, Outcome)> {
    let mut decided = Vec::new();
    for settings in Settings::all() {
        let stage = Stage::of(settings).await;
        let cells: Vec<Cell> = cells()
            .filter(|cell| Settings::of(cell) == settings)
            .collect();
        stage.know(&cells).await;
        for (number, cell) in cells.iter().enumerate() {
            decided.push((*cell, stage.decide(number, cell).await));
        }
    }
    decided
}

#[expect(clippy::disallowed_methods, reason = "the one switch of this test")]
fn is_updating() -> bool {
    std::env::var_os("UPDATE_DECISIONS").is_some()
}

/// The document as it is kept; written anew before when that was asked for.
fn kept(generated: &str) -> String {
    static WRITING: Mutex<()> = Mutex::new(());
    let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    if is_updating() {
        std::fs::write(root().join(DOCUMENT), generated).expect("the document can be written");
    }
    read(DOCUMENT)
}

/// Holds: W-01, W-02, W-03, W-04, W-05, W-06, W-07, W-08, W-09, W-10, W-11, W-12, W-13, W-14, W-20,
/// W-23, W-27, W-28, W-29, W-30, W-31, X-34, X-36, X-38, X-39. Every cell of the table, and the
/// document that says so.
#[tokio::test(start_paused = true)]
async fn every_cell_of_the_table_is_decided_as_the_requirements_say() {
    let decided = decided().await;
    let mut faults = Vec::new();
    for (cell, outcome) in decided {
        let expected = expected(cell);
        if *outcome != expected {
            faults.push(format!("{cell:?}: {outcome:?}, and not {expected:?}"));
        }
    }
    let wrong = faults.len();
    faults.truncate(20);
    let of = decided.len();
    expect_none(&faults, &format!("{wrong} of {of} cells are wrong"));

    let mut by_row: BTreeMap<usize, BTreeMap<Emsp, Outcome>> = BTreeMap::new();
    let rows = rows();
    for (cell, outcome) in decided {
        let matching: Vec<usize> = (0..rows.len())
            .filter(|row| rows[*row].holds(cell))
            .collect();
        let [row] = matching.as_slice() else {
            panic!("{cell:?} stands in {} rows", matching.len());
        };
        let known = by_row.entry(*row).or_default();
        let first = known.entry(cell.emsp).or_insert(*outcome);
        if first != outcome {
            faults.push(format!("row {row}: {cell:?}: {outcome:?}, and {first:?}"));
        }
    }
    faults.truncate(20);
    expect_none(&faults, "a row of several outcomes");
    assert_eq!(by_row.len(), rows.len(), "a row without a cell");
    // Of a card without a copy nothing is known that could differ.
    let of_copies = 1 + 2 * (4 * 2);
    let of_starts = of_copies * 5 * 3 * 4 * (2 * 2 * 3);
    let of_stops = of_copies * 5 * 4 * 4 * (2 * 2 * 3);
    assert_eq!(decided.len(), of_starts + of_stops, "every cell");

    let generated = document::document(&rows, &by_row, decided.len());
    assert!(
        generated == kept(&generated),
        "{DOCUMENT} is not what the code does; UPDATE_DECISIONS=1 writes it anew"
    );
}

/// Holds: W-11, W-12, W-27. A Token with whitelist NEVER is never answered from the copy: who can be
/// asked is asked, and who cannot is refused.
#[tokio::test(start_paused = true)]
async fn never_is_never_answered_from_the_copy() {
    let mut count = 0;
    for (cell, outcome) in decided().await {
        let is_never = cell.copied == Copied::Listed && cell.whitelist == WhitelistType::Never;
        if !is_never || cell.shown.is_stop() {
            continue;
        }
        count += 1;
        let is_from_copy = outcome.source == DecisionSource::Whitelist;
        assert!(!(is_from_copy && outcome.accepts), "{cell:?}: {outcome:?}");
        assert!(
            !is_from_copy || cell.kind.is_of_app(),
            "{cell:?}: {outcome:?}"
        );
    }
    assert!(count > 1000, "{count}");
}

/// Holds: W-01, W-02. A Token with whitelist ALWAYS causes no call, to start and to stop.
#[tokio::test(start_paused = true)]
async fn always_never_causes_a_call() {
    let mut count = 0;
    for (cell, outcome) in decided().await {
        if cell.copied == Copied::Listed && cell.whitelist == WhitelistType::Always {
            count += 1;
            assert_eq!(outcome.asked, 0, "{cell:?}");
            let is_start = cell.shown == Shown::ToStart(cell::Command::Never);
            assert!(!is_start || outcome.accepts == cell.valid, "{cell:?}");
        }
    }
    assert!(count > 1000, "{count}");
}

/// Holds: W-14, W-23. Whatever is set: nobody starts with a card that neither a copy nor an eMSP nor
/// a command vouches for.
#[tokio::test(start_paused = true)]
async fn who_starts_is_vouched_for() {
    for (cell, outcome) in decided().await {
        let Shown::ToStart(command) = cell.shown else {
            continue;
        };
        let by_copy = cell.copied == Copied::Listed && cell.valid;
        let by_emsp = cell.emsp == Emsp::Allows && outcome.asked > 0;
        let by_command = command == cell::Command::Fresh;
        assert!(
            !outcome.accepts || by_copy || by_emsp || by_command,
            "{cell:?}: {outcome:?}"
        );
        let is_refused = matches!(cell.emsp, Emsp::Refuses | Emsp::DoesNotKnow);
        assert!(
            !(outcome.accepts && is_refused && outcome.asked > 0),
            "a real answer beats the copy: {cell:?}: {outcome:?}"
        );
    }
}
