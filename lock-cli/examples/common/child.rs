//! Agents that are processes: this very program run again, which tells of the answers it got, a
//! line of JSON each.

use std::{
    env,
    io::{self, BufRead as _, BufReader, Write as _},
    process::{self, Child, Command, Stdio},
    sync::mpsc::SyncSender,
    thread,
};

use rustix::time::{ClockId, clock_gettime};
use serde::{Serialize, de::DeserializeOwned};

use super::Trouble;

/// Starts one with its task in the environment, and listens to it.
pub(super) fn start<T: DeserializeOwned + Send + 'static>(
    variable: &str,
    task: &impl Serialize,
    stdin: Stdio,
    tell: &SyncSender<T>,
) -> Result<Child, Trouble> {
    let mut child = Command::new(env::current_exe()?)
        .env(variable, serde_json::to_string(task)?)
        .stdin(stdin)
        .stdout(Stdio::piped())
        .spawn()?;
    let stdout = child.stdout.take().ok_or("no pipe")?;
    let tell = tell.clone();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            // A line cut off by a kill is one that was not said.
            let Ok(told) = serde_json::from_str(&line) else { break };
            if tell.send(told).is_err() {
                break;
            }
        }
    });
    Ok(child)
}

/// In the child: its task.
pub(super) fn begin<T: DeserializeOwned>(task: &str) -> Result<T, Trouble> {
    // One that is stopped would not notice that whoever started it has gone.
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    Ok(serde_json::from_str(task)?)
}

/// In the child: tells all of it, at once.
pub(super) fn say<T: Serialize>(told: &[T]) {
    let mut lines = String::new();
    for told in told {
        lines.push_str(&serde_json::to_string(told).unwrap_or_default());
        lines.push('\n');
    }
    let mut out = io::stdout().lock();
    if out.write_all(lines.as_bytes()).and_then(|()| out.flush()).is_err() {
        process::exit(0); // nobody listens any more
    }
}

/// Microseconds on a clock that all processes of the machine share, and nobody can step.
pub(super) fn monotonic() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    let micros = now.tv_sec * 1_000_000 + now.tv_nsec / 1_000;
    u64::try_from(micros).unwrap_or(0)
}
