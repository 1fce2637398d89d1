//! Two-phase commit by the actions of TLA+'s TwoPhase: a search reaches exactly the states of that specification.
//!
//! Gray and Lamport, "Consensus on transaction commit" (2006), section 3; the counts are those of TLC. In the
//! specification messages are a set that never shrinks: the duplicating network. What a manager does of itself is a timer
//! that is set for as long as it may do so.

use pessimist::explore::{Ended, Limits, Manner, Marks, Options, Report, search};
use pessimist::kernel::Plan;
use pessimist::kernel::search::{Bounds, Machines, Network};
use pessimist::node::{Cluster, Ctx, Datum, Fact, LocalSpan, Node, NodeId, Seen, Watcher, node_value};
use std::collections::BTreeSet;

node_value! {
    /// The transaction manager, or a resource manager.
    enum Manager {
        Transaction { state: TransactionState, prepared: BTreeSet<NodeId> },
        Resource(ResourceState),
    }
    enum TransactionState { Init, Committed, Aborted }
    enum ResourceState { Working, Prepared, Committed, Aborted }
    #[derive(Copy)]
    enum Msg { Prepared, Commit, Abort }
    /// What a manager may do of itself.
    #[derive(Copy)]
    enum Wish { Prepare, Commit, Abort }
}

fn resources(ctx: &Ctx<Manager>) -> Vec<NodeId> {
    ctx.cluster().group("resource").to_vec()
}

impl Manager {
    fn may(ctx: &mut Ctx<Self>, wish: Wish) {
        ctx.set_timer(wish, LocalSpan::seconds(1));
    }

    fn end(&mut self, ctx: &mut Ctx<Self>, state: ResourceState) {
        ctx.cancel_timer(Wish::Prepare);
        ctx.cancel_timer(Wish::Abort);
        let value = Datum::Text(format!("{state:?}").into());
        *self = Manager::Resource(state);
        ctx.observe(Fact::Decided { value });
    }
}

impl Node for Manager {
    type Config = ();
    type Msg = Msg;
    type Timer = Wish;
    type Disk = ();

    fn boot(ctx: &mut Ctx<Self>, (): &(), (): &()) -> Self {
        Self::may(ctx, Wish::Abort);
        if ctx.cluster().group_of(ctx.me()).name == "transaction" {
            return Manager::Transaction { state: TransactionState::Init, prepared: BTreeSet::new() };
        }
        Self::may(ctx, Wish::Prepare);
        Manager::Resource(ResourceState::Working)
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, msg: Msg) {
        match (&mut *self, msg) {
            (Manager::Transaction { state: TransactionState::Init, prepared }, Msg::Prepared) => {
                prepared.insert(from);
                if prepared.len() == resources(ctx).len() {
                    Self::may(ctx, Wish::Commit);
                }
            }
            (Manager::Resource(state), Msg::Commit) if *state != ResourceState::Committed => {
                self.end(ctx, ResourceState::Committed);
            }
            (Manager::Resource(state), Msg::Abort) if *state != ResourceState::Aborted => {
                self.end(ctx, ResourceState::Aborted);
            }
            _ => {}
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, wish: Wish) {
        match (&mut *self, wish) {
            (Manager::Transaction { state, .. }, Wish::Commit | Wish::Abort) => {
                ctx.cancel_timer(Wish::Commit);
                ctx.cancel_timer(Wish::Abort);
                let commits = wish == Wish::Commit;
                *state = if commits { TransactionState::Committed } else { TransactionState::Aborted };
                let msg = if commits { Msg::Commit } else { Msg::Abort };
                resources(ctx).into_iter().for_each(|resource| ctx.send(resource, msg));
            }
            (Manager::Resource(_), Wish::Abort) => self.end(ctx, ResourceState::Aborted),
            (Manager::Resource(state), _) => {
                *state = ResourceState::Prepared;
                ctx.cancel_timer(Wish::Abort);
                let manager = ctx.cluster().group("transaction")[0];
                ctx.send(manager, Msg::Prepared);
            }
            (Manager::Transaction { .. }, Wish::Prepare) => unreachable!("only resource managers prepare"),
        }
    }
}

/// TCConsistent: no two resource managers end differently. What it remembers is a function of their states.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
struct Consistent(BTreeSet<Datum>);

const INCONSISTENT: u64 = 1;

impl Watcher for Consistent {
    fn see(&mut self, _: NodeId, seen: &Seen) -> u64 {
        if let Seen::Fact(Fact::Decided { value }) = seen {
            self.0.insert(value.clone());
        }
        if self.0.len() > 1 { INCONSISTENT } else { 0 }
    }
}

fn searched(resources: usize, manner: Manner, jobs: usize) -> Report {
    let names: Vec<String> = (1..=resources).map(|place| format!("rm{place}")).collect();
    let groups = [("transaction", vec!["tm".to_owned()]), ("resource", names)];
    let plan = Plan::new(Cluster::new(groups).expect("names"));
    let bounds = Bounds { network: Network::Duplicating, ..Bounds::default() };
    let mut space =
        Machines::<Manager, Consistent>::new(&plan, (), bounds, Consistent::default()).expect("no workload");
    let marks = Marks { never: INCONSISTENT, ..Marks::default() };
    let limits = Limits { states: 1_000_000, ..Limits::NONE };
    let options = Options { limits, jobs, ..Options::plain() };
    search(&mut space, manner, marks, &options, &mut |_| true).expect("the protocol has no flaw")
}

/// 12, 56, 288, 1568, 8832: the reachable states for one to five resource managers.
#[test]
fn the_states_are_those_of_the_specification() {
    for (resources, states) in [(1, 12), (2, 56), (3, 288), (4, 1568), (5, 8832)] {
        let first = searched(resources, Manner::Breadth, 1);
        assert_eq!((first.states, first.ended), (states, Ended::Complete), "{resources} resource managers");
        assert_eq!(searched(resources, Manner::Breadth, 2), first, "{resources} resource managers, two jobs");
        for jobs in [1, 2] {
            let deep = searched(resources, Manner::Depth, jobs);
            assert_eq!(
                (deep.states, deep.ended),
                (states, Ended::Complete),
                "{resources} resource managers, depth first"
            );
            assert_eq!((deep.transitions, deep.ends), (first.transitions, first.ends));
        }
    }
}
