//! The rule: what a command does to what a store holds.

#![allow(
    clippy::result_large_err,
    reason = "a wider scope is asked for on rare paths, and boxing it would tax every signature"
)]

mod acquire;
mod claim;
mod deadlock;
mod line;
mod refresh;
mod refusal;
mod release;
mod removal;
mod retire;
mod scope;
#[cfg(test)]
mod world;

pub(crate) use self::line::due;
use crate::{Action, Answer, Change, Command, Decision, Scope, View, decision::Draft};

/// Decides `command` on `view`. Pure: no clock but the view's, no store, no chance.
///
/// # Errors
/// A wider [`Scope`], where the verdict depends on records that the view was not loaded for. Load
/// that, and decide again; at most four rounds are needed on a namespace that holds still.
///
/// ```
/// use lock_core::{Acquire, Answer, Command, Release, View, decide};
/// # use lock_core::{AgentId, Mode, Pattern, Ttl};
/// # let acquire = Acquire {
/// #     agent: AgentId::new("agent-7").unwrap(), holder: None,
/// #     patterns: vec![Pattern::literal("a.rs").unwrap()],
/// #     mode: Mode::Exclusive, reason: None, ttl: Ttl::default(), processes: vec![], wait: None,
/// # };
///
/// let command = Command::new(acquire);
/// let empty = View { scope: command.scope(), ..View::default() };
/// let decision = decide(&command, &empty).expect("the scope is wide enough");
/// assert!(decision.grants());
/// ```
pub fn decide(command: &Command, view: &View) -> Result<Decision, Scope> {
    let nonce = command.nonce;
    let (draft, changes) = match &command.action {
        Action::Acquire(acquire) => acquire::decide(nonce, acquire, view)?,
        Action::Refresh(refresh) => refresh::decide(refresh, view)?,
        Action::Release(release) => release::decide(command, release, view)?,
        Action::Break(broken) => removal::decide_break(command, broken, view),
        Action::Cleanup(cleanup) => removal::decide_cleanup(command, cleanup, view),
        Action::Renew(renew) => line::renew(renew.waiter, view),
        Action::Leave(leave) => {
            let gone = view.waiters.iter().filter(|waiter| waiter.id == leave.waiter);
            let changes = gone.map(|waiter| Change::Leave { waiter: waiter.clone() }).collect();
            (Draft::Final(Answer::Left), changes)
        }
        Action::Note(_) => (Draft::Final(Answer::Noted), Vec::new()),
    };
    Ok(Decision { nonce, draft, changes: retire::with_the_long_dead(changes, view) })
}
