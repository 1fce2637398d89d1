//! From a run that fails to the smallest scenario that breaks the same promise, or misses the same claim.
//!
//! First as a script: the run is written down as what happened, step by step, and steps, nodes and settings are left out
//! as long as the promise is still broken. Where a small world of the same nodes has a shorter run still, that is taken;
//! and where something else, done somewhere, makes more of the script needless, so is that. In a script clocks stand and
//! nothing has a law, so what hangs on clocks, and whatever is a matter of time, does not come about in it. Where a script
//! cannot do, the scenario itself is made smaller: faults, operations, nodes and settings are left out of its text.

mod case;
mod detour;
mod reduce;
mod text;
mod tree;
mod worlds;

#[cfg(test)]
mod tests;

pub use reduce::{Stand, Tries};

use super::unexpected;
use crate::check::{Claim, Promise};
use crate::node::Fault;
use crate::scenario::syntax::Node;
use crate::scenario::{Failure, Judged, Opened, Registry, Scenario};
use crate::trace::{Lines, Trace};
use case::Case;
use std::collections::BTreeSet;

/// What is to go wrong in the smaller run as in the larger one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// This promise is broken.
    Broken(Promise),
    /// This claim of the scenario, by its place, is missed.
    Missed(usize),
}

/// What goes wrong in a run that its scenario does not expect; `None` where nothing does.
pub fn goal_of(scenario: &Scenario, judged: &Judged) -> Option<Goal> {
    let judge = &judged.judge;
    if let Some(violation) = unexpected(scenario, judge).min_by_key(|violation| violation.event) {
        return Some(Goal::Broken(violation.promise));
    }
    scenario.expect.iter().enumerate().find_map(|(place, expectation)| {
        if judge.verdict(&expectation.claim, judged.end).holds {
            return None;
        }
        let broken = match expectation.claim {
            Claim::Holds(promise) => judge.violation(promise),
            _ => None,
        };
        Some(broken.map_or(Goal::Missed(place), |violation| Goal::Broken(violation.promise)))
    })
}

/// How large a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Its events.
    pub events: usize,
    /// What went wrong in it: what mended something does not count.
    pub faults: usize,
}

/// The smallest that was found.
pub struct Shrunk {
    /// As a scenario, without the lines that say where it is from.
    pub text: String,
    /// Its steps as a person reads them, where its order is laid down.
    pub steps: Vec<String>,
    /// How large the run was.
    pub from: Extent,
    /// How large it is now.
    pub to: Extent,
    /// How many candidates were tried.
    pub tries: u64,
    /// Whether the person did not want to wait for the end.
    pub is_interrupted: bool,
}

/// Makes a run smaller. The threads are those of the pool that this is called in; what is found does not depend on them.
pub fn shrink(
    registry: &Registry,
    scenario: &Scenario,
    goal: Goal,
    ask: &mut (dyn FnMut(Stand) -> bool + Send),
) -> Result<Shrunk, Failure> {
    let runner = registry.prepare(scenario).map_err(|mistake| Failure::Panicked(mistake.to_string()))?;
    let mut going = true;
    let opened = runner.open(scenario.plan.seed, Lines::None, &mut |_, _| {
        going = ask(Stand::default());
        going
    })?;
    let from = extent(opened.session.trace());
    let mut tries = Tries::new(ask);
    let as_script = match goal {
        Goal::Broken(promise) => Case::new(registry, scenario, runner.as_ref(), promise),
        Goal::Missed(_) => None,
    };
    let (text, steps, to) = match (as_script, goal) {
        (Some(mut case), Goal::Broken(promise)) => {
            case.shrink(&mut tries);
            text::of_case(registry, &case, promise)?
        }
        _ => {
            let tree = smaller_tree(registry, scenario, goal, &opened, &mut tries);
            let text = tree.pretty();
            let to = extent(open(registry, &text)?.session.trace());
            (text, Vec::new(), to)
        }
    };
    Ok(Shrunk { text, steps, from, to, tries: tries.count(), is_interrupted: tries.is_over() })
}

/// Runs a scenario that was made.
fn open(registry: &Registry, text: &str) -> Result<Opened, Failure> {
    let scenario = Scenario::parse("the shrunk scenario", text, None);
    let scenario = scenario.map_err(|mistake| Failure::Panicked(mistake.to_string()))?;
    let runner = registry.prepare(&scenario).map_err(|mistake| Failure::Panicked(mistake.to_string()))?;
    runner.open(scenario.plan.seed, Lines::None, &mut |_, _| true)
}

fn extent(trace: &Trace) -> Extent {
    let is_wrong = |fault: &Fault| !fault.mends() && *fault != Fault::Mark;
    let faults = trace.faults().iter().filter(|record| !record.ends && is_wrong(&record.fault)).count();
    Extent { events: trace.len(), faults }
}

impl Goal {
    /// Whether a run does what it is to do.
    fn is_met(self, claim: Option<&Claim>, judged: &Judged) -> bool {
        match (self, claim) {
            (Goal::Broken(promise), _) => judged.judge.violation(promise).is_some(),
            (Goal::Missed(_), Some(claim)) => !judged.judge.verdict(claim, judged.end).holds,
            (Goal::Missed(_), None) => false,
        }
    }

    /// The same as the smaller scenario expects it.
    fn expectation(self, scenario: &Scenario) -> String {
        match self {
            Goal::Broken(promise) => format!("[Violated({promise})]"),
            Goal::Missed(place) => format!("[Not({})]", scenario.expect[place].text),
        }
    }
}

/// Rounds of leaving parts out; each round can only make the tree smaller. Our choice.
const ROUNDS: usize = 4;

/// The scenario with as few parts as still do.
fn smaller_tree(
    registry: &Registry,
    scenario: &Scenario,
    goal: Goal,
    opened: &Opened,
    tries: &mut Tries<'_>,
) -> Node {
    let seed = scenario.plan.seed;
    let claim = match goal {
        Goal::Missed(place) => Some(&scenario.expect[place].claim),
        Goal::Broken(_) => None,
    };
    let does = |tree: &Node| {
        let scenario = Scenario::parse("the shrunk scenario", &tree.pretty(), None).ok()?;
        let judged = registry.prepare(&scenario).ok()?.judge(seed).ok()?;
        goal.is_met(claim, &judged).then_some(())
    };
    let mut tree = scenario.tree.clone();
    tree::set(&mut tree, "expect", &goal.expectation(scenario));
    tree::set(&mut tree, "seed", &seed.to_string());
    for _ in 0..ROUNDS {
        // What came after the event at which the promise was broken is not needed.
        let broken = match goal {
            Goal::Broken(promise) => opened.judge.violation(promise).map(|violation| violation.time.0),
            Goal::Missed(_) => None,
        };
        let untils: Vec<Node> = broken
            .into_iter()
            .flat_map(rounded_up)
            .map(|until| {
                let mut tree = tree.clone();
                tree::set(&mut tree, "until", &format!("\"{until}\""));
                tree
            })
            .collect();
        if let Some((place, ())) = tries.first(untils.len(), |place| does(&untils[place])) {
            tree = untils[place].clone();
        }
        let parts = tree::parts(&tree);
        let with = |parts: &[tree::Path]| {
            let kept: BTreeSet<&tree::Path> = parts.iter().collect();
            let must = |path: &tree::Path| {
                path[0] == "expect" || path.len() == 1 && ["title", "protocol", "cluster"].contains(&path[0].as_str())
            };
            tree::pruned(&tree, &Vec::new(), &|path| must(path) || kept.contains(path))
        };
        let left = tries.reduce(parts.clone(), |parts| {
            does(&with(parts))?;
            // What stood within a part that is gone is gone with it.
            let kept: BTreeSet<&tree::Path> = parts.iter().collect();
            let stands = |path: &tree::Path| {
                (1..path.len()).all(|length| {
                    length == 1 && ["protocol", "cluster"].contains(&path[0].as_str())
                        || kept.contains(&path[..length].to_vec())
                })
            };
            Some(parts.iter().filter(|path| stands(path)).cloned().collect())
        });
        let is_done = left.len() == parts.len();
        tree = with(&left);
        if is_done || tries.is_over() {
            break;
        }
    }
    tree
}

/// Instants not before this one, the simplest last but one: so many milliseconds, then more of them.
fn rounded_up(nanos: u64) -> Vec<String> {
    let to = |unit: u64| nanos.div_ceil(unit) * unit;
    let spans = [to(100_000_000), to(10_000_000), to(1_000_000)].map(crate::node::SimSpan);
    spans.iter().map(ToString::to_string).collect()
}
