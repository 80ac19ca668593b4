//! Keeping a place in line: the one record that is written in place.

use lock_core::{Committed, Write, host::Host, host::Moment};
use rustix::fs::{FileType, Mode, OFlags, fstat};

use crate::{fault, line, record, store::Store, sys};

/// What one write leaves as it was or as it should be, whenever the process is killed: a page.
const WHOLE: usize = 4_096;

/// Prolongs the record of a waiter where it lies, if that is all that is to be done and it fits
/// there; says whether it did. If not, nothing has happened that a rename does not mend.
///
/// A renewal changes digits, makes no version and is in no history. Renaming a new file over the old
/// one is dear: ext4 begins to write the new one to the disk at once (`auto_da_alloc`, ext4(5)), and
/// a hundred who only wait took 4.4 % of a core that way.
pub(crate) fn in_place(store: &Store, committed: &Committed, moment: Moment) -> bool {
    let [Write::PutWaiter(waiter)] = committed.writes.as_slice() else { return false };
    let Ok(text) = record::of_waiter(waiter, Host::current(), moment) else { return false };
    let path = line::spot(waiter.id).path();
    let flags = OFlags::WRONLY | sys::CAREFULLY;
    let Ok(file) = sys::open_below(&store.dir, &path, flags, Mode::empty()) else { return false };
    let fits = fstat(&file).is_ok_and(|stat| {
        // A second name for it is somebody's trap: what has that name must not change.
        FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile
            && stat.st_nlink == 1
            && usize::try_from(stat.st_size) == Ok(text.len())
    });
    let renewed = fits && text.len() <= WHOLE && sys::write_at(&file, text.as_bytes(), 0).is_ok();
    fault::point("renewed");
    renewed
}

#[cfg(test)]
#[cfg(unix)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]
mod tests {
    use std::{fs, os::unix::fs::MetadataExt as _, path::Path, path::PathBuf, time::Duration};

    use futures_lite::future::block_on;
    use lock_core::{
        Acquire, AgentId, Answer, Command, LockBackend as _, Mode, Nonce, Pattern, Place, RecordId,
        Renew, Ttl, Waiter,
    };

    use crate::FsBackend;

    fn request(agent: &str, patterns: &[String], wait: Option<Place>) -> Command {
        Command::new(Acquire {
            agent: AgentId::new(agent).unwrap(),
            holder: None,
            patterns: patterns.iter().map(|text| Pattern::parse(text).unwrap()).collect(),
            mode: Mode::Exclusive,
            reason: None,
            ttl: Ttl::default(),
            processes: Vec::new(),
            wait,
        })
    }

    /// Somebody waits for `patterns`; the store, the waiter as it was, and its file.
    fn waiting(dir: &Path, patterns: &[String]) -> (FsBackend, Waiter, PathBuf) {
        let store = FsBackend::open(dir).unwrap();
        let run = |command: &Command| block_on(store.execute(command)).unwrap().answer;
        assert!(matches!(run(&request("holder", patterns, None)), Answer::Granted(_)));
        let name = RecordId::new(Nonce::random(), 0);
        let answer = run(&request("waiter", patterns, Some(Place::from(name))));
        let Answer::Waiting { waiter, .. } = answer else { panic!("{answer:?}") };
        let file = dir.join("line").join(format!("{name}.waiter"));
        (store, waiter, file)
    }

    fn renewed(store: &FsBackend, waiter: &Waiter) -> Waiter {
        std::thread::sleep(Duration::from_millis(2));
        let renew = Command::new(Renew { waiter: waiter.id });
        assert_eq!(block_on(store.execute(&renew)).unwrap().answer, Answer::Renewed(true));
        let scope = lock_core::Scope::default().with_waiters();
        let mut view = block_on(store.view(&scope)).unwrap();
        view.waiters.pop().unwrap()
    }

    #[test]
    fn a_place_is_kept_in_the_same_file() {
        let dir = tempfile::tempdir().unwrap();
        let (store, before, file) = waiting(dir.path(), &["a".to_owned()]);
        let inode = fs::metadata(&file).unwrap().ino();
        let after = renewed(&store, &before);
        assert!(after.expires_at > before.expires_at);
        assert_eq!(Waiter { expires_at: before.expires_at, ..after }, before);
        assert_eq!(fs::metadata(&file).unwrap().ino(), inode);
    }

    /// Whoever can make a link must not have another file of ours changed by us.
    #[test]
    fn what_has_a_second_name_is_left_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let (store, before, file) = waiting(dir.path(), &["a".to_owned()]);
        let (other, text) = (dir.path().join("other"), fs::read(&file).unwrap());
        fs::hard_link(&file, &other).unwrap();
        assert!(renewed(&store, &before).expires_at > before.expires_at);
        assert_eq!(fs::read(&other).unwrap(), text);
        assert_ne!(fs::metadata(&file).unwrap().ino(), fs::metadata(&other).unwrap().ino());
    }

    /// A kill in the middle of a write of several pages could leave a record of two halves.
    #[test]
    fn what_one_write_may_leave_half_done_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let long: Vec<String> = (0..200).map(|n| format!("some/long/path/{n:030}")).collect();
        let (store, before, file) = waiting(dir.path(), &long);
        assert!(fs::metadata(&file).unwrap().len() > 4_096);
        let inode = fs::metadata(&file).unwrap().ino();
        assert!(renewed(&store, &before).expires_at > before.expires_at);
        assert_ne!(fs::metadata(&file).unwrap().ino(), inode);
    }
}
