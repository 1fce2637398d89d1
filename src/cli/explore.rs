//! `explore`: every order in which things may happen in a scenario's small world, up to a bound.

use super::Exit;
use super::arguments::{Explore, Manner as Asked, Plain};
use super::run::{Made, create};
use super::shared::{Stop, counted, interrupted, invocation, load_by_name, print};
use crate::explore::{
    Ended, Found, Limits, Looked, Manner, Options, Report, Searched, Trouble, limits_of, marks_of, search,
};
use crate::kernel::search::{Arrivals, Bounds, Flaw, Network};
use crate::kernel::{Alarm, Choice, Letter, Step};
use crate::node::{Cluster, NodeId, SimTime};
use crate::scenario::{Exploration, Registry, Scenario, step_written};
use crate::trace::{Digest, Lines, Standing, grouped, hung};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;
use std::io::{IsTerminal, Write};

pub fn explore(registry: &Registry, explore: &Explore) -> Result<Exit, Stop> {
    let scenario = load_by_name(&explore.scenario, explore.variant.as_deref())?;
    let runner = registry.prepare(&scenario)?;
    let wanted = &scenario.exploration.wanted;
    if wanted.is_empty() {
        let help = "say what to look for:  explore: (always: [ElectionSafety])  or  sometimes: [HasLeader]";
        return Err(Stop::wrong(format!("{}: nothing is looked for\n{help}", scenario.name)));
    }
    if (explore.reduction || explore.symmetry)
        && (explore.manner != Asked::Breadth || explore.reduction && explore.symmetry)
    {
        let help = "--reduction and --symmetry each go with --manner breadth, and not together";
        return Err(Stop::usage(help));
    }
    if explore.reduction && scenario.plan.cluster.len() > Arrivals::NODES {
        return Err(Stop::usage(format!("--reduction is for clusters of up to {} nodes", Arrivals::NODES)));
    }
    if explore.symmetry && !wanted.eventually.is_empty() {
        return Err(Stop::usage("--symmetry says nothing of what must come about in every run: leave it out here"));
    }
    let bounds = Bounds { symmetry: explore.symmetry, ..scenario.exploration.bounds.clone() };
    let mut space = runner.space(&bounds, wanted).map_err(|why| Stop::from(scenario.refused_search(why)))?;
    let set = limits_of(&scenario.exploration);
    let limits = Limits {
        depth: explore.max_depth.or(set.depth),
        states: explore.max_states.unwrap_or(set.states),
        bytes: explore.max_memory.saturating_mul(1_000_000),
    };
    let manner = match explore.manner {
        Asked::Breadth => Manner::Breadth,
        Asked::Depth => Manner::Depth,
        Asked::Walk => Manner::Walk { walks: explore.walks, seed: explore.seed },
    };
    let alike = space.alike();
    if explore.symmetry && alike.is_empty() {
        return Err(Stop::usage("no two nodes of this scenario are alike: leave out --symmetry"));
    }
    let jobs = explore.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let bar = Bar::new();
    let mut ask = |looked: Looked| {
        bar.show(looked);
        !interrupted()
    };
    let options = Options { limits, jobs, reduction: explore.reduction, symmetry: explore.symmetry };
    let report = search(space.as_mut(), manner, marks_of(wanted), &options, &mut ask);
    bar.0.finish_and_clear();
    let report = report.map_err(|flaw| Stop::Said(Exit::Broken, tell_flaw(&scenario, &flaw)))?;
    let told = Told { scenario: &scenario, explore, report: &report, alike };
    if let (Some(found), Some(path)) = (&report.found, &explore.out) {
        write!(create(path)?, "{}", told.as_scenario(found))?;
    }
    eprintln!("{}", bar.speed(&report));
    match explore.format {
        Plain::Json => print(&told.json().to_string())?,
        Plain::Text => {
            let mut lines = told.lines();
            lines.extend(match &report.found {
                Some(found) => told.story(registry, found)?,
                None => vec![String::new()],
            });
            lines.extend(told.verdicts());
            if report.found.is_some() {
                lines.extend(told.next());
            }
            print(&lines.join("\n"))?;
        }
    }
    Ok(if report.ended == Ended::Interrupted {
        Exit::Interrupted
    } else if told.searched().is_as_expected() {
        Exit::Met
    } else {
        Exit::Broken
    })
}

/// How a search stands, on standard error where that is a terminal; and how fast it was.
#[expect(clippy::disallowed_types, reason = "people are told how fast it went, on standard error")]
struct Bar(ProgressBar, std::time::Instant);

impl Bar {
    #[expect(clippy::disallowed_types, reason = "people are told how fast it went, on standard error")]
    fn new() -> Self {
        let is_seen = std::io::stderr().is_terminal();
        let target = if is_seen { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let style =
            ProgressStyle::with_template("{spinner} {msg}  ({elapsed})").expect("the template is well-formed");
        let bar = ProgressBar::with_draw_target(None, target).with_style(style);
        Bar(bar, std::time::Instant::now())
    }

    fn show(&self, looked: Looked) {
        let speed = looked.states as f64 / self.1.elapsed().as_secs_f64().max(1e-9);
        let Looked { states, depth, waiting, .. } = looked;
        self.0.set_message(format!("{states} states, depth {depth}, {waiting} wait, {speed:.0} states a second"));
        self.0.tick();
    }

    fn speed(&self, report: &Report) -> String {
        let seconds = self.1.elapsed().as_secs_f64().max(1e-9);
        let (speed, states) = (report.states as f64 / seconds, report.states.max(1));
        format!(
            "{seconds:.1} s, {speed:.0} states a second; {:.1} bytes a visited state; {:.1} MB for those that waited",
            report.bytes as f64 / states as f64,
            report.waiting_bytes as f64 / 1e6
        )
    }
}

/// What is told of a search.
struct Told<'a> {
    scenario: &'a Scenario,
    explore: &'a Explore,
    report: &'a Report,
    /// The nodes that are taken to be alike.
    alike: Vec<String>,
}

impl<'a> Told<'a> {
    fn searched(&self) -> Searched<'a> {
        Searched { exploration: &self.scenario.exploration, report: self.report }
    }

    fn name(&self) -> String {
        let mut name = self.explore.scenario.clone();
        name.extend(self.scenario.variant.iter().map(|variant| format!(" ({variant})")));
        name
    }

    /// What may happen, what is looked for, and how far the search came.
    fn lines(&self) -> Vec<String> {
        let Report { states, transitions, depth, looked_at_clocks, .. } = *self.report;
        let exploration = &self.scenario.exploration;
        let mut lines = hung("explore ", &format!("{}: {}", self.name(), self.scenario.title));
        lines.extend(hung("", self.manner()));
        lines.push(String::new());
        lines.extend(hung("MAY HAPPEN   ", &bounds_in_words(&exploration.bounds)));
        for (place, wanted) in self.wanted_in_words().iter().enumerate() {
            lines.extend(hung(if place == 0 { "LOOKED FOR   " } else { "             " }, wanted));
        }
        let seen = format!(
            "{} states and {} steps between them, up to {} from the start",
            grouped(states),
            grouped(transitions),
            counted(depth.into(), "step")
        );
        lines.extend(hung("LOOKED AT    ", &seen));
        lines.extend(hung("             ", &self.coverage()));
        if self.explore.reduction {
            lines.extend(hung("             ", "Of orders that come to the same some were left out; no state was."));
        }
        if !self.alike.is_empty() {
            let names = self.alike.join(" ");
            let text = format!("{names} are alike: one state stands for all that differ in which is which.");
            lines.extend(hung("             ", &text));
        }
        if looked_at_clocks > 0 {
            lines.extend(hung(
                "             ",
                "Nodes looked at their clocks, which stand still in a search but for ticks.",
            ));
        }
        lines
    }

    fn manner(&self) -> &'static str {
        match self.explore.manner {
            Asked::Breadth => "Every order of events, the nearest first.",
            Asked::Depth => "Every order of events, each as far as it goes.",
            Asked::Walk => "Orders of events drawn at random.",
        }
    }

    fn wanted_in_words(&self) -> Vec<String> {
        let Exploration { wanted, goals, ends, .. } = &self.scenario.exploration;
        let promises: Vec<&str> = wanted.always.iter().map(|promise| promise.name()).collect();
        let parts = [
            ("a state that breaks ", promises.join(", ")),
            ("a run that never comes to ", ends.join(", ")),
            ("a run that comes to ", goals.join(", ")),
        ];
        parts.into_iter().filter(|part| !part.1.is_empty()).map(|(head, what)| format!("{head}{what}")).collect()
    }

    fn coverage(&self) -> String {
        let found = self.report.found.as_ref().map(|found| found.trouble);
        match (self.report.ended, found) {
            (Ended::Complete, _) => "That is every state which these bounds allow.".to_owned(),
            (Ended::Found, Some(Trouble::Broken)) if self.explore.manner == Asked::Breadth => {
                "Nothing that is looked for is nearer to the start.".to_owned()
            }
            (Ended::Found, _) => "The search ended there.".to_owned(),
            (Ended::Depth(left), _) => {
                format!("That is every state so near; {} at that depth were not gone on from.", grouped(left))
            }
            (Ended::States(left), _) => format!(
                "Then the limit of states was met: {} were not gone on from, and nothing is said of what follows them.",
                grouped(left)
            ),
            (Ended::Memory(left), _) => format!(
                "Then the limit of memory was met: {} were not gone on from, and nothing is said of what follows them.",
                grouped(left)
            ),
            (Ended::Walked(walks), _) => {
                format!("{} walks are a sample, and prove nothing.", grouped(walks))
            }
            (Ended::Interrupted, _) => "Interrupted: nothing is said of the rest.".to_owned(),
        }
    }

    fn verdicts(&self) -> Vec<String> {
        let mut lines = vec!["VERDICTS, of what was looked at".to_owned()];
        let verdicts = self.searched().verdicts();
        for (standing, head) in
            [(Standing::Broken, "  BROKEN  "), (Standing::Shown, "  shown  "), (Standing::Held, "  held  ")]
        {
            let told = verdicts.iter().filter(|verdict| verdict.standing == standing);
            lines.extend(told.flat_map(|verdict| hung(head, &verdict.text)));
        }
        lines
    }

    /// What must turn out in a run of what was found.
    fn claim_of(&self) -> Vec<String> {
        self.searched().broken().iter().map(|promise| format!("Violated({promise})")).collect()
    }

    /// What was found as a scenario.
    fn as_scenario(&self, found: &Found) -> String {
        let text = self.scenario.scheduled(&found.schedule, &self.claim_of());
        let steps = counted(found.schedule.steps.len() as u64, "step");
        format!("// Found by {}: {steps}.\n{text}", self.command(&[]))
    }

    fn command(&self, more: &[&str]) -> String {
        let mut words = vec!["explore", self.explore.scenario.as_str()];
        words.extend(self.scenario.variant.iter().flat_map(|variant| ["--variant", variant.as_str()]));
        words.extend(match self.explore.manner {
            Asked::Breadth => &[][..],
            Asked::Depth => &["--manner", "depth"],
            Asked::Walk => &["--manner", "walk"],
        });
        words.extend(more);
        invocation(&words)
    }

    /// The story of what was found.
    fn story(&self, registry: &Registry, found: &Found) -> Result<Vec<String>, Stop> {
        let path = self.path();
        let scenario = Scenario::parse(&path, &self.as_scenario(found), None)?;
        let made = Made::new(registry, scenario, &path, None)?;
        let opened = made.open(Lines::Digest(Digest::default()))?;
        let mut lines = vec![String::new()];
        lines.extend(hung("FOUND  ", &self.headline(found)));
        let cluster = &made.scenario.plan.cluster;
        for (place, step) in found.schedule.steps.iter().enumerate() {
            if found.trouble == Trouble::Lasso(place) {
                lines.push("       From here on it goes round:".to_owned());
            }
            lines.extend(hung(&format!("  {:>3}  ", place + 1), &step_in_words(step, cluster)));
        }
        if let Trouble::Lasso(back) = found.trouble {
            let after = if back == 0 { "at the start".to_owned() } else { format!("after step {back}") };
            lines.push(format!("       All is now as it was {after}."));
        }
        let told = made.found(&opened);
        if !told.is_empty() {
            lines.push(String::new());
        }
        // The last line says where to look, in a file that may not be written yet: see `next`.
        lines.extend(told.into_iter().filter(|line| !line.starts_with("AT  ")));
        lines.push(String::new());
        Ok(lines)
    }

    /// The file that is written, or would be.
    fn path(&self) -> String {
        self.explore.out.as_ref().map_or("found.ron".to_owned(), |path| path.display().to_string())
    }

    /// What to do with what was found.
    fn next(&self) -> Vec<String> {
        let path = self.path();
        let keep = self.explore.out.is_none().then(|| self.command(&["--out", &path]));
        let commands = keep.into_iter().chain(["run", "view"].map(|command| invocation(&[command, &path])));
        let head = |place| if place == 0 { "NEXT  " } else { "      " };
        let lines = commands.enumerate().map(|(place, command)| format!("{}{command}", head(place)));
        [String::new()].into_iter().chain(lines).collect()
    }

    fn headline(&self, found: &Found) -> String {
        let steps = counted(found.schedule.steps.len() as u64, "step");
        let fewest = if self.explore.manner == Asked::Breadth { ", the fewest that do" } else { "" };
        let (broken, missed) = (self.searched().broken(), self.searched().missed().unwrap_or_default());
        match (found.trouble, broken) {
            (Trouble::Broken, Some(promise)) => format!("{promise} is broken in {steps}{fewest}"),
            (Trouble::Lasso(_), _) => format!("{missed} may never come about: after {steps} the run goes round"),
            _ => format!("{missed} has not come about, and nothing more can happen after {steps}"),
        }
    }

    fn json(&self) -> serde_json::Value {
        let Report { states, transitions, depth, ends, looked_at_clocks, .. } = *self.report;
        let Exploration { wanted, goals, .. } = &self.scenario.exploration;
        let found = self.report.found.as_ref().map(|found| {
            let cluster = &self.scenario.plan.cluster;
            let steps: Vec<String> = found.schedule.steps.iter().map(|step| step_written(step, cluster)).collect();
            let (how, back) = match found.trouble {
                Trouble::Broken => ("broken", None),
                Trouble::Missed => ("missed", None),
                Trouble::Lasso(back) => ("lasso", Some(back)),
            };
            let broken = self.searched().broken().map(|promise| promise.name());
            let what = broken.unwrap_or_else(|| self.searched().missed().unwrap_or_default());
            json!({"what": what, "how": how, "back_to": back, "steps": steps})
        });
        let (ended, left) = match self.report.ended {
            Ended::Complete => ("complete", None),
            Ended::Found => ("found", None),
            Ended::Depth(left) => ("depth", Some(left)),
            Ended::States(left) => ("states", Some(left)),
            Ended::Memory(left) => ("memory", Some(left)),
            Ended::Walked(_) => ("walked", None),
            Ended::Interrupted => ("interrupted", None),
        };
        let always: Vec<&str> = wanted.always.iter().map(|promise| promise.name()).collect();
        let reached = |place: usize| self.report.met >> wanted.sometimes(place) & 1 == 1;
        let goals: Vec<_> =
            goals.iter().enumerate().map(|(place, goal)| json!({"goal": goal, "reached": reached(place)})).collect();
        json!({
            "scenario": self.explore.scenario, "variant": self.scenario.variant, "states": states, "transitions": transitions,
            "depth": depth, "ends": ends, "ended": ended, "left": left, "always": always, "sometimes": goals,
            "looked_at_clocks": looked_at_clocks > 0, "found": found,
            "met": self.searched().is_as_expected(),
        })
    }
}

/// A step of what was found, as people say it.
fn step_in_words(step: &Step, cluster: &Cluster) -> String {
    let name = |node: &NodeId| cluster.name(*node);
    let which = |nth: u32| if nth == 1 { String::new() } else { format!(" ({nth} of those on their way)") };
    let letter = |letter: &Letter| format!("{} from {}{}", letter.kind, name(&letter.from), which(letter.nth));
    let told = match &step.choice {
        Choice::Deliver(what) => format!("{} receives {}", name(&what.to), letter(what)),
        Choice::Duplicate(what) => format!("{} receives {}, and may again", name(&what.to), letter(what)),
        Choice::Drop(what) => format!("{} to {} is lost", letter(what), name(&what.to)),
        Choice::Expire(Alarm { node, kind, .. }) => format!("{}'s timer {kind} fires", name(node)),
        Choice::Synced(node, 1) => format!("{}'s disk is done with the oldest sync", name(node)),
        Choice::Synced(node, nth) => format!("{}'s disk is done with sync {nth} before older ones", name(node)),
        Choice::Ask(client) => format!("{} is given its next operation", name(client)),
        Choice::Crash(node, 0) => format!("{} CRASHES; what it had not synced is gone", name(node)),
        Choice::Crash(node, survive) => {
            format!(
                "{} CRASHES; of what it had not synced, {} survive",
                name(node),
                counted(u64::from(*survive), "write")
            )
        }
        Choice::Restart(node) => format!("{} restarts", name(node)),
        Choice::Tick(node) => format!("{}'s clock goes on", name(node)),
    };
    match &step.answers[..] {
        [] => told,
        answers => format!("{told}; it chooses {answers:?}"),
    }
}

/// What may go wrong, and how messages travel.
fn bounds_in_words(bounds: &Bounds) -> String {
    let mut parts = vec![
        match bounds.network {
            Network::Unordered => "messages overtake each other",
            Network::Duplicating => "messages overtake each other, and arrive again and again",
            Network::Ordered => "messages arrive in order on each link",
        }
        .to_owned(),
    ];
    for (budget, what) in [
        (bounds.timeouts, "timeout"),
        (bounds.crashes, "crash"),
        (bounds.drops, "loss"),
        (bounds.duplicates, "duplicate"),
        (bounds.ticks, "tick"),
    ] {
        match budget {
            Some(0) if what == "timeout" => parts.push("no timeouts".to_owned()),
            Some(0) => {}
            Some(count) if what == "tick" => {
                parts.push(format!("{} of a clock by {} s", counted(u64::from(count), what), SimTime(bounds.tick.0)));
            }
            Some(count) => parts.push(counted(u64::from(count), what)),
            None => parts.push(format!("any number of {}", counted(2, what).trim_start_matches("2 "))),
        }
    }
    if bounds.syncs_at_once {
        parts.push("syncs take no time".to_owned());
    }
    parts.join("; ")
}

/// What is wrong with the protocol's own code.
fn tell_flaw(scenario: &Scenario, flaw: &Flaw) -> String {
    let said = flaw.words(&scenario.plan.cluster);
    format!("{}: {said}\nThe search was given up: what it says would be worth nothing.", scenario.name)
}
