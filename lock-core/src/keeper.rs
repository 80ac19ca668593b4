//! The thread that keeps the guards of this process.

use std::{future::Future, sync::OnceLock, thread};

use async_executor::Executor;

static EXECUTOR: Executor<'static> = Executor::new();

/// Runs `task` on the keepers' thread. It belongs to no runtime of the user's: a guard must go on
/// while their threads are busy, and must not hang when their runtime goes.
pub(crate) fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    static THREAD: OnceLock<bool> = OnceLock::new();
    EXECUTOR.spawn(task).detach();
    let started = THREAD.get_or_init(|| {
        let body = || futures_lite::future::block_on(EXECUTOR.run(std::future::pending::<()>()));
        thread::Builder::new().name("lock-keeper".into()).spawn(body).is_ok()
    });
    if !started {
        // Without a thread nothing refreshes: the guard's own check still tells the loss in time.
        tracing::error!("the thread that keeps guards could not be started");
    }
}
