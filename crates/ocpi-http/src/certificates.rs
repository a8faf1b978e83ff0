//! Certificates for tests.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// A certificate authority.
pub(crate) struct Authority {
    certificate: Vec<u8>,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate of an authority, and its key, PEM.
pub(crate) struct Issued {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new() -> Authority {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // Each its own name: of two authorities of one name only the key would tell.
        let name = format!("{:02x?}", key.public_key_raw());
        params
            .distinguished_name
            .push(DnType::OrganizationName, name);
        let certificate = params.self_signed(&key).unwrap().der().to_vec();
        let issuer = Issuer::new(params, key);
        Authority {
            certificate,
            issuer,
        }
    }

    /// The certificate of the authority itself, PEM.
    pub(crate) fn pem(&self) -> Vec<u8> {
        pem("CERTIFICATE", &self.certificate).into_bytes()
    }

    /// A certificate for a host, which may be an address.
    pub(crate) fn issue(&self, host: &str) -> Issued {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Issued {
            certificate: pem("CERTIFICATE", certificate.der()),
            key: pem("PRIVATE KEY", key.serialized_der()),
        }
    }
}

impl Authority {
    /// A client that believes the authority, and speaks what is named.
    pub(crate) fn client(
        &self,
        versions: &[&'static SupportedProtocolVersion],
        protocols: &[&str],
    ) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone().into()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let protocols = protocols
            .iter()
            .map(|protocol| protocol.as_bytes().to_vec());
        config.alpn_protocols = protocols.collect();
        TlsConnector::from(Arc::new(config))
    }
}

impl Issued {
    /// A server that proves itself with it.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        let chain = vec![CertificateDer::from_pem_slice(self.certificate.as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    let lines = text.as_bytes().chunks(64);
    let lines: Vec<_> = lines.map(String::from_utf8_lossy).collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}
