//! What several commands need: the scenario that is meant, what went wrong, and how to say so.

use super::Exit;
use super::arguments::{Color, Which};
use crate::node::{EventId, SimSpan, SimTime};
use crate::scenario::{Diagnostic, Failure, Scenario, library};
use crate::trace::Trace;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Why a command could not do what it was asked.
#[derive(Debug)]
pub enum Stop {
    /// A mistake in a scenario, and where it stands.
    Mistake(Box<Diagnostic>),
    /// Anything else: how the process ends, and what is said.
    Said(Exit, String),
}

impl Stop {
    /// The command line makes no sense.
    pub fn usage(text: impl Into<String>) -> Self {
        Stop::Said(Exit::Usage, text.into())
    }

    /// An input is wrong.
    pub fn wrong(text: impl Into<String>) -> Self {
        Stop::Said(Exit::Wrong, text.into())
    }

    /// The person did not want to wait; `how_far` says what had been done by then.
    pub fn interrupted(how_far: &str) -> Self {
        let separator = if how_far.is_empty() { "" } else { ": " };
        Stop::Said(Exit::Interrupted, format!("interrupted{separator}{how_far}"))
    }

    /// Says it on standard error, and gives the exit code.
    pub fn tell(self, color: Color) -> Exit {
        match self {
            Stop::Mistake(diagnostic) => {
                eprintln!("{}", diagnostic.render(wants_color(color, &std::io::stderr())));
                Exit::Wrong
            }
            Stop::Said(exit, text) if text.is_empty() => exit,
            Stop::Said(exit, text) => {
                let what = if exit == Exit::Interrupted { "" } else { "error: " };
                eprintln!("{what}{text}");
                exit
            }
        }
    }
}

impl From<Diagnostic> for Stop {
    fn from(diagnostic: Diagnostic) -> Self {
        Stop::Mistake(Box::new(diagnostic))
    }
}

impl From<std::io::Error> for Stop {
    /// A reader that went away (`| head`) is no failure worth a word.
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Stop::Said(Exit::Met, String::new()),
            _ => Stop::wrong(format!("writing failed: {error}")),
        }
    }
}

impl Stop {
    /// What a run that gave no result means to whoever asked for it with `again`.
    pub fn from_failure(failure: Failure, again: &str) -> Self {
        match failure {
            Failure::Interrupted => Stop::interrupted(""),
            Failure::Output(error) => error.into(),
            departed @ (Failure::Departed { .. } | Failure::Stuck(_)) => {
                Stop::wrong(format!("{departed}\nNothing of this run counts."))
            }
            Failure::Panicked(text) => {
                Stop::Said(Exit::Broken, format!("the protocol's own code panicked: {text}\nAGAIN  {again}"))
            }
        }
    }
}

/// Prints a text with a line feed to standard output.
pub fn print(text: &str) -> Result<(), Stop> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", text.trim_end_matches('\n'))?;
    out.flush()?;
    Ok(())
}

/// Whether a stream is to be coloured.
pub fn wants_color(color: Color, stream: &impl IsTerminal) -> bool {
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    }
}

/// The scenario that is meant, its seed set, without the changes that are asked for.
pub fn load(which: &Which) -> Result<Scenario, Stop> {
    let mut scenario = load_by_name(&which.scenario, which.variant.as_deref())?;
    if let Some(seed) = which.seed {
        scenario.set_seed(seed);
    }
    Ok(scenario)
}

/// A built-in scenario, a file, or standard input.
pub fn load_by_name(name: &str, variant: Option<&str>) -> Result<Scenario, Stop> {
    if name == "-" {
        return Ok(Scenario::from_reader("standard input", std::io::stdin().lock(), variant)?);
    }
    if let Some(text) = library::find(name) {
        return Ok(Scenario::parse(name, text, variant)?);
    }
    let path = Path::new(name);
    if path.exists() || name.ends_with(".ron") {
        return Ok(Scenario::load(path, variant)?);
    }
    let without_chapter = library::names().find(|built_in| built_in.rsplit('/').next() == Some(name));
    let nearest = match without_chapter.or_else(|| crate::scenario::nearest(name, library::names())) {
        Some(nearest) => format!("\nnearest: {nearest}"),
        None => String::new(),
    };
    let list = invocation(&["list"]);
    Err(Stop::wrong(format!(
        "no built-in scenario and no file is called {name:?}{nearest}\n{list}  shows all that are built in"
    )))
}

/// Reads `e131` or `131`.
pub fn event(text: &str, events: usize) -> Result<EventId, Stop> {
    let number = text.strip_prefix('e').unwrap_or(text).parse::<u32>();
    let number = number.map_err(|_| Stop::usage(format!("{text:?} is no event; events are written like e131")))?;
    if (number as usize) < events {
        return Ok(EventId(number));
    }
    Err(Stop::usage(format!("there is no {text} in this run; its last event is e{}", events.saturating_sub(1))))
}

/// Reads `e131` or `1.5s`.
pub fn moment(text: &str, trace: &Trace) -> Result<EventId, Stop> {
    if text.starts_with('e') {
        return event(text, trace.len());
    }
    let written = if text.ends_with(|c: char| c.is_ascii_digit()) { format!("{text}s") } else { text.to_owned() };
    let span: SimSpan = written.parse().map_err(|why| Stop::usage(format!("{why}; or an event, such as e131")))?;
    Ok(trace.at_time(SimTime(span.0)).unwrap_or(EventId(0)))
}

/// How Pessimist was started, so that printed commands can be pasted: through cargo, by a path, or by its name.
/// `PESSIMIST_COMMAND` says what to print instead, for wrappers.
pub fn program() -> String {
    if let Some(command) = std::env::var_os("PESSIMIST_COMMAND") {
        return command.to_string_lossy().into_owned();
    }
    let through_cargo = std::env::var_os("CARGO").is_some() && std::env::var_os("CARGO_MANIFEST_DIR").is_some();
    if through_cargo {
        let release = if cfg!(debug_assertions) { "" } else { "--release " };
        return format!("cargo run {release}--");
    }
    let typed = std::env::args().next().unwrap_or_else(|| "pessimist".to_owned());
    let name =
        Path::new(&typed).file_name().map_or_else(|| typed.clone(), |name| name.to_string_lossy().into_owned());
    let path = std::env::var_os("PATH").unwrap_or_default();
    let same = |folder: std::path::PathBuf| {
        let found = std::fs::canonicalize(folder.join(&name));
        found.is_ok_and(|found| std::fs::canonicalize(&typed).is_ok_and(|started| started == found))
    };
    if !typed.contains(std::path::MAIN_SEPARATOR) || std::env::split_paths(&path).any(same) { name } else { typed }
}

/// A command that can be pasted. Words with other than plain characters are quoted.
pub fn invocation(words: &[&str]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:@%+=,".contains(c);
    let quoted = |word: &&str| {
        if !word.is_empty() && word.chars().all(plain) {
            (*word).to_owned()
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    };
    let words: Vec<String> = words.iter().map(quoted).collect();
    format!("{} {}", program(), words.join(" "))
}

/// The words by which a command names a run: scenario, variant, seed.
pub fn words_of<'a>(command: &'a str, scenario: &'a str, variant: Option<&'a str>, seed: &'a str) -> Vec<&'a str> {
    let mut words = vec![command, scenario];
    words.extend(variant.iter().flat_map(|variant| ["--variant", variant]));
    words.extend(["--seed", seed]);
    words
}

/// So many of a thing: `1 step`, `3 crashes`.
pub fn counted(count: u64, what: &str) -> String {
    match (count, what.ends_with('s') || what.ends_with("sh")) {
        (1, _) => format!("1 {what}"),
        (_, true) => format!("{count} {what}es"),
        (_, false) => format!("{count} {what}s"),
    }
}

/// Threads for so many runs at a time; one for each core where nothing is asked for.
pub fn pool(jobs: Option<usize>) -> Result<rayon::ThreadPool, Stop> {
    let jobs = jobs.unwrap_or(0);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build();
    pool.map_err(|error| Stop::usage(format!("{jobs} jobs cannot be started: {error}")))
}

/// How far many runs have come, on standard error where that is a terminal.
pub fn progress_bar(seeds: u64) -> ProgressBar {
    let target =
        if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} seeds, {per_sec}, {eta} left");
    ProgressBar::with_draw_target(Some(seeds), target).with_style(style.expect("the template is well-formed"))
}

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static IS_HEEDED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C asks work that heeds it to end. Anything else ends at once, and so does work at a second one.
pub fn watch_for_interrupts() {
    #[cfg(not(target_family = "wasm"))]
    let _ = ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) || !IS_HEEDED.load(Ordering::Relaxed) {
            eprintln!("\ninterrupted");
            std::process::exit(Exit::Interrupted as i32);
        }
    });
}

/// Does work that looks at [`interrupted`] now and then, and can say how far it came.
pub fn heeding<R>(work: impl FnOnce() -> R) -> R {
    let before = IS_HEEDED.swap(true, Ordering::Relaxed);
    let result = work();
    IS_HEEDED.store(before, Ordering::Relaxed);
    result
}

/// Whether the person has asked for an end.
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}
