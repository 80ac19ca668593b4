//! Keeping one guard: refresh in time, or say that it is lost.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_lite::FutureExt as _;

use super::{Loss, Shared};
use crate::{
    Answer, BackendError, Cause, ErrorKind, LockScope, Outcome, Process, Refresh, Scope, Ttl,
    Version, host::Moment,
};

/// However often the namespace changes, a guard looks no more often than this.
pub(super) const BREATH: Duration = Duration::from_millis(100);

/// A sleeping machine stops timers, so no sleep is longer than this.
const NAP: Duration = Duration::from_secs(1);

/// Keeps the guard until it ends or is lost.
pub(super) async fn keep(shared: Arc<Shared>) {
    let mut seen = Version::default();
    let mut next = Instant::now() + shared.next_refresh();
    loop {
        let pause = next.saturating_duration_since(Instant::now()).min(NAP);
        let news = async {
            match shared.manager.backend().changed(seen, pause).await {
                Ok(version) => Some(version),
                // No news of the store is none: the nap goes on, and the next refresh will tell.
                Err(_) => std::future::pending().await,
            }
        };
        let nap = async {
            async_io::Timer::after(pause).await;
            None
        };
        let changed = news.or(nap).or(shared.ended()).await;
        if shared.is_over() || shared.overdue() {
            return;
        }
        let due = Instant::now() >= next;
        let step = async {
            if due {
                // Until it answers, nobody who asks why need hear that this process was slow.
                let none_yet = || "the store does not answer".to_owned();
                shared.state().failed.get_or_insert_with(none_yet);
                return Some(shared.refresh(None).await);
            }
            let version = changed.filter(|version| *version != seen)?;
            let looked = shared.look().await.map(|()| version);
            async_io::Timer::after(BREATH).await;
            Some(looked)
        };
        let late = async {
            async_io::Timer::after(shared.until_overdue()).await;
            Some(Err(BackendError::new(ErrorKind::Unknown, "the store does not answer")))
        };
        let ended = async {
            shared.ended::<()>().await;
            None
        };
        match step.or(late).or(ended).await {
            Some(Ok(version)) => {
                seen = version;
                next = Instant::now() + shared.next_refresh();
            }
            Some(Err(error)) => {
                tracing::debug!(%error, "a guard could not be refreshed yet");
                shared.state().failed = Some(error.to_string());
                next = Instant::now() + shared.ttl() / 12;
            }
            None => {}
        }
    }
}

impl Shared {
    pub(super) fn is_over(&self) -> bool {
        let state = self.state();
        state.over || state.loss.is_some()
    }

    /// Resolves when the guard ends or is lost.
    async fn ended<T>(&self) -> Option<T> {
        loop {
            let listener = self.changed.listen();
            if self.is_over() {
                return None;
            }
            listener.await;
        }
    }

    fn ttl(&self) -> Duration {
        let ttls = self.leases.iter().map(|granted| granted.lock.ttl);
        ttls.min().unwrap_or(Ttl::MIN).duration()
    }

    /// How long since before the last successful refresh was sent.
    fn age(&self) -> Duration {
        let micros = Moment::now().boottime.saturating_sub(self.state().refreshed);
        Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    }

    /// Until a third of the lease is used, give or take a tenth of that, so that guards taken
    /// together do not refresh together.
    pub(super) fn next_refresh(&self) -> Duration {
        let jitter = f64::from(self.jitter()) / 255.0 * 0.2 + 0.9;
        (self.ttl() / 3).mul_f64(jitter).saturating_sub(self.age())
    }

    /// A number that this guard draws once and keeps.
    fn jitter(&self) -> u8 {
        self.holder.as_str().bytes().fold(0, |sum: u8, byte| sum.wrapping_mul(31) ^ byte)
    }

    fn until_overdue(&self) -> Duration {
        self.until(0.8)
    }

    pub(super) fn until(&self, share: f64) -> Duration {
        self.ttl().mul_f64(share.clamp(0.0, 1.0)).saturating_sub(self.age())
    }

    /// Whether the lease may run out before it is extended. Whoever asks first loses the guard, and
    /// says what its keeper knows.
    pub(super) fn overdue(&self) -> bool {
        let overdue = self.until_overdue().is_zero();
        if overdue && !self.is_over() {
            let failed = self.state().failed.clone();
            self.lose(Loss::Overdue(failed.unwrap_or_else(|| "this process was held up".into())));
        }
        overdue
    }

    /// Extends the leases, which live with `process` too from then on; learns whether they are lost.
    pub(super) async fn refresh(&self, process: Option<Process>) -> Result<Version, BackendError> {
        let sent = Moment::now();
        let refresh = Refresh {
            agent: self.manager.agent().clone(),
            holder: Some(self.holder.clone()),
            targets: self.targets(),
            ttl: None,
            token: None,
            process,
        };
        let Outcome { version, answer, .. } = self.manager.execute(refresh).await?;
        match answer {
            Answer::Refreshed { lost, .. } if lost.is_empty() => {
                let mut state = self.state();
                state.refreshed = state.refreshed.max(sent.boottime);
                state.failed = None;
            }
            Answer::Refreshed { mut lost, .. } => {
                // It was granted them: a store that has never heard of that has forgotten it.
                for lost in lost.iter_mut().filter(|lost| lost.cause == Cause::NeverHeld) {
                    lost.cause = Cause::Unknown;
                }
                self.lose(Loss::Reported(lost));
            }
            other => return Err(crate::manager::unfitting(&other)),
        }
        Ok(version)
    }

    /// Looks whether the records are still there; if one is not, the refresh says why.
    async fn look(&self) -> Result<(), BackendError> {
        let patterns = self.leases.patterns().cloned().collect();
        let view = self.manager.backend().view(&Scope::of(LockScope::At(patterns))).await?;
        let there = |id| view.live().any(|lock| lock.id == id);
        if !self.leases.iter().all(|granted| there(granted.lock.id)) {
            self.refresh(None).await?;
        }
        Ok(())
    }
}
