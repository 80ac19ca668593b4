//! Files of SQLite in a directory, and the bare statements beside them.

use std::path::{Path, PathBuf};

use lock_sqlite::SqliteBackend;

use crate::{
    benches::{commands::Cycle, stores::Stores},
    floor::Floor,
};

pub(crate) struct Here(PathBuf);

impl Here {
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(format!("{name}.db"))
    }
}

impl Stores for Here {
    type Backend = SqliteBackend;

    const NAME: &'static str = "SQLite";
    const FLOOR: &'static str = "bare statements";

    fn at(place: &Path) -> Self {
        Self(place.to_owned())
    }

    fn open(&self, name: &str) -> SqliteBackend {
        SqliteBackend::open(self.file(name)).unwrap()
    }

    /// On a file of the same schema, behind the same guard.
    fn floor(&self, name: &str) -> impl FnMut() {
        let me = format!("p{}", std::process::id());
        Cycle::of(&me, self, &self.open(name), &me).run();
        let mut floor = Floor::open(&self.file(name)).unwrap();
        move || floor.cycle().unwrap()
    }

    fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        futures_lite::future::block_on(future)
    }
}
