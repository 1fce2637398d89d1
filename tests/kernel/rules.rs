//! When rules apply and whom they hit.

use crate::puppet::*;
use pessimist::kernel::{
    Action, FactPattern, Law, MessageAction, MessagePattern, NodeAction, NodeSelector, Pattern, Trigger,
};
use pessimist::node::{Datum, FactKind, Fault, Op, Retry, SimSpan, SimTime};
use pessimist::trace::Trace;

fn fault_times(trace: &Trace) -> Vec<(u64, String)> {
    let told = |record: &pessimist::trace::FaultRecord| {
        let time = trace.record(record.event).time().0 / 1_000_000;
        (time, record.fault.describe(trace.cluster()))
    };
    trace.faults().iter().map(told).collect()
}

#[test]
fn every_applies_until_its_end_and_counts() {
    let mut plan = plan(&["a"]);
    let millis = |count: u64| SimTime(count * 1_000_000);
    let every =
        Trigger::Every { gap: Law::Constant(SimSpan::millis(100)), from: millis(50), until: millis(1000), times: 3 };
    add(&mut plan, every, Action::Mark);
    let times: Vec<u64> = fault_times(&run(plan).1).into_iter().map(|(time, _)| time).collect();
    assert_eq!(times, [150, 250, 350]);
}

#[test]
fn labels_chain_and_lasting_faults_end() {
    let mut plan = plan(&["a", "b"]);
    let crash = strike(&mut plan, 10, "a", NodeAction::Crash);
    plan.rules[crash].lasting = Some(Law::Constant(SimSpan::millis(20)));
    let on = |pattern| Trigger::On { pattern, nth: 1, times: 1 };
    let pause = Action::Node(NodeAction::Pause, node(&plan, "b"));
    let fired = add(&mut plan, on(Pattern::Fired(crash)), pause);
    plan.rules[fired].after = Some(Law::Constant(SimSpan::millis(5)));
    add(&mut plan, on(Pattern::Ended(crash)), Action::Node(NodeAction::Resume, NodeSelector::Same(fired)));
    let expected = [(10, "a CRASHES"), (15, "b PAUSES"), (30, "a restarts"), (30, "b goes on")];
    assert_eq!(fault_times(&run(plan).1), expected.map(|(time, text)| (time, text.to_owned())));
}

#[test]
fn the_nth_message_of_a_kind_is_dropped_delayed_or_doubled() {
    for (action, expected) in [
        (
            MessageAction::Drop,
            vec!["2 b heard 1 from a", "3 network lost Word a>b: dropped by a fault", "6 b heard 3 from a"],
        ),
        (
            MessageAction::Delay(SimSpan::millis(40)),
            vec!["2 b heard 1 from a", "6 b heard 3 from a", "44 b heard 2 from a"],
        ),
        (
            MessageAction::Duplicate,
            vec!["2 b heard 1 from a", "4 b heard 2 from a", "4 b heard 2 from a", "6 b heard 3 from a"],
        ),
    ] {
        let mut plan = plan(&["a", "b"]);
        (1..=3).for_each(|word| _ = tell(&mut plan, word * 2 - 1, "a", "send", word as i64));
        let (a, b) = (plan.cluster.find("a"), plan.cluster.find("b"));
        let pattern = Pattern::Message(MessagePattern { kind: Some("Word".into()), from: a, to: b });
        add(&mut plan, Trigger::On { pattern, nth: 2, times: 1 }, Action::Message(action));
        assert_eq!(said(&run(plan).1), expected);
    }
}

#[test]
fn facts_wake_rules() {
    let mut plan = plan(&["a", "b"]);
    tell(&mut plan, 5, "a", "say", 1);
    let kind = FactKind::Note;
    let pattern = Pattern::Fact(FactPattern { kind, node: plan.cluster.find("a"), term: None, index: None });
    let crash = Action::Node(NodeAction::Crash, node(&plan, "b"));
    add(&mut plan, Trigger::On { pattern, nth: 1, times: 1 }, crash);
    assert_eq!(fault_times(&run(plan).1), [(5, "b CRASHES".to_owned())]);
}

#[test]
fn an_event_is_waited_for_by_its_number() {
    let mut plan = plan(&["a", "b"]);
    tell(&mut plan, 5, "a", "send", 1);
    // e0 and e1 are the boots, e2 the operation, e3 the sending: the fault comes after all effects of that handler.
    add(&mut plan, Trigger::Event { id: 2, expect: None }, Action::Mark);
    let trace = run(plan).1;
    assert_eq!(trace.faults()[0].event.0, 4);
}

#[test]
fn a_nemesis_draws_by_weight_and_never_hits_clients() {
    let mut plan = plan(&["a", "b", "c"]);
    let groups = [("server", vec!["a", "b"]), ("client", vec!["c"])];
    plan.cluster = pessimist::node::Cluster::new(groups).unwrap();
    let gap = Law::Exponential(SimSpan::millis(5));
    let every = Trigger::Every { gap, from: SimTime::ZERO, until: SimTime(5_000_000_000), times: u32::MAX };
    let at = |action| Action::Node(action, NodeSelector::Random);
    let menu = vec![(3, at(NodeAction::Pause)), (1, at(NodeAction::Slow(SimSpan::millis(1))))];
    let rule = add(&mut plan, every, Action::OneOf(menu));
    plan.rules[rule].lasting = Some(Law::Constant(SimSpan::millis(1)));
    let trace = run(plan).1;
    let begun = || trace.faults().iter().filter(|record| !record.ends).map(|record| &record.fault);
    let (pauses, all) = (begun().filter(|fault| matches!(fault, Fault::Pause(_))).count(), begun().count());
    assert!(all > 500 && (0.68..0.82).contains(&(pauses as f64 / all as f64)), "{pauses} of {all}");
    let client = trace.cluster().find("c");
    assert!(begun().all(|fault| fault.node() != client));
}

#[test]
fn fresh_values_count_up_for_each_key() {
    let mut plan = plan(&["a"]);
    for (millis, key) in [(1, "x"), (2, "y"), (3, "x")] {
        let op = Op::Put(key.into(), Datum::Absent);
        let by = node(&plan, "a");
        at(&mut plan, millis, Action::Operation { by, op, fresh: true, timeout: None, retry: Retry::Never });
    }
    let asked: Vec<String> = run(plan).1.operations().iter().map(|record| record.operation.op.to_string()).collect();
    assert_eq!(asked, ["x=1", "y=1", "x=2"]);
}
