//! Finding the root.

use std::{fs, path::Path};

use super::{Origin, Root, RootError, git};

impl Root {
    /// The root of whoever stands in `cwd`: `explicit` if given, relative to `cwd`; else the top
    /// of the git work tree; else the outermost ancestor with a [`lockctl.toml`](Self::CONFIG);
    /// else the outermost with a [store](Self::STORE).
    ///
    /// A work tree ends the search: what stands above it is another project's. Without one the
    /// outermost counts, so that a file or a store that was made further down by mistake does not
    /// part those who stand there from the others.
    ///
    /// Inside a `.git` directory the root is the work tree around it, so that a file there has
    /// one name as well; a bare repository is no work tree. The environment is not read: neither
    /// `LOCKCTL_ROOT`, which the caller passes as `explicit`, nor git's own.
    ///
    /// Costs a system call per segment of `cwd`, one per ancestor up to the top of the work tree,
    /// and two for the repository; three per ancestor without one. No program is run.
    ///
    /// # Errors
    /// [`RootError::NoRoot`] when nothing says what the root is: the caller decides whether to
    /// make one. As [`Root::at`] for an explicit one, and when `cwd` cannot be looked up.
    ///
    /// ```
    /// use lock_core::root::{Origin, Root, RootError};
    /// use std::fs;
    ///
    /// let top = tempfile::tempdir().unwrap();
    /// let sub = top.path().join("a/b");
    /// fs::create_dir_all(&sub).unwrap();
    /// assert!(matches!(Root::discover(None, &sub), Err(RootError::NoRoot)));
    ///
    /// fs::write(top.path().join("lockctl.toml"), "").unwrap();
    /// let root = Root::discover(None, &sub).unwrap();
    /// assert_eq!(root.path(), top.path().canonicalize().unwrap());
    /// assert_eq!(root.origin(), Origin::Config);
    /// ```
    pub fn discover(explicit: Option<&Path>, cwd: &Path) -> Result<Self, RootError> {
        if let Some(dir) = explicit {
            return Self::at(&cwd.join(dir));
        }
        let here = cwd.canonicalize().map_err(|error| RootError::io("look up", cwd, error))?;
        let (mut config, mut store) = (None, None);
        for dir in here.ancestors() {
            if git::is_top(dir) {
                return Ok(Self { path: dir.to_owned(), origin: Origin::Git });
            }
            let is = |name: &str, wanted: fn(&fs::Metadata) -> bool| {
                dir.join(name).metadata().is_ok_and(|found| wanted(&found))
            };
            if is(Self::CONFIG, fs::Metadata::is_file) {
                config = Some(dir);
            }
            if is(Self::STORE, fs::Metadata::is_dir) {
                store = Some(dir);
            }
        }
        let config = config.map(|dir| (dir, Origin::Config));
        let found = config.or_else(|| store.map(|dir| (dir, Origin::Store)));
        let (dir, origin) = found.ok_or(RootError::NoRoot)?;
        Ok(Self { path: dir.to_owned(), origin })
    }
}
