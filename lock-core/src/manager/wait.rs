//! Standing in line.

use std::time::{Duration, Instant};

use async_io::Timer;

use super::{
    AcquireRequest, Error, Grant, InLine, Leases, LockManager, acquire::unfitting,
    in_line::Listener, look::Look,
};
use crate::{
    Action, Answer, Command, Decision, Leave, Nonce, Noted, Outcome, RecordId, Refusal, Renew,
    Scope, Timestamp, Waiter, decide::due, host::Moment, keeper,
};

/// How often whoever asked to be told of the line is told.
const TELL: Duration = Duration::from_secs(1);

impl LockManager {
    /// Asks again whenever something may have changed, keeping its place, until it is granted or
    /// `limit` is over.
    pub(super) async fn wait_in_line(
        &self,
        mut command: Command,
        limit: Duration,
        mut listener: Option<Listener>,
    ) -> Result<(Grant, Moment), Error> {
        let place = match &command.action {
            Action::Acquire(acquire) => acquire.wait.as_ref().map(|place| place.name),
            _ => None,
        };
        // A wait "without limit" may be longer than an instant can tell.
        let deadline = Instant::now().checked_add(limit);
        let mut place = Standing { manager: self, waiter: place };
        let mut stands = false;
        let mut served = None;
        loop {
            let sent = Moment::now();
            let Outcome { version, now, answer, .. } = self.settle(&command).await?;
            let (line, until) = match answer {
                Answer::Granted(granted) => {
                    place.waiter = None;
                    return Ok((Grant::Held(Leases { granted }), sent));
                }
                Answer::Deadlock { cycle, refusal } => {
                    place.waiter = None;
                    self.note(Noted::Deadlock, (!stands).then_some(&refusal));
                    return Ok((Grant::Deadlock { cycle, refusal }, sent));
                }
                Answer::Waiting { waiter, position, refusal } => {
                    (InLine { position, refusal, now }, waiter.expires_at)
                }
                other => return Err(unfitting(&other).into()),
            };
            if let Some(listener) = &mut listener {
                listener.tell(&line);
            }
            if !stands {
                self.note(Noted::Wait, Some(&line.refusal));
                stands = true;
            }
            if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                place.leave().await?;
                self.note(Noted::Timeout, None);
                return Ok((Grant::TimedOut(line.refusal), sent));
            }
            let look = Look::new(version, line, sent);
            let mut look = match served {
                Some(served) => look.after(served),
                None => look,
            };
            let kept = place.waiter.map(|waiter| (waiter, until));
            self.while_it_stands(&mut look, kept, deadline, &mut listener).await?;
            served = Some(look.served());
            // Each look is a command of its own; the place in line is what stays.
            command = Command { nonce: Nonce::random(), ..command };
            if let Action::Acquire(acquire) = &mut command.action
                && let Some(place) = &mut acquire.wait
            {
                place.ahead = look.none_ahead();
            }
        }
    }

    /// Returns when another look may say something else than `look` did, and keeps the place in
    /// line until then; the place ends when it says.
    async fn while_it_stands(
        &self,
        look: &mut Look,
        mut place: Option<(RecordId, Timestamp)>,
        deadline: Option<Instant>,
        listener: &mut Option<Listener>,
    ) -> Result<(), Error> {
        loop {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let renewal = place.map(|(waiter, until)| due(waiter, until, look.now()));
            let tell = listener.is_some().then_some(TELL);
            let until = [renewal, left, tell].into_iter().flatten();
            let version =
                self.backend.changed(look.version, until.fold(look.lasts(), Duration::min)).await?;
            let over = deadline.is_some_and(|deadline| deadline <= Instant::now());
            if over || look.may_be_over() {
                return Ok(());
            }
            let news = version != look.version;
            if news {
                look.hear();
            }
            if (news || look.is_old()) && !self.is_still_behind(look).await? {
                return Ok(());
            }
            if news {
                // Those between are to be served first, and that takes some time.
                Timer::after(left.map_or(look.pace(), |left| left.min(look.pace()))).await;
            }
            if let Some((waiter, until)) = &mut place
                && due(*waiter, *until, look.now()).is_zero()
            {
                let sent = Moment::now();
                let Outcome { now, answer, .. } = self.execute(Renew { waiter: *waiter }).await?;
                if answer != Answer::Renewed(true) {
                    return Ok(());
                }
                look.tick(now, sent);
                *until = now + Decision::WAITER_TTL;
            }
            if let Some(listener) = listener {
                look.line.now = look.now();
                listener.tell(&look.line);
            }
        }
    }

    /// Whether one of those ahead in line still stands where it stood: then nothing is to be had
    /// yet, whatever else has changed. In a line of a hundred each step of anybody wakes everybody,
    /// and but for this each would look at all the others before the next can step.
    async fn is_still_behind(&self, look: &mut Look) -> Result<bool, Error> {
        loop {
            let Some((ahead, ticket)) = look.ahead() else { return Ok(false) };
            let sent = Moment::now();
            let view = self.backend.view(&Scope::default().with_waiter(ahead)).await?;
            let stands = |waiter: &Waiter| waiter.id == ahead && waiter.ticket == ticket;
            if view.waiters.iter().any(|waiter| stands(waiter) && view.is_waiting(waiter)) {
                look.still_stands(view.version, sent);
                look.tick(view.now, sent);
                return Ok(true);
            }
            look.advance();
        }
    }

    /// Waits until `request` would be granted, for as long as it is willing to
    /// [wait](super::AcquireRequest::wait), and says what still stands against it then; nothing
    /// if it would be granted. Takes no lock and no place in line: others may be quicker.
    ///
    /// # Errors
    /// As for the request.
    ///
    /// ```
    /// # use lock_core::{LockManager, MemoryBackend};
    /// # futures_lite::future::block_on(async {
    /// # let locks = LockManager::new(MemoryBackend::new(), "agent-7")?;
    /// assert!(locks.wait_until_free(locks.acquire("a.rs")).await?.is_empty());
    /// assert!(locks.who_has("a.rs").await?.locks.is_empty());
    /// # Ok::<(), lock_core::Error>(()) }).unwrap();
    /// ```
    pub async fn wait_until_free(&self, request: AcquireRequest) -> Result<Refusal, Error> {
        let (action, limit) = (request.parts?, request.wait.unwrap_or_default());
        let deadline = Instant::now().checked_add(limit);
        loop {
            let sent = Moment::now();
            let (decision, view) = self.foresee(action.clone()).await?;
            let refusal = match decision.outcome(view.now, view.version).answer {
                Answer::Refused(refusal) => refusal,
                _ => return Ok(Refusal::default()),
            };
            if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                return Ok(refusal);
            }
            let line = InLine { position: 0, refusal, now: view.now };
            let mut look = Look::new(view.version, line, sent);
            self.while_it_stands(&mut look, None, deadline, &mut None).await?;
        }
    }
}

/// A place in line, left when it is dropped: whoever stops waiting must not hold up the others.
struct Standing<'a> {
    manager: &'a LockManager,
    waiter: Option<RecordId>,
}

impl Standing<'_> {
    async fn leave(mut self) -> Result<(), Error> {
        if let Some(waiter) = self.waiter {
            self.manager.execute(Leave { waiter }).await?;
            self.waiter = None;
        }
        Ok(())
    }
}

impl Drop for Standing<'_> {
    fn drop(&mut self) {
        if let Some(waiter) = self.waiter {
            let (manager, pending) = (self.manager.clone(), self.manager.pending());
            keeper::spawn(async move {
                if let Err(error) = manager.execute(Leave { waiter }).await {
                    tracing::warn!(%error, "a place in line ends only with its lease");
                }
                drop(pending);
            });
        }
    }
}
