//! The numbers of a call, which the script takes in one argument.

use lock_core::{Change, Command, Decision, Timestamp};

use crate::{
    load::{Asked, micros},
    seen::Seen,
    turn::Turn,
};

/// How many there are.
const NUMBERS: usize = 20;

/// What a step does, if it may be done without comparing anything where nothing has changed since.
#[derive(Debug, Clone, Copy, Default)]
enum Quick {
    #[default]
    No,
    /// It grants one lock, with this lease.
    Grants(i64),
    /// It ends one that is live.
    Ends,
    /// It keeps a place in line, and compares that.
    Keeps,
}

impl Quick {
    fn of(command: &Command, seen: &Seen, decision: &Decision) -> Self {
        match decision.changes() {
            [Change::Grant { ttl, .. }] => Self::Grants(micros(ttl.duration())),
            [Change::End { lock, .. }]
                if !lock.damaged
                    && !command.judges_by_age()
                    && seen.view.now < lock.expires_at
                    && seen.lock(lock.id).is_some_and(|seen| seen.state.is_some()) =>
            {
                Self::Ends
            }
            _ => Self::No,
        }
    }

    /// Its number, and the lease.
    fn numbers(self) -> (u8, i64) {
        match self {
            Self::No => (0, 0),
            Self::Grants(ttl) => (1, ttl),
            Self::Ends => (2, 0),
            Self::Keeps => (3, 0),
        }
    }
}

/// What the numbers in front of a call say; see the script's `main`.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Head {
    quick: Quick,
    locks: usize,
    ranges: usize,
    keys: usize,
    waiters: usize,
    changes: usize,
    line: u32,
    history: Option<u64>,
    kind: u8,
    /// Version, token, when it was seen, and until when it is so.
    seen: Option<[u64; 2]>,
    seen_at: Timestamp,
    until: Timestamp,
    predicted: bool,
    grants: bool,
    makes_version: bool,
    audible: bool,
    turn: Turn,
}

impl Head {
    /// Of a call that only looks.
    pub(crate) fn of_look(asked: &Asked) -> Self {
        Self {
            ranges: asked.ranges.len(),
            keys: asked.keys.len(),
            line: asked.line,
            history: asked.history,
            kind: asked.kind,
            ..Self::default()
        }
    }

    /// Of a call that commits by the connection of that number.
    pub(crate) fn of_commit(
        command: &Command,
        asked: &Asked,
        seen: &Seen,
        decision: &Decision,
        connection: u64,
        claims: bool,
        turn: Turn,
    ) -> Self {
        let version = seen.version(connection);
        let known = version.is_some() || claims;
        let quick = match decision.changes() {
            // A request that asks again keeps its place too, and depends on the whole line.
            [Change::Renew { .. }] if asked.is_of_a_place() => Quick::Keeps,
            _ if known && asked.kind == 0 => Quick::of(command, seen, decision),
            _ => Quick::No,
        };
        Self {
            quick,
            locks: seen.locks.len(),
            waiters: seen.waiters.len(),
            changes: decision.changes().len(),
            seen: version.map(|version| [version.get(), seen.token.get()]),
            seen_at: seen.at,
            predicted: seen.predicted,
            until: seen.until(),
            grants: decision.grants(),
            makes_version: decision.makes_version(),
            audible: decision.is_audible(),
            turn,
            ..Self::of_look(asked)
        }
    }

    /// As the script unpacks them: all its numbers are doubles, and exact below 2^53.
    #[allow(clippy::cast_precision_loss, reason = "tokens and times are below 2^53, counts too")]
    pub(crate) fn packed(self, deadline: Option<Timestamp>) -> [u8; 8 * NUMBERS] {
        let [version, token] = self.seen.map_or([-1.0; 2], |seen| seen.map(|number| number as f64));
        let (quick, ttl) = self.quick.numbers();
        let numbers: [f64; NUMBERS] = [
            f64::from(quick),
            deadline.map_or(0.0, |time| time.as_micros() as f64),
            version,
            token,
            self.seen_at.as_micros() as f64,
            self.until.as_micros() as f64,
            ttl as f64,
            self.locks as f64,
            self.ranges as f64,
            self.keys as f64,
            self.waiters as f64,
            self.changes as f64,
            f64::from(self.line),
            self.history.map_or(-1.0, |after| after as f64),
            f64::from(self.kind),
            f64::from(u8::from(self.predicted)),
            f64::from(u8::from(self.grants)),
            f64::from(u8::from(self.makes_version)),
            f64::from(u8::from(self.audible)),
            self.turn.number(),
        ];
        let mut packed = [0; 8 * NUMBERS];
        for (bytes, number) in packed.chunks_exact_mut(8).zip(numbers) {
            bytes.copy_from_slice(&number.to_be_bytes());
        }
        packed
    }
}
