//! The other platforms of a run, in this process, and what the operator asks the server beside its
//! load.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, bail};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::header::AUTHORIZATION;
use hyper_util::rt::TokioIo;
use ocpi_domain::{DateTime, Party};
use ocpi_simulate::{Clock, Faults, Peer, PeerOptions, PeerRole, PeerTokens};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};

use crate::clock::now;
use crate::stop::Stop;

/// The time of this machine.
struct MachineClock(Instant);

impl Clock for MachineClock {
    fn now(&self) -> DateTime {
        today()
    }

    fn elapsed_us(&self) -> u64 {
        u64::try_from((now() - self.0).as_micros()).unwrap_or(u64::MAX)
    }
}

/// The moment by the calendar.
#[expect(
    clippy::disallowed_methods,
    reason = "a peer of a benchmark lives in the time of the machine"
)]
pub(crate) fn today() -> DateTime {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let ms = since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or_default()
    });
    DateTime::UNIX_EPOCH.plus_ms(ms)
}

/// What they run on: one thread, so that most of the machine is the server's.
pub(crate) struct Peers {
    runtime: Runtime,
}

impl Peers {
    /// None yet.
    ///
    /// # Errors
    ///
    /// When the system has no thread for them.
    pub(crate) fn new() -> anyhow::Result<Peers> {
        let mut builder = Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).enable_all().build()?;
        Ok(Peers { runtime })
    }

    /// A peer of that role and party, with faults by that text.
    ///
    /// # Errors
    ///
    /// When the faults are none, or there is no port.
    pub(crate) fn start(
        &self,
        role: PeerRole,
        party: Party,
        faults: &str,
        seed: u64,
    ) -> anyhow::Result<Peer> {
        let clock = Arc::new(MachineClock(now()));
        let mut options = PeerOptions::new(role, party, clock);
        options.tokens = PeerTokens::Generated(0);
        options.faults = faults_of(faults)?;
        options.seed = seed;
        options.seen_max = 0;
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        Ok(self.runtime.block_on(Peer::start(options, listen))?)
    }

    /// What the operator's API answers.
    ///
    /// # Errors
    ///
    /// When it does not answer, or not with JSON and a success.
    pub(crate) fn ask(
        &self,
        admin: SocketAddr,
        method: &str,
        target: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        let asked = send(admin, method, target, body, "Bearer admin");
        let answer = self.runtime.block_on(asked);
        answer.with_context(|| format!("{method} {target}"))
    }

    /// Stores a Token of DE/EMS as its eMSP does.
    ///
    /// # Errors
    ///
    /// When it is not taken.
    pub(crate) fn put(&self, server: SocketAddr, token: &str, body: &Value) -> anyhow::Result<()> {
        let uid = body["uid"].as_str().unwrap_or_default();
        let target = format!("/ocpi/cpo/2.3.0/tokens/DE/EMS/{uid}");
        let authorization = format!("Token {token}");
        let put = send(server, "PUT", &target, Some(body), &authorization);
        self.runtime.block_on(put).context(target.clone())?;
        Ok(())
    }
}

/// Faults by their text.
///
/// # Errors
///
/// When it says none.
pub(crate) fn faults_of(text: &str) -> anyhow::Result<Faults> {
    let faults: Result<Faults, _> = text.parse();
    faults.with_context(|| format!("`{text}`"))
}

async fn send(
    server: SocketAddr,
    method: &str,
    target: &str,
    body: Option<&Value>,
    authorization: &str,
) -> anyhow::Result<Value> {
    let stream = TcpStream::connect(server).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let body = body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string()));
    let request = hyper::Request::builder()
        .method(method)
        .uri(target)
        .header("Host", server.to_string())
        .header("Content-Type", "application/json")
        .header(AUTHORIZATION, authorization)
        .body(Full::new(body))?;
    let (head, body) = sender.send_request(request).await?.into_parts();
    let body = body.collect().await?.to_bytes();
    if !head.status.is_success() {
        bail!("{}: {}", head.status, String::from_utf8_lossy(&body));
    }
    Ok(serde_json::from_slice(&body)?)
}

/// Goes on when this is so, which is looked at now and then.
///
/// # Errors
///
/// When it is not so in time, what it says is wrong, or a signal asks to end.
pub(crate) fn wait_until(
    what: &str,
    seconds_max: u64,
    pause: std::time::Duration,
    stop: &Stop,
    mut is_so: impl FnMut() -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let begin = now();
    while !is_so()? {
        stop.check()?;
        if (now() - begin).as_secs() > seconds_max {
            bail!("{what}: not within {seconds_max} s");
        }
        std::thread::sleep(pause);
    }
    Ok(())
}
