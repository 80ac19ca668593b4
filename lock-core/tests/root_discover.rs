//! Finding the root.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say so")]

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

use lock_core::root::{Origin, Root, RootError};

struct Tree(tempfile::TempDir);

impl Tree {
    /// Directories end with `/`.
    fn new(paths: &[&str]) -> Self {
        let tree = Self(tempfile::tempdir().unwrap());
        for path in paths {
            tree.add(path, "");
        }
        tree
    }

    fn add(&self, path: &str, text: &str) {
        let full = self.at(path);
        if path.ends_with('/') {
            fs::create_dir_all(full).unwrap();
        } else {
            fs::create_dir_all(full.parent().unwrap()).unwrap();
            fs::write(full, text).unwrap();
        }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().canonicalize().unwrap().join(path)
    }

    fn git(&self, dir: &str, arguments: &[&str]) {
        let mut git = Command::new("git");
        git.arg("-C").arg(self.at(dir)).args(arguments);
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
        for (name, value) in [("GIT_AUTHOR_NAME", "t"), ("GIT_AUTHOR_EMAIL", "t@t")] {
            git.env(name, value).env(name.replace("AUTHOR", "COMMITTER"), value);
        }
        let output = git.output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {output:?}");
    }

    #[track_caller]
    fn assert_root(&self, cwd: &str, root: &str, origin: Origin) {
        let found = Root::discover(None, &self.at(cwd)).unwrap();
        assert_eq!((found.path(), found.origin()), (&*self.at(root.trim_end_matches('/')), origin));
    }

    fn assert_none(&self, cwd: &str) {
        let found = Root::discover(None, &self.at(cwd));
        assert!(matches!(found, Err(RootError::NoRoot)), "{found:?}");
    }
}

#[test]
fn nothing_means_no_root() {
    Tree::new(&["a/b/"]).assert_none("a/b");
}

#[test]
fn the_top_of_the_work_tree_comes_before_any_other_mark() {
    let tree =
        Tree::new(&["lockctl.toml", ".agent_locks/", "repo/src/deep/", "repo/src/lockctl.toml"]);
    tree.git("repo", &["init", "-q"]);
    tree.assert_root("repo/src/deep", "repo", Origin::Git);
    tree.assert_root("repo", "repo", Origin::Git);
}

#[test]
fn the_innermost_work_tree_counts() {
    let tree = Tree::new(&["inner/src/"]);
    tree.git("", &["init", "-q"]);
    tree.git("inner", &["init", "-q"]);
    tree.assert_root("inner/src", "inner", Origin::Git);
}

#[test]
fn the_outermost_configuration_counts_and_comes_before_any_store() {
    let tree =
        Tree::new(&[".agent_locks/", "a/lockctl.toml", "a/b/lockctl.toml", "a/b/c/.agent_locks/"]);
    tree.assert_root("a/b/c", "a", Origin::Config);
}

#[test]
fn the_outermost_store_counts() {
    let tree = Tree::new(&["a/.agent_locks/", "a/b/.agent_locks/", "a/b/c/"]);
    tree.assert_root("a/b/c", "a", Origin::Store);
    tree.assert_none("");
}

#[test]
fn marks_of_the_wrong_kind_are_none() {
    let tree = Tree::new(&["a/lockctl.toml/", "a/.agent_locks", "a/b/"]);
    tree.assert_none("a/b");
}

#[test]
fn what_git_does_not_take_for_a_repository_is_none() {
    let tree = Tree::new(&["empty/.git/", "other/.git", "dangling/"]);
    tree.add("other/.git", "not a link");
    symlink("nowhere", tree.at("dangling/.git")).unwrap();
    for dir in ["empty", "other", "dangling"] {
        tree.assert_none(dir);
    }
}

/// `git init` in a temporary directory would be found by a search that stops at any `.git`.
#[test]
fn inside_git_the_root_is_the_work_tree_around_it() {
    let tree = Tree::new(&["repo/"]);
    tree.git("repo", &["init", "-q"]);
    tree.assert_root("repo/.git/refs/heads", "repo", Origin::Git);
    tree.git("", &["init", "-q", "--bare", "bare.git"]);
    tree.assert_none("bare.git/refs");
}

#[test]
fn a_further_work_tree_is_a_root_and_shares_the_repository() {
    let tree = Tree::new(&["repo/"]);
    tree.git("repo", &["init", "-q"]);
    tree.git("repo", &["commit", "-q", "--allow-empty", "-m", "first"]);
    tree.git("repo", &["worktree", "add", "-q", "../side"]);
    tree.add("side/src/", "");
    tree.assert_root("side/src", "side", Origin::Git);
    for dir in ["repo", "side"] {
        let root = Root::discover(None, &tree.at(dir)).unwrap();
        assert_eq!(root.common_git_dir(), Some(tree.at("repo/.git")), "{dir}");
    }
}

#[test]
fn a_submodule_is_a_root_and_its_own_repository() {
    let tree = Tree::new(&["lib/", "repo/"]);
    for dir in ["lib", "repo"] {
        tree.git(dir, &["init", "-q"]);
        tree.git(dir, &["commit", "-q", "--allow-empty", "-m", "first"]);
    }
    let add = ["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "../lib", "sub"];
    tree.git("repo", &add);
    tree.assert_root("repo/sub", "repo/sub", Origin::Git);
    let root = Root::discover(None, &tree.at("repo/sub")).unwrap();
    assert_eq!(root.common_git_dir(), Some(tree.at("repo/.git/modules/sub")));
}

/// A container often has the work tree and not the repository; it is the same work tree.
#[test]
fn a_work_tree_whose_repository_is_away_is_a_root() {
    let tree = Tree::new(&["side/src/"]);
    tree.add("side/.git", "gitdir: /nonexistent/.git/worktrees/side\n");
    tree.assert_root("side/src", "side", Origin::Git);
    let root = Root::discover(None, &tree.at("side")).unwrap();
    assert_eq!(root.common_git_dir(), None);
}

#[test]
fn an_explicit_root_wins_and_is_relative_to_the_current_directory() {
    let tree = Tree::new(&["repo/sub/", "file"]);
    tree.git("repo", &["init", "-q"]);
    let explicit = |dir: &str, cwd: &str| Root::discover(Some(Path::new(dir)), &tree.at(cwd));
    let root = explicit("sub", "repo").unwrap();
    assert_eq!((root.path(), root.origin()), (&*tree.at("repo/sub"), Origin::Explicit));
    assert_eq!(root.common_git_dir(), None);
    assert_eq!(explicit("..", "repo/sub").unwrap().path(), tree.at("repo"));
    assert!(matches!(explicit("file", ""), Err(RootError::NotADirectory { .. })));
    assert!(matches!(explicit("none", ""), Err(RootError::Io { .. })));
}

#[test]
fn the_root_is_the_same_through_a_symlink() {
    let tree = Tree::new(&["repo/src/"]);
    tree.git("repo", &["init", "-q"]);
    symlink("repo/src", tree.at("link")).unwrap();
    tree.assert_root("link", "repo", Origin::Git);
    let root = Root::discover(Some(&tree.at("link")), &tree.at("")).unwrap();
    assert_eq!(root.path(), tree.at("repo/src"));
}

/// Those who may look into `.git` and those who may not find the same root.
#[test]
fn a_repository_that_may_not_be_looked_into_is_one() {
    use std::os::unix::fs::PermissionsExt;

    let tree = Tree::new(&["repo/src/"]);
    tree.git("repo", &["init", "-q"]);
    let mode = |mode| fs::set_permissions(tree.at("repo/.git"), fs::Permissions::from_mode(mode));
    mode(0o000).unwrap();
    tree.assert_root("repo/src", "repo", Origin::Git);
    mode(0o700).unwrap();
}
