//! An orderly stop in the midst of everything.

use super::ledger::Ledger;
use super::load::{BUSY, Load};
use crate::support::durable::StoreFile;

/// Holds: E-33. After an orderly stop everything is in the one file, so that it can be copied
/// alone.
#[tokio::test]
async fn a_clean_stop_under_load_leaves_everything_in_the_file_and_no_log() {
    let file = StoreFile::new("clean-stop");
    let mut ledger = Ledger::default();
    for round in 1..=3 {
        let when = format!("stop {round}");
        let server = file.serve().await;
        let mut load = Load::start(&server, ledger, BUSY, round).await;
        let went_on = load.acknowledged(300).await;
        let ended = server.stop().await;
        assert!(went_on, "{when}: a client stopped: {}", ended.stderr);
        ledger = load.end(&when).await;
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let log = std::fs::metadata(file.beside("-wal"));
        assert!(log.is_err() || log.is_ok_and(|log| log.len() == 0));
        let server = file.serve().await;
        ledger.check(&server, &when).await;
        assert_eq!(server.stop().await.code, Some(0));
    }
}
