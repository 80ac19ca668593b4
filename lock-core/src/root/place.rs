//! Where in the root a path leads.

use std::{
    fs,
    path::{Component, Path, PathBuf},
};

use super::{
    Root, RootError,
    disk::{self, Kind, Os},
    walk::{self, End, Last},
};

/// How to understand symlinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// All are followed.
    Real,
    /// All but the last are followed.
    LastKept,
    /// None is: as if all that is written were plain.
    Written,
}

/// What a path leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// Its name, relative to the root; empty for the root itself.
    pub(super) name: String,
    /// What is there; none if nothing is.
    pub(super) kind: Option<Kind>,
    /// Whether something on the way there does not exist.
    pub(super) strayed: bool,
}

impl Root {
    /// Where `path` leads from `cwd`.
    pub(super) fn locate(&self, path: &Path, cwd: &Path, way: Way) -> Result<Place, RootError> {
        let written = cwd.join(path);
        let written = if written.is_absolute() {
            written
        } else {
            let absolute = std::path::absolute(&written);
            absolute.map_err(|error| RootError::io("find the way to", &written, error))?
        };
        // The root is no symlink and has none above it: nothing to look up on the way to it.
        let below = written.strip_prefix(&self.path);
        let walk = |last| walk::walk(&Os, &self.path, below.unwrap_or(&written), last);
        let end = match way {
            Way::Real => walk(Last::Follow)?,
            Way::LastKept => walk(Last::Keep)?,
            Way::Written => End {
                path: plain(&written).ok_or_else(|| self.outside(path, &written))?,
                kind: None,
                strayed: true,
            },
        };
        let name = self.relative(&end.path).ok_or_else(|| self.outside(path, &end.path))?;
        match name.to_str() {
            Some(name) => Ok(Place { name: name.to_owned(), kind: end.kind, strayed: end.strayed }),
            None => Err(RootError::NotUtf8 { argument: name.as_os_str().to_owned() }),
        }
    }

    fn outside(&self, argument: &Path, path: &Path) -> RootError {
        let (path, root) = (path.to_owned(), self.path.clone());
        RootError::OutsideRoot { argument: argument.into(), path, root }
    }

    /// `path` without the root before it.
    ///
    /// Where the texts say that it is outside, it may still be inside: the root can be mounted
    /// twice, or spelled otherwise where case is folded.
    fn relative<'a>(&self, path: &'a Path) -> Option<&'a Path> {
        if let Ok(name) = path.strip_prefix(&self.path) {
            return Some(name);
        }
        let id = |path: &Path| fs::metadata(path).ok().and_then(|found| disk::id(&found));
        let root = id(&self.path)?;
        let top = path.ancestors().find(|dir| id(dir) == Some(root))?;
        path.strip_prefix(top).ok()
    }
}

/// `path` if it has no `..`: what that means depends on symlinks.
fn plain(path: &Path) -> Option<PathBuf> {
    let up = path.components().any(|component| component == Component::ParentDir);
    (!up).then(|| path.components().collect())
}

#[cfg(all(test, unix))]
mod tests {
    use super::{super::Origin, *};

    /// As it is where a directory is mounted twice, or case is folded: two texts, one directory.
    #[test]
    fn a_root_of_another_text_is_the_same_directory() {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().canonicalize().unwrap();
        fs::create_dir(base.join("one")).unwrap();
        std::os::unix::fs::symlink("one", base.join("other")).unwrap();
        let root = Root { path: base.join("other"), origin: Origin::Explicit };
        let name = |path: &str| root.locate(&base.join(path), &base, Way::Real).map(|it| it.name);
        assert_eq!(name("one/src/a.rs").unwrap(), "src/a.rs");
        assert_eq!(name("one").unwrap(), "");
        assert!(matches!(name("two/a.rs"), Err(RootError::OutsideRoot { .. })));
    }
}
