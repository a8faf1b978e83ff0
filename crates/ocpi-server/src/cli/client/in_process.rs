//! The store that nobody holds, behind the operator's API of this process.

use std::sync::Arc;

use base64::Engine;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use ocpi_admin::{AdminOptions, AdminServer, AdminToken};
use ocpi_app::App;
use prometheus_client::registry::Registry;
use tokio::sync::watch;

use super::{AnswerBody, boxed};
use crate::args::LogFormat;
use crate::exit::{Exit, Failure};
use crate::logging::{self, LogQueue};
use crate::outbound;
use crate::settings::Settings;
use crate::store::OpenStore;
use crate::system::SystemRandomness;

/// Lines of an import in one transaction: nobody else waits for it.
const IMPORT_LINES_MAX: usize = 10_000;

/// Bytes of memory for what was read lately: a command asks for little twice.
const CACHE_BYTES_MAX: u64 = 16 << 20;

/// A server that listens nowhere, and its store.
pub(super) struct InProcess {
    // In the order in which they end: the store is closed when nobody uses it any more.
    server: Arc<AdminServer>,
    app: Arc<App>,
    _store: OpenStore,
    _stopping: watch::Sender<bool>,
    _log: LogQueue,
}

impl InProcess {
    /// Opens the store, and makes a token for the API on it: who may open the file needs no
    /// other leave.
    pub(super) fn open(
        mut settings: Settings,
        is_json: bool,
    ) -> Result<(InProcess, String), Failure> {
        let cache_bytes_max = settings.durable.cache_bytes_max.min(CACHE_BYTES_MAX);
        settings.durable.cache_bytes_max = cache_bytes_max;
        settings.log = Some("warn".to_owned());
        settings.log_format = if is_json {
            LogFormat::Json
        } else {
            LogFormat::Human
        };
        // What the store says is for the log, and there is no other one.
        let log = logging::start(&settings)?;
        let unreachable =
            |error: anyhow::Error| Failure::new(Exit::Unreachable, format!("{error:#}"));
        let store = OpenStore::open(&settings).map_err(unreachable)?;
        let mut registry = Registry::default();
        // Nobody is told to call us: what would is refused before it begins.
        let hosting = settings.hosting(&settings.public_url_at(settings.listen)?);
        let remote = outbound::client(&settings.outbound)?;
        let app = store.app(hosting, settings.options, remote, &mut registry);
        let token = base64::engine::general_purpose::STANDARD.encode(SystemRandomness::key());
        let admin_token = AdminToken::new(&token).map_err(anyhow::Error::from)?;
        let (stopping, is_stopping) = watch::channel(false);
        let options = AdminOptions {
            import_lines_max: IMPORT_LINES_MAX,
            ..AdminOptions::default()
        };
        let server = AdminServer::new(
            Arc::clone(&app),
            registry,
            is_stopping,
            Some(admin_token),
            options,
        );
        let opened = InProcess {
            server,
            app,
            _store: store,
            _stopping: stopping,
            _log: log,
        };
        Ok((opened, token))
    }

    /// Does the work, and pushes and pulls until it is done.
    pub(super) async fn while_exchanging<T>(&self, work: impl Future<Output = T>) -> T {
        let exchange = async {
            Arc::clone(&self.app).run_sync().await;
            // It runs for as long as it is polled; the work alone ends the waiting.
            std::future::pending().await
        };
        tokio::select! {
            biased;
            done = work => done,
            done = exchange => done,
        }
    }

    pub(super) async fn send(&self, request: Request<Full<Bytes>>) -> Response<AnswerBody> {
        boxed(self.server.respond(request).await)
    }
}
