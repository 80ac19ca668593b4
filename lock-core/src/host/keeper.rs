//! Who has an open file locked: for the error of one who waited for it in vain.

use std::path::Path;

/// The kernel tells its locks in pieces, and now and then leaves one out while others come and go.
const LOOKS: usize = 4;

/// The processes that hold an `flock` on the file at `path`, as far as this machine says; those in
/// other containers it does not name.
///
/// ```
/// let file = tempfile::NamedTempFile::new().unwrap();
/// assert!(lock_core::host::keepers(file.path()).is_empty());
/// ```
pub fn keepers(path: &Path) -> Vec<u32> {
    let Some(id) = written(path) else { return Vec::new() };
    found(|_| {
        let locks = std::fs::read_to_string("/proc/locks").unwrap_or_default();
        locks.lines().filter_map(|line| keeper_in(line, &id)).collect()
    })
}

/// The same for people, with the names of their programs: `process 4242 (lockctl)`.
pub fn keepers_named(path: &Path) -> Option<String> {
    let name = |pid: u32| {
        let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        format!("{pid} ({})", name.trim().escape_debug())
    };
    let keepers: Vec<String> = keepers(path).into_iter().map(name).collect();
    (!keepers.is_empty()).then(|| format!("process {}", keepers.join(", ")))
}

fn found(look: impl FnMut(usize) -> Vec<u32>) -> Vec<u32> {
    (0..LOOKS).map(look).find(|found| !found.is_empty()).unwrap_or_default()
}

/// `1: FLOCK  ADVISORY  WRITE 4242 fe:00:1234 0 EOF`; with `->` before FLOCK, it only waits.
fn keeper_in(line: &str, id: &str) -> Option<u32> {
    let mut words = line.split_whitespace();
    (words.nth(1)? == "FLOCK").then_some(())?;
    let pid: i64 = words.nth(2)?.parse().ok()?;
    (words.next()? == id).then_some(())?;
    // One in another pid namespace is shown as 0 or -1.
    u32::try_from(pid).ok().filter(|pid| *pid > 0)
}

/// How `/proc/locks` writes which file it means.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn written(path: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;

    use rustix::fs::{major, minor};

    let file = std::fs::metadata(path).ok()?;
    Some(format!("{:02x}:{:02x}:{}", major(file.dev()), minor(file.dev()), file.ino()))
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn written(_path: &Path) -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_only_waits_or_is_elsewhere_or_has_another_file_is_not_meant() {
        let keeper = |line| keeper_in(line, "fe:00:1234");
        assert_eq!(keeper("1: FLOCK  ADVISORY  WRITE 4242 fe:00:1234 0 EOF"), Some(4_242));
        for line in [
            "1: -> FLOCK  ADVISORY  WRITE 4242 fe:00:1234 0 EOF",
            "1: POSIX  ADVISORY  WRITE 4242 fe:00:1234 0 EOF",
            "1: FLOCK  ADVISORY  WRITE 4242 fe:00:12345 0 EOF",
            "1: FLOCK  ADVISORY  WRITE 0 fe:00:1234 0 EOF",
            "1: FLOCK  ADVISORY  WRITE -1 fe:00:1234 0 EOF",
            "",
        ] {
            assert_eq!(keeper(line), None, "{line}");
        }
    }

    /// While two hundred locks came and went, about one look in a thousand did not show the one that
    /// stayed, never two in a row; whoever was held up was told of somebody unknown then.
    #[test]
    fn whom_one_look_leaves_out_the_next_one_finds() {
        let mut looks = 0;
        let second = |_| {
            looks += 1;
            if looks == 2 { vec![4_242] } else { Vec::new() }
        };
        assert_eq!(found(second), [4_242]);
        assert_eq!(found(|_| Vec::new()), [0; 0]);
    }
}
