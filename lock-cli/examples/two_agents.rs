//! Two agents and one checkout: the first is granted a glob, the second meets it.
//!
//!     cargo run --release -p lock-cli --example two_agents
//!
//! Drives the real `lockctl` over the paths of this very checkout, in a temporary store. Exits
//! with 1 if the answers are not what they should be.

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Output},
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    match play() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("two_agents: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn play() -> Result<()> {
    let stage = Stage::new()?;
    let (glob, file) = ("lock-core/src/*.rs", "lock-core/src/lib.rs");
    let granted = stage.show(&["acquire", glob, "--agent", "ada", "--reason", "rename Pattern"])?;
    check(granted.status.code() == Some(0), "ada is granted the glob")?;
    let refused = stage.show(&["acquire", file, "--agent", "grace"])?;
    check(refused.status.code() == Some(1), "grace is refused")?;

    let json = stage.lockctl(&["acquire", file, "--agent", "grace", "--json"])?;
    let json: serde_json::Value = serde_json::from_slice(&json.stdout)?;
    let conflict = json.pointer("/conflicts/0").ok_or("no conflict is named")?;
    for (pointer, expected) in [
        ("/held/agent_id", "ada"),
        ("/held/pattern", glob),
        ("/held/reason", "rename Pattern"),
        ("/witness", file),
    ] {
        let found = conflict.pointer(pointer).and_then(serde_json::Value::as_str);
        check(found == Some(expected), &format!("{pointer} is {expected}, not {found:?}"))?;
    }

    stage.show(&["release", "--all", "--agent", "ada"])?;
    let granted = stage.show(&["acquire", file, "--agent", "grace"])?;
    check(granted.status.code() == Some(0), "grace is granted the file")
}

fn check(holds: bool, what: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(format!("this does not hold: {what}").into()) }
}

#[allow(clippy::print_stdout, reason = "an example talks")]
fn say(text: &str) {
    println!("{text}");
}

/// This checkout, with a store of its own.
struct Stage {
    lockctl: PathBuf,
    checkout: &'static Path,
    store: PathBuf,
}

impl Stage {
    fn new() -> Result<Self> {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        let checkout = manifest.parent().ok_or("the crate lies in no workspace")?;
        let store = env::temp_dir().join(format!("two_agents-{}", std::process::id()));
        Ok(Self { lockctl: built()?, checkout, store })
    }

    fn lockctl(&self, arguments: &[&str]) -> Result<Output> {
        let mut command = Command::new(&self.lockctl);
        command.current_dir(self.checkout).args(arguments);
        command.env("LOCKCTL_ROOT", self.checkout);
        command.env("LOCKCTL_BACKEND", format!("fs:{}", self.store.display()));
        Ok(command.env_remove("LOCKCTL_AGENT").output()?)
    }

    /// Runs it and prints it as a terminal would.
    fn show(&self, arguments: &[&str]) -> Result<Output> {
        let quoted = arguments.iter().map(|word| match word.contains([' ', '*']) {
            true => format!("'{word}'"),
            false => (*word).to_owned(),
        });
        let output = self.lockctl(arguments)?;
        let (answer, notes) = (&output.stdout, &output.stderr);
        let answer = String::from_utf8_lossy(answer) + String::from_utf8_lossy(notes);
        say(&format!("$ lockctl {}\n{}", quoted.collect::<Vec<_>>().join(" "), answer.trim_end()));
        Ok(output)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.store);
    }
}

/// The `lockctl` that the environment names, which spares tests a build; else the one beside this
/// example, built in the same profile.
fn built() -> Result<PathBuf> {
    if let Some(lockctl) = env::var_os("TWO_AGENTS_LOCKCTL") {
        return Ok(lockctl.into());
    }
    let example = env::current_exe()?;
    let profile_dir = example.parent().and_then(Path::parent).ok_or("not run by cargo")?;
    let target_dir = profile_dir.parent().ok_or("not run by cargo")?;
    let profile = match profile_dir.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "-p", "lock-cli", "--bin", "lockctl", "--profile", profile]);
    build.arg("--target-dir").arg(target_dir).current_dir(env!("CARGO_MANIFEST_DIR"));
    check(build.status()?.success(), "lockctl can be built")?;
    Ok(profile_dir.join(format!("lockctl{}", env::consts::EXE_SUFFIX)))
}
