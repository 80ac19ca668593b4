//! One request in a process of its own: as another user, on another clock, with system calls that
//! fail.

use std::{
    env, fs,
    io::ErrorKind,
    os::unix::{
        fs::PermissionsExt as _,
        process::{CommandExt as _, ExitStatusExt as _},
    },
    process::{self, Command, Stdio},
    time::Duration,
};

use futures_lite::future::block_on;
use lock_core::{Backends, Error, Grant, ListFilter, LockManager};

use super::operations::Does;

const URL: &str = "LOCK_TEST_URL";
const PATTERNS: &str = "LOCK_TEST_PATTERNS";
const LEASE: &str = "LOCK_TEST_LEASE";
const AGENT: &str = "LOCK_TEST_AGENT";
const DOES: &str = "LOCK_TEST_DOES";
const SAYS: &str = "child says: ";

/// A request that another process makes of a store.
pub struct Child {
    url: String,
    patterns: String,
    agent: &'static str,
    lease: Option<Duration>,
    does: Option<String>,
    under: Vec<String>,
    user: Option<u32>,
}

impl Child {
    /// One that acquires `patterns` in the store at `url`. It says `held`, `refused`, or the kind
    /// of error and its text.
    #[must_use]
    pub fn acquire(url: &str, patterns: &[&str]) -> Self {
        let (url, patterns) = (url.to_owned(), patterns.join("\n"));
        let (agent, under) = ("child", Vec::new());
        Self { url, patterns, agent, lease: None, does: None, under, user: None }
    }

    /// One that does something else. It says `done`, or as above.
    pub(super) fn does(url: &str, does: &Does) -> Self {
        Self { does: Some(serde_json::to_string(does).unwrap()), ..Self::acquire(url, &[]) }
    }

    /// One that says what is held.
    #[must_use]
    pub fn list(url: &str) -> Self {
        Self::acquire(url, &[])
    }

    /// Who it is; else it is `child`.
    #[must_use]
    pub fn agent(self, agent: &'static str) -> Self {
        Self { agent, ..self }
    }

    /// What it takes, it takes for so long.
    #[must_use]
    pub fn lease(self, lease: Duration) -> Self {
        Self { lease: Some(lease), ..self }
    }

    /// It runs under `strace` with these options.
    #[must_use]
    pub fn under_strace(self, options: &[&str]) -> Self {
        self.under(&[&["strace", "-f", "-qq", "-o", "/dev/null"], options].concat())
    }

    /// It runs as another program's last argument.
    #[must_use]
    pub fn under(self, program: &[&str]) -> Self {
        Self { under: program.iter().map(|word| (*word).to_owned()).collect(), ..self }
    }

    /// It runs as another user.
    #[must_use]
    pub fn of_user(self, user: u32) -> Self {
        Self { user: Some(user), ..self }
    }

    /// What it says.
    ///
    /// # Panics
    /// If it says nothing.
    #[must_use]
    pub fn run(self) -> String {
        self.start().said()
    }

    /// What it says; `None` if the fault kept the program itself from running.
    #[must_use]
    pub fn try_run(self) -> Option<String> {
        self.start().says().ok()
    }

    pub(super) fn start(self) -> Started {
        let program = env::current_exe().unwrap();
        // Where it was built, another user may not look.
        let copy = tempfile::Builder::new()
            .permissions(fs::Permissions::from_mode(0o755))
            .tempdir()
            .unwrap();
        let program = match self.user {
            None => program,
            Some(_) => {
                let there = copy.path().join("child");
                fs::copy(program, &there).unwrap();
                there
            }
        };
        let mut command = match self.under.split_first() {
            None => Command::new(program),
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(program);
                command
            }
        };
        if let Some(user) = self.user {
            command.uid(user).gid(user);
        }
        command.args(["--ignored", "--exact", "child", "--nocapture", "--test-threads=1"]);
        command.env(URL, self.url).env(PATTERNS, self.patterns).env(AGENT, self.agent);
        if let Some(does) = self.does {
            command.env(DOES, does);
        }
        if let Some(lease) = self.lease {
            command.env(LEASE, lease.as_millis().to_string());
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = loop {
            match command.spawn() {
                // A fork of another test has the copy open for writing for a moment.
                Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                spawned => {
                    break spawned.unwrap_or_else(|error| {
                        let needed = self.under.first();
                        panic!("{needed:?} is needed, and ./test brings it: {error}");
                    });
                }
            }
        };
        Started { child: Some(child), _copy: copy }
    }
}

/// How a child ended.
pub(super) enum Ended {
    Said(String),
    Killed,
}

/// A child that runs.
pub(super) struct Started {
    child: Option<process::Child>,
    _copy: tempfile::TempDir,
}

impl Started {
    /// Waits for its end; what it said.
    pub(super) fn said(&mut self) -> String {
        self.says().unwrap_or_else(|output| panic!("it says nothing: {output}"))
    }

    /// Waits for its end, which may be a violent one.
    pub(super) fn end(&mut self) -> Ended {
        let output = self.child.take().unwrap().wait_with_output().unwrap();
        match what_it_says(&output) {
            Ok(said) => Ended::Said(said),
            // `strace` ends as the child did.
            Err(_) if output.status.signal() == Some(9) => Ended::Killed,
            Err(output) => panic!("it says nothing, and was not killed: {output}"),
        }
    }

    fn says(&mut self) -> Result<String, String> {
        what_it_says(&self.child.take().unwrap().wait_with_output().unwrap())
    }

    /// Whether it has ended.
    pub(super) fn is_over(&mut self) -> bool {
        self.child.as_mut().unwrap().try_wait().unwrap().is_some()
    }

    /// The child itself, which the program that it runs under has started.
    pub(super) fn pid(&self) -> Option<u32> {
        let over = self.child.as_ref().unwrap().id();
        let children = fs::read_to_string(format!("/proc/{over}/task/{over}/children")).ok()?;
        children.split_whitespace().next()?.parse().ok()
    }
}

fn what_it_says(output: &process::Output) -> Result<String, String> {
    let text = String::from_utf8_lossy(&output.stdout);
    let said = text.lines().find_map(|line| line.split_once(SAYS).map(|(_, said)| said));
    said.map(str::to_owned)
        .ok_or_else(|| format!("{text}{}", String::from_utf8_lossy(&output.stderr)))
}

impl Drop for Started {
    fn drop(&mut self) {
        if let Some(pid) = self.child.as_ref().and_then(|_| self.pid()) {
            let _ = Command::new("kill").args(["-KILL", &pid.to_string()]).status();
        }
        if let Some(child) = &mut self.child {
            let _ = (child.kill(), child.wait());
        }
    }
}

/// What the child does: the one test of its binary that is ignored and called `child`.
///
/// # Panics
/// If no test asked for it.
pub fn answer_as_child(backends: &Backends) {
    let Ok(url) = env::var(URL) else { panic!("no test asked for this") };
    let patterns = env::var(PATTERNS).unwrap();
    let patterns: Vec<&str> = patterns.lines().collect();
    let lease = env::var(LEASE).ok().map(|text| Duration::from_millis(text.parse().unwrap()));
    let said = block_on(async {
        let agent = env::var(AGENT).unwrap();
        if let Ok(does) = env::var(DOES) {
            let does: Does = serde_json::from_str(&does).unwrap();
            // So many more than the loader opened that none of its own is mistaken for one of those.
            (0..64).for_each(|_| drop(fs::File::open("/dev/null")));
            return does.at(backends, &url, &agent).await.map(|()| "done".to_owned());
        }
        let locks = LockManager::new(backends.connect(&url).await?, agent)?;
        if patterns.is_empty() {
            let list = locks.list(ListFilter::default()).await?;
            let live = list.locks.iter().filter(|(_, stale)| !stale);
            let live = live.map(|(lock, _)| lock.pattern.to_string()).collect::<Vec<_>>();
            return Ok(format!("lists {}", live.join(" ")));
        }
        let mut request = locks.acquire(patterns);
        if let Some(lease) = lease {
            request = request.ttl(lease);
        }
        Ok(match request.await? {
            Grant::Held(leases) => format!("held {}", leases.token()),
            Grant::Refused(why) => format!("refused {why}"),
            other => panic!("{other:?}"),
        })
    });
    match said {
        Ok(said) => println!("\n{SAYS}{said}"),
        Err(Error::Backend(error)) => println!("\n{SAYS}{:?} {error}", error.kind()),
        Err(error) => panic!("{error}"),
    }
}
