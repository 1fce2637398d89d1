//! What is run to measure.
#![allow(dead_code, missing_docs, reason = "each benchmark uses its part")]

use pessimist::kernel::{Action, Law, NodeSelector, Plan, Rule, Trigger};
use pessimist::node::{Cluster, Ctx, Datum, LocalSpan, Node, NodeId, Op, Retry, SimSpan, SimTime, node_value};
use pessimist::protocols::raft;
use std::sync::Arc;
use std::time::Duration;

node_value! {
    /// Sends back what it receives.
    pub struct Ping { pub seen: u64 }
    /// A ball with its number.
    #[derive(Copy)]
    pub struct Ball { number: u32 }
}

impl Node for Ping {
    type Config = u32;
    type Msg = Ball;
    type Timer = ();
    type Disk = ();

    fn boot(ctx: &mut Ctx<Self>, balls: &u32, (): &()) -> Self {
        if ctx.me() == ctx.peers()[0] {
            (0..*balls).for_each(|number| ctx.send(ctx.peers()[1], Ball { number }));
        }
        Ping { seen: 0 }
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, ball: Ball) {
        self.seen += 1;
        ctx.send(from, ball);
    }
}

/// Two nodes, delays of 1 to 2 ms, until so many events have happened.
pub fn ping_pong(events: u32) -> Arc<Plan> {
    let mut plan = Plan::new(Cluster::new([("player", vec!["ping", "pong"])]).expect("two names"));
    plan.link.delay = Law::Uniform(SimSpan::millis(1), SimSpan::millis(2));
    (plan.until, plan.max_events) = (SimTime(u64::MAX), events);
    Arc::new(plan)
}

/// Five replicas and four clients, each of which puts a fresh value every two milliseconds.
pub fn raft_of_five(events: u32) -> (Arc<Plan>, raft::Config) {
    let groups = [("replica", vec!["n1", "n2", "n3", "n4", "n5"]), ("client", vec!["c1", "c2", "c3", "c4"])];
    let mut plan = Plan::new(Cluster::new(groups).expect("nine names"));
    (plan.until, plan.max_events) = (SimTime(u64::MAX), events);
    for name in ["c1", "c2", "c3", "c4"] {
        let action = Action::Operation {
            by: NodeSelector::Node(plan.cluster.find(name).expect("it is named above")),
            op: Op::Put(name.into(), Datum::Absent),
            fresh: true,
            timeout: Some(LocalSpan::seconds(1)),
            retry: Retry::UntilTimeout,
        };
        let gap = Law::Constant(SimSpan::millis(2));
        let trigger = Trigger::Every { gap, from: SimTime::ZERO, until: SimTime(u64::MAX), times: u32::MAX };
        plan.rules.push(Rule { label: Some(name.to_owned()), trigger, after: None, lasting: None, action });
    }
    (Arc::new(plan), raft::Config { snapshot_every: Some(10_000), ..raft::Config::default() })
}

/// Twelve replicas that only beat: half of all events are arrivals, and each brings news of all others.
pub fn idle_raft_of_twelve(events: u32) -> (Arc<Plan>, raft::Config) {
    let names: Vec<String> = (1..=12).map(|place| format!("n{place}")).collect();
    let mut plan = Plan::new(Cluster::new([("replica", names)]).expect("twelve names"));
    (plan.until, plan.max_events) = (SimTime(u64::MAX), events);
    (Arc::new(plan), raft::Config::default())
}

/// Five replicas of which one begins with a log of 10^5 entries and brings it to the others: a million events.
pub fn long_logs() -> (Arc<Plan>, raft::Config) {
    let groups = [("replica", vec!["n1", "n2", "n3", "n4", "n5"])];
    let mut plan = Plan::new(Cluster::new(groups).expect("five names"));
    (plan.until, plan.max_events) = (SimTime(u64::MAX), 1_000_000);
    let logs = [("n1".to_owned(), vec![1; 100_000])].into();
    (Arc::new(plan), raft::Config { logs, ..raft::Config::default() })
}

/// Says how long something takes, and how that stands to a baseline.
pub fn report(what: &str, times: &mut [Duration], bare: Duration) {
    times.sort();
    let at = |per_mille: usize| times[(times.len() - 1) * per_mille / 1000];
    let (p50, p99, most) = (at(500), at(990), at(1000));
    println!(
        "{what:<28}  p50 {p50:.2?}  p99 {p99:.2?}  most {most:.2?}; p99 is 1/{:.0} of the baseline",
        1.0 / ratio(p99, bare)
    );
}

pub fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}

/// Resident memory in megabytes, where the system tells.
pub fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok()).unwrap_or(0.0) / 1000.0
}
