//! A student's crate under test.

use super::finding::{Finding, Hints};
use crate::explore::shrink::{Goal, goal_of, shrink};
use crate::explore::{Manner, Options, Searched, failure_of, limits_of, marks_of, search};
use crate::kernel::Over;
use crate::node::{EventId, Fact, FactKind};
use crate::scenario::{Diagnostic, Failure, Judged, Opened, Registry, Runner, Scenario, step_written};
use crate::trace::{Digest, Lines, Standing, Trace, describe, fact_words, grouped, why_lines};
use rayon::prelude::*;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

/// A student's protocols, and where the crate is.
pub struct Lab {
    registry: Registry,
    folder: PathBuf,
    hints: Hints,
    /// Runs that are spent on a shorter story.
    tries: u64,
}

/// A run that did all that its scenario expects.
pub struct Ran {
    /// Its name: `scenarios/calm.ron, seed 1`.
    pub name: String,
    /// The run.
    pub opened: Opened,
}

/// A search that found nothing wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explored {
    /// How many different states there were.
    pub states: u64,
}

/// How long a handler may take, and with it any check: by the wall clock, for nothing else notices a loop without end.
const PATIENCE: Duration = Duration::from_secs(60);

/// Smaller runs that are tried for a story: a matter of seconds. A number, so that the same failure has the same story.
const TRIES: u64 = 3000;

impl Lab {
    /// The crate in this folder, with hints as the environment says.
    pub fn new(registry: Registry, folder: impl AsRef<Path>) -> Self {
        Lab { registry, folder: folder.as_ref().to_owned(), hints: Hints::from_environment(), tries: TRIES }
    }

    /// The same, with other hints.
    pub fn with_hints(self, hints: Hints) -> Self {
        Lab { hints, ..self }
    }

    /// The same, where it matters only whether something is found: its story is not made shorter.
    pub fn without_shrinking(self) -> Self {
        Lab { tries: 0, ..self }
    }

    fn load(&self, file: &str, seed: Option<u64>) -> Result<Scenario, Box<Finding>> {
        let wrong = |text: String| {
            let lines = text.lines().map(str::to_owned);
            Finding {
                run: file.to_owned(),
                headline: "cannot be run".to_owned(),
                details: lines.collect(),
                ..Finding::default()
            }
        };
        let text = std::fs::read_to_string(self.folder.join(file)).map_err(|error| wrong(error.to_string()))?;
        let mut scenario = Scenario::parse(file, &text, None).map_err(|mistake| wrong(mistake.to_string()))?;
        if let Some(seed) = seed {
            scenario.set_seed(seed);
        }
        Ok(scenario)
    }

    fn prepare(&self, scenario: &Scenario) -> Result<Box<dyn Runner>, Box<Finding>> {
        let refused = |mistake: Diagnostic| Finding {
            run: scenario.name.clone(),
            headline: "cannot be run".to_owned(),
            details: mistake.to_string().lines().map(str::to_owned).collect(),
            ..Finding::default()
        };
        self.registry.prepare(scenario).map_err(|mistake| Box::new(refused(mistake)))
    }

    /// Runs a scenario once, and once more to see whether it is the same.
    pub fn run(&self, file: &str, seed: Option<u64>) -> Result<Ran, Box<Finding>> {
        let scenario = self.load(file, seed)?;
        let runner = self.prepare(&scenario)?;
        let seed = scenario.plan.seed;
        let judged = within(PATIENCE, &name(&scenario, seed), || runner.judge(seed))?;
        self.judged(&scenario, seed, judged)?;
        let open = || runner.open(seed, Lines::Digest(Digest::default()), &mut |_, _| true);
        let [opened, again] =
            [open(), open()].map(|opened| opened.map_err(|failure| Box::new(self.failed(&scenario, seed, failure))));
        let (opened, again) = (opened?, again?);
        match first_difference(opened.session.trace(), again.session.trace()) {
            _ if opened.session.digest() == again.session.digest() => Ok(Ran { name: name(&scenario, seed), opened }),
            at => Err(not_the_same(&name(&scenario, seed), &opened, &again, at).into()),
        }
    }

    /// Runs a scenario with many seeds; the lowest that fails is told.
    pub fn sweep(&self, file: &str, seeds: Range<u64>) -> Result<(), Box<Finding>> {
        let scenario = self.load(file, None)?;
        let runner = self.prepare(&scenario)?;
        let fails = |seed: &u64| match runner.judge(*seed) {
            Ok(judged) => is_stopped(&judged) || failure_of(&scenario, &judged).is_some(),
            Err(_) => true,
        };
        let which = format!("{file}, seeds {} to {}", seeds.start, seeds.end.max(1) - 1);
        let first = within(PATIENCE, &which, || seeds.into_par_iter().find_first(fails))?;
        let Some(seed) = first else { return Ok(()) };
        let failing = self.load(file, Some(seed))?;
        self.judged(&failing, seed, self.prepare(&failing)?.judge(seed))
    }

    /// Tries every order in which things may happen in the scenario's small world.
    pub fn explore(&self, file: &str) -> Result<Explored, Box<Finding>> {
        let scenario = self.load(file, None)?;
        let runner = self.prepare(&scenario)?;
        let (exploration, cluster) = (&scenario.exploration, &scenario.plan.cluster);
        let found_wrong = |headline: String, details: Vec<String>| Finding {
            run: file.to_owned(),
            headline,
            details,
            next: vec![format!("cargo run -- explore {file}")],
            ..Finding::default()
        };
        let space = runner.space(&exploration.bounds, &exploration.wanted);
        let mut space = space.map_err(|why| {
            found_wrong("cannot be searched".to_owned(), vec![scenario.refused_search(why).to_string()])
        })?;
        let options = Options { limits: limits_of(exploration), ..Options::plain() };
        let marks = marks_of(&exploration.wanted);
        let report = search(space.as_mut(), Manner::Breadth, marks, &options, &mut |_| true);
        let report = report.map_err(|finding| {
            found_wrong(
                "what a search says would be worth nothing".to_owned(),
                finding.words(cluster).lines().map(str::to_owned).collect(),
            )
        })?;
        let searched = Searched { exploration, report: &report };
        if searched.is_as_expected() {
            return Ok(Explored { states: report.states });
        }
        let broken: Vec<String> = searched
            .verdicts()
            .into_iter()
            .filter(|verdict| verdict.standing == Standing::Broken)
            .map(|verdict| verdict.text)
            .collect();
        let headline = broken.first().cloned().unwrap_or_else(|| "not as it is expected".to_owned());
        let story = report.found.as_ref().map_or(Vec::new(), |found| {
            found.schedule.steps.iter().map(|step| step_written(step, cluster)).collect()
        });
        let told = format!("The shortest way there, of {} states that were looked at", grouped(report.states));
        Err(Box::new(Finding {
            story,
            told,
            question: self.question(),
            ..found_wrong(headline, broken.into_iter().skip(1).collect())
        }))
    }

    /// Whether a run did all that is expected of it; else what is wrong, told.
    fn judged(&self, scenario: &Scenario, seed: u64, judged: Result<Judged, Failure>) -> Result<(), Box<Finding>> {
        let judged = judged.map_err(|failure| self.failed(scenario, seed, failure))?;
        if is_stopped(&judged) {
            return Err(self.endless(scenario, seed, &judged).into());
        }
        let Some(what) = failure_of(scenario, &judged) else { return Ok(()) };
        let mut finding = Finding { run: name(scenario, seed), headline: what, ..Finding::default() };
        let Some(goal) = goal_of(scenario, &judged) else { return Err(finding.into()) };
        let mut at = None;
        if let Goal::Missed(place) = goal {
            let expectation = &scenario.expect[place];
            finding.headline = judged.judge.verdict(&expectation.claim, judged.end).text;
            finding.details.push(format!("expected  {}", expectation.text));
            self.turns(scenario, seed, &mut finding);
        }
        if let Goal::Broken(promise) = goal
            && let Some(violation) = judged.judge.violation(promise)
        {
            finding.headline = format!("{} was broken: {}", violation.name(), violation.headline);
            finding.details.push(format!("promised  {}", violation.promise.promise()));
            finding.details.extend(violation.seen.iter().take(4).map(|seen| format!("seen      {seen}")));
            at = Some(violation.event);
        }
        if finding.story.is_empty() {
            self.shortest(scenario, goal, &mut finding);
        }
        finding.question = self.question();
        if let Some(at) = at.filter(|_| self.hints >= Hints::Why) {
            finding.why = self.why(scenario, seed, at);
        }
        let at = at.map_or(String::new(), |at| format!(" --at {at}"));
        finding.next.push(format!("cargo run -- view {} --seed {seed}{at}", scenario.name));
        finding.next.push(format!("cargo run -- run {} --seed {seed}", scenario.name));
        Err(finding.into())
    }

    fn question(&self) -> Option<String> {
        let question =
            "Before you look further: which of these steps is the first that a right protocol would not take?";
        (self.hints >= Hints::Question).then(|| question.to_owned())
    }

    /// The shortest story of what went wrong.
    fn shortest(&self, scenario: &Scenario, goal: Goal, finding: &mut Finding) {
        let Ok(shrunk) = shrink(&self.registry, scenario, goal, &mut |stand| stand.tries < self.tries) else {
            return;
        };
        let (from, to) = (shrunk.from.events as u64, shrunk.to.events as u64);
        finding.told = format!("The shortest story that was found, {} of {} events", grouped(to), grouped(from));
        finding.story = shrunk.steps;
    }

    /// What happened in a run in which something did not come about: its first turns and its last.
    fn turns(&self, scenario: &Scenario, seed: u64, finding: &mut Finding) {
        let Ok(runner) = self.registry.prepare(scenario) else { return };
        let Ok(opened) = runner.open(seed, Lines::None, &mut |_, _| true) else { return };
        let trace = opened.session.trace();
        let turns: Vec<EventId> = trace.ids().filter(|id| is_turn(trace, *id)).collect();
        let line = |id: &EventId| {
            let words = match trace.fact(*id) {
                Some(_) => fact_words(trace, *id),
                None => describe(trace, *id),
            };
            format!("{} s  {words}", trace.record(*id).time())
        };
        finding.told = format!("What happened in this run, of {} events", grouped(trace.len() as u64));
        let left_out = turns.len().saturating_sub(2 * TURNS);
        let first = turns.iter().take(if left_out > 0 { TURNS } else { turns.len() });
        finding.story = first.map(line).collect();
        if left_out > 0 {
            finding.story.push(format!("... {left_out} more"));
            finding.story.extend(turns[turns.len() - TURNS + 1..].iter().map(line));
        }
    }

    fn why(&self, scenario: &Scenario, seed: u64, at: EventId) -> Vec<String> {
        let Ok(runner) = self.registry.prepare(scenario) else { return Vec::new() };
        let opened = runner.open(seed, Lines::None, &mut |_, _| true);
        opened.map_or(Vec::new(), |mut opened| why_lines(at, &opened.session.why(at)))
    }

    /// The student's own code panicked, or the run came to no verdict.
    fn failed(&self, scenario: &Scenario, seed: u64, failure: Failure) -> Finding {
        let headline = match &failure {
            Failure::Panicked(text) => format!("your code panicked: {}", text.lines().next().unwrap_or_default()),
            other => other.to_string(),
        };
        let run = format!("cargo run -- run {} --seed {seed} --format log", scenario.name);
        Finding { run: name(scenario, seed), headline, next: vec![run], ..Finding::default() }
    }

    /// The run had no end of its own.
    fn endless(&self, scenario: &Scenario, seed: u64, judged: &Judged) -> Finding {
        let events = grouped(judged.events.into());
        let headline = match judged.over {
            Over::Standstill => "time stands still: handlers go on asking for what happens at once".to_owned(),
            _ => format!("{events} events at {} s, and no end of it", judged.end),
        };
        let details = vec![
            "Does a timer start itself again without a pause, or a message cause more than one like it?".to_owned(),
        ];
        let next = vec![format!("cargo run -- view {} --seed {seed}", scenario.name)];
        Finding { run: name(scenario, seed), headline, details, next, ..Finding::default() }
    }
}

/// Turns of a run that are told from its beginning, and from its end.
const TURNS: usize = 10;

/// Faults, and facts that do not happen all the time.
fn is_turn(trace: &Trace, id: EventId) -> bool {
    use FactKind::{
        Appended, Applied, Asked, ClockEstimated, Committed, Compacted, Owners, Replaces, Restored, Stored,
    };
    match trace.fact(id).map(Fact::kind) {
        Some(kind) => {
            let common =
                [Appended, Applied, Asked, ClockEstimated, Committed, Compacted, Owners, Replaces, Restored, Stored];
            !common.contains(&kind)
        }
        None => trace.fault(id).is_some(),
    }
}

/// Whether the run was stopped because it had no end.
fn is_stopped(judged: &Judged) -> bool {
    matches!(judged.over, Over::Events | Over::Standstill)
}

fn name(scenario: &Scenario, seed: u64) -> String {
    format!("{}, seed {seed}", scenario.name)
}

/// The first event in which two runs differ.
fn first_difference(one: &Trace, other: &Trace) -> Option<EventId> {
    let differs = |id: &EventId| {
        other.get(*id).is_none_or(|record| record.time() != one.record(*id).time())
            || describe(one, *id) != describe(other, *id)
    };
    one.ids().find(differs)
}

fn not_the_same(run: &str, one: &Opened, other: &Opened, at: Option<EventId>) -> Finding {
    let told = |opened: &Opened, id: EventId| match opened.session.trace().get(id) {
        Some(record) => format!("at {} s {}", record.time(), describe(opened.session.trace(), id)),
        None => "the run is over".to_owned(),
    };
    let mut details = match at {
        Some(id) => vec![
            format!("the first time, {id} is: {}", told(one, id)),
            format!("the second time: {}", told(other, id)),
        ],
        None => vec!["what its messages say differs".to_owned()],
    };
    details
        .push("Does the code look at a wall clock, draw its own random numbers, or go through a HashMap?".to_owned());
    details
        .push("Use ctx.now(), ctx.choose() and BTreeMap: what a run does may depend on the seed alone.".to_owned());
    let headline = "the same seed gives another run".to_owned();
    Finding { run: run.to_owned(), headline, details, ..Finding::default() }
}

/// What a check gives, if it gives anything in that time. A loop that never ends is left to the end of the process.
fn within<T: Send>(patience: Duration, run: &str, check: impl FnOnce() -> T + Send) -> Result<T, Box<Finding>> {
    std::thread::scope(|scope| {
        let (done, wait) = mpsc::channel();
        scope.spawn(move || drop(done.send(check())));
        match wait.recv_timeout(patience) {
            Ok(result) => Ok(result),
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(Box::new(Finding {
                run: run.to_owned(),
                headline: "the check itself panicked".to_owned(),
                ..Finding::default()
            })),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                // The thread cannot be stopped, and may be eating memory: nothing is left but to end it all.
                eprintln!(
                    "\n{run}: no end after {} s\n  A handler loops for ever, or does far too much. It must return at once: \
                     wait for a message or a timer instead.\n",
                    patience.as_secs()
                );
                std::process::exit(101)
            }
        }
    })
}
