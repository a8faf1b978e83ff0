//! Connecting: TCP to an address that the policy permits, and TLS over it.

use std::error::Error;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::Uri;
use http::uri::Scheme;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{CertificateError, ClientConfig};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tower_service::Service;

use super::policy::{GuardedNames, Names, UrlPolicy};
use super::stream::PeerStream;

/// How long a connection may take to be there. A call has a deadline of its own; this ends those
/// that go on behind the back of a call that found another connection.
const CONNECT_MAX: Duration = Duration::from_mins(1);

/// Makes connections.
#[derive(Clone)]
pub(super) struct Connector {
    tcp: HttpConnector<GuardedNames>,
    tls: Option<TlsConnector>,
    policy: UrlPolicy,
}

/// There is a peer, but no TLS with it; to connect again would not help.
#[derive(Debug, thiserror::Error)]
#[error("TLS failed: {0}")]
pub(super) struct TlsFailed(String);

impl Connector {
    /// Connects where `policy` permits it, looks hosts up in `names`, and speaks TLS by `tls`.
    pub(super) fn new(
        policy: UrlPolicy,
        names: Arc<dyn Names>,
        tls: Option<Arc<ClientConfig>>,
    ) -> Connector {
        let mut tcp = HttpConnector::new_with_resolver(GuardedNames { names, policy });
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        Connector {
            tcp,
            tls: tls.map(TlsConnector::from),
            policy,
        }
    }

    async fn connect(mut self, url: Uri) -> Result<PeerStream, Box<dyn Error + Send + Sync>> {
        // An address in the URL is not looked up, so nobody else looks at it.
        self.policy.check_url(&url)?;
        let tcp = self.tcp.call(url.clone()).await?.into_inner();
        // What it is connected to is what counts, whatever was said before.
        self.policy.check_address(tcp.peer_addr()?.ip(), None)?;
        if url.scheme() == Some(&Scheme::HTTPS) {
            self.encrypt(&url, tcp).await
        } else {
            Ok(PeerStream::new(tcp))
        }
    }

    async fn encrypt(
        self,
        url: &Uri,
        tcp: TcpStream,
    ) -> Result<PeerStream, Box<dyn Error + Send + Sync>> {
        let Some(tls) = self.tls else {
            let reason = "no certificate authority is known here, so nobody can be believed: \
                          install those of the system (often a package `ca-certificates`), or name \
                          one in `outbound.extra_ca`";
            return Err(TlsFailed(reason.to_owned()).into());
        };
        let host = url.host().unwrap_or_default();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(bare.to_owned())
            .map_err(|_| TlsFailed(format!("no certificate can be for the host `{bare}`")))?;
        match tls.connect(name, tcp).await {
            Ok(stream) => Ok(PeerStream::new(stream)),
            Err(error) => Err(TlsFailed(why(&error)).into()),
        }
    }
}

/// What TLS failed of, and what to do about the one thing that operators can change.
fn why(error: &std::io::Error) -> String {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    let is_unknown = matches!(
        inner,
        Some(rustls::Error::InvalidCertificate(
            CertificateError::UnknownIssuer | CertificateError::BadSignature
        ))
    );
    if is_unknown {
        format!("{error}; name the authority of its certificate in `outbound.extra_ca`")
    } else {
        error.to_string()
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<PeerStream>;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, url: Uri) -> Self::Future {
        let connecting = self.clone().connect(url);
        Box::pin(async move {
            let connected = tokio::time::timeout(CONNECT_MAX, connecting).await??;
            Ok(TokioIo::new(connected))
        })
    }
}
