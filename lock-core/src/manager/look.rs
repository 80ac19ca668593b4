//! What a look at the store said, and for how long that stands.

use std::time::Duration;

use super::InLine;
use crate::{Blocker, Process, RecordId, Timestamp, Version, host::Host, host::Moment};

/// Whoever waits looks again at least this often, whatever it was told or not told: the rest of
/// this room says when a look is needed, and no rule should have to be right for ever. If nothing was
/// told since the last whole look, it looks only whether the first one ahead still stands: in a
/// line of a hundred that nobody leaves, a hundred looks at a hundred are most of what waiting costs.
const AT_LAST: Duration = Duration::from_secs(10);
const WHOLLY_AT_LAST: Duration = Duration::from_secs(60);

/// How often to see whether those in the way still live, which is no step of the store.
const POLL: Duration = Duration::from_secs(1);

/// How often whoever waits looks at the whole line although somebody stands ahead: the more
/// stand there, the more such looks there are, and the longer each takes.
const AFRESH: Duration = Duration::from_millis(80);
const AFRESH_RANGE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(8));

/// How quickly each of those ahead may be served: at least, and at most where nothing is known of it.
/// And how long a change is left unheard at most.
const SERVED: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(10));
const UNHEARD: Duration = Duration::from_millis(200);

/// What stood in the way of a request.
///
/// A request is granted when *all* that is in its way has gone. What goes by a step makes a new
/// version. So as long as there is none, and one of them is left, within its lease and not proved
/// dead, what was seen is still so: there is no need to look.
pub(super) struct Look {
    pub(super) version: Version,
    pub(super) line: InLine,
    /// When the question was sent: the store's clock read `line.now` a little later.
    at: Moment,
    since: Moment,
    /// When it was last known to stand.
    known: Moment,
    /// Whether there has been a new version since.
    news: bool,
    /// Those ahead in line, the first one first: ticket and name.
    ahead: Vec<(u64, RecordId)>,
    /// Whether they are all who stand ahead, and not only all who are in the way.
    all: bool,
    /// The one of them to look after.
    sentinel: usize,
    /// How long each of those who stood ahead took, by half: others may be quicker.
    served: Duration,
}

impl Look {
    pub(super) fn new(version: Version, line: InLine, at: Moment) -> Self {
        let waiting =
            line.refusal.conflicts.iter().filter_map(|conflict| match &conflict.blocker {
                Blocker::Waiting { waiter, .. } => Some((waiter.ticket, waiter.id)),
                Blocker::Held(_) => None,
            });
        let mut ahead: Vec<_> = waiting.collect();
        ahead.sort_unstable();
        ahead.dedup();
        let (served, _) = SERVED;
        let all = ahead.len() + 1 == line.position;
        let (since, known) = (at, at);
        Self { version, line, at, since, known, news: false, ahead, all, sentinel: 0, served }
    }

    /// The next look of the same wait.
    pub(super) fn after(self, served: Duration) -> Self {
        Self { served, ..self }
    }

    pub(super) fn served(&self) -> Duration {
        self.served
    }

    /// There is a new version.
    pub(super) fn hear(&mut self) {
        self.news = true;
    }

    /// What is needed of it still stood at `at`.
    pub(super) fn still_stands(&mut self, version: Version, at: Moment) {
        self.news |= version != self.version;
        (self.version, self.known) = (version, at);
    }

    /// The store's clock has been read.
    pub(super) fn tick(&mut self, now: Timestamp, at: Moment) {
        (self.line.now, self.at) = (now, at);
    }

    /// The store's clock, as far as this machine can tell.
    pub(super) fn now(&self) -> Timestamp {
        self.line.now + since(self.at)
    }

    /// One of those ahead in line, and its ticket: as long as that one stands there, nothing is to be
    /// had, whatever else changes, and all between stand there too or have given up. At first it is
    /// the first of them. Not for ever: who comes to hold what that one waits for passes it, and the
    /// position is to be told. So now and then there is none.
    pub(super) fn ahead(&self) -> Option<(RecordId, u64)> {
        let (least, most) = AFRESH_RANGE;
        let count = u32::try_from(self.ahead.len()).unwrap_or(u32::MAX);
        let afresh = match self.news {
            true => AFRESH.saturating_mul(count).clamp(least, most),
            false => WHOLLY_AT_LAST,
        };
        let sentinel = self.ahead.get(self.sentinel).filter(|_| since(self.since) < afresh);
        sentinel.map(|(ticket, id)| (*id, *ticket))
    }

    /// The sentinel has gone: the next one stands halfway between it and this request.
    pub(super) fn advance(&mut self) {
        let (least, most) = SERVED;
        let gone = u32::try_from(self.sentinel).unwrap_or(u32::MAX).saturating_add(1);
        self.served = (since(self.since) / gone / 2).clamp(least, most);
        let behind = self.ahead.len().saturating_sub(self.sentinel);
        self.sentinel += behind.div_ceil(2).max(1);
    }

    /// All who stood ahead, once the last of them has gone: whoever is next need not look at those
    /// behind, who in a line of a hundred are most of what there is to read.
    pub(super) fn none_ahead(&self) -> Option<Vec<RecordId>> {
        let next = self.all && self.sentinel >= self.ahead.len();
        next.then(|| self.ahead.iter().map(|(_, id)| *id).collect())
    }

    /// How long those who stand behind the sentinel take at least, as far as it is worth while to wait.
    /// Whoever is next hears of everything.
    pub(super) fn pace(&self) -> Duration {
        let between = self.ahead.len().saturating_sub(self.sentinel + 1);
        self.served.saturating_mul(u32::try_from(between).unwrap_or(u32::MAX)).min(UNHEARD)
    }

    /// How long it stands for certain if there is no new version and nobody dies.
    pub(super) fn lasts(&self) -> Duration {
        let now = self.now();
        let ends = self.line.refusal.conflicts.iter().map(|it| it.blocker.expires_at().since(now));
        // At least a moment: an expiry that lies exactly at `now` must not spin.
        let lasts = ends.max().unwrap_or_default().min(AT_LAST).max(Duration::from_millis(1));
        if self.may_die() { lasts.min(POLL) } else { lasts }
    }

    /// Whether it may be that nothing stands in the way any more although there is no new version.
    pub(super) fn may_be_over(&self) -> bool {
        let (now, host) = (self.now(), Host::current());
        let gone = |blocker: &Blocker| {
            let dead = || blocker.processes().iter().all(|process| host.proves_dead(process));
            now >= blocker.expires_at() || (!blocker.processes().is_empty() && dead())
        };
        self.line.refusal.conflicts.iter().all(|conflict| gone(&conflict.blocker))
    }

    /// Whether it has not been known to stand for so long that it is to be seen again.
    pub(super) fn is_old(&self) -> bool {
        since(self.known) >= AT_LAST
    }

    /// Whether nobody has to take a step for all that is in the way to be gone.
    fn may_die(&self) -> bool {
        let conflicts = &self.line.refusal.conflicts;
        conflicts.iter().all(|conflict| !conflict.blocker.processes().is_empty())
    }
}

impl Blocker {
    fn expires_at(&self) -> Timestamp {
        match self {
            Self::Held(lock) => lock.expires_at,
            Self::Waiting { waiter, .. } => waiter.expires_at,
        }
    }

    fn processes(&self) -> &[Process] {
        match self {
            Self::Held(lock) => &lock.processes,
            Self::Waiting { waiter, .. } => &waiter.processes,
        }
    }
}

/// The clock runs in suspend, as leases do.
fn since(at: Moment) -> Duration {
    let micros = Moment::now().boottime.saturating_sub(at.boottime);
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Nonce, Refusal};

    /// A look at `count` who stand ahead, taken so long ago.
    fn look(count: u64, ago: Duration) -> Look {
        let refusal = Refusal::default();
        let line = InLine { position: 101, refusal, now: Timestamp::default() };
        let mut at = Moment::now();
        at.boottime -= i64::try_from(ago.as_micros()).unwrap();
        let mut look = Look::new(Version::default(), line, at);
        look.ahead = (0..count).map(|ticket| (ticket, RecordId::new(Nonce::random(), 0))).collect();
        look
    }

    /// What a hundred cost who only wait: each looked at all the others every ten seconds.
    #[test]
    fn a_line_in_which_nothing_happens_is_looked_at_as_a_whole_once_a_minute() {
        let seconds = Duration::from_secs;
        let mut quiet = look(100, seconds(11));
        assert!(quiet.is_old());
        assert!(quiet.ahead().is_some(), "the first one ahead is enough");
        quiet.still_stands(Version::default(), Moment::now());
        assert!(!quiet.is_old());
        assert_eq!(look(100, seconds(61)).ahead(), None);
        assert_eq!(look(0, seconds(11)).ahead(), None, "nobody is ahead");
        // Once there was something to hear, it is to be seen soon.
        assert!(look(100, seconds(7)).ahead().is_some());
        let mut told = look(100, seconds(9));
        told.hear();
        assert_eq!(told.ahead(), None);
        let mut found = look(100, seconds(9));
        found.still_stands(Version::new(1), Moment::now());
        assert_eq!(found.ahead(), None);
    }

    /// Whoever comes to the front must not sleep through its turn: the pause is by how many are
    /// certain to be served first, and not by how many there once were.
    #[test]
    fn who_comes_closer_sleeps_for_less_and_who_is_next_not_at_all() {
        let mut look = look(100, Duration::ZERO);
        let mut looked_after = Vec::new();
        while let Some((_, ticket)) = look.ahead() {
            looked_after.push(ticket);
            let behind_it = u32::try_from(99 - ticket).unwrap();
            assert_eq!(look.pace(), (SERVED.0 * behind_it).min(UNHEARD), "{ticket}");
            look.advance();
        }
        assert_eq!(looked_after, [0, 50, 75, 88, 94, 97, 99]);
    }

    /// Somebody ahead who is in nobody's way now may be tomorrow, as when it waits for a lock of this very
    /// agent: who was not told of it cannot name it.
    #[test]
    fn only_who_knows_all_ahead_and_finds_them_gone_names_them() {
        let seen = |position| {
            let line = InLine { position, refusal: Refusal::default(), now: Timestamp::default() };
            Look::new(Version::default(), line, Moment::now())
        };
        assert_eq!(seen(1).none_ahead(), Some(Vec::new()));
        assert_eq!(seen(2).none_ahead(), None, "somebody ahead was not told of");
        let mut look = look(3, Duration::ZERO);
        look.all = true;
        let names: Vec<RecordId> = look.ahead.iter().map(|(_, id)| *id).collect();
        while look.ahead().is_some() {
            assert_eq!(look.none_ahead(), None, "one may stand there still");
            look.advance();
        }
        assert_eq!(look.none_ahead(), Some(names));
    }

    /// In a line of a hundred whose holders took ten milliseconds each, every one of them asked five
    /// times as often as it needed to.
    #[test]
    fn who_stands_behind_slow_ones_asks_less_often_and_not_by_the_slowest() {
        let mut look = look(100, Duration::from_millis(400));
        // The clock has gone on since it was set back.
        for (gone, micros) in [(1, 10_000), (51, 3_921), (76, 2_631)] {
            look.advance();
            let served = look.served().as_micros();
            assert!((micros..2 * micros).contains(&served), "{gone}: {served}");
        }
        assert_eq!(look.pace(), look.served() * 11);
        let next = super::tests::look(3, Duration::ZERO).after(look.served());
        assert_eq!(next.pace(), look.served() * 2);
    }
}
