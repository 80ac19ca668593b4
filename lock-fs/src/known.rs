//! What this process wrote itself and finds again: it need not be read twice.
//!
//! Nothing here is believed of a file before its bytes have been compared, or it is the very file that
//! was written here, and not written to since.

use lock_core::{Lock, host::LeaseMark};
use rustix::fs::Stat;

use crate::{
    place::Spot,
    state::{Found, State},
};

/// How many records are remembered: more than one process holds at a time, as a rule.
const MOST: usize = 64;

#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Few: looking through them all is quicker than a map.
    records: Vec<(Spot, Written)>,
    state: Option<(Vec<u8>, State)>,
}

#[derive(Debug)]
struct Written {
    text: String,
    lock: Lock,
    lease: LeaseMark,
    file: Option<File>,
}

/// A file as it was written: which one, how long, and when it was last written to. (When it last
/// changed in any way is another time: its rename was such a change.)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct File {
    device: u64,
    inode: u64,
    size: i64,
    written: (i64, i64),
}

impl File {
    #[allow(clippy::useless_conversion, clippy::unnecessary_cast, reason = "differs by platform")]
    fn of(stat: &Stat) -> Self {
        Self {
            device: stat.st_dev as u64,
            inode: stat.st_ino as u64,
            size: stat.st_size as i64,
            written: (stat.st_mtime as i64, stat.st_mtime_nsec as i64),
        }
    }
}

impl Known {
    /// Remembers what the `text` at `spot` says.
    pub(crate) fn add(&mut self, spot: Spot, text: String, lock: Lock, lease: LeaseMark) {
        if self.records.len() >= MOST {
            self.records.clear();
        }
        self.remove(&spot);
        self.records.push((spot, Written { text, lock, lease, file: None }));
    }

    /// What was remembered of `spot` lies there now, in a file of its own.
    pub(crate) fn lies(&mut self, spot: &Spot, stat: &Stat) {
        // The one that was remembered last, as a rule.
        if let Some((_, written)) = self.records.iter_mut().rfind(|(other, _)| other == spot) {
            written.file = Some(File::of(stat));
        }
    }

    /// What lies at `spot`, if that is still the file that was written here; `look` finds it.
    pub(crate) fn unchanged(
        &self,
        spot: &Spot,
        look: impl FnOnce() -> Option<Stat>,
    ) -> Option<(&Lock, &LeaseMark)> {
        let written = self.at(spot)?;
        let file = written.file?;
        (File::of(&look()?) == file).then_some((&written.lock, &written.lease))
    }

    /// What lies at `spot` goes.
    pub(crate) fn remove(&mut self, spot: &Spot) {
        if let Some(place) = self.records.iter().position(|(other, _)| other == spot) {
            self.records.swap_remove(place);
        }
    }

    fn at(&self, spot: &Spot) -> Option<&Written> {
        self.records.iter().find(|(other, _)| other == spot).map(|(_, written)| written)
    }

    /// What the `text` at `spot` says, if it was written here.
    pub(crate) fn record(&self, spot: &Spot, text: &[u8]) -> Option<(&Lock, &LeaseMark)> {
        let written = self.at(spot).filter(|it| it.text.as_bytes() == text)?;
        Some((&written.lock, &written.lease))
    }

    pub(crate) fn set_state(&mut self, text: Vec<u8>, state: State) {
        self.state = Some((text, state));
    }

    /// What the `text` of the state says, if it begins with the line that was seen last.
    pub(crate) fn state(&self, text: &[u8]) -> Option<State> {
        let (known, state) = self.state.as_ref()?;
        text.starts_with(known).then_some(*state)
    }

    /// Reads the line that `text` begins with, and remembers it.
    pub(crate) fn parse_state(&mut self, text: &[u8]) -> Found {
        let found = State::parse(text);
        let line = text.split_inclusive(|byte| *byte == b'\n').next();
        self.state = match (&found, line) {
            (Found::State(state), Some(line)) => Some((line.to_owned(), *state)),
            _ => None,
        };
        found
    }
}
