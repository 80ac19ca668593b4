//! One name for each file, whatever leads to it.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on should say so")]

use std::{
    ffi::OsStr,
    fs,
    os::unix::{ffi::OsStrExt, fs::symlink},
    path::{Path, PathBuf},
};

use lock_core::{
    pattern::PatternError,
    root::{Note, Reading, Resolved, Root, RootError},
};

struct Tree {
    _dir: tempfile::TempDir,
    base: PathBuf,
    root: Root,
}

impl Tree {
    /// A root `r` with these in it: directories end with `/`, symlinks have a ` -> TARGET`.
    fn new(paths: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().canonicalize().unwrap();
        fs::create_dir(base.join("r")).unwrap();
        let root = Root::at(&base.join("r")).unwrap();
        let tree = Self { _dir: dir, base, root };
        paths.iter().for_each(|path| tree.add(path));
        tree
    }

    fn add(&self, path: &str) {
        let (path, target) = path.split_once(" -> ").map_or((path, None), |(p, t)| (p, Some(t)));
        let full = self.root.path().join(path);
        fs::create_dir_all(full.parent().unwrap()).unwrap();
        match target {
            Some(target) => symlink(target, full).unwrap(),
            None if path.ends_with('/') => fs::create_dir_all(full).unwrap(),
            None => fs::write(full, "").unwrap(),
        }
    }

    fn remove(&self, path: &str) {
        fs::remove_file(self.root.path().join(path)).unwrap();
    }

    fn ask(&self, argument: &str, cwd: &str, reading: Reading) -> Result<Resolved, RootError> {
        self.root.pattern(argument.as_ref(), &self.root.path().join(cwd), reading)
    }

    fn name_from(&self, argument: &str, cwd: &str) -> String {
        let resolved = self.ask(argument, cwd, Reading::Auto);
        resolved.map_or_else(|e| panic!("{argument}: {e}"), |found| found.pattern.to_string())
    }

    fn name(&self, argument: &str) -> String {
        self.name_from(argument, "")
    }

    fn note(&self, argument: &str) -> Option<Note> {
        self.ask(argument, "", Reading::Auto).unwrap().note
    }

    fn error(&self, argument: &str) -> RootError {
        self.ask(argument, "", Reading::Auto).unwrap_err()
    }

    fn readings(&self, argument: &str) -> Vec<String> {
        let target = self.root.readings(argument.as_ref(), self.root.path(), Reading::Auto);
        target.unwrap().readings.iter().map(ToString::to_string).collect()
    }

    fn is_outside(&self, argument: &str) -> bool {
        matches!(self.error(argument), RootError::OutsideRoot { .. })
    }
}

#[test]
fn all_ways_to_a_file_are_one_name() {
    let tree = Tree::new(&["src/", "x -> src", "src/a.rs", "b.rs -> src/a.rs", "deep/er/"]);
    let absolute = tree.root.path().join("src/a.rs");
    for (argument, cwd) in [
        ("src/a.rs", ""),
        ("./src//a.rs", ""),
        ("a.rs", "src"),
        ("../src/./a.rs", "src"),
        ("../../src/a.rs", "deep/er"),
        ("x/a.rs", ""),
        ("x/../src/a.rs", ""),
        ("none/../src/a.rs", ""),
        ("b.rs", ""),
        ("a.rs", "x"),
        (absolute.to_str().unwrap(), "deep"),
    ] {
        assert_eq!(tree.name_from(argument, cwd), "src/a.rs", "{argument} in {cwd}");
    }
}

#[test]
fn the_dots_after_a_symlink_mean_what_the_system_says() {
    let tree = Tree::new(&["far/away/", "x -> far/away"]);
    assert_eq!(tree.name("x/../a.rs"), "far/a.rs");
    assert_eq!(tree.name("x/.."), "far/");
}

#[test]
fn what_does_not_exist_yet_has_a_name() {
    let tree = Tree::new(&["src/", "link -> src", "file"]);
    assert_eq!(tree.name("new/deep/a.rs"), "new/deep/a.rs");
    assert_eq!(tree.name("link/new/a.rs"), "src/new/a.rs");
    assert_eq!(tree.name("file/below"), "file/below");
    assert_eq!(tree.name(&"n".repeat(300)), "n".repeat(300));
}

#[test]
fn a_dangling_symlink_is_what_it_would_lead_to() {
    let tree = Tree::new(&["d/", "new -> d/none", "out -> ../elsewhere", "d/up -> ../two"]);
    assert_eq!(tree.name("new"), "d/none");
    assert_eq!(tree.name("new/x"), "d/none/x");
    assert_eq!(tree.name("d/up"), "two");
    assert!(tree.is_outside("out"));
}

#[test]
fn a_circle_of_symlinks_is_an_error() {
    let tree = Tree::new(&["a -> b", "b -> a"]);
    for argument in ["a", "a/x", "a/*.rs"] {
        assert!(matches!(tree.error(argument), RootError::LinkLoop { .. }), "{argument}");
    }
}

#[test]
fn what_leaves_the_root_is_refused() {
    let tree = Tree::new(&["out -> ../elsewhere", "up -> ..", "src/"]);
    fs::create_dir(tree.base.join("elsewhere")).unwrap();
    fs::create_dir(tree.base.join("r-other")).unwrap();
    let sibling = tree.base.join("r-other/x");
    for argument in [
        "..",
        "../x",
        "out",
        "out/x",
        "out/*",
        "up/x",
        "../*.rs",
        "/",
        "/*",
        "src/../../x",
        "/etc/passwd",
        "../r-other/x",
        sibling.to_str().unwrap(),
    ] {
        match tree.error(argument) {
            RootError::OutsideRoot { argument: told, .. } => assert_eq!(told, argument),
            error => panic!("{argument}: {error}"),
        }
        let target = tree.root.readings(argument.as_ref(), tree.root.path(), Reading::Glob);
        assert!(target.is_err() || argument.starts_with("out") || argument.starts_with("up"));
    }
    assert_eq!(tree.name("../r/src/a.rs"), "src/a.rs", "out and back in");
    assert_eq!(tree.name("up/r/src/a.rs"), "src/a.rs");
    let other = tree.base.join("elsewhere");
    let error = tree.root.pattern("a.rs".as_ref(), &other, Reading::Auto);
    assert!(matches!(error, Err(RootError::OutsideRoot { .. })));
}

#[test]
fn an_existing_directory_is_taken_with_everything_below_it() {
    let tree = Tree::new(&["src/", "link -> src", "file"]);
    for argument in ["src", "link"] {
        assert_eq!(tree.name(argument), "src/");
        assert!(matches!(tree.note(argument), Some(Note::Directory { .. })));
    }
    for argument in ["src/", "src/.", "link/", "file/../src/", "."] {
        assert_eq!(tree.note(argument), None, "{argument}");
    }
    assert_eq!(tree.name("new/"), "new/");
    assert_eq!(tree.name("src/."), "src/");
    assert_eq!(tree.name_from(".", "src"), "src/");
    assert_eq!(tree.name_from("..", "src"), "**");
    for root in [".", "./", "src/..", tree.root.path().to_str().unwrap()] {
        assert_eq!(tree.name(root), "**", "{root}");
    }
    assert_eq!((tree.name("file"), tree.note("file")), ("file".into(), None));
}

#[test]
fn an_existing_file_is_taken_literally_whatever_is_in_its_name() {
    let names = ["[id].tsx", "a*b", "{x}", r"back\slash", "wh?t", "a]b", "a}b", "a,b", "#!", " x "];
    for name in names {
        let tree = Tree::new(&[]);
        let before = tree.ask(name, "", Reading::Auto).unwrap();
        assert_eq!(before.note, None, "{name}");
        tree.add(name);
        let resolved = tree.ask(name, "", Reading::Auto).unwrap();
        assert_eq!(resolved.pattern.literal_path(), Some(name));
        let special = name.contains(['*', '?', '[', '{', '\\']);
        assert_eq!(matches!(resolved.note, Some(Note::Literal { directory: false, .. })), special);
        // What is shown can be typed back, whether the file is still there or not.
        let shown = resolved.pattern.to_string();
        assert_eq!(tree.name(&shown), shown);
        tree.remove(name);
        assert_eq!(tree.name(&shown), shown);
    }
}

#[test]
fn a_directory_of_special_name_is_a_directory() {
    let tree = Tree::new(&["[slug]/", "[slug]/page.tsx"]);
    assert_eq!(tree.name("[slug]"), r"\[slug\]/");
    assert!(matches!(tree.note("[slug]"), Some(Note::Literal { directory: true, .. })));
    assert_eq!(tree.name(r"\[slug\]"), r"\[slug\]/");
    assert_eq!(tree.name(r"\[slug]/*.tsx"), r"\[slug\]/*.tsx");
    assert_eq!(tree.name_from("*.tsx", "[slug]"), r"\[slug\]/*.tsx");
    assert_eq!(tree.name("[slug]/*.tsx"), "[slug]/*.tsx", "as a glob it is a class");
}

#[test]
fn a_reading_can_be_forced() {
    let tree = Tree::new(&["src/", "[id].tsx"]);
    let name = |argument, reading| tree.ask(argument, "", reading).unwrap().pattern.to_string();
    assert_eq!(name("[id].tsx", Reading::Glob), "[id].tsx");
    assert_eq!(name("a*b", Reading::Literal), r"a\*b");
    assert_eq!(name("src/*.rs", Reading::Literal), r"src/\*.rs");
    for reading in [Reading::Literal, Reading::Glob] {
        assert_eq!(name("src", reading), "src");
        let note = tree.ask("src", "", reading).unwrap().note;
        assert!(matches!(note, Some(Note::OnlyItself { .. })));
        assert_eq!(name("src/", reading), "src/");
        assert_eq!(name(".", reading), "**");
    }
}

#[test]
fn the_directories_before_a_wildcard_are_a_path() {
    let tree = Tree::new(&["src/", "link -> src", "src/in -> ../other/deep", "other/deep/"]);
    for (argument, cwd, name) in [
        ("*.rs", "", "*.rs"),
        ("*.rs", "src", "src/*.rs"),
        ("../*.rs", "src", "*.rs"),
        ("link/*.rs", "", "src/*.rs"),
        ("link/in/**", "", "other/deep/**"),
        ("link/../{a,b}/c", "", "{a,b}/c"),
        ("none/../src/[ab]?", "", "src/[ab]?"),
        (r"li\nk/*", "", "src/*"),
        (r"src\/*", "", "src/*"),
        ("{a,b}.rs", "src", "src/{a,b}.rs"),
        ("**", "src", "src/**"),
        ("src/*/", "", "src/*/"),
        (r"li\nk", "", "src/"),
    ] {
        assert_eq!(tree.name_from(argument, cwd), name, "{argument} in {cwd}");
    }
    let absolute = tree.root.path().join("link/*.rs");
    assert_eq!(tree.name_from(absolute.to_str().unwrap(), "other"), "src/*.rs");
}

#[test]
fn a_glob_error_points_into_what_was_typed() {
    let tree = Tree::new(&["a/long/way/", "l -> a/long/way"]);
    let at = |argument: &str| match tree.error(argument) {
        RootError::Pattern { argument: told, source } => {
            assert_eq!(told, argument);
            source
        }
        error => panic!("{argument}: {error}"),
    };
    assert_eq!(at("l/*[x"), PatternError::UnclosedClass { at: 4 });
    assert_eq!(at("./l/{x"), PatternError::UnclosedBrace { at: 5 });
    assert_eq!(at(r"l/x\"), PatternError::TrailingEscape);
    for back in ["*/../x", "*/../l", "{x,*/..}/l"] {
        assert!(matches!(at(back), PatternError::ParentSegment { .. }), "{back}");
    }
    assert!(matches!(at("l/**x"), PatternError::StarsInSegment { .. }));
    assert!(tree.error(&"*/".repeat(65)).is_limit());
    assert!(tree.error(&format!("l/{}", "y/".repeat(2100))).is_limit());
}

#[test]
fn bad_text_is_refused_and_shown_without_harm() {
    let tree = Tree::new(&["esc -> \u{1b}[31m", "tab\there"]);
    assert!(matches!(tree.error(""), RootError::Pattern { source: PatternError::Empty, .. }));
    for argument in
        ["a\nb", "a\0b", "\u{1b}[31m", "tab\there", "a\u{7f}", "a\u{85}", "esc", "esc/*"]
    {
        let error = tree.error(argument);
        let control = matches!(
            &error,
            RootError::Pattern { source: PatternError::ControlCharacter { .. }, .. }
        );
        assert!(control, "{error:?}");
        assert!(!error.to_string().contains(char::is_control), "{error}");
    }
    let bytes = OsStr::from_bytes(b"a\xff");
    let refused = |argument: &OsStr| {
        let error = tree.root.pattern(argument, tree.root.path(), Reading::Auto).unwrap_err();
        assert_eq!(error.to_string(), r"`a\xff` is not UTF-8");
    };
    refused(bytes);
    symlink(bytes, tree.root.path().join("link")).unwrap();
    refused("link".as_ref());
}

#[test]
fn errors_are_one_clear_line() {
    let tree = Tree::new(&["a -> a"]);
    let base = tree.base.display();
    let text = |argument| tree.error(argument).to_string();
    assert_eq!(text("../x"), format!("`../x` is `{base}/x`, outside the root `{base}/r`"));
    assert_eq!(
        text("a"),
        format!("`{base}/r/a` leads through too many symlinks, most likely in a circle")
    );
    assert_eq!(
        text("x/[a"),
        r"`x/[a`: the `[` at character 3 is never closed; a literal one is written `\[`"
    );
}

#[test]
fn unicode_forms_are_one_name() {
    // On disk one is composed, one is not, and one is a character that NFC replaces.
    let tree = Tree::new(&["\u{e9}.rs", "e\u{301}2/", "l\u{e9} -> e\u{301}2", "\u{f900}/"]);
    for argument in ["\u{e9}.rs", "e\u{301}.rs"] {
        assert_eq!(tree.name(argument), "\u{e9}.rs");
    }
    for argument in ["\u{e9}2", "e\u{301}2"] {
        assert_eq!(tree.name(argument), "\u{e9}2/", "it exists, and is a directory");
        assert!(matches!(tree.note(argument), Some(Note::Directory { .. })));
    }
    assert_eq!(tree.name("le\u{301}/x"), "\u{e9}2/x");
    assert_eq!(tree.name("\u{8c48}"), "\u{8c48}/");
    assert_eq!(tree.name("new\u{301}"), "ne\u{1e83}");
    assert_eq!(tree.name_from("*", "\u{f900}"), "\u{8c48}/*");
}

#[test]
fn case_matters() {
    let tree = Tree::new(&["Src/", "src/a.rs", "Makefile"]);
    assert_eq!(tree.name("SRC"), "SRC");
    assert_eq!(tree.name("Src/a.rs"), "Src/a.rs");
    fs::hard_link(tree.root.path().join("Makefile"), tree.root.path().join("mAKEFILE")).unwrap();
    assert_eq!(
        (tree.name("Makefile"), tree.name("mAKEFILE")),
        ("Makefile".into(), "mAKEFILE".into())
    );
}

#[test]
fn files_made_and_deleted_strand_nothing() {
    let tree = Tree::new(&[]);
    let locked = |argument: &str| {
        let name = tree.name(argument);
        assert_eq!(tree.readings(argument).first(), Some(&name), "the preferred one is first");
        name
    };
    let finds = |argument: &str, name: &str| tree.readings(argument).iter().any(|r| r == name);

    // A file of special name: before, with, and after it.
    let glob = locked("[id].tsx");
    tree.add("[id].tsx");
    let literal = locked("[id].tsx");
    assert!(glob != literal && finds("[id].tsx", &glob));
    tree.remove("[id].tsx");
    assert!(finds("[id].tsx", &literal));
    assert!(finds(&literal, &literal) && finds(&glob, &glob));

    // A path that becomes a directory, and back.
    let path = locked("new");
    tree.add("new/");
    let directory = locked("new");
    assert!(path != directory && finds("new", &path));
    fs::remove_dir(tree.root.path().join("new")).unwrap();
    assert!(finds("new", &directory));

    // A directory of special name that is made later.
    let path = locked(r"\[s\]");
    tree.add("[s]/");
    assert!(finds(r"\[s\]", &path) && finds("[s]", &path));

    // A path that becomes a symlink, below another one.
    tree.add("d/");
    tree.add("l -> d");
    let path = locked("l/a");
    let glob = locked("l/a/*");
    tree.add("d/a -> ../elsewhere");
    assert_eq!(locked("l/a"), "elsewhere");
    assert!(finds("l/a", &path) && finds("l/a/*", &glob));
    // Or whose directory does.
    let path = locked("p/q/a");
    tree.add("p -> d");
    assert_eq!(locked("p/q/a"), "d/q/a");
    assert!(finds("p/q/a", &path));
    // Even one that leads out.
    let path = locked("o/a");
    tree.add("o -> ../..");
    assert!(tree.is_outside("o/a") && finds("o/a", &path));
}

#[test]
fn what_is_stored_can_be_typed_anywhere() {
    let tree = Tree::new(&["src/deep/", "[x]/", "a-file", "[id]"]);
    let inside = ["", "src", "src/deep", "[x]"].map(|dir| tree.root.path().join(dir));
    for text in ["a-file", "-x", "src/", "src", r"\[id\]", "[id]", "**", "{a,b/c}", "src/*.rs"] {
        let pattern = lock_core::Pattern::parse(text).unwrap();
        for cwd in inside.iter().chain([&tree.base]) {
            let typed = tree.root.typed(&pattern, cwd);
            assert!(!typed.starts_with('-'));
            let target = tree.root.readings(typed.as_ref(), cwd, Reading::Auto).unwrap();
            assert!(target.readings.contains(&pattern), "{text} in {cwd:?}: {typed}");
        }
    }
}

#[test]
fn a_forced_reading_is_the_only_one() {
    let tree = Tree::new(&["[id]"]);
    for (reading, name) in [(Reading::Literal, r"\[id\]"), (Reading::Glob, "[id]")] {
        let target = tree.root.readings("[id]".as_ref(), tree.root.path(), reading).unwrap();
        assert_eq!(target.readings.iter().map(|p| p.as_str()).collect::<Vec<_>>(), [name]);
    }
}

#[test]
fn a_directory_that_may_not_be_searched_is_an_error() {
    use std::os::unix::fs::PermissionsExt;

    let tree = Tree::new(&["closed/x"]);
    let closed = tree.root.path().join("closed");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    // The superuser may look everywhere.
    if fs::symlink_metadata(closed.join("x")).is_err() {
        assert!(matches!(tree.error("closed/x"), RootError::Io { .. }));
    }
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn a_relative_current_directory_is_the_processes() {
    let here = std::env::current_dir().unwrap();
    let root = Root::at(&here).unwrap();
    let found = root.pattern("src/lib.rs".as_ref(), Path::new(""), Reading::Auto).unwrap();
    assert_eq!(found.pattern.as_str(), "src/lib.rs");
}
