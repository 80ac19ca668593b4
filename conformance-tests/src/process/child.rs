//! The child's side.

use std::{
    io::{self, Write as _},
    process,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::{
    answer::Told,
    asked::Question,
    wire::{Line, Task},
};
use crate::{
    Fixture,
    history::{Answered, Asked, Recorded, Sink, monotonic},
};

/// The environment variable that makes a test binary a child, and tells it what to do.
pub(super) const TASK: &str = "LOCK_TEST_CHILD";

/// If this process was started as a contestant, it is one, and does not come back.
pub(crate) fn be_child_if_asked(fixture: &dyn Fixture) {
    let Ok(task) = std::env::var(TASK) else { return };
    let pipe = Arc::new(Pipe::default());
    let trouble = work(fixture, &task, &pipe).err();
    pipe.say(&Line::Done(trouble));
    process::exit(0);
}

fn work(fixture: &dyn Fixture, task: &str, pipe: &Arc<Pipe>) -> Result<(), String> {
    let task: Task = serde_json::from_str(task).map_err(|error| error.to_string())?;
    let inner = fixture.reopen(&task.address).map_err(|trouble| trouble.to_string())?;
    let backend = Arc::new(Recorded { inner, sink: Arc::clone(pipe) as Arc<dyn Sink> });
    pipe.say(&Line::Ready);
    let mut start = String::new();
    io::stdin().read_line(&mut start).map_err(|error| error.to_string())?;
    let start = start.trim().parse().map_err(|_| "the parent is gone".to_owned())?;
    let mut result = Ok(());
    let slot = &mut result;
    fixture.drive(Box::pin(async move { *slot = task.plan.run(backend, start).await }));
    result.map_err(|error| error.to_string())
}

/// Standard output, a line at a time.
#[derive(Default)]
struct Pipe {
    calls: AtomicUsize,
    turn: Mutex<()>,
}

impl Pipe {
    fn say(&self, line: &Line) {
        let mut text = serde_json::to_string(line).expect("plain data");
        text.push('\n');
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out = io::stdout().lock();
        if out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err() {
            process::exit(0); // nobody listens any more
        }
    }
}

impl Sink for Pipe {
    fn begin(&self, asked: Asked) -> usize {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let asked = Box::new(Question::from(&asked));
        self.say(&Line::Begin { call, at: monotonic(), asked });
        call
    }

    fn end(&self, call: usize, answer: Answered) {
        let at = monotonic();
        self.say(&Line::End { call, at, answer: Box::new(Told::from(answer)) });
    }
}
