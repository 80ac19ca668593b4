//! A terminal, as a program sees it.

use std::{
    fs::File,
    io::Read as _,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::{Duration, Instant},
};

use rustix::{
    fs::{Mode, OFlags, open},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Winsize, tcsetwinsize},
};

/// A terminal of so many columns that a child has for its stderr.
pub(crate) struct Terminal {
    pieces: Receiver<String>,
    seen: String,
}

impl Terminal {
    /// Starts `command` on one.
    pub(crate) fn spawn(mut command: Command, columns: u16) -> (Child, Self) {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let name = ptsname(&ours, Vec::new()).unwrap();
        let theirs = open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
        let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&theirs, size).unwrap();
        command.env("TERM", "xterm").stdout(Stdio::piped()).stderr(theirs);
        let child = command.spawn().unwrap();
        drop(command); // and with it our copy of the child's side, so that its end can be seen

        let (tell, pieces) = channel();
        std::thread::spawn(move || {
            let mut ours = File::from(ours);
            let mut buffer = [0; 4096];
            // It ends with an error (EIO) when the last process on it has gone.
            while let Ok(count @ 1..) = ours.read(&mut buffer) {
                let _ = tell.send(String::from_utf8_lossy(&buffer[..count]).into_owned());
            }
        });
        (child, Self { pieces, seen: String::new() })
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
