//! Against a file system that folds case, which few machines have to test with.

use std::{cell::Cell, collections::BTreeMap, ffi::OsStr, io};

use unicode_normalization::UnicodeNormalization;

use super::{super::disk::Entry, *};

/// A made-up file system. Like ext4's, its folding directories fold Unicode forms as well.
#[derive(Default)]
struct Made {
    entries: BTreeMap<String, (Kind, &'static str)>,
    folds: bool,
    lookups: Cell<usize>,
    listings: Cell<usize>,
}

impl Made {
    /// Directories end with `/`, symlinks are followed by `-> TARGET`.
    fn new(folds: bool, paths: &[&'static str]) -> Self {
        let entries = paths.iter().map(|path| match path.split_once(" -> ") {
            Some((link, target)) => (link.to_owned(), (Kind::Link, target)),
            None => match path.strip_suffix('/') {
                Some(directory) => (directory.to_owned(), (Kind::Directory, "")),
                None => ((*path).to_owned(), (Kind::File, "")),
            },
        });
        Self { entries: entries.collect(), folds, ..Self::default() }
    }

    fn key(&self, path: &str) -> String {
        if self.folds { path.nfd().collect::<String>().to_lowercase() } else { path.to_owned() }
    }

    fn find(&self, path: &Path) -> io::Result<(u64, &(Kind, &'static str))> {
        self.lookups.set(self.lookups.get() + 1);
        let wanted = self.key(path.to_str().unwrap());
        let mut entries = self.entries.iter().zip(1..);
        let found = entries.find(|((path, _), _)| self.key(path) == wanted);
        found.map(|((_, entry), id)| (id, entry)).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Disk for Made {
    fn look(&self, path: &Path) -> io::Result<Entry> {
        let (id, (kind, _)) = self.find(path)?;
        Ok(Entry { kind: *kind, id: Some((1, id)) })
    }

    fn target(&self, link: &Path) -> io::Result<PathBuf> {
        Ok(self.find(link)?.1.1.into())
    }

    fn names(&self, dir: &Path) -> io::Result<Vec<OsString>> {
        self.listings.set(self.listings.get() + 1);
        let dir = self.key(dir.to_str().unwrap());
        let names = self.entries.keys().filter_map(|path| {
            let (parent, name) = path.rsplit_once('/')?;
            let parent = if parent.is_empty() { "/" } else { parent };
            (self.key(parent) == dir).then(|| name.into())
        });
        Ok(names.collect())
    }
}

fn end(disk: &Made, path: &str) -> String {
    let end = walk(disk, Path::new("/r"), Path::new(path), Last::Follow).unwrap();
    end.path.to_str().unwrap().to_owned()
}

#[test]
fn what_exists_is_spelled_as_on_a_folding_disk() {
    let disk = Made::new(true, &["/r/", "/r/Src/", "/r/Src/Main.rs", "/r/Straße/", "/r/L -> Src"]);
    for (path, real) in [
        ("src/main.rs", "/r/Src/Main.rs"),
        ("SRC/Main.rs", "/r/Src/Main.rs"),
        ("src/New.rs", "/r/Src/New.rs"),
        ("new/Main.rs", "/r/new/Main.rs"),
        ("sRC/../src", "/r/Src"),
        ("l/MAIN.RS", "/r/Src/Main.rs"),
        ("/R/src", "/r/Src"),
        ("straße/x", "/r/Straße/x"),
    ] {
        assert_eq!(end(&disk, path), real, "{path}");
    }
}

#[test]
fn a_second_link_in_the_other_case_is_no_folding() {
    /// Both names are one file, and both are listed.
    struct Linked;
    impl Disk for Linked {
        fn look(&self, path: &Path) -> io::Result<Entry> {
            let known = [Path::new("/r/a"), Path::new("/r/A")].contains(&path);
            let entry = Entry { kind: Kind::File, id: Some((1, 7)) };
            if known { Ok(entry) } else { Err(io::ErrorKind::NotFound.into()) }
        }
        fn target(&self, _: &Path) -> io::Result<PathBuf> {
            unreachable!()
        }
        fn names(&self, _: &Path) -> io::Result<Vec<OsString>> {
            Ok(vec!["A".into(), "a".into()])
        }
    }
    for name in ["a", "A"] {
        let found = spelling::find(&Linked, Path::new("/r"), OsStr::new(name)).unwrap().unwrap();
        assert_eq!(found.0, name);
    }
}

#[test]
fn a_name_is_found_in_whatever_unicode_form_it_is_on_disk() {
    let disk = Made::new(false, &["/r/", "/r/e\u{301}/", "/r/\u{f900}", "/r/\u{e9}2 -> e\u{301}"]);
    for (path, real) in [
        ("\u{e9}/x", "/r/e\u{301}/x"),
        ("e\u{301}/x", "/r/e\u{301}/x"),
        ("\u{8c48}", "/r/\u{f900}"),
        ("e\u{301}2/x", "/r/e\u{301}/x"),
    ] {
        assert_eq!(end(&disk, path), real, "{path}");
    }
    assert_eq!(end(&disk, "E\u{301}/x"), "/r/E\u{301}/x", "case matters here");
}

#[test]
fn a_plain_path_costs_two_lookups_a_segment() {
    let disk = Made::new(false, &["/r/", "/r/a/", "/r/a/b/", "/r/a/b/c.rs"]);
    assert_eq!(end(&disk, "a/b/c.rs"), "/r/a/b/c.rs");
    assert_eq!((disk.lookups.take(), disk.listings.take()), (6, 0));
    assert_eq!(end(&disk, "x/y/z/c.rs"), "/r/x/y/z/c.rs");
    assert_eq!((disk.lookups.take(), disk.listings.take()), (1, 0));
}

#[test]
fn symlinks_and_dots_mean_what_the_system_says() {
    let disk = Made::new(
        false,
        &[
            "/r/",
            "/r/d/",
            "/r/d/e/",
            "/r/l -> d/e",
            "/r/up -> ../o",
            "/r/abs -> /r/d",
            "/r/d/b -> ../l",
            "/r/dangling -> d/none",
            "/o/",
        ],
    );
    for (path, real) in [
        ("l/../x", "/r/d/x"),
        ("l/..", "/r/d"),
        ("none/../x", "/r/x"),
        ("none/deep/../../d/e", "/r/d/e"),
        ("none/../l/x", "/r/d/e/x"),
        ("up", "/o"),
        ("up/../r/l", "/r/d/e"),
        ("abs/b/x", "/r/d/e/x"),
        ("dangling", "/r/d/none"),
        ("dangling/x", "/r/d/none/x"),
        ("../../../..", "/"),
        ("./d//./e/", "/r/d/e"),
        ("/r/d", "/r/d"),
    ] {
        assert_eq!(end(&disk, path), real, "{path}");
    }
}

#[test]
fn a_circle_of_symlinks_ends() {
    let disk = Made::new(false, &["/r/", "/r/a -> b", "/r/b -> a", "/r/c -> c/x"]);
    for path in ["a", "b/x", "c"] {
        let end = walk(&disk, Path::new("/r"), Path::new(path), Last::Follow);
        assert!(matches!(end, Err(RootError::LinkLoop { .. })), "{path}");
    }
    let kept = walk(&disk, Path::new("/r"), Path::new("a"), Last::Keep).unwrap();
    assert_eq!((kept.path.to_str(), kept.kind), (Some("/r/a"), Some(Kind::Link)));
}
