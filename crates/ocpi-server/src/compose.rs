//! The one place that knows every part and puts them together.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use anyhow::{Context, anyhow};
use ocpi_admin::{AdminOptions, AdminServer, AdminToken};
use ocpi_app::App;
use ocpi_http::{Server, TlsConfig};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::config_file::Secret;
use crate::housekeeping::KeepDays;
use crate::logging::{DroppedLines, LogQueue};
use crate::settings::{Settings, is_https};
use crate::store::OpenStore;
use crate::sync_thread::SyncThread;
use crate::{housekeeping, outbound, quickstart, seeding, system};

/// The sockets of the server, and its certificate.
pub(crate) struct Bound {
    ocpi: TcpListener,
    admin: TcpListener,
    tls: Option<TlsConfig>,
}

/// Takes the addresses and the certificate that the settings name.
///
/// # Errors
///
/// An address that cannot be had and a certificate that is none, by its name.
pub(crate) async fn bind(settings: &Settings) -> anyhow::Result<Bound> {
    let listen = async |name, address| {
        TcpListener::bind(address)
            .await
            .with_context(|| format!("{name}: cannot listen on {address}"))
    };
    let tls = settings.tls.as_ref();
    let tls = tls.map(|files| TlsConfig::load(&files.certificate, &files.key));
    Ok(Bound {
        // It says its cause itself.
        tls: tls.transpose().map_err(|error| anyhow!("tls: {error}"))?,
        ocpi: listen("listen", settings.listen).await?,
        admin: listen("admin_listen", settings.admin_listen).await?,
    })
}

/// A server whose parts are all there.
pub(crate) struct Composed {
    bound: Bound,
    ocpi: Arc<Server>,
    admin: Arc<AdminServer>,
    app: Arc<App>,
    keep_days: KeepDays,
    stop: watch::Receiver<bool>,
}

/// Puts the server together and tells it the platforms that the settings name. It is to stop
/// when `stop` says `true`.
///
/// # Errors
///
/// When the store refuses a platform, or cannot say where it is served.
pub(crate) async fn compose(
    settings: Settings,
    bound: Bound,
    store: &OpenStore,
    log: &LogQueue,
    stop: watch::Receiver<bool>,
) -> anyhow::Result<Composed> {
    let remote = outbound::client(&settings.outbound)?;
    seeding::seed(store, &settings.platforms).await?;
    let mut registry = Registry::default();
    registry.register_collector(Box::new(LogCollector(log.dropped())));
    let (ocpi_address, admin_address) = (bound.ocpi.local_addr()?, bound.admin.local_addr()?);
    let public_url = settings.public_url_at(ocpi_address)?;
    let hosting = settings.hosting(&public_url);
    let app = store.app(hosting, settings.options.clone(), remote, &mut registry);
    store.tell_contact(&contact(admin_address).to_string())?;
    if settings.quickstart {
        let greeting = quickstart::greeting(ocpi_address, admin_address, &settings);
        system::print(&greeting);
    }
    tracing::info!(
        ocpi = %ocpi_address,
        admin = %admin_address,
        public_url = %public_url,
        tls = bound.tls.is_some(),
        store = %settings.store,
        version = env!("CARGO_PKG_VERSION"),
        "listening",
    );
    if bound.tls.is_none() && !ocpi_address.ip().is_loopback() && !is_https(&public_url) {
        tracing::warn!(
            "OCPI is served without TLS, and published so: credentials tokens cross the network in \
             the open; set [tls], or put a proxy before it that ends TLS",
        );
    }
    let admin_token = settings.admin_token.as_ref();
    let admin_token = admin_token.map(|Secret(text)| AdminToken::new(text));
    let admin_token = admin_token.transpose().context("admin_token")?;
    Ok(Composed {
        bound,
        ocpi: Server::new(Arc::clone(&app), public_url, settings.limits),
        admin: AdminServer::new(
            Arc::clone(&app),
            registry,
            stop.clone(),
            admin_token,
            AdminOptions::default(),
        ),
        app,
        keep_days: KeepDays {
            records: settings.records_keep_days,
            sessions: settings.sessions_keep_days,
        },
        stop,
    })
}

/// Where this machine reaches a listener at `address`.
fn contact(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

impl Composed {
    /// The application.
    pub(crate) fn app(&self) -> Arc<App> {
        Arc::clone(&self.app)
    }

    /// Serves until it is to stop and the requests in flight are finished.
    ///
    /// Connections are put on `workers`, and the exchange of Tokens on a thread of its own; all else
    /// runs where this does.
    ///
    /// # Errors
    ///
    /// When the system gives no thread.
    pub(crate) async fn serve(self, workers: Vec<Handle>) -> anyhow::Result<()> {
        let sync = SyncThread::start(Arc::clone(&self.app), self.stop.clone())?;
        // The operator can still look while the last requests are finished.
        let (finished, admin_stop) = watch::channel(false);
        let admin = tokio::spawn(self.admin.serve(self.bound.admin, admin_stop));
        let housekeeping = tokio::spawn(housekeeping::keep(self.app, self.keep_days));
        let tls = self.bound.tls;
        let certificate = tls.clone().map(housekeeping::keep_certificate);
        let certificate = certificate.map(tokio::spawn);
        self.ocpi
            .serve_on(self.bound.ocpi, self.stop, &workers, tls)
            .await;
        finished.send_replace(true);
        // An error says that it ended already.
        let _ = admin.await;
        housekeeping.abort();
        if let Some(certificate) = certificate {
            certificate.abort();
        }
        // It ended at the signal; this waits until nothing of it holds the store any more.
        drop(sync);
        Ok(())
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
