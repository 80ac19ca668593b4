//! What a repository's history says about who edits what.

use std::{
    collections::BTreeMap,
    path::Path,
    process::{Command, Stdio},
};

use lock_core::{Error, Pattern};

use super::Trouble;

/// Of how many files in one directory a commit locks each; of more, the directory.
const FILES: usize = 20;

/// One commit.
#[derive(Debug, PartialEq)]
pub(super) struct Commit {
    /// Its author, as the name of an agent.
    pub(super) author: String,
    /// Its subject.
    pub(super) subject: String,
    /// What its agent locks.
    pub(super) patterns: Vec<Pattern>,
}

/// The commits of `HEAD` that change files, the oldest first; only the last so many if told.
pub(super) fn read(repository: &Path, last: Option<usize>) -> Result<Vec<Commit>, Trouble> {
    if git(repository, &["rev-parse", "--is-shallow-repository"])?.trim_ascii() == b"true" {
        eprintln!("note: a shallow clone has only a part of its history (git fetch --unshallow)");
    }
    // Files end with NUL, and so does what is said of a commit; it begins with a byte that a
    // path hardly does.
    let mut arguments =
        vec!["log", "--reverse", "--no-renames", "--name-only", "-z", "--format=%x01%aN%x01%s"];
    let last = last.map(|count| format!("--max-count={count}"));
    arguments.extend(last.as_deref());
    let commits = parse(&git(repository, &arguments)?);
    match commits.is_empty() {
        true => Err(format!("{} has no commits that change files", repository.display()).into()),
        false => Ok(commits),
    }
}

fn git(repository: &Path, arguments: &[&str]) -> Result<Vec<u8>, Trouble> {
    let mut git = Command::new("git");
    git.arg("-C").arg(repository).args(arguments).stderr(Stdio::inherit());
    let output = git.output().map_err(|error| format!("git: {error}"))?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(format!("git has no history of {}", repository.display()).into()),
    }
}

fn parse(log: &[u8]) -> Vec<Commit> {
    let mut commits = Vec::new();
    let mut open: Option<(String, String)> = None;
    let mut files = Vec::new();
    let mut close = |open: Option<(String, String)>, files: &mut Vec<String>| {
        let patterns = patterns(&std::mem::take(files));
        if let (Some((author, subject)), false) = (open, patterns.is_empty()) {
            commits.push(Commit { author, subject, patterns });
        }
    };
    for part in log.split(|byte| *byte == 0) {
        // What cannot be said in UTF-8 cannot be locked, nor can what comes next be told apart.
        let Ok(part) = std::str::from_utf8(part) else { continue };
        let part = part.strip_prefix('\n').unwrap_or(part);
        if let Some(said) = part.strip_prefix('\u{1}') {
            close(open.take(), &mut files);
            let (author, subject) = said.split_once('\u{1}').unwrap_or((said, ""));
            open = Some((agent(author), subject.chars().take(200).collect()));
        } else if !part.is_empty() {
            files.push(part.to_owned());
        }
    }
    close(open, &mut files);
    commits
}

/// An author as the name of an agent: short, and without spaces.
fn agent(author: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || "-_.@".contains(c) { c } else { '-' };
    let name: String = author.chars().take(24).map(plain).collect();
    if name.is_empty() { "nobody".to_owned() } else { name }
}

/// What a commit of these files locks. Names that cannot be locked are left out.
fn patterns(files: &[String]) -> Vec<Pattern> {
    let mut directories: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for file in files {
        let directory = file.rsplit_once('/').map_or("", |(directory, _)| directory);
        directories.entry(directory).or_default().push(file);
    }
    let mut patterns: Vec<Pattern> = Vec::new();
    for (directory, files) in directories {
        if files.len() > FILES {
            patterns.extend(Pattern::directory(directory).ok());
        } else {
            patterns.extend(files.into_iter().filter_map(|file| Pattern::literal(file).ok()));
        }
    }
    // A commit of everything locks everything.
    if patterns.len() > Error::MAX_PATTERNS {
        patterns = Pattern::directory("").into_iter().collect();
    }
    patterns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_read_as_git_writes_it() {
        let log =
            "\u{1}Ada L\u{1}One\0\na.rs\0src/[b].rs\0\u{1}Grace\u{1}Empty\0\u{1}G\u{1}Two\0\nc\0";
        let commits = parse(log.as_bytes());
        let told: Vec<_> = commits
            .iter()
            .map(|it| (it.author.as_str(), it.subject.as_str(), it.patterns.len()))
            .collect();
        assert_eq!(told, [("Ada-L", "One", 2), ("G", "Two", 1)]);
        assert!(commits.iter().any(|it| it.patterns.iter().any(|p| p.matches("src/[b].rs"))));
    }

    #[test]
    fn many_files_of_a_directory_are_the_directory() {
        let files = |count: usize| (0..count).map(|n| format!("src/{n}.rs")).collect::<Vec<_>>();
        assert_eq!(patterns(&files(20)).len(), 20);
        let folded = patterns(&files(21));
        assert_eq!(folded.iter().map(Pattern::as_str).collect::<Vec<_>>(), ["src/"]);
        let spread: Vec<String> = (0..1_500).map(|n| format!("{n}/a.rs")).collect();
        assert_eq!(patterns(&spread).iter().map(Pattern::as_str).collect::<Vec<_>>(), ["**"]);
    }
}
