//! Stores that panic, fail, or are more than they are.

use std::sync::Arc;

use ocpi_app::Ports;
use ocpi_ports::{
    ChainHead, ChainLink, ChainReport, MockAccountRepository, MockAuthorizationRepository,
    MockLocationRepository, MockPlatformRepository, MockRecordAudit, MockSessionRepository,
    MockStoreBackup, MockStoreHealth, MockSyncRepository, MockTokenRepository, StorageError,
};

/// Ports none of which expects to be asked: whoever asks one meets a panic.
pub(super) fn panicking(ports: Ports) -> Ports {
    Ports {
        tokens: Arc::new(MockTokenRepository::new()),
        accounts: Arc::new(MockAccountRepository::new()),
        authorizations: Arc::new(MockAuthorizationRepository::new()),
        sessions: Arc::new(MockSessionRepository::new()),
        locations: Arc::new(MockLocationRepository::new()),
        platforms: Arc::new(MockPlatformRepository::new()),
        sync: Arc::new(MockSyncRepository::new()),
        health: Arc::new(MockStoreHealth::new()),
        audit: Some(Arc::new(MockRecordAudit::new())),
        backup: Some(Arc::new(MockStoreBackup::new())),
        ..ports
    }
}

fn down() -> StorageError {
    StorageError::Unavailable("the disk at /var/secret is gone".into())
}

/// Ports of a store that is down.
pub(super) fn failing(ports: Ports) -> Ports {
    let mut tokens = MockTokenRepository::new();
    tokens.expect_find_token().returning(|_| Err(down()));
    tokens
        .expect_find_tokens_by_uid()
        .returning(|_, _| Err(down()));
    tokens.expect_find_tokens().returning(|_| Err(down()));
    tokens.expect_put_token().returning(|_| Err(down()));
    tokens.expect_put_tokens().returning(|_| Err(down()));
    tokens.expect_list_tokens().returning(|_, _| Err(down()));
    tokens
        .expect_find_tokens_of_any_party()
        .returning(|_, _| Err(down()));
    tokens.expect_last_revision().returning(|| Err(down()));
    let mut accounts = MockAccountRepository::new();
    accounts.expect_find_account().returning(|_| Err(down()));
    accounts.expect_put_account().returning(|_| Err(down()));
    accounts.expect_delete_account().returning(|_| Err(down()));
    let mut authorizations = MockAuthorizationRepository::new();
    authorizations
        .expect_load_authorization_subject()
        .returning(|_| Err(down()));
    authorizations
        .expect_list_slots()
        .returning(|_| Err(down()));
    authorizations
        .expect_find_record()
        .returning(|_| Err(down()));
    authorizations
        .expect_list_records()
        .returning(|_, _, _| Err(down()));
    let mut sessions = MockSessionRepository::new();
    sessions
        .expect_list_newest_sessions()
        .returning(|_, _, _| Err(down()));
    sessions
        .expect_find_sessions_of()
        .returning(|_| Err(down()));
    let mut platforms = MockPlatformRepository::new();
    platforms.expect_find_platform().returning(|_| Err(down()));
    platforms.expect_list_platforms().returning(|| Err(down()));
    platforms
        .expect_put_platform()
        .returning(|_, _| Err(down()));
    platforms
        .expect_delete_platform()
        .returning(|_| Err(down()));
    platforms.expect_find_token_holder().returning(|_| Ok(None));
    let mut sync = MockSyncRepository::new();
    sync.expect_find_push().returning(|_| Err(down()));
    sync.expect_find_pull().returning(|_| Err(down()));
    let mut health = MockStoreHealth::new();
    health.expect_check().returning(|| Err(down()));
    let mut audit = MockRecordAudit::new();
    audit.expect_verify().returning(|_| Err(down()));
    let mut backup = MockStoreBackup::new();
    backup.expect_back_up().returning(|_| Err(down()));
    Ports {
        tokens: Arc::new(tokens),
        accounts: Arc::new(accounts),
        authorizations: Arc::new(authorizations),
        sessions: Arc::new(sessions),
        locations: Arc::new(MockLocationRepository::new()),
        platforms: Arc::new(platforms),
        sync: Arc::new(sync),
        health: Arc::new(health),
        audit: Some(Arc::new(audit)),
        backup: Some(Arc::new(backup)),
        ..ports
    }
}

/// The store in memory, with a chain that is whole and room for one backup.
pub(super) fn durable(ports: Ports) -> Ports {
    let mut audit = MockRecordAudit::new();
    let head = ChainHead {
        number: 1,
        link: ChainLink([7; 32]),
    };
    audit.expect_head().return_const(head);
    audit.expect_verify().returning(move |_| {
        Ok(ChainReport {
            records: 1,
            oldest: Some(1),
            head,
            fault: None,
        })
    });
    let mut backup = MockStoreBackup::new();
    backup.expect_back_up().returning(|file| {
        if file.ends_with("new.db") {
            Ok(4096)
        } else {
            Err(StorageError::Conflict)
        }
    });
    Ports {
        audit: Some(Arc::new(audit)),
        backup: Some(Arc::new(backup)),
        ..ports
    }
}
