//! The suite judges itself: every classic mistake of a lock service is made once, on purpose, and
//! a scenario that says so by its name must catch it. The same store without the mistake passes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on says so at once"
)]

mod fault;
mod loose;
mod namespace;

use std::{panic, sync::Once};

use conformance_tests::run_one;
use fault::Fault;
use loose::Loose;

/// `scenario` passes on the store without a fault, and fails on one with `fault`.
///
/// A race can be won by chance, so the broken store has a few tries to lose it; the mistakes are
/// made so wide that one is enough almost always.
fn is_caught(fault: Fault, scenario: &str) {
    static QUIET: Once = Once::new();
    // Contestants panic by the dozen here, and each would print its story.
    QUIET.call_once(|| panic::set_hook(Box::new(|_| {})));
    let good = run_one(&Loose { fault: None }, scenario);
    assert!(good.is_ok(), "{scenario} fails on a store without a fault: {}", good.unwrap_err());
    let tries = (0..5).map(|_| run_one(&Loose { fault: Some(fault) }, scenario));
    let caught = tries.into_iter().find_map(Result::err);
    let story = caught.unwrap_or_else(|| panic!("{scenario} does not see {fault:?}"));
    let first: String = story.chars().take(200).collect();
    println!("{fault:?} is caught by {scenario}: {first}");
}

macro_rules! caught {
    ($($test:ident: $fault:ident by $scenario:literal,)*) => {$(
        #[test]
        fn $test() {
            is_caught(Fault::$fault, $scenario);
        }
    )*};
}

caught! {
    delete_by_key: DeleteByKey
        by "takeover::a_release_at_the_end_of_the_lease_frees_nobody_else_among_threads",
    read_then_act_refresh: ReadThenActRefresh
        by "cleanup::an_agent_is_cleaned_up_while_it_refreshes_among_threads",
    deferred_transaction: DeferredTransaction
        by "fresh::one_winner_among_threads",
    glob_check_outside_the_step: GlobCheckOutsideTheStep
        by "overlap::globs_and_a_path_have_one_winner_among_threads",
    takeover_in_two_steps: TakeoverInTwoSteps
        by "takeover::one_stale_lock_has_one_winner_among_threads",
    token_from_the_record: TokenFromTheRecord
        by "tokens::rise_across_everything",
    stale_by_the_contenders_clock: StaleByTheContendersClock
        by "clock::a_machine_with_a_wrong_clock_changes_nothing",
    lost_nonce: LostNonce
        by "lost_reply::is_settled_for_an_acquire",
    barging_past_a_waiter: BargingPastAWaiter
        by "line::first_come_first_served",
    one_of_the_named: OneOfTheNamed
        by "line::who_names_those_ahead_passes_none_of_them",
    partial_grant_of_a_set: PartialGrantOfASet
        by "sets::a_ring_of_sets_is_all_or_nothing_among_threads",
    a_reader_that_deletes: AReaderThatDeletes
        by "reads::a_view_leaves_what_is_stale",
    corrupt_means_free: CorruptMeansFree
        by "damage::holds_its_pattern_and_disturbs_no_other",
    phantoms: Phantoms
        by "overlap::a_directory_and_what_is_below_have_one_winner_among_threads",
    endings_forgotten: EndingsForgotten
        by "endings::a_refresh_tells_how_it_was_lost",
    expiry_revoked: ExpiryRevoked
        by "takeover::expiry_is_final",
    half_a_set_shown: HalfASetShown
        by "cleanup::lists_are_whole_while_it_cleans_among_threads",
    release_twice: ReleaseTwice
        by "release::a_double_release_lets_go_once_among_threads",
    cleanup_by_an_old_list: CleanupByAnOldList
        by "cleanup::what_is_stale_is_cleaned_up_while_it_is_taken_anew_among_threads",
    lost_wake_up: LostWakeUp
        by "queue::no_release_is_missed_among_threads",
    blind_to_cycles: BlindToCycles
        by "queue::two_that_close_a_cycle_among_threads",
    no_line_at_all: NoLineAtAll
        by "queue::everybody_gets_a_turn_in_order_among_threads",
    versions_stand_still: VersionsStandStill
        by "fresh::one_winner_among_threads",
    differential_partial_grant_of_a_set: PartialGrantOfASet
        by "differential::random_commands_have_the_outcomes_of_the_reference",
    differential_barging_past_a_waiter: BargingPastAWaiter
        by "differential::random_commands_have_the_outcomes_of_the_reference",
    differential_lost_nonce: LostNonce
        by "differential::random_commands_have_the_outcomes_of_the_reference",
    differential_endings_forgotten: EndingsForgotten
        by "differential::random_commands_have_the_outcomes_of_the_reference",
    differential_token_from_the_record: TokenFromTheRecord
        by "differential::random_commands_have_the_outcomes_of_the_reference",
}
