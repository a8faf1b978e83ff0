//! `start`: how soon a server with a large durable store answers.

use std::ffi::OsString;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::thread::{scope, sleep};
use std::time::Duration;

use anyhow::{Context, bail};
use fastrand::Rng;

use crate::client::drive;
use crate::clock::now;
use crate::import::import;
use crate::ocpi;
use crate::options::{AuthorizePath, Format, ServerOptions, StartOptions};
use crate::report::{MEBIBYTE, float, median};
use crate::requests::{Expected, Requests};
use crate::stop::Stop;
use crate::target::{Target, in_directory};
use crate::token_file;
use crate::write_ahead_log;

/// How often a server is asked that does not listen yet.
const PAUSE: Duration = Duration::from_micros(500);
/// How often the log is looked at while it grows.
const GLANCE: Duration = Duration::from_millis(20);
/// How long a server may take until its first answer.
const START_MAX: Duration = Duration::from_mins(1);
/// The log counts as full from this length on. Its limit is 64 MiB, but the server has it copied
/// while it grows, and begins it anew whenever all of it has been copied.
const FULL_BYTES: u64 = 48 << 20;
/// How long the load waits for that. From then on the length at which the copying begins is
/// enough: it is reached every time.
const PATIENCE: Duration = Duration::from_secs(15);
const COPIED_FROM_BYTES: u64 = 16 << 20;

/// Fills a store, and starts a server on it again and again.
///
/// # Errors
///
/// When a server fails, or its first answer is wrong.
pub(crate) fn run(options: &StartOptions, stop: &Stop) -> anyhow::Result<()> {
    in_directory(stop, |directory| {
        let server = ServerOptions::durable();
        let file = token_file::write(directory, options.tokens, Format::Jsonl, stop)?;
        import(&server, directory, &file, stop)?;
        std::fs::remove_file(&file)?;
        let mut starts = Starts {
            options,
            server,
            directory,
            stop,
            rng: Rng::with_seed(1),
        };
        // What the pages of the program and of the file cost the first time is not measured.
        starts.measure()?.1.terminate(stop)?;
        starts.after_a_clean_stop()?;
        starts.after_a_kill()
    })
}

struct Starts<'a> {
    options: &'a StartOptions,
    server: ServerOptions,
    directory: &'a Path,
    stop: &'a Stop,
    rng: Rng,
}

impl Starts<'_> {
    fn after_a_clean_stop(&mut self) -> anyhow::Result<()> {
        let mut times = Vec::new();
        for _ in 0..self.options.rounds {
            let (time, target) = self.measure()?;
            target.terminate(self.stop)?;
            times.push(time);
        }
        self.report("after a clean stop", &times);
        Ok(())
    }

    fn after_a_kill(&mut self) -> anyhow::Result<()> {
        let mut times = Vec::new();
        let (_, mut target) = self.measure()?;
        for _ in 0..self.options.rounds {
            let log = self.kill_under_load(target)?;
            let (time, next) = self.measure()?;
            println!(
                "killed with {:.1} MiB of log: {:.0} ms",
                float(log) / MEBIBYTE,
                time.as_secs_f64() * 1000.0
            );
            times.push(time);
            target = next;
        }
        self.report("after kill -9 under load", &times);
        Ok(())
    }

    /// Starts the server; the time from there to its first answer: may a stored token charge?
    fn measure(&mut self) -> anyhow::Result<(Duration, Target)> {
        let token = self.rng.u64(..self.options.tokens);
        let begin = now();
        let mut target = Target::spawn(&self.server, self.directory)?;
        while TcpStream::connect(target.address).is_err() {
            self.stop.check()?;
            target.require_running()?;
            if now() - begin > START_MAX {
                bail!("the server does not listen on {}", target.address);
            }
            sleep(PAUSE);
        }
        let template = ocpi::authorize(target.address, AuthorizePath::Standard);
        let mut request = Requests::each(template, Expected::allowed(), token..token + 1);
        let outcome = drive(target.address, 1, &mut request, None, self.stop)?;
        let time = now() - begin;
        outcome.checked.require_right()?;
        Ok((time, target))
    }

    /// Loads the server with PUTs until its log is full, and kills it in the middle of them; the
    /// length of the log that it leaves.
    fn kill_under_load(&mut self, target: Target) -> anyhow::Result<u64> {
        let log = self.log()?;
        let address = target.address;
        let template = ocpi::put(address);
        let seed = self.rng.u64(..);
        let mut requests =
            Requests::random(template, Expected::stored(), 0..self.options.tokens, seed);
        scope(|scope| {
            let load = scope.spawn(|| {
                // It ends by an error: the server is killed.
                let _ = drive(
                    address,
                    self.options.connections,
                    &mut requests,
                    None,
                    self.stop,
                );
            });
            let begin = now();
            while !load.is_finished() {
                let is_patient = now() - begin < PATIENCE;
                let enough = if is_patient {
                    FULL_BYTES
                } else {
                    COPIED_FROM_BYTES
                };
                if write_ahead_log::length(&log).is_some_and(|length| length >= enough) {
                    break;
                }
                sleep(GLANCE);
            }
            drop(target);
        });
        self.stop.check()?;
        write_ahead_log::length(&log).with_context(|| format!("there is no {}", log.display()))
    }

    fn log(&self) -> anyhow::Result<PathBuf> {
        let store = self.server.store_file(self.directory);
        let mut log: OsString = store.context("the store has no file")?.into();
        log.push("-wal");
        Ok(log.into())
    }

    fn report(&self, when: &str, times: &[Duration]) {
        let ms: Vec<f64> = times
            .iter()
            .map(|time| time.as_secs_f64() * 1000.0)
            .collect();
        let each: Vec<String> = ms.iter().map(|ms| format!("{ms:.0}")).collect();
        println!(
            "start {when}: {:.0} ms to the first answer (median of {}, {} tokens; each: {})",
            median(ms),
            times.len(),
            self.options.tokens,
            each.join(" ")
        );
    }
}
