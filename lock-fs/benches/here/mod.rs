//! Directories, and the bare system calls beside them.

use std::path::{Path, PathBuf};

use lock_fs::FsBackend;

use crate::{benches::stores::Stores, floor::Floor};

pub(crate) struct Here(PathBuf);

impl Stores for Here {
    type Backend = FsBackend;

    const NAME: &'static str = "fs";
    const FLOOR: &'static str = "bare calls";

    fn at(place: &Path) -> Self {
        Self(place.to_owned())
    }

    fn open(&self, name: &str) -> FsBackend {
        FsBackend::open(self.0.join(name)).unwrap()
    }

    fn floor(&self, name: &str) -> impl FnMut() {
        let mut floor = Floor::open(&self.0.join(name));
        move || floor.cycle()
    }

    fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        futures_lite::future::block_on(future)
    }
}
