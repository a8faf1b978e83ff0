//! The examples, run as a newcomer runs them.

use std::net::TcpListener;

use tokio::process::Command;
use tokio::time::timeout;

use crate::support::answer::PATIENCE;
use crate::support::program::executable;
use crate::support::repository::root;

/// Two addresses at which nothing listens.
fn free_addresses() -> [String; 2] {
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    listeners.map(|listener| listener.local_addr().expect("it is bound").to_string())
}

/// Holds: S-27, X-02, X-22, X-35, E-29, E-30.
#[tokio::test]
async fn the_example_of_an_emsp_with_sessions_runs_to_its_end() {
    let [listen, admin_listen] = free_addresses();
    let running = Command::new("bash")
        .arg(root().join("examples/emsp-sessions/run.sh"))
        .env("OCPI_SERVER", executable())
        .env("OCPI_LISTEN", listen)
        .env("OCPI_ADMIN_LISTEN", admin_listen)
        .env("NO_PROXY", "*")
        .kill_on_drop(true)
        .output();
    let output = timeout(PATIENCE, running).await.expect("it ends");
    let output = output.expect("a shell runs");
    let [said, wrong] =
        [output.stdout, output.stderr].map(|it| String::from_utf8_lossy(&it).into_owned());
    assert!(output.status.success(), "{said}\n{wrong}");
    assert!(said.contains("CONCURRENT_TX"), "{said}");
    assert!(said.ends_with("All answers were as expected.\n"), "{said}");
}
