//! TLS on the listener: the certificate and its key, read from files, and read again when they
//! change.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::TlsAcceptor;

/// How the listener proves who it is: TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1. Cheap to clone; every
/// clone gets the new certificate when one [`reload`](TlsConfig::reload)s.
#[derive(Clone)]
pub struct TlsConfig(Arc<Shared>);

struct Shared {
    certificate: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<ServerConfig>>,
    /// What was read last, and whether it was good or not.
    last_read: Mutex<Fingerprint>,
}

/// What tells two contents of the files apart.
type Fingerprint = u64;

/// Why the files cannot be used. Each text names the file, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum TlsFileError {
    /// A file cannot be read.
    #[error("{} cannot be read: {source}; check that it is there, and who may read it", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is no certificate in the file, or none that can be read.
    #[error(
        "{} holds no certificates that can be read: {reason}; it must hold them in PEM \
         (`BEGIN CERTIFICATE`), that of the server first, then those that lead to its authority",
        path.display()
    )]
    NoCertificate {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: &'static str,
    },
    /// There is no key in the file, or none that can be read.
    #[error(
        "{} holds no private key that can be read: {reason}; it must hold one in PEM \
         (`BEGIN PRIVATE KEY`, or that of RSA or EC), without a pass phrase",
        path.display()
    )]
    NoKey {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: &'static str,
    },
    /// The key is not that of the certificate.
    #[error(
        "the key in {} is not that of the first certificate in {}; name the two files that were \
         issued together, and put the certificate of the server first",
        key.display(),
        certificate.display()
    )]
    Mismatch {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
    },
    /// The certificate or the key is of a kind that is not spoken here.
    #[error(
        "{} and {} cannot be used: {reason}; use a key of RSA (2048 bits or more), ECDSA (P-256, \
         P-384) or Ed25519",
        certificate.display(),
        key.display()
    )]
    Unusable {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// Why.
        reason: String,
    },
}

impl TlsConfig {
    /// Reads the certificate with its chain, and its key, from two PEM files, which may be one.
    ///
    /// # Errors
    ///
    /// [`TlsFileError`].
    pub fn load(certificate: &Path, key: &Path) -> Result<TlsConfig, TlsFileError> {
        let files = Files::read(certificate, key)?;
        let fingerprint = files.fingerprint();
        let config = files.config(certificate, key)?;
        Ok(TlsConfig(Arc::new(Shared {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            current: RwLock::new(Arc::new(config)),
            last_read: Mutex::new(fingerprint),
        })))
    }

    /// Reads the files again when they are others than last time: `true` when new connections get
    /// what is new. Those that are open stay as they are.
    ///
    /// # Errors
    ///
    /// [`TlsFileError`] for files that cannot be used; the certificate stays the one that it was.
    /// The same fault of the same content is told once.
    pub fn reload(&self) -> Result<bool, TlsFileError> {
        let Shared {
            certificate,
            key,
            current,
            last_read,
        } = &*self.0;
        let read = Files::read(certificate, key);
        let fingerprint = match &read {
            Ok(files) => files.fingerprint(),
            Err(error) => fingerprint_of(&error.to_string()),
        };
        let mut last_read = last_read.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::replace(&mut *last_read, fingerprint) == fingerprint {
            return Ok(false);
        }
        let config = Arc::new(read?.config(certificate, key)?);
        *current.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(true)
    }

    /// What a new connection is accepted with.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        let current = self
            .0
            .current
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        TlsAcceptor::from(Arc::clone(&current))
    }
}

impl fmt::Debug for TlsConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TlsConfig({})", self.0.certificate.display())
    }
}

/// What the two files hold.
struct Files {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Files {
    fn read(certificate: &Path, key: &Path) -> Result<Files, TlsFileError> {
        Ok(Files {
            chain: read_chain(certificate)?,
            key: read_key(key)?,
        })
    }

    fn fingerprint(&self) -> Fingerprint {
        let chain: Vec<&[u8]> = self.chain.iter().map(AsRef::as_ref).collect();
        fingerprint_of(&(chain, self.key.secret_der()))
    }

    fn config(self, certificate: &Path, key: &Path) -> Result<ServerConfig, TlsFileError> {
        let unusable = |error: rustls::Error| TlsFileError::Unusable {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            reason: error.to_string(),
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let certified = CertifiedKey::from_der(self.chain, self.key, &provider);
        let certified = certified.map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => TlsFileError::Mismatch {
                certificate: certificate.to_owned(),
                key: key.to_owned(),
            },
            error => unusable(error),
        })?;
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(unusable)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

/// The certificates of a file, the first of them that of the server.
fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsFileError> {
    let refused = |error: pem::Error| match cause(error) {
        Ok(source) => TlsFileError::Unreadable {
            path: path.to_owned(),
            source,
        },
        Err(reason) => TlsFileError::NoCertificate {
            path: path.to_owned(),
            reason,
        },
    };
    let certificates = CertificateDer::pem_file_iter(path).map_err(refused)?;
    let chain: Vec<_> = certificates.collect::<Result<_, _>>().map_err(refused)?;
    if chain.is_empty() {
        return Err(refused(pem::Error::NoItemsFound));
    }
    Ok(chain)
}

/// The first key of a file.
fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsFileError> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| match cause(error) {
        Ok(source) => TlsFileError::Unreadable {
            path: path.to_owned(),
            source,
        },
        Err(reason) => TlsFileError::NoKey {
            path: path.to_owned(),
            reason,
        },
    })
}

/// What the system says of a file, or else what is wrong with its content, of which nothing is
/// repeated: it may be a key.
fn cause(error: pem::Error) -> Result<std::io::Error, &'static str> {
    match error {
        pem::Error::Io(error) => Ok(error),
        pem::Error::NoItemsFound => Err("there is none in it"),
        pem::Error::MissingSectionEnd { .. } => Err("it ends before the `END` line"),
        pem::Error::IllegalSectionStart { .. } => Err("a `BEGIN` line is broken"),
        pem::Error::Base64Decode(_) => Err("it is no Base64"),
        _ => Err("it is no PEM"),
    }
}

fn fingerprint_of(content: &impl Hash) -> Fingerprint {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;
