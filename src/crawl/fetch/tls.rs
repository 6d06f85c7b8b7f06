//! Whom a secure connection trusts.

use std::sync::Arc;

use super::DoorError;
use crate::crawl::Network;

/// TLS 1.2 and 1.3 with the system's roots, Mozilla's where there are none, and what `--extra-ca` adds. Verification stays on.
pub fn tls(network: &Network) -> Result<rustls::ClientConfig, DoorError> {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    if let Some(path) = &network.extra_ca {
        let fault = |why: String| DoorError::ExtraCa { path: path.clone(), why };
        for certificate in CertificateDer::pem_file_iter(path).map_err(|error| fault(error.to_string()))? {
            roots
                .add(certificate.map_err(|error| fault(error.to_string()))?)
                .map_err(|error| fault(error.to_string()))?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| DoorError::Client(error.to_string()))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
