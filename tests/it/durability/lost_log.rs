//! A tail that was cut off.

use crate::support::durable::{StoreFile, published_head};
use crate::support::token::{card, copy, question};

/// Holds: E-33. The newest records can be cut off without a trace in the store itself; the head
/// that was published shows it.
#[tokio::test]
async fn a_published_head_shows_that_the_newest_records_are_missing() {
    let file = StoreFile::new("lost-log");
    let server = file.serve().await;
    let put = server.call("PUT", &copy("T"), Some(&card("T"))).await;
    assert_eq!(put.codes(), (201, 1000));
    let ask = async |server: &crate::support::durable::Server| {
        let answer = server.call("POST", &question("T"), None).await;
        assert_eq!(answer.data()["allowed"], "ALLOWED");
        published_head(&server.metrics().await).expect("there is a record")
    };
    let kept = ask(&server).await;
    // It ends in order: all that was written is in the file.
    assert_eq!(server.stop().await.code, Some(0));
    let server = file.serve().await;
    let lost = ask(&server).await;
    server.kill().await;
    std::fs::remove_file(file.beside("-wal")).expect("what was written last is in the log");
    let server = file.serve().await;
    for (head, is_there) in [(kept, true), (lost, false)] {
        let target = format!("/admin/v1/audit/verify?head={head}");
        let report = server.ask(&target).await.json();
        assert_eq!(report["fault"].is_null(), is_there, "{report}");
        assert_eq!(report["records"], 1, "{report}");
    }
}
