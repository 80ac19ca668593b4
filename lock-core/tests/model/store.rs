//! The store of a model: it keeps records, and asks the rule for everything else.

use std::{collections::HashSet, time::Duration};

use lock_core::{
    Answer, Command, Ending, HistoryEntry, Lock, Mode, Nonce, Outcome, RecordId, Scope, Stamp,
    Timestamp, Token, Ttl, Version, View, Waiter, Write, decide,
};

use crate::{
    bug::Bug,
    names::{Who, index_of, pattern},
    state::{End, Place, Row, State, Store, Tick},
    world::World,
};

pub(crate) const TICK: Duration = Duration::from_secs(2);

pub(crate) fn time(tick: Tick) -> Timestamp {
    Timestamp::from_micros(0) + TICK * u32::from(tick)
}

fn tick(time: Timestamp) -> Tick {
    Tick::try_from(time.as_micros() / i64::try_from(TICK.as_micros()).unwrap()).unwrap()
}

fn id(nonce: u8, index: u8) -> RecordId {
    RecordId::new(Nonce::from_bits(nonce.into()), index.into())
}

fn numbers(id: RecordId) -> (u8, u8) {
    let text = id.to_string();
    let (_, index) = text.split_once('-').unwrap();
    (number(id.nonce()), index.parse().unwrap())
}

fn number(nonce: Nonce) -> u8 {
    u8::from_str_radix(&nonce.to_string(), 16).unwrap()
}

fn mode(shared: bool) -> Mode {
    if shared { Mode::Shared } else { Mode::Exclusive }
}

impl World {
    pub(crate) fn ttl(&self) -> Ttl {
        Ttl::new(TICK * u32::from(self.lease)).unwrap()
    }

    fn lock(&self, row: &Row) -> Lock {
        let Who { agent, holder } = self.who(row.actor).clone();
        Lock {
            id: id(row.nonce, row.index),
            pattern: pattern(row.pattern),
            agent,
            holder,
            mode: mode(row.shared),
            reason: None,
            ttl: self.ttl(),
            acquired_at: Timestamp::default(),
            waited_since: None,
            refreshed_at: time(row.expires - self.lease),
            expires_at: time(row.expires),
            token: Token::new(row.token),
            processes: Vec::new(),
            damaged: false,
            extra: serde_json::Map::new(),
        }
    }

    fn row(&self, lock: &Lock) -> Row {
        let (nonce, index) = numbers(lock.id);
        Row {
            nonce,
            index,
            pattern: index_of(&lock.pattern),
            actor: self.actor(&lock.agent, lock.holder.as_ref()),
            shared: lock.mode == Mode::Shared,
            token: lock.token.get(),
            expires: tick(lock.expires_at),
            orphan: false,
        }
    }

    fn waiter(&self, place: &Place) -> Waiter {
        let Who { agent, holder } = self.who(place.actor).clone();
        Waiter {
            id: id(place.name, 0),
            agent,
            holder,
            patterns: place.patterns.iter().copied().map(pattern).collect(),
            mode: mode(place.shared),
            ticket: place.ticket.into(),
            since: Timestamp::default(),
            expires_at: time(place.renewed) + lock_core::Decision::WAITER_TTL,
            processes: Vec::new(),
        }
    }

    fn place(&self, waiter: &Waiter, now: Tick) -> Place {
        Place {
            ticket: u8::try_from(waiter.ticket).unwrap(),
            name: number(waiter.id.nonce()),
            actor: self.actor(&waiter.agent, waiter.holder.as_ref()),
            patterns: waiter.patterns.iter().map(index_of).collect(),
            shared: waiter.mode == Mode::Shared,
            renewed: now,
            orphan: false,
        }
    }

    fn ending(&self, end: &End) -> Ending {
        let Lock { id, pattern, agent, holder, mode, reason, token, .. } = self.lock(&end.row);
        let (from, until) = (Timestamp::default(), Timestamp::default());
        let nonce = Nonce::from_bits(end.nonce.into());
        let by = end.by.map(|by| self.who(by).agent.to_string());
        let (ended, note) = (end.cause, None);
        Ending {
            id,
            pattern,
            agent,
            holder,
            mode,
            reason,
            token,
            from,
            until,
            ended,
            by,
            note,
            nonce,
        }
    }

    pub(crate) fn view(&self, store: &Store, scope: &Scope, now: Tick) -> View {
        let locks = store.locks.iter().map(|row| self.lock(row));
        let endings = store.endings.iter().map(|end| self.ending(end));
        let places = store.waiters.iter().filter(|place| scope.includes_waiter(id(place.name, 0)));
        let dead = store.locks.iter().filter(|row| row.orphan).map(|row| id(row.nonce, row.index));
        let gone = store.waiters.iter().filter(|it| it.orphan).map(|it| id(it.name, 0));
        View {
            scope: scope.clone(),
            now: time(now),
            version: Version::default(),
            locks: locks.filter(|lock| scope.locks.includes(lock)).collect(),
            waiters: places.map(|place| self.waiter(place)).collect(),
            endings: endings.filter(|ending| scope.endings.includes(ending)).collect(),
            // Not all endings are kept, so what is not there may have been.
            forgetful: true,
            history: Vec::new(),
            tally: lock_core::Tally::default(),
            dead: if self.deaths_are_seen { dead.chain(gone).collect() } else { HashSet::new() },
        }
    }

    /// One step of the store, as every store takes it: but for the mistake, if it makes one.
    pub(crate) fn execute(
        &self,
        state: &mut State,
        command: &Command,
        bug: Option<Bug>,
    ) -> Outcome {
        let (store, now) = (&mut state.store, state.now);
        let command = &bug.map_or_else(|| command.clone(), |bug| bug.command(command));
        let mut scope = command.scope();
        let decision = loop {
            let mut view = self.view(store, &scope, now);
            if let Some(bug) = bug {
                bug.distort(&mut view, command);
            }
            match decide(command, &view) {
                Ok(decision) if bug == Some(Bug::BlindToCycles) => {
                    let answer = decision.clone().outcome(time(now), Version::default()).answer;
                    let Answer::Deadlock { cycle, .. } = answer else { break decision };
                    view.locks.retain(|lock| lock.agent != cycle[0]);
                    break decide(command, &view).unwrap();
                }
                Ok(decision) => break decision,
                Err(wider) => scope = wider,
            }
        };
        if decision.changes().is_empty() {
            return decision.outcome(time(now), Version::default());
        }
        // Versions order the line, and nothing else depends on them here.
        let version = store.waiters.iter().map(|place| place.ticket).max().unwrap_or(0) + 1;
        let mut token = Token::new(store.last_token);
        if decision.grants() {
            token = match bug {
                Some(Bug::TokenFromTheRecord) => {
                    Token::new(store.locks.iter().map(|row| row.token).max().unwrap_or(0) + 1)
                }
                _ => token.next(time(now)).unwrap(),
            };
            store.last_token = token.get();
        }
        let stamp = Stamp { now: time(now), version: Version::new(version.into()), token };
        let committed = decision.commit(stamp);
        for write in committed.writes {
            self.write(store, write, now);
        }
        for ending in committed.log.iter().filter_map(HistoryEntry::ending) {
            self.remember(store, ending);
        }
        committed.outcome
    }

    fn write(&self, store: &mut Store, write: Write, now: Tick) {
        match write {
            Write::PutLock(lock) => {
                let row = self.row(&lock);
                store.locks.retain(|it| (it.nonce, it.index) != (row.nonce, row.index));
                store.locks.push(row);
                store.locks.sort_unstable();
            }
            Write::DropLock(lock) => {
                let row = self.row(&lock);
                store.locks.retain(|it| (it.nonce, it.index) != (row.nonce, row.index));
            }
            Write::PutWaiter(waiter) => {
                let place = self.place(&waiter, now);
                store.waiters.retain(|it| it.name != place.name);
                store.waiters.push(place);
                store.waiters.sort_unstable();
            }
            Write::DropWaiter(waiter) => {
                store.waiters.retain(|it| it.name != number(waiter.id.nonce()));
            }
        }
    }

    /// Of each actor and pattern the last end is kept: more would only tell states apart that no
    /// verdict tells apart.
    fn remember(&self, store: &mut Store, ending: &Ending) {
        let (nonce, index) = numbers(ending.id);
        let row = Row {
            nonce,
            index,
            pattern: index_of(&ending.pattern),
            actor: self.actor(&ending.agent, ending.holder.as_ref()),
            shared: ending.mode == Mode::Shared,
            token: ending.token.get(),
            expires: self.lease,
            orphan: false,
        };
        let by = ending.by.as_deref().and_then(|by| self.named(by));
        let end = End { row, cause: ending.ended, by, nonce: number(ending.nonce) };
        store.endings.retain(|it| (it.row.actor, it.row.pattern) != (row.actor, row.pattern));
        store.endings.push(end);
    }
}
