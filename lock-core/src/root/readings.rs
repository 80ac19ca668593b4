//! Everything that an argument may have named.

use std::{ffi::OsStr, path::Path};

use super::{Reading, Root, RootError, argument, place::Way};
use crate::{Pattern, Target};

impl Root {
    /// Everything that `argument` may have named when it was locked, what
    /// [`pattern`](Self::pattern) says now first: for letting go, where a file, a directory or a
    /// symlink that was made or deleted meanwhile must not strand a lock.
    ///
    /// In [`Reading::Auto`] these are the path, the directory and the glob; and each of these
    /// also with the last symlink not followed, and with none. Costs up to three times as much
    /// as `pattern`.
    ///
    /// # Errors
    /// As `pattern`, if no reading gives the argument a meaning.
    ///
    /// ```
    /// use lock_core::root::{Reading, Root};
    ///
    /// let top = tempfile::tempdir().unwrap();
    /// let root = Root::at(top.path()).unwrap();
    /// let target = root.readings("[id].tsx".as_ref(), root.path(), Reading::Auto).unwrap();
    /// let names: Vec<_> = target.readings.iter().map(|pattern| pattern.as_str()).collect();
    /// assert_eq!(names, ["[id].tsx", r"\[id\].tsx", r"\[id\].tsx/"]);
    /// ```
    pub fn readings(
        &self,
        argument: &OsStr,
        cwd: &Path,
        reading: Reading,
    ) -> Result<Target, RootError> {
        let text = argument::text(argument)?;
        let first = self.pattern(argument, cwd, reading);
        let (mut readings, error) = match first {
            Ok(resolved) => (vec![resolved.pattern], None),
            Err(error) => (vec![], Some(error)),
        };
        for way in [Way::Real, Way::LastKept, Way::Written] {
            for pattern in self.read_all(text, cwd, reading, way) {
                if !readings.contains(&pattern) {
                    readings.push(pattern);
                }
            }
        }
        match error {
            Some(error) if readings.is_empty() => Err(error),
            _ => Ok(Target { readings }),
        }
    }

    fn read_all(&self, text: &str, cwd: &Path, reading: Reading, way: Way) -> Vec<Pattern> {
        let parted = argument::part(text);
        let mut paths = vec![];
        if reading != Reading::Glob {
            paths.push(text);
        }
        if reading != Reading::Literal && parted.rest.is_empty() && !paths.contains(&&*parted.path)
        {
            paths.push(&parted.path);
        }
        let mut patterns = vec![];
        for path in paths {
            let Ok(place) = self.locate(Path::new(path), cwd, way) else { continue };
            let directory = argument::is_written_as_directory(path) || place.name.is_empty();
            if !directory {
                patterns.extend(Pattern::literal(&place.name));
            }
            if directory || reading == Reading::Auto {
                patterns.extend(Pattern::directory(&place.name));
            }
        }
        if reading != Reading::Literal && !parted.rest.is_empty() {
            patterns.extend(self.wild(text, &parted, cwd, way));
        }
        patterns
    }
}
