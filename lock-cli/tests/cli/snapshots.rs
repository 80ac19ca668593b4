//! Every command's answer, for people and for scripts.
//!
//! `SNAPSHOTS=overwrite cargo test -p lock-cli` writes them anew.

use snapbox::{IntoData as _, assert_data_eq, str};

use crate::{
    checkout::{Answer, Checkout},
    redact::redact,
};

/// Two agents, and a lock of one's.
fn held() -> Checkout {
    let checkout = Checkout::new();
    checkout.run(["acquire", "src/*.rs", "--agent", "ada", "--reason", "rename Foo"]);
    checkout
}

fn show(checkout: &Checkout, answer: &Answer) -> String {
    format!("{}[exit {}]\n", redact(&answer.text(), checkout.root()), answer.code)
}

/// The answer to `line`, as text.
macro_rules! text {
    ($checkout:expr, $line:expr, $expected:expr) => {
        assert_data_eq!(show(&$checkout, &$checkout.lockctl($line)), $expected.raw())
    };
}

/// The answer to `line`, as JSON.
macro_rules! json {
    ($checkout:expr, $line:expr, $expected:expr) => {
        text!($checkout, concat!($line, " --json"), $expected)
    };
}

#[test]
fn acquire() {
    let checkout = Checkout::new();
    text!(
        checkout,
        "acquire src/a.rs docs/ --agent ada",
        str![[r#"
acquired src/a.rs until [TIME] (in [SPAN]), token [TOKEN]
acquired docs/ until [TIME] (in [SPAN]), token [TOKEN]
[exit 0]

"#]]
    );
    text!(
        checkout,
        "acquire src/a.rs --agent ada",
        str![[r#"
refreshed src/a.rs until [TIME] (in [SPAN]), token [TOKEN]
[exit 0]

"#]]
    );
    json!(
        checkout,
        "acquire src/b.rs --shared --agent ada --reason look",
        str![[r#"
{"status":"acquired","locks":[{"pattern":"src/b.rs","agent_id":"ada","mode":"shared","reason":"look","acquired_at":"[TIME]","refreshed_at":"[TIME]","expires_at":"[TIME]","stale":false,"token":[TOKEN]}],"conflicts":[]}
[exit 0]

"#]]
    );
    json!(
        checkout,
        "acquire src/b.rs --shared --agent ada",
        str![[r#"
{"status":"refreshed","locks":[{"pattern":"src/b.rs","agent_id":"ada","mode":"shared","reason":"look","acquired_at":"[TIME]","refreshed_at":"[TIME]","expires_at":"[TIME]","stale":false,"token":[TOKEN]}],"conflicts":[]}
[exit 0]

"#]]
    );
}

#[test]
fn acquire_refused() {
    let checkout = held();
    text!(
        checkout,
        "acquire src/a.rs --agent grace",
        str![[r#"
refused src/a.rs: ada holds src/*.rs (exclusive)
  reason:  rename Foo
  since:  [TIME] ([SPAN] ago)
  until:  [TIME] (in [SPAN])
  both cover: src/a.rs
next: lockctl acquire src/a.rs --agent grace --wait
[exit 1]

"#]]
    );
    json!(
        checkout,
        "acquire src/a.rs --agent grace",
        str![[r#"
{"status":"conflict","locks":[],"conflicts":[{"requested":"src/a.rs","witness":"src/a.rs","held":{"pattern":"src/*.rs","agent_id":"ada","mode":"exclusive","reason":"rename Foo","acquired_at":"[TIME]","refreshed_at":"[TIME]","expires_at":"[TIME]","stale":false,"token":[TOKEN]}}]}
[exit 1]

"#]]
    );
    text!(
        checkout,
        "acquire src/a.rs --agent grace --wait=50ms",
        str![[r#"
refused src/a.rs: ada holds src/*.rs (exclusive)
  reason:  rename Foo
  since:  [TIME] ([SPAN] ago)
  until:  [TIME] (in [SPAN])
  both cover: src/a.rs
timed out; it left the line
next: lockctl acquire src/a.rs --agent grace --wait
[exit 3]

"#]]
    );
    json!(
        checkout,
        "acquire src/a.rs --agent grace --wait=50ms",
        str![[r#"
{"status":"timeout","locks":[],"conflicts":[{"requested":"src/a.rs","witness":"src/a.rs","held":{"pattern":"src/*.rs","agent_id":"ada","mode":"exclusive","reason":"rename Foo","acquired_at":"[TIME]","refreshed_at":"[TIME]","expires_at":"[TIME]","stale":false,"token":[TOKEN]}}]}
[exit 3]

"#]]
    );
}

/// Stdout is the command's, so people are told on stderr, in one line.
#[test]
fn run() {
    let checkout = held();
    text!(
        checkout,
        "run src/a.rs --agent ada -- echo done",
        str![[r#"
done
[exit 0]

"#]]
    );
    text!(
        checkout,
        "run src/a.rs --agent grace -- make -j2",
        str![[r#"
refused src/a.rs: ada holds src/*.rs (exclusive); reason: rename Foo; since [TIME] ([SPAN] ago); until [TIME] (in [SPAN]); both cover src/a.rs (next: lockctl run src/a.rs --agent grace --wait -- make -j2)
[exit 1]

"#]]
    );
    text!(
        checkout,
        "run --json src/a.rs --agent grace -- make",
        str![[r#"
{"status":"conflict","locks":[],"conflicts":[{"requested":"src/a.rs","witness":"src/a.rs","held":{"pattern":"src/*.rs","agent_id":"ada","mode":"exclusive","reason":"rename Foo","acquired_at":"[TIME]","refreshed_at":"[TIME]","expires_at":"[TIME]","stale":false,"token":[TOKEN]}}]}
refused src/a.rs: ada holds src/*.rs (exclusive); reason: rename Foo; since [TIME] ([SPAN] ago); until [TIME] (in [SPAN]); both cover src/a.rs (next: lockctl run src/a.rs --agent grace --wait -- make)
[exit 1]

"#]]
    );
    text!(
        checkout,
        "run src/a.rs --agent grace --wait=50ms -- make",
        str![[r#"
timed out src/a.rs: ada holds src/*.rs (exclusive); reason: rename Foo; since [TIME] ([SPAN] ago); until [TIME] (in [SPAN]); both cover src/a.rs (next: lockctl run src/a.rs --agent grace --wait -- make)
[exit 3]

"#]]
    );
    text!(
        checkout,
        "run src/b.rs --agent ada -- no-such-program",
        str![[r#"
error: cannot run no-such-program: No such file or directory (os error 2) (next: check its name, or PATH)
[exit 127]

"#]]
    );
    text!(
        checkout,
        "run --json src/b.rs --agent ada -- no-such-program",
        str![[r#"
{"error":{"code":"usage","message":"cannot run no-such-program: No such file or directory (os error 2)","hint":"check its name, or PATH"}}
error: cannot run no-such-program: No such file or directory (os error 2) (next: check its name, or PATH)
[exit 127]

"#]]
    );
}

#[test]
fn release() {
    let checkout = held();
    text!(
        checkout,
        "release src/a.rs --agent grace",
        str![[r#"
nothing to release: grace holds no such lock
[exit 0]

"#]]
    );
    text!(
        checkout,
        "release src/*.rs --agent grace",
        str![[r#"
not yours src/*.rs: ada holds src/*.rs (exclusive)
  reason:  rename Foo
  since:  [TIME] ([SPAN] ago)
  until:  [TIME] (in [SPAN])
  both cover: src/.rs
next: lockctl who 'src/*.rs'
[exit 5]

"#]]
    );
    json!(
        checkout,
        "release src/*.rs --agent grace",
        str![[r#"
{"status":"not_owner","released":[],"conflicts":[{"requested":"src/*.rs","witness":"src/.rs","held":{"pattern":"src/*.rs","agent_id":"ada","mode":"exclusive","reason":"rename Foo","acquired_at":"[TIME]","refreshed_at":"[TIME]","expires_at":"[TIME]","stale":false,"token":[TOKEN]}}]}
[exit 5]

"#]]
    );
    text!(
        checkout,
        "release src/a.rs --agent ada",
        str![[r#"
nothing to release: ada holds no such lock
but ada holds src/*.rs (exclusive), which overlaps it
next: lockctl release 'src/*.rs' --agent ada
[exit 0]

"#]]
    );
    json!(
        checkout,
        "release src/a.rs --agent ada",
        str![[r#"
{"status":"not_held","released":[],"conflicts":[],"overlapping":[{"pattern":"src/*.rs","agent_id":"ada","mode":"exclusive","reason":"rename Foo","acquired_at":"[TIME]","refreshed_at":"[TIME]","expires_at":"[TIME]","stale":false,"token":[TOKEN]}]}
[exit 0]

"#]]
    );
    json!(
        checkout,
        "release src/*.rs --agent ada",
        str![[r#"
{"status":"released","released":["src/*.rs"],"conflicts":[]}
[exit 0]

"#]]
    );
    text!(
        checkout,
        "release --all --agent ada",
        str![[r#"
nothing to release: ada holds no lock
[exit 0]

"#]]
    );
    checkout.must("acquire src/a.rs --agent ada");
    text!(
        checkout,
        "release --all --agent ada",
        str![[r#"
released src/a.rs
[exit 0]

"#]]
    );
}

#[test]
fn refresh() {
    let checkout = held();
    text!(
        checkout,
        "refresh src/*.rs --agent ada",
        str![[r#"
refreshed src/*.rs until [TIME] (in [SPAN]), token [TOKEN]
[exit 0]

"#]]
    );
    json!(
        checkout,
        "refresh --all --agent ada",
        str![[r#"
{"status":"refreshed","locks":[{"pattern":"src/*.rs","agent_id":"ada","mode":"exclusive","reason":"rename Foo","acquired_at":"[TIME]","refreshed_at":"[TIME]","expires_at":"[TIME]","stale":false,"token":[TOKEN]}],"lost":[]}
[exit 0]

"#]]
    );
    text!(
        checkout,
        "refresh src/*.rs --agent grace",
        str![[r#"
lost src/*.rs: this agent never held it; now ada's
next: lockctl acquire 'src/*.rs' --agent grace
[exit 5]

"#]]
    );
    json!(
        checkout,
        "refresh src/*.rs --agent grace",
        str![[r#"
{"status":"lost","locks":[],"lost":[{"pattern":"src/*.rs","to":"ada","at":null,"cause":"never_held"}]}
[exit 5]

"#]]
    );
    text!(
        checkout,
        "refresh --all --agent nobody",
        str![[r#"
nothing to refresh: nobody holds no lock
[exit 0]

"#]]
    );
    checkout.run(["break", "src/*.rs", "--reason", "it hangs"]);
    text!(
        checkout,
        "refresh --all --agent ada",
        str![[r#"
lost src/*.rs: an operator broke it, [TIME] ([SPAN] ago)
next: lockctl acquire 'src/*.rs' --agent ada
[exit 5]

"#]]
    );
}

#[test]
fn who() {
    let checkout = held();
    text!(
        checkout,
        "who src/a.rs",
        str![[r#"
ada holds src/*.rs (exclusive)
  reason:  rename Foo
  since:  [TIME] ([SPAN] ago)
  until:  [TIME] (in [SPAN])
[exit 0]

"#]]
    );
    json!(
        checkout,
        "who src/a.rs",
        str![[r#"
{"pattern":"src/a.rs","held":true,"locks":[{"pattern":"src/*.rs","agent_id":"ada","mode":"exclusive","reason":"rename Foo","acquired_at":"[TIME]","refreshed_at":"[TIME]","expires_at":"[TIME]","stale":false,"token":[TOKEN]}],"waiting":[]}
[exit 0]

"#]]
    );
    text!(
        checkout,
        "who docs/",
        str![[r#"
free docs/
[exit 1]

"#]]
    );
    json!(
        checkout,
        "who docs/",
        str![[r#"
{"pattern":"docs/","held":false,"locks":[],"waiting":[]}
[exit 1]

"#]]
    );
}

#[test]
fn check() {
    let checkout = held();
    text!(
        checkout,
        "check src/a.rs",
        str![[r#"
conflict src/a.rs: ada holds src/*.rs (exclusive)
  reason:  rename Foo
  since:  [TIME] ([SPAN] ago)
  until:  [TIME] (in [SPAN])
  both cover: src/a.rs
next: lockctl wait src/a.rs
[exit 1]

"#]]
    );
    json!(
        checkout,
        "check src/a.rs",
        str![[r#"
{"status":"conflict","conflicts":[{"requested":"src/a.rs","witness":"src/a.rs","held":{"pattern":"src/*.rs","agent_id":"ada","mode":"exclusive","reason":"rename Foo","acquired_at":"[TIME]","refreshed_at":"[TIME]","expires_at":"[TIME]","stale":false,"token":[TOKEN]}}]}
[exit 1]

"#]]
    );
    text!(
        checkout,
        "check src/a.rs --agent ada",
        str![[r#"
free src/a.rs
[exit 0]

"#]]
    );
    json!(
        checkout,
        "check docs/ README.md",
        str![[r#"
{"status":"free","conflicts":[]}
[exit 0]

"#]]
    );
}

#[test]
fn list() {
    let checkout = held();
    text!(
        checkout,
        "list",
        str![[r#"
PATTERN  AGENT  MODE  UNTIL  REASON
src/*.rs  ada  exclusive  [TIME] (in [SPAN])  rename Foo
[exit 0]

"#]]
    );
    json!(
        checkout,
        "list",
        str![[r#"
{"locks":[{"pattern":"src/*.rs","agent_id":"ada","mode":"exclusive","reason":"rename Foo","acquired_at":"[TIME]","refreshed_at":"[TIME]","expires_at":"[TIME]","stale":false,"token":[TOKEN]}],"waiting":[]}
[exit 0]

"#]]
    );
    text!(
        checkout,
        "list --by grace",
        str![[r#"
no locks
[exit 0]

"#]]
    );
    json!(
        checkout,
        "list --under docs/",
        str![[r#"
{"locks":[],"waiting":[]}
[exit 0]

"#]]
    );
    checkout.must("acquire docs/ --agent grace --shared --ttl 100ms");
    std::thread::sleep(std::time::Duration::from_millis(150));
    text!(
        checkout,
        "list --stale --waiting",
        str![[r#"
PATTERN  AGENT  MODE  UNTIL  REASON
docs/  grace  shared, stale  [TIME] ([SPAN] ago)
src/*.rs  ada  exclusive  [TIME] (in [SPAN])  rename Foo
[exit 0]

"#]]
    );
    json!(
        checkout,
        "list --stale --by grace",
        str![[r#"
{"locks":[{"pattern":"docs/","agent_id":"grace","mode":"shared","reason":null,"acquired_at":"[TIME]","refreshed_at":"[TIME]","expires_at":"[TIME]","stale":true,"token":[TOKEN]}],"waiting":[]}
[exit 0]

"#]]
    );
}

#[test]
fn wait() {
    let checkout = held();
    text!(
        checkout,
        "wait docs/",
        str![[r#"
free docs/
[exit 0]

"#]]
    );
    json!(
        checkout,
        "wait docs/",
        str![[r#"
{"status":"free","conflicts":[]}
[exit 0]

"#]]
    );
    text!(
        checkout,
        "wait src/a.rs --timeout 50ms",
        str![[r#"
conflict src/a.rs: ada holds src/*.rs (exclusive)
  reason:  rename Foo
  since:  [TIME] ([SPAN] ago)
  until:  [TIME] (in [SPAN])
  both cover: src/a.rs
timed out
next: lockctl wait src/a.rs
[exit 3]

"#]]
    );
    json!(
        checkout,
        "wait src/a.rs --timeout 50ms",
        str![[r#"
{"status":"timeout","conflicts":[{"requested":"src/a.rs","witness":"src/a.rs","held":{"pattern":"src/*.rs","agent_id":"ada","mode":"exclusive","reason":"rename Foo","acquired_at":"[TIME]","refreshed_at":"[TIME]","expires_at":"[TIME]","stale":false,"token":[TOKEN]}}]}
[exit 3]

"#]]
    );
}

#[test]
fn cleanup_stale() {
    let checkout = held();
    text!(
        checkout,
        "cleanup-stale",
        str![[r#"
nothing to remove
[exit 0]

"#]]
    );
    text!(
        checkout,
        "cleanup-stale --older-than 0 --dry-run",
        str![[r#"
would remove src/*.rs of ada, live until [TIME] (in [SPAN])
1 lock, 1 of them live
[exit 0]

"#]]
    );
    json!(
        checkout,
        "cleanup-stale --older-than 0",
        str![[r#"
{"removed":1,"live":1,"locks":[{"pattern":"src/*.rs","agent_id":"ada","mode":"exclusive","reason":"rename Foo","acquired_at":"[TIME]","refreshed_at":"[TIME]","expires_at":"[TIME]","stale":false,"token":[TOKEN]}]}
[exit 0]

"#]]
    );
}

#[test]
fn cleanup_agent() {
    let checkout = held();
    text!(
        checkout,
        "cleanup-agent ada --dry-run",
        str![[r#"
would remove src/*.rs of ada, live until [TIME] (in [SPAN])
1 lock, 1 of them live
[exit 0]

"#]]
    );
    text!(
        checkout,
        "cleanup-agent ada",
        str![[r#"
removed src/*.rs of ada, live until [TIME] (in [SPAN])
1 lock, 1 of them live
[exit 0]

"#]]
    );
    json!(
        checkout,
        "cleanup-agent ada",
        str![[r#"
{"removed":0,"live":0,"locks":[]}
[exit 0]

"#]]
    );
}

#[test]
fn cleanup_orphaned() {
    let checkout = held();
    text!(
        checkout,
        "cleanup-orphaned",
        str![[r#"
nothing to remove
[exit 0]

"#]]
    );
    text!(
        checkout,
        "cleanup-orphaned --known grace",
        str![[r#"
removed src/*.rs of ada, live until [TIME] (in [SPAN])
1 lock, 1 of them live
[exit 0]

"#]]
    );
    json!(
        checkout,
        "cleanup-orphaned --known grace",
        str![[r#"
{"removed":0,"live":0,"locks":[]}
[exit 0]

"#]]
    );
}

#[test]
fn break_() {
    let checkout = held();
    text!(
        checkout,
        "break src/*.rs --reason hangs",
        str![[r#"
removed src/*.rs of ada, live until [TIME] (in [SPAN])
1 lock, 1 of them live
[exit 0]

"#]]
    );
    json!(
        checkout,
        "break src/*.rs --reason hangs",
        str![[r#"
{"removed":0,"live":0,"locks":[]}
[exit 0]

"#]]
    );
}

#[test]
fn stats() {
    let checkout = Checkout::new();
    text!(
        checkout,
        "stats",
        str![[r#"
now  0 held, 0 waiting, 0 past their end
granted  0
ended  0 released, 0 expired, 0 taken over, 0 broken, 0 cleaned, 0 of the dead
refused  0, 0 timed out, 0 deadlocks
waited  -
held for  -
[exit 0]

"#]]
    );
    json!(
        checkout,
        "stats",
        str![[r#"
{"acquired":0,"conflicts":0,"timeouts":0,"deadlocks":0,"released":0,"expired":0,"taken_over":0,"broken":0,"cleaned":0,"holder_dead":0,"held":0,"waiting":0,"wait_seconds":{"p50":null,"p99":null,"max":null},"hold_seconds":{"p50":null,"p99":null,"max":null},"hot":[]}
[exit 0]

"#]]
    );
    checkout.must("acquire src/*.rs docs/ --agent ada");
    checkout.lockctl("acquire src/a.rs --agent grace");
    checkout.lockctl("acquire src/b.rs --agent grace --wait=10ms");
    checkout.must("release docs/ --agent ada");
    text!(
        checkout,
        "stats",
        str![[r#"
now  1 held, 0 waiting, 0 past their end
granted  2
ended  1 released, 0 expired, 0 taken over, 0 broken, 0 cleaned, 0 of the dead
refused  1, 1 timed out, 0 deadlocks
waited  p50 [SPAN], p99 [SPAN], max [SPAN], of 1
held for  p50 [SPAN], p99 [SPAN], max [SPAN], of 1
IN THE WAY  PATTERN
2  src/*.rs
[exit 0]

"#]]
    );
    json!(
        checkout,
        "stats",
        str![[r#"
{"acquired":2,"conflicts":1,"timeouts":1,"deadlocks":0,"released":1,"expired":0,"taken_over":0,"broken":0,"cleaned":0,"holder_dead":0,"held":1,"waiting":0,"wait_seconds":{"p50":[SECONDS],"p99":[SECONDS],"max":[SECONDS]},"hold_seconds":{"p50":[SECONDS],"p99":[SECONDS],"max":[SECONDS]},"hot":[{"pattern":"src/*.rs","conflicts":2}]}
[exit 0]

"#]]
    );
    text!(
        checkout,
        "stats --format yaml",
        str![[r#"
error: invalid value 'yaml' for '--format <FORMAT>' [possible values: prometheus] (next: lockctl stats --help)
[exit 2]

"#]]
    );
}

#[test]
fn doctor() {
    let checkout = held();
    text!(
        checkout,
        "doctor",
        str![[r#"
ok  root: [ROOT]
ok  agent: none set; --agent says it for each call
ok  file system: local
ok  permissions: closed to others
ok  space: [SPACE] free
ok  store: [ROOT]/.agent_locks
ok  guard: free
ok  files: each is what it should be
ok  step: none underway
ok  version: last token [TOKEN]
ok  clock: shows [TIME]
ok  records: 1 locks
ok  line: 0 waiters
ok  history: 1 entries
ok  leftovers: none
ok  gitignore: git leaves the store alone
[exit 0]

"#]]
    );
    json!(
        checkout,
        "doctor",
        str![[r#"
{"healthy":true,"checks":[{"name":"root","ok":true,"detail":"[ROOT]","hint":""},{"name":"agent","ok":true,"detail":"none set; --agent says it for each call","hint":""},{"name":"file system","ok":true,"detail":"local","hint":""},{"name":"permissions","ok":true,"detail":"closed to others","hint":""},{"name":"space","ok":true,"detail":"[SPACE] free","hint":""},{"name":"store","ok":true,"detail":"[ROOT]/.agent_locks","hint":""},{"name":"guard","ok":true,"detail":"free","hint":""},{"name":"files","ok":true,"detail":"each is what it should be","hint":""},{"name":"step","ok":true,"detail":"none underway","hint":""},{"name":"version","ok":true,"detail":"last token [TOKEN]","hint":""},{"name":"clock","ok":true,"detail":"shows [TIME]","hint":""},{"name":"records","ok":true,"detail":"1 locks","hint":""},{"name":"line","ok":true,"detail":"0 waiters","hint":""},{"name":"history","ok":true,"detail":"1 entries","hint":""},{"name":"leftovers","ok":true,"detail":"none","hint":""},{"name":"gitignore","ok":true,"detail":"git leaves the store alone","hint":""}]}
[exit 0]

"#]]
    );
    checkout.must("acquire src/a.rs --agent ada");
    let record = checkout.root().join(".agent_locks/locks/src/a.rs.lock");
    std::fs::write(&record, "{").unwrap();
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(301);
    let file = std::fs::File::options().write(true).open(&record).unwrap();
    file.set_modified(long_ago).unwrap();
    std::fs::remove_file(checkout.root().join(".agent_locks/.gitignore")).unwrap();
    text!(
        checkout,
        "doctor",
        str![[r#"
ok  root: [ROOT]
ok  agent: none set; --agent says it for each call
ok  file system: local
ok  permissions: closed to others
ok  space: [SPACE] free
ok  store: [ROOT]/.agent_locks
ok  guard: free
ok  files: each is what it should be
ok  step: none underway
ok  version: last token [TOKEN]
ok  clock: shows [TIME]
bad records: 2 locks; 1 not as they should be: locks/src/a.rs.lock cannot be read
    next: lockctl doctor --repair
ok  line: 0 waiters
ok  history: 2 entries
ok  leftovers: none
bad gitignore: is not there: git would show the store as new files
    next: lockctl doctor --repair
[exit 1]

"#]]
    );
    text!(
        checkout,
        "doctor --repair",
        str![[r#"
ok  root: [ROOT]
ok  agent: none set; --agent says it for each call
ok  file system: local
ok  permissions: closed to others
ok  space: [SPACE] free
ok  store: [ROOT]/.agent_locks
ok  guard: free
ok  files: each is what it should be
ok  step: none underway
ok  version: last token [TOKEN]
ok  clock: shows [TIME]
ok  records: 2 locks, 1 of them mended
ok  line: 0 waiters
ok  history: 3 entries
ok  leftovers: none
ok  gitignore: git leaves the store alone; written anew
ok  quarantine: 1 kept
[exit 0]

"#]]
    );
    json!(
        checkout,
        "doctor",
        str![[r#"
{"healthy":true,"checks":[{"name":"root","ok":true,"detail":"[ROOT]","hint":""},{"name":"agent","ok":true,"detail":"none set; --agent says it for each call","hint":""},{"name":"file system","ok":true,"detail":"local","hint":""},{"name":"permissions","ok":true,"detail":"closed to others","hint":""},{"name":"space","ok":true,"detail":"[SPACE] free","hint":""},{"name":"store","ok":true,"detail":"[ROOT]/.agent_locks","hint":""},{"name":"guard","ok":true,"detail":"free","hint":""},{"name":"files","ok":true,"detail":"each is what it should be","hint":""},{"name":"step","ok":true,"detail":"none underway","hint":""},{"name":"version","ok":true,"detail":"last token [TOKEN]","hint":""},{"name":"clock","ok":true,"detail":"shows [TIME]","hint":""},{"name":"records","ok":true,"detail":"1 locks","hint":""},{"name":"line","ok":true,"detail":"0 waiters","hint":""},{"name":"history","ok":true,"detail":"3 entries","hint":""},{"name":"leftovers","ok":true,"detail":"none","hint":""},{"name":"gitignore","ok":true,"detail":"git leaves the store alone","hint":""},{"name":"quarantine","ok":true,"detail":"1 kept","hint":""}]}
[exit 0]

"#]]
    );
    checkout.write("lockctl.toml", "\nagnet = \"ada\"\n");
    text!(
        checkout,
        "doctor",
        str![[r#"
bad settings: lockctl.toml:2: unknown field `agnet`, expected one of `backend`, `namespace`, `scope`, `ttl`, `agent`
    next: correct that line; lockctl init writes a commented file
[exit 1]

"#]]
    );
    json!(
        checkout,
        "doctor",
        str![[r#"
{"healthy":false,"checks":[{"name":"settings","ok":false,"detail":"lockctl.toml:2: unknown field `agnet`, expected one of `backend`, `namespace`, `scope`, `ttl`, `agent`","hint":"correct that line; lockctl init writes a commented file"}]}
[exit 1]

"#]]
    );
}

#[test]
fn init() {
    let checkout = Checkout::new();
    text!(
        checkout,
        "init",
        str![[r#"
created [ROOT]/lockctl.toml
[exit 0]

"#]]
    );
    text!(
        checkout,
        "init",
        str![[r#"
error: [ROOT]/lockctl.toml exists (next: edit it, or remove it first)
[exit 2]

"#]]
    );
    json!(
        checkout,
        "init",
        str![[r#"
{"error":{"code":"config","message":"[ROOT]/lockctl.toml exists","hint":"edit it, or remove it first"}}
error: [ROOT]/lockctl.toml exists (next: edit it, or remove it first)
[exit 2]

"#]]
    );
    let checkout = Checkout::plain();
    json!(
        checkout,
        "init",
        str![[r#"
{"created":"[ROOT]/lockctl.toml"}
[exit 0]

"#]]
    );
}

#[test]
fn completions_and_man() {
    let checkout = Checkout::plain();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = checkout.must(&format!("completions {shell}")).stdout;
        assert!(script.contains("cleanup-orphaned"), "{shell}");
        let json = checkout.must(&format!("completions {shell} --json")).json();
        assert_eq!(json["script"], script);
    }
    let page = checkout.must("man").stdout;
    assert!(page.contains(".TH lockctl 1") && page.contains("lockctl\\-acquire(1)"), "{page}");
    assert_eq!(checkout.must("man --json").json()["page"], page);
    checkout.must("man --dir man1");
    assert!(checkout.root().join("man1/lockctl-cleanup-stale.1").exists());
}

#[test]
fn failures() {
    let checkout = Checkout::new();
    text!(
        checkout,
        "acquire src/a.rs",
        str![[r#"
error: nothing says which agent asks (next: add --agent ID, or export LOCKCTL_AGENT=ID)
[exit 2]

"#]]
    );
    json!(
        checkout,
        "acquire src/a.rs",
        str![[r#"
{"error":{"code":"no_agent","message":"nothing says which agent asks","hint":"add --agent ID, or export LOCKCTL_AGENT=ID"}}
error: nothing says which agent asks (next: add --agent ID, or export LOCKCTL_AGENT=ID)
[exit 2]

"#]]
    );
    text!(
        checkout,
        "acquire ../x --agent ada",
        str![[r#"
error: `../x` is `[DIR]/x`, outside the root `[ROOT]` (next: name something inside the root, or set --root DIR)
[exit 2]

"#]]
    );
    json!(
        checkout,
        "acquire src/[ --agent ada",
        str![[r#"
{"error":{"code":"bad_pattern","message":"`src/[`: the `[` at character 5 is never closed; a literal one is written `\\[`","hint":"escape what is meant literally with \\, or add --literal"}}
error: `src/[`: the `[` at character 5 is never closed; a literal one is written `\[` (next: escape what is meant literally with \, or add --literal)
[exit 2]

"#]]
    );
    text!(
        checkout,
        "acqiure src/a.rs",
        str![[r#"
error: unrecognized subcommand 'acqiure'; tip: a similar subcommand exists: 'acquire' (next: lockctl --help)
[exit 2]

"#]]
    );
    json!(
        checkout,
        "acqiure src/a.rs",
        str![[r#"
{"error":{"code":"usage","message":"unrecognized subcommand 'acqiure'; tip: a similar subcommand exists: 'acquire'","hint":"lockctl --help"}}
error: unrecognized subcommand 'acqiure'; tip: a similar subcommand exists: 'acquire' (next: lockctl --help)
[exit 2]

"#]]
    );
    text!(
        Checkout::plain(),
        "acquire a.rs --agent ada",
        str![[r#"
error: not in a git work tree, and no `lockctl.toml` or `.agent_locks` here or above (next: lockctl init)
[exit 2]

"#]]
    );
    json!(
        Checkout::plain(),
        "acquire a.rs --agent ada",
        str![[r#"
{"error":{"code":"no_root","message":"not in a git work tree, and no `lockctl.toml` or `.agent_locks` here or above","hint":"lockctl init"}}
error: not in a git work tree, and no `lockctl.toml` or `.agent_locks` here or above (next: lockctl init)
[exit 2]

"#]]
    );
    text!(
        checkout,
        "list --backend redis://:secret@127.0.0.1:1",
        str![[r#"
error: the store is unavailable: redis://127.0.0.1:1/0: cannot be reached: Connection refused (os error 111) (next: try again; lockctl doctor)
[exit 6]

"#]]
    );
    checkout.write("lockctl.toml", "\nagnet = \"ada\"\n");
    text!(
        checkout,
        "acquire src/a.rs",
        str![[r#"
error: lockctl.toml:2: unknown field `agnet`, expected one of `backend`, `namespace`, `scope`, `ttl`, `agent` (next: correct that line; lockctl init writes a commented file)
[exit 2]

"#]]
    );
    json!(
        checkout,
        "acquire src/a.rs",
        str![[r#"
{"error":{"code":"config","message":"lockctl.toml:2: unknown field `agnet`, expected one of `backend`, `namespace`, `scope`, `ttl`, `agent`","hint":"correct that line; lockctl init writes a commented file"}}
error: lockctl.toml:2: unknown field `agnet`, expected one of `backend`, `namespace`, `scope`, `ttl`, `agent` (next: correct that line; lockctl init writes a commented file)
[exit 2]

"#]]
    );
}

#[test]
fn notes() {
    let checkout = Checkout::new();
    text!(
        checkout,
        "acquire pages/[id].tsx --agent ada",
        str![[r#"
acquired pages/\[id\].tsx until [TIME] (in [SPAN]), token [TOKEN]
note: `pages/[id].tsx` exists: taken literally, not as a glob
[exit 0]

"#]]
    );
    text!(
        checkout,
        "acquire pages/[id].tsx --agent ada -q",
        str![[r#"
refreshed pages/\[id\].tsx until [TIME] (in [SPAN]), token [TOKEN]
[exit 0]

"#]]
    );
    text!(
        checkout,
        "acquire src --agent ada",
        str![[r#"
acquired src/ until [TIME] (in [SPAN]), token [TOKEN]
note: `src` is a directory: taken with everything below it
[exit 0]

"#]]
    );
}
