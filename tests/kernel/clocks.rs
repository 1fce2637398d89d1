//! Clocks that something synchronises or unsettles: what of that is in the trace, and that runs stay what they are.

use crate::puppet::*;
use pessimist::kernel::{ClockPlan, Leap, LeapHow, Ntp, Plan, Synchronisation, Wander, World};
use pessimist::node::{LocalSpan, SimSpan, SimTime};
use pessimist::trace::{Lines, Recorder, Trace, describe};

fn clock(plan: &mut Plan, name: &str, clock: ClockPlan) {
    plan.clocks.insert(plan.cluster.find(name).unwrap(), clock);
}

fn ntp(offset_ns: i64) -> ClockPlan {
    let (poll, error) = (SimSpan::seconds(1), LocalSpan::micros(100));
    let ntp = Ntp { poll, error, bias_ns: 0, slew_ppm: 500, step: LocalSpan::millis(128) };
    ClockPlan { offset_ns, sync: Synchronisation::Ntp(ntp), ..ClockPlan::default() }
}

fn steps(trace: &Trace) -> Vec<String> {
    trace.ids().filter(|id| trace.fault(*id).is_some()).map(|id| describe(trace, id)).collect()
}

#[test]
fn a_step_is_an_event_and_a_slew_is_none() {
    let mut plan = plan(&["a", "b"]);
    clock(&mut plan, "a", ntp(-5_000_000_000));
    clock(&mut plan, "b", ntp(1_000_000));
    tell(&mut plan, 6000, "a", "set", 1);
    let (world, trace) = run(plan);
    assert_eq!(steps(&trace).len(), 1, "{:?}", steps(&trace));
    for id in world.cluster().ids() {
        assert!(world.local_time(id).0.abs_diff(world.now().0 as i64) <= 1_000_000);
    }
}

#[test]
fn a_repeated_second_moves_no_timer() {
    let mut plan = plan(&["a"]);
    let leap = Some(Leap { at: SimTime(50_000_000), how: LeapHow::Repeat });
    clock(&mut plan, "a", ClockPlan { leap, ..ClockPlan::default() });
    tell(&mut plan, 0, "a", "set", 100);
    let (world, trace) = run(plan);
    assert_eq!(said(&trace), ["100 a alarm 100"]);
    assert_eq!(steps(&trace).len(), 1);
    assert_eq!(world.local_time(world.cluster().id(0)).0, world.now().0 as i64 - 1_000_000_000);
}

/// A world that is taken up again from a checkpoint goes on as it would have.
#[test]
fn a_checkpoint_keeps_what_clocks_are_due_for() {
    let mut plan = plan(&["a", "b"]);
    let wander = Some(Wander { every: SimSpan::millis(100), by_ppb: 100_000, within_ppb: 900_000 });
    clock(&mut plan, "a", ClockPlan { wander, ..ntp(-5_000_000_000) });
    for nth in 0..20 {
        tell(&mut plan, nth * 400, "a", "set", 300);
        tell(&mut plan, nth * 400, "a", "send", nth as i64);
    }
    let mut world = World::<Puppet>::new(plan.clone(), ());
    world.keep_record();
    let mut recorder = Recorder::new(plan.cluster.clone(), Lines::None);
    let mut middle = None;
    while world.step(&mut recorder).is_none() {
        if middle.is_none() && world.now() > SimTime(3_000_000_000) {
            middle = Some(world.checkpoint());
        }
    }
    let mut middle = middle.unwrap();
    middle.resume(&world.take_record().into());
    middle.run(&mut ());
    let told = |world: &World<Puppet>| (world.events(), world.now(), world.local_time(world.cluster().id(0)));
    assert_eq!(told(&middle), told(&world));
}

/// Draws are keyed by the node's name: a node more changes nothing for the others.
#[test]
fn a_node_more_changes_no_other_clock() {
    let shown = |names: &[&str]| {
        let mut plan = plan(names);
        for name in names {
            clock(&mut plan, name, ntp(1_000_000));
        }
        let (world, _) = run(plan);
        world.local_time(world.cluster().find("b").unwrap())
    };
    assert_eq!(shown(&["b"]), shown(&["a", "b"]));
}
