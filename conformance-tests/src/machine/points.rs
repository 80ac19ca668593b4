//! The system calls by which an operation changes a store: at each of them it can be cut short.

use std::{fmt, path::Path};

use crate::rng::Rng;

/// A call that changes the store, and which of its kind it is in its thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Point {
    call: String,
    number: usize,
    /// Only calls on this file below the directory are counted: another thread makes as many calls
    /// of the kind before.
    on: Option<String>,
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.call, self.number)?;
        self.on.as_ref().map_or(Ok(()), |on| write!(f, " on {on}"))
    }
}

impl Point {
    /// What `strace` is told, to send `signal` to who comes to it. It is sent before a call that
    /// kills, and comes to bear after any other.
    pub(super) fn sends(&self, signal: &str, dir: &Path) -> Vec<String> {
        let Self { call, number, on } = self;
        let inject = format!("inject={call}:signal={signal}:when={number}");
        let mut options = vec!["-e".to_owned(), format!("trace={call}"), "-e".to_owned(), inject];
        if let Some(on) = on {
            options.extend(["-P".to_owned(), format!("{}{on}", dir.display())]);
        }
        options
    }

    /// Whether it is where a process that left `trace` came to its end.
    pub(super) fn is_end_of(&self, trace: &str, dir: &Path) -> bool {
        let last = changing(trace, dir).pop();
        last.is_some_and(|last| (last.call, last.number) == (self.call.clone(), self.number))
    }
}

/// Calls that leave everything as it is. `close` is one: it lets go what a death lets go too, and
/// what is in memory that is shared is no call's.
const LOOKS: &str = " access close faccessat faccessat2 fgetxattr fstat fstatfs getdents64 getxattr \
     inotify_add_watch ioctl lgetxattr lseek lstat mmap munmap newfstatat pread64 preadv read \
     readlink readlinkat readv stat statfs statx ";

/// Calls that change something, whatever they are asked.
const CHANGES: &str = " chmod copy_file_range fallocate fchmod fchmodat fchown fchownat fdatasync \
     flock fsync ftruncate link linkat mkdir mkdirat mknodat pwrite64 pwritev rename renameat \
     renameat2 rmdir symlinkat sync_file_range truncate unlink unlinkat utimensat write writev ";

/// Those in `trace`, an output of `strace -f -y`, that change something below `dir`.
///
/// # Panics
/// If there is a call of which nobody has said whether it changes anything.
pub(super) fn changing(trace: &str, dir: &Path) -> Vec<Point> {
    let dir = dir.to_str().unwrap();
    let made: Vec<_> = trace.lines().filter_map(Made::read).collect();
    let mut points = Vec::new();
    for (at, Made { thread, call, arguments }) in made.iter().enumerate() {
        if !arguments.contains(dir) || !changes(call, arguments) {
            continue;
        }
        let alike: Vec<_> = made[..at].iter().filter(|other| other.call == *call).collect();
        let by = |who: &str| alike.iter().filter(|other| other.thread == who).count();
        let number = by(thread) + 1;
        let is_first = alike.iter().all(|it| it.thread == *thread || by(it.thread) < number);
        let (number, on) = if is_first {
            (number, None)
        } else {
            let file = file_below(dir, arguments);
            let there = format!("{dir}{file}");
            let same = |it: &&&Made<'_>| it.thread == *thread && is_on(it.arguments, &there);
            (alike.iter().filter(same).count() + 1, Some(file.to_owned()))
        };
        points.push(Point { call: (*call).to_owned(), number, on });
    }
    points
}

/// The first file below `dir` among the arguments: its name is quoted, or its descriptor's in
/// brackets.
fn file_below<'a>(dir: &str, arguments: &'a str) -> &'a str {
    let (_, file) = arguments.split_once(dir).unwrap_or_default();
    file.split(['"', '>']).next().unwrap_or_default()
}

fn is_on(arguments: &str, path: &str) -> bool {
    ['"', '>'].iter().any(|end| arguments.contains(&format!("{path}{end}")))
}

/// A line of a trace: `4242 pwrite64(3</tmp/x/state>, ...`.
struct Made<'a> {
    thread: &'a str,
    call: &'a str,
    arguments: &'a str,
}

impl<'a> Made<'a> {
    /// Signals, ends, and the second halves of calls that another thread came between are none.
    fn read(line: &'a str) -> Option<Self> {
        let (thread, rest) = line.split_once(' ')?;
        let (call, arguments) = rest.trim_start().split_once('(')?;
        let is_name = call.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        (is_name && !call.is_empty()).then_some(Self { thread, call, arguments })
    }
}

fn changes(call: &str, arguments: &str) -> bool {
    let is_in = |calls: &str| calls.contains(&format!(" {call} "));
    match call {
        "open" | "openat" | "openat2" | "creat" => {
            arguments.contains("O_CREAT") || arguments.contains("O_TRUNC")
        }
        "fcntl" => ["F_SETLK", "F_OFD_SETLK"].iter().any(|it| arguments.contains(it)),
        _ if is_in(CHANGES) => true,
        _ if is_in(LOOKS) => false,
        _ => panic!("does {call}({arguments} change anything?"),
    }
}

/// As many of them as asked for, drawn without looking.
pub(super) fn sample(points: &[Point], count: usize, rng: &mut Rng) -> Vec<Point> {
    let mut left = points.to_vec();
    while left.len() > count {
        let drawn = rng.below(left.len() as u64);
        left.remove(usize::try_from(drawn).unwrap());
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "\
7 openat(AT_FDCWD</>, \"/etc/ld.so.cache\", O_RDONLY|O_CLOEXEC) = 3</etc/ld.so.cache>
7 openat(AT_FDCWD</>, \"/s/guard\", O_RDWR|O_CREAT, 0600) = 3</s/guard>
7 fcntl(3</s/guard>, F_GETFD) = 0
7 pwrite64(4</elsewhere>, \"x\", 1, 0) = 1
7 pwrite64(3</s/guard>, \"x\", 1, 0 <unfinished ...>
8 pwrite64(3</s/guard>, \"x\", 1, 0) = 1
7 <... pwrite64 resumed>) = 1
7 fcntl(3</s/guard>, F_SETLK, {l_type=F_RDLCK}) = 0
7 close(3</s/guard>) = 0
7 --- SIGCHLD {si_signo=SIGCHLD} ---
7 +++ exited with 0 +++
";

    #[test]
    fn each_change_of_the_store_is_a_point_and_nothing_else() {
        let points = changing(TRACE, Path::new("/s"));
        let told: Vec<String> = points.iter().map(Point::to_string).collect();
        assert_eq!(told, ["openat 2", "pwrite64 2", "pwrite64 1 on /guard", "fcntl 2"]);
    }

    #[test]
    #[should_panic(expected = "does mystery(")]
    fn a_call_that_nobody_knows_is_not_passed_over() {
        changing("7 mystery(3</s/guard>) = 0", Path::new("/s"));
    }

    #[test]
    fn a_sample_is_as_large_as_asked_for_and_each_seed_has_its_own() {
        let points: Vec<_> =
            (1..=50).map(|number| Point { call: "write".into(), number, on: None }).collect();
        let drawn = |seed| sample(&points, 3, &mut Rng::new(seed));
        assert_eq!(drawn(1).len(), 3);
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
        assert_eq!(sample(&points, 1_000, &mut Rng::new(1)), points);
    }
}
