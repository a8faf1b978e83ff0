//! The store that the settings name, and the application on it.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow, ensure};
use ocpi_app::{App, AppOptions, HashedTokens, Hosting, Keys, Ports, SecretKey};
use ocpi_memstore::MemStore;
use ocpi_ports::{
    AccountRepository, AuthorizationRepository, LocationRepository, PlatformRepository,
    RecordAudit, RemotePlatform, SessionRepository, StoreBackup, StoreHealth, SyncRepository,
    TokenRepository,
};
use ocpi_sqlite::{SqliteOptions, SqliteStore};
use prometheus_client::registry::Registry;

use crate::key_file;
use crate::settings::{DurableLimits, Settings, StoreUrl};
use crate::system::{SystemClock, SystemRandomness};

/// A store that is open. When it is dropped, and every application on it, it is closed.
pub(crate) struct OpenStore {
    kind: Kind,
    keys: Keys,
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
                let secret_key = match &settings.secret_key {
                    Some(key) => key.clone(),
                    // Hashes in memory end with this run, and so may their key.
                    None => SecretKey::new(&SystemRandomness::key())?,
                };
                return Ok(OpenStore {
                    kind: Kind::Memory(Arc::new(MemStore::new(settings.memory))),
                    keys: secret_key.keys(None)?,
                });
            }
            StoreUrl::Sqlite(path) => path,
        };
        let secret_key = match &settings.secret_key {
            Some(key) => key.clone(),
            None => key_file::read_or_create(path)?,
        };
        let (store, keys) = open_sqlite(path, &secret_key, settings.durable)?;
        Ok(OpenStore {
            kind: Kind::Sqlite(store),
            keys,
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

    /// The keys of what is secret in it.
    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The platforms in it.
    pub(crate) fn platforms(&self) -> Arc<dyn PlatformRepository> {
        match &self.kind {
            Kind::Memory(store) => Arc::clone(store) as Arc<_>,
            Kind::Sqlite(store) => Arc::clone(store) as Arc<_>,
        }
    }

    /// The application on this store, for those parties; it calls platforms by `remote`.
    pub(crate) fn app(
        &self,
        hosting: Hosting,
        options: AppOptions,
        remote: Arc<dyn RemotePlatform>,
        registry: &mut Registry,
    ) -> Arc<App> {
        let ports = match &self.kind {
            Kind::Memory(store) => self.ports(store, remote, None, None),
            Kind::Sqlite(store) => self.ports(
                store,
                remote,
                Some(Arc::clone(store) as Arc<_>),
                Some(Arc::clone(store) as Arc<_>),
            ),
        };
        Arc::new(App::new(ports, hosting, options, registry))
    }

    fn ports<S>(
        &self,
        store: &Arc<S>,
        remote: Arc<dyn RemotePlatform>,
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
            + SyncRepository
            + StoreHealth
            + 'static,
    {
        let credentials_hash = self.keys.credentials_hash();
        let clock = Arc::new(SystemClock::new());
        let authenticator = HashedTokens::new(
            credentials_hash.clone(),
            Arc::clone(store) as Arc<_>,
            Arc::clone(&clock) as Arc<_>,
        );
        Ports {
            tokens: Arc::clone(store) as Arc<_>,
            accounts: Arc::clone(store) as Arc<_>,
            authorizations: Arc::clone(store) as Arc<_>,
            sessions: Arc::clone(store) as Arc<_>,
            locations: Arc::clone(store) as Arc<_>,
            platforms: Arc::clone(store) as Arc<_>,
            sync: Arc::clone(store) as Arc<_>,
            authenticator: Arc::new(authenticator),
            health: Arc::clone(store) as Arc<_>,
            audit,
            backup,
            remote,
            credentials_hash,
            credentials_seal: self.keys.credentials_seal(),
            clock,
            randomness: Arc::new(SystemRandomness),
        }
    }
}

/// Opens a store in a file, with the keys that its content was made with.
///
/// # Errors
///
/// What is wrong with the file or its key, and the way out.
pub(crate) fn open_sqlite(
    path: &Path,
    secret_key: &SecretKey,
    limits: DurableLimits,
) -> anyhow::Result<(Arc<SqliteStore>, Keys)> {
    // Errors of the store say their cause themselves.
    let carried = || ocpi_sqlite::read_carried_keys(path).map_err(|it| anyhow!("store: {it}"));
    let before = carried()?;
    let keys = secret_key.keys(before.as_deref()).map_err(|_| {
        anyhow!(
            "store: the secret key of {} was changed, and this is not the new one: set secret_key, \
             or OCPI_SECRET_KEY, to that",
            path.display()
        )
    })?;
    let store = SqliteStore::open(SqliteOptions {
        path: path.to_owned(),
        chain_key: keys.record_chain_key(),
        cache_bytes_max: limits.cache_bytes_max,
        wal_bytes_max: limits.wal_bytes_max,
    })
    .map_err(|error| anyhow!("store: {error}"))?;
    // From here on nobody else writes. Who did between, changed the key in that instant.
    ensure!(
        carried()? == before,
        "store: the secret key of {} was changed this instant; try again",
        path.display()
    );
    Ok((store, keys))
}
