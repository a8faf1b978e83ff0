//! `[tls]`

use std::path::PathBuf;

use anyhow::bail;

use crate::config_file::TlsSection;

/// The files of the certificate with which the OCPI listener speaks TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TlsFiles {
    /// The certificate and those that lead from it to an authority, PEM.
    pub(crate) certificate: PathBuf,
    /// Its private key, PEM.
    pub(crate) key: PathBuf,
}

/// The files that the section names; what is in them is read by a server only.
pub(super) fn files(section: Option<TlsSection>) -> anyhow::Result<Option<TlsFiles>> {
    let Some(section) = section else {
        return Ok(None);
    };
    match (section.certificate, section.key) {
        (Some(certificate), Some(key)) => Ok(Some(TlsFiles { certificate, key })),
        (None, None) => bail!("tls: needs `certificate` and `key`, two PEM files"),
        (Some(_), None) => bail!("tls.key: required beside tls.certificate: the file of its key"),
        (None, Some(_)) => {
            bail!("tls.certificate: required beside tls.key: the file of the certificate")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files_of(text: &str) -> anyhow::Result<Option<TlsFiles>> {
        files(Some(toml::from_str(text).unwrap()))
    }

    /// Holds: T-96. Half a certificate is a slip, and the server must not be without TLS for it.
    #[test]
    fn a_certificate_and_its_key_are_set_together() {
        assert_eq!(files(None).unwrap(), None);
        let both = files_of("certificate = \"cert.pem\"\nkey = \"key.pem\"").unwrap();
        let expected = TlsFiles {
            certificate: "cert.pem".into(),
            key: "key.pem".into(),
        };
        assert_eq!(both, Some(expected));
        for (text, key) in [
            ("certificate = \"cert.pem\"", "tls.key: "),
            ("key = \"key.pem\"", "tls.certificate: "),
            ("", "tls: "),
        ] {
            let refused = files_of(text).unwrap_err().to_string();
            assert!(refused.starts_with(key), "{text}: {refused}");
        }
    }
}
