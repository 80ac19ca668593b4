//! What `doctor` says of which state of which store, what `--repair` does, and the test that shows it.

pub(crate) enum Cell {
    /// Under this name doctor says this, `--repair` does that, and a test shows it.
    Seen {
        check: &'static str,
        says: &'static str,
        repair: &'static str,
        test: (&'static str, &'static str),
    },
    /// There is no such state, because of this.
    None(&'static str),
}

use Cell::None;

const fn seen(
    check: &'static str,
    says: &'static str,
    repair: &'static str,
    file: &'static str,
    test: &'static str,
) -> Cell {
    Cell::Seen { check, says, repair, test: (file, test) }
}

const CORE: &str = "lock-core/src/check.rs";
const FS: &str = "lock-fs/tests/doctor.rs";
const FS_AROUND: &str = "lock-fs/tests/unhealthy.rs";
const FS_CRASH: &str = "lock-fs/src/crash_tests.rs";
const SQLITE: &str = "lock-sqlite/tests/doctor.rs";
const SQLITE_AROUND: &str = "lock-sqlite/tests/unhealthy.rs";
const REDIS: &str = "lock-redis/tests/doctor.rs";
const SERVER_CLOCK: &str = "lock-redis/tests/server_clock.rs";
const FACTS: &str = "lock-redis/src/facts.rs";

/// A state, and what doctor makes of it in a directory, in a SQLite file, on a Redis server.
pub(crate) const STATES: &[(&str, [Cell; 3])] = &[
    (
        "no room left",
        [
            seen(
                "space",
                "how much is free",
                "needs room made",
                FS_AROUND,
                "a_disk_without_room_is_named",
            ),
            seen(
                "space",
                "how much is free",
                "needs room made",
                SQLITE_AROUND,
                "a_disk_without_room_is_named",
            ),
            seen(
                "memory",
                "how full the server is",
                "needs more memory",
                REDIS,
                "a_full_server_and_a_replica_are_unhealthy",
            ),
        ],
    ),
    (
        "no inodes left",
        [
            seen(
                "space",
                "that none are left",
                "needs some",
                FS_AROUND,
                "a_disk_without_inodes_is_named",
            ),
            None("its files are there from the first step on"),
            None("nothing of it lies on the client's disk"),
        ],
    ),
    (
        "read-only",
        [
            seen(
                "file system",
                "that nothing can be taken or let go",
                "needs it writable",
                FS_AROUND,
                "a_read_only_disk_is_named",
            ),
            seen(
                "file system",
                "that nothing can be taken or let go",
                "needs it writable",
                SQLITE_AROUND,
                "a_read_only_disk_is_named",
            ),
            seen(
                "replication",
                "that a replica grants nothing",
                "needs the primary's URL",
                REDIS,
                "a_full_server_and_a_replica_are_unhealthy",
            ),
        ],
    ),
    (
        "network file system",
        [
            seen(
                "file system",
                "which one",
                "needs a local disk",
                FS_AROUND,
                "a_network_file_system_is_named",
            ),
            seen(
                "file system",
                "which one",
                "needs a local disk",
                SQLITE_AROUND,
                "a_network_file_system_is_named",
            ),
            None("nothing of it lies on the client's disk"),
        ],
    ),
    (
        "clock that went back, or is wrong",
        [
            seen(
                "clock",
                "what it shows, and what the last token is of",
                "needs the clock set",
                FS,
                "a_token_of_the_future_tells_that_the_clock_went_back",
            ),
            seen(
                "clock",
                "what it shows, and what the last token is of",
                "needs the clock set",
                CORE,
                "a_clock_that_went_back_is_noticed_by_the_last_token",
            ),
            seen(
                "clock",
                "how far the server's is off",
                "needs the clock set",
                SERVER_CLOCK,
                "a_step_forward_ends_what_it_skips_and_tells_who_held_it",
            ),
        ],
    ),
    (
        "another user's store",
        [
            seen(
                "store",
                "that it is denied",
                "needs the owner",
                FS_AROUND,
                "a_store_of_another_user_is_named",
            ),
            seen(
                "store",
                "that it is denied",
                "needs the owner",
                SQLITE_AROUND,
                "a_store_of_another_user_is_named",
            ),
            seen(
                "server",
                "what this user may not ask",
                "needs the rights",
                REDIS,
                "what_it_may_not_see_is_no_good_news",
            ),
        ],
    ),
    (
        "another user's file in it",
        [
            seen(
                "permissions",
                "which file",
                "gives it back",
                FS,
                "a_file_of_another_user_is_given_back",
            ),
            None("it is one file; see the row above"),
            None("it has no files"),
        ],
    ),
    (
        "open to everybody",
        [
            seen(
                "permissions",
                "which file, and its mode",
                "closes it",
                FS,
                "a_store_open_to_everybody_is_closed",
            ),
            seen(
                "permissions",
                "which file, and its mode",
                "closes it",
                SQLITE,
                "a_store_open_to_everybody_is_closed",
            ),
            None("who may write is the server's to say"),
        ],
    ),
    (
        "held up by another",
        [
            seen(
                "guard",
                "who has had it for two seconds",
                "ends nobody",
                FS,
                "who_has_the_guard_for_too_long_is_named",
            ),
            seen(
                "guard",
                "who has had it for two seconds",
                "ends nobody",
                SQLITE_AROUND,
                "who_has_the_guard_for_too_long_is_named",
            ),
            None("see a server out of reach"),
        ],
    ),
    (
        "something else in the place of a part",
        [
            seen(
                "files",
                "which one",
                "moves it to the quarantine",
                FS,
                "whatever_was_planted_in_place_of_a_file_is_moved_away",
            ),
            seen(
                "guard",
                "that a plain file belongs there",
                "leaves it",
                SQLITE_AROUND,
                "a_guard_that_is_something_else_is_named",
            ),
            seen(
                "keys",
                "which key, and its type",
                "renames it, and puts back what was held",
                REDIS,
                "a_key_of_another_type_is_moved_away_and_what_was_held_stays_held",
            ),
        ],
    ),
    (
        "somebody else's",
        [
            seen("store", "what it is not", "leaves it", FS, "what_is_no_store_is_told_and_left"),
            seen(
                "store",
                "what it is not",
                "leaves it",
                SQLITE,
                "what_is_no_store_is_told_and_left",
            ),
            None("a server holds many things"),
        ],
    ),
    (
        "record that cannot be read",
        [
            seen(
                "records",
                "which one, and until when it is held",
                "puts it into the quarantine when its time is over",
                FS,
                "a_record_that_cannot_be_read_is_not_freed_before_its_time",
            ),
            seen(
                "records",
                "which one, and until when it is held",
                "puts it into the quarantine when its time is over",
                SQLITE,
                "a_lock_of_nobody_known_is_not_freed_before_its_time",
            ),
            seen(
                "places",
                "which one, and until when it is held",
                "puts it into the quarantine when its time is over",
                REDIS,
                "a_record_that_cannot_be_read_goes_when_its_time_is_over_and_is_kept",
            ),
        ],
    ),
    (
        "record of which a part can be read",
        [
            None("a file is whole or not"),
            seen(
                "records",
                "which one",
                "mends it, and the lock stays",
                SQLITE,
                "a_torn_body_is_mended_and_the_lock_stays",
            ),
            None("a record is whole or not"),
        ],
    ),
    (
        "lock that no search finds",
        [
            seen(
                "records",
                "whose it is",
                "puts it back, unless its path was granted since",
                FS,
                "a_lock_in_the_wrong_place_is_put_back",
            ),
            seen(
                "records",
                "whose it is",
                "puts it back, unless its path was granted since",
                SQLITE,
                "a_lock_in_the_wrong_place_is_put_back",
            ),
            seen(
                "places",
                "which one",
                "puts it back, unless its path was granted since",
                REDIS,
                "a_lock_that_no_search_finds_is_put_back_unless_its_path_was_granted",
            ),
        ],
    ),
    (
        "numbers lost",
        [
            seen(
                "step",
                "that records and history say what they were",
                "finds them again",
                FS,
                "lost_numbers_are_found_again",
            ),
            seen(
                "version",
                "that they are missing",
                "finds them again",
                SQLITE,
                "tokens_rise_after_a_lost_version",
            ),
            seen(
                "keys",
                "which key is lost",
                "finds them again, with a wide margin",
                REDIS,
                "a_key_of_another_type_is_moved_away_and_what_was_held_stays_held",
            ),
        ],
    ),
    (
        "numbers behind the records",
        [
            seen(
                "version",
                "that they are behind",
                "raises them",
                FS,
                "tokens_rise_above_those_of_all_records",
            ),
            seen(
                "version",
                "that they are behind",
                "raises them",
                SQLITE,
                "tokens_rise_after_a_lost_version",
            ),
            None("one script changes both"),
        ],
    ),
    (
        "history that cannot be read",
        [
            seen(
                "history",
                "from where on",
                "keeps a copy, and counts it as forgotten",
                FS,
                "what_cannot_be_read_of_the_past_counts_as_forgotten",
            ),
            seen(
                "history",
                "which entries",
                "keeps them, and counts them as forgotten",
                SQLITE,
                "what_cannot_be_read_of_the_past_counts_as_forgotten",
            ),
            seen(
                "history",
                "which entry",
                "keeps it, and counts it as forgotten",
                REDIS,
                "what_cannot_be_read_of_the_line_and_the_past_is_put_aside",
            ),
        ],
    ),
    (
        "history cut short",
        [
            seen(
                "history",
                "how many bytes are lost",
                "goes on where it ends",
                FS,
                "a_log_that_was_cut_short_is_continued_where_it_ends",
            ),
            None("its file is whole or damaged"),
            None("it has no files"),
        ],
    ),
    (
        "waiter that cannot be read",
        [
            seen(
                "line",
                "which one",
                "puts it into the quarantine",
                FS,
                "a_waiter_that_cannot_be_read_goes_and_is_kept",
            ),
            seen(
                "line",
                "that one cannot",
                "puts it into the quarantine",
                SQLITE,
                "a_waiter_that_cannot_be_read_goes_and_is_kept",
            ),
            seen(
                "line",
                "that one cannot",
                "puts it into the quarantine",
                REDIS,
                "what_cannot_be_read_of_the_line_and_the_past_is_put_aside",
            ),
        ],
    ),
    (
        "process killed in a step",
        [
            seen(
                "step",
                "whether the step is committed",
                "carries it out, or takes it back",
                FS_CRASH,
                "the_doctor_settles_what_a_killed_process_left",
            ),
            None("SQLite takes it back"),
            None("a script runs whole"),
        ],
    ),
    (
        "committed step that cannot be carried out",
        [
            seen(
                "step",
                "what is in its way",
                "moves that to the quarantine",
                FS_CRASH,
                "the_doctor_moves_away_what_a_committed_step_cannot_pass",
            ),
            None("a commit is one append"),
            None("a script runs whole"),
        ],
    ),
    (
        "what a killed process left",
        [
            seen(
                "leftovers",
                "which files",
                "puts them into the quarantine",
                FS,
                "what_a_killed_process_left_is_put_aside",
            ),
            None("it leaves none"),
            None("it leaves none"),
        ],
    ),
    (
        "stray file where a directory belongs",
        [
            seen(
                "leftovers",
                "which one",
                "puts it into the quarantine",
                FS,
                "a_stray_file_is_moved_out_of_the_way",
            ),
            None("it has one file"),
            None("it has no files"),
        ],
    ),
    (
        "seen by git",
        [
            seen(
                "gitignore",
                "that it would be",
                "hides it",
                FS,
                "a_store_that_git_would_see_is_hidden_again",
            ),
            None("the file is its owner's to ignore"),
            None("it has no files"),
        ],
    ),
    (
        "index that contradicts its table",
        [
            None("a name is its own index"),
            seen(
                "integrity",
                "what SQLite says",
                "makes the indexes anew",
                SQLITE_AROUND,
                "an_index_that_contradicts_its_table_is_made_anew",
            ),
            None("see the lock that no search finds"),
        ],
    ),
    (
        "damaged page",
        [
            None("see what cannot be read"),
            seen(
                "integrity",
                "what SQLite says",
                "leaves it; says how to recover",
                SQLITE_AROUND,
                "a_damaged_page_is_named_and_left",
            ),
            None("it has none"),
        ],
    ),
    (
        "server out of reach, or another password",
        [
            None("there is no server"),
            None("there is no server"),
            seen(
                "server",
                "what it is",
                "needs the right URL",
                REDIS,
                "one_that_is_not_there_or_wants_another_password_is_one_finding",
            ),
        ],
    ),
    (
        "server that evicts",
        [
            None("there is no server"),
            None("there is no server"),
            seen(
                "memory",
                "its policy, and that it may drop locks",
                "needs noeviction",
                REDIS,
                "an_evicting_policy_is_unhealthy",
            ),
        ],
    ),
    (
        "server that cannot write down what it does",
        [
            None("there is no server"),
            None("there is no server"),
            seen(
                "persistence",
                "that it takes no changes",
                "needs its disk mended",
                FACTS,
                "each_state_is_judged_and_its_cost_is_told",
            ),
        ],
    ),
    (
        "nobody is told of changes",
        [
            None("see the bell in the table of faults"),
            None("it listens to the guard's file"),
            seen(
                "notifications",
                "that waiters look five times a second",
                "needs the rights, or notifications=false",
                REDIS,
                "what_it_may_not_see_is_no_good_news",
            ),
        ],
    ),
];
