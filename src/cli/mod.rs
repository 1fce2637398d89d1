//! The command line: one file a command.
//!
//! Data goes to standard output, progress and messages to standard error. Output depends on nothing but the input: not
//! on locale, time zone, width or threads. Every failure prints the one command that shows it again.

mod arguments;
mod ask;
mod but;
mod check_history;
mod compare;
#[cfg(feature = "tui")]
mod config;
mod diff;
mod explore;
mod export;
mod foreign;
mod grade;
mod hunt;
mod list;
mod merge;
mod new;
mod replay;
mod run;
#[cfg(feature = "tui")]
mod scores;
mod setting;
mod shared;
mod shrink;
mod sweep;
mod trace_file;
mod view;
mod why;

pub use arguments::{Cli, Command};

use crate::scenario::Registry;
use clap::{CommandFactory, FromArgMatches};
use shared::Stop;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;

/// How a command ended, as the process's exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Every expectation was met.
    Met = 0,
    /// A promise was broken, or two runs differ.
    Broken = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// The scenario or another input is wrong.
    Wrong = 3,
    /// A limit came before a verdict.
    Undecided = 4,
    /// Pessimist itself has a bug.
    Bug = 70,
    /// The person interrupted it.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// The whole command line for a set of protocols: what `main` of Pessimist does, and of a student's crate.
///
/// ```no_run
/// use pessimist::scenario::Registry;
///
/// fn main() -> std::process::ExitCode {
///     pessimist::cli::main_with(Registry::standard())
/// }
/// ```
pub fn main_with(registry: Registry) -> ExitCode {
    match std::panic::catch_unwind(AssertUnwindSafe(|| main_of(&registry))) {
        Ok(exit) => exit.into(),
        Err(_) => {
            eprintln!(
                "\nThat was a bug in Pessimist, not in your scenario. Please report it with the command that you ran."
            );
            Exit::Bug.into()
        }
    }
}

fn main_of(registry: &Registry) -> Exit {
    shared::watch_for_interrupts();
    let cli = match Cli::command().try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => {
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Met };
            let _ = error.print();
            return exit;
        }
    };
    let result = match cli.command {
        None => view::browse(registry, cli.ascii, cli.color),
        Some(Command::List(list)) => list::list(&list),
        Some(Command::Run(run)) => run::run(registry, &run, cli.color),
        Some(Command::View(mut view)) => {
            view.ascii |= cli.ascii;
            view::view(registry, &view, cli.color)
        }
        #[cfg(feature = "tui")]
        Some(Command::Scores(scores)) => scores::scores(&scores),
        Some(Command::Replay(replay)) => replay::replay(registry, &replay),
        Some(Command::Sweep(sweep)) => sweep::sweep(registry, &sweep),
        Some(Command::Merge(merge)) => merge::merge(&merge),
        Some(Command::Grade(grade)) => grade::grade(&grade),
        Some(Command::New(new)) => new::new(&new),
        Some(Command::Hunt(hunt)) => hunt::hunt(registry, &hunt),
        Some(Command::Explore(explore)) => explore::explore(registry, &explore),
        Some(Command::Shrink(shrink)) => shrink::shrink(registry, &shrink),
        Some(Command::Compare(mut compare)) => {
            compare.ascii |= cli.ascii;
            compare::compare(registry, &compare)
        }
        Some(Command::Diff(diff)) => diff::diff(registry, &diff),
        Some(Command::Why(why)) => why::why(registry, &why),
        Some(Command::WhyNot(why)) => why::why_not(registry, &why),
        Some(Command::Stats(stats)) => foreign::stats(&stats),
        Some(Command::CheckHistory(check)) => check_history::check_history(&check),
        Some(Command::Completions { shell }) => {
            clap_complete::generate(shell, &mut Cli::command(), "pessimist", &mut std::io::stdout());
            Ok(Exit::Met)
        }
        Some(Command::Man) => man(),
        Some(Command::Help { topic }) => help(topic.as_deref()),
    };
    result.unwrap_or_else(|stop| stop.tell(cli.color))
}

fn man() -> Result<Exit, Stop> {
    clap_mangen::Man::new(Cli::command()).render(&mut std::io::stdout()).map_err(Stop::from)?;
    Ok(Exit::Met)
}

fn help(topic: Option<&str>) -> Result<Exit, Stop> {
    match topic {
        None => Cli::command().print_help().map_err(Stop::from)?,
        Some("scenario") => shared::print(&crate::scenario::help::text())?,
        Some(other) => match Cli::command().find_subcommand_mut(other) {
            Some(command) => command.print_help().map_err(Stop::from)?,
            None => {
                let accepted = "accepted: scenario, and the commands: list run view scores replay sweep merge hunt explore shrink compare diff why why-not stats check-history completions man";
                return Err(Stop::usage(format!("there is no help on {other:?}\n{accepted}")));
            }
        },
    }
    Ok(Exit::Met)
}
