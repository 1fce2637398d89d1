//! A search goes by the same rules as a run: a walk through the space, run again as a schedule, ends in the same world.
//!
//! The walks of real protocols are taken in `explore/tests/agree.rs`.

use super::expand::{Expander, MACHINES, TALLY};
use super::machine::Machine;
use super::path::Machines;
use super::tables::{self, Sent, Tables};
use super::{Arrivals, Bounds, Network, Print, Space, Successors};
use crate::kernel::process::Parcel;
use crate::kernel::{Choice, Plan, World};
use crate::node::Node;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use std::collections::BTreeSet;

/// How many steps a walk takes at the most.
const STEPS: usize = 50;

/// Takes walks at random through a space, and runs each again: in the end nodes, platters, caches, syncs, timers, messages
/// on their way and operations left are the same. Gives the kinds of steps that were taken.
pub(crate) fn walks_agree<N: Node>(
    plan: &Plan,
    config: N::Config,
    bounds: &Bounds,
    walks: u64,
) -> BTreeSet<&'static str> {
    let space = Machines::<N, ()>::new(plan, config, bounds.clone(), ()).expect("the workload is a list");
    let mut kinds = BTreeSet::new();
    for seed in 0..walks {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let mut desk = space.desk();
        let (mut state, mut print, _) = space.start();
        let (mut path, mut next) = (Vec::new(), Successors::default());
        for _ in 0..chance.random_range(1..=STEPS) {
            next.clear();
            space.expand(&mut desk, &state, Arrivals::UNKNOWN, &mut next);
            if next.is_empty() {
                break;
            }
            let at = chance.random_range(0..next.len());
            path.push((state, next.actions[at]));
            (state, print) = (next.state(at).to_vec(), next.prints[at]);
        }
        let own: &mut Tables<N, ()> = desk.downcast_mut().expect("a desk of this space");
        let way = space.way(&path, own);
        let (schedule, world) = space.run(&way, own);
        agree(&space, own, (&state, print), &world, seed);
        kinds.extend(schedule.steps.iter().map(|step| word(&step.choice)));
        kinds.extend(schedule.steps.iter().any(|step| !step.answers.is_empty()).then_some("Choose"));
    }
    kinds
}

fn agree<N: Node>(
    space: &Machines<N, ()>,
    own: &mut Tables<N, ()>,
    (state, print): (&[u32], Print),
    world: &World<N>,
    seed: u64,
) {
    let mut next = Successors::default();
    let desk = tables::Desk { shared: &space.tables, own, renamings: &[] };
    let expander = Expander { space, desk, arrivals: Arrivals::UNKNOWN, next: &mut next };
    assert_eq!(expander.print(state, None), print, "walk {seed}: a fingerprint is the sum of its parts'");
    let desk = &expander.desk;
    let (machines, flying) = state[MACHINES..].split_at(space.nodes());
    for ((id, process), ticks) in machines.iter().zip(&world.processes).zip(&world.progress.ticks) {
        assert_eq!(desk.machine(*id).machine, Machine::of(process, *ticks), "walk {seed}");
    }
    let sent = |parcel: &Parcel<N::Msg>| Sent { from: parcel.from, to: parcel.to, msg: parcel.msg.clone() };
    let mut held: Vec<Sent<N::Msg>> = world.held.iter().map(sent).collect();
    let letter = |id: &u32| desk.letter(*id).clone();
    let mut letters: Vec<Sent<N::Msg>> = match space.bounds.network {
        Network::Ordered => flying.iter().flat_map(|line| desk.line(*line).letters.iter().map(letter)).collect(),
        Network::Unordered | Network::Duplicating => flying.iter().map(letter).collect(),
    };
    match space.bounds.network {
        // The order is the link's.
        Network::Ordered => [&mut held, &mut letters].map(|list| list.sort_by_key(|sent| (sent.from, sent.to))),
        Network::Unordered | Network::Duplicating => [&mut held, &mut letters].map(|list| list.sort()),
    };
    if space.bounds.network == Network::Duplicating {
        held.dedup();
    }
    assert_eq!(letters, held, "walk {seed}");
    let asked: usize = desk.tally(state[TALLY]).clients.iter().map(|(asked, _)| usize::from(*asked)).sum();
    assert_eq!(asked + world.progress.commands.len(), space.commands.len(), "walk {seed}");
}

fn word(choice: &Choice) -> &'static str {
    match choice {
        Choice::Deliver(_) => "Deliver",
        Choice::Duplicate(_) => "Duplicate",
        Choice::Drop(_) => "Drop",
        Choice::Expire(_) => "Expire",
        Choice::Synced(..) => "Synced",
        Choice::Ask(_) => "Ask",
        Choice::Crash(_, 0) => "Crash",
        Choice::Crash(..) => "Tear",
        Choice::Restart(_) => "Restart",
        Choice::Tick(_) => "Tick",
    }
}
