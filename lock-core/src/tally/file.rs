//! Notes in a small file: a line each, added without a lock by whoever was refused.

use std::{
    fs::{File, TryLockError},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
};

use serde::{Deserialize, Serialize};

use super::{Note, Refusals};

/// A file of this length is summed up into one line by the next who adds to it.
const FULL: u64 = 64 * 1024;

/// A file of this length is not added to: nobody can sum it up.
const TOO_LONG: u64 = 4 * FULL;

/// The line that stands for all that came before it.
#[derive(Serialize, Deserialize)]
struct Sum {
    sum: Refusals,
}

impl Refusals {
    /// Adds a note to a file of notes, for stores that can keep one beside their records. It takes
    /// no lock and waits for nobody; notes may be lost, and are counted twice if a process is
    /// killed at the wrong instant.
    ///
    /// `open` opens that file, for appending if asked to, and for reading and writing either way.
    ///
    /// # Errors
    /// Whatever the system says. Nobody has to care.
    pub fn note(note: &Note, open: impl Fn(bool) -> io::Result<File>) -> io::Result<()> {
        let mut file = open(true)?;
        let length = file.metadata()?.len();
        if length >= FULL {
            // Whoever adds meanwhile is lost.
            sum_up(open(false)?)?;
        }
        if length < TOO_LONG {
            file.write_all(line(note)?.as_bytes())?;
        }
        Ok(())
    }

    /// Reads a file of notes. What is no line of ours is passed over.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn read(file: impl io::Read) -> io::Result<Self> {
        let mut text = Vec::new();
        file.take(2 * TOO_LONG).read_to_end(&mut text)?;
        let mut refusals = Self::default();
        for line in text.split(|byte| *byte == b'\n') {
            if let Ok(note) = serde_json::from_slice::<Note>(line) {
                refusals.count(&note);
            } else if let Ok(Sum { sum }) = serde_json::from_slice(line) {
                refusals.add(sum);
            }
        }
        Ok(refusals)
    }
}

fn line(of: &impl Serialize) -> io::Result<String> {
    Ok(serde_json::to_string(of)? + "\n")
}

/// The sum first, over the first notes, and then off with the others: whoever is killed in between
/// leaves some of them counted twice, and nothing lost.
fn sum_up(mut file: File) -> io::Result<()> {
    match file.try_lock() {
        // Somebody is at it.
        Err(TryLockError::WouldBlock) => return Ok(()),
        locked => locked?,
    }
    if file.metadata()?.len() < FULL {
        return Ok(());
    }
    let mut sum = Refusals::read(&mut file)?;
    let text = loop {
        let text = line(&Sum { sum: sum.clone() })?;
        if text.len() as u64 <= FULL / 2 || sum.hot.is_empty() {
            break text;
        }
        sum.cool_to(sum.hot.len() / 2);
    };
    file.seek(SeekFrom::Start(0))?;
    file.write_all(text.as_bytes())?;
    file.set_len(text.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Noted, Pattern};

    fn note(what: Noted, pattern: &str) -> Note {
        Note { what, hot: vec![Pattern::parse(pattern).unwrap()] }
    }

    fn opener(path: &std::path::Path) -> impl Fn(bool) -> io::Result<File> {
        move |append| File::options().read(true).write(true).append(append).create(true).open(path)
    }

    #[test]
    fn many_notes_stay_a_small_file_and_none_is_lost() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("refusals");
        let long = "x".repeat(200);
        for number in 0..3_000 {
            let what = if number % 3 == 0 { Noted::Timeout } else { Noted::Conflict };
            Refusals::note(&note(what, &format!("src/{}{long}", number % 7)), opener(&path))
                .unwrap();
            assert!(std::fs::metadata(&path).unwrap().len() < FULL + 1_000);
        }
        let refusals = Refusals::read(File::open(&path).unwrap()).unwrap();
        assert_eq!((refusals.timeouts, refusals.conflicts), (1_000, 2_000));
        assert_eq!(refusals.hot.values().sum::<u64>(), 3_000);
        assert_eq!(refusals.hot.len(), 7);
    }

    #[test]
    fn many_long_patterns_stay_a_small_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("refusals");
        for number in 0..500 {
            let pattern = format!("{number}/{}", "x".repeat(3_000));
            Refusals::note(&note(Noted::Conflict, &pattern), opener(&path)).unwrap();
            assert!(std::fs::metadata(&path).unwrap().len() < FULL + 4_000);
        }
        let refusals = Refusals::read(File::open(&path).unwrap()).unwrap();
        assert_eq!(refusals.conflicts, 500);
    }

    #[test]
    fn threads_that_note_at_once_lose_few() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("refusals");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        Refusals::note(&note(Noted::Deadlock, "a"), opener(&path)).unwrap();
                    }
                });
            }
        });
        // Less than the file is full after: nothing was summed up, so nothing was lost.
        let refusals = Refusals::read(File::open(&path).unwrap()).unwrap();
        assert_eq!(refusals.deadlocks, 800);
    }

    #[test]
    fn what_is_no_note_is_passed_over() {
        let text = b"{\"noted\":\"conflict\"}\nnonsense\n{}\n{\"noted\":\"sigh\"}\n{\"noted\":\"ti";
        let refusals = Refusals::read(&text[..]).unwrap();
        assert_eq!(refusals, Refusals { conflicts: 1, ..Refusals::default() });
    }
}
