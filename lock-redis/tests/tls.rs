//! Encrypted, and what comes of it when only one side is.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so at once"
)]

mod dozen;
mod server;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use dozen::{At, a_dozen_scenarios};
use lock_core::{Backends, ErrorKind, LockManager};
use lock_redis::RedisBackend;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use server::{Server, free_port};

/// A server with TLS on one port and without on another, and the certificates of a throwaway
/// authority.
struct Tls {
    server: Server,
    port: u16,
    directory: tempfile::TempDir,
}

impl Tls {
    /// `clients` says whether clients must show a certificate of their own.
    fn start(clients: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        write_certificates(directory.path());
        let file = |name: &str| directory.path().join(name).display().to_string();
        let port = free_port();
        let server = Server::with(&[
            "--save",
            "",
            "--tls-port",
            &port.to_string(),
            "--tls-ca-cert-file",
            &file("ca.pem"),
            "--tls-cert-file",
            &file("server.pem"),
            "--tls-key-file",
            &file("server.key"),
            "--tls-auth-clients",
            clients,
        ]);
        Self { server, port, directory }
    }

    fn file(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    fn url(&self) -> String {
        format!("rediss://localhost:{}?namespace=n&ca={}", self.port, self.file("ca.pem"))
    }
}

fn write_certificates(directory: &Path) {
    let named = |name: &str, params: &mut CertificateParams| {
        // One without a name of its own would look as if it had signed itself.
        params.distinguished_name.push(DnType::CommonName, name);
    };
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    named("authority", &mut params);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    std::fs::write(directory.join("ca.pem"), authority.pem()).unwrap();
    for (file, name) in [("server", "localhost"), ("client", "agent")] {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        named(name, &mut params);
        let certificate = params.signed_by(&key, &authority).unwrap();
        std::fs::write(directory.join(file).with_extension("pem"), certificate.pem()).unwrap();
        std::fs::write(directory.join(file).with_extension("key"), key.serialize_pem()).unwrap();
    }
}

fn start() -> At {
    let tls = Tls::start("no");
    At::new(tls.url(), tls)
}

a_dozen_scenarios!(start);

/// Taking a lock at `url`, from nothing to the answer.
async fn take(url: &str) -> Result<(), (ErrorKind, String)> {
    let begun = Instant::now();
    let told = |error: lock_core::BackendError| (error.kind(), format!("{error} {error:?}"));
    let taken = match RedisBackend::connect(url).await {
        Ok(store) => LockManager::new(store, "one").unwrap().acquire("a").await.map(drop),
        Err(error) => return Err(told(error)),
    };
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    taken.map_err(|error| match error {
        lock_core::Error::Backend(error) => told(error),
        other => panic!("{other}"),
    })
}

#[tokio::test]
async fn a_program_that_chose_no_provider_is_given_one() {
    let tls = Tls::start("no");
    take(&tls.url()).await.unwrap();
    let backends = Backends::new().with(&lock_redis::SCHEME);
    let checks = backends.inspect_at(&tls.url(), Path::new(""), false).await.unwrap();
    assert!(checks.iter().all(|check| check.ok), "{checks:?}");
    assert!(checks[0].detail.contains("rediss://localhost"), "{checks:?}");
}

#[tokio::test]
async fn plain_to_a_tls_port_and_tls_to_a_plain_one_are_told_apart() {
    let tls = Tls::start("no");
    let (kind, text) = take(&format!("redis://localhost:{}", tls.port)).await.unwrap_err();
    assert!(matches!(kind, ErrorKind::Unavailable | ErrorKind::Unknown), "{text}");
    assert!(text.contains("want TLS"), "{text}");
    let url = tls.url().replace(&tls.port.to_string(), &tls.server.port.to_string());
    let (kind, text) = take(&url).await.unwrap_err();
    assert_eq!(kind, ErrorKind::Unavailable, "{text}");
    assert!(text.contains("speak TLS"), "{text}");
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_is_refused() {
    let tls = Tls::start("no");
    let other = tempfile::tempdir().unwrap();
    write_certificates(other.path());
    for url in [
        format!("rediss://localhost:{}", tls.port),
        tls.url().replace(&tls.file("ca.pem"), &other.path().join("ca.pem").display().to_string()),
        // Its certificate is for another name.
        tls.url().replace("localhost", "127.0.0.1"),
    ] {
        let (kind, text) = take(&url).await.unwrap_err();
        assert_eq!(kind, ErrorKind::Unavailable, "{text}");
        assert!(text.contains("certificate"), "{text}");
    }
}

#[tokio::test]
async fn a_client_can_prove_who_it_is() {
    let tls = Tls::start("yes");
    let (_, text) = take(&tls.url()).await.unwrap_err();
    assert!(text.contains("want a certificate"), "{text}");
    let (cert, key) = (tls.file("client.pem"), tls.file("client.key"));
    take(&format!("{}&cert={cert}&key={key}", tls.url())).await.unwrap();
}

#[tokio::test]
async fn files_that_are_no_certificates_are_named() {
    let tls = Tls::start("no");
    let (missing, key) = (tls.file("missing.pem"), tls.file("server.key"));
    for (url, said) in [
        (tls.url().replace("ca.pem", "missing.pem"), missing.as_str()),
        (format!("{}&cert={key}&key={missing}", tls.url()), &missing),
        (format!("{}&cert={key}&key={}", tls.url(), tls.file("ca.pem")), "files for TLS"),
    ] {
        let (kind, text) = take(&url).await.unwrap_err();
        assert_eq!(kind, ErrorKind::Invalid, "{text}");
        assert!(text.contains(said), "{text}");
    }
}
