//! Whom we believe that a peer is who its certificate says.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::OutboundClientError;

/// The certificate authorities of the system.
pub(super) fn of_system() -> Vec<CertificateDer<'static>> {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "some certificate authorities of the system could not be read");
    }
    found.certs
}

/// How TLS is spoken to peers that a certificate authority of `system` or `extra_ca` (PEM) vouches
/// for; `None` when there is no authority at all.
///
/// # Errors
///
/// [`OutboundClientError`] for an `extra_ca` that holds none.
pub(super) fn tls_config(
    system: Vec<CertificateDer<'static>>,
    extra_ca: Option<&[u8]>,
) -> Result<Option<Arc<ClientConfig>>, OutboundClientError> {
    let mut roots = RootCertStore::empty();
    let (_, unusable) = roots.add_parsable_certificates(system);
    if unusable > 0 {
        tracing::debug!(
            unusable,
            "some certificate authorities of the system are not usable"
        );
    }
    for certificate in extra_ca.map(authorities).transpose()?.unwrap_or_default() {
        let added = roots.add(certificate);
        added.map_err(|error| OutboundClientError::ExtraCa(error.to_string()))?;
    }
    if roots.is_empty() {
        return Ok(None);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| OutboundClientError::Tls(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Some(Arc::new(config)))
}

fn authorities(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, OutboundClientError> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let certificates = read.map_err(|error| OutboundClientError::ExtraCa(error.to_string()))?;
    if certificates.is_empty() {
        let reason = "there is no `BEGIN CERTIFICATE` in it".to_owned();
        return Err(OutboundClientError::ExtraCa(reason));
    }
    Ok(certificates)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificates::Authority;

    /// Holds: T-96.
    #[test]
    fn an_authority_of_the_operator_is_believed_and_what_is_none_is_refused() {
        let authority = Authority::new();
        assert!(tls_config(Vec::new(), None).unwrap().is_none());
        assert!(
            tls_config(Vec::new(), Some(&authority.pem()))
                .unwrap()
                .is_some()
        );
        for bad in [
            b"".as_slice(),
            b"no PEM",
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            b"-----BEGIN CERTIFICATE-----\n",
        ] {
            let error = tls_config(Vec::new(), Some(bad)).unwrap_err();
            assert!(error.to_string().contains("outbound.extra_ca"), "{error}");
        }
    }
}
