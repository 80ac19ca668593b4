//! Which fault leaves which store in which state, and the test that shows it.

/// What comes of a fault on one store.
pub(crate) enum Cell {
    /// This, and the file and name of the test that shows it.
    Shown(&'static str, &'static str, &'static str),
    /// The fault does not exist there, because of this.
    None(&'static str),
}

/// A fault, and what comes of it in a directory, in a SQLite file, on a Redis server.
pub(crate) struct Row {
    pub(crate) fault: &'static str,
    pub(crate) cells: [Cell; 3],
}

use Cell::{None, Shown};

const fn row(fault: &'static str, fs: Cell, sqlite: Cell, redis: Cell) -> Row {
    Row { fault, cells: [fs, sqlite, redis] }
}

/// The same test on all three.
const fn all(
    fault: &'static str,
    outcome: &'static str,
    at: &'static str,
    test: &'static str,
) -> Row {
    row(fault, Shown(outcome, at, test), Shown(outcome, at, test), Shown(outcome, at, test))
}

/// The same test of two local stores; a server has no files of its clients.
const fn local(fault: &'static str, outcome: &'static str, test: &'static str) -> Row {
    let server = None("nothing of it lies on the client's disk");
    row(fault, Shown(outcome, FS, test), Shown(outcome, SQLITE, test), server)
}

/// Only a server can do that.
const fn remote(
    fault: &'static str,
    outcome: &'static str,
    at: &'static str,
    test: &'static str,
) -> Row {
    const HERE: &str = "there is no server";
    row(fault, None(HERE), None(HERE), Shown(outcome, at, test))
}

const FS: &str = "lock-fs/tests/faults.rs";
const FS_POINTS: &str = "lock-fs/tests/crash_points.rs";
const FS_CRASH: &str = "lock-fs/src/crash_tests.rs";
const FS_PLANTED: &str = "lock-fs/tests/planted.rs";
const FS_DOCTOR: &str = "lock-fs/tests/doctor.rs";
const SQLITE: &str = "lock-sqlite/tests/faults.rs";
const SQLITE_POINTS: &str = "lock-sqlite/tests/crash_points.rs";
const SQLITE_PLANTED: &str = "lock-sqlite/tests/planted.rs";
const SQLITE_REFUSALS: &str = "lock-sqlite/tests/refusals.rs";
const SQLITE_WAITING: &str = "lock-sqlite/tests/waiting.rs";
const REDIS: &str = "lock-redis/tests/faults.rs";
const CUT_OFF: &str = "lock-redis/tests/cut_off.rs";
const SERVER_CLOCK: &str = "lock-redis/tests/server_clock.rs";
const RESTART: &str = "lock-redis/tests/restart.rs";
const SENTINEL: &str = "lock-redis/tests/sentinel.rs";
const ACL: &str = "lock-redis/tests/acl.rs";
const TLS: &str = "lock-redis/tests/tls.rs";
const DEATH: &str = "lock-cli/tests/cli/running/death.rs";
const HOST: &str = "lock-core/tests/host_death.rs";
const CRASH: &str = "conformance-tests/src/scenarios/crash.rs";
const PAUSED: &str = "conformance-tests/src/scenarios/paused.rs";
const LOST_REPLY: &str = "conformance-tests/src/scenarios/lost_reply.rs";

const OLD_OR_NEW: &str = "an error, or unknown; the old state or the new one";

pub(crate) const TABLE: &[Row] = &[
    // Processes.
    all("kill -9 at any moment", "grants stand; nothing half done", CRASH, "killed_at_any_moment"),
    row(
        "kill -9 at any system call of any operation",
        Shown(
            "the old state or the new one",
            FS_POINTS,
            "whoever_is_killed_at_any_call_leaves_the_old_state_or_the_new_one",
        ),
        Shown(
            "the old state or the new one",
            SQLITE_POINTS,
            "whoever_is_killed_at_any_call_leaves_the_old_state_or_the_new_one",
        ),
        None("a step is one script, which the server runs whole"),
    ),
    row(
        "SIGSTOP at any system call, resumed past the lease",
        Shown(
            "others get exit 6 and its pid; then all is consistent",
            FS_POINTS,
            "whoever_is_stopped_at_any_call_holds_the_others_up_and_breaks_nothing",
        ),
        Shown(
            "others get exit 6 and its pid; then all is consistent",
            SQLITE_POINTS,
            "whoever_is_stopped_at_any_call_holds_the_others_up_and_breaks_nothing",
        ),
        Shown(
            "nobody is held up; all is consistent",
            PAUSED,
            "whoever_is_stopped_at_any_moment_goes_on",
        ),
    ),
    all(
        "holder paused past its lease",
        "told it is lost; harms nobody",
        PAUSED,
        "a_holder_that_wakes_past_its_lease_has_lost",
    ),
    all(
        "run killed, its command lives",
        "held until both are gone",
        DEATH,
        "a_killed_runs_lock_is_taken_over_when_its_command_is_gone_too",
    ),
    row(
        "pid reused",
        Shown("the first counts as dead", DEATH, "a_reused_pid_is_another_process"),
        Shown(
            "the first counts as dead",
            HOST,
            "the_same_id_with_another_start_is_another_process",
        ),
        Shown(
            "the first counts as dead",
            HOST,
            "the_same_id_with_another_start_is_another_process",
        ),
    ),
    row(
        "process in another pid namespace",
        Shown("counts as alive", DEATH, "nothing_is_taken_over_from_another_container"),
        Shown("counts as alive", HOST, "nothing_is_proved_of_what_is_somewhere_else"),
        Shown("counts as alive", HOST, "nothing_is_proved_of_what_is_somewhere_else"),
    ),
    all(
        "reply to an acquire lost",
        "settled by asking again",
        LOST_REPLY,
        "is_settled_for_an_acquire",
    ),
    // Disks and kernels.
    row(
        "no bytes left",
        Shown(
            "`full`; what is held can be let go",
            FS,
            "a_full_disk_refuses_and_keeps_what_it_has",
        ),
        Shown(
            "`full`; all stands; goes on with room",
            SQLITE,
            "a_full_disk_refuses_and_keeps_what_it_has",
        ),
        Shown(
            "`full` under `noeviction`; what is held can be let go",
            REDIS,
            "a_full_server_takes_nothing_new_and_lets_go",
        ),
    ),
    local("no inodes left", "an error; all stands", "a_full_disk_refuses_and_keeps_what_it_has"),
    row(
        "read-only",
        Shown("`denied`; can be looked at", FS, "a_read_only_disk_is_read_and_not_written"),
        Shown("`denied`; goes on when it is writable", SQLITE, "a_read_only_disk_takes_no_lock"),
        Shown("`unavailable`; names the replica", REDIS, "a_replica_takes_no_locks_and_says_why"),
    ),
    local(
        "ENOSPC or EROFS of any one call",
        OLD_OR_NEW,
        "whichever_call_fails_the_old_state_stands_or_the_new_one",
    ),
    row(
        "EIO of a call",
        Shown(OLD_OR_NEW, FS, "what_the_kernel_cannot_give_is_told_and_nothing_happens"),
        Shown(OLD_OR_NEW, SQLITE, "whichever_call_fails_the_old_state_stands_or_the_new_one"),
        None("the server's disk is the server's; see restarts"),
    ),
    row(
        "EMFILE: no more open files",
        Shown(
            "`unavailable`; nothing happened",
            FS,
            "what_the_kernel_cannot_give_is_told_and_nothing_happens",
        ),
        Shown(
            "`unavailable`; nothing happened",
            SQLITE,
            "whichever_call_fails_the_old_state_stands_or_the_new_one",
        ),
        None("one connection is all it opens"),
    ),
    row(
        "ENOLCK: no locks from the kernel",
        Shown(
            "`unavailable`; nothing happened",
            FS,
            "what_the_kernel_cannot_give_is_told_and_nothing_happens",
        ),
        Shown(
            "an error; nothing happened",
            SQLITE,
            "whichever_call_fails_the_old_state_stands_or_the_new_one",
        ),
        None("it takes no OS locks"),
    ),
    local("short write", OLD_OR_NEW, "a_short_write_leaves_nothing_half_done"),
    local(
        "network file system",
        "refused unless allowed",
        "a_network_file_system_is_refused_unless_allowed",
    ),
    // Clocks.
    row(
        "wall clock stepped by ±1 h during a hold",
        Shown("no lease changes; tokens rise", FS, "a_wall_clock_that_is_set_changes_no_lease"),
        Shown("no lease changes; tokens rise", SQLITE, "a_wall_clock_that_is_set_changes_no_lease"),
        Shown(
            "a client's changes nothing",
            "lock-redis/tests/wall_clock.rs",
            "a_wall_clock_that_is_set_changes_no_lease",
        ),
    ),
    remote(
        "the server's clock stepped forward by an hour",
        "what it skips has run out: told as lost, granted once more; tokens rise",
        SERVER_CLOCK,
        "a_step_forward_ends_what_it_skips_and_tells_who_held_it",
    ),
    remote(
        "the server's clock stepped back by an hour",
        "a lease lasts longer by as much, until it is refreshed; no token goes back",
        SERVER_CLOCK,
        "a_step_back_prolongs_a_lease_until_it_is_refreshed_and_no_token_goes_back",
    ),
    row(
        "boot id changed",
        Shown(
            "the wall clock, never beyond a whole lease",
            "lock-core/src/host/lease.rs",
            "another_boot_counts_on_the_wall_clock_and_never_beyond_a_whole_lease",
        ),
        Shown(
            "marked anew by the next step",
            "lock-sqlite/tests/records.rs",
            "a_record_of_another_boot_is_marked_anew_by_a_step_and_not_by_a_look",
        ),
        None("leases run on the server's clock"),
    ),
    // Files taken away.
    row(
        "guard deleted",
        Shown(
            "made anew; locks stand, tokens rise",
            FS,
            "whichever_file_is_removed_while_open_the_locks_stand_and_tokens_rise",
        ),
        Shown("made anew; costs no exclusion", SQLITE_WAITING, "a_deleted_guard_is_made_anew"),
        None("it has none"),
    ),
    row(
        "bell deleted, or nobody rings",
        Shown(
            "made anew, and heard",
            "lock-fs/tests/waiting.rs",
            "a_bell_that_is_taken_away_is_replaced",
        ),
        None("it listens to the guard's file"),
        Shown("heard again after a restart", RESTART, "who_listens_hears_again_after_a_restart"),
    ),
    row(
        "state or log deleted",
        Shown(
            "found again from records; tokens rise",
            FS_CRASH,
            "a_lost_state_is_found_again_and_its_token_never_goes_back",
        ),
        Shown(
            "tokens rise above all records",
            "lock-sqlite/tests/doctor.rs",
            "tokens_rise_after_a_lost_version",
        ),
        None("one script changes all keys"),
    ),
    row(
        "store deleted while open",
        Shown(
            "begins anew; refresh says lost; tokens rise",
            FS,
            "a_store_that_is_removed_while_open_is_made_anew",
        ),
        Shown("begins anew, all in one file", SQLITE_REFUSALS, "a_replaced_store_is_noticed"),
        Shown(
            "refresh says lost; tokens rise",
            RESTART,
            "one_that_keeps_nothing_has_lost_all_and_says_so",
        ),
    ),
    row(
        "store renamed or replaced while open",
        Shown(
            "the one that bears the name",
            FS,
            "a_store_that_is_replaced_while_open_is_the_new_one",
        ),
        Shown(
            "the one that bears the name",
            SQLITE,
            "a_file_that_is_renamed_or_replaced_while_open_is_the_one_that_bears_the_name",
        ),
        Shown("the one that is primary", SENTINEL, "after_a_promotion_the_same_url_works_again"),
    ),
    row(
        "something else in its place",
        Shown(
            "an error; neither followed nor harmed",
            FS,
            "what_is_put_in_place_of_a_store_is_neither_followed_nor_harmed",
        ),
        Shown("refused and left", SQLITE_REFUSALS, "a_directory_is_refused"),
        Shown(
            "named; nothing half done",
            REDIS,
            "a_key_of_another_type_is_named_and_nothing_is_half_done",
        ),
    ),
    // Other users.
    row(
        "another user's store",
        Shown("`denied`", FS, "a_store_of_another_user_is_refused"),
        Shown(
            "`denied`, also where it could be written to",
            SQLITE,
            "a_store_of_another_user_is_refused",
        ),
        Shown("out of reach", ACL, "another_namespace_is_out_of_reach"),
    ),
    row(
        "rights taken away",
        Shown(
            "an error, or it is not needed; nothing is freed",
            FS,
            "permissions_that_are_taken_away_free_nothing",
        ),
        Shown(
            "an error, or it is not needed; nothing is freed",
            SQLITE,
            "permissions_that_are_taken_away_free_nothing",
        ),
        Shown(
            "`denied`, whichever it is",
            ACL,
            "none_of_the_rights_is_too_many_and_none_is_missing",
        ),
    ),
    row(
        "open to everybody",
        Shown("refused", FS_PLANTED, "a_store_that_everybody_can_write_to_is_refused"),
        Shown("refused", SQLITE_PLANTED, "a_directory_that_everybody_can_write_to_is_refused"),
        None("who may write is the server's to say"),
    ),
    row(
        "planted symlink",
        Shown("not followed", FS_PLANTED, "nothing_is_written_through_a_symlink"),
        Shown("not followed", SQLITE_PLANTED, "a_symlink_in_place_of_the_guard_leads_nowhere"),
        None("it has no files"),
    ),
    row(
        "planted FIFO",
        Shown("holds nobody up", FS_PLANTED, "a_fifo_holds_nobody_up"),
        Shown(
            "refused; nobody hangs",
            SQLITE_PLANTED,
            "a_fifo_in_place_of_the_store_is_refused_and_nobody_hangs",
        ),
        None("it has no files"),
    ),
    // What lies there.
    row(
        "record that cannot be read",
        Shown(
            "held by nobody known; no other is disturbed",
            "lock-fs/tests/damage.rs",
            "its_own_pattern_is_refused_to_everybody_its_owner_too",
        ),
        Shown(
            "held by nobody known until its time is over",
            "lock-sqlite/tests/doctor.rs",
            "a_lock_of_nobody_known_is_not_freed_before_its_time",
        ),
        Shown(
            "held by nobody known; no other is disturbed",
            "conformance-tests/src/scenarios/damage.rs",
            "holds_its_pattern_and_disturbs_no_other",
        ),
    ),
    row(
        "damaged page or numbers",
        Shown("found again; tokens rise", FS_DOCTOR, "lost_numbers_are_found_again"),
        Shown(
            "`corrupt`, or not needed; nothing is given away",
            SQLITE,
            "whichever_page_is_damaged_nothing_is_given_away",
        ),
        None("it has neither"),
    ),
    row(
        "cut short",
        Shown(
            "continued where it ends, and forgetful",
            FS_DOCTOR,
            "a_log_that_was_cut_short_is_continued_where_it_ends",
        ),
        Shown("`corrupt`; left as it is", SQLITE_REFUSALS, "a_store_cut_in_half_is_refused"),
        None("it has no files"),
    ),
    row(
        "somebody else's",
        Shown("refused and left", FS_DOCTOR, "what_is_no_store_is_told_and_left"),
        Shown("refused and left", SQLITE_REFUSALS, "another_programs_database_is_refused"),
        Shown(
            "told apart from a lost reply",
            REDIS,
            "what_is_no_redis_is_told_apart_from_a_lost_reply",
        ),
    ),
    row(
        "held up by another",
        Shown(
            "exit 6 after ten seconds, naming it",
            FS_DOCTOR,
            "who_has_the_guard_for_too_long_is_named",
        ),
        Shown(
            "exit 6 after ten seconds, naming it",
            SQLITE_WAITING,
            "a_busy_guard_is_waited_for_so_long_and_no_longer",
        ),
        Shown(
            "unknown; not carried out behind one's back",
            REDIS,
            "what_a_pause_held_up_for_too_long_is_not_carried_out",
        ),
    ),
    row(
        "a writer that knows no guard stays",
        None("there is no other way in"),
        Shown(
            "exit 6 after ten seconds",
            SQLITE_WAITING,
            "a_foreign_writer_that_stays_is_not_waited_for_for_ever",
        ),
        None("the server serves one at a time"),
    ),
    row(
        "stray close of the file in the process",
        None("its lock is the open file's"),
        Shown("nobody is let in", SQLITE, "a_stray_close_of_the_file_lets_nobody_in"),
        None("it has no files"),
    ),
    // Servers.
    remote(
        "killed and restarted with its append-only file",
        "nothing is lost",
        RESTART,
        "one_that_writes_each_step_down_has_lost_nothing",
    ),
    remote(
        "killed and restarted without",
        "refresh says lost; tokens rise",
        RESTART,
        "one_that_keeps_nothing_has_lost_all_and_says_so",
    ),
    remote(
        "paused, or asleep",
        "unknown; not carried out later",
        REDIS,
        "what_a_pause_held_up_for_too_long_is_not_carried_out",
    ),
    remote(
        "reply dropped after the commit",
        "settled by the nonce",
        REDIS,
        "a_reply_lost_after_the_commit_is_settled_by_the_nonce",
    ),
    remote(
        "connections thrown out",
        "made anew without a word",
        REDIS,
        "a_broken_connection_is_made_anew_without_a_word",
    ),
    remote("scripts flushed", "told again", REDIS, "scripts_that_the_server_forgot_are_told_again"),
    remote(
        "evicting policy",
        "`doctor` calls it unhealthy",
        "lock-redis/tests/doctor.rs",
        "an_evicting_policy_is_unhealthy",
    ),
    remote(
        "replica promoted",
        "the same URL works again",
        SENTINEL,
        "after_a_promotion_the_same_url_works_again",
    ),
    remote(
        "replica promoted that lacks a grant",
        "told as lost",
        SENTINEL,
        "a_grant_that_was_not_replicated_is_lost_and_its_token_is_the_lower_one",
    ),
    remote(
        "slot moved to another node",
        "no lock and no step is lost",
        "lock-redis/tests/cluster.rs",
        "a_slot_that_moves_loses_no_lock_and_no_step",
    ),
    remote(
        "wrong password",
        "`denied`, not repeated",
        REDIS,
        "a_wrong_password_is_denied_and_not_repeated",
    ),
    remote(
        "TLS on one side only",
        "told apart",
        TLS,
        "plain_to_a_tls_port_and_tls_to_a_plain_one_are_told_apart",
    ),
    remote(
        "certificate that nobody vouches for",
        "refused",
        TLS,
        "a_server_that_nobody_vouches_for_is_refused",
    ),
    remote(
        "half-open: accepts and never answers",
        "unknown, soon",
        REDIS,
        "one_that_accepts_and_never_answers_is_told_soon",
    ),
    remote(
        "half-open: the wire is cut during a hold",
        "unknown or `unavailable`, soon, also to who waits; goes on when it is joined",
        CUT_OFF,
        "who_is_cut_off_is_told_soon_and_all_goes_on_when_the_wire_is_joined",
    ),
    remote(
        "unreachable: packets vanish",
        "`unavailable`, soon",
        REDIS,
        "a_black_hole_is_told_soon",
    ),
    remote("nobody on the port", "`unavailable`, soon", REDIS, "nobody_on_the_port_is_told_soon"),
];
