//! The order by stamps against reachability in the graph, on random runs.

use super::*;
use crate::kernel::World;
use crate::node::SimTime;
use crate::protocols::raft::{self, Raft};
use crate::scenario::{Scenario, library};
use crate::trace::{Causality, Lines, Recorder};
use petgraph::visit::{Dfs, Reversed, VisitMap};
use proptest::prelude::*;
use std::sync::Arc;

/// The trace of so many events of a Raft cluster under many faults.
fn trace(seed: u64, events: u32) -> Trace {
    let text = library::find("raft/nemesis").expect("the nemesis is built in");
    let mut plan = Scenario::parse("raft/nemesis", text, None).expect("it is well-formed").plan;
    (plan.seed, plan.max_events) = (seed, events);
    let mut recorder = Recorder::new(plan.cluster.clone(), Lines::None);
    World::<Raft>::new(Arc::new(plan), raft::Config::default()).run(&mut recorder);
    recorder.trace
}

/// The events from which an event can be reached.
fn reached_backwards(trace: &Trace, from: EventId) -> Vec<bool> {
    let graph = Reversed(Causality(trace));
    let mut search = Dfs::new(graph, from);
    while search.next(graph).is_some() {}
    trace.ids().map(|id| id != from && search.discovered.is_visited(&id)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn stamps_say_what_the_graph_says(seed in any::<u64>(), events in 50u32..600) {
        let trace = trace(seed, events);
        let futures: Vec<Cone> = trace.ids().map(|id| trace.future(id)).collect();
        for later in trace.ids() {
            let truth = reached_backwards(&trace, later);
            let past = trace.past(later);
            for earlier in trace.ids() {
                let expected = truth[earlier.0 as usize];
                prop_assert_eq!(trace.before(earlier, later), expected, "{} {}", earlier, later);
                prop_assert_eq!(trace.after(later, earlier), expected);
                prop_assert_eq!(past.contains(&trace, earlier), expected, "past of {}: {}", later, earlier);
                prop_assert_eq!(futures[earlier.0 as usize].contains(&trace, later), expected, "future of {}: {}", earlier, later);
            }
        }
    }

    #[test]
    fn events_are_counted_by_how_they_stand(seed in any::<u64>(), events in 50u32..400, seen in 1u32..400) {
        let trace = trace(seed, events);
        let limit = EventId(seen.min(trace.len() as u32));
        for tip in (0..limit.0).step_by(7).map(EventId) {
            let others = || trace.ids().filter(|id| *id < limit && *id != tip && trace.node(*id).is_some());
            let expected = Influence {
                past: others().filter(|id| trace.before(*id, tip)).count(),
                future: others().filter(|id| trace.before(tip, *id)).count(),
                concurrent: others().filter(|id| trace.concurrent(*id, tip)).count(),
            };
            prop_assert_eq!(trace.influence(tip, limit), expected, "{}", tip);
            for node in trace.cluster().ids() {
                let past = trace.events_of(node).rfind(|id| *id == tip || trace.before(*id, tip));
                prop_assert_eq!(trace.past(tip).edge(&trace, node), past);
                let future = trace.events_of(node).find(|id| trace.before(tip, *id));
                prop_assert_eq!(trace.future(tip).edge(&trace, node), future);
            }
        }
    }

    #[test]
    fn the_longest_chain_is_a_chain_as_long_as_its_stamp(seed in any::<u64>(), events in 50u32..600) {
        let trace = trace(seed, events);
        // The length of the longest chain to each event, from the causes alone.
        let mut longest = vec![0u32; trace.len()];
        for id in trace.ids() {
            longest[id.0 as usize] = 1 + trace.causes(id).map(|cause| longest[cause.0 as usize]).max().unwrap_or(0);
        }
        for id in trace.ids() {
            let chain = trace.longest_chain_to(id);
            prop_assert_eq!(chain.len() as u32, longest[id.0 as usize]);
            prop_assert!(chain.windows(2).all(|pair| trace.causes(pair[1]).any(|cause| cause == pair[0])));
        }
        prop_assert_eq!(trace.longest_chain().len() as u32, longest.iter().copied().max().unwrap_or(0));
    }

    #[test]
    fn the_greatest_consistent_cut_has_no_orphans(seed in any::<u64>(), shares in prop::collection::vec(0u32..=100, 12)) {
        let trace = trace(seed, 500);
        let share = |(node, share): (NodeId, &u32)| trace.events_of(node).len() as u32 * share / 100;
        let drawn = Cut(trace.cluster().ids().zip(&shares).map(share).collect());
        prop_assert_eq!(drawn.is_consistent(trace.stamps()), drawn.crossing(&trace).orphans.is_empty());
        let cut = drawn.clone().greatest_consistent(trace.stamps());
        prop_assert!(cut.is_consistent(trace.stamps()) && cut.crossing(&trace).orphans.is_empty());
        prop_assert!(cut.0.iter().zip(&drawn.0).all(|(kept, all)| kept <= all));
        // None greater is: whatever was taken back knows of something outside what was drawn.
        for id in trace.ids().filter(|id| trace.node(*id).is_some() && drawn.contains(&trace, *id)) {
            let fits = trace.vector(id).iter().zip(&drawn.0).all(|(known, all)| known <= all);
            prop_assert_eq!(cut.contains(&trace, id), fits, "{}", id);
        }
    }
}

#[test]
fn true_time_only_makes_consistent_cuts() {
    let trace = trace(7, 400);
    for id in trace.ids() {
        let cut = trace.cut_at(id);
        assert!(cut.is_consistent(trace.stamps()) && cut.crossing(&trace).orphans.is_empty(), "{id}");
    }
}

/// What the stamps of a Raft of so many replicas take, with so many busy clients.
fn bytes_an_event(replicas: u32, clients: u32) -> f64 {
    use crate::kernel::{Action, Law, NodeSelector, Plan, Rule, Trigger};
    use crate::node::{Cluster, Datum, LocalSpan, Op, Retry, SimSpan};
    let replicas: Vec<String> = (1..=replicas).map(|place| format!("n{place}")).collect();
    let clients: Vec<String> = (1..=clients).map(|place| format!("c{place}")).collect();
    let mut plan = Plan::new(Cluster::new([("replica", replicas), ("client", clients.clone())]).unwrap());
    (plan.until, plan.max_events) = (SimTime(u64::MAX), 100_000);
    for name in clients {
        let action = Action::Operation {
            by: NodeSelector::Node(plan.cluster.find(&name).unwrap()),
            op: Op::Put(name.as_str().into(), Datum::Absent),
            fresh: true,
            timeout: Some(LocalSpan::seconds(1)),
            retry: Retry::UntilTimeout,
        };
        let gap = Law::Constant(SimSpan::millis(2));
        let trigger = Trigger::Every { gap, from: SimTime::ZERO, until: SimTime(u64::MAX), times: u32::MAX };
        plan.rules.push(Rule { label: None, trigger, after: None, lasting: None, action });
    }
    let mut recorder = Recorder::new(plan.cluster.clone(), Lines::None);
    World::<Raft>::new(Arc::new(plan), raft::Config::default()).run(&mut recorder);
    recorder.trace.shrink();
    recorder.trace.stamps().bytes() as f64 / recorder.trace.len() as f64
}

/// A Raft of twelve that does nothing but beat takes more, some 23 bytes: half of its events are arrivals with news of all.
#[test]
fn stamps_of_a_busy_raft_of_twelve_take_at_most_16_bytes_an_event() {
    let each = bytes_an_event(9, 3);
    assert!(each <= 16.0, "{each:.1} bytes an event");
}
