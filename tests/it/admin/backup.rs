//! Copies of the store.

use std::path::Path;
use std::sync::Arc;

use ocpi_app::Ports;
use ocpi_ports::{MockStoreBackup, StorageError};
use serde_json::json;

use super::{start, started};
use crate::support::world::WorldBuilder;

const BACKUP: &str = "/admin/v1/backup";

/// Beyond the protocol: a backup goes where it is told, once.
#[tokio::test]
async fn a_backup_is_written_to_the_file_that_is_named() {
    let mut backup = MockStoreBackup::new();
    backup
        .expect_back_up()
        .returning(|file| match file.to_str() {
            Some("/backup/new.db") => Ok(4096),
            Some("/nowhere/new.db") => Err(StorageError::Unavailable("no such directory".into())),
            _ => Err(StorageError::Conflict),
        });
    let ports = |ports| Ports {
        backup: Some(Arc::new(backup)),
        ..ports
    };
    let (_world, operator) = start(WorldBuilder::new().ports(ports)).await;
    let made = operator
        .post(BACKUP, &json!({"file": "/backup/new.db"}))
        .await;
    assert_eq!(
        made.with_status(201),
        json!({"file": "/backup/new.db", "bytes": 4096})
    );
    let taken = operator
        .post(BACKUP, &json!({"file": "/backup/old.db"}))
        .await;
    assert!(taken.problem(409).contains("choose another name"));
    let lost = operator
        .post(BACKUP, &json!({"file": "/nowhere/new.db"}))
        .await;
    assert!(lost.problem(503).contains("is there that directory"));
}

/// Beyond the protocol: the directory in which a server happens to run is nobody's choice.
#[tokio::test]
async fn a_file_that_is_not_named_from_the_root_is_refused() {
    let mut backup = MockStoreBackup::new();
    backup.expect_back_up().never();
    let ports = |ports| Ports {
        backup: Some(Arc::new(backup)),
        ..ports
    };
    let (_world, operator) = start(WorldBuilder::new().ports(ports)).await;
    for file in [
        "",
        "ocpi.db",
        "./ocpi.db",
        "../ocpi.db",
        "/backup/a\0b",
        "sqlite:/x",
    ] {
        let detail = operator
            .post(BACKUP, &json!({"file": file}))
            .await
            .problem(400);
        assert!(
            detail.contains("`file`") && detail.contains("absolute"),
            "{detail}"
        );
        assert!(!Path::new(file).is_absolute() || file.contains('\0'));
    }
}

/// Beyond the protocol: the store in memory says that it cannot be backed up, and what to do.
#[tokio::test]
async fn the_store_in_memory_is_not_backed_up() {
    let (_world, operator) = started().await;
    let refused = operator
        .post(BACKUP, &json!({"file": "/backup/new.db"}))
        .await;
    assert!(refused.problem(501).contains("sqlite:"));
}
