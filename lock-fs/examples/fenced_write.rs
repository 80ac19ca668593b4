//! Guards a file by the fencing token: a holder that is paused past its lease wakes up, goes on
//! writing, and is refused.
//!
//!     cargo run -p lock-fs --example fenced_write
//!
//! Ada is a process of her own, and is really stopped. Exits with 1 if her late write gets through.

#![allow(clippy::print_stdout, reason = "an example talks")]

use std::{
    env,
    error::Error,
    fs::{self, File},
    io::{self, BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use lock_core::{Token, blocking::LockManager};
use lock_fs::FsBackend;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Writes `text` unless a holder with a higher token has written before; says whether it did.
///
/// This check is what the token is for, and it belongs to the resource: a holder that looks at
/// its own lock and then writes can be stopped in between.
fn write(dir: &Path, text: &str, token: Token) -> Result<bool> {
    let gate = File::create(dir.join("gate"))?;
    gate.lock()?; // check and write as one step
    let seen = match fs::read_to_string(dir.join("report")) {
        Ok(report) => report.lines().next().ok_or("the report has no token")?.parse()?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Token::ZERO,
        Err(error) => return Err(error.into()),
    };
    if token < seen {
        return Ok(false);
    }
    fs::write(dir.join("report.new"), format!("{token}\n{text}\n"))?;
    fs::rename(dir.join("report.new"), dir.join("report"))?;
    Ok(true)
}

fn main() -> Result<()> {
    match env::args_os().nth(1) {
        Some(dir) => ada(Path::new(&dir)),
        None => grace(tempfile::tempdir()?.path()),
    }
}

/// Holds the lock for a second at a time, and is stopped between looking and writing.
fn ada(dir: &Path) -> Result<()> {
    let locks = LockManager::new(FsBackend::open(dir.join("locks"))?, "ada")?;
    // A plain lease. A guard would renew it in the background, and a process that is stopped while
    // it renews holds up everybody until it goes on: another matter than a late write.
    let lease = locks.acquire("report").ttl(Duration::from_secs(1)).call()?.held()?;
    let wrote = write(dir, "by ada", lease.token())?;
    println!("ada: token {}, wrote: {wrote}", lease.token());
    io::stdin().read_line(&mut String::new())?;
    // Far more than a second later, and nothing tells her so before she writes.
    println!("ada: wrote late: {}", write(dir, "by ada, late", lease.token())?);
    Ok(())
}

/// Ended whatever happens here: one left stopped would never go.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn grace(dir: &Path) -> Result<()> {
    let mut child = Command::new(env::current_exe()?);
    let child = child.arg(dir).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let Ended(child) = &mut Ended(child);
    let mut lines = BufReader::new(child.stdout.take().ok_or("no pipe")?).lines();
    println!("{}", lines.next().ok_or("ada ended")??);

    let pid = Pid::from_child(child);
    kill_process(pid, Signal::STOP)?;
    waitpid(Some(pid), WaitOptions::UNTRACED)?.ok_or("ada did not stop")?;
    child.stdin.take().ok_or("no pipe")?.write_all(b"\n")?;

    // Hers until its lease is over.
    let locks = LockManager::new(FsBackend::open(dir.join("locks"))?, "grace")?;
    let guard = locks.hold("report").wait(Duration::from_secs(60)).call()?.held()?;
    let wrote = write(dir, "by grace", guard.token())?;
    println!("grace: token {}, wrote: {wrote}", guard.token());

    kill_process(pid, Signal::CONT)?;
    let late = lines.next().ok_or("ada ended")??;
    println!("{late}");
    let (status, report) = (child.wait()?, fs::read_to_string(dir.join("report"))?);
    if !status.success() || late != "ada: wrote late: false" || !report.ends_with("by grace\n") {
        return Err(format!("the late write got through: {report}").into());
    }
    guard.release_now()?;
    println!("the report is by grace");
    Ok(())
}
