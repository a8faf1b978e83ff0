//! Server processes of ours: started, waited for, and never left behind.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, bail};

use crate::clock::now;
use crate::stop::Stop;

/// How long a server may take until it listens.
const START_MAX: Duration = Duration::from_secs(30);
/// How often it is asked.
const PAUSE: Duration = Duration::from_millis(20);
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
        mut command: Command,
        address: SocketAddr,
        log: &Path,
        stop: &Stop,
    ) -> anyhow::Result<Child> {
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
        let mut child = Child {
            process,
            log: log.to_owned(),
        };
        child.wait_until_it_listens(address, stop)?;
        Ok(child)
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    fn wait_until_it_listens(&mut self, address: SocketAddr, stop: &Stop) -> anyhow::Result<()> {
        let deadline = now() + START_MAX;
        loop {
            stop.check()?;
            // Before connecting: when it has ended, another process may have taken its port.
            if let Some(status) = self.process.try_wait()? {
                bail!(
                    "the server ended at once ({status}):\n{}",
                    self.last_words()
                );
            }
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
