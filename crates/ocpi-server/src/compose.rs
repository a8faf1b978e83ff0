//! The one place that knows every part and puts them together.

use std::sync::Arc;

use anyhow::Context;
use ocpi_admin::AdminServer;
use ocpi_app::{App, HashedTokens, Ports, SecretKey};
use ocpi_http::{PublicUrl, Server};
use ocpi_memstore::MemStore;
use ocpi_ports::{PlatformRepository, Randomness};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::logging::{DroppedLines, LogQueue};
use crate::settings::{KnownPlatform, Settings, StoreUrl};
use crate::system::{SystemClock, SystemRandomness};
use crate::{quickstart, system};

/// The sockets of the server.
pub(crate) struct Bound {
    ocpi: TcpListener,
    admin: TcpListener,
}

/// Takes the addresses that the settings name.
///
/// # Errors
///
/// An address that cannot be had, by its name.
pub(crate) async fn bind(settings: &Settings) -> anyhow::Result<Bound> {
    let listen = async |name, address| {
        TcpListener::bind(address)
            .await
            .with_context(|| format!("{name}: cannot listen on {address}"))
    };
    Ok(Bound {
        ocpi: listen("listen", settings.listen).await?,
        admin: listen("admin_listen", settings.admin_listen).await?,
    })
}

/// A server whose parts are all there.
pub(crate) struct Composed {
    bound: Bound,
    ocpi: Arc<Server>,
    admin: Arc<AdminServer>,
    stop: watch::Receiver<bool>,
}

/// Puts the server together and tells it the platforms that the settings name. It is to stop
/// when `stop` says `true`.
///
/// # Errors
///
/// When the store refuses a platform.
pub(crate) async fn compose(
    settings: Settings,
    bound: Bound,
    log: &LogQueue,
    stop: watch::Receiver<bool>,
) -> anyhow::Result<Composed> {
    let StoreUrl::Memory = settings.store;
    let store = Arc::new(MemStore::new(settings.memory));
    let randomness = Arc::new(SystemRandomness);
    let secret_key = match settings.secret_key {
        Some(key) => key,
        // Hashes in memory end with this run, and so may their key.
        None => SecretKey::new(&[randomness.bytes(), randomness.bytes()].concat())?,
    };
    let authenticator = HashedTokens::new(&secret_key, Arc::clone(&store) as Arc<_>);
    for KnownPlatform {
        platform,
        credentials_token,
    } in settings.platforms
    {
        let id = platform.id.clone();
        let hash = authenticator.hash(&credentials_token);
        store
            .put_platform(platform, hash)
            .await
            .with_context(|| format!("[[platforms]] {id}"))?;
    }
    let ports = Ports {
        tokens: Arc::clone(&store) as Arc<_>,
        authorizations: Arc::clone(&store) as Arc<_>,
        authenticator: Arc::new(authenticator),
        health: store,
        clock: Arc::new(SystemClock::new()),
        randomness,
    };
    let mut registry = Registry::default();
    registry.register_collector(Box::new(LogCollector(log.dropped())));
    let app = Arc::new(App::new(
        ports,
        settings.hosting,
        settings.options,
        &mut registry,
    ));
    let (ocpi_address, admin_address) = (bound.ocpi.local_addr()?, bound.admin.local_addr()?);
    let public_url = match settings.public_url {
        Some(url) => url,
        None => PublicUrl::new(&format!("http://{ocpi_address}"))?,
    };
    if settings.quickstart {
        system::print(&quickstart::greeting(ocpi_address, admin_address));
    }
    if settings.has_admin_token {
        tracing::warn!(
            "admin_token has no effect yet: nothing asks for it, and health and metrics are shown \
             to all who reach the operator's address",
        );
    }
    tracing::info!(
        ocpi = %ocpi_address,
        admin = %admin_address,
        public_url = %public_url,
        store = "memory:",
        version = env!("CARGO_PKG_VERSION"),
        "listening",
    );
    Ok(Composed {
        bound,
        ocpi: Server::new(Arc::clone(&app), public_url, settings.limits),
        admin: AdminServer::new(app, registry, stop.clone()),
        stop,
    })
}

impl Composed {
    /// Serves until it is to stop and the requests in flight are finished.
    ///
    /// Connections are put on `workers`; all else runs where this does.
    pub(crate) async fn serve(self, workers: Vec<Handle>) {
        // The operator can still look while the last requests are finished.
        let (finished, admin_stop) = watch::channel(false);
        let admin = tokio::spawn(self.admin.serve(self.bound.admin, admin_stop));
        self.ocpi
            .serve_on(self.bound.ocpi, self.stop, &workers)
            .await;
        finished.send_replace(true);
        // An error says that it ended already.
        let _ = admin.await;
        tracing::info!("stopped");
    }
}

/// Shows how many log lines were dropped.
#[derive(Debug)]
struct LogCollector(DroppedLines);

impl Collector for LogCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let dropped = ConstCounter::new(self.0.count());
        let encoder = encoder.encode_descriptor(
            "ocpi_log_lines_dropped",
            "Log lines that were dropped because they could not be written in time",
            None,
            dropped.metric_type(),
        )?;
        dropped.encode(encoder)
    }
}
