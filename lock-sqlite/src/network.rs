//! Which file systems are no place for a database that processes share.

use std::{io, path::Path};

use lock_core::{BackendError, ErrorKind};

/// Refuses a directory on a network file system, where neither file locks nor shared memory can
/// be relied on.
///
/// # Errors
/// [`ErrorKind::Unsupported`], naming the file system.
pub(crate) fn refuse(dir: &Path) -> Result<(), BackendError> {
    let there = dir.ancestors().find(|dir| dir.exists()).unwrap_or(dir);
    match name(there) {
        Ok(Some(name)) => Err(BackendError::new(
            ErrorKind::Unsupported,
            format!(
                "{} is on {name}, where locks between processes cannot be relied on; \
                 allow-network=true overrides this",
                dir.display()
            ),
        )),
        // What cannot be asked is not refused: opening says more.
        Ok(None) | Err(_) => Ok(()),
    }
}

/// The name of the network file system that `dir` is on; `None` on a local one.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn name(dir: &Path) -> io::Result<Option<&'static str>> {
    // From statfs(2) and the kernel's magic.h.
    const NETWORK: &[(u32, &str)] = &[
        (0x6969, "NFS"),
        (0x517B, "SMB"),
        (0xFF53_4D42, "CIFS"),
        (0xFE53_4D42, "SMB2"),
        (0x5346_414F, "AFS"),
        (0x7375_7245, "Coda"),
        (0x564C, "NCP"),
        (0x0102_1997, "9P"),
        (0x00C3_6400, "Ceph"),
        (0x0BD0_0BD0, "Lustre"),
        (0x0116_1970, "GFS2"),
        (0x7461_636F, "OCFS2"),
        (0x4750_4653, "GPFS"),
        (0x1983_0326, "FhGFS"),
        (0x2003_0528, "OrangeFS"),
    ];
    let found = rustix::fs::statfs(dir)?.f_type;
    // The type's width and sign differ by architecture; the magic has 32 bits on all.
    let magic = (found as u64 & 0xFFFF_FFFF) as u32;
    Ok(NETWORK.iter().find(|(known, _)| *known == magic).map(|(_, name)| *name))
}

/// Elsewhere nobody is asked.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn name(_dir: &Path) -> io::Result<Option<&'static str>> {
    Ok(None)
}
