//! The ports of OCPI token authorization: what a host must provide, as small traits.
//!
//! Each trait numbers its promises under `# Contract` and names, for each, the case of the
//! `contract` suite (feature `contract`) that holds an adapter to it. Mocks of every port come
//! with the feature `mock`.
//!
//! What is deliberately absent: any implementation, and any word of HTTP or SQL.
//! To write an adapter, start with [`TokenRepository`] and the `storage_contract!` macro.

mod accounts;
mod audit;
mod authenticator;
mod authorizations;
mod backup;
mod clock;
#[cfg(feature = "contract")]
pub mod contract;
mod error;
mod health;
mod locations;
mod platforms;
mod randomness;
mod remote;
mod sessions;
mod sync;
mod tokens;

pub use accounts::{AccountRepository, AccountWrite, StoredAccount};
pub use audit::{ChainFault, ChainHead, ChainLink, ChainReport, InvalidChainLink, RecordAudit};
pub use authenticator::Authenticator;
pub use authorizations::{
    AuthorizationRepository, RecordQuery, SlotQuery, StoredRecord, SubjectLookup, SubjectQuery,
};
pub use backup::StoreBackup;
pub use clock::Clock;
pub use error::StorageError;
pub use health::StoreHealth;
pub use locations::{LocationRepository, LocationWrite, StoredLocation};
pub use platforms::{
    Connection, PlatformList, PlatformRepository, PresentedToken, SealedToken, Served,
    StoredPlatform, TokenHash, TokenHolder,
};
pub use randomness::Randomness;
pub use remote::{
    OfferedEndpoint, RemoteAuthorization, RemoteCall, RemoteError, RemotePageRequest,
    RemotePlatform, RemoteRouting, RemoteTokenPage, TokenEncoding,
};
pub use sessions::{SessionLink, SessionQuery, SessionRepository, SessionWrite, StoredSession};
pub use sync::{BehindToken, Crawl, PullProgress, PushProgress, SeenTokens, SyncRepository};
pub use tokens::{ChangedTokens, TokenQuery, TokenRepository, TokenWrite};

#[cfg(feature = "mock")]
pub use self::{
    accounts::MockAccountRepository, audit::MockRecordAudit, authenticator::MockAuthenticator,
    authorizations::MockAuthorizationRepository, backup::MockStoreBackup, clock::MockClock,
    health::MockStoreHealth, locations::MockLocationRepository, platforms::MockPlatformRepository,
    randomness::MockRandomness, remote::MockRemotePlatform, sessions::MockSessionRepository,
    sync::MockSyncRepository, tokens::MockTokenRepository,
};
