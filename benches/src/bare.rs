//! The bare server: what hyper alone can do. It reads each request whole and gives a constant
//! answer, so the difference to the real server is routing, rules, store, log and JSON.

use std::convert::Infallible;
use std::io::{Read, stdin};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::{fs, io};

use anyhow::Context;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// Headers that hyper writes itself.
const WRITTEN_BY_HYPER: [&str; 2] = ["content-length", "date"];

/// The constant answer.
struct Constant {
    status: StatusCode,
    headers: HeaderMap,
    /// Whether hyper adds a `Date`.
    has_date: bool,
    body: Bytes,
}

impl Constant {
    /// Reads an answer as it came over the wire.
    fn parse(wire: &[u8]) -> anyhow::Result<Constant> {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut response = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(head_bytes) = response.parse(wire)? else {
            anyhow::bail!("the head of the answer is not complete");
        };
        let mut constant = Constant {
            status: StatusCode::from_u16(response.code.context("the answer has no status")?)?,
            headers: HeaderMap::new(),
            has_date: false,
            body: Bytes::copy_from_slice(&wire[head_bytes..]),
        };
        for header in response.headers.iter() {
            let name = HeaderName::from_bytes(header.name.as_bytes())?;
            constant.has_date |= name == "date";
            if !WRITTEN_BY_HYPER.contains(&name.as_str()) {
                let value = HeaderValue::from_bytes(header.value)?;
                constant.headers.append(name, value);
            }
        }
        Ok(constant)
    }

    /// Header by header, as every server must build its answer.
    fn response(&self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(self.body.clone()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        for (name, value) in &self.headers {
            headers.append(name, value.clone());
        }
        response
    }
}

/// Serves until the input ends: the parent holds it open, so no end of the parent leaves this
/// process behind.
///
/// # Errors
///
/// When `answer` is no HTTP answer, or `listen` is taken.
pub(crate) fn serve(listen: SocketAddr, answer: &Path) -> anyhow::Result<()> {
    let (runtime, _) = start(listen, &fs::read(answer)?)?;
    stdin().read_to_end(&mut Vec::new())?;
    runtime.shutdown_background();
    Ok(())
}

/// Serves on a runtime of its own until that is dropped; the address is the one bound.
///
/// # Errors
///
/// As [`serve`].
pub(crate) fn start(listen: SocketAddr, answer: &[u8]) -> anyhow::Result<(Runtime, SocketAddr)> {
    let constant = Arc::new(Constant::parse(answer)?);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_io()
        .build()?;
    let listener = runtime.block_on(TcpListener::bind(listen))?;
    let address = listener.local_addr()?;
    runtime.spawn(accept(listener, constant));
    Ok((runtime, address))
}

async fn accept(listener: TcpListener, constant: Arc<Constant>) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let constant = Arc::clone(&constant);
        tokio::spawn(async move {
            let service = service_fn(|request| answer(request, &constant));
            // A connection that breaks is the load generator's to report.
            let _ = http1::Builder::new()
                .auto_date_header(constant.has_date)
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    constant: &Constant,
) -> Result<Response<Full<Bytes>>, Infallible> {
    // What is read is dropped; a body that breaks off breaks the connection too.
    let _ = request.into_body().collect().await;
    Ok(constant.response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_taken_over_without_what_hyper_writes() {
        let wire = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request-id: 1\r\n\
            content-length: 2\r\ndate: Sun, 22 Nov 2026 09:00:00 GMT\r\n\r\n{}";
        let constant = Constant::parse(wire).unwrap();
        let response = constant.response();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers().len(), 2);
        assert_eq!(response.headers()["x-request-id"], "1");
        assert!(constant.has_date);
        assert_eq!(&constant.body[..], b"{}");
    }
}
