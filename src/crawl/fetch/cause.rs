//! Errors of the client by their cause.

use std::error::Error;
use std::io::ErrorKind;

use rustls::{AlertDescription, CertificateError};

use super::Attempt;
use crate::crawl::{Outcome, Refusal};

/// What an error of the client means.
pub fn named(error: &reqwest::Error) -> Attempt {
    let detail = chain(error);
    for cause in causes(error) {
        if cause.downcast_ref::<Refusal>().is_some() {
            return Attempt::without(Outcome::ForbiddenAddress, detail);
        }
        if let Some(fault) = cause.downcast_ref::<rustls::Error>() {
            let (cause, handshake_failed) = tls_cause(fault);
            let detail = format!("{cause}: {detail}");
            return Attempt { handshake_failed, ..Attempt::without(Outcome::TlsFailed, detail) };
        }
    }
    let cut = |kind| matches!(kind, ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe);
    if causes(error).any(|cause| cause.downcast_ref::<std::io::Error>().is_some_and(|io| cut(io.kind()))) {
        // Cut while connecting means cut while shaking hands.
        if error.is_connect() && error.url().is_some_and(|url| url.scheme() == "https") {
            let detail = format!("tls_cut: {detail}");
            return Attempt { handshake_failed: true, ..Attempt::without(Outcome::TlsFailed, detail) };
        }
        return Attempt::without(Outcome::Disconnected, detail);
    }
    let outcome = if error.is_timeout() {
        Outcome::TimedOut
    } else if error.is_connect() {
        Outcome::ConnectFailed
    } else if detail.contains("connection closed before message completed") {
        Outcome::Disconnected
    } else {
        Outcome::BadHttp
    };
    Attempt::without(outcome, detail)
}

/// An error's causes, and what travels inside I/O errors, whose own `source` passes over it.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |cause| {
        let cause: &(dyn Error + 'static) = *cause;
        let inner = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        inner.map(|inner| inner as &(dyn Error + 'static)).or_else(|| cause.source())
    })
}

/// A name for what stands between us and a secure connection, and whether other groups might help. Certificates never do.
fn tls_cause(fault: &rustls::Error) -> (&'static str, bool) {
    use CertificateError as Bad;
    match fault {
        rustls::Error::InvalidCertificate(bad) => {
            let cause = match bad {
                Bad::Expired | Bad::ExpiredContext { .. } => "tls_expired",
                Bad::NotValidYet | Bad::NotValidYetContext { .. } => "tls_not_yet_valid",
                Bad::NotValidForName | Bad::NotValidForNameContext { .. } => "tls_wrong_name",
                Bad::UnknownIssuer => "tls_chain (an intermediate may be missing: --extra-ca FILE adds it)",
                Bad::Revoked => "tls_revoked",
                Bad::BadSignature
                | Bad::UnsupportedSignatureAlgorithmContext { .. }
                | Bad::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => "tls_bad_signature",
                Bad::BadEncoding | Bad::UnhandledCriticalExtension => "tls_bad_certificate",
                Bad::InvalidPurpose | Bad::InvalidPurposeContext { .. } => "tls_wrong_purpose",
                // webpki's name for a certificate that signed itself.
                Bad::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => "tls_self_signed",
                _ => "tls_certificate",
            };
            (cause, false)
        }
        rustls::Error::AlertReceived(AlertDescription::ProtocolVersion | AlertDescription::InsufficientSecurity)
        | rustls::Error::PeerIncompatible(_) => ("tls_legacy", true),
        rustls::Error::AlertReceived(_) => ("tls_refused", true),
        rustls::Error::PeerMisbehaved(_) | rustls::Error::InvalidMessage(_) | rustls::Error::DecryptError => {
            ("tls_broken", true)
        }
        _ => ("tls", true),
    }
}

/// An error with its causes, each said once.
pub fn chain(error: &reqwest::Error) -> String {
    let mut words = Vec::new();
    let mut source = error.source();
    while let Some(cause) = source {
        words.push(cause.to_string());
        source = cause.source();
    }
    words.dedup();
    if words.is_empty() { error.to_string() } else { words.join(": ") }
}
