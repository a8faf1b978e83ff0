//! The servers that are measured: one that runs already, one of ours, or the bare one.

use std::env::{current_exe, vars_os};
use std::ffi::OsStr;
use std::fs;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, bail};
use ocpi_bench::bare::Kind;
use tempfile::TempDir;

use crate::child::{Child, free_addresses};
use crate::options::ServerOptions;
use crate::process::{self, Memory};
use crate::stop::Stop;

/// The configuration file of a server that is no quickstart, in its directory.
pub(crate) const CONFIGURATION: &str = "ocpi.toml";

/// A server under load.
pub(crate) struct Target {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Where its operator's API is, when it is a server of ours.
    admin: Option<SocketAddr>,
    /// `None` when it was running before.
    child: Option<Child>,
}

impl Target {
    /// A server that runs already.
    ///
    /// # Errors
    ///
    /// When `url` is not `http://` with a loopback address and a port.
    pub(crate) fn running(url: &str) -> anyhow::Result<Target> {
        Ok(Target {
            address: loopback(url)?,
            admin: None,
            child: None,
        })
    }

    /// Starts `ocpi-server` as a quickstart, with `directory` as its working directory, and waits
    /// until it listens.
    ///
    /// # Errors
    ///
    /// When it has not been built, or does not start.
    pub(crate) fn start(
        options: &ServerOptions,
        directory: &Path,
        stop: &Stop,
    ) -> anyhow::Result<Target> {
        let (command, address, admin) = serve(options, directory)?;
        let child = Child::start(command, address, &log(options, directory)?, stop)?;
        Ok(Target {
            address,
            admin: Some(admin),
            child: Some(child),
        })
    }

    /// Starts `ocpi-server` as [`Target::start`] does, with this configuration instead of that of a
    /// quickstart.
    ///
    /// # Errors
    ///
    /// When it has not been built, or does not start.
    pub(crate) fn configured(
        options: &ServerOptions,
        directory: &Path,
        configuration: &str,
        stop: &Stop,
    ) -> anyhow::Result<Target> {
        let file = directory.join(CONFIGURATION);
        fs::write(&file, configuration)?;
        let (mut command, address, admin) = serve(options, directory)?;
        command.arg("--config").arg(&file);
        let child = Child::start(command, address, &log(options, directory)?, stop)?;
        Ok(Target {
            address,
            admin: Some(admin),
            child: Some(child),
        })
    }

    /// Starts `ocpi-server` as [`Target::start`] does, but does not wait until it listens.
    ///
    /// # Errors
    ///
    /// When it has not been built.
    pub(crate) fn spawn(options: &ServerOptions, directory: &Path) -> anyhow::Result<Target> {
        let (command, address, admin) = serve(options, directory)?;
        let child = Child::spawn(command, &log(options, directory)?)?;
        Ok(Target {
            address,
            admin: Some(admin),
            child: Some(child),
        })
    }

    /// Says where it listens, and where its output goes.
    ///
    /// # Errors
    ///
    /// When there is no working directory.
    pub(crate) fn announce(&self, options: &ServerOptions, directory: &Path) -> anyhow::Result<()> {
        println!(
            "ocpi-server on {}, store {}, its output in {}",
            self.address,
            options.store,
            log(options, directory)?.display()
        );
        Ok(())
    }

    /// Goes on while it runs.
    ///
    /// # Errors
    ///
    /// When it has ended, then with its last words.
    pub(crate) fn require_running(&mut self) -> anyhow::Result<()> {
        self.child.as_mut().map_or(Ok(()), Child::require_running)
    }

    /// Asks it to end, and waits until it has. Dropping it kills it.
    ///
    /// # Errors
    ///
    /// When it does not end with success, or is not a child of ours.
    pub(crate) fn terminate(self, stop: &Stop) -> anyhow::Result<()> {
        let child = self.child.context("not a server of ours")?;
        child.terminate(stop)
    }

    /// Starts the bare server, which gives `answer` to every request.
    ///
    /// # Errors
    ///
    /// When it has not been built, or does not start.
    pub(crate) fn start_bare(
        kind: Kind,
        answer: &[u8],
        directory: &Path,
        stop: &Stop,
    ) -> anyhow::Result<Target> {
        let file = directory.join("answer");
        fs::write(&file, answer)?;
        let [address] = free_addresses()?;
        let mut command = match kind {
            Kind::Plain => Command::new(current_exe()?),
            Kind::Tuned => Command::new(beside("ocpi-bench-bare-tuned")?),
        };
        if matches!(kind, Kind::Plain) {
            command.arg("bare");
        }
        command
            .args(["--listen", &address.to_string(), "--answer"])
            .arg(&file);
        let child = Child::start(command, address, &directory.join("bare.log"), stop)?;
        Ok(Target {
            address,
            admin: None,
            child: Some(child),
        })
    }

    /// Where its operator's API listens.
    ///
    /// # Errors
    ///
    /// When it is not a server of ours.
    pub(crate) fn admin(&self) -> anyhow::Result<SocketAddr> {
        self.admin.context("not a server of ours")
    }

    /// The processor time that it has used so far; `None` when it is not a child of ours.
    ///
    /// # Errors
    ///
    /// When it has ended.
    pub(crate) fn cpu_time(&self) -> anyhow::Result<Option<Duration>> {
        let child = self.child.as_ref();
        child.map(|child| process::cpu_time(child.id())).transpose()
    }

    /// Its resident memory.
    ///
    /// # Errors
    ///
    /// When it has ended, or is not a child of ours.
    pub(crate) fn memory(&self) -> anyhow::Result<Memory> {
        let child = self.child.as_ref().context("not a server of ours")?;
        process::memory(child.id())
    }
}

/// The command line of a quickstart server, and where it will listen: to peers, to its operator.
fn serve(
    options: &ServerOptions,
    directory: &Path,
) -> anyhow::Result<(Command, SocketAddr, SocketAddr)> {
    let [address, admin] = free_addresses()?;
    let mut command = ocpi_server(options, directory)?;
    command
        .args(["--listen", &address.to_string()])
        .args(["--admin-listen", &admin.to_string()]);
    Ok((command, address, admin))
}

/// `ocpi-server` with the store of `options`, below `directory`; what it shall do is to be added.
///
/// # Errors
///
/// When it has not been built.
pub(crate) fn ocpi_server(options: &ServerOptions, directory: &Path) -> anyhow::Result<Command> {
    let mut command = Command::new(beside("ocpi-server")?);
    command.current_dir(directory);
    for (name, _) in vars_os().filter(|(name, _)| is_setting(name)) {
        command.env_remove(name);
    }
    command.env("OCPI_STORE", &options.store);
    Ok(command)
}

/// Where the output of a server or a command goes.
///
/// # Errors
///
/// When there is no working directory.
pub(crate) fn log(options: &ServerOptions, directory: &Path) -> anyhow::Result<PathBuf> {
    Ok(match &options.server_log {
        Some(log) => std::path::absolute(log)?,
        None => directory.join("ocpi-server.log"),
    })
}

/// A program that was built with this one.
fn beside(name: &str) -> anyhow::Result<PathBuf> {
    let program = current_exe()?.with_file_name(name);
    if !program.exists() {
        bail!(
            "there is no {}: build it first with `cargo build --release --workspace`",
            program.display()
        );
    }
    Ok(program)
}

/// Whether a variable of the environment could make the server something else than a quickstart
/// with default logging.
fn is_setting(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b"OCPI_")
}

fn loopback(url: &str) -> anyhow::Result<SocketAddr> {
    let place = url
        .strip_prefix("http://")
        .with_context(|| format!("`{url}`: must start with http://"))?
        .trim_end_matches('/');
    let address = place
        .to_socket_addrs()
        .with_context(|| format!("`{url}`: must be like http://127.0.0.1:8000"))?
        .find(|address| address.ip().is_loopback());
    address.with_context(|| format!("`{url}`: only servers on this machine are loaded"))
}

/// Gives `work` a directory of its own. Kept when it fails, since the server's output lies there.
///
/// # Errors
///
/// Those of `work`, and when there is no place for the directory.
pub(crate) fn in_directory(
    stop: &Stop,
    work: impl FnOnce(&Path) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let directory = TempDir::with_prefix("ocpi-bench-")?;
    let result = work(directory.path());
    let is_empty = fs::read_dir(directory.path())?.next().is_none();
    if result.is_err() && stop.check().is_ok() && !is_empty {
        eprintln!("the run's files are kept in {}", directory.keep().display());
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_of_the_server_is_kept_from_it() {
        for name in ["OCPI_LOG", "OCPI_LOG_FORMAT", "OCPI_ADMIN_TOKEN"] {
            assert!(is_setting(OsStr::new(name)), "{name}");
        }
        for name in ["PATH", "OCPI", "MY_OCPI_LOG"] {
            assert!(!is_setting(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn only_servers_on_this_machine_are_loaded() {
        for url in [
            "http://127.0.0.1:8000",
            "http://127.0.0.1:8000/",
            "http://[::1]:8000",
        ] {
            assert_eq!(loopback(url).unwrap().port(), 8000);
        }
        for url in [
            "https://127.0.0.1:8000",
            "127.0.0.1:8000",
            "http://127.0.0.1",
            "http://192.0.2.1:80",
            "http://0.0.0.0:80",
        ] {
            assert!(loopback(url).is_err(), "{url}");
        }
    }
}
