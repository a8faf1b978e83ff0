//! The bare server: what hyper alone can do. It reads each request whole and gives a constant
//! answer, so the difference to the real server is routing, rules, store, log and JSON; of the
//! plain one also the threads and, by its binary, the allocator.

use std::convert::Infallible;
use std::io::{Read, stdin};
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::{fmt, fs, io};

use anyhow::Context;
use bytes::Bytes;
use clap::{Args, ValueEnum};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;

/// Which bare server.
#[derive(Clone, Copy, ValueEnum)]
pub enum Kind {
    /// As a user of hyper would write it: tokio's default runtime, the system's allocator.
    Plain,
    /// With the real server's threads, allocator and way to write.
    Tuned,
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Kind::Plain => "plain",
            Kind::Tuned => "tuned",
        })
    }
}

/// What a bare server is told.
#[derive(Args)]
pub struct Options {
    /// Where to listen.
    #[arg(long)]
    listen: SocketAddr,
    /// A file that holds the answer as it goes over the wire, head and body.
    #[arg(long)]
    answer: PathBuf,
}

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
/// When the file holds no HTTP answer, or the address is taken.
pub fn serve(kind: Kind, options: &Options) -> anyhow::Result<()> {
    let _server = Server::start(kind, options.listen, &fs::read(&options.answer)?)?;
    stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// A bare server on threads of its own, until it is dropped.
pub struct Server {
    address: SocketAddr,
    _threads: Vec<Thread>,
}

impl Server {
    /// Starts it; `answer` is what it gives to each request, as it goes over the wire.
    ///
    /// # Errors
    ///
    /// When `answer` is no HTTP answer, `listen` is taken, or the system gives no thread.
    pub fn start(kind: Kind, listen: SocketAddr, answer: &[u8]) -> anyhow::Result<Server> {
        let constant = Arc::new(Constant::parse(answer)?);
        let (runtime, workers) = match kind {
            Kind::Plain => (Builder::new_multi_thread(), 0),
            Kind::Tuned => (
                Builder::new_current_thread(),
                available_parallelism().map_or(1, NonZeroUsize::get),
            ),
        };
        let mut threads = (0..workers)
            .map(|_| Thread::start(Builder::new_current_thread().enable_all().build()?))
            .collect::<io::Result<Vec<Thread>>>()?;
        let workers = threads.iter().map(|thread| thread.handle.clone()).collect();
        let runtime = { runtime }.enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind(listen))?;
        let address = listener.local_addr()?;
        runtime.spawn(accept(listener, constant, workers));
        threads.push(Thread::start(runtime)?);
        Ok(Server {
            address,
            _threads: threads,
        })
    }

    /// The address that it is bound to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// A thread that runs a runtime until this is dropped.
struct Thread {
    handle: Handle,
    _stop: oneshot::Sender<()>,
}

impl Thread {
    fn start(runtime: Runtime) -> io::Result<Thread> {
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        std::thread::Builder::new().spawn(move || {
            // Nothing is ever sent: it ends when the other end is gone.
            let _ = runtime.block_on(stopped);
        })?;
        Ok(Thread {
            handle,
            _stop: stop,
        })
    }
}

/// Hands connections to `workers` in turns; when there are none, to the runtime that this runs on.
async fn accept(
    listener: TcpListener,
    constant: Arc<Constant>,
    workers: Vec<Handle>,
) -> io::Result<()> {
    let mut turns = workers.iter().cycle();
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let constant = Arc::clone(&constant);
        match turns.next() {
            None => {
                tokio::spawn(connection(stream, constant, http1::Builder::new()));
            }
            Some(worker) => {
                let stream = stream.into_std()?;
                worker.spawn(async move {
                    let mut builder = http1::Builder::new();
                    builder.writev(false);
                    // A stream that its runtime refuses breaks its connection.
                    if let Ok(stream) = TcpStream::from_std(stream) {
                        connection(stream, constant, builder).await;
                    }
                });
            }
        }
    }
}

async fn connection(stream: TcpStream, constant: Arc<Constant>, mut builder: http1::Builder) {
    let service = service_fn(|request| answer(request, &constant));
    // A connection that breaks is the load generator's to report.
    let _ = builder
        .auto_date_header(constant.has_date)
        .serve_connection(TokioIo::new(stream), service)
        .await;
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
    use std::io::Write;

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
    /// What a server of `kind` answers to two requests on one connection.
    fn answers_of(kind: Kind) -> String {
        let wire = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
        let server = Server::start(kind, SocketAddr::from(([127, 0, 0, 1], 0)), wire).unwrap();
        let mut stream = std::net::TcpStream::connect(server.address()).unwrap();
        stream
            .write_all(
                b"PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n{}\
                GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
            )
            .unwrap();
        let mut answers = String::new();
        stream.read_to_string(&mut answers).unwrap();
        answers
    }

    #[test]
    fn both_kinds_answer_every_request() {
        for kind in [Kind::Plain, Kind::Tuned] {
            for _ in 0..8 {
                let answers = answers_of(kind);
                assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 2, "{answers}");
                assert!(answers.ends_with("\r\n\r\n{}"), "{answers}");
            }
        }
    }
}
