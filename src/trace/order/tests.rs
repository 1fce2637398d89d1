//! The order by stamps against reachability in the graph, on random runs; what stamps take.

use super::*;
use crate::kernel::{Action, Law, NodeAction, NodeSelector, Plan, Rule, Trigger, World};
use crate::node::{Cluster, Datum, LocalSpan, Node, Op, Retry, SimSpan, SimTime};
use crate::protocols::broadcast::{BestEffort, Gossip, Member, gossip, member};
use crate::protocols::raft::{self, Raft};
use crate::scenario::{Scenario, library};
use crate::trace::{Causality, Lines, Recorder};
use petgraph::visit::{Dfs, Reversed, VisitMap};
use proptest::prelude::*;
use std::sync::Arc;

/// The trace of a plan.
fn run<N: Node>(plan: Plan, config: N::Config) -> Trace {
    let mut recorder = Recorder::new(plan.cluster.clone(), Lines::None);
    World::<N>::new(Arc::new(plan), config).run(&mut recorder);
    recorder.trace
}

/// The trace of so many events of a Raft cluster under many faults.
fn trace(seed: u64, events: u32) -> Trace {
    let text = library::find("raft/nemesis").expect("the nemesis is built in");
    let mut plan = Scenario::parse("raft/nemesis", text, None).expect("it is well-formed").plan;
    (plan.seed, plan.max_events) = (seed, events);
    run::<Raft>(plan, raft::Config::default())
}

/// The trace of so many events of a dense group: each of a few tells all others something every few milliseconds, while
/// messages are lost, doubled and overtaken, and processes crash and come back.
fn rough_broadcast(seed: u64, nodes: u32, events: u32) -> Trace {
    let mut plan = every_node_broadcasts(nodes, events);
    plan.seed = seed;
    (plan.link.loss_ppm, plan.link.duplicate_ppm, plan.link.reorder_ppm) = (100_000, 100_000, 200_000);
    let trigger = often(SimSpan::millis(6));
    let lasting = Some(Law::Uniform(SimSpan::millis(1), SimSpan::millis(4)));
    let action = Action::Node(NodeAction::Crash, NodeSelector::Random);
    plan.rules.push(Rule { label: None, trigger, after: None, lasting, action });
    run::<Member<BestEffort>>(plan, member::Config::default())
}

fn often(gap: SimSpan) -> Trigger {
    Trigger::Every { gap: Law::Constant(gap), from: SimTime::ZERO, until: SimTime(u64::MAX), times: u32::MAX }
}

fn names(prefix: &str, count: u32) -> Vec<String> {
    (1..=count).map(|place| format!("{prefix}{place}")).collect()
}

/// A plan in which a node is asked for something again and again.
fn ask(plan: &mut Plan, name: &str, op: Op) {
    let by = NodeSelector::Node(plan.cluster.find(name).expect("it takes part"));
    let (timeout, retry) = (Some(LocalSpan::seconds(1)), Retry::UntilTimeout);
    let action = Action::Operation { by, op, fresh: true, timeout, retry };
    let trigger = often(SimSpan::millis(2));
    plan.rules.push(Rule { label: None, trigger, after: None, lasting: None, action });
}

fn every_node_broadcasts(nodes: u32, events: u32) -> Plan {
    let names = names("m", nodes);
    let mut plan = Plan::new(Cluster::new([("member", names.clone())]).unwrap());
    (plan.until, plan.max_events) = (SimTime(u64::MAX), events);
    names.iter().for_each(|name| ask(&mut plan, name, Op::Broadcast(Datum::Absent)));
    plan
}

/// The events from which an event can be reached.
fn reached_backwards(trace: &Trace, from: EventId) -> Vec<bool> {
    let graph = Reversed(Causality(trace));
    let mut search = Dfs::new(graph, from);
    while search.next(graph).is_some() {}
    trace.ids().map(|id| id != from && search.discovered.is_visited(&id)).collect()
}

/// Every question about any two events, answered from stamps and by a search of the graph.
fn agrees_with_the_graph(trace: &Trace) -> Result<(), TestCaseError> {
    let futures: Vec<Cone> = trace.ids().map(|id| trace.future(id)).collect();
    for later in trace.ids() {
        let truth = reached_backwards(trace, later);
        let past = trace.past(later);
        for earlier in trace.ids() {
            let expected = truth[earlier.0 as usize];
            prop_assert_eq!(trace.before(earlier, later), expected, "{} {}", earlier, later);
            prop_assert_eq!(trace.after(later, earlier), expected);
            let neither = earlier != later && !expected && !trace.before(later, earlier);
            prop_assert_eq!(trace.concurrent(earlier, later), neither, "{} {}", earlier, later);
            prop_assert_eq!(past.contains(trace, earlier), expected, "past of {}: {}", later, earlier);
            let reached = futures[earlier.0 as usize].contains(trace, later);
            prop_assert_eq!(reached, expected, "future of {}: {}", earlier, later);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn stamps_say_what_the_graph_says(seed in any::<u64>(), events in 50u32..600) {
        agrees_with_the_graph(&trace(seed, events))?;
    }

    #[test]
    fn stamps_of_a_dense_group_say_what_the_graph_says(seed in any::<u64>(), nodes in 2u32..=12, events in 50u32..600) {
        agrees_with_the_graph(&rough_broadcast(seed, nodes, events))?;
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

/// What the random runs are compared on has to happen in them.
#[test]
fn random_runs_have_restarts_losses_and_messages_that_arrive_twice_or_late() {
    for (what, trace) in [("raft", trace(7, 20_000)), ("broadcast", rough_broadcast(7, 5, 600))] {
        let count = |wanted: &dyn Fn(EventId) -> bool| trace.ids().filter(|id| wanted(*id)).count();
        let arrives = |id: EventId| trace.record(id).kind() == EventKind::Deliver;
        let sending = |id: EventId| trace.record(id).cause().expect("an arrival has its sending");
        let restarts = count(&|id| trace.incarnation(id).is_some_and(|before| before > 0));
        let losses = count(&|id| trace.loss(id).is_some());
        let doubled = count(&|id| arrives(id) && trace.end_of(sending(id)) != Some(id));
        let overtaken = count(&|id| {
            let knew = trace.previous(id).zip(arrives(id).then(|| sending(id)));
            knew.is_some_and(|(previous, sending)| trace.before(sending, previous))
        });
        let all = [restarts, losses, doubled, overtaken];
        assert!(all.iter().all(|count| *count > 0), "{what}: {all:?}");
    }
}

/// A Raft of twelve nodes, of which so many are clients that ask all the time.
fn raft_of_twelve(clients: u32) -> Trace {
    let (replicas, clients) = (names("n", 12 - clients), names("c", clients));
    let mut plan = Plan::new(Cluster::new([("replica", replicas), ("client", clients.clone())]).unwrap());
    (plan.until, plan.max_events) = (SimTime(u64::MAX), EVENTS);
    clients.iter().for_each(|name| ask(&mut plan, name, Op::Put(name.as_str().into(), Datum::Absent)));
    run::<Raft>(plan, raft::Config::default())
}

const EVENTS: u32 = 60_000;

/// `cargo test --lib trace::order::tests::stamps_of -- --nocapture` prints the figures. The bound of any run is shown beside
/// the stamps themselves.
#[test]
fn stamps_of_twelve_nodes_take_at_most_16_bytes_an_event() {
    let broadcast = || every_node_broadcasts(12, EVENTS);
    let runs = [
        ("a busy Raft of 9 with 3 clients", raft_of_twelve(3)),
        ("an idle Raft of 12, which only beats", raft_of_twelve(0)),
        ("gossip of 12", run::<Gossip>(broadcast(), gossip::Config::default())),
        ("each of 12 to all, all the time", run::<Member<BestEffort>>(broadcast(), member::Config::default())),
        ("each of 12 to all, over a bad network", rough_broadcast(1, 12, EVENTS)),
    ];
    for (what, mut trace) in runs {
        assert!(trace.len() >= EVENTS as usize, "{what}");
        trace.shrink();
        let each = trace.stamps().bytes() as f64 / trace.len() as f64;
        println!("{what}: {each:.2} bytes an event");
        assert!(each <= 16.0, "{what}: {each:.1} bytes an event");
    }
}
