//! What can be typed.

use crate::explore::sweep::Part;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ops::Range;
use std::path::PathBuf;

/// A laboratory for distributed systems: run a scenario, break it, walk through it, ask why.
#[derive(Debug, Parser)]
#[command(name = "pessimist", version, disable_help_subcommand = true, max_term_width = 80)]
#[command(after_help = "Without a command, on a terminal: the scenario browser.\n\
    First steps:  pessimist run start/two-generals\n\
    \x20             pessimist view raft/leader-crash")]
pub struct Cli {
    /// When to use colour. NO_COLOR is heeded as well; colour never carries meaning alone
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
    /// Without a command: draw the scenario browser, and what it opens, with plain ASCII only
    #[arg(long)]
    pub ascii: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the built-in scenarios, by chapter
    List(List),
    /// Run a scenario once and tell its story
    Run(Run),
    /// Walk through a run in the terminal, forwards and backwards
    View(View),
    /// Tell how well you predicted, by topic; nothing leaves this machine
    #[cfg(feature = "tui")]
    Scores(Scores),
    /// Run a trace again and compare it event by event
    Replay(Replay),
    /// Run many seeds and name those that break a promise
    Sweep(Sweep),
    /// Put the parts of a sweep together
    Merge(Merge),
    /// Hunt for a run that breaks a promise, with faults of its own
    Hunt(Hunt),
    /// Search every order in which things may happen, up to a bound
    Explore(Explore),
    /// Make a failing run as small as can be, as a scenario of its own
    Shrink(Shrink),
    /// Measure many seeds of several scenarios or variants, side by side
    Compare(Compare),
    /// Name the first difference of two runs, what followed from it and what stayed the same
    Diff(Diff),
    /// Tell the causal story of an event
    Why(Why),
    /// Name what is missing for something that has not happened
    WhyNot(WhyNot),
    /// Count the events of a log with vector clocks, and the pairs in causal order
    Stats(Stats),
    /// Judge a history that was recorded elsewhere: is it linearizable?
    CheckHistory(CheckHistory),
    /// Write a crate for a student, with an assignment in it
    New(New),
    /// Mark a submission, or a folder of submissions
    Grade(Grade),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
    /// Explain a command, or the scenario language: help scenario
    Help {
        /// A command, or: scenario
        topic: Option<String>,
    },
}

/// Which scenario, in which variant, with which seed.
#[derive(Args, Clone, Debug)]
pub struct Which {
    /// A file, - for standard input, or a built-in scenario such as raft/leader-crash
    #[arg(value_name = "SCENARIO")]
    pub scenario: String,
    /// The seed that decides all chance; the scenario's own where absent
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// One of the scenario's variants
    #[arg(long, value_name = "V")]
    pub variant: Option<String>,
    /// Change one fact, and nothing else: 'drop e131', 'delay e131 +5ms', 'duplicate e131', 'crash n2 at 3s',
    /// 'cut n1 n2 at 3s for 500ms'. May be given more than once; events are those of the run without changes
    #[arg(long, value_name = "CHANGE")]
    pub but: Vec<String>,
}

/// `list`
#[derive(Args, Debug)]
pub struct List {
    /// Only scenarios whose name, title or look holds this text
    pub filter: Option<String>,
    /// How to print them
    #[arg(long, default_value = "text")]
    pub format: Plain,
}

/// For people, or for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Plain {
    /// For people.
    Text,
    /// For programs: one JSON object a line.
    Json,
}

/// `run`
#[derive(Args, Debug)]
pub struct Run {
    /// Which run
    #[command(flatten)]
    pub which: Which,
    /// Stop at this instant of true time, such as 1.5s
    #[arg(long, value_name = "T")]
    pub until: Option<String>,
    /// Leave out of a picture (mermaid, svg, html) what came before this instant
    #[arg(long, value_name = "T")]
    pub from: Option<String>,
    /// What to print: a story, events on lines, a picture, or what other tools read
    #[arg(long, default_value = "story")]
    pub format: Format,
    /// Where to write it, instead of standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Do not stop to ask; nothing is asked off a terminal
    #[arg(long)]
    pub no_ask: bool,
    /// Tell all that is known: every verdict with its promise
    #[arg(long)]
    pub verbose: bool,
    /// Tell the story in whole sentences, one a line, for screen readers; does not stop to ask
    #[arg(long)]
    pub narrate: bool,
}

/// What `run` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// What happened, in at most 45 lines.
    Story,
    /// Every event on a line, for people.
    Log,
    /// Every event on a line, as JSON: the native form.
    Jsonl,
    /// A log with vector clocks, for ShiViz, and for stats and view.
    Shiviz,
    /// A sequence diagram as text, for Markdown.
    Mermaid,
    /// A space-time diagram.
    Svg,
    /// A space-time diagram that tells of what is pointed at.
    Html,
    /// Trace events as JSON, for ui.perfetto.dev.
    Perfetto,
    /// What clients did, as a Jepsen history, for check-history.
    Edn,
}

/// `view`
#[derive(Args, Debug)]
pub struct View {
    /// Which run; a trace is read as well, and a log of another system (F.log)
    #[command(flatten)]
    pub which: Which,
    /// Where to begin: an instant such as 1.5s, or an event such as e131
    #[arg(long, value_name = "T|EVENT")]
    pub at: Option<String>,
    /// What finds an event in the log of another system, as in ShiViz; any file can then be read
    #[arg(long, value_name = "R")]
    pub regex: Option<String>,
    /// What parts the executions in a log; its group trace names them
    #[arg(long, value_name = "R")]
    pub delimiter: Option<String>,
    /// Which execution of a log; the first where absent
    #[arg(long, value_name = "NAME")]
    pub execution: Option<String>,
    /// Draw with plain ASCII only
    #[arg(long)]
    pub ascii: bool,
    /// The colours; config.ron in the XDG folder may set them, ascii and ask for good:
    /// Config(theme: "light", ascii: true, ask: false)
    #[cfg(feature = "tui")]
    #[arg(long, value_name = "NAME")]
    pub theme: Option<crate::tui::Theme>,
    /// Do not stop to ask
    #[arg(long, conflicts_with = "quiz")]
    pub no_ask: bool,
    /// Put the questions that Pessimist makes itself too: who leads, what is committed, what a read gets; see scores
    #[arg(long)]
    pub quiz: bool,
    /// Show the run anew whenever the scenario's file changes
    #[arg(long)]
    pub watch: bool,
}

/// `scores`
#[derive(Args, Debug)]
#[command(after_help = "Answers are given in view: with Q, with --quiz, and to a lesson's own questions.")]
pub struct Scores {
    /// A summary, or every answer as one JSON object a line
    #[arg(long, default_value = "text")]
    pub format: Plain,
    /// Remove all answers
    #[arg(long, conflicts_with = "format")]
    pub reset: bool,
}

/// `replay`
#[derive(Args, Debug)]
pub struct Replay {
    /// A trace that run --format jsonl wrote
    pub trace: PathBuf,
}

/// `sweep`
#[derive(Args, Debug)]
pub struct Sweep {
    /// A file, - for standard input, or a built-in scenario such as raft/nemesis
    #[arg(value_name = "SCENARIO")]
    pub scenario: String,
    /// One of the scenario's variants
    #[arg(long, value_name = "V")]
    pub variant: Option<String>,
    /// The seeds from A up to, but without, B
    #[arg(long, value_name = "A..B", value_parser = seeds)]
    pub seeds: Range<u64>,
    /// Run the i-th of n parts only, as one of n machines; see merge
    #[arg(long, value_name = "i/n", value_parser = part, requires = "out")]
    pub partition: Option<Part>,
    /// How many runs go on at a time; all cores where absent
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
    /// Where to keep what was found, as it is found; the same command goes on where this file ends
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Tell which kinds of state and fault the seeds reach
    #[arg(long)]
    pub coverage: bool,
    /// End once so many seeds have reached no new kind of state or fault
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), conflicts_with = "partition")]
    pub until_quiet: Option<u64>,
    /// How to print the failing seeds
    #[arg(long, default_value = "text")]
    pub format: Plain,
}

/// `merge`
#[derive(Args, Debug)]
pub struct Merge {
    /// The files that sweep --partition 1/n to n/n --out wrote, in any order
    #[arg(value_name = "FILE", required = true, num_args = 1..)]
    pub files: Vec<PathBuf>,
    /// Where to write the whole: the same file as of the whole sweep
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// How to print the failing seeds
    #[arg(long, default_value = "text")]
    pub format: Plain,
}

/// `new`
#[derive(Args, Debug)]
pub struct New {
    /// The folder to make
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Which assignment; left out, those that there are are told
    #[arg(long, value_name = "NAME")]
    pub assignment: Option<String>,
    /// Depend on this version of Pessimist on the registry, instead of the checkout that this program was built from
    #[arg(long, value_name = "VERSION", conflicts_with = "git")]
    pub version: Option<String>,
    /// Depend on this repository
    #[arg(long, value_name = "URL")]
    pub git: Option<String>,
    /// The commit or tag there
    #[arg(long, value_name = "REV", requires = "git")]
    pub rev: Option<String>,
}

/// `grade`
#[derive(Args, Debug)]
pub struct Grade {
    /// A submission, or a folder with one in each folder
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Which assignment it is, where Cargo.toml does not say
    #[arg(long, value_name = "NAME")]
    pub assignment: Option<String>,
    /// What the hidden seeds are made of; PESSIMIST_SECRET where absent
    #[arg(long, value_name = "TEXT")]
    pub secret: Option<String>,
    /// How to print the marks
    #[arg(long, default_value = "text")]
    pub format: GradeFormat,
    /// Where to write them
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// How many submissions are marked at once; marks do not depend on it
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
    /// Seconds that one test may take, by the wall clock
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub patience: u64,
    /// Where to build, so that the next time is quicker; in the folder for temporary files where absent
    #[arg(long, value_name = "DIR")]
    pub work: Option<PathBuf>,
}

/// How marks are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GradeFormat {
    /// For a person
    Text,
    /// For a program
    Json,
    /// For a build server
    Junit,
    /// For a forge
    Markdown,
}

/// `hunt`
#[derive(Args, Debug)]
#[command(
    after_help = "Adds crashes, pauses, cuts, clock steps and lost messages to the scenario's own faults. Looks for \
    promises\nthat expect says are kept; that something has not come by the end is not counted."
)]
pub struct Hunt {
    /// A file, - for standard input, or a built-in scenario such as raft/hunt
    #[arg(value_name = "SCENARIO")]
    pub scenario: String,
    /// One of the scenario's variants
    #[arg(long, value_name = "V")]
    pub variant: Option<String>,
    /// How many runs it may take
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub runs: u64,
    /// The seed of the hunt itself: another hunts elsewhere
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Draw every plan afresh, without learning from what was reached: to see what that is worth
    #[arg(long)]
    pub blind: bool,
    /// How many runs go on at a time; all cores where absent. What is found does not depend on it
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
    /// Where to write the scenario that shows what was found
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// How to print it
    #[arg(long, default_value = "text")]
    pub format: Plain,
}

/// `explore`
#[derive(Args, Debug)]
#[command(
    after_help = "What may go wrong and what is looked for stand in the scenario's field explore: see help scenario."
)]
pub struct Explore {
    /// A file, - for standard input, or a built-in scenario such as raft/search-forgotten-vote
    #[arg(value_name = "SCENARIO")]
    pub scenario: String,
    /// One of the scenario's variants
    #[arg(long, value_name = "V")]
    pub variant: Option<String>,
    /// In which order states are looked at
    #[arg(long, default_value = "breadth")]
    pub manner: Manner,
    /// End soon after so many states; the scenario's own limit where absent
    #[arg(long, value_name = "N")]
    pub max_states: Option<u64>,
    /// End soon after the visited states and those that wait take so many megabytes
    #[arg(long, value_name = "MB", default_value_t = 4000)]
    pub max_memory: u64,
    /// Let so many things happen after the start; the scenario's own limit where absent
    #[arg(long, value_name = "N")]
    pub max_depth: Option<u32>,
    /// Leave out orders that come to the same: fewer steps, the same states
    #[arg(long)]
    pub reduction: bool,
    /// Take states for the same that differ only in which of like nodes is which
    #[arg(long)]
    pub symmetry: bool,
    /// How many walks, with --manner walk
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub walks: u64,
    /// The seed of the first walk
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// How many threads; all cores where absent. What is printed does not depend on it
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
    /// How to print it
    #[arg(long, default_value = "text")]
    pub format: Plain,
    /// Where to write what was found, as a scenario that run, view and why read
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `shrink`
#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes: 0 it is as small as was found; 1 this run does not fail; 130 interrupted, with the smallest so far."
)]
pub struct Shrink {
    /// Which run
    #[command(flatten)]
    pub which: Which,
    /// The promise that is to stay broken, such as ElectionSafety; the first one that makes the run fail where absent
    #[arg(long, value_name = "P")]
    pub promise: Option<String>,
    /// How many threads; all cores where absent. What is found does not depend on it
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
    /// How to print it
    #[arg(long, default_value = "text")]
    pub format: Plain,
    /// Where to write it, as a scenario that run, view and why read
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// In which order `explore` looks at states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Manner {
    /// The nearest to the start first: what is found is as short as can be.
    Breadth,
    /// As far as can be first: needs the least memory.
    Depth,
    /// At random: finds what lies deep, proves nothing.
    Walk,
}

/// `compare`
#[derive(Args, Debug)]
pub struct Compare {
    /// Files, - for standard input, or built-in scenarios: each a column, compared with the first
    #[arg(value_name = "SCENARIO", required = true, num_args = 1..)]
    pub scenarios: Vec<String>,
    /// Of each scenario this variant too; may be given more than once
    #[arg(long = "variant", value_name = "V", conflicts_with = "every_variant")]
    pub variants: Vec<String>,
    /// Of each scenario all variants too
    #[arg(long = "variants")]
    pub every_variant: bool,
    /// The seeds from A up to, but without, B: the same for all
    #[arg(long, value_name = "A..B", value_parser = seeds)]
    pub seeds: Range<u64>,
    /// How many runs go on at a time; all cores where absent
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
    /// What to print: a table, one JSON object a scenario or variant, or a picture
    #[arg(long, default_value = "text")]
    pub format: Comparison,
    /// Where to write it, instead of standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Draw the numbers beneath the table
    #[arg(long)]
    pub plot: bool,
    /// Draw with plain ASCII only
    #[arg(long)]
    pub ascii: bool,
    /// In JSON, give the value of each seed too
    #[arg(long)]
    pub values: bool,
}

/// What `compare` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Comparison {
    /// A table, for people.
    Text,
    /// For programs: one JSON object a line.
    Json,
    /// Dots with whiskers, for slides.
    Svg,
}

/// `diff`
#[derive(Args, Debug)]
#[command(after_help = "Exit codes: 0 the runs are equal; 1 they differ.\n\
    Events are matched by node, kind, content and occurrence, not by number or time.")]
pub struct Diff {
    /// A run: SCENARIO, SCENARIO@SEED or SCENARIO:VARIANT@SEED; or a trace that run --format jsonl wrote
    #[arg(value_name = "A")]
    pub a: String,
    /// Another
    #[arg(value_name = "B", required_unless_present = "seeds", conflicts_with = "seeds")]
    pub b: Option<String>,
    /// Compare A with itself under two seeds
    #[arg(long, value_name = "M,N", value_delimiter = ',')]
    pub seeds: Vec<u64>,
    /// How to print it
    #[arg(long, default_value = "text")]
    pub format: Plain,
}

/// `why`
#[derive(Args, Debug)]
pub struct Why {
    /// Which run
    #[command(flatten)]
    pub which: Which,
    /// The event, such as e131
    #[arg(value_name = "EVENT")]
    pub event: String,
    /// Its whole past instead of the steps that mattered, with what comes often counted
    #[arg(long)]
    pub all: bool,
    /// How to print it
    #[arg(long, default_value = "text")]
    pub format: Plain,
}

/// `why-not`
#[derive(Args, Debug)]
pub struct WhyNot {
    /// Which run
    #[command(flatten)]
    pub which: Which,
    /// What has not happened: committed 5; leader; leader n2; delivered VALUE; delivered VALUE NODE; returned OPERATION
    #[arg(value_name = "WHAT", required = true, num_args = 1..)]
    pub what: Vec<String>,
    /// When it is asked: an instant such as 1.5s, or an event such as e131; the run's end where absent
    #[arg(long, value_name = "T|EVENT")]
    pub at: Option<String>,
}

/// `stats`
#[derive(Args, Debug)]
pub struct Stats {
    /// A log in ShiViz's form, of any system
    #[arg(value_name = "LOG")]
    pub log: PathBuf,
    /// What finds an event in it, as in ShiViz: groups host, clock and event
    #[arg(long, value_name = "R")]
    pub regex: Option<String>,
    /// What parts several executions in it; its group trace names them
    #[arg(long, value_name = "R")]
    pub delimiter: Option<String>,
    /// How to print the numbers
    #[arg(long, default_value = "text")]
    pub format: Plain,
}

/// `check-history`
#[derive(Args, Debug)]
#[command(after_help = "Exit codes: 0 linearizable; 1 not; 4 not decided within the limits; 3 the file is wrong.\n\
    Reads Jepsen logs and EDN. :info may take effect at any later time, or never.")]
pub struct CheckHistory {
    /// A Jepsen log or an EDN history; - for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// What was operated on; each key is judged by itself
    #[arg(long, value_name = "M")]
    pub model: Model,
    /// How many states are tried before the history counts as not decided
    #[arg(long, value_name = "N", default_value_t = 5_000_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub limit_states: u64,
    /// How long it is tried, such as 30s or 2m
    #[arg(long, value_name = "T", default_value = "30s")]
    pub limit_time: String,
    /// How to print the verdict
    #[arg(long, default_value = "text")]
    pub format: Plain,
}

/// What a recorded history is judged as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Model {
    /// :read :write :cas; starts as nil.
    Register,
    /// :get :put :append :cas :delete, by key; appends make a text, or a list where reads show lists.
    Kv,
    /// :enqueue :dequeue.
    Queue,
    /// :add :read.
    Set,
    /// :acquire :release; only who holds it can give it back.
    Lock,
}

/// Reads `3/16`.
fn part(text: &str) -> Result<Part, String> {
    let form = || format!("{text:?} is no part; the third of sixteen is written 3/16");
    let (number, of) = text.split_once('/').ok_or_else(form)?;
    let part = Part { number: number.parse().map_err(|_| form())?, of: of.parse().map_err(|_| form())? };
    if part.of > MAX_PARTS {
        return Err(format!("{MAX_PARTS} parts are the most"));
    }
    if !(1..=part.of).contains(&part.number) {
        return Err(format!("there is no part {text}; of {} parts the first is 1/{0} and the last {0}/{0}", part.of));
    }
    Ok(part)
}

/// As many parts as the largest arrays of jobs have.
const MAX_PARTS: u64 = 1_000_000;

/// Reads `0..1000`.
fn seeds(text: &str) -> Result<Range<u64>, String> {
    let form = || format!("{text:?} is no range of seeds; write it like 0..1000");
    let (from, to) = text.split_once("..").ok_or_else(form)?;
    let from = if from.is_empty() { 0 } else { from.parse().map_err(|_| form())? };
    let to = to.parse().map_err(|_| form())?;
    if from >= to {
        return Err(format!("{text} holds no seed; the second number must be the larger"));
    }
    Ok(from..to)
}
