//! The load generator: one thread, many keep-alive connections, a closed loop.
//!
//! It shares the machine with the server that it measures, so it does as little as it can:
//! requests are copied from a template, and of an answer the head is parsed and one text looked for.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, bail};
use hdrhistogram::Histogram;
use mio::{Events, Interest, Poll, Token};

use crate::checked::Checked;
use crate::clock::now;
use crate::connection::{Answer, Connection};
use crate::stop::Stop;

/// How long the loop sleeps at most.
const TICK: Duration = Duration::from_millis(500);
/// How long no answer at all may come.
const SILENCE_MAX: Duration = Duration::from_secs(20);

/// What to send, and whether it was answered well.
pub(crate) trait Workload {
    /// Writes the next request over what `request` held; `false` when there is none left.
    fn next_request(&mut self, request: &mut Vec<u8>) -> bool;

    /// Whether the answer is what it must be.
    fn is_right(&mut self, answer: &Answer<'_>) -> bool;
}

/// What a run found.
pub(crate) struct Outcome {
    /// From the first request to the last answer.
    pub(crate) elapsed: Duration,
    /// Nanoseconds from sending a request to having its answer, of every answer.
    pub(crate) latency_ns: Histogram<u64>,
    /// Whether the answers were what they must be.
    pub(crate) checked: Checked,
}

/// Sends requests until there are none left or `span` is over, and waits for their answers.
///
/// # Errors
///
/// When the server cannot be reached, breaks a connection, speaks no HTTP, or falls silent; and
/// when a signal asks to end.
pub(crate) fn drive(
    server: SocketAddr,
    connections: u16,
    workload: &mut impl Workload,
    span: Option<Duration>,
    stop: &Stop,
) -> anyhow::Result<Outcome> {
    let run = Run::open(server, connections, workload)?;
    run.go(span, stop)
        .with_context(|| format!("while loading {server}"))
}

/// A run under way.
struct Run<'a, W> {
    workload: &'a mut W,
    poll: Poll,
    connections: Vec<Connection>,
    /// Connections that wait for an answer.
    busy: usize,
    outcome: Outcome,
}

impl<'a, W: Workload> Run<'a, W> {
    fn open(server: SocketAddr, connections: u16, workload: &'a mut W) -> anyhow::Result<Self> {
        let poll = Poll::new()?;
        let connections = (0..connections)
            .map(|number| {
                let mut connection = Connection::open(server)?;
                let interest = Interest::READABLE | Interest::WRITABLE;
                let token = Token(usize::from(number));
                poll.registry()
                    .register(connection.source(), token, interest)?;
                Ok(connection)
            })
            .collect::<anyhow::Result<_>>()?;
        Ok(Run {
            workload,
            poll,
            connections,
            busy: 0,
            outcome: Outcome {
                elapsed: Duration::ZERO,
                latency_ns: Histogram::new(3)?,
                checked: Checked::default(),
            },
        })
    }

    fn go(mut self, span: Option<Duration>, stop: &Stop) -> anyhow::Result<Outcome> {
        let begin = now();
        let is_over = |moment| span.is_some_and(|span| moment >= begin + span);
        for connection in &mut self.connections {
            if self.workload.next_request(&mut connection.request) {
                connection.start(now())?;
                self.busy += 1;
            }
        }
        let mut events = Events::with_capacity(self.connections.len());
        let mut last_answer = begin;
        while self.busy > 0 {
            stop.check()?;
            match self.poll.poll(&mut events, Some(TICK)) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                result => result?,
            }
            for event in &events {
                let connection = &mut self.connections[event.token().0];
                let Some(started) = connection.started else {
                    continue;
                };
                connection.send()?;
                let Some(answer) = connection.receive()? else {
                    continue;
                };
                last_answer = now();
                let nanoseconds = u64::try_from((last_answer - started).as_nanos())?;
                self.outcome.latency_ns.record(nanoseconds)?;
                let is_right = self.workload.is_right(&answer);
                self.outcome.checked.note(is_right, answer.raw);
                if !is_over(last_answer) && self.workload.next_request(&mut connection.request) {
                    connection.start(last_answer)?;
                } else {
                    connection.started = None;
                    self.busy -= 1;
                }
            }
            if events.is_empty() && now() - last_answer > SILENCE_MAX {
                bail!("no answer for {} seconds", SILENCE_MAX.as_secs());
            }
        }
        self.outcome.elapsed = last_answer - begin;
        Ok(self.outcome)
    }
}

#[cfg(test)]
mod tests {
    use ocpi_bench::bare::{Kind, Server};

    use super::*;
    use crate::ocpi;
    use crate::options::AuthorizePath;
    use crate::requests::{Expected, Requests};

    /// 500 authorize requests, all answered with `body`.
    fn outcome_of(body: &str) -> Outcome {
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let server = Server::start(Kind::Plain, listen, answer.as_bytes()).unwrap();
        let address = server.address();
        let template = ocpi::authorize(address, AuthorizePath::Long);
        let mut requests = Requests::each(template, Expected::allowed(), 0..500);
        let stop = Stop::on_signals().unwrap();
        drive(address, 8, &mut requests, None, &stop).unwrap()
    }

    #[test]
    fn every_request_is_sent_once_and_its_answer_checked() {
        let outcome = outcome_of(r#"{"data":{"allowed":"ALLOWED"},"status_code":1000}"#);
        assert_eq!(outcome.latency_ns.len(), 500);
        outcome.checked.require_right().unwrap();
    }

    #[test]
    fn an_answer_that_does_not_allow_is_wrong() {
        let outcome = outcome_of(r#"{"data":{"allowed":"BLOCKED"},"status_code":1000}"#);
        let error = outcome.checked.require_right().unwrap_err().to_string();
        assert!(
            error.starts_with("500 of 500 answers were wrong"),
            "{error}"
        );
    }

    #[test]
    fn an_answer_longer_than_the_first_buffer_is_read_whole() {
        let filler = " ".repeat(100_000);
        let outcome = outcome_of(&format!(r#"{{"allowed":"ALLOWED"{filler}}}"#));
        outcome.checked.require_right().unwrap();
    }
}
