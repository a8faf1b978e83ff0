//! Two servers, one file.

use serde_json::Value;

use crate::support::durable::{Server, StoreFile};
use crate::support::token::{card, copy};

/// Beyond the protocol: two processes that write one store would each acknowledge what the other
/// undoes; the second is refused, and told where the first is.
#[tokio::test]
async fn a_second_server_on_a_file_refuses_to_start_until_the_first_has_ended() {
    let file = StoreFile::new("two-processes");
    let first = file.serve().await;
    assert_eq!(put(&first, "BEFORE").await, (201, 1000));
    let second = file.program().end().await;
    assert_eq!(second.code, Some(1), "{}", second.stderr);
    for told in [file.name(), first.admin.to_string()] {
        assert!(second.stderr.contains(&told), "{told}: {}", second.stderr);
    }
    // The first has lost nothing by it, neither its lock nor what it says of itself.
    assert_eq!(put(&first, "AFTER").await, (201, 1000));
    let third = file.program().end().await;
    assert_eq!(third.code, Some(1), "{}", third.stderr);
    let address = first.admin.to_string();
    assert!(third.stderr.contains(&address), "{}", third.stderr);
    // The lock goes with the process, however it ends.
    first.kill().await;
    let next = file.serve().await;
    let uids: Vec<Value> = next
        .tokens()
        .await
        .iter()
        .map(|token| token["uid"].clone())
        .collect();
    assert_eq!(uids, ["BEFORE", "AFTER"]);
    assert_eq!(next.stop().await.code, Some(0));
}

async fn put(server: &Server, uid: &str) -> (u16, u64) {
    server
        .call("PUT", &copy(uid), Some(&card(uid)))
        .await
        .codes()
}
