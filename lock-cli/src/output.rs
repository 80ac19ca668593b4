//! What goes to stdout and stderr.

use std::io::{self, Write};

use crate::{
    escape::{self, Shown},
    exit::{Exit, explain},
    failure::Failure,
    json,
    present::style::{BAD, BOLD},
};

/// Where answers, notes and failures go.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Output {
    pub(crate) json: bool,
    pub(crate) quiet: bool,
}

impl Output {
    /// Prints an answer, for scripts or for people.
    pub(crate) fn answer(
        self,
        exit: Exit,
        json: &impl serde::Serialize,
        text: impl FnOnce(&mut String),
    ) -> Result<Exit, Failure> {
        // A reader that has seen enough is no failure: what was asked for has been done.
        self.line(json, text)?;
        Ok(exit)
    }

    /// Prints one line of many, at once; false if nobody reads it any more.
    pub(crate) fn line(
        self,
        json: &impl serde::Serialize,
        text: impl FnOnce(&mut String),
    ) -> Result<bool, Failure> {
        let printed = if self.json {
            let line = serde_json::to_string(json).map_err(|e| Failure::Bug(e.to_string()))?;
            raw(&format!("{}\n", escape::json(line)))
        } else {
            let mut out = String::new();
            text(&mut out);
            styled(&out)
        };
        match printed {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
            other => other.map(|()| true).map_err(Failure::Output),
        }
    }

    /// Prints a text that is not for people, exactly as it is.
    pub(crate) fn verbatim(
        self,
        json: &impl serde::Serialize,
        text: &str,
    ) -> Result<Exit, Failure> {
        if self.json {
            return self.answer(Exit::Done, json, |_| {});
        }
        quiet_if_closed(raw(text))?;
        Ok(Exit::Done)
    }

    /// Says something on stderr that is good to know.
    pub(crate) fn note(self, note: &str) {
        if !self.quiet {
            complain(&format!("{BOLD}note:{BOLD:#} {}\n", Shown(note)));
        }
    }

    /// Tells of a failure, in one line.
    pub(crate) fn failure(self, failure: &Failure) -> Exit {
        let explained = explain(failure);
        let (message, hint) = (Shown(&explained.message), Shown(&explained.hint));
        complain(&format!("{BAD}error:{BAD:#} {message} (next: {hint})\n"));
        if self.json {
            let error = json::Error::from(&explained);
            // The exit code says it all the same if nobody reads this.
            if let Ok(line) = serde_json::to_string(&error) {
                let _ = raw(&format!("{}\n", escape::json(line)));
            }
        }
        explained.exit
    }
}

/// Prints exactly this on stdout, in one piece.
pub(crate) fn raw(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Prints this on stdout, in colour if the terminal is one and nobody minds.
pub(crate) fn styled(text: &str) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Prints this on stderr; if nobody can read it there, nobody can be told so either.
pub(crate) fn complain(text: &str) {
    let _ = anstream::stderr().lock().write_all(text.as_bytes());
}

/// A reader that has seen enough is no failure: what was asked for has been done.
pub(crate) fn quiet_if_closed(written: io::Result<()>) -> Result<(), Failure> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(Failure::Output),
    }
}
