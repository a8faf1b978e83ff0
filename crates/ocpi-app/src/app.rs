//! The application: the ports, and what the operator set.

use std::sync::Arc;
use std::time::Duration;

use ocpi_domain::{Caller, CredentialsToken, InterfaceRole, MessageId, ModuleId};
use ocpi_ports::{
    AccountRepository, Authenticator, AuthorizationRepository, Clock, LocationRepository,
    PlatformRepository, Randomness, RecordAudit, RemotePlatform, SessionRepository, StorageError,
    StoreBackup, StoreHealth, SyncRepository, TokenRepository,
};
use prometheus_client::registry::Registry;

use crate::charge_point::{ChargePointOptions, ChargePoints};
use crate::credentials::{Handshakes, LookBacks};
use crate::credentials_hash::CredentialsHash;
use crate::credentials_seal::CredentialsSeal;
use crate::deadline::within;
use crate::hosting::Hosting;
use crate::metrics::{ChainCollector, Metrics};
use crate::sync::{SyncOptions, Syncs};

/// The longest that a caller may wait for us to find out who it is, and for an answer to an
/// authorize request. A charge point waits behind it; an error lets its CPO decide.
pub(crate) const ANSWER_MAX: Duration = Duration::from_millis(1500);

/// What the application is built on.
#[expect(missing_docs, reason = "each field is described at its trait")]
pub struct Ports {
    pub tokens: Arc<dyn TokenRepository>,
    pub accounts: Arc<dyn AccountRepository>,
    pub authorizations: Arc<dyn AuthorizationRepository>,
    pub sessions: Arc<dyn SessionRepository>,
    pub locations: Arc<dyn LocationRepository>,
    pub platforms: Arc<dyn PlatformRepository>,
    pub sync: Arc<dyn SyncRepository>,
    pub authenticator: Arc<dyn Authenticator>,
    pub health: Arc<dyn StoreHealth>,
    /// `None` when the store keeps no chain of its records.
    pub audit: Option<Arc<dyn RecordAudit>>,
    /// `None` when the store cannot be copied.
    pub backup: Option<Arc<dyn StoreBackup>>,
    pub remote: Arc<dyn RemotePlatform>,
    pub credentials_hash: CredentialsHash,
    pub credentials_seal: CredentialsSeal,
    pub clock: Arc<dyn Clock>,
    pub randomness: Arc<dyn Randomness>,
}

/// What the operator may set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppOptions {
    /// List Tokens of the types `AD_HOC_USER`, `APP_USER` and EMAID to CPOs too.
    pub list_all_token_types: bool,
    /// How long an ALLOWED holds a slot for a session that is not heard of, milliseconds.
    pub pending_slot_ms: i64,
    /// How long an ACTIVE session counts that is not heard of again, milliseconds.
    pub session_silence_ms_max: i64,
    /// How long a call of a platform may take, milliseconds.
    pub outbound_timeout_ms: u64,
    /// How long a question to an eMSP may take, milliseconds.
    pub outbound_authorize_timeout_ms: u64,
    /// How long a bootstrap token can be registered with, milliseconds.
    pub bootstrap_token_ms: i64,
    /// The endpoints without which a CPO is not registered.
    pub required_of_cpo: Vec<(ModuleId, InterfaceRole)>,
    /// The endpoints without which an eMSP is not registered.
    pub required_of_emsp: Vec<(ModuleId, InterfaceRole)>,
    /// Questions at charge points.
    pub charge_point: ChargePointOptions,
    /// The exchange of Tokens.
    pub sync: SyncOptions,
}

impl Default for AppOptions {
    fn default() -> AppOptions {
        AppOptions {
            list_all_token_types: false,
            pending_slot_ms: 3 * 60 * 1000,
            session_silence_ms_max: 48 * 60 * 60 * 1000,
            outbound_timeout_ms: 10_000,
            outbound_authorize_timeout_ms: 1500,
            bootstrap_token_ms: 7 * 24 * 60 * 60 * 1000,
            required_of_cpo: Vec::new(),
            required_of_emsp: vec![(ModuleId::Tokens, InterfaceRole::Sender)],
            charge_point: ChargePointOptions::default(),
            sync: SyncOptions::default(),
        }
    }
}

/// The use cases. Shared by every adapter that drives it; adapters cannot reach the ports.
pub struct App {
    pub(crate) ports: Ports,
    pub(crate) hosting: Hosting,
    pub(crate) options: AppOptions,
    pub(crate) metrics: Metrics,
    pub(crate) record_health: crate::health::RecordHealth,
    pub(crate) handshakes: Handshakes,
    pub(crate) look_backs: LookBacks,
    pub(crate) charge_points: ChargePoints,
    pub(crate) syncs: Syncs,
}

impl App {
    /// An application of these parts; its metrics are registered in `registry`.
    pub fn new(
        ports: Ports,
        hosting: Hosting,
        options: AppOptions,
        registry: &mut Registry,
    ) -> App {
        if let Some(audit) = &ports.audit {
            registry.register_collector(Box::new(ChainCollector(Arc::clone(audit))));
        }
        let syncs = Syncs::new(&options.sync, &ports.clock, registry);
        App {
            ports,
            hosting,
            syncs,
            charge_points: ChargePoints::new(&options.charge_point, registry),
            options,
            metrics: Metrics::register(registry),
            record_health: crate::health::RecordHealth::default(),
            handshakes: Handshakes::default(),
            look_backs: LookBacks::default(),
        }
    }

    /// The parties hosted here.
    pub fn hosting(&self) -> &Hosting {
        &self.hosting
    }

    /// The moment, for those who stamp an answer.
    pub fn now(&self) -> ocpi_domain::DateTime {
        self.ports.clock.now()
    }

    /// Microseconds since some fixed moment, for those who measure.
    pub fn elapsed_us(&self) -> u64 {
        self.ports.clock.elapsed_us()
    }

    /// A new id, for a message that came without one.
    pub fn new_message_id(&self) -> MessageId {
        MessageId::from_random(self.ports.randomness.bytes())
    }

    /// The caller that the first known of `candidates` belongs to, and that candidate.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when it cannot be found out, or not in time.
    pub async fn authenticate(
        &self,
        candidates: Vec<CredentialsToken>,
    ) -> Result<Option<(Caller, CredentialsToken)>, StorageError> {
        let found = within(ANSWER_MAX, self.find_caller(candidates)).await;
        found.unwrap_or_else(|elapsed| Err(StorageError::Unavailable(elapsed.into())))
    }

    async fn find_caller(
        &self,
        candidates: Vec<CredentialsToken>,
    ) -> Result<Option<(Caller, CredentialsToken)>, StorageError> {
        for candidate in candidates {
            if let Some(caller) = self.ports.authenticator.find_caller(&candidate).await? {
                return Ok(Some((caller, candidate)));
            }
        }
        Ok(None)
    }
}
