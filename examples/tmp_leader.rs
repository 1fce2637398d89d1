//! temporary
use pessimist::kernel::*;
use pessimist::node::*;
use pessimist::protocols::raft;
use pessimist::scenario::*;
use pessimist::trace::*;
use std::sync::Arc;
pub fn plan() -> Plan {
    let mut plan =
        Plan::new(Cluster::new([("replica", vec!["n1", "n2", "n3", "n4", "n5"]), ("client", vec!["c1"])]).unwrap());
    plan.link.order = Order::Fifo;
    plan.until = SimTime(3_000_000_000);
    plan.seed = 42;
    let c1 = NodeSelector::Node(plan.cluster.find("c1").unwrap());
    let op = |op, fresh| Action::Operation {
        by: c1.clone(),
        op,
        fresh,
        timeout: Some(LocalSpan::millis(100)),
        retry: Retry::Never,
    };
    let r = |label: &str, trigger, after, action| Rule {
        label: Some(label.into()),
        trigger,
        after,
        lasting: None,
        action,
    };
    plan.rules = vec![
        r(
            "puts",
            Trigger::Every {
                gap: Law::Constant(SimSpan::millis(100)),
                from: SimTime(0),
                until: SimTime(u64::MAX),
                times: u32::MAX,
            },
            None,
            op(Op::Put("x".into(), Datum::Absent), true),
        ),
        r("last", Trigger::At(SimTime(990_000_000)), None, op(Op::Put("y".into(), Datum::Int(7)), false)),
        r(
            "silence",
            Trigger::On { pattern: Pattern::Invoked(1), nth: 1, times: 1 },
            Some(Law::Uniform(SimSpan::millis(1), SimSpan::millis(12))),
            Action::Node(NodeAction::Crash, NodeSelector::Leader),
        ),
        r(
            "return",
            Trigger::On { pattern: Pattern::Fired(2), nth: 1, times: 1 },
            Some(Law::Constant(SimSpan::seconds(1))),
            Action::Node(NodeAction::Restart, NodeSelector::Same(2)),
        ),
    ];
    plan
}
fn main() {
    let t = std::time::Instant::now();
    let mut run = Run::<raft::Raft>::new(
        Arc::new(plan()),
        Default::default(),
        Lines::Log(Default::default(), Box::new(std::io::stdout())),
        &mut (),
        &mut |_, _| true,
    )
    .unwrap()
    .unwrap();
    eprintln!("{:?} {} events {:?} {:?}", t.elapsed(), run.trace().len(), run.over(), run.digest());
    let at = EventId(run.trace().len() as u32 / 2);
    eprintln!("{:#?}", run.picture(at));
    eprintln!("{}", describe(run.trace(), at));
    for c in run.changes(at) {
        eprintln!("{:?}", c);
    }
    let n = run.trace().cluster().id(2);
    for l in run.state(at, n).unwrap().lines() {
        eprintln!("{l}");
    }
}
