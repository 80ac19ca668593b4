//! The signals that this process gets and its command should have.

use std::{fs, future::Future, thread};

use async_channel::Receiver;
use futures_lite::future;
use rustix::process::Signal;
use signal_hook::iterator::{Handle, Signals as Caught};

use crate::{exit::Exit, failure::Failure};

/// What ends a wait.
const ENDING: [Signal; 3] = [Signal::INT, Signal::TERM, Signal::HUP];

/// What else is passed on to a command.
const PASSED: [Signal; 6] =
    [Signal::QUIT, Signal::USR1, Signal::USR2, Signal::WINCH, Signal::TSTP, Signal::CONT];

/// Catches signals: first those that end a wait, then all that are passed on.
///
/// What was ignored when this process began (`nohup`, a shell's `&`) stays ignored, by its command
/// too: a caught signal would be reset to its default there.
#[derive(Debug)]
pub(crate) struct Signals {
    handle: Handle,
    caught: Receiver<Signal>,
    ignored: u64,
}

impl Signals {
    /// Begins to catch what ends a wait.
    pub(crate) fn watch() -> Result<Self, Failure> {
        let mut caught = Caught::new([0_i32; 0]).map_err(failed)?;
        let handle = caught.handle();
        let (tell, news) = async_channel::unbounded();
        let body = move || {
            let named = caught.forever().filter_map(Signal::from_named_raw);
            let named = named.filter(|signal| *signal != Signal::CHILD);
            named.map(|signal| tell.send_blocking(signal)).all(|sent| sent.is_ok());
        };
        thread::Builder::new().name("signals".to_owned()).spawn(body).map_err(failed)?;
        let this = Self { handle, caught: news, ignored: ignored() };
        // Were it ignored, nobody could learn how the command ended.
        this.handle.add_signal(Signal::CHILD.as_raw()).map_err(failed)?;
        this.catch(&ENDING)?;
        Ok(this)
    }

    /// From now on, catches all that is passed on.
    pub(super) fn catch_all(&self) -> Result<(), Failure> {
        self.catch(&PASSED)
    }

    fn catch(&self, signals: &[Signal]) -> Result<(), Failure> {
        let heeded = |signal: &&Signal| self.ignored & bit(signal.as_raw()) == 0;
        let mut heeded = signals.iter().filter(heeded);
        heeded.try_for_each(|signal| self.handle.add_signal(signal.as_raw())).map_err(failed)
    }

    /// The next signal.
    pub(super) async fn next(&self) -> Signal {
        match self.caught.recv().await {
            Ok(signal) => signal,
            // The thread never ends while this is here.
            Err(_) => future::pending().await,
        }
    }

    /// What `wait` comes to, or, if a signal comes first, how the process ends; `wait` is dropped
    /// then.
    pub(crate) async fn or<T>(&self, wait: impl Future<Output = T>) -> Result<T, Exit> {
        let came =
            async { Err(Exit::Signal(u8::try_from(self.next().await.as_raw()).unwrap_or(0))) };
        future::or(async { Ok(wait.await) }, came).await
    }
}

fn failed(error: std::io::Error) -> Failure {
    Failure::Bug(format!("cannot catch signals: {error}"))
}

/// A set of the signals that this process ignores; where nobody can tell, none.
fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

fn bit(signal: i32) -> u64 {
    u32::try_from(signal - 1).ok().and_then(|shift| 1_u64.checked_shl(shift)).unwrap_or(0)
}
