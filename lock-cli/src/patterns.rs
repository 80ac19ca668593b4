//! Patterns on the command line, and in files of them.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io::{self, Read},
    path::PathBuf,
};

use lock_core::{Error, root::Reading};

use crate::failure::Failure;

/// What is to be locked, looked at or let go.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct PatternArgs {
    /// A path or a glob, relative to the current directory
    #[arg(value_name = "PATTERN")]
    pub(crate) patterns: Vec<OsString>,
    /// More patterns, one a line, from FILE or, for `-`, from stdin
    #[arg(long, value_name = "FILE")]
    pub(crate) patterns_from: Option<PathBuf>,
    /// The patterns in FILE end with NUL instead of a newline
    #[arg(short = '0', long = "null", requires = "patterns_from")]
    pub(crate) null: bool,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
}

/// How arguments are read that name both a path and a glob.
#[derive(Debug, Default, Clone, Copy, clap::Args)]
pub(crate) struct ReadingArgs {
    /// Read every pattern as a plain path, whatever characters are in it
    #[arg(long, conflicts_with = "glob")]
    pub(crate) literal: bool,
    /// Read every pattern as a glob, whatever files exist
    #[arg(long)]
    pub(crate) glob: bool,
}

/// A file of 1,000 patterns of 4,096 bytes each is smaller.
const MAX_FILE: u64 = 8 << 20;

impl ReadingArgs {
    pub(crate) fn reading(self) -> Reading {
        match (self.literal, self.glob) {
            (true, _) => Reading::Literal,
            (_, true) => Reading::Glob,
            _ => Reading::Auto,
        }
    }
}

impl PatternArgs {
    /// Everything that was named, from 1 to 1,000 arguments.
    pub(crate) fn arguments(&self) -> Result<Vec<OsString>, Failure> {
        let mut arguments = self.patterns.clone();
        if let Some(path) = &self.patterns_from {
            arguments.extend(self.listed(path)?);
        }
        if arguments.is_empty() {
            return Err(Failure::usage(
                "name at least one pattern",
                "add a path, a glob in quotes, or --patterns-from FILE",
            ));
        }
        match arguments.len() {
            1..=Error::MAX_PATTERNS => Ok(arguments),
            count => Err(Error::PatternCount(count).into()),
        }
    }

    fn listed(&self, path: &PathBuf) -> Result<Vec<OsString>, Failure> {
        let mut bytes = Vec::new();
        let read = if path.as_os_str() == "-" {
            io::stdin().lock().take(MAX_FILE + 1).read_to_end(&mut bytes)
        } else {
            File::open(path).and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut bytes))
        };
        read.map_err(|error| Failure::file(path, "read", &error))?;
        if bytes.len() as u64 > MAX_FILE {
            return Err(Failure::limit(format!("a list of patterns has at most {MAX_FILE} bytes")));
        }
        let separator = if self.null { b'\0' } else { b'\n' };
        let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == separator).collect();
        // What ends with the separator has no pattern after it; an empty line elsewhere is only
        // a line, but between two NULs somebody's tool put an empty name.
        if lines.last().is_some_and(|last| last.is_empty()) {
            lines.pop();
        }
        if !self.null {
            lines =
                lines.into_iter().map(|line| line.strip_suffix(b"\r").unwrap_or(line)).collect();
            lines.retain(|line| !line.is_empty());
        }
        Ok(lines.into_iter().map(os_string).collect())
    }
}

#[cfg(unix)]
fn os_string(bytes: &[u8]) -> OsString {
    use std::os::unix::ffi::OsStrExt as _;
    OsStr::from_bytes(bytes).to_owned()
}

#[cfg(not(unix))]
fn os_string(bytes: &[u8]) -> OsString {
    String::from_utf8_lossy(bytes).into_owned().into()
}
