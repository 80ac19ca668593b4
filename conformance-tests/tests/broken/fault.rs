//! The mistakes.

/// A mistake that a backend can make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A release reads its lock, and then deletes whatever stands under that pattern.
    DeleteByKey,
    /// A refresh reads its lock, and then writes it back, whether it is still there or not.
    ReadThenActRefresh,
    /// A step fails when another was quicker, instead of being decided anew.
    DeferredTransaction,
    /// What overlaps is looked up first; in the step itself only the very same pattern counts.
    GlobCheckOutsideTheStep,
    /// The stale lock goes in one step, and the new one comes in another.
    TakeoverInTwoSteps,
    /// The next token is one more than that of the lock which stood there.
    TokenFromTheRecord,
    /// Each client judges by its own clock.
    StaleByTheContendersClock,
    /// A second try is a new command.
    LostNonce,
    /// A request that does not wait does not look at the line.
    BargingPastAWaiter,
    /// What can be had of a set is taken, and the rest refused.
    PartialGrantOfASet,
    /// A view takes away what is stale.
    AReaderThatDeletes,
    /// A record that cannot be read is none.
    CorruptMeansFree,
    /// A commit checks that what it saw is still there, and not that nothing came to it.
    Phantoms,
    /// How a lock ended is not written down.
    EndingsForgotten,
    /// A refresh revives a lock that ran out, as long as nobody took it.
    ExpiryRevoked,
    /// A step of several changes becomes visible one by one.
    HalfASetShown,
    /// A release reads first, and answers by what it read.
    ReleaseTwice,
    /// A cleanup makes its list first, and then removes what is on it.
    CleanupByAnOldList,
    /// Who waits is not woken, and looks again only after a second.
    LostWakeUp,
    /// Once, somebody is put in line without a look at who waits for whom.
    BlindToCycles,
    /// Whoever waits tries its luck whenever something happens.
    NoLineAtAll,
    /// Of some waiters asked for by name, it reads only the first.
    OneOfTheNamed,
    /// Steps do not count versions.
    VersionsStandStill,
}
