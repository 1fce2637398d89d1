//! Hunting for a violation: seeds and faults are drawn together, and what reached something new is drawn from again.
//!
//! A sweep tries seed after seed of one scenario, each as if the others had never been. A hunt adds faults of its own to
//! the scenario and keeps a pool of those plans that reached a kind of state or fault which no plan before them had (see
//! [`Feature`]). Most new plans are such a plan with a fault added, taken away, moved or given to another node, or with
//! another seed. So rare states are found by small steps from states that are less rare, as fuzzers of programs find deep
//! branches.
//!
//! Plans are made in generations of a fixed size: the pool stands still while one is run, and takes up what it brought in
//! order. So what is found does not depend on how many run at a time.

mod plan;

#[cfg(test)]
mod tests;

pub use plan::{Draws, Plan};

use super::failure::broken_promise;
use super::sweep::Trouble;
use crate::check::{Feature, Promise};
use crate::kernel::Over;
use crate::scenario::{Failure, Registry, Runner, Scenario};
use plan::Field;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::ThreadPool;
use rayon::prelude::*;
use std::collections::BTreeSet;

/// How many plans are run before the pool takes up what they brought: our choice.
pub const GENERATION: u64 = 32;

/// One of so many plans is drawn afresh, so that the pool does not circle around where it began. Our choice.
const AFRESH: u64 = 6;

/// How a hunt goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hunt {
    /// What all its draws come from.
    pub seed: u64,
    /// How many runs it may take.
    pub runs: u64,
    /// Whether the pool is drawn from; otherwise every plan is drawn afresh, to see what guidance is worth.
    pub guided: bool,
}

/// What a hunt came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hunted {
    /// How many runs there were, the one that was found included.
    pub runs: u64,
    /// How many events these had.
    pub events: u64,
    /// How many plans reached something new.
    pub pool: usize,
    /// How many features were reached.
    pub features: usize,
    /// The run after which the last new feature was reached.
    pub last_new: u64,
    /// What was found.
    pub found: Option<Prey>,
    /// Whether the person did not want to wait.
    pub is_interrupted: bool,
}

/// A plan that breaks a promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prey {
    /// The plan.
    pub plan: Plan,
    /// The promise that is broken; `None` where the protocol's own code panicked.
    pub promise: Option<Promise>,
    /// What was seen.
    pub what: String,
}

/// What one run came to.
struct Run {
    events: u32,
    features: Vec<Feature>,
    broken: Option<(Option<Promise>, String)>,
}

/// The stream of draws of one plan of a generation; generation 0 is the scenario as it is.
fn draws(seed: u64, generation: u64, place: u64) -> Draws {
    let mut material = [0; 32];
    material[..8].copy_from_slice(&seed.to_le_bytes());
    material[8..16].copy_from_slice(&generation.to_le_bytes());
    material[16..24].copy_from_slice(&place.to_le_bytes());
    ChaCha8Rng::from_seed(material)
}

/// Hunts for a run of a scenario that breaks a promise which is to hold.
///
/// `ask` is called before each run, on any thread, and says whether to go on. The scenario must have no schedule.
pub fn hunt(
    registry: &Registry,
    (scenario, runner): (&Scenario, &dyn Runner),
    hunt: Hunt,
    pool: &ThreadPool,
    ask: &(dyn Fn() -> bool + Sync),
) -> Result<Hunted, Trouble> {
    let (mut hunted, mut reached, mut plans) = (Hunted::default(), BTreeSet::new(), Vec::new());
    let messages = runner.messages();
    let mut generation = vec![Plan::of(scenario)];
    for number in 1.. {
        let runs = pool.install(|| {
            let one = |plan: &Plan| ask().then(|| run(registry, scenario, plan));
            generation.par_iter().map(one).collect::<Vec<_>>()
        });
        for (plan, run) in generation.iter().zip(runs) {
            let Some(run) = run.transpose()? else {
                hunted.is_interrupted = true;
                return Ok(hunted);
            };
            hunted.runs += 1;
            hunted.events += u64::from(run.events);
            let before = reached.len();
            reached.extend(run.features);
            if reached.len() > before {
                plans.push(plan.clone());
                hunted.last_new = hunted.runs;
            }
            (hunted.pool, hunted.features) = (plans.len(), reached.len());
            if let Some((promise, what)) = run.broken {
                hunted.found = Some(Prey { plan: plan.clone(), promise, what });
                return Ok(hunted);
            }
        }
        let left = hunt.runs - hunted.runs.min(hunt.runs);
        if left == 0 {
            break;
        }
        let field = Field::new(scenario, &messages, reached.iter().filter_map(|feature: &Feature| feature.fact()));
        generation = (0..left.min(GENERATION)).map(|place| bred(&field, &plans, hunt, (number, place))).collect();
    }
    Ok(hunted)
}

/// The next plan: one of the pool, changed, or one drawn afresh.
fn bred(field: &Field, plans: &[Plan], hunt: Hunt, (generation, place): (u64, u64)) -> Plan {
    let mut draws = draws(hunt.seed, generation, place);
    if !hunt.guided || plans.is_empty() || draws.random_range(0..AFRESH) == 0 {
        return field.afresh(&mut draws);
    }
    // What came late is rarer: of two that are drawn the later one is taken.
    let mut one = || draws.random_range(0..plans.len());
    let (parent, mate) = (one().max(one()), one());
    field.changed(&plans[parent], &plans[mate], &mut draws)
}

fn run(registry: &Registry, scenario: &Scenario, plan: &Plan) -> Result<Run, Trouble> {
    let changed = plan.scenario(scenario).and_then(|changed| Ok((registry.prepare(&changed)?, changed)));
    // The scenario itself was read and prepared; what is added to it is ours.
    let (runner, changed) = changed.unwrap_or_else(|mistake| panic!("a hunt's own faults are refused: {mistake}"));
    let (judged, features) = match runner.cover(plan.seed) {
        Ok(covered) => covered,
        Err(Failure::Panicked(text)) => {
            let what = format!("the protocol's own code panicked: {text}");
            return Ok(Run { events: 0, features: vec![], broken: Some((None, what)) });
        }
        Err(failure) => return Err(Trouble::Failed(failure)),
    };
    if let Over::Events | Over::Standstill = judged.over {
        return Err(Trouble::Endless(judged.over, judged.end));
    }
    let broken = broken_promise(&changed, &judged).map(|(promise, what)| (Some(promise), what));
    Ok(Run { events: judged.events, features, broken })
}
