//! A server at the far end of a wire that a test cuts: nothing tells either side.

use std::{
    process::{self, Command},
    sync::atomic::{AtomicU32, Ordering},
};

use super::Server;

const SERVER: &str = "10.213.7.1";

/// Two network namespaces, and the only way between them. Gone when it is dropped.
pub struct Wire {
    /// The client's namespace.
    pub near: String,
    far: String,
}

impl Wire {
    /// `None`, and a line that says so, where nobody may make one. It needs root and iproute2,
    /// which `./test` brings.
    #[allow(clippy::print_stderr, reason = "how a test that is not tried says so")]
    pub fn new() -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = |end: &str| format!("lock-{end}-{}-{number}", process::id());
        let wire = Self { near: name("near"), far: name("far") };
        let made = wire.make();
        made.inspect_err(|why| eprintln!("NOT TRIED: no network namespaces here: {why}")).ok()?;
        Some(wire)
    }

    fn make(&self) -> Result<(), String> {
        let (near, far) = (self.near.as_str(), self.far.as_str());
        for namespace in [near, far] {
            ip(&["netns", "add", namespace])?;
            ip(&["-n", namespace, "link", "set", "lo", "up"])?;
        }
        let peer = ["type", "veth", "peer", "name", "end", "netns", far];
        ip(&[&["link", "add", "end", "netns", near], &peer[..]].concat())?;
        for (namespace, address) in [(near, "10.213.7.2/24"), (far, "10.213.7.1/24")] {
            ip(&["-n", namespace, "address", "add", address, "dev", "end"])?;
            ip(&["-n", namespace, "link", "set", "end", "up"])?;
        }
        Ok(())
    }

    /// Cuts it at the far end. The client's end stays as it is: what is sent there vanishes.
    pub fn cut(&self) {
        ip(&["-n", &self.far, "link", "set", "end", "down"]).unwrap();
    }

    /// Joins it again.
    pub fn join(&self) {
        ip(&["-n", &self.far, "link", "set", "end", "up"]).unwrap();
    }

    /// A program, to be run at the client's end.
    pub fn at_the_near_end(&self, program: &std::path::Path) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.near]).arg(program);
        command
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        for namespace in [&self.near, &self.far] {
            // One that was never made cannot be removed.
            let _ = ip(&["netns", "delete", namespace]);
        }
    }
}

impl Server {
    /// One at the far end of a wire, and its URL at the near end. Its socket can be reached from
    /// everywhere.
    pub fn at_the_far_end(wire: &Wire) -> (Self, String) {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("conf"), "").unwrap();
        let program = ["ip", "netns", "exec", &wire.far];
        let open = ["--save", "", "--bind", SERVER, "--protected-mode", "no"];
        let server = Self::under(&program, directory, &open);
        let url = format!("redis://{SERVER}:{}?namespace=n", server.port);
        (server, url)
    }
}

fn ip(words: &[&str]) -> Result<(), String> {
    match Command::new("ip").args(words).output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!("ip {words:?}: {}", String::from_utf8_lossy(&output.stderr))),
        Err(error) => Err(format!("ip(8) of iproute2 is needed: {error}")),
    }
}
