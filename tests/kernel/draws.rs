//! One changed fact changes no other draw.

use crate::puppet::*;
use pessimist::kernel::{Action, Law, MessageAction, MessagePattern, Pattern, Plan, Trigger, World};
use pessimist::node::{EventId, SimSpan};
use pessimist::trace::{Lines, Recorder, Trace};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Puppets that talk a lot, on links that leave everything to chance.
fn chatter(names: &[&str], words: u64) -> Plan {
    let mut plan = plan(names);
    plan.link.delay = Law::LogNormal { median: SimSpan::millis(5), sigma: 1.0 };
    (plan.link.loss_ppm, plan.link.duplicate_ppm, plan.link.reorder_ppm) = (50_000, 50_000, 50_000);
    plan.seed = 7;
    for word in 0..words {
        // Few different words, so that most are not the first of their kind on their link.
        tell(&mut plan, word, names[word as usize % names.len()], "send", (word % 17) as i64);
    }
    plan
}

/// What became of each message: by its link, its content's occurrence there, and whether it is a copy.
fn fates(trace: &Trace) -> BTreeMap<(String, u64, usize), u64> {
    let mut fates = BTreeMap::new();
    let mut ends: BTreeMap<EventId, usize> = BTreeMap::new();
    for id in trace.ids() {
        let Some(send) = trace.record(id).cause().filter(|&cause| trace.name(cause) == "Word") else { continue };
        let copy = ends.entry(send).and_modify(|count| *count += 1).or_insert(0);
        let (from, to) = (trace.node(send).unwrap(), trace.peer(send).unwrap());
        let link = format!("{}>{}", trace.cluster().name(from), trace.cluster().name(to));
        let took = trace.record(id).time().since(trace.record(send).time()).0;
        fates.insert((link, trace.record(send).time().0, *copy), took);
    }
    fates
}

#[test]
fn dropping_one_message_of_ten_thousand_changes_no_other_draw() {
    let names = ["a", "b", "c"];
    let plan = chatter(&names, 5_005);
    let whole = fates(&run(plan.clone()).1);
    assert!(whole.len() > 10_000);
    for nth in [1, 2_000, 9_999] {
        let mut plan = plan.clone();
        let pattern = Pattern::Message(MessagePattern { kind: None, from: None, to: None });
        add(&mut plan, Trigger::On { pattern, nth, times: 1 }, Action::Message(MessageAction::Drop));
        let without = fates(&run(plan).1);
        let differ = whole.iter().filter(|(message, took)| without.get(*message) != Some(took)).count();
        assert!((1..=2).contains(&differ), "{differ} differ: only the message itself, and a copy of it, may");
    }
}

#[test]
fn a_node_that_joins_shifts_nothing() {
    let few = fates(&run(chatter(&["a", "b", "c"], 900)).1);
    let mut plan = plan(&["z", "a", "b", "c"]);
    let without = chatter(&["a", "b", "c"], 900);
    (plan.link, plan.seed) = (without.link.clone(), 7);
    for word in 0..900 {
        tell(&mut plan, word, ["a", "b", "c"][word as usize % 3], "send", (word % 17) as i64);
    }
    let more = fates(&run(plan).1);
    let differ = few.iter().filter(|(message, took)| more.get(*message) != Some(took)).count();
    assert_eq!(differ, 0);
}

#[test]
fn a_checkpoint_goes_on_as_the_run_did() {
    let plan = Arc::new(chatter(&["a", "b", "c"], 300));
    let mut world = World::<Puppet>::new(plan.clone(), ());
    world.keep_record();
    let mut recorder = Recorder::new(plan.cluster.clone(), Lines::None);
    let mut checkpoints = Vec::new();
    while world.step(&mut recorder).is_none() {
        if world.events() % 100 < 3 {
            checkpoints.push((world.checkpoint(), recorder.trace.len()));
        }
    }
    let record = Arc::new(world.take_record());
    assert!(checkpoints.len() > 10);
    for (mut checkpoint, length) in checkpoints {
        let mut again = Recorder::new(plan.cluster.clone(), Lines::None);
        again.trace = prefix(&plan, length);
        checkpoint.resume(&record);
        checkpoint.run(&mut again);
        assert_eq!(said(&again.trace), said(&recorder.trace));
    }
}

/// The trace of the first `length` events of a plan.
fn prefix(plan: &Arc<Plan>, length: usize) -> Trace {
    let mut world = World::<Puppet>::new(plan.clone(), ());
    let mut recorder = Recorder::new(plan.cluster.clone(), Lines::None);
    while recorder.trace.len() < length {
        world.step(&mut recorder);
    }
    recorder.trace
}

#[test]
fn a_clone_goes_the_same_way_and_another_seed_another() {
    let plan = chatter(&["a", "b"], 200);
    let other = run(Plan { seed: 8, ..plan.clone() }).1;
    assert_eq!(said(&run(plan.clone()).1), said(&run(plan.clone()).1));
    assert_ne!(said(&run(plan).1), said(&other));
}
