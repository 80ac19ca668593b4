//! A terminal, as a program sees it.

use std::{
    fs::File,
    io::Read as _,
    os::fd::OwnedFd,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::{Duration, Instant},
};

use rustix::{
    fs::{Mode, OFlags},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Winsize, tcsetwinsize},
};

/// A terminal of so many columns that a child has.
pub(crate) struct Terminal {
    pieces: Receiver<String>,
    seen: String,
}

impl Terminal {
    /// Starts `command` with one for its stderr.
    pub(crate) fn spawn(mut command: Command, columns: u16) -> (Child, Self) {
        let (ours, theirs) = Self::open(columns);
        command.env("TERM", "xterm").stdout(Stdio::piped()).stderr(theirs);
        let child = command.spawn().unwrap();
        drop(command); // and with it our copy of the child's side, so that its end can be seen
        (child, Self::read(ours))
    }

    /// Starts `command` in a session of its own on one, as who logs in would; what is written to
    /// the file is typed.
    pub(crate) fn log_in(command: &Command) -> (Child, File, Self) {
        let (ours, theirs) = Self::open(200);
        let mut session = Command::new("setsid");
        session.args(["--ctty", "--wait"]).arg(command.get_program()).args(command.get_args());
        session.current_dir(command.get_current_dir().unwrap()).env("TERM", "xterm");
        for name in ["ROOT", "BACKEND", "AGENT", "HOLDER"] {
            session.env_remove(format!("LOCKCTL_{name}"));
        }
        let [stdin, stdout] = [(); 2].map(|()| theirs.try_clone().unwrap());
        let child = session.stdin(stdin).stdout(stdout).stderr(theirs).spawn().unwrap();
        drop(session);
        (child, File::from(ours.try_clone().unwrap()), Self::read(ours))
    }

    /// Our side of a new one, and that of a program.
    fn open(columns: u16) -> (OwnedFd, OwnedFd) {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let name = ptsname(&ours, Vec::new()).unwrap();
        let theirs = rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
        let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&theirs, size).unwrap();
        (ours, theirs)
    }

    fn read(ours: OwnedFd) -> Self {
        let (tell, pieces) = channel();
        std::thread::spawn(move || {
            let mut ours = File::from(ours);
            let mut buffer = [0; 4096];
            // It ends with an error (EIO) when the last process on it has gone.
            while let Ok(count @ 1..) = ours.read(&mut buffer) {
                let _ = tell.send(String::from_utf8_lossy(&buffer[..count]).into_owned());
            }
        });
        Self { pieces, seen: String::new() }
    }

    /// Waits until `text` was shown, and forgets it and all before it.
    pub(crate) fn past(&mut self, text: &str) {
        self.until(text);
        let end = self.seen.find(text).map_or(0, |start| start + text.len());
        self.seen.drain(..end);
    }

    /// Waits until `text` was shown.
    pub(crate) fn until(&mut self, text: &str) {
        let end = Instant::now() + Duration::from_secs(60);
        while !self.seen.contains(text) {
            match self.pieces.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(piece) => self.seen.push_str(&piece),
                Err(RecvTimeoutError::Timeout) => panic!("no {text:?} in {:?}", self.seen),
                Err(RecvTimeoutError::Disconnected) => panic!("it ended with {:?}", self.seen),
            }
        }
    }

    /// Everything that was shown, once the child has ended.
    pub(crate) fn all(mut self) -> String {
        self.seen.extend(self.pieces.iter());
        self.seen
    }
}
