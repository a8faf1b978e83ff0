//! Speaking to a server, over plain HTTP: it is on this machine, or a tunnel leads to it.

use std::time::Duration;

use bytes::Bytes;
use http::header::HOST;
use http::uri::Authority;
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::Full;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::{AnswerBody, boxed};
use crate::exit::{Exit, Failure};

/// How long to wait for a connection.
const CONNECT_MAX: Duration = Duration::from_secs(10);

/// The address of a server.
pub(super) struct HttpTransport {
    authority: Authority,
}

impl HttpTransport {
    /// A server at a URL as `http://127.0.0.1:8001`.
    pub(super) fn new(url: &str) -> Result<HttpTransport, Failure> {
        let refused = || {
            let detail = format!(
                "`{url}` is no address of a server; give one as http://127.0.0.1:8001 (to another \
                 machine by a tunnel: the admin token must not cross a network in the open)"
            );
            Failure::new(Exit::Failed, detail)
        };
        let uri: Uri = url.parse().map_err(|_| refused())?;
        let is_bare = matches!(uri.path(), "" | "/") && uri.query().is_none();
        match (uri.scheme_str(), uri.authority()) {
            (Some("http"), Some(authority)) if is_bare => Ok(HttpTransport {
                authority: authority.clone(),
            }),
            _ => Err(refused()),
        }
    }

    /// Sends a request on a connection of its own: a command sends few, and large ones.
    pub(super) async fn send(
        &self,
        mut request: Request<Full<Bytes>>,
    ) -> Result<Response<AnswerBody>, Failure> {
        let unreachable = |error: &dyn std::fmt::Display| {
            let detail = format!(
                "the server at {} cannot be reached: {error}",
                self.authority
            );
            Failure::new(Exit::Unreachable, detail)
        };
        let host = self.authority.as_str();
        let address = match self.authority.port() {
            Some(_) => host.to_owned(),
            None => format!("{host}:80"),
        };
        let connected = tokio::time::timeout(CONNECT_MAX, TcpStream::connect(address)).await;
        let stream = connected
            .map_err(|elapsed| unreachable(&elapsed))?
            .map_err(|error| unreachable(&error))?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| unreachable(&error))?;
        // What breaks the connection is said by the answer that does not come.
        tokio::spawn(connection);
        let host = HeaderValue::from_str(host).map_err(|error| unreachable(&error))?;
        request.headers_mut().insert(HOST, host);
        let response = sender.send_request(request).await;
        Ok(boxed(response.map_err(|error| unreachable(&error))?))
    }
}
