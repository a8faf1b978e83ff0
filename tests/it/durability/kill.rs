//! `kill -9` in the midst of everything.

use super::ledger::Ledger;
use super::load::{BUSY, Load};
use crate::support::durable::StoreFile;
use crate::support::random::{Random, fresh_seed};

/// Kills of one run, unless `OCPI_TEST_KILLS` says another number.
const KILLS: u64 = 20;

#[expect(
    clippy::disallowed_methods,
    reason = "how long a test runs is no setting of the server"
)]
fn number_of(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text}")))
}

/// Holds: E-33, E-30, S-26. Nothing acknowledged is lost: every Token, account, session and record
/// is there after any `kill -9`, the chain of records is whole, and what was allowed or is charging
/// still counts, while what has ended does not.
///
/// `OCPI_TEST_KILLS` makes it longer; `OCPI_TEST_SEED` repeats what a failed run did, as far as the
/// order in which the system runs the connections lets it.
#[tokio::test]
async fn every_acknowledged_write_survives_kill_9_under_load() {
    let kills = number_of("OCPI_TEST_KILLS").unwrap_or(KILLS);
    let seed = number_of("OCPI_TEST_SEED").unwrap_or_else(fresh_seed);
    let mut random = Random::new(seed);
    let file = StoreFile::new("kill");
    let mut ledger = Ledger::default();
    let mut server = file.serve().await;
    for kill in 1..=kills {
        let when = format!("kill {kill} of OCPI_TEST_SEED={seed}");
        // Some come when a server has hardly started, some when its log was copied meanwhile.
        let count_max = if random.below(4) == 0 { 20 } else { 600 };
        let mut load = Load::start(&server, ledger, BUSY, random.next()).await;
        let went_on = load.acknowledged(1 + random.below(count_max)).await;
        let ended = server.kill().await;
        assert!(went_on, "{when}: a client stopped: {}", ended.stderr);
        ledger = load.end(&when).await;
        server = file.serve().await;
        ledger.check(&server, &when).await;
        if kill == kills {
            ledger.check_all(&server, &when).await;
        }
    }
    assert_eq!(server.stop().await.code, Some(0));
    let db = rusqlite::Connection::open(file.path()).expect("SQLite opens it");
    let verdict: String = db
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .expect("SQLite checks it");
    assert_eq!(verdict, "ok", "OCPI_TEST_SEED={seed}");
}
