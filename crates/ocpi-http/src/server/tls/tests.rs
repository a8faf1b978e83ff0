//! Certificates that are good, changed and broken.

use std::fs;

use rustls::pki_types::ServerName;
use rustls::{ProtocolVersion, version};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::*;
use crate::certificates::{Authority, Issued};

/// Two files in a folder of their own.
struct Folder {
    folder: tempfile::TempDir,
}

impl Folder {
    fn with(issued: &Issued) -> Folder {
        let folder = Folder {
            folder: tempfile::tempdir().unwrap(),
        };
        folder.write(issued);
        folder
    }

    fn certificate(&self) -> PathBuf {
        self.folder.path().join("server.crt")
    }

    fn key(&self) -> PathBuf {
        self.folder.path().join("server.key")
    }

    fn write(&self, issued: &Issued) {
        fs::write(self.certificate(), &issued.certificate).unwrap();
        fs::write(self.key(), &issued.key).unwrap();
    }

    fn load(&self) -> Result<TlsConfig, TlsFileError> {
        TlsConfig::load(&self.certificate(), &self.key())
    }
}

type Connected = std::io::Result<TlsStream<tokio::io::DuplexStream>>;

async fn connected(tls: &TlsConfig, client: &TlsConnector) -> Connected {
    let (ours, theirs) = tokio::io::duplex(4096);
    let name = ServerName::try_from("ours.example").unwrap();
    let (_, connected) = tokio::join!(tls.acceptor().accept(ours), client.connect(name, theirs));
    connected
}

/// The certificate that the server showed.
fn shown(connected: Connected) -> Vec<u8> {
    let connected = connected.unwrap();
    connected.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

fn der(issued: &Issued) -> Vec<u8> {
    CertificateDer::from_pem_slice(issued.certificate.as_bytes())
        .unwrap()
        .to_vec()
}

/// Holds: T-96.
#[tokio::test]
async fn tls_1_2_and_1_3_are_spoken_and_both_versions_of_http() {
    let authority = Authority::new();
    let tls = Folder::with(&authority.issue("ours.example"))
        .load()
        .unwrap();
    for (version, expected) in [
        (&version::TLS12, ProtocolVersion::TLSv1_2),
        (&version::TLS13, ProtocolVersion::TLSv1_3),
    ] {
        for (offered, chosen) in [
            (&["h2", "http/1.1"][..], Some("h2")),
            (&["http/1.1"], Some("http/1.1")),
            (&[], None),
        ] {
            let client = authority.client(&[version], offered);
            let connected = connected(&tls, &client).await.unwrap();
            let (_, session) = connected.get_ref();
            assert_eq!(session.protocol_version(), Some(expected));
            assert_eq!(session.alpn_protocol(), chosen.map(str::as_bytes));
        }
    }
}

/// Holds: T-96.
#[tokio::test]
async fn changed_files_are_for_new_connections() {
    let authority = Authority::new();
    let client = authority.client(rustls::ALL_VERSIONS, &[]);
    let (first, second) = (
        authority.issue("ours.example"),
        authority.issue("ours.example"),
    );
    let folder = Folder::with(&first);
    let tls = folder.load().unwrap();
    let clone = tls.clone();
    assert!(!tls.reload().unwrap());
    assert_eq!(shown(connected(&clone, &client).await), der(&first));
    folder.write(&second);
    assert!(tls.reload().unwrap());
    assert!(!tls.reload().unwrap());
    assert_eq!(shown(connected(&clone, &client).await), der(&second));
}

/// Holds: T-96.
#[tokio::test]
async fn broken_files_are_told_once_and_change_nothing() {
    let authority = Authority::new();
    let client = authority.client(rustls::ALL_VERSIONS, &[]);
    let (first, second) = (
        authority.issue("ours.example"),
        authority.issue("ours.example"),
    );
    let folder = Folder::with(&first);
    let tls = folder.load().unwrap();
    // Half of a change: whoever renews writes one file after the other.
    fs::write(folder.certificate(), &second.certificate).unwrap();
    assert!(matches!(tls.reload(), Err(TlsFileError::Mismatch { .. })));
    assert!(!tls.reload().unwrap());
    fs::remove_file(folder.key()).unwrap();
    assert!(matches!(tls.reload(), Err(TlsFileError::Unreadable { .. })));
    assert!(!tls.reload().unwrap());
    assert_eq!(shown(connected(&tls, &client).await), der(&first));
    fs::write(folder.key(), &second.key).unwrap();
    assert!(tls.reload().unwrap());
    assert_eq!(shown(connected(&tls, &client).await), der(&second));
}

/// Holds: T-96.
#[test]
fn files_that_cannot_be_used_are_refused_by_their_names() {
    let authority = Authority::new();
    let (good, other) = (
        authority.issue("ours.example"),
        authority.issue("ours.example"),
    );
    let swapped = format!(
        "{}{}",
        String::from_utf8(authority.pem()).unwrap(),
        good.certificate
    );
    let encrypted = good.key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let cut = &good.certificate[..good.certificate.len() / 2];
    for (certificate, key, words) in [
        ("", &*good.key, &["server.crt", "BEGIN CERTIFICATE"][..]),
        (&good.key, &good.key, &["server.crt", "BEGIN CERTIFICATE"]),
        (cut, &good.key, &["server.crt", "ends before"]),
        (broken, &good.key, &["server.crt"]),
        (&good.certificate, "", &["server.key", "BEGIN PRIVATE KEY"]),
        (
            &good.certificate,
            &good.certificate,
            &["server.key", "BEGIN PRIVATE KEY"],
        ),
        (
            &good.certificate,
            &encrypted,
            &["server.key", "without a pass phrase"],
        ),
        (
            &good.certificate,
            "-----BEGIN PRIVATE KEY-----\n",
            &["server.key"],
        ),
        (
            &good.certificate,
            &other.key,
            &["server.crt", "server.key", "issued together"],
        ),
        (
            &swapped,
            &good.key,
            &["server.crt", "server.key", "of the server first"],
        ),
    ] {
        let folder = Folder::with(&Issued {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
        });
        let text = folder.load().unwrap_err().to_string();
        for word in words {
            assert!(text.contains(word), "`{word}` is not in: {text}");
        }
        assert!(!text.contains(&good.key[40..60]), "{text}");
    }
    let folder = Folder::with(&good);
    fs::remove_file(folder.key()).unwrap();
    let text = folder.load().unwrap_err().to_string();
    assert!(
        text.contains("server.key") && text.contains("cannot be read"),
        "{text}"
    );
}

/// Holds: T-96.
#[test]
fn certificate_and_key_may_be_one_file() {
    let issued = Authority::new().issue("ours.example");
    let both = format!("{}{}", issued.key, issued.certificate);
    let folder = Folder::with(&Issued {
        certificate: both.clone(),
        key: both,
    });
    assert!(folder.load().is_ok());
}
