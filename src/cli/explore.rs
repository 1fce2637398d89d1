//! `explore`: every order in which things may happen in a scenario's small world, up to a bound.

use super::Exit;
use super::arguments::{Explore, Manner as Asked, Plain};
use super::run::{Made, create};
use super::shared::{Stop, counted, interrupted, invocation, load_by_name, print};
use crate::check::Claim;
use crate::explore::{Ended, Found, Limits, Looked, Manner, Marks, Options, Report, Trouble, search};
use crate::kernel::search::{Arrivals, Bounds, Flaw, Network};
use crate::scenario::{Exploration, Registry, Scenario, step_written};
use crate::trace::{Digest, Lines};
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
    let bounds = Bounds { symmetry: explore.symmetry, ..scenario.exploration.bounds.clone() };
    if explore.reduction && scenario.plan.cluster.len() > Arrivals::NODES {
        return Err(Stop::usage(format!("--reduction is for clusters of up to {} nodes", Arrivals::NODES)));
    }
    if explore.symmetry && !wanted.eventually.is_empty() {
        return Err(Stop::usage("--symmetry says nothing of what must come about in every run: leave it out here"));
    }
    let mut space = runner.space(&bounds, wanted).map_err(|why| Stop::from(scenario.refused_search(why)))?;
    let eventually = (0..wanted.eventually.len()).fold(0, |marks, place| marks | 1 << wanted.eventually(place));
    let marks = Marks { never: wanted.never(), eventually };
    let limits = Limits {
        depth: explore.max_depth.or(scenario.exploration.depth),
        states: explore.max_states.unwrap_or(scenario.exploration.states),
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
    let report = search(space.as_mut(), manner, marks, &options, &mut ask);
    bar.0.finish_and_clear();
    let report = report.map_err(|flaw| Stop::Said(Exit::Broken, tell_flaw(&scenario, &flaw)))?;
    let told = Told { scenario: &scenario, explore, report: &report, alike };
    eprintln!("{}", bar.speed(&report));
    match explore.format {
        Plain::Json => print(&told.json().to_string())?,
        Plain::Text => {
            print(&told.lines().join("\n"))?;
            if let Some(found) = &report.found {
                print(&told.story(registry, found)?)?;
            }
            print(&told.verdicts().join("\n"))?;
        }
    }
    if let (Some(found), Some(path)) = (&report.found, &explore.out) {
        write!(create(path)?, "{}", told.as_scenario(found))?;
    }
    Ok(if report.ended == Ended::Interrupted {
        Exit::Interrupted
    } else if told.met() {
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

impl Told<'_> {
    fn exploration(&self) -> &Exploration {
        &self.scenario.exploration
    }

    fn name(&self) -> String {
        let mut name = self.explore.scenario.clone();
        name.extend(self.scenario.variant.iter().map(|variant| format!(" ({variant})")));
        name
    }

    /// What may happen, what is looked for, and how far the search came.
    fn lines(&self) -> Vec<String> {
        let Report { states, transitions, depth, ends, looked_at_clocks, .. } = *self.report;
        let manner = match self.explore.manner {
            Asked::Breadth => "breadth first",
            Asked::Depth => "depth first",
            Asked::Walk => "walks at random",
        };
        let mut lines = vec![
            format!("explore {}  {manner}", self.name()),
            format!("  {}", self.scenario.title),
            format!("MAY HAPPEN   {}", bounds_in_words(&self.exploration().bounds)),
            format!("LOOKED FOR   {}", self.wanted_in_words()),
            format!(
                "LOOKED AT    {states} states, {transitions} steps between them, up to depth {depth}; {}",
                counted(ends, "end")
            ),
            format!("             {}", self.coverage()),
        ];
        if self.explore.reduction {
            lines.push("             of orders that come to the same, some were left out; no state was".to_owned());
        }
        if !self.alike.is_empty() {
            let names = self.alike.join(" ");
            lines.push(format!(
                "             {names} are taken to be alike: one state stands for all that differ in which is which"
            ));
        }
        if looked_at_clocks > 0 {
            lines.push("             handlers looked at their clock, which stands still in a search".to_owned());
        }
        lines
    }

    fn wanted_in_words(&self) -> String {
        let wanted = &self.exploration().wanted;
        let always = wanted.always.iter().map(|promise| format!("{promise} broken"));
        let goals = self.exploration().goals.iter().map(|goal| format!("{goal} reached"));
        let ends = self.exploration().ends.iter().map(|goal| format!("{goal} missed"));
        always.chain(ends).chain(goals).collect::<Vec<_>>().join(", ")
    }

    fn coverage(&self) -> String {
        match self.report.ended {
            Ended::Complete => "that is every state which these bounds allow".to_owned(),
            Ended::Found if self.explore.manner == Asked::Breadth => {
                "nothing that is looked for is nearer to the start".to_owned()
            }
            Ended::Found => "the search ended there".to_owned(),
            Ended::Depth(left) => {
                format!("every state nearer than that; {left} states at that depth were not gone on from")
            }
            Ended::States(left) => format!(
                "then the limit of states was met: {left} states were not gone on from, and nothing is said of what follows them"
            ),
            Ended::Walked(walks) => format!("{walks} walks: a sample, which proves nothing"),
            Ended::Interrupted => "interrupted: nothing is said of the rest".to_owned(),
        }
    }

    /// What became of each promise and goal, and of what the scenario expects.
    fn verdicts(&self) -> Vec<String> {
        let wanted = &self.exploration().wanted;
        let found = self.report.found.as_ref();
        let mut lines = Vec::new();
        for (place, promise) in wanted.always.iter().enumerate() {
            let is_broken = found.is_some_and(|found| found.mark as usize == place);
            let expects = |claim: &Claim| matches!(claim, Claim::Violated(named) if named.parts().contains(promise));
            let is_expected = self.exploration().expect.iter().any(|expectation| expects(&expectation.claim));
            lines.push(match (is_broken, is_expected) {
                (true, true) => format!("  ✓ {promise} broken, as expected"),
                (true, false) => format!("  ✗ {promise} broken: {}", promise.promise()),
                (false, true) => format!("  ✗ {promise} was to be broken, and {}", self.not_seen()),
                (false, false) => format!("  ✓ {promise}: {}", self.not_seen()),
            });
        }
        for (place, goal) in self.exploration().ends.iter().enumerate() {
            let missed = found.is_some_and(|found| found.mark == wanted.eventually(place));
            lines.push(match missed {
                true => format!("  ✗ {goal} does not come about in every run"),
                false => format!("  ✓ {goal}: missed by no run that was looked at"),
            });
        }
        for (place, goal) in self.exploration().goals.iter().enumerate() {
            lines.push(match self.report.met >> wanted.sometimes(place) & 1 {
                1 => format!("  ✓ {goal} comes about in some run"),
                _ => format!("  ✗ {goal} was not reached: what is said of runs that reach it is empty"),
            });
        }
        lines
    }

    fn not_seen(&self) -> &'static str {
        match self.report.ended {
            Ended::Complete => "not broken in any state within these bounds",
            Ended::Found => "not broken before the search ended",
            Ended::Depth(_) | Ended::States(_) | Ended::Walked(_) | Ended::Interrupted => {
                "not broken in what was looked at, which is not all"
            }
        }
    }

    /// Whether all turned out as the scenario expects; where it expects nothing, whether nothing was found.
    fn met(&self) -> bool {
        let wanted = &self.exploration().wanted;
        let broken = self.report.found.as_ref().and_then(|found| wanted.always.get(found.mark as usize));
        let goals = (0..wanted.sometimes.len()).all(|place| self.report.met >> wanted.sometimes(place) & 1 == 1);
        let is_true = |claim: &Claim| self.is_true(claim);
        let expect = &self.exploration().expect;
        let is_expected = broken.is_some_and(|broken| {
            let names = |claim: &Claim| matches!(claim, Claim::Violated(named) if named.parts().contains(broken));
            expect.iter().any(|expectation| names(&expectation.claim))
        });
        let nothing_else = self.report.found.is_none() || is_expected;
        // A goal may lie beyond what was found.
        let goals = goals || self.report.ended == Ended::Found;
        expect.iter().all(|expectation| is_true(&expectation.claim)) && nothing_else && goals
    }

    fn is_true(&self, claim: &Claim) -> bool {
        let broken =
            self.report.found.as_ref().and_then(|found| self.exploration().wanted.always.get(found.mark as usize));
        match claim {
            Claim::Holds(promise) => broken.is_none_or(|broken| !promise.parts().contains(broken)),
            Claim::Violated(promise) => broken.is_some_and(|broken| promise.parts().contains(broken)),
            Claim::Not(claim) => !self.is_true(claim),
            _ => false,
        }
    }

    /// What must turn out in a run of what was found.
    fn claim_of(&self, found: &Found) -> Vec<String> {
        let promise = self.exploration().wanted.always.get(found.mark as usize);
        promise.iter().map(|promise| format!("Violated({promise})")).collect()
    }

    /// What was found as a scenario.
    fn as_scenario(&self, found: &Found) -> String {
        let text = self.scenario.scheduled(&found.schedule, &self.claim_of(found));
        let steps = found.schedule.steps.len();
        format!("// Found by {}: {steps} steps.\n{text}", self.command(&[]))
    }

    fn command(&self, more: &[&str]) -> String {
        let mut words = vec!["explore", self.explore.scenario.as_str()];
        words.extend(self.scenario.variant.iter().flat_map(|variant| ["--variant", variant.as_str()]));
        words.extend(more);
        invocation(&words)
    }

    /// The story of what was found, and how to look at it.
    fn story(&self, registry: &Registry, found: &Found) -> Result<String, Stop> {
        let path = self.explore.out.as_ref().map_or("found.ron".to_owned(), |path| path.display().to_string());
        let scenario = Scenario::parse(&path, &self.as_scenario(found), None)?;
        let made = Made::new(registry, scenario, &path, None)?;
        let opened = made.open(Lines::Digest(Digest::default()))?;
        let mut lines = vec![String::new(), self.headline(found)];
        if let Trouble::Lasso(back) = found.trouble {
            lines.push(format!("  after the last step all is as it was after step {back}: it may go on so for ever"));
        }
        for (place, step) in found.schedule.steps.iter().enumerate() {
            lines.push(format!("  {:>3}  {}", place + 1, step_written(step, &made.scenario.plan.cluster)));
        }
        lines.push(String::new());
        lines.extend(made.found(&opened));
        if self.explore.out.is_none() {
            lines.push(format!("KEEP IT  {}", self.command(&["--out", &path])));
        }
        lines.push(String::new());
        Ok(lines.join("\n"))
    }

    fn headline(&self, found: &Found) -> String {
        let wanted = &self.exploration().wanted;
        let steps = counted(found.schedule.steps.len() as u64, "step");
        let fewest = if self.explore.manner == Asked::Breadth { ", the fewest that do" } else { "" };
        match found.trouble {
            Trouble::Broken => format!("FOUND  {} is broken in {steps}{fewest}", wanted.always[found.mark as usize]),
            Trouble::Missed => format!("FOUND  {} is missed: the run is over after {steps}", self.end(found)),
            Trouble::Lasso(_) => format!("FOUND  {} is missed: the run goes round after {steps}", self.end(found)),
        }
    }

    fn end(&self, found: &Found) -> &str {
        &self.exploration().ends[found.mark as usize - self.exploration().wanted.always.len()]
    }

    fn json(&self) -> serde_json::Value {
        let Report { states, transitions, depth, ends, bytes, looked_at_clocks, .. } = *self.report;
        let wanted = &self.exploration().wanted;
        let found = self.report.found.as_ref().map(|found| {
            let cluster = &self.scenario.plan.cluster;
            let steps: Vec<String> = found.schedule.steps.iter().map(|step| step_written(step, cluster)).collect();
            let (how, back) = match found.trouble {
                Trouble::Broken => ("broken", None),
                Trouble::Missed => ("missed", None),
                Trouble::Lasso(back) => ("lasso", Some(back)),
            };
            let what = match wanted.always.get(found.mark as usize) {
                Some(promise) => promise.name(),
                None => self.end(found),
            };
            json!({"what": what, "how": how, "back_to": back, "steps": steps})
        });
        let (ended, left) = match self.report.ended {
            Ended::Complete => ("complete", None),
            Ended::Found => ("found", None),
            Ended::Depth(left) => ("depth", Some(left)),
            Ended::States(left) => ("states", Some(left)),
            Ended::Walked(_) => ("walked", None),
            Ended::Interrupted => ("interrupted", None),
        };
        let always: Vec<&str> = wanted.always.iter().map(|promise| promise.name()).collect();
        let reached = |place: usize| self.report.met >> wanted.sometimes(place) & 1 == 1;
        let goals: Vec<_> = self
            .exploration()
            .goals
            .iter()
            .enumerate()
            .map(|(place, goal)| json!({"goal": goal, "reached": reached(place)}))
            .collect();
        json!({
            "scenario": self.explore.scenario, "variant": self.scenario.variant, "states": states, "transitions": transitions,
            "depth": depth, "ends": ends, "ended": ended, "left": left, "always": always, "sometimes": goals,
            "bytes": bytes, "looked_at_clocks": looked_at_clocks > 0, "found": found, "met": self.met(),
        })
    }
}

/// What may go wrong, and how messages travel.
fn bounds_in_words(bounds: &Bounds) -> String {
    let mut parts = Vec::new();
    for (budget, what) in [
        (bounds.drops, "loss"),
        (bounds.duplicates, "duplicate"),
        (bounds.crashes, "crash"),
        (bounds.timeouts, "timeout"),
        (bounds.ticks, "tick"),
    ] {
        match budget {
            Some(0) => {}
            Some(count) => parts.push(counted(u64::from(count), what)),
            None => parts.push(format!("any number of {}", counted(2, what).trim_start_matches("2 "))),
        }
    }
    parts.push(
        match bounds.network {
            Network::Unordered => "messages overtake each other",
            Network::Duplicating => "messages overtake each other and arrive again and again",
            Network::Ordered => "messages keep their order on each link",
        }
        .to_owned(),
    );
    if bounds.syncs_at_once {
        parts.push("syncs take no time".to_owned());
    }
    parts.join(", ")
}

/// What is wrong with the protocol's own code.
fn tell_flaw(scenario: &Scenario, flaw: &Flaw) -> String {
    let name = |node: &crate::node::NodeId| scenario.plan.cluster.name(*node).to_owned();
    let said = match flaw {
        Flaw::NotDeterministic { node, what, difference } => format!(
            "{} does not do the same each time: {what}, in the same state, led to two outcomes\nthey differ in  {difference}\n\
             look for a hash map that is iterated, a static variable, a clock or a thread",
            name(node)
        ),
        Flaw::HashForgets { node, difference } => format!(
            "two states of {} that are not equal have one hash: a Hash written by hand leaves out a field\nthey differ in  {difference}\n\
             derive Hash, or declare the type with node_value!",
            name(node)
        ),
        Flaw::EqForgets { node, difference } => format!(
            "two states of {} that are said to be equal are not: an Eq written by hand leaves out a field\nthey differ in  {difference}\n\
             derive Eq and Hash, or declare the type with node_value!",
            name(node)
        ),
        Flaw::NotAlike => {
            "nodes were taken to be alike and are not: the protocol treats its peers differently, by their \
             order perhaps\nleave out --symmetry"
                .to_owned()
        }
        Flaw::Panicked { node, what, text } => {
            format!("the protocol's own code panicked: {} at {what}: {text}", name(node))
        }
    };
    format!("{}: {said}\nThe search was given up: what it says would be worth nothing.", scenario.name)
}
