//! What is durable when, and what waits for it.

use crate::puppet::*;
use pessimist::kernel::{NodeAction, Plan, SyncHolds};
use pessimist::node::{DiskMode, SimSpan};

/// Writes 1, syncs, writes 2 and 3 without a sync, crashes at 50 ms and restarts.
fn crash_with_unsynced_writes(mode: DiskMode) -> Vec<String> {
    let mut plan = plan(&["a"]);
    plan.disk.mode = mode;
    for (millis, what, number) in [(0, "write", 1), (0, "sync", 0), (20, "write", 2), (21, "write", 3)] {
        tell(&mut plan, millis, "a", what, number);
    }
    strike(&mut plan, 50, "a", NodeAction::Crash);
    strike(&mut plan, 60, "a", NodeAction::Restart);
    said(&run(plan).1)
}

#[test]
fn a_crash_keeps_what_was_synced() {
    assert_eq!(crash_with_unsynced_writes(DiskMode::Loses), ["60 a disk [1]"]);
    assert_eq!(crash_with_unsynced_writes(DiskMode::Keeps), ["60 a disk [1, 2, 3]"]);
    assert_eq!(crash_with_unsynced_writes(DiskMode::Lies), [""; 0]);
}

#[test]
fn a_torn_disk_keeps_a_prefix_that_the_seed_draws() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..40 {
        let mut plan = plan(&["a"]);
        plan.seed = seed;
        plan.disk.mode = DiskMode::Tears;
        for word in 1..=3 {
            tell(&mut plan, word, "a", "write", word as i64);
        }
        strike(&mut plan, 50, "a", NodeAction::Crash);
        strike(&mut plan, 60, "a", NodeAction::Restart);
        seen.insert(said(&run(plan).1).join("|"));
    }
    let all: Vec<_> = seen.iter().map(String::as_str).collect();
    assert_eq!(all, ["", "60 a disk [1, 2, 3]", "60 a disk [1, 2]", "60 a disk [1]"]);
}

fn speak_after_sync(holds: SyncHolds) -> Plan {
    let mut plan = plan(&["a", "b"]);
    plan.sync_holds = holds;
    tell(&mut plan, 0, "a", "write", 1);
    tell(&mut plan, 0, "a", "sync", 0);
    tell(&mut plan, 2, "a", "send", 7);
    tell(&mut plan, 3, "a", "set", 5);
    plan
}

#[test]
fn every_later_effect_of_the_node_waits_for_a_sync() {
    // The sync is done at 10 ms: the message leaves then, and the timer counts from then.
    let (_, trace) = run(speak_after_sync(SyncHolds::Node));
    assert_eq!(said(&trace), ["11 b heard 7 from a", "15 a alarm 5"]);
    let send = trace.ids().find(|&id| trace.name(id) == "Word").unwrap();
    let cause = trace.record(send).cause().unwrap();
    assert_eq!(pessimist::trace::describe(&trace, cause), "a synced", "what releases an effect is its cause");
}

#[test]
fn the_mutant_lets_later_handlers_speak_too_soon() {
    assert_eq!(said(&run(speak_after_sync(SyncHolds::Handler)).1), ["3 b heard 7 from a", "8 a alarm 5"]);
}

#[test]
fn syncs_queue_up_in_order() {
    let mut plan = plan(&["a"]);
    for (millis, what, number) in [(0, "write", 1), (0, "sync", 0), (1, "say", 1), (2, "write", 2), (3, "sync", 0)] {
        tell(&mut plan, millis, "a", what, number);
    }
    tell(&mut plan, 4, "a", "say", 2);
    assert_eq!(said(&run(plan).1), ["10 a says 1", "20 a says 2"]);
}

#[test]
fn a_crash_forgets_what_a_sync_held() {
    let mut plan = plan(&["a", "b"]);
    tell(&mut plan, 0, "a", "write", 1);
    tell(&mut plan, 0, "a", "sync", 0);
    tell(&mut plan, 1, "a", "send", 7);
    strike(&mut plan, 5, "a", NodeAction::Crash);
    strike(&mut plan, 30, "a", NodeAction::Restart);
    assert_eq!(said(&run(plan).1), [""; 0]);
}

#[test]
fn a_full_disk_waits_and_a_slow_one_takes_its_time() {
    let mut plan = plan(&["a"]);
    strike(&mut plan, 0, "a", NodeAction::Disk(DiskMode::Full));
    tell(&mut plan, 1, "a", "sync", 0);
    tell(&mut plan, 2, "a", "say", 1);
    strike(&mut plan, 100, "a", NodeAction::Disk(DiskMode::Slow(SimSpan::millis(50))));
    tell(&mut plan, 200, "a", "sync", 0);
    tell(&mut plan, 200, "a", "say", 2);
    assert_eq!(said(&run(plan).1), ["100 a says 1", "250 a says 2"]);
}

#[test]
fn a_wiped_disk_holds_nothing() {
    let mut plan = plan(&["a"]);
    tell(&mut plan, 0, "a", "write", 1);
    tell(&mut plan, 0, "a", "sync", 0);
    strike(&mut plan, 20, "a", NodeAction::Crash);
    strike(&mut plan, 21, "a", NodeAction::Wipe);
    strike(&mut plan, 22, "a", NodeAction::Restart);
    let (world, trace) = run(plan);
    assert_eq!(said(&trace), [""; 0]);
    assert!(world.platter(world.cluster().id(0)).words.is_empty());
}
