//! Correct Raft under crashes, cuts, pauses, losses and slow disks keeps all of its promises.

use super::super::{Claim, Judge, Promise, State};
use crate::kernel::{
    Action, Law, LinkAction, LinkSelector, NodeAction, NodeSelector, Over, Plan, Rule, Trigger, World,
};
use crate::node::{Cluster, Datum, DiskMode, LocalSpan, Node, Op, Retry, SimSpan, SimTime};
use crate::protocols::raft::{Config, Raft};

/// How many seeds each test runs. More on demand: `PESSIMIST_SEEDS=5000 cargo test check`.
pub fn seeds(usual: u64) -> std::ops::Range<u64> {
    0..std::env::var("PESSIMIST_SEEDS").map_or(usual, |seeds| seeds.parse().expect("a number of seeds"))
}

pub fn ms(least: u64, most: u64) -> Law {
    Law::Uniform(SimSpan::millis(least), SimSpan::millis(most))
}

pub fn crash(who: NodeSelector) -> Action {
    Action::Node(NodeAction::Crash, who)
}

pub fn cut(links: LinkSelector) -> Action {
    Action::Link(LinkAction::Cut, links)
}

/// A fault that comes again and again until 3 s, each time for a while.
pub fn again(label: &str, gap: Law, lasting: Law, action: Action) -> Rule {
    let trigger = Trigger::Every { gap, from: SimTime::ZERO, until: SimTime(3_000_000_000), times: u32::MAX };
    Rule { label: Some(label.to_owned()), trigger, after: None, lasting: Some(lasting), action }
}

/// Four seconds of so many servers and two clients that write and read all the time, with these faults besides.
pub fn plan(servers: usize, seed: u64, faults: Vec<Rule>) -> Plan {
    let names = ["n1", "n2", "n3", "n4", "n5"][..servers].to_vec();
    let cluster = Cluster::new([("replica", names), ("client", vec!["c1", "c2"])]).unwrap();
    let ask = |name: &str, op: Op, gap: Law| Rule {
        label: None,
        trigger: Trigger::Every { gap, from: SimTime::ZERO, until: SimTime(3_500_000_000), times: u32::MAX },
        after: None,
        lasting: None,
        action: Action::Operation {
            by: NodeSelector::Node(cluster.find(name).unwrap()),
            op,
            fresh: true,
            timeout: Some(LocalSpan::millis(400)),
            retry: Retry::UntilTimeout,
        },
    };
    let mut rules = vec![
        ask("c1", Op::Put("x".into(), Datum::Int(0)), ms(10, 60)),
        ask("c2", Op::Append("y".into(), Datum::Int(0)), ms(10, 60)),
        ask("c2", Op::Get("x".into()), ms(20, 90)),
    ];
    rules.extend(faults);
    let mut plan = Plan::new(cluster);
    (plan.seed, plan.until, plan.rules) = (seed, SimTime(4_000_000_000), rules);
    plan
}

/// Runs a plan to its end under the eyes of a judge.
pub fn run<N: Node>(plan: Plan, config: N::Config) -> Judge {
    let mut judge = Judge::new(plan.cluster.clone());
    let over = World::<N>::new(plan, config).run(&mut judge);
    assert_eq!(over, Over::Until);
    judge
}

/// Everything that a correct Raft has to stand.
pub fn everything() -> Vec<Rule> {
    let menu = vec![
        (3, crash(NodeSelector::Random)),
        (2, crash(NodeSelector::Leader)),
        (1, Action::Node(NodeAction::Pause, NodeSelector::Random)),
        (1, Action::Node(NodeAction::Slow(SimSpan::micros(1500)), NodeSelector::Random)),
        (1, Action::Node(NodeAction::Disk(DiskMode::Slow(SimSpan::millis(30))), NodeSelector::Random)),
        (1, Action::Node(NodeAction::Disk(DiskMode::Tears), NodeSelector::Random)),
    ];
    let links = vec![
        (2, cut(LinkSelector::RandomSides)),
        (2, cut(LinkSelector::MinorityWith(NodeSelector::Leader))),
        (1, cut(LinkSelector::Bridge(NodeSelector::Random))),
        (1, cut(LinkSelector::OutOf(NodeSelector::Random))),
        (1, Action::Link(LinkAction::Loss(200_000), LinkSelector::All)),
        (1, Action::Link(LinkAction::Lag(SimSpan::millis(40)), LinkSelector::OutOf(NodeSelector::Random))),
    ];
    vec![
        again("machines", ms(50, 400), ms(5, 500), Action::OneOf(menu)),
        again("network", ms(50, 500), ms(20, 500), Action::OneOf(links)),
    ]
}

/// A network that doubles and reorders, and disks that take their time.
pub fn rough(mut plan: Plan) -> Plan {
    (plan.link.duplicate_ppm, plan.link.reorder_ppm, plan.link.loss_ppm) = (20_000, 50_000, 10_000);
    plan.link.delay = Law::LogNormal { median: SimSpan::millis(3), sigma: 0.8 };
    plan.disk.sync = Law::Uniform(SimSpan::micros(50), SimSpan::millis(4));
    plan
}

#[test]
fn correct_raft_keeps_its_promises() {
    let configs = [
        Config::default(),
        Config { snapshot_every: Some(7), max_batch: 3, ..Config::default() },
        Config { pre_vote: true, check_quorum: true, snapshot_every: Some(20), ..Config::default() },
    ];
    let (mut leaders, mut acknowledged, mut installed) = (0, 0, 0);
    for seed in seeds(120) {
        for (number, config) in configs.iter().enumerate() {
            let servers = if seed % 2 == 0 { 5 } else { 3 };
            let judge = run::<Raft>(rough(plan(servers, seed, everything())), config.clone());
            let told = |promise| {
                let verdict = judge.verdict(&Claim::Holds(promise), SimTime(4_000_000_000));
                assert!(verdict.holds, "config {number}, seed {seed}: {:?}", judge.violation(promise));
            };
            told(Promise::RaftSafety);
            told(Promise::AcksDurable);
            assert_eq!(judge.contradictions(), [""; 0], "config {number}, seed {seed}");
            leaders += judge.history().leaderships().count();
            acknowledged += judge.acknowledged_writes().count();
            installed += judge.history().committed();
            let calm = Claim::Eventually { that: State::Converged, after: None, within: None };
            assert!(judge.verdict(&calm, SimTime(4_000_000_000)).holds, "config {number}, seed {seed}");
        }
    }
    println!("{leaders} leaders, {acknowledged} writes, {installed} entries");
    assert!(leaders > 1000 && acknowledged > 10_000, "too little happened: {leaders} leaders, {acknowledged} writes");
}

/// What the judge says does not depend on when it was cloned: it can be kept with a checkpoint.
#[test]
fn a_clone_goes_on_alone() {
    let mut whole = Judge::new(plan(3, 1, everything()).cluster.clone());
    let mut world = World::<Raft>::new(plan(3, 1, everything()), Config::default());
    let mut half = None;
    while world.step(&mut whole).is_none() {
        if world.events() > 2000 && half.is_none() {
            half = Some((world.clone(), whole.clone()));
        }
    }
    let (mut world, mut judge) = half.unwrap();
    world.run(&mut judge);
    assert_eq!(format!("{judge:?}"), format!("{whole:?}"));
}
