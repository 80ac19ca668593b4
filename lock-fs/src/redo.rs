//! A step that changes several files, written down before it is carried out.
//!
//! The rename of this file into place is the commit: from then on the step has happened, and
//! whoever takes the guard next carries out what is left of it.

use rustix::{
    fs::{Mode, OFlags, fstat},
    io::Errno,
};
use serde::{Deserialize, Serialize};

use crate::{
    error::{Doing as _, Result},
    line::LINE,
    place::{LOCKS, Spot},
    state::{Found, State},
    store::Store,
    sys,
};

pub(crate) const REDO: &str = "redo";

/// What is done to one file. Doing it twice is the same as doing it once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Op {
    /// The file has this text.
    Put { at: Spot, text: String },
    /// The file goes.
    Drop { at: Spot },
    /// The file, whatever it is, goes to the quarantine under this name.
    Quarantine { at: Spot, to: String },
}

impl Op {
    pub(crate) fn spot(&self) -> &Spot {
        match self {
            Self::Put { at, .. } | Self::Drop { at } | Self::Quarantine { at, .. } => at,
        }
    }

    /// Whether it stays where the store's records are. Its file may have been planted.
    pub(crate) fn is_sound(&self) -> bool {
        let plain = |name: &str| !name.is_empty() && !name.contains('/') && !name.starts_with('.');
        let Spot { dir, name } = self.spot();
        let top = dir.split('/').next().unwrap_or_default();
        let to = match self {
            Self::Quarantine { to, .. } => plain(to),
            _ => true,
        };
        [LOCKS, LINE].contains(&top) && dir.split('/').all(plain) && plain(name) && to
    }
}

/// A step to carry out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Redo {
    format: u32,
    /// The numbers that the step leaves.
    state: String,
    /// Where in the log its lines begin.
    pub(crate) log_at: u64,
    /// Its lines of the log.
    pub(crate) log: String,
    /// What it does, in order.
    pub(crate) ops: Vec<Op>,
}

impl Redo {
    pub(crate) fn new(state: &State, log_at: u64, log: String, ops: Vec<Op>) -> Self {
        Self { format: crate::state::FORMAT, state: state.to_string(), log_at, log, ops }
    }

    /// The numbers that the step leaves.
    pub(crate) fn state(&self) -> Option<State> {
        match State::parse(self.state.as_bytes()) {
            Found::State(state) => Some(state),
            _ => None,
        }
    }

    /// The files that it writes.
    pub(crate) fn puts(&self) -> impl Iterator<Item = (&Spot, &String)> {
        self.ops.iter().filter_map(|op| match op {
            Op::Put { at, text } => Some((at, text)),
            _ => None,
        })
    }

    pub(crate) fn to_text(&self) -> serde_json::Result<String> {
        serde_json::to_string(self).map(|text| text + "\n")
    }

    /// The step that was left to be carried out, if there is one. One that cannot be read was
    /// never committed by us: a file is whole before it is renamed, unless the power failed.
    pub(crate) fn read(store: &Store) -> Result<Option<Self>> {
        let context = || format!("reading {REDO}");
        let file =
            match sys::open_below(&store.dir, REDO, OFlags::RDONLY | sys::CAREFULLY, Mode::empty())
            {
                Ok(file) => file,
                Err(Errno::NOENT | Errno::LOOP | Errno::NXIO | Errno::NODEV) => return Ok(None),
                Err(errno) => return Err(errno).doing(context),
            };
        let stat = fstat(&file).doing(context)?;
        let size = usize::try_from(stat.st_size).unwrap_or(usize::MAX);
        if !rustix::fs::FileType::from_raw_mode(stat.st_mode).is_file() || size > 1 << 30 {
            return Ok(None);
        }
        let mut text = vec![0; size];
        let length = sys::read_at(&file, &mut text, 0).doing(context)?;
        text.truncate(length);
        let redo = serde_json::from_slice::<Self>(&text).ok();
        Ok(redo.filter(|redo| redo.state().is_some() && redo.ops.iter().all(Op::is_sound)))
    }
}
