//! The gate that a command waits behind until its lock knows of it.
//!
//! Were the command started first and recorded afterwards, a `run` killed in between would leave
//! it working under a lock that counts as dead. So this program starts itself once more, in the
//! command's place: that process has the command's id already, waits for a word from its `run`,
//! and then becomes the command. If the `run` dies first, the word never comes, and nothing runs.
//!
//! The word is the command's stdin. Until then the gate's stdin is a socket to the `run`, so that
//! not one descriptor more than usual is open in the command.

use std::{
    env,
    ffi::{OsStr, OsString},
    io::{self, IoSlice, IoSliceMut, Read as _, Write as _},
    mem::MaybeUninit,
    os::{
        fd::{AsFd, OwnedFd},
        unix::{net::UnixStream, process::CommandExt as _},
    },
    path::PathBuf,
    process::{Command, ExitCode, Stdio},
};

use rustix::{
    io::{fcntl_dupfd_cloexec, retry_on_intr},
    net::{
        RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
        SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
    },
};

use super::{child::Child, environment::Environment};

/// What this program is called while it is a gate.
const NAME: &str = "lockctl: a command about to start";

/// A process that waits to become a command.
#[derive(Debug)]
pub(super) struct Gate {
    process: std::process::Child,
    socket: UnixStream,
}

/// Whether this very process is a gate.
pub(crate) fn is_at(arguments: &[OsString]) -> bool {
    arguments.first().is_some_and(|name| name == NAME)
}

/// Waits for the word, and becomes the command. Returns only if that fails.
pub(crate) fn pass(arguments: &[OsString]) -> ExitCode {
    let [_, program, words @ ..] = arguments else { return ExitCode::FAILURE };
    // Kept beside stdin to tell how it went; a command that starts closes it by starting.
    let Ok(socket) = fcntl_dupfd_cloexec(io::stdin(), 3) else { return ExitCode::FAILURE };
    // No word: the run is gone, and so is its lock.
    let Some(stdin) = word(&socket) else { return ExitCode::FAILURE };
    if rustix::stdio::dup2_stdin(&stdin).is_err() {
        return ExitCode::FAILURE;
    }
    drop(stdin);
    let error = Command::new(program).args(words).exec();
    let code = error.raw_os_error().unwrap_or_default();
    let _ = UnixStream::from(socket).write_all(&code.to_ne_bytes());
    ExitCode::FAILURE
}

fn word(socket: &OwnedFd) -> Option<OwnedFd> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    let flags = RecvFlags::CMSG_CLOEXEC;
    retry_on_intr(|| recvmsg(socket, &mut [IoSliceMut::new(&mut byte)], &mut control, flags))
        .ok()?;
    control.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
        _ => None,
    })
}

impl Gate {
    /// Starts a process, in a process group of its own, that waits to become `command`.
    pub(super) fn start(command: &[OsString], environment: &Environment) -> io::Result<Self> {
        let (ours, theirs) = UnixStream::pair()?;
        let mut gate = Command::new(this_program()?);
        gate.arg0(NAME).args(command).process_group(0).stdin(Stdio::from(OwnedFd::from(theirs)));
        environment.apply(&mut gate);
        Ok(Self { process: gate.spawn()?, socket: ours })
    }

    pub(super) fn id(&self) -> u32 {
        self.process.id()
    }

    /// The process, and with it the group that it leads.
    pub(super) fn child(&self) -> Child {
        Child::new(&self.process)
    }

    /// Lets it become the command.
    ///
    /// # Errors
    /// Why it could not.
    pub(super) fn open(mut self) -> io::Result<()> {
        let stdin = io::stdin();
        let rights = [stdin.as_fd()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        control.push(SendAncillaryMessage::ScmRights(&rights));
        let word = [IoSlice::new(b"!")];
        // A gate that somebody has killed is told by how it ended, like a command.
        let _ = retry_on_intr(|| sendmsg(&self.socket, &word, &mut control, SendFlags::NOSIGNAL));
        let mut code = [0; 4];
        match self.socket.read_exact(&mut code) {
            Ok(()) => Err(io::Error::from_raw_os_error(i32::from_ne_bytes(code))),
            Err(_) => Ok(()),
        }
    }

    /// Sends it away.
    pub(super) fn close(self) {
        let Self { mut process, socket } = self;
        drop(socket);
        let _ = process.wait();
    }
}

/// The file that this program is, even if another has taken its name meanwhile.
fn this_program() -> io::Result<PathBuf> {
    let itself = OsStr::new("/proc/self/exe");
    match std::fs::metadata(itself) {
        Ok(_) => Ok(itself.into()),
        Err(_) => env::current_exe(),
    }
}
