//! TLS: whom to trust, and how to prove who we are.

use std::path::{Path, PathBuf};

use lock_core::{BackendError, ErrorKind, StoreUrl};
use redis::{Client, ConnectionInfo};

use crate::node::Node;

/// The options of a URL that is about TLS.
pub(crate) const OPTIONS: [&str; 3] = ["ca", "cert", "key"];

/// The files that TLS needs; none: the platform's roots, and no certificate of our own.
#[derive(Debug, Clone, Default)]
#[cfg_attr(not(feature = "tls"), expect(dead_code, reason = "nobody reads them then"))]
pub(crate) struct Files {
    ca: Option<PathBuf>,
    pair: Option<(PathBuf, PathBuf)>,
}

impl Files {
    /// Those that a URL names; relative ones are against `base`.
    pub(crate) fn of(url: &StoreUrl, base: &Path) -> Result<Self, BackendError> {
        let file = |name| url.option(name).map(|path| base.join(path));
        let pair = match (file("cert"), file("key")) {
            (Some(cert), Some(key)) => Some((cert, key)),
            (None, None) => None,
            _ => {
                let what = "the options cert and key belong together";
                return Err(BackendError::new(ErrorKind::Invalid, what));
            }
        };
        Ok(Self { ca: file("ca"), pair })
    }

    /// A client for the server at `info`.
    #[cfg(feature = "tls")]
    pub(crate) fn client(&self, info: ConnectionInfo, at: &Node) -> Result<Client, BackendError> {
        use redis::{ClientTlsConfig, TlsCertificates};

        // The client panics where none is installed; one that the program chose stays.
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        let root_cert = self.ca.as_deref().map(read).transpose()?;
        let client_tls = match &self.pair {
            None => None,
            Some((cert, key)) => {
                Some(ClientTlsConfig { client_cert: read(cert)?, client_key: read(key)? })
            }
        };
        let client = Client::build_with_tls(info, TlsCertificates { client_tls, root_cert });
        client.map_err(|error| {
            BackendError::new(ErrorKind::Invalid, format!("{at}: the files for TLS"))
                .with_source(error)
        })
    }

    /// None can be made.
    #[cfg(not(feature = "tls"))]
    pub(crate) fn client(&self, _: ConnectionInfo, at: &Node) -> Result<Client, BackendError> {
        Err(crate::address::left_out(&at.to_string(), "tls"))
    }
}

#[cfg(feature = "tls")]
fn read(file: &Path) -> Result<Vec<u8>, BackendError> {
    std::fs::read(file).map_err(|error| {
        BackendError::new(ErrorKind::Invalid, file.display().to_string()).with_source(error)
    })
}
