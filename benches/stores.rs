//! What the benches ask of each kind of store.

use std::path::Path;

use lock_core::LockBackend;

/// Stores of one kind in one place, which any process can open that is told where it is.
pub(crate) trait Stores: Sized {
    type Backend: LockBackend + 'static;

    /// What it is called in the tables.
    const NAME: &'static str;
    /// What its floor is called there.
    const FLOOR: &'static str;

    /// Those in this place: a directory, or a server's socket.
    fn at(place: &Path) -> Self;

    /// The one with this name, which is made if it is not there.
    fn open(&self, name: &str) -> Self::Backend;

    /// What does one bare cycle each time it is called: it writes the record, the token and the
    /// history of an acquire and a release, in a store of this name.
    fn floor(&self, name: &str) -> impl FnMut();

    /// Waits on this thread.
    fn wait<T>(&self, future: impl Future<Output = T>) -> T;
}
