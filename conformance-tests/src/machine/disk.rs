//! A small disk of its own.

use std::{
    path::Path,
    process::{Command, Output},
};

use tempfile::TempDir;

/// A file system in memory, unmounted when dropped.
pub struct Disk(TempDir);

impl Disk {
    /// `None`, and a line that says so, where mounting is not allowed.
    pub fn tmpfs(options: &str) -> Option<Self> {
        let dir = TempDir::new().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(dir.path())
            .output();
        match mounted {
            Ok(Output { status, .. }) if status.success() => Some(Self(dir)),
            Ok(Output { stderr, .. }) => {
                let why = String::from_utf8_lossy(&stderr);
                eprintln!("NOT TRIED: a tmpfs cannot be mounted here: {why}");
                None
            }
            Err(error) => {
                eprintln!("NOT TRIED: there is no mount(8) here: {error}");
                None
            }
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Mounts it anew, `ro` or `rw`.
    ///
    /// # Panics
    /// If that is not possible.
    pub fn remount(&self, how: &str) {
        let options = format!("remount,{how}");
        let status = Command::new("mount").args(["-o", &options]).arg(self.path()).status();
        assert!(status.unwrap().success(), "{options}");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: whatever still has a file open there must not keep it mounted for ever.
        let status = Command::new("umount").arg("-l").arg(self.path()).status();
        assert!(std::thread::panicking() || status.is_ok_and(|status| status.success()));
    }
}
