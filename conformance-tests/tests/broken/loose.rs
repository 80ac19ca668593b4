//! A store in memory that makes one mistake, or none.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use conformance_tests::{Fixture, Store, Trouble};
use lock_core::{
    Acquire, Action, AgentId, Answer, BackendError, Change, Command, ErrorKind, Lock, LockBackend,
    Nonce, Outcome, Removal, Scope, Timestamp, Token, Version, View, Write,
};

use crate::{fault::Fault, namespace::Namespace};

/// The fixture: a store with this fault.
pub(crate) struct Loose {
    pub(crate) fault: Option<Fault>,
}

impl Fixture for Loose {
    fn name(&self) -> &str {
        "loose"
    }

    fn fresh(&self) -> Result<Box<dyn Store>, Trouble> {
        let (fault, namespace, done) = (self.fault, Arc::default(), Arc::default());
        Ok(Box::new(Shared { fault, namespace, done }))
    }

    fn damages(&self) -> bool {
        true
    }

    fn skews(&self) -> bool {
        true
    }
}

struct Shared {
    fault: Option<Fault>,
    namespace: Arc<Mutex<Namespace>>,
    /// Whether a mistake that is made once has been made.
    done: Arc<AtomicBool>,
}

impl Store for Shared {
    fn connect(&self) -> Result<Arc<dyn LockBackend>, Trouble> {
        Ok(Arc::new(Handle::new(self, 0)))
    }

    fn connect_skewed(&self, micros: i64) -> Option<Arc<dyn LockBackend>> {
        Some(Arc::new(Handle::new(self, micros)))
    }

    fn damage(&self, lock: &Lock) -> bool {
        let mut namespace = self.namespace.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(lock) = namespace.locks.get_mut(&lock.id) else { return false };
        lock.damaged = true;
        lock.agent = AgentId::new(Lock::UNKNOWN_AGENT).unwrap();
        true
    }
}

struct Handle {
    fault: Option<Fault>,
    namespace: Arc<Mutex<Namespace>>,
    done: Arc<AtomicBool>,
    skew: i64,
}

/// Long enough for another thread to get in between.
fn pause() {
    thread::sleep(Duration::from_micros(60));
}

impl Handle {
    fn new(store: &Shared, skew: i64) -> Self {
        let (namespace, done) = (Arc::clone(&store.namespace), Arc::clone(&store.done));
        Self { fault: store.fault, namespace, done, skew }
    }

    fn lock(&self) -> MutexGuard<'_, Namespace> {
        self.namespace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Timestamp {
        let now = Timestamp::wall_clock();
        match self.fault {
            Some(Fault::StaleByTheContendersClock) => {
                Timestamp::from_micros(now.as_micros() + self.skew)
            }
            _ => now,
        }
    }

    /// The step as it should be.
    fn right(&self, command: &Command) -> Outcome {
        self.distorted(command, |_| {})
    }

    /// The step, decided on what `distort` makes of the view.
    fn distorted(&self, command: &Command, distort: impl Fn(&mut View)) -> Outcome {
        let mut namespace = self.lock();
        let now = self.now();
        let decision = namespace.decide(command, now, distort);
        namespace.commit(decision, now)
    }

    /// Decides, lets others in between, and commits what it decided.
    fn torn(&self, command: &Command, write: impl Fn(&mut Namespace, Write)) -> Outcome {
        let now = self.now();
        let decision = self.lock().decide(command, now, |_| {});
        pause();
        let mut namespace = self.lock();
        let token = namespace.last_token.next(now).unwrap();
        namespace.commit_with(decision, now, token, write)
    }

    fn acquire(&self, fault: Fault, command: &Command, acquire: &Acquire) -> Option<Outcome> {
        match fault {
            Fault::GlobCheckOutsideTheStep => {
                let outside = self.lock().decide(command, self.now(), |_| {});
                pause();
                outside.grants().then(|| {
                    self.distorted(command, |view| {
                        view.locks.retain(|lock| acquire.patterns.contains(&lock.pattern));
                    })
                })
            }
            Fault::TakeoverInTwoSteps => {
                let now = self.now();
                let mut namespace = self.lock();
                let decision = namespace.decide(command, now, |_| {});
                let ends = decision.changes().iter().filter_map(|change| match change {
                    Change::End { lock, .. } => Some(lock.id),
                    _ => None,
                });
                let ends: Vec<_> = ends.collect();
                if ends.is_empty() {
                    return Some(namespace.commit(decision, now));
                }
                ends.iter().for_each(|id| drop(namespace.locks.remove(id)));
                drop(namespace);
                pause();
                let mut namespace = self.lock();
                Some(namespace.commit(decision, now))
            }
            Fault::TokenFromTheRecord => {
                let mut namespace = self.lock();
                let now = self.now();
                let decision = namespace.decide(command, now, |_| {});
                let there = namespace.locks.values().filter(|lock| {
                    acquire.patterns.iter().any(|pattern| pattern.meets(&lock.pattern))
                });
                let token = there.map(|lock| lock.token.get()).max().unwrap_or(0) + 1;
                let write = |namespace: &mut Namespace, write| namespace.write(write);
                Some(namespace.commit_with(decision, now, Token::new(token), write))
            }
            Fault::BargingPastAWaiter if acquire.wait.is_none() => {
                Some(self.distorted(command, |view| view.waiters.clear()))
            }
            Fault::NoLineAtAll => Some(self.distorted(command, |view| {
                let own = acquire.wait.as_ref().map(|place| place.name);
                view.waiters.retain(|waiter| Some(waiter.id) == own);
            })),
            Fault::OneOfTheNamed => Some(self.distorted(command, |view| {
                let first = view.scope.named.first().copied();
                view.waiters.retain(|waiter| view.scope.waiters || Some(waiter.id) == first);
            })),
            Fault::BlindToCycles => {
                let now = self.now();
                let decision = self.lock().decide(command, now, |_| {});
                let answer = decision.outcome(now, Version::default()).answer;
                let cycle = matches!(answer, Answer::Deadlock { .. });
                (cycle && !self.done.swap(true, Ordering::SeqCst)).then(|| {
                    self.distorted(command, |view| {
                        view.locks.retain(|lock| lock.agent != acquire.agent);
                    })
                })
            }
            Fault::PartialGrantOfASet if acquire.patterns.len() > 1 => {
                let parts = acquire.patterns.iter().map(|pattern| {
                    let patterns = vec![pattern.clone()];
                    self.right(&Command::new(Acquire { patterns, ..acquire.clone() }))
                });
                let parts: Vec<Outcome> = parts.collect();
                let refused = |it: &Outcome| !matches!(it.answer, Answer::Granted(_));
                let worst = parts.iter().find(|it| refused(it)).or(parts.last()).cloned()?;
                match worst.answer {
                    Answer::Granted(_) => {
                        let granted = parts.into_iter().flat_map(|it| match it.answer {
                            Answer::Granted(granted) => granted,
                            _ => Vec::new(),
                        });
                        Some(Outcome { answer: Answer::Granted(granted.collect()), ..worst })
                    }
                    _ => Some(worst),
                }
            }
            Fault::Phantoms => {
                let seen = self.lock().clone();
                let decision = seen.decide(command, self.now(), |_| {});
                pause();
                let mut namespace = self.lock();
                let same = seen.locks.keys().all(|id| namespace.locks.contains_key(id));
                let now = self.now();
                let decision = match same {
                    true => decision,
                    false => namespace.decide(command, now, |_| {}),
                };
                Some(namespace.commit(decision, now))
            }
            _ => None,
        }
    }

    fn any(&self, fault: Fault, command: &Command) -> Option<Result<Outcome, BackendError>> {
        let write = |namespace: &mut Namespace, write| namespace.write(write);
        match (fault, &command.action) {
            (_, Action::Acquire(acquire)) => {
                if let Some(outcome) = self.acquire(fault, command, acquire) {
                    return Some(Ok(outcome));
                }
            }
            (Fault::DeleteByKey, Action::Release(_)) => {
                return Some(Ok(self.torn(command, |namespace, write| match write {
                    Write::DropLock(lock) => {
                        namespace.locks.retain(|_, other| other.pattern != lock.pattern);
                    }
                    other => namespace.write(other),
                })));
            }
            (Fault::ReadThenActRefresh, Action::Refresh(_))
            | (Fault::ReleaseTwice, Action::Release(_)) => {
                return Some(Ok(self.torn(command, write)));
            }
            (Fault::CleanupByAnOldList, Action::Cleanup(cleanup))
                if matches!(cleanup.what, Removal::Stale { .. }) =>
            {
                return Some(Ok(self.torn(command, write)));
            }
            (Fault::ExpiryRevoked, Action::Refresh(refresh)) => {
                return Some(Ok(self.distorted(command, |view| {
                    for lock in view.locks.iter_mut().filter(|it| it.agent == refresh.agent) {
                        lock.expires_at = lock.expires_at.max(view.now + Duration::from_secs(1));
                    }
                })));
            }
            _ => {}
        }
        match fault {
            Fault::DeferredTransaction => {
                let now = self.now();
                let (version, decision) = {
                    let namespace = self.lock();
                    (namespace.version, namespace.decide(command, now, |_| {}))
                };
                pause();
                let mut namespace = self.lock();
                if namespace.version != version && !decision.changes().is_empty() {
                    let locked = "the database is locked";
                    return Some(Err(BackendError::new(ErrorKind::Unavailable, locked)));
                }
                Some(Ok(namespace.commit(decision, now)))
            }
            Fault::LostNonce => {
                let command = Command { nonce: Nonce::random(), ..command.clone() };
                Some(Ok(self.right(&command)))
            }
            Fault::CorruptMeansFree => {
                Some(Ok(self.distorted(command, |view| view.locks.retain(|lock| !lock.damaged))))
            }
            Fault::EndingsForgotten => {
                let outcome = self.right(command);
                self.lock().log.retain(|entry| entry.ending().is_none());
                Some(Ok(outcome))
            }
            Fault::VersionsStandStill => {
                let outcome = self.right(command);
                Some(Ok(Outcome { version: Version::new(1), ..outcome }))
            }
            Fault::HalfASetShown => {
                let mut namespace = self.lock();
                let now = self.now();
                let decision = namespace.decide(command, now, |_| {});
                let token = namespace.last_token.next(now).unwrap();
                let half = |namespace: &mut Namespace, write| namespace.write(write);
                let before = namespace.clone();
                let outcome = namespace.commit_with(decision, now, token, half);
                let whole = namespace.clone();
                // For a moment only the first change is there.
                let first = whole.locks.keys().find(|id| !before.locks.contains_key(id)).copied();
                if let Some(first) = first {
                    namespace.locks.retain(|id, _| *id == first || before.locks.contains_key(id));
                    drop(namespace);
                    pause();
                    let mut namespace = self.lock();
                    let rest =
                        whole.locks.into_iter().filter(|(id, _)| !before.locks.contains_key(id));
                    namespace.locks.extend(rest);
                }
                Some(Ok(outcome))
            }
            _ => None,
        }
    }
}

#[async_trait]
impl LockBackend for Handle {
    async fn execute(&self, command: &Command) -> Result<Outcome, BackendError> {
        let faulty = self.fault.and_then(|fault| self.any(fault, command));
        faulty.unwrap_or_else(|| Ok(self.right(command)))
    }

    async fn view(&self, scope: &Scope) -> Result<View, BackendError> {
        let mut namespace = self.lock();
        let now = self.now();
        if self.fault == Some(Fault::AReaderThatDeletes) {
            namespace.locks.retain(|_, lock| lock.expires_at > now);
        }
        let mut view = namespace.view(scope, now);
        if self.fault == Some(Fault::CorruptMeansFree) {
            view.locks.retain(|lock| !lock.damaged);
        }
        Ok(view)
    }

    async fn changed(&self, seen: Version, limit: Duration) -> Result<Version, BackendError> {
        let end = Instant::now() + limit;
        if self.fault == Some(Fault::LostWakeUp) {
            thread::sleep(limit);
        }
        while self.lock().version == seen && Instant::now() < end {
            thread::sleep(Duration::from_millis(1));
        }
        Ok(self.lock().version)
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("loose")
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Loose({:?})", self.fault)
    }
}
