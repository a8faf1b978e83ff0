//! A server with a configuration file of its own, in a folder of its own, and its commands.

use std::net::{SocketAddr, TcpListener};

use super::http::{Connection, Request, Response};
use super::program::{Directory, Ended, Program};
use super::tls::{HOST, authority};

/// The secret key of the file.
pub(crate) const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// A folder with a configuration file, and the port that its server takes.
pub(crate) struct Configured {
    pub(crate) directory: Directory,
    port: u16,
    is_tls: bool,
}

/// A port that was free a moment ago: who is called must know its URL before it is started.
fn free_port() -> u16 {
    let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
    free.local_addr().expect("it is bound").port()
}

impl Configured {
    /// A server of that party in both roles that may call this machine, without TLS, with this at
    /// the end of its file.
    pub(crate) fn plain(name: &str, party_id: &str, more: &str) -> Configured {
        Configured::new(name, party_id, "allow_http = true", more, false)
    }

    /// The same with TLS, and nobody is called without.
    pub(crate) fn over_tls(name: &str, party_id: &str, more: &str) -> Configured {
        let ca = "extra_ca = \"ca.pem\"";
        let configured = Configured::new(name, party_id, ca, more, true);
        configured.directory.write("ca.pem", &authority().pem());
        configured.renew();
        configured
    }

    fn new(name: &str, party_id: &str, outbound: &str, more: &str, is_tls: bool) -> Configured {
        let configured = Configured {
            directory: Directory::new(name),
            port: free_port(),
            is_tls,
        };
        let tls = if is_tls {
            "[tls]\ncertificate = \"cert.pem\"\nkey = \"key.pem\"\n"
        } else {
            ""
        };
        let (port, url) = (configured.port, configured.url());
        let file = format!(
            r#"listen = "127.0.0.1:{port}"
admin_listen = "127.0.0.1:0"
public_url = "{url}"
store = "sqlite:store.db"
admin_token = "admin-s3cret"

{tls}
[outbound]
allow_private_addresses = true
{outbound}

[[parties]]
country_code = "CH"
party_id = "{party_id}"
roles = ["CPO", "EMSP"]
name = "Example"

{more}
"#
        );
        configured.directory.write("ocpi.toml", &file);
        configured
    }

    /// Puts a new certificate, with its key, where the server looks for one.
    pub(crate) fn renew(&self) -> Vec<u8> {
        let identity = authority().identity();
        self.directory.write("cert.pem", &identity.certificate_pem);
        self.directory.write("key.pem", &identity.key_pem);
        identity.certificate.to_vec()
    }

    /// What its URLs are below.
    pub(crate) fn url(&self) -> String {
        if self.is_tls {
            format!("https://{HOST}:{}", self.port)
        } else {
            format!("http://127.0.0.1:{}", self.port)
        }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// The server, started.
    pub(crate) async fn serve(&self) -> Program {
        let mut program = self.start(&[], KEY);
        program.addresses().await;
        program
    }

    /// A command, or the server, with this secret key; whether it starts is to be seen.
    pub(crate) fn start(&self, arguments: &[&str], key: &str) -> Program {
        self.start_with(arguments, &[("OCPI_SECRET_KEY", key)])
    }

    /// A command, or the server, with this environment.
    pub(crate) fn start_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Program {
        let config = ["--config", "ocpi.toml"];
        let arguments = [arguments, &config].concat();
        Program::start_in(&self.directory, &arguments, environment)
    }

    /// A command, and how it ended.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Ended {
        self.start(arguments, KEY).end().await
    }

    /// A command that must do what it is told; what it says.
    pub(crate) async fn done(&self, arguments: &[&str]) -> String {
        let ended = self.run(arguments).await;
        assert_eq!(ended.code, Some(0), "{arguments:?}: {}", ended.stderr);
        ended.stdout
    }

    /// What a command answers in JSON.
    pub(crate) async fn asked(&self, arguments: &[&str]) -> serde_json::Value {
        let said = self.done(&[arguments, &["--json"]].concat()).await;
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
    }

    /// Sends a request of a platform on a connection of its own.
    pub(crate) async fn send(&self, request: &Request) -> Response {
        let mut connection = if self.is_tls {
            Connection::open_tls(self.address()).await
        } else {
            Connection::open(self.address()).await
        };
        connection.send(request).await
    }

    /// Whether a token opens this.
    pub(crate) async fn admits(&self, target: &str, token: &str) -> bool {
        let request = Request::new("GET", target).token(token);
        self.send(&request).await.status != 401
    }
}
