//! Whom a secure connection trusts.

use std::sync::Arc;

use super::DoorError;
use crate::crawl::Network;

/// What the key exchange may run over. Some agencies' servers answer with a broken point unless P-256 is all they are offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Groups {
    /// X25519, P-256, P-384.
    Usual,
    P256,
}

/// TLS 1.2 and 1.3 with the system's roots, Mozilla's where there are none, and what `--extra-ca` adds. Verification stays on.
pub fn tls(network: &Network, groups: Groups) -> Result<rustls::ClientConfig, DoorError> {
    use rustls::crypto::aws_lc_rs::kx_group::{SECP256R1, SECP384R1, X25519};
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    if let Some(path) = &network.extra_ca {
        let fault = |why: String| DoorError::ExtraCa { path: path.clone(), why };
        let known = roots.len();
        for certificate in CertificateDer::pem_file_iter(path).map_err(|error| fault(error.to_string()))? {
            roots
                .add(certificate.map_err(|error| fault(error.to_string()))?)
                .map_err(|error| fault(error.to_string()))?;
        }
        if roots.len() == known {
            return Err(fault("it holds no certificate".into()));
        }
    }
    let mut provider = rustls::crypto::aws_lc_rs::default_provider();
    // Without the post-quantum group, whose longer hello some of these servers' walls drop.
    provider.kx_groups = match groups {
        Groups::Usual => vec![X25519, SECP256R1, SECP384R1],
        Groups::P256 => vec![SECP256R1],
    };
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| DoorError::Client(error.to_string()))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
