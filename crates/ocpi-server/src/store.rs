//! The store that the settings name, and the application on it.

use std::sync::Arc;

use anyhow::Context;
use ocpi_app::{App, HashedTokens, Ports, SecretKey};
use ocpi_memstore::MemStore;
use ocpi_ports::{
    AccountRepository, AuthorizationRepository, LocationRepository, PlatformRepository,
    RecordAudit, SessionRepository, StoreBackup, StoreHealth, TokenRepository,
};
use ocpi_sqlite::{SqliteOptions, SqliteStore};
use prometheus_client::registry::Registry;

use crate::key_file;
use crate::settings::{Settings, StoreUrl};
use crate::system::{SystemClock, SystemRandomness};

/// A store that is open. When it is dropped, and every application on it, it is closed.
pub(crate) struct OpenStore {
    kind: Kind,
    secret_key: SecretKey,
}

enum Kind {
    Memory(Arc<MemStore>),
    Sqlite(Arc<SqliteStore>),
}

impl OpenStore {
    /// Opens the store that the settings name, and makes it when it is not there. Blocks.
    ///
    /// # Errors
    ///
    /// What is wrong with the store or its key, and the way out.
    pub(crate) fn open(settings: &Settings) -> anyhow::Result<OpenStore> {
        let path = match &settings.store {
            StoreUrl::Memory => {
                return Ok(OpenStore {
                    kind: Kind::Memory(Arc::new(MemStore::new(settings.memory))),
                    secret_key: match &settings.secret_key {
                        Some(key) => key.clone(),
                        // Hashes in memory end with this run, and so may their key.
                        None => SecretKey::new(&SystemRandomness::key())?,
                    },
                });
            }
            StoreUrl::Sqlite(path) => path,
        };
        let secret_key = match &settings.secret_key {
            Some(key) => key.clone(),
            None => key_file::read_or_create(path)?,
        };
        let store = SqliteStore::open(SqliteOptions {
            path: path.clone(),
            chain_key: secret_key.record_chain_key(),
            cache_bytes_max: settings.durable.cache_bytes_max,
            wal_bytes_max: settings.durable.wal_bytes_max,
        })
        // It says its cause itself.
        .map_err(|error| anyhow::anyhow!("store: {error}"))?;
        Ok(OpenStore {
            kind: Kind::Sqlite(store),
            secret_key,
        })
    }

    /// Tells other processes how this one can be reached.
    ///
    /// # Errors
    ///
    /// When it cannot be written beside the store.
    pub(crate) fn tell_contact(&self, contact: &str) -> anyhow::Result<()> {
        match &self.kind {
            Kind::Memory(_) => Ok(()),
            Kind::Sqlite(store) => store
                .tell_contact(contact)
                .context("the address of the operator cannot be written beside the store"),
        }
    }

    /// The key of its hashes.
    pub(crate) fn secret_key(&self) -> &SecretKey {
        &self.secret_key
    }

    /// The platforms in it.
    pub(crate) fn platforms(&self) -> Arc<dyn PlatformRepository> {
        match &self.kind {
            Kind::Memory(store) => Arc::clone(store) as Arc<_>,
            Kind::Sqlite(store) => Arc::clone(store) as Arc<_>,
        }
    }

    /// The application on this store.
    pub(crate) fn app(&self, settings: &Settings, registry: &mut Registry) -> Arc<App> {
        let (hosting, options) = (settings.hosting.clone(), settings.options);
        let ports = match &self.kind {
            Kind::Memory(store) => self.ports(store, None, None),
            Kind::Sqlite(store) => self.ports(
                store,
                Some(Arc::clone(store) as Arc<_>),
                Some(Arc::clone(store) as Arc<_>),
            ),
        };
        Arc::new(App::new(ports, hosting, options, registry))
    }

    fn ports<S>(
        &self,
        store: &Arc<S>,
        audit: Option<Arc<dyn RecordAudit>>,
        backup: Option<Arc<dyn StoreBackup>>,
    ) -> Ports
    where
        S: TokenRepository
            + AccountRepository
            + AuthorizationRepository
            + SessionRepository
            + LocationRepository
            + PlatformRepository
            + StoreHealth
            + 'static,
    {
        let credentials_hash = self.secret_key.credentials_hash();
        let authenticator =
            HashedTokens::new(credentials_hash.clone(), Arc::clone(store) as Arc<_>);
        Ports {
            tokens: Arc::clone(store) as Arc<_>,
            accounts: Arc::clone(store) as Arc<_>,
            authorizations: Arc::clone(store) as Arc<_>,
            sessions: Arc::clone(store) as Arc<_>,
            locations: Arc::clone(store) as Arc<_>,
            platforms: Arc::clone(store) as Arc<_>,
            authenticator: Arc::new(authenticator),
            health: Arc::clone(store) as Arc<_>,
            audit,
            backup,
            credentials_hash,
            clock: Arc::new(SystemClock::new()),
            randomness: Arc::new(SystemRandomness),
        }
    }
}
