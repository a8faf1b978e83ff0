//! Server processes of ours: started, waited for, and never left behind.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, bail};

use crate::clock::now;
use crate::process;
use crate::stop::Stop;

/// How long a server may take until it listens.
const START_MAX: Duration = Duration::from_secs(30);
/// How often it is asked.
const PAUSE: Duration = Duration::from_millis(20);
/// How long it may take until it has ended.
const END_MAX: Duration = Duration::from_mins(1);
/// How often a process is looked at that works or ends.
const GLANCE: Duration = Duration::from_millis(2);
/// Lines of its output that are shown when it does not start.
const TAIL_LINES: usize = 10;

/// A server process; dropping it kills it.
pub(crate) struct Child {
    process: std::process::Child,
    log: PathBuf,
}

impl Child {
    /// Starts `command` with its output added to `log`, and waits until `address` answers.
    ///
    /// # Errors
    ///
    /// When it cannot be started, ends at once (then with its last words), or does not listen in
    /// time.
    pub(crate) fn start(
        command: Command,
        address: SocketAddr,
        log: &Path,
        stop: &Stop,
    ) -> anyhow::Result<Child> {
        let mut child = Child::spawn(command, log)?;
        child.wait_until_it_listens(address, stop)?;
        Ok(child)
    }

    /// Starts `command` with its output added to `log`.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub(crate) fn spawn(mut command: Command, log: &Path) -> anyhow::Result<Child> {
        let output = File::options()
            .create(true)
            .append(true)
            .open(log)
            .with_context(|| format!("cannot write {}", log.display()))?;
        let process = command
            .stdin(Stdio::piped())
            .stderr(output.try_clone()?)
            .stdout(output)
            .spawn()
            .with_context(|| format!("cannot start {}", command.get_program().display()))?;
        Ok(Child {
            process,
            log: log.to_owned(),
        })
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Waits until it has done its work; the most memory that it was seen to have, in bytes. It
    /// is looked at every few milliseconds, and its peak is never less than what was seen.
    ///
    /// # Errors
    ///
    /// When it fails, then with its last words, or a signal asks to end.
    pub(crate) fn finish(mut self, stop: &Stop) -> anyhow::Result<u64> {
        let mut peak = 0;
        loop {
            stop.check()?;
            // Read before the end is known: it has no memory any more when it has ended.
            peak = process::memory(self.id()).map_or(peak, |memory| memory.peak);
            match self.process.try_wait()? {
                None => sleep(GLANCE),
                Some(status) if status.success() => return Ok(peak),
                Some(status) => bail!("it failed ({status}):\n{}", self.last_words()),
            }
        }
    }

    /// Asks it to end, and waits until it has.
    ///
    /// # Errors
    ///
    /// When it cannot be asked, does not end with success, or not in time.
    pub(crate) fn terminate(mut self, stop: &Stop) -> anyhow::Result<()> {
        let sent = Command::new("sh")
            .args(["-c", &format!("kill -TERM {}", self.id())])
            .status()?;
        if !sent.success() {
            bail!("the server cannot be asked to end");
        }
        let deadline = now() + END_MAX;
        loop {
            stop.check()?;
            match self.process.try_wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => bail!("the server ended ({status}):\n{}", self.last_words()),
                None if now() > deadline => {
                    bail!("the server does not end:\n{}", self.last_words())
                }
                None => sleep(GLANCE),
            }
        }
    }

    /// Goes on while it runs.
    ///
    /// # Errors
    ///
    /// When it has ended, then with its last words.
    pub(crate) fn require_running(&mut self) -> anyhow::Result<()> {
        if let Some(status) = self.process.try_wait()? {
            bail!(
                "the server ended at once ({status}):\n{}",
                self.last_words()
            );
        }
        Ok(())
    }

    fn wait_until_it_listens(&mut self, address: SocketAddr, stop: &Stop) -> anyhow::Result<()> {
        let deadline = now() + START_MAX;
        loop {
            stop.check()?;
            // Before connecting: when it has ended, another process may have taken its port.
            self.require_running()?;
            if TcpStream::connect(address).is_ok() {
                return Ok(());
            }
            if now() > deadline {
                bail!(
                    "the server does not listen on {address}:\n{}",
                    self.last_words()
                );
            }
            sleep(PAUSE);
        }
    }

    fn last_words(&self) -> String {
        let output = fs::read(&self.log).unwrap_or_default();
        let output = String::from_utf8_lossy(&output);
        let lines: Vec<&str> = output.lines().collect();
        lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // It fails only when the process has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Loopback addresses on which nothing listens, each another.
///
/// # Errors
///
/// When there is no free port.
pub(crate) fn free_addresses<const N: usize>() -> anyhow::Result<[SocketAddr; N]> {
    let listeners: Vec<TcpListener> = (0..N)
        .map(|_| TcpListener::bind(("127.0.0.1", 0)))
        .collect::<Result<_, _>>()?;
    let mut addresses = [SocketAddr::from(([127, 0, 0, 1], 0)); N];
    for (address, listener) in addresses.iter_mut().zip(&listeners) {
        *address = listener.local_addr()?;
    }
    Ok(addresses)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_server_that_ends_at_once_is_quoted() {
        let directory = tempfile::tempdir().unwrap();
        // Nothing listens on this port; a free one may be taken by another test meanwhile.
        let address = SocketAddr::from(([127, 0, 0, 1], 1));
        let stop = Stop::on_signals().unwrap();
        let error = Child::start(
            shell("echo no such store >&2; exit 3"),
            address,
            &directory.path().join("log"),
            &stop,
        )
        .err()
        .unwrap()
        .to_string();
        assert!(error.contains("no such store"), "{error}");
        assert!(error.contains("exit status: 3"), "{error}");
    }

    #[test]
    fn a_process_that_fails_is_quoted_and_one_that_works_has_memory() {
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("log");
        let stop = Stop::on_signals().unwrap();
        let child = Child::spawn(shell("echo bad line 7; exit 4"), &log).unwrap();
        let error = child.finish(&stop).unwrap_err().to_string();
        assert!(error.contains("bad line 7"), "{error}");
        let child = Child::spawn(shell("exec sleep 0.1"), &log).unwrap();
        assert!(child.finish(&stop).unwrap() > 0);
    }

    #[test]
    fn dropping_a_child_ends_its_process() {
        let process = shell("exec sleep 60").spawn().unwrap();
        let path = format!("/proc/{}", process.id());
        let child = Child {
            process,
            log: PathBuf::new(),
        };
        assert!(fs::exists(&path).unwrap());
        drop(child);
        assert!(!fs::exists(&path).unwrap());
    }
}
