//! The program itself: built once, started as a child, and killed when a test is done with it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time::timeout;

use super::answer::PATIENCE;

/// The flags that take any free port.
pub(crate) const ANYWHERE: [&str; 4] = ["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];

/// The program, built when the first test needs it.
pub(crate) fn executable() -> &'static Path {
    static EXECUTABLE: OnceLock<PathBuf> = OnceLock::new();
    EXECUTABLE.get_or_init(|| {
        let built = std::process::Command::new(env!("CARGO"))
            .args([
                "build",
                "--locked",
                "--package",
                "ocpi-server",
                "--message-format",
                "json",
            ])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("cargo runs");
        assert!(
            built.status.success(),
            "{}",
            String::from_utf8_lossy(&built.stderr)
        );
        let messages = String::from_utf8(built.stdout).expect("cargo writes text");
        messages
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|message| message["target"]["name"] == "ocpi-server")
            .find_map(|message| message["executable"].as_str().map(PathBuf::from))
            .expect("cargo names the program that it built")
    })
}

/// A directory that is there as long as the value lives.
pub(crate) struct Directory(PathBuf);

impl Directory {
    /// An empty directory, of this name and a number that no other has.
    pub(crate) fn new(name: &str) -> Directory {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("{name}-{}-{number}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&path).expect("a directory can be made");
        Directory(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file and gives its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, text).expect("a file can be written");
        path.into_os_string().into_string().expect("a path is text")
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // What is left behind is in the way of nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What a stream of the program said so far.
#[derive(Clone)]
struct Said(watch::Receiver<String>);

impl Said {
    fn of(mut stream: impl AsyncRead + Unpin + Send + 'static) -> Said {
        let (sender, receiver) = watch::channel(String::new());
        tokio::spawn(async move {
            let mut bytes = Vec::new();
            while stream
                .read_buf(&mut bytes)
                .await
                .is_ok_and(|length| length > 0)
            {
                // Whole lines only: half a line could be half a character.
                let lines = bytes
                    .iter()
                    .rposition(|byte| *byte == b'\n')
                    .map_or(0, |at| at + 1);
                let text = String::from_utf8(bytes.drain(..lines).collect());
                sender.send_modify(|said| said.push_str(&text.expect("the program writes text")));
            }
        });
        Said(receiver)
    }

    /// Waits until this was said.
    async fn contains(&mut self, text: &str) -> String {
        let waiting = self.0.wait_for(|said| said.contains(text));
        let was_said = timeout(PATIENCE, waiting)
            .await
            .is_ok_and(|said| said.is_ok());
        let said = self.0.borrow().clone();
        assert!(was_said, "the program never said `{text}`: {said}");
        said
    }

    /// Waits until this was said; `false` when the program ends without.
    async fn comes(&mut self, text: &str) -> bool {
        let waiting = self.0.wait_for(|said| said.contains(text));
        let said = timeout(PATIENCE, waiting).await;
        said.expect("it is said, or the program ends").is_ok()
    }

    /// Everything that was said, when the program has ended.
    async fn all(mut self) -> String {
        let ended = async { while self.0.changed().await.is_ok() {} };
        timeout(PATIENCE, ended)
            .await
            .expect("the program closes its streams");
        self.0.borrow().clone()
    }
}

/// How a program ended.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The program, running.
pub(crate) struct Program {
    child: Child,
    stdout: Said,
    stderr: Said,
    /// Where it keeps its store when it is told nothing else; `None` when the test has it.
    _directory: Option<Directory>,
}

impl Program {
    /// Starts the program with these arguments and no environment but this one, in an empty
    /// working directory of its own.
    pub(crate) fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Program {
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let directory = Directory::new(&format!("program-{number}"));
        let program = Program::start_in(&directory, arguments, environment);
        Program {
            _directory: Some(directory),
            ..program
        }
    }

    /// Starts the program as [`start`](Program::start) does, in that working directory.
    pub(crate) fn start_in(
        directory: &Directory,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Program {
        let mut command = Command::new(executable());
        command
            .args(arguments)
            .current_dir(directory.path())
            .env_clear()
            .envs(environment.iter().copied());
        Program::run(command)
    }

    /// Runs a command that is the program, or becomes it.
    pub(crate) fn run(mut command: Command) -> Program {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts");
        let stdout = Said::of(child.stdout.take().expect("it is piped"));
        let stderr = Said::of(child.stderr.take().expect("it is piped"));
        Program {
            child,
            stdout,
            stderr,
            _directory: None,
        }
    }

    /// The addresses of OCPI and of the operator, once the log names them.
    pub(crate) async fn addresses(&mut self) -> (SocketAddr, SocketAddr) {
        let log = self.stderr.contains("listening").await;
        let line = log
            .lines()
            .find(|line| line.contains("listening"))
            .expect("it is there");
        (address(line, "ocpi"), address(line, "admin"))
    }

    /// Waits until it listens; `false` when it ends instead.
    pub(crate) async fn listens(&mut self) -> bool {
        self.stderr.comes("listening").await
    }

    /// Waits until the log holds this text.
    pub(crate) async fn logs(&mut self, text: &str) {
        self.stderr.contains(text).await;
    }

    /// Waits until the person who started it was told this.
    pub(crate) async fn tells(&mut self, text: &str) -> String {
        self.stdout.contains(text).await
    }

    /// The id of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// Ends it on the spot by SIGKILL.
    pub(crate) async fn kill(mut self) -> Ended {
        self.child.start_kill().expect("it can be killed");
        self.end().await
    }

    /// Sends a signal, as `TERM`.
    pub(crate) async fn signal(&self, name: &str) {
        let id = self.id();
        let sent = Command::new("sh")
            .args(["-c", &format!("kill -{name} {id}")])
            .status()
            .await;
        assert!(sent.expect("a shell runs").success(), "kill -{name}");
    }

    /// Waits until the program has ended by itself.
    pub(crate) async fn end(mut self) -> Ended {
        let status = timeout(PATIENCE, self.child.wait())
            .await
            .expect("the program ends");
        Ended {
            code: status.expect("its status can be had").code(),
            stdout: self.stdout.all().await,
            stderr: self.stderr.all().await,
        }
    }

    /// Asks the program to end, and waits until it has.
    pub(crate) async fn terminate(self) -> Ended {
        self.signal("TERM").await;
        self.end().await
    }
}

/// The address that a line of the log gives as `name`, in either format.
fn address(line: &str, name: &str) -> SocketAddr {
    let starts = [format!(" {name}="), format!("\"{name}\":\"")];
    let rest = starts
        .iter()
        .find_map(|start| line.split_once(start.as_str()));
    let (_, rest) = rest.unwrap_or_else(|| panic!("no `{name}` in: {line}"));
    let end = rest.find([' ', '"']).unwrap_or(rest.len());
    rest[..end]
        .parse()
        .unwrap_or_else(|_| panic!("no address as `{name}` in: {line}"))
}
