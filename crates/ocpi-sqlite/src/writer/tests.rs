//! What is taken back when a transaction fails.

use ocpi_domain::{
    AuthorizationRecord, ConcurrencyScope, DateTime, MessageId, Party, PlatformId, Rule, Slot,
    SlotClaim, SlotHolder, SlotLimit, SlotOutcome, SlotPlace, TokenKey, TokenType,
};
use ocpi_ports::{AuthorizationRepository, SlotQuery};
use rusqlite::ffi;

use super::*;
use crate::sql::slots::append_with_slot;
use crate::store::{SqliteOptions, SqliteStore};

fn holder() -> SlotHolder {
    let token = TokenKey {
        party: Party::new("CH", "ABC").unwrap(),
        uid: "CARD".parse().unwrap(),
        token_type: TokenType::Rfid,
    };
    SlotHolder {
        token,
        group_id: None,
    }
}

/// A claim of the one slot of the card.
fn claim() -> SlotClaim {
    SlotClaim {
        holder: holder(),
        limit: Some(SlotLimit {
            max: 1,
            scope: ConcurrencyScope::Token,
        }),
        place: SlotPlace::of_question(PlatformId::new("peer").unwrap(), None, None),
        until: DateTime::MAX,
    }
}

fn record(reference: &str) -> AuthorizationRecord {
    let id = MessageId::new("id").unwrap();
    AuthorizationRecord {
        reference: reference.parse().unwrap(),
        at: DateTime::from_unix_ms(0).unwrap(),
        platform: PlatformId::new("peer").unwrap(),
        request_id: id.clone(),
        correlation_id: id,
        token_party: None,
        token_uid: AuthorizationRecord::uid_as_asked("CARD"),
        token_type: TokenType::Rfid,
        asked: None,
        allowed_location: None,
        allowed: None,
        status: None,
        rule: Rule::UnknownToken,
        latency_us: 0,
        charge_point: None,
    }
}

/// The slots of the card: those in memory, and how many are in the file.
async fn slots(store: &SqliteStore) -> (Vec<Slot>, i64) {
    let query = SlotQuery {
        holder: holder(),
        scope: ConcurrencyScope::Token,
        place: None,
        at: DateTime::from_unix_ms(0).unwrap(),
    };
    let count = "SELECT count(*) FROM pending_slots";
    let stored = store
        .scans
        .run(|db| Ok(db.query_row(count, [], |row| row.get(0))?));
    let slots = store.list_slots(&query).await.unwrap();
    (slots, stored.await.unwrap())
}

/// Claims the slot in one transaction with a write that fails by `error`.
async fn claim_beside(
    store: &SqliteStore,
    reference: &str,
    error: ffi::Error,
) -> Result<SlotOutcome, StorageError> {
    let (go_on, wait) = std::sync::mpsc::channel::<()>();
    let (tell, begun) = oneshot::channel();
    let mut tell = Some(tell);
    let first = store.writer.write(move |_| {
        tell.take().map(|tell| tell.send(()));
        Ok(wait.recv().is_err())
    });
    let record = record(reference);
    let claimed = store.writer.write(move |transaction| {
        let slots = transaction.changes_slots();
        append_with_slot(
            transaction.db,
            transaction.state,
            transaction.chain_key,
            slots,
            (&record, &claim()),
        )
    });
    let broken = store.writer.write(move |_| -> Result<(), SqlError> {
        Err(rusqlite::Error::SqliteFailure(error, None).into())
    });
    // While the first one runs, the others gather behind it.
    let others = async {
        begun.await.unwrap();
        tokio::join!(claimed, broken, async { drop(go_on) })
    };
    let (first, (claimed, broken, ())) = tokio::join!(first, others);
    assert!(first.unwrap());
    assert!(matches!(broken, Err(StorageError::Unavailable(_))));
    claimed
}

/// Holds: E-17, E-30.
#[tokio::test]
async fn a_transaction_that_fails_takes_its_slots_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(SqliteOptions {
        path: folder.path().join("ocpi.db"),
        chain_key: [7; 32],
        cache_bytes_max: 1024 * 1024,
        wal_bytes_max: 1024 * 1024,
    })
    .unwrap();
    let full = ffi::Error::new(ffi::SQLITE_FULL);
    let refused = claim_beside(&store, "R-1", full).await;
    assert!(matches!(refused, Err(StorageError::Unavailable(_))));
    assert_eq!(slots(&store).await, (Vec::new(), 0));
    // One that is refused for itself is left out, and the others run again: the slot that the
    // claim got before must not be in its way.
    let own_fault = ffi::Error::new(ffi::SQLITE_CONSTRAINT);
    let claimed = claim_beside(&store, "R-2", own_fault).await;
    assert_eq!(claimed.unwrap(), SlotOutcome::Taken);
    let (taken, stored) = slots(&store).await;
    assert_eq!((taken.len(), stored), (1, 1));
    // What was committed is not taken back with what comes later.
    let refused = claim_beside(&store, "R-3", full).await;
    assert!(matches!(refused, Err(StorageError::Unavailable(_))));
    assert_eq!(slots(&store).await, (taken, 1));
}
