//! What a verb works with: the root, the settings, the store.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use lock_core::{
    BackendError, Backends, Error, LockBackend, LockManager, Pattern, Specimen, StoreUrl, Target,
    root::Root, root::RootError,
};

use crate::{
    args::Global,
    config::{Config, FILE, Scope},
    failure::Failure,
    output::Output,
    patterns::{PatternArgs, ReadingArgs},
    present::next::Next,
    settings::Settings,
};

/// What a verb works with.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) backends: &'a Backends,
    pub(crate) global: &'a Global,
    pub(crate) output: Output,
    pub(crate) cwd: PathBuf,
    /// None: nothing says where the work tree begins.
    pub(crate) root: Option<Root>,
    pub(crate) settings: Settings,
}

impl<'a> Context<'a> {
    /// Finds the root and reads its settings. Opens nothing yet.
    pub(crate) fn new(global: &'a Global, backends: &'a Backends) -> Result<Self, Failure> {
        let (cwd, root) = find_root(global)?;
        let config = Config::read(root.as_ref().map_or(&cwd, |root| root.path()))?;
        let settings = Settings::new(global, |name| std::env::var_os(name), config)?;
        let output = Output { json: global.json, quiet: global.quiet };
        Ok(Self { backends, global, output, cwd, root, settings })
    }

    /// This agent's way to the store, for commands that change something.
    pub(crate) async fn locks(&self) -> Result<LockManager, Failure> {
        let agent = self.settings.agent()?;
        Ok(LockManager::new(self.store(self.root()?.path()).await?, agent)?)
    }

    /// A way to the store for commands that change something in nobody's name.
    pub(crate) async fn operator(&self) -> Result<LockManager, Failure> {
        Ok(LockManager::stranger(self.store(self.root()?.path()).await?))
    }

    /// A way to the store for commands that only look: the agent's, or a stranger's.
    pub(crate) async fn looking(&self) -> Result<LockManager, Failure> {
        let base = self.root.as_ref().map_or(self.cwd.as_path(), Root::path);
        let store = self.store(base).await?;
        Ok(match self.settings.agent_if_any()? {
            Some(agent) => LockManager::new(store, agent)?,
            None => LockManager::stranger(store),
        })
    }

    /// The directory that a relative store path is against.
    pub(crate) fn base(&self, root: &Path) -> Result<PathBuf, Failure> {
        match self.settings.scope {
            Scope::Worktree => Ok(root.to_owned()),
            Scope::Repository => {
                let git = self.root.as_ref().and_then(Root::common_git_dir);
                git.ok_or_else(|| {
                    let message =
                        format!("{FILE}: scope = \"repository\", and this is no git work tree");
                    Failure::config(
                        message,
                        "use scope = \"worktree\", or run it inside a git work tree",
                    )
                })
            }
        }
    }

    /// A fresh store beside the one that the settings name, to be measured.
    pub(crate) async fn specimen(&self) -> Result<Box<dyn Specimen>, Failure> {
        let url: StoreUrl = self.settings.backend.parse()?;
        let base = self.base(self.root()?.path())?;
        let made = self.backends.measure_at(&self.settings.backend, &base).await;
        made.map_err(|error| self.not_opened(&url, error))
    }

    async fn store(&self, root: &Path) -> Result<impl LockBackend + use<>, Failure> {
        let url: StoreUrl = self.settings.backend.parse()?;
        let base = self.base(root)?;
        tracing::debug!(backend = %url, base = %base.display(), "opening the store");
        let connected = self.backends.connect_at(&self.settings.backend, &base).await;
        connected.map_err(|error| self.not_opened(&url, error))
    }

    fn not_opened(&self, url: &StoreUrl, error: BackendError) -> Failure {
        match self.backends.names().any(|name| name == url.scheme()) {
            true => error.into(),
            false => {
                let known = self.backends.names().collect::<Vec<_>>().join(", ");
                Failure::config(error.context(), format!("choose one of: {known}"))
            }
        }
    }

    fn root(&self) -> Result<&Root, Failure> {
        self.root.as_ref().ok_or(Failure::NoRoot)
    }

    /// The root that names are against, where only looking is asked.
    fn naming_root(&self) -> Result<std::borrow::Cow<'_, Root>, Failure> {
        match &self.root {
            Some(root) => Ok(std::borrow::Cow::Borrowed(root)),
            None => Ok(std::borrow::Cow::Owned(Root::at(&self.cwd)?)),
        }
    }

    /// What the arguments name, each read in the one way that fits best.
    pub(crate) fn patterns(&self, args: &PatternArgs) -> Result<Vec<Pattern>, Failure> {
        let root = self.naming_root()?;
        let mut notes = Vec::new();
        let mut patterns = Vec::new();
        for argument in args.arguments()? {
            let resolved = root.pattern(&argument, &self.cwd, args.reading.reading())?;
            notes.extend(resolved.note);
            patterns.push(resolved.pattern);
        }
        // Only once all of them are known to be good: a mistake is told in one line.
        notes.iter().for_each(|note| self.output.note(&note.to_string()));
        Ok(patterns)
    }

    /// What one argument names.
    pub(crate) fn pattern(
        &self,
        argument: &std::ffi::OsStr,
        reading: ReadingArgs,
    ) -> Result<Pattern, Failure> {
        let args =
            PatternArgs { patterns: vec![argument.to_owned()], reading, ..PatternArgs::default() };
        self.patterns(&args)?.pop().ok_or_else(|| Error::PatternCount(0).into())
    }

    /// What the arguments may name among the locks that exist: every reading of each.
    pub(crate) fn targets(&self, args: &PatternArgs) -> Result<Vec<Target>, Failure> {
        let root = self.root()?;
        let arguments = args.arguments()?;
        let read = arguments.iter().map(|a| root.readings(a, &self.cwd, args.reading.reading()));
        Ok(read.collect::<Result<_, RootError>>()?)
    }

    /// How `pattern` is typed here.
    pub(crate) fn typed(&self, pattern: &Pattern) -> String {
        match &self.root {
            Some(root) => root.typed(pattern, &self.cwd),
            None => pattern.to_string(),
        }
    }

    /// A command to type next, on the same store. A URL with a password in it is not repeated.
    pub(crate) fn next(&self, verb: &str) -> Next {
        let root = self.global.root.as_ref().map(|root| root.as_os_str());
        let is_open = |url: &&OsString| {
            let shown = url.to_str().and_then(|url| url.parse::<StoreUrl>().ok());
            shown.is_some_and(|shown| shown.to_string().as_str() == url.as_os_str())
        };
        let backend = self.global.backend.as_ref().filter(is_open);
        Next::new(verb).option("--root", root).option("--backend", backend.map(OsString::as_os_str))
    }
}

/// The current directory, and the root that it is in, if any.
pub(crate) fn find_root(global: &Global) -> Result<(PathBuf, Option<Root>), Failure> {
    let cwd = std::env::current_dir().map_err(|error| {
        Failure::usage(format!("the current directory is gone: {error}"), "cd to one that exists")
    })?;
    let variable = || std::env::var_os("LOCKCTL_ROOT").filter(|value| !value.is_empty());
    let given = global.root.clone().or_else(|| variable().map(PathBuf::from));
    match Root::discover(given.as_deref(), &cwd) {
        Ok(root) => Ok((cwd, Some(root))),
        Err(RootError::NoRoot) => Ok((cwd, None)),
        Err(error) => Err(error.into()),
    }
}
