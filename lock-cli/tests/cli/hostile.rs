//! A table of what users and others may come up with, and what `lockctl` says to each: the exit
//! code, the error's code, a word of the message; nothing raw on any stream, no panic, no hang,
//! nothing changed in the store.

use std::{
    ffi::{OsStr, OsString},
    io::Read as _,
    os::unix::ffi::OsStrExt as _,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::checkout::{Answer, Checkout};

/// A call, in which `{}` stands for the hostile text; words before the verb that hold a `=` are
/// its environment. Then the text, the error's code, and what the message has in it.
type Row = (&'static str, &'static [u8], &'static str, &'static str);

const PATTERNS: &[Row] = &[
    ("acquire {}", b"", "bad_pattern", "empty"),
    ("acquire {}", b"..", "outside_root", "outside the root"),
    ("acquire {}", b"../x", "outside_root", "outside the root"),
    ("acquire {}", b"src/../../x", "outside_root", "outside the root"),
    ("acquire {}", b"/etc/passwd", "outside_root", "outside the root"),
    ("acquire {}", b"/", "outside_root", "outside the root"),
    ("acquire {}", b"//", "outside_root", "outside the root"),
    ("acquire {}", b"/proc/self/fd/0", "outside_root", "outside the root"),
    ("acquire {}", b"a\x1b[31m", "bad_pattern", "control character"),
    ("acquire {}", b"a\nerror: b", "bad_pattern", "control character"),
    ("acquire {}", b"\r", "bad_pattern", "control character"),
    ("acquire {}", b"\x7f", "bad_pattern", "control character"),
    ("acquire {}", b"a\xc2\x9b2J", "bad_pattern", "control character"),
    ("acquire {}", b"a\xff", "bad_pattern", "not UTF-8"),
    ("acquire {}", b"\xc0\xaf\xc0\xae", "bad_pattern", "not UTF-8"),
    ("acquire {}", b"\xed\xa0\x80", "bad_pattern", "not UTF-8"),
    ("acquire --glob {}", b"a**b", "bad_pattern", "whole segment"),
    ("acquire --glob {}", b"***", "bad_pattern", "whole segment"),
    ("acquire --glob {}", b"[", "bad_pattern", "never closed"),
    ("acquire --glob {}", b"{a", "bad_pattern", "never closed"),
    ("acquire --glob {}", b"[z-a]", "bad_pattern", "backwards"),
    ("acquire --glob {}", b"[a/b]", "bad_pattern", "class"),
    ("acquire --glob {}", b"x\\", "bad_pattern", "escapes nothing"),
    ("acquire --glob {}", b"{,a}", "bad_pattern", "empty"),
    ("acquire --glob {}", b"{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}", "limit", "256"),
    ("acquire --literal {}", b"../x", "outside_root", "outside the root"),
    ("release --glob {}", b"[", "bad_pattern", "never closed"),
    ("refresh {}", b"../x", "outside_root", "outside the root"),
    ("check {}", b"a\x1b]0;x\x07", "bad_pattern", "control character"),
    ("who {}", b"\xff\xfe", "bad_pattern", "not UTF-8"),
    ("wait {}", b"{", "bad_pattern", "never closed"),
    ("break --glob {} --reason x", b"[z-a]", "bad_pattern", "backwards"),
    ("history {}", b"[", "bad_pattern", "never closed"),
    ("list --under {}", b"../..", "outside_root", "outside the root"),
    ("run {} -- true", b"../x", "outside_root", "outside the root"),
    ("acquire --patterns-from {}", b"/nowhere/at/all", "usage", "cannot read"),
    ("acquire --patterns-from {}", b"src", "usage", "cannot read"),
    ("acquire --patterns-from {}", b"a\x1b[2J", "usage", "cannot read"),
];

const NAMES: &[Row] = &[
    ("acquire x --agent {}", b"", "usage", "--agent"),
    ("acquire x --agent {}", b"a b", "usage", "printable"),
    ("acquire x --agent {}", b"a\x1b[31m", "usage", "printable"),
    ("acquire x --agent {}", b"a\nb", "usage", "printable"),
    ("acquire x --agent {}", b"a\x9b", "usage", "not UTF-8"),
    ("acquire x --agent {}", b"a\xe2\x80\xaeb", "usage", "printable"),
    ("acquire x --agent {}", b"a\xe2\x80\x8bb", "usage", "printable"),
    ("acquire x --agent {}", b"\xef\xbb\xbfada", "usage", "printable"),
    ("acquire x --agent {}", b"ada\xc2\xa0", "usage", "printable"),
    ("cleanup-agent {}", b"a b", "usage", "printable"),
    ("cleanup-agent {}", b"\x1b[31m", "usage", "printable"),
    ("list --by {}", b"a\tb", "usage", "printable"),
    ("history --by {}", b"", "usage", "empty"),
    ("cleanup-orphaned --known {}", b"a b", "usage", "printable"),
    ("LOCKCTL_AGENT={} acquire x", b"a b", "usage", "LOCKCTL_AGENT"),
    ("LOCKCTL_AGENT={} acquire x", b"\x1b[31m", "usage", "LOCKCTL_AGENT"),
    ("LOCKCTL_AGENT={} acquire x", b"\xff", "usage", "LOCKCTL_AGENT"),
    ("LOCKCTL_AGENT={} acquire x", b"", "no_agent", "which agent"),
    ("acquire x --reason {}", b"\xff", "usage", "not UTF-8"),
    ("break src/a.rs --reason {}", b"\xff\x1b", "usage", "not UTF-8"),
];

const NUMBERS: &[Row] = &[
    ("acquire x --ttl {}", b"", "limit", "100ms to 7d"),
    ("acquire x --ttl {}", b"0", "limit", "100ms to 7d"),
    ("acquire x --ttl {}", b"-1", "limit", "100ms to 7d"),
    ("acquire x --ttl {}", b"99ms", "limit", "100ms to 7d"),
    ("acquire x --ttl {}", b"8d", "limit", "100ms to 7d"),
    ("acquire x --ttl {}", b"NaN", "limit", "100ms to 7d"),
    ("acquire x --ttl {}", b"inf", "limit", "100ms to 7d"),
    ("acquire x --ttl {}", b"1e308", "limit", "100ms to 7d"),
    ("acquire x --ttl {}", b"99999999999999999999999d", "limit", "100ms to 7d"),
    ("acquire x --ttl {}", b"5\x1b[31mm", "limit", "100ms to 7d"),
    ("acquire x --ttl {}", b"\xd9\xa5m", "limit", "100ms to 7d"),
    ("acquire x --ttl {}", b"5m\xff", "usage", "not UTF-8"),
    ("refresh src/a.rs --ttl {}", b"-5m", "limit", "100ms to 7d"),
    ("run x --ttl {} -- true", b"500ms", "limit", "1s"),
    ("run x --conflict-exit-code {} -- true", b"256", "usage", "--conflict-exit-code"),
    ("run x --conflict-exit-code {} -- true", b"-1", "usage", "--conflict-exit-code"),
    ("acquire x --wait={}", b"-1", "usage", "not a duration"),
    ("acquire x --wait={}", b"soon", "usage", "not a duration"),
    ("acquire x --wait={}", b"NaN", "usage", "not a duration"),
    ("wait x --timeout {}", b"1e9", "usage", "not a duration"),
    ("cleanup-stale --older-than {}", b"-1", "usage", "not a duration"),
    ("cleanup-stale --older-than {}", b"", "usage", "not a duration"),
    ("history --since {}", b"yesterday", "usage", "not a duration"),
    ("history --at {}", b"2026-13-45", "usage", "--at"),
    ("history --at {}", b"\x1b[31m", "usage", "--at"),
    ("release src/a.rs --token {}", b"-1", "usage", "--token"),
    ("release src/a.rs --token {}", b"1.5", "usage", "--token"),
    ("release src/a.rs --token {}", b"18446744073709551616", "usage", "--token"),
    ("refresh src/a.rs --token {}", b"\x1b[31m", "usage", "--token"),
    ("refresh src/a.rs --token {}", b"\xff", "usage", "--token"),
    ("acquire x --pid {}", b"0", "usage", "--pid"),
    ("acquire x --pid {}", b"-1", "usage", "--pid"),
    ("acquire x --pid {}", b"99999999999", "usage", "--pid"),
    ("acquire x --pid {}", b"1e3", "usage", "--pid"),
];

const URLS: &[Row] = &[
    ("list --backend {}", b"", "config", "scheme:place"),
    ("list --backend {}", b"fs", "config", "scheme:place"),
    ("list --backend {}", b":", "config", "scheme:place"),
    ("list --backend {}", b"fs:", "config", "directory"),
    ("list --backend {}", b"etcd://localhost", "config", "etcd"),
    ("list --backend {}", b"javascript:alert(1)", "config", "javascript"),
    ("list --backend {}", b"fs:a\x1b[31m", "config", "control characters"),
    ("list --backend {}", b"fs:a?mode=%1b[31m", "config", "control characters"),
    ("list --backend {}", b"fs:a?mode=%ff", "config", "UTF-8"),
    ("list --backend {}", b"fs:a?mode=0777", "config", "mode"),
    ("list --backend {}", b"fs:a?mode=8", "config", "mode"),
    ("list --backend {}", b"fs:a?mode=-1", "config", "mode"),
    ("list --backend {}", b"fs:a?allow-network=perhaps", "config", "allow-network"),
    ("list --backend {}", b"fs:a?colour=red", "config", "colour"),
    ("list --backend {}", b"fs:a?namespace=../../x", "config", "namespace"),
    ("list --backend {}", b"fs:a\xff", "usage", "not UTF-8"),
    ("list --backend {}", b"sqlite:", "config", "file"),
    ("list --backend {}", b"sqlite::memory:", "config", "memory"),
    ("list --backend {}", b"sqlite:x.db?journal=off", "config", "journal"),
    ("list --backend {}", b"redis://", "config", ""),
    ("list --backend {}", b"redis://h:99999", "config", "[:PORT]"),
    ("list --backend {}", b"redis://h:port", "config", "[:PORT]"),
    ("list --backend {}", b"redis://h/db", "config", ""),
    ("list --backend {}", b"redis://h?namespace={a}", "config", "namespace"),
    ("list --backend {}", b"redis://h?timeout=soon", "config", "timeout"),
    ("list --backend {}", b"redis://u:s3cret@h:port?x=1", "config", ""),
    ("list --backend {}", b"redis+unix:", "config", ""),
    ("list --backend {}", b"redis+unix:/s?password=s3cret&x=1", "config", ""),
    ("LOCKCTL_BACKEND={} list", b"nonsense", "config", "scheme:place"),
    ("LOCKCTL_BACKEND={} list", b"\xff", "usage", "LOCKCTL_BACKEND"),
    ("LOCKCTL_BACKEND={} list", b"x:\x1b[31m", "config", "control characters"),
    ("LOCKCTL_ROOT={} list", b"/nowhere/at/all", "usage", "cannot look up"),
    ("LOCKCTL_ROOT={} list", b"a\x1b[31m", "usage", "cannot look up"),
    ("list --root {}", b"src/a.rs", "usage", "not a directory"),
    ("list --root {}", b"\xff", "usage", "cannot look up"),
];

const USAGE: &[Row] = &[
    ("{}", b"\x1b[31m", "usage", "unrecognized"),
    ("{}", b"\xff", "usage", ""),
    ("{}", b"--no-such", "usage", "unexpected"),
    ("{} x", b"aquire", "usage", "acquire"),
    ("acquire {}", b"--no\x1b[31m", "usage", "unexpected"),
    ("acquire x --{}", b"\xe2\x80\xaeraw", "usage", "unexpected"),
    ("acquire x --literal --{}", b"glob", "usage", "--glob"),
    ("completions {}", b"cmd.exe", "usage", "cmd.exe"),
    ("break src/a.rs {}", b"--json", "usage", "--reason"),
    ("release {}", b"--json", "usage", ""),
    ("run {}", b"x", "usage", "COMMAND"),
    ("release --all {}", b"x", "usage", ""),
];

#[test]
fn hostile_patterns_have_their_answers() {
    all(PATTERNS);
}

#[test]
fn hostile_names_have_their_answers() {
    all(NAMES);
}

#[test]
fn hostile_numbers_have_their_answers() {
    all(NUMBERS);
}

#[test]
fn hostile_urls_have_their_answers() {
    all(URLS);
}

#[test]
fn hostile_command_lines_have_their_answers() {
    all(USAGE);
}

/// `lockctl.toml`, and what is said of it.
const CONFIGS: &[(&[u8], &str)] = &[
    (b"\xff\xfe", "UTF-8"),
    (b"agent", "lockctl.toml:1"),
    (b"agent = ", "lockctl.toml:1"),
    (b"agent = 'a", "lockctl.toml:1"),
    (b"[agent", "lockctl.toml:1"),
    (b"agent = \"a\"\nagent = \"b\"", "lockctl.toml:2"),
    (b"agnet = 'a'", "lockctl.toml:1"),
    (b"\n\n\"a\\u001b[31m\" = 1", "lockctl.toml:3"),
    (b"agent = 1", "lockctl.toml:1"),
    (b"agent = ['a']", "lockctl.toml:1"),
    (b"agent = 'a b'", "lockctl.toml"),
    (b"agent = \"a\\u202e\"", "lockctl.toml"),
    (b"agent = ''", "lockctl.toml"),
    (b"ttl = true", "lockctl.toml:1"),
    (b"ttl = 0", "100ms to 7d"),
    (b"ttl = -5", "100ms to 7d"),
    (b"ttl = nan", "100ms to 7d"),
    (b"ttl = inf", "100ms to 7d"),
    (b"ttl = 1e300", "100ms to 7d"),
    (b"ttl = '8d'", "100ms to 7d"),
    (b"ttl = 9223372036854775808", "100ms to 7d"),
    (b"scope = 'planet'", "lockctl.toml:1"),
    (b"namespace = ''", "namespace"),
    (b"namespace = '../x'", "namespace"),
    (b"namespace = \"a\\u0000b\"", "namespace"),
    (b"backend = ''", "scheme:place"),
    (b"backend = 'nonsense'", "scheme:place"),
    (b"backend = \"fs:\\u001b[31m\"", "control characters"),
    (b"a.b.c.d = 1", "lockctl.toml:1"),
];

#[test]
fn hostile_settings_have_their_answers() {
    let mut wrong = Vec::new();
    for (text, says) in CONFIGS {
        let checkout = Checkout::new();
        std::fs::write(checkout.root().join("lockctl.toml"), text).unwrap();
        let mut command = checkout.command();
        command.args(["acquire", "x", "--json"]);
        if !text.starts_with(b"agent") {
            command.args(["--agent", "ada"]);
        }
        let what = String::from_utf8_lossy(text).into_owned();
        judge(&mut wrong, &what, bounded(command), None, says);
        if !checkout.store().is_empty() {
            wrong.push(format!("{what}: made a store"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// What may lie where a record should.
const RECORDS: &[&[u8]] = &[
    b"",
    b"\0\0\0\0",
    b"[1]",
    b"null",
    b"{}",
    b"{\"format\":1}",
    b"{\"format\":99,\"lock\":{}}",
    b"{\"format\":1,\"lock\":{\"agent\":\"\\u001b[31m\"}}",
    b"\xff\xfe\x1b[31m",
    b"{\"format\":1,\"lock\":null,\"lease\":{\"boottime_us\":1e999}}",
];

/// The lock stays held, by nobody known, and nothing else is disturbed.
#[test]
fn a_hostile_record_holds_its_path_and_no_other() {
    let mut wrong = Vec::new();
    for bytes in RECORDS.iter().copied().chain([&*b"[".repeat(60_000)]) {
        let checkout = Checkout::new();
        checkout.must("acquire src/a.rs --agent ada");
        let record = checkout.store().into_iter().map(|(path, _)| path);
        let record = record.filter(|path| path.to_string_lossy().ends_with(".lock"));
        let [record] = record.collect::<Vec<_>>().try_into().unwrap();
        std::fs::write(record, bytes).unwrap();
        for (line, code) in [
            ("acquire src/a.rs --agent bob --json", 1),
            ("acquire src/*.rs --agent bob --json", 1),
            ("acquire src/b.rs --agent bob --json", 0),
            ("list --json", 0),
            ("list", 0),
            ("who src/a.rs", 0),
            ("release src/a.rs --agent bob --json", 5),
        ] {
            let answer = checkout.lockctl(line);
            let raw = answer.text().contains(|c: char| c.is_control() && c != '\n');
            if answer.code != code || raw {
                let head = String::from_utf8_lossy(&bytes[..bytes.len().min(40)]).into_owned();
                wrong.push(format!("{head:?}: {line}: {answer:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn all(rows: &[Row]) {
    let checkout = Checkout::new();
    checkout.must("acquire src/a.rs --agent ada");
    let before = checkout.store();
    let mut wrong = Vec::new();
    for (line, hostile, code, says) in rows {
        let mut command = checkout.command();
        let mut words = line.split(' ').map(|word| filled(word, hostile)).peekable();
        while let Some(word) = words.next_if(|word| word.as_bytes().starts_with(b"LOCKCTL_")) {
            let at = word.as_bytes().iter().position(|byte| *byte == b'=').unwrap();
            let (name, value) = word.as_bytes().split_at(at);
            command.env(OsStr::from_bytes(name), OsStr::from_bytes(&value[1..]));
        }
        command.arg("--json");
        if !line.contains("AGENT") && !line.contains("--agent") {
            command.args(["--agent", "ada"]);
        }
        command.args(words);
        let what = format!("{line} {:?}", String::from_utf8_lossy(hostile));
        judge(&mut wrong, &what, bounded(command), Some(code), says);
        if checkout.store() != before {
            wrong.push(format!("{what}: changed the store"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

fn filled(word: &str, hostile: &[u8]) -> OsString {
    let Some((before, after)) = word.split_once("{}") else { return word.into() };
    let bytes = [before.as_bytes(), hostile, after.as_bytes()].concat();
    OsStr::from_bytes(&bytes).to_owned()
}

/// The answer, if it comes within ten seconds: a second is meant, and the rest is for a machine
/// with much else to do.
fn bounded(mut command: Command) -> Option<Answer> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if Instant::now() > deadline => {
                child.kill().unwrap();
                return None;
            }
            None => thread::sleep(Duration::from_millis(1)),
        }
    };
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    child.stdout.take().unwrap().read_to_end(&mut stdout).unwrap();
    child.stderr.take().unwrap().read_to_end(&mut stderr).unwrap();
    Some(std::process::Output { status, stdout, stderr }.into())
}

fn judge(
    wrong: &mut Vec<String>,
    what: &str,
    answer: Option<Answer>,
    code: Option<&str>,
    says: &str,
) {
    let Some(answer) = answer else { return wrong.push(format!("{what}: hangs")) };
    let json: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap_or_default();
    let error = &json["error"];
    let hides = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{feff}')
    };
    let told = error["message"].as_str().is_some_and(|message| message.contains(says));
    let right = answer.code == 2
        && code.is_none_or(|code| error["code"] == code)
        && told
        && error["hint"].as_str().is_some_and(|hint| !hint.is_empty())
        && answer.stderr.lines().count() == 1
        && !answer.text().contains(hides)
        && !answer.text().contains("s3cret");
    if !right {
        wrong.push(format!("{what}: {} {answer:?}", code.unwrap_or("config")));
    }
}
